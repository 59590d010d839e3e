"""Fields cut from an aligned page: the writer's ink, all of it, and nobody else's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from samples.draw import Pen
from scanner.layout.ink.extraction import extract_ink
from scanner.layout.ink.field_crops import cut_field, cut_fields
from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.model import PX_PER_MM, Crop, FieldLayout

LONG = "Nguyễn Thị Ngọc Ánh Dương"


@pytest.fixture
def pen(desk_of_sheets, stock) -> Pen:
    """A pen over an empty sheet."""
    return Pen(desk_of_sheets.blank, stock.hand("typed", np.random.default_rng(7), "DejaVu Serif"))


def cut(image: NDArray[np.uint8], printed, form) -> dict[str, Crop]:
    """Every field of a sheet that lies exactly where it should."""
    return cut_fields(extract_ink(flatten_background(to_grey(image)), printed), form.fields)


def rows_of(crop: Crop) -> tuple[float, float]:
    """Top and bottom of a crop's ink on the sheet, mm."""
    assert crop.ink is not None
    return crop.box.y + crop.ink[0] / PX_PER_MM, crop.box.y + crop.ink[1] / PX_PER_MM


def test_every_written_field_has_a_crop_and_ticks_have_none(pen: Pen, printed, form) -> None:
    assert set(cut(pen.image, printed, form)) == {f.id for f in form.fields if f.layout is not FieldLayout.TICKS}


def test_untouched_sheet_is_white_in_every_field(pen: Pen, printed, form) -> None:
    for crop in cut(pen.image, printed, form).values():
        assert crop.ink is None and not crop.touches_edge and not crop.struck
        assert crop.image.min() == 255, crop.field


def test_crop_holds_what_was_written_and_white_around_it(pen: Pen, printed, form) -> None:
    pen.write(LONG, form.field("ho_ten").boxes[0])
    crop = cut(pen.image, printed, form)["ho_ten"]
    assert crop.ink is not None and crop.ink_mm2 > 10
    top, bottom, left, right = crop.ink
    outside = crop.image.copy()
    outside[max(top - 4, 0) : bottom + 4, max(left - 4, 0) : right + 4] = 255
    assert outside.min() == 255
    assert crop.image[top:bottom, left:right].min() < 80


def test_writing_in_one_field_is_in_no_other(pen: Pen, printed, form) -> None:
    pen.write(LONG, form.field("ho_ten").boxes[0])
    assert [c.field for c in cut(pen.image, printed, form).values() if c.ink is not None] == ["ho_ten"]


@pytest.mark.parametrize("field", ["noi_thuong_tru", "noi_o_hien_tai", "cong_viec", "dia_chi_lam_viec", "thon"])
def test_tall_and_deep_letters_are_whole(pen: Pen, printed, form, field: str) -> None:
    """Capitals with tone marks rise above the box, g and y hang through its line."""
    pen.write("Ấp Ỷ, gấy Ổ", form.field(field).boxes[0])
    found = cut(pen.image, printed, form)
    assert [c.field for c in found.values() if c.ink is not None] == [field]
    unwritten = np.repeat(printed.blank[..., None], 3, axis=2).astype(int)
    written = np.argwhere(np.abs(pen.image.astype(int) - unwritten).max(axis=2) > 120)
    top, bottom = rows_of(found[field])
    assert abs(top - written[:, 0].min() / PX_PER_MM) < 0.35
    assert abs(bottom - written[:, 0].max() / PX_PER_MM) < 0.35


def test_digits_are_cut_into_their_cells_and_empty_cells_are_empty(pen: Pen, printed, form) -> None:
    spec = form.field("so_dinh_danh")
    for digit, cell in zip("0714567", spec.boxes, strict=False):
        pen.write_digit(digit, cell)
    crop = cut(pen.image, printed, form)["so_dinh_danh"]
    assert [c.ink is not None for c in crop.cells] == [True] * 7 + [False] * (len(spec.boxes) - 7)
    assert crop.ink_mm2 == pytest.approx(sum(c.ink_mm2 for c in crop.cells))


@pytest.mark.parametrize("field", ["so_dinh_danh", "ngay_sinh", "ma_bhxh"])
def test_digit_that_leans_on_a_wall_stays_in_its_cell(pen: Pen, printed, form, field: str) -> None:
    spec = form.field(field)
    cell = spec.boxes[3]
    pen.write_digit("8", cell._replace(x=cell.x + 0.9))
    crop = cut(pen.image, printed, form)[field]
    assert [i for i, c in enumerate(crop.cells) if c.ink is not None] == [3]


def test_parts_are_cut_apart(pen: Pen, printed, form) -> None:
    spec = next(f for f in form.fields if f.layout is FieldLayout.PARTS)
    pen.write("12", spec.boxes[0], indent=1.2)
    pen.write("2024", spec.boxes[2], indent=1.2)
    crop = cut(pen.image, printed, form)[spec.id]
    assert [c.ink is not None for c in crop.cells] == [True, False, True]
    assert crop.ink is not None


def test_one_small_digit_is_ink_and_a_speck_is_none(pen: Pen, printed, form) -> None:
    box = form.field("cong_viec").boxes[0]
    pen.put(np.ones((4, 4), np.float32), (box.x + 20) * PX_PER_MM, (box.y + 3) * PX_PER_MM)
    assert cut(pen.image, printed, form)["cong_viec"].ink is None
    pen.write("1", box)
    assert cut(pen.image, printed, form)["cong_viec"].ink is not None


def test_signature_is_ink_and_the_print_above_it_is_none(pen: Pen, printed, form) -> None:
    spec = form.field("chu_ky")
    assert cut(pen.image, printed, form)["chu_ky"].ink is None
    pen.sign(spec.boxes[0])
    crop = cut(pen.image, printed, form)["chu_ky"]
    assert crop.ink is not None and crop.ink_mm2 > 8


def test_writing_that_runs_out_of_its_room_is_noticed(pen: Pen, printed, form) -> None:
    box = form.field("ho_ten").boxes[0]
    stroke = np.ones((6, round((box.w + 20) * PX_PER_MM)), np.float32)
    pen.put(stroke, (box.x + 2) * PX_PER_MM, (box.y + box.h / 2) * PX_PER_MM)
    page = extract_ink(flatten_background(to_grey(pen.image)), printed)
    assert cut_field(page, form.field("ho_ten")).touches_edge


def test_line_under_a_word_is_not_taken_for_striking_it_out(pen: Pen, printed, form) -> None:
    box = form.field("ho_ten").boxes[0]
    end = pen.write("Bình", box)
    under = np.ones((3, round((end - box.x - 2) * PX_PER_MM)), np.float32)
    pen.put(under, (box.x + 2) * PX_PER_MM, (box.bottom - 0.4) * PX_PER_MM)
    assert not cut(pen.image, printed, form)["ho_ten"].struck
