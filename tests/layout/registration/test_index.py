"""Which printed page a page may be: ranked over many blanks, however it was worn and turned."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samples.drawn_forms import drawn_form
from samples.wear import wear
from scanner.forms.blanks import fit_to_sheet, render_blank
from scanner.layout.registration.index import (
    KeyPoints,
    PageIndex,
    blank_points,
    build_index,
    rank_candidates,
    rank_pages,
)
from tests.conftest import Desk, as_page

A4 = (210.0, 297.0)
SEEDS = (7, 9, 12, 13, 14)


@pytest.fixture(scope="module")
def blanks(blank: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    """The form that ships, and drawn forms of many sizes that share their letterhead and their words."""
    folder = tmp_path_factory.mktemp("blanks")
    drawn = []
    for seed in SEEDS:
        drawn_form(folder / "form.pdf", seed)
        image = render_blank(folder / "form.pdf", 1)
        drawn.append(fit_to_sheet(image, (image.shape[1] * 25.4 / 300, image.shape[0] * 25.4 / 300)))
    return [np.array(blank), *drawn]


@pytest.fixture(scope="module")
def index(blanks: list[NDArray[np.uint8]]) -> PageIndex:
    """All of them."""
    return build_index([blank_points(b) for b in blanks], A4[1])


@pytest.mark.parametrize(("number", "kind"), [(1, "scan"), (2, "bilevel"), (3, "turned"), (4, "photo"), (5, "faint")])
def test_right_blank_comes_first_however_the_page_is_worn(blanks, index: PageIndex, number: int, kind: str) -> None:
    sheet = np.repeat(blanks[number][..., None], 3, axis=2)
    page = as_page(wear(sheet, kind, np.random.default_rng(number)).image)
    assert rank_pages(page, index)[0].number == number


def test_filled_sheet_upside_down_is_ranked_first_by_far(desk_of_sheets: Desk, index: PageIndex) -> None:
    first, second, *_ = rank_pages(as_page(np.rot90(desk_of_sheets.draw(41).image, 2).copy()), index)
    assert first.number == 0
    assert first.inliers > 4 * second.inliers


def test_candidates_come_in_order_and_always_the_same(desk_of_sheets: Desk, index: PageIndex) -> None:
    page = as_page(desk_of_sheets.draw(42).image)
    found = rank_pages(page, index)
    assert [c.inliers for c in found] == sorted((c.inliers for c in found), reverse=True)
    assert found == rank_pages(page, index)


def test_there_is_a_candidate_even_where_nothing_was_seen(index: PageIndex) -> None:
    assert len(rank_pages(as_page(np.full((900, 700), 245, np.uint8)), index)) == 1
    nothing = KeyPoints(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 32), np.uint8))
    assert rank_candidates(nothing, index) == []


def test_a_blank_without_print_can_be_indexed(blank: NDArray[np.uint8]) -> None:
    bare = blank_points(np.full_like(blank, 255))
    assert len(bare.angles) == 0
    both = build_index([bare, blank_points(np.array(blank))], A4[1])
    assert rank_pages(as_page(np.array(blank)), both)[0].number == 1
