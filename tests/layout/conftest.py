"""What the tests of the layout share."""

from __future__ import annotations

import pytest
from numpy.typing import NDArray

from scanner.layout.ink.extraction import PrintModel, build_print_model
from scanner.layout.registration.reference import FormReference


@pytest.fixture(scope="session")
def printed(reference: FormReference, blank: NDArray) -> PrintModel:
    """The print model of the form that ships."""
    return build_print_model(blank, reference.text_centres)
