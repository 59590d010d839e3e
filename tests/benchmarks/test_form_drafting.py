"""How drafts of unseen blanks are counted: the truth that is drawn, and what counts as found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import reportlab

from benchmarks.form_drafting import Count, copied, moved, scanned, shipped
from samples.blank_forms.forms import draw_form
from samples.blank_forms.paper import LINE_STYLES, Paper, TrueField
from samples.hands import system_font
from scanner.forms.blanks import render_blank
from scanner.forms.drafting import draft
from scanner.model import PX_PER_MM, Box, FieldKind, FieldLayout, FieldSpec

FONT = str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")
LINE = TrueField(FieldKind.TEXT, FieldLayout.LINE, (Box(20, 40, 100, 7),))


def spec(box: Box, kind: FieldKind = FieldKind.TEXT) -> FieldSpec:
    return FieldSpec(id="f", label="f", kind=kind, layout=FieldLayout.LINE, boxes=(box,))


@pytest.mark.parametrize("style", LINE_STYLES)
def test_the_true_line_is_where_the_ink_is(tmp_path: Path, style: str) -> None:
    paper = Paper(tmp_path / "form.pdf", FONT, 11)
    paper.answer(30, 150, 50, style)
    ((box,),) = (field.boxes for field in paper.done())
    rows, cols = np.nonzero(render_blank(tmp_path / "form.pdf") < 200)
    assert box.x == pytest.approx(cols.min() / PX_PER_MM, abs=0.3)
    # a stroke may end in its dashes' white; behind a full stop of 11 points 0.4 mm are white
    white = {"wide dots": 1.2, "dashes": 2.3, "fine dots": 0.6, "full stops": 0.5, "spaced full stops": 0.5}.get(
        style, 0.3
    )
    assert box.right == pytest.approx(cols.max() / PX_PER_MM, abs=white)
    assert box.bottom - 1.0 == pytest.approx((rows.min() + rows.max() + 1) / 2 / PX_PER_MM, abs=0.15)


def test_the_room_above_a_line_ends_at_the_print_above_it(tmp_path: Path) -> None:
    paper = Paper(tmp_path / "form.pdf", FONT, 10)
    paper.text(30, 44, "A LONG LINE OF CAPITALS ABOVE THE LINE")
    paper.answer(30, 100, 50, "solid")
    paper.answer(30, 100, 80, "solid")
    near, free = (field.boxes[0] for field in paper.done())
    assert near.y == pytest.approx(44, abs=0.15)
    assert (near.bottom, free.bottom) == pytest.approx((51, 81))
    assert free.h == pytest.approx(7)


def test_a_field_counts_only_whole_and_on_its_place() -> None:
    comb = TrueField(FieldKind.DIGITS, FieldLayout.COMB, (Box(20, 60, 5, 6), Box(25, 60, 5, 6)))
    count = Count()
    missed = count.add([LINE, comb], [spec(Box(20, 40.5, 100, 7)), spec(Box(20, 60, 5, 6))])
    assert missed == [comb]
    assert (count.found.total(), count.fields.total(), count.boxes_found, count.boxes) == (1, 2, 2, 3)


def test_a_field_on_no_true_box_is_false_and_a_wrong_kind_is_counted() -> None:
    count = Count()
    count.add([LINE], [spec(Box(20, 40, 100, 7), FieldKind.DIGITS), spec(Box(20, 200, 100, 7))])
    assert (count.found.total(), count.right_kind, count.false) == (1, 0, 1)


@pytest.mark.parametrize("worn", [scanned, copied])
def test_the_truth_of_a_worn_blank_lies_on_its_print(worn: object) -> None:
    image = np.full((3508, 2480), 255, np.uint8)
    image[3000:3060, 2000:2060] = 0
    assert callable(worn)
    picture, matrix = worn(image, 3)
    box = Box(2000 / PX_PER_MM, 3000 / PX_PER_MM, 60 / PX_PER_MM, 60 / PX_PER_MM)
    ((true,),) = (field.boxes for field in moved([TrueField(FieldKind.TEXT, FieldLayout.LINE, (box,))], matrix))
    rows, cols = np.nonzero(picture < 100)
    assert true.x + true.w / 2 == pytest.approx(np.median(cols) / PX_PER_MM, abs=0.3)
    assert true.y + true.h / 2 == pytest.approx(np.median(rows) / PX_PER_MM, abs=0.3)


def test_the_same_seed_draws_the_same_form_and_most_of_it_is_found(tmp_path: Path) -> None:
    font = str(system_font("DejaVu Sans"))
    truth = draw_form(tmp_path / "a.pdf", 1, [font], font)
    assert truth == draw_form(tmp_path / "b.pdf", 1, [font], font)
    assert len(truth) > 10
    count = Count()
    count.add(truth, draft([render_blank(tmp_path / "a.pdf")], "drawn", "a.pdf").fields)
    assert count.found.total() >= 0.9 * len(truth)


def test_the_shipped_form_is_found_whole() -> None:
    count = shipped()
    assert (count.found.total(), count.false) == (count.fields.total(), 0)
