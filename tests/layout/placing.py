"""Pages placed for tests that look at what comes after: a page that is not placed fails the test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samples.paper import Truth
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.register import register
from scanner.model import DPI, FormTemplate, Registration
from tests.conftest import as_page


def place(image: NDArray[np.uint8], reference: FormReference) -> Registration:
    """Where the form lies on an image; fails where it is not found."""
    placed = register(as_page(np.ascontiguousarray(image)), reference)
    assert isinstance(placed, Registration), placed.reason
    return placed


def corner_errors(placed: Registration, truth: Truth, form: FormTemplate) -> NDArray[np.float64]:
    """How far each corner of each box of a form is from where it truly is, (N,) px at 300 dpi."""
    points, transform = form.corners, placed.transform
    away = transform.to_page(points) - truth(points)
    return np.asarray(np.hypot(away[:, 0], away[:, 1]) * (DPI / 25.4) / transform.scale)
