"""Blanks as offices send them: scanned askew, copied until walls tear, set by hand with dots and round corners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import reportlab

from benchmarks.form_drafting import iou
from samples.blank_forms.paper import Paper, TrueField
from scanner.forms.blanks import render_blank
from scanner.layout.detection.detect import Detected, detect, print_mask
from scanner.layout.registration.skew import skew_deg, turn, turn_back
from scanner.model import PX_PER_MM, Box, Gray

FONT = str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")
Draw = Callable[[Paper], None]


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., tuple[list[TrueField], Gray]]:
    """Draws a form; its fields and its picture."""

    def drawn(pen: Draw, points: float = 10) -> tuple[list[TrueField], Gray]:
        paper = Paper(tmp_path / "form.pdf", FONT, points)
        pen(paper)
        return paper.done(), render_blank(tmp_path / "form.pdf")

    return drawn


Drawn = Callable[..., tuple[list[TrueField], Gray]]


def askew(image: Gray, degrees: float) -> Gray:
    """A blank that lies on the glass a little turned; print runs down to the right by so much."""
    rows, cols = image.shape
    matrix = cv2.getRotationMatrix2D(((cols - 1) / 2, (rows - 1) / 2), -degrees, 1)
    return np.asarray(cv2.warpAffine(image, matrix, (cols, rows), borderValue=(255,)), np.uint8)


def some_form(paper: Paper) -> None:
    """Lines, a table, cells and squares over the whole width."""
    for y in (40, 50, 60):
        paper.answer(paper.text(20, y, "Remarks: "), 190, y, "dots")
    for row in range(3):
        for column in range(3):
            paper.room(Box(20 + 56 * column, 80 + 9 * row, 56, 9))
    paper.cells([Box(40 + 5 * i, 120, 5, 6) for i in range(12)])
    for i in range(12):
        paper.frame(Box(40 + 5 * i, 120, 5, 6))
    paper.choice([paper.square(20 + 60 * i, 150, 3.5) for i in range(3)])
    for i in range(3):
        paper.text(26 + 60 * i, 150, "answer")


def middles(found: Detected) -> list[tuple[float, float]]:
    every = (*found.lines, *found.boxes, *found.ticks, *(cell for comb in found.combs for cell in comb))
    return [(box.x + box.w / 2, box.y + box.h / 2) for box in every]


# --- askew -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [-1.3, -0.35, 0.2, 0.9])
def test_how_far_a_blank_lies_askew_is_measured_to_a_twentieth_of_a_degree(draw: Drawn, degrees: float) -> None:
    _, image = draw(some_form)
    assert skew_deg(print_mask(askew(image, degrees))) == pytest.approx(degrees, abs=0.05)


def test_a_straight_blank_and_an_empty_one_are_looked_at_as_they_are(draw: Drawn) -> None:
    _, image = draw(some_form)
    assert skew_deg(print_mask(image)) == 0.0
    assert skew_deg(np.zeros((200, 100), np.uint8)) == 0.0


def test_turning_a_blank_upright_and_a_box_back_are_inverse() -> None:
    image = np.full((1200, 900), 255, np.uint8)
    image[300:324, 600:636] = 0
    level = turn(askew(image, 1.0), 1.0)
    rows, cols = np.nonzero(level < 128)
    box = Box(cols.min() / PX_PER_MM, rows.min() / PX_PER_MM, np.ptp(cols) / PX_PER_MM, np.ptp(rows) / PX_PER_MM)
    back = turn_back(box, 1.0, image.shape)
    rows, cols = np.nonzero(askew(image, 1.0) < 128)
    assert abs(back.x + back.w / 2 - cols.mean() / PX_PER_MM) < 0.1
    assert abs(back.y + back.h / 2 - rows.mean() / PX_PER_MM) < 0.1


@pytest.mark.parametrize("degrees", [-0.9, 0.5])
def test_a_blank_askew_offers_what_it_offers_straight_where_it_lies(draw: Drawn, degrees: float) -> None:
    _, image = draw(some_form)
    straight, found = detect(image), detect(askew(image, degrees))
    assert (len(found.lines), len(found.boxes), len(found.ticks)) == (3, 9, 3)
    assert [len(comb) for comb in found.combs] == [12]
    for (x, y), at in zip(middles(straight), middles(found), strict=True):
        moved = turn_back(Box(x, y, 0, 0), degrees, image.shape)
        assert abs(moved.x - at[0]) < 0.4
        assert abs(moved.y - at[1]) < 0.4


# --- torn and rough walls ----------------------------------------------------------------------------


def twelve_cells(paper: Paper) -> None:
    for i in range(12):
        paper.frame(Box(40 + 5 * i, 40, 5, 6))
    paper.cells([Box(40 + 5 * i, 40, 5, 6) for i in range(12)])


def test_cells_whose_common_wall_is_torn_are_mended(draw: Drawn) -> None:
    (truth,), image = draw(twelve_cells)
    torn = image.copy()
    x = round(60 * PX_PER_MM)
    torn[round(41.5 * PX_PER_MM) : round(44.5 * PX_PER_MM), x - 6 : x + 7] = 255
    (comb,) = detect(torn).combs
    assert len(comb) == 12
    assert all(iou(a, b) > 0.8 for a, b in zip(truth.boxes, comb, strict=True))
    assert detect(torn).lines == ()


def test_a_space_of_one_cell_between_two_numbers_is_no_torn_cell(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        for i in (*range(5), *range(6, 12)):
            paper.frame(Box(40 + 5 * i, 40, 5, 6))

    _, image = draw(pen)
    assert sum(len(comb) for comb in detect(image).combs) == 11


# --- shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("high", "radius"), [(7.5, 2.0), (20.0, 2.0), (9.0, 1.0)])
def test_a_box_with_rounded_corners_is_room_to_write(draw: Drawn, high: float, radius: float) -> None:
    (truth,), image = draw(lambda paper: paper.room(Box(20, 40, 170, high), 0.6, radius))
    found = detect(image)
    assert len(found.boxes) == 1
    assert iou(found.boxes[0], truth.boxes[0]) > 0.9
    assert found.lines == ()


def test_a_frame_with_rounded_corners_round_a_note_is_no_room(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        paper.frame(Box(20, 40, 170, 12), 0.6, 2.0)
        paper.text(25, 47, "For the office only, please leave empty")

    assert detect(draw(pen)[1]).boxes == ()


def test_a_square_in_a_cell_of_a_table_leaves_no_boxes_beside_it(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        for column in range(2):
            paper.frame(Box(40 + 30 * column, 40, 30, 5.6))
            paper.choice([paper.square(53 + 30 * column, 44.7, 3.8)])

    found = detect(draw(pen)[1])
    assert len(found.ticks) == 2
    assert found.boxes == ()


# --- lines and what belongs together -----------------------------------------------------------------


@pytest.mark.parametrize("points", [9, 11, 13])
def test_ellipses_with_spaces_between_are_one_line(draw: Drawn, points: float) -> None:
    def pen(paper: Paper) -> None:
        paper.answer(paper.text(20, 40, "Remarks: "), 190, 40, "spaced ellipses")

    (truth,), image = draw(pen, points)
    (line,) = detect(image).lines
    assert iou(line, truth.boxes[0]) > 0.9


def test_a_date_in_large_print_is_one_field(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        paper.date(paper.text(20, 40, "Ngay "), 40, "dots", (" thang ", " nam "), (10, 10, 15))

    _, image = draw(pen, 14)
    assert [len(group) for group in detect(image).parts] == [3]


def test_short_lines_after_labels_with_colons_are_no_date(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        x = 20.0
        for word in ("House: ", "Street: ", "Block: "):
            x = paper.text(x, 40, word)
            paper.answer(x, x + 18, 40, "dots")
            x += 19

    found = detect(draw(pen)[1])
    assert found.parts == ()
    assert len(found.lines) == 3


def test_squares_below_each_other_behind_their_words_are_one_choice(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        paper.text(20, 40, "1. Work")
        for i, words in enumerate(("at home", "in an office", "none")):
            paper.text(26, 47 + 7 * i, words)
            paper.square(90, 47 + 7 * i, 3.5)

    assert [len(group) for group in detect(draw(pen)[1]).choices] == [3]


def test_rows_of_two_squares_behind_questions_are_choices_of_their_own(draw: Drawn) -> None:
    def pen(paper: Paper) -> None:
        for i, words in enumerate(("Is it new?", "Is it green?")):
            paper.text(20, 47 + 7 * i, words)
            paper.square(90, 47 + 7 * i, 3.5)
            paper.square(120, 47 + 7 * i, 3.5)

    assert [len(group) for group in detect(draw(pen)[1]).choices] == [2, 2]
