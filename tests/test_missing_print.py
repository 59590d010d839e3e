"""An answer under a note, a fold or beyond the scanner's edge looks like an empty field: it is never taken for one."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner.messages import all_messages
from scanner.model import PX_PER_MM, PageStatus, Record
from scanner.pipeline import PageReader, read_page
from tests.conftest import Desk, as_page

DAY = date(2024, 11, 1)
PAPER = 245


@pytest.fixture(scope="module")
def sheets(desk_of_sheets: Desk):
    """Two filled sheets with their truth."""
    return [desk_of_sheets.draw(seed) for seed in (77, 78)]


def silent(record: Record, truth: dict[str, object]) -> list[str]:
    """Fields that are wrong and that no person is asked to look at."""
    return [
        r.field
        for r in record.readings
        if (list(r.value) if isinstance(r.value, tuple) else r.value) != truth[r.field] and not r.review
    ]


def without(image: NDArray[np.uint8], what: str) -> NDArray[np.uint8]:
    """A page from which something is gone."""
    out = image.copy()
    rows, cols = out.shape[:2]
    if what == "top":
        out[: round(0.15 * rows)] = PAPER
    elif what == "bottom":
        out[-round(0.15 * rows) :] = PAPER
    elif what == "right":
        out[:, -round(0.25 * cols) :] = PAPER
    elif what == "corner":
        fold = np.array([[cols, 0], [cols, round(0.6 * rows)], [round(0.4 * cols), 0]], np.int32)
        cv2.fillPoly(out, [fold], (PAPER,) * 3)
    return out


@pytest.mark.parametrize("what", ["top", "bottom", "corner"])
def test_page_cut_off_or_folded_has_no_silent_error(sheets, reader: PageReader, what: str) -> None:
    sheet = sheets[0]
    record, _ = read_page(as_page(without(sheet.image, what)), reader, DAY)
    assert record.status is PageStatus.READ
    assert silent(record, sheet.truth) == []
    assert any(reason.code == "print_missing" for r in record.readings for reason in r.reasons)


def test_page_without_a_quarter_of_its_width_is_not_placed(sheets, reader: PageReader) -> None:
    record, _ = read_page(as_page(without(sheets[0].image, "right")), reader, DAY)
    assert record.status is PageStatus.UNPLACED and record.readings == ()


@settings(max_examples=5, deadline=None)
@given(x=st.integers(0, 1700), y=st.integers(0, 3000))
def test_note_stuck_anywhere_on_the_sheet_makes_no_silent_error(sheets, reader: PageReader, x: int, y: int) -> None:
    """A note of 76 × 76 mm."""
    sheet = sheets[1]
    image = sheet.image.copy()
    image[y : y + 900, x : x + 900] = (250, 240, 130)
    record, _ = read_page(as_page(image), reader, DAY)
    assert record.status is PageStatus.READ
    assert silent(record, sheet.truth) == []


@pytest.mark.parametrize("code", ["print_missing", "placed_unsurely"])
def test_reviewer_is_told_why_a_place_is_doubted(code: str) -> None:
    assert set(all_messages()[code]) == {"en", "vi"}


def test_reading_is_no_surer_than_its_fields_place(sheets, reader: PageReader) -> None:
    """The row of a choice, of its label and its boxes, printed 1.5 mm too far right: nothing there is accepted."""
    image = sheets[0].image.copy()
    rows = np.s_[round(93 * PX_PER_MM) : round(103 * PX_PER_MM)]
    image[rows] = np.roll(image[rows], round(1.5 * PX_PER_MM), axis=1)
    record, _ = read_page(as_page(image), reader, DAY)
    assert record.registration is not None
    moved = next(r for r in record.readings if r.field == "doi_tuong_uu_tien")
    assert moved.review and moved.confidence <= 0.5
    assert {"print_missing", "placed_unsurely"} & {reason.code for reason in moved.reasons}
    for reading in record.readings:
        assert reading.confidence <= record.registration.place_probability[reading.field]
        assert reading.features["residual_mm"] == record.registration.local_residual_mm[reading.field]
