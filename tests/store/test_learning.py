"""What the machine may learn from: decided readings, and nothing of what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.model import Record
from scanner.store import learning as module
from scanner.store.database import Store
from scanner.store.views import Viewer
from tests.store.conftest import record, user
from tests.store.test_contract import put

DOUBTED = ("ho_ten", "noi_thuong_tru")


def measured(page: Record) -> Record:
    """The page with a measure on every reading, which says its place."""
    return replace(page, readings=tuple(replace(r, features={"place": float(i)}) for i, r in enumerate(page.readings)))


def decide(store: Store, viewer: Viewer, **answers: str | None) -> None:
    """Settle every open field of every record: by the answer given, else as it stands."""
    for row in [*store.export_rows("all")]:
        for held in row.fields:
            if held.open:
                manner = "typed" if held.field in answers else "accepted"
                value = answers.get(held.field, held.value)  # type: ignore[arg-type]
                store.correct(row.record_id, held.field, value, viewer=viewer, seen_revision=0, manner=manner)


def test_decided_readings_tell_whether_the_machine_was_right(store: Store, hanh: Viewer) -> None:
    put(store, measured(record(review=DOUBTED)))
    decide(store, hanh, ho_ten="Quan Ngọc Sen")
    found = {r.field: r for r in store.decided_readings()}
    assert {field: r.right for field, r in found.items()} == {"ho_ten": False, "noi_thuong_tru": True}
    (row,) = store.export_rows()
    for held in (f for f in row.fields if f.field in found):
        told = found[held.field]
        assert (told.record_id, told.form, told.reason) == (row.record_id, row.form, "not_sure")
        assert told.features == held.features != {}


def test_value_typed_again_as_the_machine_read_it_is_right(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten", "doi_tuong_uu_tien")))
    decide(store, hanh, ho_ten="Quan Ngọc Sơn")
    assert [r.right for r in store.decided_readings()] == [True, True]


def test_what_nobody_decided_or_could_read_is_left_out(store: Store, hanh: Viewer) -> None:
    put(store, record(review=DOUBTED))
    assert list(store.decided_readings()) == []
    (row,) = store.export_rows("all")
    store.correct(row.record_id, "ho_ten", None, viewer=hanh, seen_revision=0, manner="unreadable")
    store.correct(row.record_id, "noi_thuong_tru", "Thôn Nà Lại", viewer=hanh, seen_revision=0, manner="accepted")
    issues = store.record(row.record_id, None).issues
    assert issues and list(store.decided_readings()) == []  # not verified yet
    for issue in issues:
        store.settle_issue(issue.id, viewer=hanh)
    assert [r.field for r in store.decided_readings()] == ["noi_thuong_tru"]


def test_decided_readings_keep_to_the_viewers_communes(store: Store, hanh: Viewer) -> None:
    put(store, record(review=DOUBTED), batch="Đợt 1", xa="02374")
    put(store, record("b.jpg", review=DOUBTED, so_dinh_danh="008080123457"), batch="Đợt 2", xa="02377")
    decide(store, hanh)
    (mine,) = store.export_rows(batch="Đợt 1")
    seen = list(store.decided_readings(user(store, "an", communes=("02374",))))
    assert [r.record_id for r in seen] == [mine.record_id] * 2
    assert len(list(store.decided_readings())) == 4


def test_decided_readings_of_many_records_come_whole(
    store: Store, hanh: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READINGS_AT_A_TIME", 2)
    put(store, *(record(f"{n}.jpg", review=DOUBTED, so_dinh_danh=f"00808012345{n}") for n in range(5)))
    decide(store, hanh)
    found = [(r.record_id, r.field) for r in store.decided_readings()]
    assert len(found) == len(set(found)) == 10


def test_decided_readings_hold_no_value(store: Store, hanh: Viewer) -> None:
    put(store, measured(record(review=DOUBTED)))
    decide(store, hanh, ho_ten="Quan Ngọc Sen")
    told = repr(list(store.decided_readings()))
    assert not [secret for secret in ("Quan", "Sen", "Nà Lại", "hanh", "Hanh") if secret in told]
