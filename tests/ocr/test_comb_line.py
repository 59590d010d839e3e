"""Letters in cells set side by side."""

from __future__ import annotations

import numpy as np

from scanner.model import Box, Crop
from scanner.ocr.comb_line import comb_line

BOX = Box(0, 0, 5, 6)


def cell(written: bool, rows: int = 60) -> Crop:
    """A cell of 50 × 60 px with a bar 10 px wide and 40 px high in its middle, or nothing."""
    image = np.full((rows, 50), 255, np.uint8)
    if not written:
        return Crop("f", BOX, image, None)
    image[10:50, 20:30] = 0
    return Crop("f", BOX, image, (10, 50, 20, 30))


def comb(filled: str) -> Crop:
    """A comb with "x" where a cell has ink."""
    cells = tuple(cell(c == "x") for c in filled)
    return Crop("f", BOX, np.full((60, 50 * len(filled)), 255, np.uint8), (10, 50, 20, 30), cells=cells)


def bars(line: Crop) -> list[int]:
    """Where each bar of a line begins, px."""
    dark = (line.image < 128).any(axis=0).astype(int)
    return np.flatnonzero(np.diff(dark, prepend=0) == 1).tolist()


def test_letters_stand_as_near_as_in_a_word() -> None:
    first, second = bars(comb_line(comb("xx")))
    assert second - first == 10 + round(0.14 * 40)


def test_an_empty_cell_between_letters_is_a_space_and_empty_cells_at_the_ends_are_nothing() -> None:
    first, second = bars(comb_line(comb("  x x  ")))
    assert second - first == 10 + round(0.14 * 40) + round(0.5 * 40)
    assert comb_line(comb("  xx  ")).image.shape == comb_line(comb("xx")).image.shape


def test_the_line_is_all_ink_and_knows_whether_ink_ran_out() -> None:
    line = comb_line(comb("xxx"))
    assert line.ink == (0, 40, 0, line.image.shape[1]) and not line.cells and not line.touches_edge


def test_cells_of_other_heights_are_no_hindrance() -> None:
    mixed = Crop("f", BOX, np.full((60, 100), 255, np.uint8), (10, 50, 0, 99), cells=(cell(True), cell(True, rows=48)))
    assert comb_line(mixed).image.shape[0] == 40


def test_a_comb_without_ink_stays_as_it_is() -> None:
    empty = comb("   ")
    assert comb_line(empty) is empty
