"""What is struck out is noticed, what stands is kept apart, and what merely looks like a strike is none."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from samples.corrections import strike_text
from samples.draw import Pen
from samples.slips import stroke
from scanner.layout.ink.extraction import extract_ink
from scanner.layout.ink.field_crops import cut_field
from scanner.layout.ink.strikes import find_strikes
from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.model import PX_PER_MM, Box, Crop


@pytest.fixture
def pen(desk_of_sheets, stock) -> Pen:
    """A pen over an empty sheet."""
    return Pen(desk_of_sheets.blank, stock.hand("typed", np.random.default_rng(7), "DejaVu Serif"))


def cut(pen: Pen, printed, form, field: str = "ho_ten") -> Crop:
    """One field as the reader sees it."""
    return cut_field(extract_ink(flatten_background(to_grey(pen.image)), printed), form.field(field))


def written(pen: Pen, form, text: str, field: str = "ho_ten") -> tuple[float, float, float]:
    """Write into a field: where the text begins and ends, and the middle of its small letters, mm."""
    box = form.field(field).boxes[0]
    end = pen.write(text, box) - pen.hand.size_mm / 2
    return box.x + 2, end - 1.5, box.bottom - 1.95 - 0.28 * pen.hand.size_mm


@pytest.mark.parametrize(
    ("style", "text"),
    [(s, t) for s in ("line", "double", "wavy") for t in ("Tày", "Nguyễn Văn Bình", "Hoàng Thị Ngọc Ánh Dương")]
    + [("scribble", "Nguyễn Văn Bình"), ("scribble", "Hoàng Thị Ngọc Ánh Dương")],
)
def test_entry_struck_in_any_way_is_noticed(pen, printed, form, style: str, text: str) -> None:
    start, end, middle = written(pen, form, text)
    assert not cut(pen, printed, form).struck
    strike_text(pen, start, end, middle, 0.5 * pen.hand.size_mm, 4, style, 0)
    assert cut(pen, printed, form).struck


@pytest.mark.parametrize("text", ["Đỗ Đình Đạt", "TẤT THÀNH TRUNG", "fffff ttttt đđđđ", "---", "Tổ 4"])
def test_bars_of_letters_are_no_strikes(pen, printed, form, text: str) -> None:
    written(pen, form, text)
    assert not cut(pen, printed, form).struck


def test_value_written_beside_stands_and_the_struck_one_does_not(pen, printed, form) -> None:
    start, end, middle = written(pen, form, "Nguyễn Văn Bình")
    strike_text(pen, start, end, middle, 2.2, 4, "line", 0)
    box = form.field("ho_ten").boxes[0]
    pen.write("Trần An", Box(end + 6, box.y, 50, box.h))
    crop = cut(pen, printed, form)
    assert crop.standing is not None and crop.standing.ink is not None and crop.ink is not None
    assert crop.box.x + crop.standing.ink[2] / PX_PER_MM > end + 2
    assert crop.ink[2] < crop.standing.ink[2], "a person sees both"


def test_value_written_above_stands(pen, printed, form) -> None:
    start, end, middle = written(pen, form, "Hợp tác xã chè Vĩnh Tân", "noi_lam_viec")
    strike_text(pen, start, end, middle, 2.2, 4, "line", 0)
    hand = pen.hand
    pen.hand = replace(hand, size_mm=2.6)
    box = form.field("noi_lam_viec").boxes[0]
    pen.write("Trường học", Box(box.x + 6, box.y - 4.2, 60, box.h))
    crop = cut(pen, printed, form, "noi_lam_viec")
    assert crop.standing is not None and crop.standing.ink is not None
    assert crop.box.y + crop.standing.ink[1] / PX_PER_MM < middle
    assert crop.standing.ink_mm2 > 2


def test_nothing_stands_where_all_is_struck(pen, printed, form) -> None:
    start, end, middle = written(pen, form, "Nguyễn Văn Bình")
    strike_text(pen, start, end, middle, 2.2, 4, "line", 0)
    crop = cut(pen, printed, form)
    assert crop.standing is not None and crop.standing.ink is None and crop.ink is not None


def test_line_above_is_not_taken_for_a_correction(pen, printed, form) -> None:
    written(pen, form, "Xóm Gốc Gạo, gần ngã ba", "noi_thuong_tru")
    start, end, middle = written(pen, form, "Thôn Đồng Tâm", "noi_o_hien_tai")
    strike_text(pen, start, end, middle, 2.2, 4, "line", 0)
    crop = cut(pen, printed, form, "noi_o_hien_tai")
    assert crop.standing is not None and crop.standing.ink is None


def test_digit_scribbled_over_is_noticed_and_a_wide_one_is_none(pen, printed, form) -> None:
    cells = form.field("ma_bhxh").boxes
    for digit, cell in zip("0714808", cells, strict=False):
        pen.write_digit(digit, cell)
    assert not cut(pen, printed, form, "ma_bhxh").struck
    x, y = cells[2].x + cells[2].w / 2, cells[2].y + cells[2].h / 2
    turns = np.arange(12)
    stroke(pen, np.stack([x + np.where(turns % 2, 1.8, -1.8), np.linspace(y - 2, y + 2, 12)], 1), 5)
    assert cut(pen, printed, form, "ma_bhxh").struck


@pytest.mark.parametrize("digit", list("0123456789"))
def test_digit_that_fills_its_cell_is_not_struck(pen, printed, form, digit: str) -> None:
    pen.hand = replace(pen.hand, size_mm=6.6)
    for cell in form.field("ma_bhxh").boxes[2:6:2]:
        pen.write_digit(digit, cell)
    assert not cut(pen, printed, form, "ma_bhxh").struck


def letters(length_mm: float, pitch: int, *, joined: bool) -> np.ndarray:
    """Upright strokes 2.6 mm high as a line's ink (rows, cols), joined above and below in turn like "nunu" or not."""
    ink = np.zeros((110, 1000), np.uint8)
    for k, x in enumerate(range(80, 80 + round(length_mm * PX_PER_MM), pitch)):
        ink[40:71, x : x + 4] = 255
        if joined:
            row = 40 if k % 2 else 67
            ink[row : row + 4, x : x + pitch] = 255
    return ink


def test_long_word_written_in_one_line_is_not_struck_and_a_longer_tangle_is() -> None:
    assert find_strikes(letters(15.5, 10, joined=True)) == ()
    assert len(find_strikes(letters(22, 10, joined=True))) == 1


def test_bar_over_letters_is_no_strike_and_one_through_them_is() -> None:
    over, through = letters(40, 14, joined=False), letters(40, 14, joined=False)
    over[37:41, 150:236] = through[53:57, 150:236] = 255
    assert find_strikes(over) == ()
    assert len(find_strikes(through)) == 1


def test_strike_over_letters_too_faint_to_be_seen_is_noticed_and_an_underline_is_none() -> None:
    faint = np.zeros((110, 900), np.uint8)
    faint[20:24, 100:700:50] = faint[70:76, 90:720:60] = 255
    under = faint.copy()
    assert find_strikes(faint) == ()
    cv2.line(faint, (90, 44), (700, 48), 255, 7)
    cv2.line(under, (90, 82), (700, 84), 255, 7)
    assert len(find_strikes(faint)) == 1
    assert find_strikes(under) == ()


def test_nothing_is_struck_on_empty_paper() -> None:
    assert find_strikes(np.zeros((80, 900), np.uint8)) == ()
    assert find_strikes(np.zeros((0, 0), np.uint8)) == ()
