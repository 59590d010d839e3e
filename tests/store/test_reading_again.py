"""A page read again: the machine's part is replaced, a person's stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.errors import NotThere
from scanner.model import Box, Mark, MarkState, PageStatus
from scanner.store.database import Store
from scanner.store.views import FieldView, Viewer
from tests.store.conftest import failed, record
from tests.store.test_contract import only, put


def fields(store: Store, record_id: str) -> dict[str, FieldView]:
    """Field id → field."""
    return {f.field: f for f in store.record(record_id, None).fields}


@pytest.mark.parametrize("manner", ["typed", "accepted", "unreadable"])
def test_no_manner_in_which_a_person_settled_a_field_is_undone(store: Store, hanh: Viewer, manner: str) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "Quan Ngọc Sơn", viewer=hanh, seen_revision=0, manner=manner)
    before = fields(store, record_id)["ho_ten"]
    assert store.replace_machine_reading(record_id, record(ho_ten="Máy Đọc", review=("ho_ten",)))
    after = fields(store, record_id)["ho_ten"]
    assert (after.value, after.open, after.revision, after.manner, after.by, after.at) == (
        before.value, False, 1, manner, "Hanh", before.at,
    )  # fmt: skip
    assert (after.machine_value, after.review) == ("Máy Đọc", True)
    assert len(store.revisions(record_id, None)) == 1


def test_field_that_is_read_no_more_goes_unless_a_person_settled_it(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten", "xa")))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    sheet = record()
    shorter = replace(sheet, readings=tuple(r for r in sheet.readings if r.field not in ("ho_ten", "xa")))
    assert store.replace_machine_reading(record_id, shorter)
    found = fields(store, record_id)
    assert "xa" not in found and found["ho_ten"].value == "Người Gõ"
    assert store.record(record_id, None).verified


def test_field_that_is_new_in_the_reading_joins_in_the_forms_order(store: Store) -> None:
    sheet = record()
    put(store, replace(sheet, readings=sheet.readings[1:]))
    record_id = only(store)
    store.replace_machine_reading(record_id, sheet)
    assert [f.field for f in store.record(record_id, None).fields] == [r.field for r in sheet.readings]


def test_page_nobody_worked_on_is_what_the_new_reading_says(store: Store, hanh: Viewer) -> None:
    """It was placed wrongly and is refused now: its values were of some other form."""
    put(store, record("a.jpg", gioi_tinh="nu"))
    record_id = only(store)
    assert store.replace_machine_reading(record_id, failed("a.jpg"))
    view = store.record(record_id, hanh)
    assert (view.status, view.fields, view.issues, view.verified) == (PageStatus.UNPLACED, (), (), False)
    assert list(store.export_rows("all")) == [] and store.queue(hanh) == []


@pytest.mark.parametrize("work", ["field", "issue"])
def test_page_somebody_worked_on_stays_read(store: Store, hanh: Viewer, work: str) -> None:
    put(store, record("a.jpg", gioi_tinh="nu", review=("ho_ten",)))
    record_id = only(store)
    if work == "field":
        store.correct(record_id, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    else:
        store.settle_issue(store.record(record_id, hanh).issues[0].id, viewer=hanh)
    before = store.record(record_id, hanh)
    assert not store.replace_machine_reading(record_id, failed("a.jpg"))
    assert store.record(record_id, hanh) == before


def test_verified_since_moves_only_when_a_value_does(store: Store) -> None:
    put(store, record())
    (first,) = store.export_rows()
    store.replace_machine_reading(first.record_id, record())
    (alike,) = store.export_rows()
    assert alike.verified_at == first.verified_at
    store.replace_machine_reading(first.record_id, record(noi_thuong_tru="Thôn Nà Rào"))
    (other,) = store.export_rows()
    assert other.verified_at is not None and first.verified_at is not None
    assert other.verified_at > first.verified_at and other.verified_by is None


def test_record_that_is_not_there_cannot_be_read_again(store: Store) -> None:
    with pytest.raises(NotThere):
        store.replace_machine_reading("00000000-0000-0000-0000-000000000000", record())


def test_marks_and_features_come_back_as_they_went_in(store: Store) -> None:
    sheet = record()
    mark = Mark("nam", MarkState.UNCLEAR, 0.5, Box(1, 2, 3, 4), {"ink": 0.2})
    reading = replace(sheet.readings[0], marks=(mark,), features={"worst": 0.25}, crop="ab/" + "ab" * 32 + ".jpg")
    put(store, replace(sheet, readings=(reading, *sheet.readings[1:])))
    field = store.record(only(store), None).fields[0]
    assert field.marks == (mark,) and field.features == {"worst": 0.25} and field.crop == reading.crop
    assert field.box_mm == reading.box_mm and field.alternatives == reading.alternatives
