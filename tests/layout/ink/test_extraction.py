"""The writer's ink without the print, and the fields cut from it."""

from __future__ import annotations

import numpy as np
import pytest

from samples.draw import Pen, draw_sheet
from samples.wear import wear
from scanner.layout.ink.extraction import extract_page_ink
from scanner.layout.ink.field_crops import cut_fields
from scanner.layout.registration.alignment import to_grey
from scanner.model import FieldLayout
from tests.layout.placing import place


def look(image, reference, printed):
    """A page placed and split into print and ink."""
    return extract_page_ink(to_grey(image), place(image, reference).transform, printed)


@pytest.mark.parametrize("kind", ["clean", "scan", "grey", "bilevel", "dark", "faint", "photo"])
def test_empty_sheet_has_no_ink_in_any_field(desk_of_sheets, reference, printed, form, kind: str) -> None:
    image = np.repeat(desk_of_sheets.blank[..., None], 3, axis=2)
    worn = wear(image, kind, np.random.default_rng(4))
    crops = cut_fields(look(worn.image, reference, printed), form.fields)
    assert [c.field for c in crops.values() if c.ink is not None] == []


@pytest.mark.parametrize("kind", ["scan", "grey", "faint"])
def test_written_fields_have_ink_and_empty_ones_none(desk_of_sheets, reference, printed, form, kind: str) -> None:
    sheet, worn = desk_of_sheets.worn(12, kind)
    crops = cut_fields(look(worn.image, reference, printed), form.fields)
    for spec in form.fields:
        if spec.layout is not FieldLayout.TICKS:
            assert (crops[spec.id].ink is not None) == (sheet.truth[spec.id] not in (None, False)), spec.id


def test_dotted_line_is_erased_and_the_dot_under_a_letter_kept(desk_of_sheets, reference, printed, form, stock) -> None:
    answers = {f.id: [] if f.kind.value == "choices" else None for f in form.fields} | {"xa": "ạ"}
    hand = stock.hand("typed", np.random.default_rng(1), "DejaVu Serif")
    with_dot = draw_sheet(form, desk_of_sheets.blank, answers, hand)
    hand = stock.hand("typed", np.random.default_rng(1), "DejaVu Serif")
    without = draw_sheet(form, desk_of_sheets.blank, answers | {"xa": "a"}, hand)
    heights = []
    for sheet in (with_dot, without):
        crop = cut_fields(look(sheet.image, reference, printed), form.fields)["xa"]
        assert crop.ink is not None
        heights.append(crop.ink[1] - crop.ink[0])
    assert heights[0] > heights[1] + 6


def test_faint_pen_is_seen(desk_of_sheets, reference, printed, form, stock) -> None:
    hand = stock.hand("typed", np.random.default_rng(2), "DejaVu Sans")
    hand.strength = 0.25
    sheet = draw_sheet(form, desk_of_sheets.blank, desk_of_sheets.person(3), hand)
    worn = wear(sheet.image, "scan", np.random.default_rng(5))
    crops = cut_fields(look(worn.image, reference, printed), form.fields)
    assert crops["ho_ten"].ink is not None and crops["so_dinh_danh"].ink is not None


def test_combs_are_cut_into_their_cells_without_walls(desk_of_sheets, reference, printed, form) -> None:
    sheet = desk_of_sheets.draw(20)
    crop = cut_fields(look(sheet.image, reference, printed), form.fields)["so_dinh_danh"]
    assert len(crop.cells) == 12
    for cell in crop.cells:
        assert cell.ink is not None
        top, bottom, left, right = cell.ink
        assert (right - left) / 11.81 < 3.6, "a digit without the wall beside it"
        assert (bottom - top) / 11.81 < 5


def test_struck_out_entry_is_noticed(desk_of_sheets, reference, printed, form, stock) -> None:
    hand = stock.hand("typed", np.random.default_rng(8), "DejaVu Serif")
    pen = Pen(desk_of_sheets.blank, hand)
    box = form.field("ho_ten").boxes[0]
    end = pen.write("Nguyễn Văn Bình", box)
    assert not cut_fields(look(pen.image, reference, printed), form.fields)["ho_ten"].struck
    pen.strike(box, end)
    assert cut_fields(look(pen.image, reference, printed), form.fields)["ho_ten"].struck
