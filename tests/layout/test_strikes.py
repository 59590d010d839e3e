"""What is struck out is noticed, what stands is kept apart, and what merely looks like a strike is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from samples.corrections import strike_text
from samples.draw import Pen
from samples.slips import stroke
from scanner.layout.fields import cut_field
from scanner.layout.ink import build_print_model, find_ink
from scanner.layout.laying import level, to_grey
from scanner.layout.strikes import find_strikes
from scanner.model import PX_PER_MM, Box, Crop


@pytest.fixture(scope="module")
def printed(reference, blank):
    """The print model of the blank."""
    return build_print_model(blank, np.array([m.centre for m in reference.landmarks if m.along_x]))


@pytest.fixture
def pen(desk_of_sheets, stock) -> Pen:
    """A pen over an empty sheet."""
    return Pen(desk_of_sheets.blank, stock.hand("typed", np.random.default_rng(7), "DejaVu Serif"))


def cut(pen: Pen, printed, form, field: str = "ho_ten") -> Crop:
    """One field as the reader sees it."""
    return cut_field(find_ink(level(to_grey(pen.image)), printed), form.field(field))


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


def test_digit_struck_from_wall_to_wall_is_noticed_and_a_wide_one_is_none(pen, printed, form) -> None:
    cells = form.field("ma_bhxh").boxes
    for digit, cell in zip("0714808", cells, strict=False):
        pen.write_digit(digit, cell)
    assert not cut(pen, printed, form, "ma_bhxh").struck
    cell = cells[2]
    middle = cell.y + cell.h / 2
    stroke(pen, np.array([[cell.x - 0.3, middle + 0.4], [cell.right + 0.3, middle - 0.4]]), 4)
    assert cut(pen, printed, form, "ma_bhxh").struck


def test_nothing_is_struck_on_empty_paper() -> None:
    assert find_strikes(np.zeros((80, 900), np.uint8)) == ()
    assert find_strikes(np.zeros((0, 0), np.uint8)) == ()
