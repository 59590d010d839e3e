"""Issues and verification: what is open, what a person let stand, since when and by whom a record is verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from scanner.errors import Conflict
from scanner.messages import format_reason
from scanner.model import Issue, Reason, Value
from scanner.store import base
from scanner.store.connection import connect
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.tables import IssueRow
from scanner.store.views import RecordView, Viewer
from tests.store.conftest import failed, holding, record, user
from tests.store.test_contract import only, put

NUMBER = "008080123456"


def settle(store: Store, record_id: str, viewer: Viewer, note: str = "") -> RecordView:
    """Let the one issue of a record stand."""
    (issue,) = store.record(record_id, viewer).issues
    store.settle_issue(issue.id, viewer=viewer, note=note)
    return store.record(record_id, viewer)


def type_in(store: Store, record_id: str, field: str, value: Value, viewer: Viewer) -> RecordView:
    """Enter a value over whatever stands."""
    seen = next(f.revision for f in store.record(record_id, viewer).fields if f.field == field)
    store.correct(record_id, field, value, viewer=viewer, seen_revision=seen, manner="typed")
    return store.record(record_id, viewer)


def ids(store: Store) -> dict[str, str]:
    """File name → record id."""
    return {row.source: row.record_id for row in store.export_rows("all")}


# --- settled issues ----------------------------------------------------------------------------------


def test_settled_issue_stays_settled_while_other_values_change(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    settle(store, record_id, hanh)
    view = type_in(store, record_id, "noi_thuong_tru", "Thôn Nà Rào", hanh)
    assert [(i.open, i.settled_by) for i in view.issues] == [(False, "Hanh")]
    assert view.verified


def test_settled_issue_stays_settled_when_the_page_is_read_again_alike(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    settle(store, record_id, hanh)
    assert store.replace_machine_reading(record_id, record(gioi_tinh="nu", noi_thuong_tru="Thôn Nà Rào"))
    assert [(i.open, i.settled_by) for i in store.record(record_id, hanh).issues] == [(False, "Hanh")]


def test_issue_that_comes_back_after_a_change_is_judged_anew(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    settle(store, record_id, hanh)
    assert type_in(store, record_id, "gioi_tinh", "nam", hanh).issues == ()
    view = type_in(store, record_id, "gioi_tinh", "nu", hanh)
    assert [(i.open, i.settled_by) for i in view.issues] == [(True, None)]
    assert not view.verified


def test_issue_that_is_over_stays_in_the_trail_with_who_let_it_stand(store: Store, url: str, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    settle(store, record_id, hanh, note="theo giấy khai sinh")
    type_in(store, record_id, "gioi_tinh", "nam", hanh)
    engine = connect(url)
    with engine.connect() as connection:
        (row,) = connection.execute(select(IssueRow)).all()
    engine.dispose()
    assert (row.open, row.settled_by, row.note) == (False, hanh.id, "theo giấy khai sinh")
    assert row.closed_at is not None


def test_reports_count_open_and_settled_issues_and_none_that_are_over(store: Store, hanh: Viewer) -> None:
    put(store, *(record(f"{n}.jpg", gioi_tinh="nu", so_dinh_danh=f"00808012345{n}") for n in range(3)))
    found, now = ids(store), datetime.now(UTC)
    settle(store, found["0.jpg"], hanh)
    type_in(store, found["1.jpg"], "gioi_tinh", "nam", hanh)
    (count,) = store.issue_counts(now - timedelta(hours=1), now + timedelta(hours=1))
    assert (count.xa, count.rule, count.open, count.settled) == ("02374", "so_dinh_danh_khop_gioi_tinh", 1, 1)


def test_settling_twice_keeps_the_first_person(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    settle(store, record_id, hanh)
    assert settle(store, record_id, user(store, "mai")).issues[0].settled_by == "Hanh"


def test_issue_that_is_over_cannot_be_settled(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    (issue,) = store.record(record_id, hanh).issues
    type_in(store, record_id, "gioi_tinh", "nam", hanh)
    with pytest.raises(Conflict):
        store.settle_issue(issue.id, viewer=hanh)


# --- one number on several records -------------------------------------------------------------------


def test_every_record_of_a_shared_number_tells_how_many_others_there_are(store: Store, hanh: Viewer) -> None:
    put(store, *(record(f"{n}.jpg") for n in range(4)))
    views = [store.record(item.record_id, hanh) for item in store.queue(hanh)]
    assert [view.issues[0].message.params["count"] for view in views] == [3, 3, 3, 3]
    type_in(store, views[0].id, "so_dinh_danh", "008080654321", hanh)
    left = [store.record(item.record_id, hanh) for item in store.queue(hanh)]
    assert [view.issues[0].message.params["count"] for view in left] == [2, 2, 2]


def test_duplicate_let_stand_stays_so_when_a_third_record_comes_that_is_itself_flagged(
    store: Store, hanh: Viewer
) -> None:
    put(store, record("a.jpg"), record("b.jpg"))
    first = ids(store)["a.jpg"]
    settle(store, first, hanh)
    put(store, record("c.jpg"))
    assert [(i.open, i.message.params["count"]) for i in store.record(first, hanh).issues] == [(False, 2)]
    assert [i.open for i in store.record(ids(store)["c.jpg"], hanh).issues] == [True]


@pytest.mark.parametrize("written", ["008 080 123 456", "'008080123456", "008.080.123.456", "００８080123456"])
def test_number_written_otherwise_is_the_same_number(store: Store, written: str) -> None:
    put(store, record("a.jpg"), record("b.jpg", so_dinh_danh=written))
    form = next(iter(store.export_rows("all"))).form
    found = ids(store)
    assert holding(store, form, "so_dinh_danh", NUMBER) == 2
    assert holding(store, form, "so_dinh_danh", written, found["a.jpg"]) == 1
    assert {i.rule for i in store.record(found["a.jpg"], None).issues} == {"so_dinh_danh_khong_trung"}


def test_empty_numbers_are_no_duplicates(store: Store) -> None:
    put(store, record("a.jpg", so_dinh_danh=None), record("b.jpg", so_dinh_danh=None))
    rules = {i.rule for row in store.export_rows("all") for i in row.issues}
    assert "so_dinh_danh_khong_trung" not in rules
    assert holding(store, "mau-so-03", "so_dinh_danh", " ' ") == 0


def test_number_of_a_page_that_is_read_no_more_counts_no_more(store: Store, hanh: Viewer) -> None:
    put(store, record("a.jpg"), record("b.jpg"))
    assert store.replace_machine_reading(ids(store)["b.jpg"], failed("b.jpg"))
    assert store.queue(hanh) == []
    assert [p.source for p in store.pages_needing_a_person(hanh)] == ["b.jpg"]


def test_in_a_crowd_with_one_number_each_is_flagged_and_none_is_rerun_for_all(
    store: Store, hanh: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MOST_SHARING", 3)
    put(store, *(record(f"{n}.jpg") for n in range(8)))
    counts = [store.record(i.record_id, hanh).issues[0].message.params["count"] for i in store.queue(hanh)]
    assert counts == [3, 3, 3, 3, 4, 5, 6, 7], "the count is left behind, the issue is not"
    for item in store.queue(hanh)[:-1]:
        type_in(store, item.record_id, "so_dinh_danh", f"008080{item.source[0] * 6}", hanh)
    assert store.queue(hanh) == [], "whoever is left alone has no issue"


# --- other rules -------------------------------------------------------------------------------------


@pytest.fixture
def with_rules(url: str, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Opens the database with rules of the test's own."""
    opened: list[Store] = []

    def again(*found: Issue) -> Store:
        opened.append(Store.open(url, PictureStore(tmp_path / "files"), rules=lambda *_: found))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


def test_two_findings_of_one_rule_on_one_field_are_two_issues(with_rules: Callable[..., Store]) -> None:
    store = with_rules(*(Issue("so", ("ho_ten",), Reason(code)) for code in ("answer_missing", "digits_only")))
    put(store, record())
    assert sorted(i.message.code for i in store.record(only(store), None).issues) == ["answer_missing", "digits_only"]
    store.replace_machine_reading(only(store), record())
    assert len(store.record(only(store), None).issues) == 2


# --- verified ----------------------------------------------------------------------------------------


def verified(store: Store) -> tuple[bool, str | None]:
    """Is the one record verified, and by whom."""
    (row,) = store.export_rows("all")
    return row.verified, row.verified_by


def test_who_lets_the_last_issue_stand_has_verified_the_record(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    assert verified(store) == (False, None)
    settle(store, only(store), hanh)
    assert verified(store) == (True, "Hanh")


def test_last_person_at_a_verified_record_has_verified_what_stands_now(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    type_in(store, record_id, "ho_ten", "Quan Ngọc San", hanh)
    (first,) = store.export_rows()
    type_in(store, record_id, "ho_ten", "Quan Ngọc Sơn", user(store, "mai"))
    (second,) = store.export_rows()
    assert (first.verified_by, second.verified_by) == ("Hanh", "Mai")
    assert first.verified_at is not None and second.verified_at is not None
    assert first.verified_at < second.verified_at
    assert [r.record_id for r in store.export_rows(verified_from=second.verified_at)] == [record_id]
    assert list(store.export_rows(verified_until=second.verified_at)) == []


def test_record_freed_by_the_correction_of_another_is_not_verified_by_who_made_it(store: Store, hanh: Viewer) -> None:
    put(store, record("a.jpg"), record("b.jpg"))
    found = ids(store)
    type_in(store, found["b.jpg"], "so_dinh_danh", "008080654321", hanh)
    by = {row.source: (row.verified, row.verified_by) for row in store.export_rows("all")}
    assert by == {"a.jpg": (True, None), "b.jpg": (True, "Hanh")}


def test_record_that_opens_again_is_verified_by_nobody(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    type_in(store, record_id, "ho_ten", "Quan Ngọc San", hanh)
    type_in(store, record_id, "gioi_tinh", "nu", hanh)
    (row,) = store.export_rows("all")
    assert (row.verified, row.verified_by, row.verified_at) == (False, None, None)


# --- how a person settles a field --------------------------------------------------------------------


def test_accepting_what_was_read_again_meanwhile_is_a_conflict(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    store.replace_machine_reading(record_id, record(ho_ten="Quan Ngọc Sen", review=("ho_ten",)))
    with pytest.raises(Conflict):
        store.correct(record_id, "ho_ten", "Quan Ngọc Sơn", viewer=hanh, seen_revision=0, manner="accepted")
    assert store.revisions(record_id, hanh) == []
    assert next(f for f in store.record(record_id, hanh).fields if f.field == "ho_ten").open


def test_field_nobody_can_read_says_so_in_words_and_keeps_the_note(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    view = store.correct(
        record_id, "ho_ten", None, viewer=hanh, seen_revision=0, manner="unreadable", note="giấy bị ướt"
    )
    assert (view.value, view.open, view.manner, view.machine_value) == (None, False, "unreadable", "Quan Ngọc Sơn")
    (reason,) = view.reasons
    assert "không đọc được" in format_reason(reason, "vi")
    (step,) = store.revisions(record_id, hanh)
    assert (step.by, step.manner, step.new, step.note) == ("Hanh", "unreadable", None, "giấy bị ướt")
    assert step.at == view.at and step.at.tzinfo is not None
    assert "giấy" not in repr(step) and "Quan" not in repr(step)


def test_trail_and_page_show_no_values_in_a_log(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    view = type_in(store, only(store), "ho_ten", "Ma Thị Sen", hanh)
    shown = repr(store.revisions(view.id, hanh)) + repr(view) + repr(list(store.export_rows("all")))
    assert not [word for word in ("Quan", "Sen", NUMBER, "khác") if word in shown]


@pytest.mark.parametrize("manner", ["machine", "", "Typed"])
def test_manner_that_is_none_changes_nothing(store: Store, hanh: Viewer, manner: str) -> None:
    put(store, record(review=("ho_ten",)))
    with pytest.raises(ValueError, match="settles"):
        store.correct(only(store), "ho_ten", "x", viewer=hanh, seen_revision=0, manner=manner)
    assert store.revisions(only(store), hanh) == []


def test_value_that_no_field_can_hold_changes_nothing(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    for wrong in (3, ["a"], {"a": 1}, ("a", 1)):
        with pytest.raises(TypeError):
            store.correct(only(store), "ho_ten", wrong, viewer=hanh, seen_revision=0, manner="typed")  # type: ignore[arg-type]
    assert store.revisions(only(store), hanh) == []
