"""Folded and tilted photos, coarse faxes, and two sheets on one picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from samples.drawn_forms import Paper
from samples.photo import photograph
from samples.stress import stress
from samples.wear import Worn
from scanner.forms.drafting import draft_form
from scanner.forms.loading import blank_image
from scanner.layout.registration.reference import build_reference
from scanner.layout.registration.register import register
from scanner.model import NotRegistered, Registration
from tests.conftest import Desk, as_page
from tests.layout.placing import corner_errors


def worn(desk: Desk, kind: str, seed: int) -> Worn:
    """A sheet photographed or scanned the hard way."""
    sheet, rng = desk.draw(83).image, np.random.default_rng(seed)
    return photograph(sheet, kind, rng) if kind in ("folded", "tilted", "shadow") else stress(sheet, kind, rng)


@pytest.mark.parametrize(("kind", "p95"), [("folded", 2.0), ("tilted", 1.0), ("shadow", 1.0), ("coarse", 1.0)])
def test_hard_pages_are_placed(desk_of_sheets: Desk, reference, form, kind: str, p95: float) -> None:
    page = worn(desk_of_sheets, kind, 5)
    placed = register(as_page(page.image, None), reference)
    assert isinstance(placed, Registration)
    assert np.percentile(corner_errors(placed, page.to_page, form), 95) <= p95


@pytest.fixture(scope="module")
def desk_with_two(desk_of_sheets: Desk):
    """A table 4400 × 3300 px with two filled sheets, each with its left upper corner at (x, y)."""
    sheets = [desk_of_sheets.draw(84).image, desk_of_sheets.draw(85).image]

    def picture(first: tuple[int, int], second: tuple[int, int]) -> np.ndarray:
        table = np.full((3300, 4400, 3), (90, 110, 100), np.uint8)
        for sheet, (x, y) in zip(sheets, (first, second), strict=True):
            small = cv2.resize(sheet, None, fx=0.72, fy=0.72, interpolation=cv2.INTER_AREA)
            part = table[y : y + len(small), x : x + small.shape[1]]
            part[:] = small[: part.shape[0], : part.shape[1]]
        return table

    return picture


@pytest.mark.parametrize("second", [(2300, 350), (1500, 300)], ids=["side by side", "one over the other"])
def test_two_sheets_on_one_picture_are_refused_with_the_reason(reference, desk_with_two, second) -> None:
    refused = register(as_page(desk_with_two((250, 300), second), None), reference)
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code == "two_sheets"


def test_a_corner_of_another_sheet_is_no_second_sheet(reference, desk_with_two) -> None:
    placed = register(as_page(desk_with_two((2400, 2400), (1000, 300)), None), reference)
    assert isinstance(placed, Registration)


def test_print_that_repeats_itself_is_no_folded_sheet(tmp_path: Path) -> None:
    """Sixteen lines of the same words: matches of one line with another agree with their neighbours, and are wrong."""
    paper = Paper(tmp_path / "form.pdf", points=12)
    paper.text(20, 25, "Second side, to be kept with the first", 18)
    for line in range(16):
        paper.text(20, 130 + 9 * line, f"{line + 17}. Fill in with block letters; leave the margin free.")
    paper.comb(60, 45, (6, 7), (4,), 0)
    paper.done()
    form = draft_form(tmp_path / "form.pdf", "lines", tmp_path / "forms")
    blank = blank_image(form)
    placed = register(as_page(np.array(blank)), build_reference(form, blank))
    assert isinstance(placed, Registration)
    assert placed.residual_p95_mm < 0.05
