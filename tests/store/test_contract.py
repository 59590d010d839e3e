"""What the store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import pytest

from scanner.errors import Conflict, NotThere, UserError
from scanner.model import PageStatus
from scanner.store import Store, Viewer
from tests.store.conftest import PASSWORD, failed, record, user


def put(store: Store, *records, batch: str = "Đợt 1", xa: str | None = "02374") -> str:
    """Put records into a batch; returns its id."""
    batch_id = store.ensure_batch(batch, xa=xa, form="mau-so-03")
    for one in records:
        assert store.add_record(batch_id, one)
    return batch_id


def only(store: Store, viewer: Viewer | None = None) -> str:
    """The id of the one record there is."""
    rows = list(store.export_rows("all", viewer=viewer))
    assert len(rows) == 1
    return rows[0].record_id


def test_same_page_twice_is_one_page(store: Store) -> None:
    batch = put(store, record())
    assert not store.add_record(batch, record())
    assert not store.add_record(store.ensure_batch("Đợt 2", xa=None, form="mau-so-03"), record())
    assert len(store.known_pages()) == 1


def test_pages_of_one_file_are_pages_of_their_own(store: Store) -> None:
    put(store, record("a.pdf", 1), record("a.pdf", 2, so_dinh_danh="008080999999"))
    assert {number for _, number in store.known_pages()} == {1, 2}


def test_batch_is_made_once(store: Store) -> None:
    assert store.ensure_batch("Đợt 1", xa="1", form="f") == store.ensure_batch("Đợt 1", xa="1", form="f")


def test_record_accepted_whole_by_the_machine_is_verified(store: Store, hanh: Viewer) -> None:
    put(store, record())
    row = next(iter(store.export_rows("verified")))
    assert row.verified and row.verified_by is None and row.verified_at is not None
    assert store.queue(hanh) == []


def test_record_with_doubt_waits_and_is_verified_by_who_settles_it(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    (item,) = store.queue(hanh)
    assert (item.open_fields, item.open_issues) == (1, 0)
    assert list(store.export_rows("verified")) == []
    store.correct(item.record_id, "ho_ten", "Quan Ngọc San", viewer=hanh, seen_revision=0, manner="typed")
    (row,) = store.export_rows("verified")
    assert row.values["ho_ten"] == "Quan Ngọc San"
    assert row.verified_by == "Hanh"
    field = next(f for f in row.fields if f.field == "ho_ten")
    assert (field.machine_value, field.revision, field.manner, field.by) == ("Quan Ngọc Sơn", 1, "typed", "Hanh")
    assert field.at is not None and field.at.tzinfo is not None


def test_every_value_kind_comes_back_as_it_went_in(store: Store) -> None:
    put(store, record(doi_tuong_uu_tien=("khuyet_tat", "ho_ngheo"), chu_ky=False, ma_bhxh=None))
    values = store.record(only(store), None).fields
    found = {f.field: f.value for f in values}
    assert found["doi_tuong_uu_tien"] == ("khuyet_tat", "ho_ngheo")
    assert found["chu_ky"] is False
    assert found["ma_bhxh"] is None


def test_stale_revision_is_a_conflict_and_changes_nothing(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id, mai = only(store), user(store, "mai")
    store.correct(record_id, "ho_ten", "Của Mai", viewer=mai, seen_revision=0, manner="typed")
    with pytest.raises(Conflict):
        store.correct(record_id, "ho_ten", "Của Hạnh", viewer=hanh, seen_revision=0, manner="typed")
    assert next(f.value for f in store.record(record_id, hanh).fields if f.field == "ho_ten") == "Của Mai"
    assert [(r[1], r[4]) for r in store.revisions(record_id, hanh)] == [(1, "Mai")]


def test_trail_keeps_who_from_what_to_what(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "A", viewer=hanh, seen_revision=0, manner="typed")
    store.correct(record_id, "ho_ten", None, viewer=hanh, seen_revision=1, manner="unreadable")
    trail = [(number, old, new, manner) for _, number, old, new, _, manner in store.revisions(record_id, hanh)]
    assert trail == [(1, "Quan Ngọc Sơn", "A", "typed"), (2, "A", None, "unreadable")]


def test_human_value_survives_reading_again(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten", "xa")))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    store.replace_machine_reading(record_id, record(ho_ten="Máy Đọc", xa="Bình Xa", review=("xa",)))
    fields = {f.field: f for f in store.record(record_id, hanh).fields}
    assert (fields["ho_ten"].value, fields["ho_ten"].machine_value) == ("Người Gõ", "Máy Đọc")
    assert not fields["ho_ten"].open
    assert fields["xa"].value == "Bình Xa" and fields["xa"].open


def test_rule_issue_keeps_a_record_open_until_a_person_lets_it_stand(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    (item,) = store.queue(hanh)
    assert item.open_issues == 1
    (issue,) = store.record(item.record_id, hanh).issues
    assert issue.rule == "so_dinh_danh_khop_gioi_tinh"
    store.settle_issue(issue.id, viewer=hanh)
    view = store.record(item.record_id, hanh)
    assert view.verified
    assert view.issues[0].settled_by == "Hanh" and not view.issues[0].open


def test_settled_issue_opens_again_when_its_values_change(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    store.settle_issue(store.record(record_id, hanh).issues[0].id, viewer=hanh)
    store.correct(record_id, "so_dinh_danh", "008080123457", viewer=hanh, seen_revision=0, manner="typed")
    assert [i.open for i in store.record(record_id, hanh).issues] == [True]
    assert not store.record(record_id, hanh).verified


def test_correction_that_mends_closes_the_issue(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"))
    record_id = only(store)
    store.correct(record_id, "gioi_tinh", "nam", viewer=hanh, seen_revision=0, manner="typed")
    assert store.record(record_id, hanh).issues == ()
    assert store.record(record_id, hanh).verified


def test_duplicate_number_is_an_issue_of_both_records_and_goes_with_the_correction(store: Store, hanh: Viewer) -> None:
    put(store, record("a.jpg"), record("b.jpg"))
    queue = store.queue(hanh)
    assert [i.open_issues for i in queue] == [1, 1]
    store.correct(queue[1].record_id, "so_dinh_danh", "008080654321", viewer=hanh, seen_revision=0, manner="typed")
    assert store.queue(hanh) == []


def test_commune_bounds_what_a_reviewer_sees_and_changes(store: Store) -> None:
    put(store, record(review=("ho_ten",)), batch="Xã 1", xa="1")
    other = user(store, "khac", communes=("2",))
    record_id = only(store)
    assert store.queue(other) == [] and store.batches(other) == []
    assert list(store.export_rows("all", viewer=other)) == []
    for act in (
        lambda: store.record(record_id, other),
        lambda: store.correct(record_id, "ho_ten", "x", viewer=other, seen_revision=0, manner="typed"),
        lambda: store.hold(record_id, other),
        lambda: store.record("00000000-0000-0000-0000-000000000000", other),
    ):
        with pytest.raises(NotThere):
            act()


@pytest.mark.parametrize("role", ["operator", "exporter"])
def test_roles_that_only_look_cannot_correct(store: Store, role: str) -> None:
    put(store, record(review=("ho_ten",)))
    with pytest.raises(UserError):
        viewer = user(store, "nhin", role)
        store.correct(only(store), "ho_ten", "x", viewer=viewer, seen_revision=0, manner="typed")


def test_unplaced_page_is_found_by_its_state_with_the_reason(store: Store, hanh: Viewer) -> None:
    batch = put(store, failed("c.jpg"), failed("d.pdf", PageStatus.BLANK), record())
    found = store.pages_needing_a_person(hanh, batch)
    assert {(p.source, p.status) for p in found} == {("c.jpg", PageStatus.UNPLACED), ("d.pdf", PageStatus.BLANK)}
    (summary,) = store.batches(hanh)
    assert (summary.pages, summary.records, summary.verified) == (3, 1, 1)
    assert dict(summary.by_status) == {"unplaced": 1, "blank": 1, "read": 1}


def test_hold_shows_who_works_on_a_record_and_ends(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    store.hold(record_id, hanh)
    assert store.queue(hanh)[0].held_by == "Hanh"
    mai = user(store, "mai")
    store.hold(record_id, mai)
    assert store.queue(hanh)[0].held_by == "Hanh"
    store.release(record_id, hanh)
    assert store.queue(hanh)[0].held_by is None


def test_wrong_password_unknown_name_and_disabled_user_look_the_same(store: Store, hanh: Viewer) -> None:
    assert store.authenticate("hanh", "sai-mat-khau") is None
    assert store.authenticate("khong-co", PASSWORD) is None
    store.disable_user("hanh")
    assert store.authenticate("hanh", PASSWORD) is None
    assert store.viewer(hanh.id) is None


@pytest.mark.parametrize(
    ("name", "role", "password"), [("a b", "reviewer", PASSWORD), ("ok", "king", PASSWORD), ("ok", "reviewer", "short")]
)
def test_users_that_cannot_be_are_refused(store: Store, name: str, role: str, password: str) -> None:
    with pytest.raises(UserError):
        store.add_user(name, name, role, password)


def test_values_stay_out_of_repr(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    shown = repr(store.record(only(store), hanh)) + repr(list(store.export_rows("all"))) + repr(store)
    assert "Quan" not in shown and "008080123456" not in shown


def test_weekly_counts_see_every_page(store: Store) -> None:
    from datetime import UTC, datetime, timedelta

    put(store, record(gioi_tinh="nu"), failed("x.jpg"))
    now = datetime.now(UTC)
    rows = list(store.pages_between(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert sorted(r.status for r in rows) == [PageStatus.READ, PageStatus.UNPLACED]
    (count,) = store.issue_counts(now - timedelta(hours=1), now + timedelta(hours=1))
    assert (count.rule, count.open) == ("so_dinh_danh_khop_gioi_tinh", 1)


def test_reopened_store_holds_what_was_stored(open_store) -> None:
    first = open_store()
    put(first, record())
    first.close()
    assert len(list(open_store().export_rows("all"))) == 1
