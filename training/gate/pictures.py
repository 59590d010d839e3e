"""A page as the gate sees it: which printed landmarks were found where they should be, which elsewhere, which not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import to_grey
from scanner.layout.registration.field_evidence import landmark_errors
from scanner.layout.registration.gate import AGREED_MM
from scanner.layout.registration.reference import LANDMARK_DPI, mm_to_px
from scanner.layout.registration.register import RegistrationStart, initial_guess, passes, register
from scanner.model import Page, PageRef, Registration
from training.gate.trials import MAKERS, Bench

GREEN, AMBER, RED = (30, 140, 40), (0, 140, 230), (30, 30, 210)
SHRUNK = 0.62
MAGNIFIED = 8
"""How many times longer than they are residuals are drawn; and the picture is shrunk."""


def seen_by_the_gate(bench: Bench, kind: str, seed: int) -> tuple[NDArray[np.uint8], str]:
    """The page aligned with the form, (rows, cols, 3) BGR, landmarks marked; and the outcome in a few words."""
    rng = np.random.default_rng([seed, sorted(MAKERS).index(kind)])
    image = np.ascontiguousarray(MAKERS[kind](bench.stack, rng).image)
    start = initial_guess(to_grey(image), bench.reference)
    looks = list(passes(start, bench.reference)) if isinstance(start, RegistrationStart) else []
    if not looks:
        return cv2.cvtColor(to_grey(image), cv2.COLOR_GRAY2BGR).astype(np.uint8), "nothing to begin with"
    found, residual = looks[-1].matches, looks[-1].residual
    out = cv2.cvtColor(np.asarray(found.image, np.uint8), cv2.COLOR_GRAY2BGR)
    error, seen = landmark_errors(found, residual), {(float(x), float(y)) for x, y in found.centres}
    for mark in bench.reference.landmarks:
        if mark.along_x and mark.centre not in seen:
            x, y = (int(v) for v in mm_to_px(np.array(mark.centre), LANDMARK_DPI))
            cv2.drawMarker(out, (x, y), RED, cv2.MARKER_TILTED_CROSS, 18, 3)
    for centre, off, mm, text in zip(found.centres, residual, error, found.is_text, strict=True):
        if text:
            at = mm_to_px(centre, LANDMARK_DPI)
            to = at - off * MAGNIFIED * LANDMARK_DPI / 25.4
            colour = GREEN if mm <= AGREED_MM else AMBER
            cv2.circle(out, (int(at[0]), int(at[1])), 7, colour, 2)
            cv2.line(out, (int(at[0]), int(at[1])), (int(to[0]), int(to[1])), colour, 2)
    placed = register(Page(PageRef(Path("drawn")), image), bench.reference)
    if not isinstance(placed, Registration):
        return _small(out), f"{placed.reason.code} {dict(placed.reason.params)}"
    for spec in bench.form.fields:
        if spec.id in placed.review_fields:
            (x0, y0), (x1, y1) = mm_to_px(np.array([spec.area[:2], (spec.area.right, spec.area.bottom)]), LANDMARK_DPI)
            cv2.rectangle(out, (int(x0), int(y0)), (int(x1), int(y1)), AMBER, 2)
    missing, doubtful = len(placed.print_missing_fields), len(placed.place_doubtful_fields)
    return _small(out), f"placed; print missing beside {missing} fields, place doubtful of {doubtful}"


def _small(image: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, None, fx=SHRUNK, fy=SHRUNK, interpolation=cv2.INTER_AREA), np.uint8)
