"""How one field is laid out for its person."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from desk import FORM, Desk
from flask import render_template

from review_ui.field_view import field_card
from review_ui.language import own_path, percent
from scanner.model import Reason, Step
from scanner.store.views import FieldView, RecordView


def view_of(desk: Desk, name: str) -> tuple[RecordView, FieldView]:
    record = desk.store.record(desk.records[0], desk.boss)
    return record, next(f for f in record.fields if f.field == name)


@pytest.mark.parametrize(
    ("name", "value", "alternatives", "chips"),
    [
        ("ngay_sinh", "13/09/1993", ("13091993", "13091983", "13a91993"), ("13/09/1983",)),
        ("so_dinh_danh", "008193418301", ("008193418307", "00819341830l"), ("008193418307",)),
        ("ho_ten", "Phạm Thúy", ("Phạm  Thùy", "", "Phạm Thúy"), ("Phạm Thùy",)),
        ("ho_ten", "A", ("B", "C", "D", "E", "F"), ("B", "C", "D", "E")),
    ],
)
def test_suggestions_have_the_form_of_their_kind_and_differ_from_the_value(
    desk: Desk, name: str, value: str, alternatives: tuple[str, ...], chips: tuple[str, ...]
) -> None:
    record, view = view_of(desk, name)
    view = replace(view, value=value, machine_value=value, alternatives=alternatives)
    with desk.app.test_request_context():
        assert field_card(record, FORM, FORM.field(name), view).chips == chips


def test_machine_value_is_offered_again_once_somebody_changed_it(desk: Desk) -> None:
    record, view = view_of(desk, "ho_ten")
    with desk.app.test_request_context():
        card = field_card(record, FORM, FORM.field("ho_ten"), replace(view, value="Khác", alternatives=()))
    assert card.chips == ("Phạm Thúy Xuyên",)


def test_reasons_of_a_changed_value_are_told_once_each_in_order(desk: Desk) -> None:
    record, view = view_of(desk, "ho_ten")
    why = ("unknown_word", "hook_seen_as_acute", "unknown_word")
    view = replace(view, steps=tuple(Step("a", "b", code) for code in why))
    with desk.app.test_request_context():
        card = field_card(record, FORM, FORM.field("ho_ten"), view)
    assert card.mended == ("từ đã đọc không có trong tiếng Việt", "dấu hỏi bị nhìn thành dấu sắc")


def test_every_reason_why_a_person_must_look_is_shown(desk: Desk) -> None:
    record, view = view_of(desk, "ho_ten")
    view = replace(view, open=True, reasons=(Reason("not_sure"), Reason("stamp_over")))
    with desk.app.test_request_context():
        card = field_card(record, FORM, FORM.field("ho_ten"), view)
        line = render_template("records/_line.html", card=card)
    assert len(card.reasons) == 2 and all(card.reasons)
    assert "; ".join(card.reasons) in unescape(line)


def test_answers_have_keys_in_printed_order(desk: Desk) -> None:
    record, view = view_of(desk, "loai_hinh")
    with desk.app.test_request_context():
        card = field_card(record, FORM, FORM.field("loai_hinh"), view)
    assert [a.key for a in card.answers] == list("123456789ab")
    assert [a.value for a in card.answers if a.chosen] == ["dn_nha_nuoc"]


def test_picture_of_ticks_shows_the_labels_but_stays_on_the_sheet(desk: Desk) -> None:
    record, view = view_of(desk, "doi_tuong_uu_tien")
    spec = FORM.field("doi_tuong_uu_tien")
    with desk.app.test_request_context():
        card = field_card(record, FORM, spec, view)
    assert card.from_page
    assert spec.area.right < card.cut.right <= FORM.sheet[0]


def test_certainty_is_not_claimed_by_rounding() -> None:
    assert percent(0.724) == "72 %"
    assert percent(0.9997) == "99 %"
    assert percent(1.0) == "100 %"


@pytest.mark.parametrize(
    "target", [None, "", "queue", "//x.example", "https://x.example", "/\\x", "/a\nb", "javascript:x"]
)
def test_only_paths_of_this_site_are_followed(target: str | None) -> None:
    assert own_path(target) is None


def test_own_paths_are_followed_with_their_query() -> None:
    assert own_path("/queue/?batch=1") == "/queue/?batch=1"
