"""How good a page is: what was done to it is what is said of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samples.wear import wear
from scanner.intake.quality import assess_quality
from scanner.model import Quality
from tests.conftest import Desk, as_page

Pixels = NDArray[np.uint8]


def codes(quality: Quality) -> set[str]:
    """What a person is told."""
    return {p.code for p in quality.problems}


@pytest.fixture(scope="module")
def sheet(desk_of_sheets: Desk) -> Pixels:
    """A filled sheet, grey, 300 dpi."""
    return np.ascontiguousarray(desk_of_sheets.draw(21).image[..., 1])


@pytest.fixture(scope="module")
def scan(desk_of_sheets: Desk) -> Pixels:
    """The same as a scanner sees it."""
    return np.ascontiguousarray(desk_of_sheets.worn(21, "scan")[1].image)


def at(image: Pixels, dpi: int) -> Pixels:
    """A sheet of 300 dpi at another resolution."""
    return np.asarray(cv2.resize(image, None, fx=dpi / 300, fy=dpi / 300, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("kind", ["clean", "scan", "grey", "bilevel", "turned", "photo", "dark", "faint"])
def test_page_that_reads_well_has_no_problem(desk_of_sheets: Desk, kind: str) -> None:
    _, worn = desk_of_sheets.worn(22, kind)
    quality = assess_quality(as_page(worn.image, worn.dpi))
    assert not quality.blank
    assert codes(quality) == set()


# --- blank or not ------------------------------------------------------------------------------------


def empty(seed: int = 0, level: int = 245) -> Pixels:
    """A sheet that nobody printed on, with the scanner's grain; A4 at 150 dpi."""
    rng = np.random.default_rng(seed)
    return np.clip(rng.normal(level, 3, (1754, 1240)), 0, 255).astype(np.uint8)


def with_dust(image: Pixels) -> Pixels:
    """Four hundred specks smaller than a letter."""
    rng = np.random.default_rng(1)
    for x, y in rng.integers(20, 1200, (400, 2)):
        cv2.circle(image, (int(x), int(y)), 1, 60, -1)
    return image


def with_holes(image: Pixels) -> Pixels:
    """Two punched holes and a staple."""
    for y in (600, 1070):
        cv2.circle(image, (70, y), 18, 30, -1)
    cv2.line(image, (90, 60), (140, 70), 90, 3)
    return image


def with_edge(image: Pixels) -> Pixels:
    """The dark edge of a sheet that lay askew on the glass."""
    image[:, :40] = 30
    image[-25:] = 30
    return image


def with_fold(image: Pixels) -> Pixels:
    """A fold across, and a streak of the feeder down."""
    cv2.line(image, (0, 880), (1239, 890), 185, 2)
    cv2.line(image, (700, 0), (700, 1753), 120, 1)
    return image


def with_back(image: Pixels) -> Pixels:
    """Print that shines through from the back: pale and soft."""
    back = np.full_like(image, 255)
    for row in range(12):
        cv2.putText(back, "phieu thu thap thong tin", (100, 200 + 100 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 0, 3)
    soft = cv2.GaussianBlur(np.ascontiguousarray(back[:, ::-1]), (0, 0), 3).astype(np.float32)
    return np.clip(image - (255 - soft) * 0.12, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("mishap", [with_dust, with_holes, with_edge, with_fold, with_back, lambda i: i])
@pytest.mark.parametrize("level", [252, 210])
def test_empty_sheet_with_the_marks_of_scanning_is_blank(mishap, level: int) -> None:
    quality = assess_quality(as_page(mishap(empty(level=level)), 150))
    assert quality.blank
    assert quality.problems == ()


def test_one_written_line_is_enough_not_to_be_blank() -> None:
    image = empty(2)
    cv2.putText(image, "Nguyen Van Binh", (300, 800), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.4, 70, 2)
    assert not assess_quality(as_page(image, 150)).blank


def test_the_form_alone_is_not_blank_however_pale(blank: Pixels) -> None:
    assert not assess_quality(as_page(np.array(blank), 300)).blank
    pale = (245 - (255 - blank.astype(np.float32)) * 0.25).astype(np.uint8)
    assert not assess_quality(as_page(pale, 300)).blank


def test_page_in_the_dark_is_not_called_blank() -> None:
    quality = assess_quality(as_page(np.full((1754, 1240), 12, np.uint8), 150))
    assert not quality.blank
    assert "underexposed" in codes(quality)


# --- each fault by its name ----------------------------------------------------------------------------


def test_blurred_page_is_told_and_the_sharp_one_is_not(sheet: Pixels) -> None:
    measured = [
        assess_quality(as_page(cv2.GaussianBlur(sheet, (0, 0), s) if s else sheet, 300)).blur for s in (0, 1, 2, 3)
    ]
    assert measured == sorted(measured) and measured[0] < 2.2
    assert codes(assess_quality(as_page(np.asarray(cv2.GaussianBlur(sheet, (0, 0), 3.5), np.uint8), 300))) == {
        "blurred"
    }


def test_page_moved_in_one_direction_is_blurred(sheet: Pixels) -> None:
    for size in ((13, 1), (1, 13)):
        assert "blurred" in codes(assess_quality(as_page(np.asarray(cv2.blur(sheet, size), np.uint8), 300)))


@pytest.mark.parametrize(
    ("dpi", "code"), [(200, None), (150, None), (130, "resolution_low"), (90, "resolution_too_low")]
)
def test_resolution_is_told_where_it_costs_readings(sheet: Pixels, dpi: int, code: str | None) -> None:
    quality = assess_quality(as_page(at(sheet, dpi), dpi))
    assert codes(quality) == ({code} if code else set())
    assert quality.dpi == dpi


def test_resolution_is_worked_out_of_the_size_where_the_file_claims_none(sheet: Pixels) -> None:
    assert assess_quality(as_page(at(sheet, 200), None)).dpi == pytest.approx(200, abs=1)


def test_washed_out_print_is_told(sheet: Pixels) -> None:
    pale = (255 - (255 - sheet.astype(np.float32)) * 0.2).astype(np.uint8)
    assert "low_contrast" in codes(assess_quality(as_page(pale, 300)))


def test_lamp_and_shadow_are_told_apart(scan: Pixels) -> None:
    burnt, drowned = scan.copy(), scan.copy()
    burnt[1000:2000, 400:2000] = 255
    drowned[1000:2000, 400:2000] = 0
    assert "overexposed" in codes(assess_quality(as_page(burnt, 300)))
    assert "underexposed" in codes(assess_quality(as_page(drowned, 300)))


def test_white_paper_of_a_clean_scan_is_not_overexposed(sheet: Pixels) -> None:
    assert assess_quality(as_page(sheet, 300)).clipped < 0.01


# --- measures ------------------------------------------------------------------------------------------


def test_colour_grey_and_bilevel_are_told(sheet: Pixels) -> None:
    assert assess_quality(as_page(np.repeat(sheet[..., None], 3, axis=2), 300)).colour == "colour"
    assert assess_quality(as_page(sheet, 300)).colour == "grey"
    assert assess_quality(as_page(np.where(sheet > 160, 255, 0).astype(np.uint8), 300)).colour == "bilevel"


def test_size_and_contrast_are_those_of_the_page(sheet: Pixels) -> None:
    quality = assess_quality(as_page(sheet, 300))
    assert (quality.width_px, quality.height_px) == (2480, 3508)
    assert 0.8 < quality.contrast <= 1
    assert 0.005 < quality.ink < 0.2


def test_same_page_is_judged_the_same_on_its_side(sheet: Pixels) -> None:
    upright, side = (assess_quality(as_page(np.ascontiguousarray(np.rot90(sheet, k)), 300)) for k in (0, 1))
    assert codes(upright) == codes(side)
    assert side.blur == pytest.approx(upright.blur, abs=0.3)
    assert side.contrast == pytest.approx(upright.contrast, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 300), st.integers(1, 300), st.integers(0, 255), st.booleans(), st.sampled_from([None, 72.0, 1200.0])
)
def test_any_picture_can_be_judged(rows: int, cols: int, level: int, colour: bool, dpi: float | None) -> None:
    image = np.full((rows, cols, 3) if colour else (rows, cols), level, np.uint8)
    quality = assess_quality(as_page(image, dpi))
    for measure in (quality.blur, quality.contrast, quality.clipped, quality.ink):
        assert np.isfinite(measure) and measure >= 0
    assert quality.contrast <= 1 and quality.clipped <= 1 and quality.ink <= 1


def test_worn_sheets_are_less_sharp_than_clean_ones(blank: Pixels) -> None:
    image = np.repeat(np.array(blank)[..., None], 3, axis=2)
    clean, worn = (
        assess_quality(as_page(wear(image, k, np.random.default_rng(3)).image, 300)) for k in ("clean", "photo")
    )
    assert worn.blur > clean.blur
