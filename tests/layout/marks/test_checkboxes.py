"""Ticks of every style, and what is none."""

from __future__ import annotations

import numpy as np
import pytest

from samples.draw import Pen
from samples.hands import TICKS
from samples.slips import draw_slip, draw_tail, stroke, tails_of
from scanner.layout.ink.extraction import InkPage, extract_ink
from scanner.layout.marks.checkboxes import read_marks, resolve_choice
from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.model import Box, FieldKind, Mark, MarkState

FIELD = "trinh_do_gdpt"


@pytest.fixture
def pen(desk_of_sheets, stock) -> Pen:
    """A pen over an empty sheet."""
    return Pen(desk_of_sheets.blank, stock.hand("typed", np.random.default_rng(7)))


def seen(pen: Pen, printed) -> InkPage:
    """What was drawn, as the reader sees it."""
    return extract_ink(flatten_background(to_grey(pen.image)), printed)


@pytest.mark.parametrize("style", TICKS)
def test_mark_of_every_style_is_marked_and_its_neighbours_empty(pen, printed, form, style: str) -> None:
    spec = form.field(FIELD)
    pen.tick(spec.options[1].box, style)
    states = [m.state for m in read_marks(seen(pen, printed), spec)]
    assert states[1] is MarkState.MARKED
    assert states[0] is states[2] is states[3] is MarkState.EMPTY


def test_untouched_sheet_has_no_marks(pen, printed, form) -> None:
    page = seen(pen, printed)
    marks = [m for f in form.fields if f.options for m in read_marks(page, f)]
    assert {m.state for m in marks} == {MarkState.EMPTY}
    assert len(marks) == 55


def test_mark_scribbled_out_is_never_silently_an_answer(pen, printed, form) -> None:
    spec = form.field(FIELD)
    pen.tick(spec.options[0].box, "check")
    pen.scribble_out(spec.options[0].box)
    pen.tick(spec.options[2].box, "check")
    _, _, reason = resolve_choice(read_marks(seen(pen, printed), spec), spec.kind)
    assert reason is not None


def test_tiny_dot_is_not_taken_for_an_answer(pen, printed, form) -> None:
    spec = form.field(FIELD)
    box = spec.options[1].box
    pen.put(np.ones((3, 3), np.float32), (box.x + box.w / 2) * 11.81, (box.y + box.h / 2) * 11.81)
    assert read_marks(seen(pen, printed), spec)[1].state is not MarkState.MARKED


def mark(option: str, state: MarkState, inside: float = 0.2) -> Mark:
    """A mark out of thin air."""
    return Mark(option, state, 0.9, Box(0, 0, 3, 3), {"inside": inside})


def test_one_mark_is_the_answer() -> None:
    marks = [mark("a", MarkState.EMPTY), mark("b", MarkState.MARKED)]
    assert resolve_choice(marks, FieldKind.CHOICE) == (("b",), 0.9, None)


def test_two_marks_where_one_is_expected_go_to_a_person() -> None:
    marks = [mark("a", MarkState.MARKED), mark("b", MarkState.MARKED)]
    _, _, reason = resolve_choice(marks, FieldKind.CHOICE)
    assert reason is not None and reason.code == "several_marks"
    assert resolve_choice(marks, FieldKind.CHOICES)[2] is None


@pytest.mark.parametrize("state", [MarkState.UNCLEAR, MarkState.CANCELLED])
def test_unclear_or_cancelled_mark_goes_to_a_person(state: MarkState) -> None:
    assert resolve_choice([mark("a", state), mark("b", MarkState.MARKED)], FieldKind.CHOICES)[2] is not None


def test_filled_square_beside_a_tick_may_be_a_cancelled_one() -> None:
    marks = [mark("a", MarkState.MARKED, 0.9), mark("b", MarkState.MARKED)]
    assert resolve_choice(marks, FieldKind.CHOICES)[2] is not None


# --- slips of the pen --------------------------------------------------------------------------------


def slipped(pen: Pen, form, printed, kind: str, width: int = 4):
    """A group with a slip in it: its truth, and what is said of it."""
    spec = form.field(FIELD)
    slip = draw_slip(pen, form, spec, kind, width, 0)
    page = seen(pen, printed)
    marks = read_marks(page, spec, [o.box for f in form.fields for o in f.options])
    return slip, marks, resolve_choice(marks, spec.kind)


@pytest.mark.parametrize("kind", ["struck", "scribbled", "crossed"])
def test_mark_taken_back_goes_to_a_person_and_the_clean_one_is_proposed(pen, printed, form, kind: str) -> None:
    for _ in range(2):
        pen.hand.ticks = ("check", "slash")
        slip, marks, (chosen, _, reason) = slipped(pen, form, printed, kind)
        assert chosen == (slip.value,) and reason is not None
        assert MarkState.CANCELLED in {m.state for m in marks}
        pen.sheet[:] = np.repeat(printed.blank[..., None], 3, axis=2)


@pytest.mark.parametrize("kind", ["circled_box", "circled_label", "circled_only"])
def test_circled_answer_is_proposed_to_a_person(pen, printed, form, kind: str) -> None:
    slip, _, (chosen, _, reason) = slipped(pen, form, printed, kind)
    assert chosen == (slip.value,)
    assert reason is not None and reason.code == "mark_circled"


def test_mark_beside_its_square_is_proposed_to_a_person(pen, printed, form) -> None:
    slip, _, (chosen, _, reason) = slipped(pen, form, printed, "beside")
    assert chosen == (slip.value,) and reason is not None


@pytest.mark.parametrize("kind", ["stray", "descender"])
def test_stroke_that_strays_into_a_square_is_no_answer(pen, printed, form, kind: str) -> None:
    pen.hand.ticks = ("check", "cross")
    slip, _, (chosen, _, reason) = slipped(pen, form, printed, kind)
    assert chosen == (slip.value,) and reason is not None


def test_dot_where_the_pen_rested_changes_no_answer(pen, printed, form) -> None:
    pen.hand.ticks = ("check",)
    slip, _, (chosen, _, _) = slipped(pen, form, printed, "rest_dot")
    assert chosen == (slip.value,)


def test_square_crossed_by_the_tail_of_another_tick_stays_empty_and_needs_nobody(pen, printed, form) -> None:
    tail = next(t for t in tails_of(form) if t.over_field != t.field and t.over.box.x - t.option.box.x > 3)
    draw_tail(pen, tail, 4, 0)
    over = form.field(tail.over_field)
    answer = next(o for o in over.options if o != tail.over)
    pen.tick(answer.box, "check")
    page, squares = seen(pen, printed), [o.box for f in form.fields for o in f.options]
    mine = form.field(tail.field)
    assert resolve_choice(read_marks(page, mine, squares), mine.kind)[::2] == ((tail.option.id,), None)
    assert resolve_choice(read_marks(page, over, squares), over.kind)[::2] == ((answer.id,), None)


def test_tail_alone_in_a_group_is_seen_by_a_person(pen, printed, form) -> None:
    tail = next(t for t in tails_of(form) if t.over_field != t.field and t.over.box.x - t.option.box.x > 3)
    draw_tail(pen, tail, 4, 0)
    over, squares = form.field(tail.over_field), [o.box for f in form.fields for o in f.options]
    assert resolve_choice(read_marks(seen(pen, printed), over, squares), over.kind)[2] is not None


def test_filled_square_alone_is_the_answer_and_beside_a_tick_is_not_proposed(pen, printed, form) -> None:
    slip, _, (chosen, _, _) = slipped(pen, form, printed, "filled")
    assert chosen == (slip.value,)
    pen.sheet[:] = np.repeat(printed.blank[..., None], 3, axis=2)
    slip, _, (chosen, _, reason) = slipped(pen, form, printed, "filled_beside")
    assert chosen == (slip.value,) and reason is not None


def grouped(pen: Pen, form, printed, field: str = FIELD):
    """What is said of a group, with all squares of the sheet known."""
    spec = form.field(field)
    marks = read_marks(seen(pen, printed), spec, [o.box for f in form.fields for o in f.options])
    return resolve_choice(marks, spec.kind)


def test_mark_that_touches_a_circle_above_is_proposed_to_a_person(pen, printed, form) -> None:
    option = form.field(FIELD).options[1]
    pen.tick(option.box, "check")
    angle = np.linspace(0, 2 * np.pi, 24)
    x, y = option.box.x + 1.5 + 16 * np.cos(angle), option.box.y - 3.6 + 3.2 * np.sin(angle)
    stroke(pen, np.stack([x, y], 1), 4)
    stroke(pen, np.array([[option.box.x + 1.5, option.box.y + 1.5], [option.box.x + 2.5, option.box.y - 0.5]]), 4)
    chosen, _, reason = grouped(pen, form, printed)
    assert chosen == (option.id,) and reason is not None


def test_little_that_is_left_of_a_mark_on_a_label_is_seen_by_a_person(pen, printed, form) -> None:
    box = form.field(FIELD).options[1].box
    stroke(pen, np.array([[box.x - 2.6, box.y + 1.2], [box.x - 2.2, box.y + 1.7]]), 6)
    assert grouped(pen, form, printed)[2] is not None


def test_mark_beside_its_square_across_a_tail_is_seen_by_a_person(pen, printed, form) -> None:
    box = form.field(FIELD).options[2].box
    pen.tick(Box(box.x - 4.2, box.y, box.w, box.h), "cross")
    stroke(pen, np.array([[box.x - 3.0, box.y + 1.6], [box.x - 1.0, box.y - 9]]), 4)
    assert grouped(pen, form, printed)[2] is not None


def test_loose_stroke_beside_another_answer_is_seen_by_a_person(form) -> None:
    def mark(option: str, share: float) -> Mark:
        measures = {"inside": 0.25, "share": share, "strokes": 1.9}
        return Mark(option, MarkState.MARKED, 1.0, Box(0, 0, 3, 3), measures)

    assert resolve_choice((mark("a", 0.95), mark("b", 0.9)), FieldKind.CHOICES)[2] is None
    chosen, _, reason = resolve_choice((mark("a", 0.95), mark("b", 0.6)), FieldKind.CHOICES)
    assert chosen == ("a", "b") and reason is not None and reason.code == "mark_unclear"
    assert resolve_choice((mark("a", 0.95), mark("b", 0.6)), FieldKind.CHOICE)[0] == ("a",)
    assert resolve_choice((mark("b", 0.6),), FieldKind.CHOICES)[2] is None


def test_less_full_of_two_full_squares_is_proposed() -> None:
    def mark(option: str, inside: float) -> Mark:
        measures = {"inside": inside, "ring": 0.0, "share": 1.0, "strokes": 1.5}
        return Mark(option, MarkState.MARKED, 1.0, Box(0, 0, 3, 3), measures)

    chosen, _, reason = resolve_choice((mark("a", 0.72), mark("b", 0.64)), FieldKind.CHOICE)
    assert chosen == ("b",) and reason is not None
    assert resolve_choice((mark("a", 0.70), mark("b", 0.69)), FieldKind.CHOICE)[0] == ("a", "b")
