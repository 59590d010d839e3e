"""What the store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from scanner.errors import Conflict, NotThere, StoreError, UserError
from scanner.model import Issue, PageRef, PageStatus, Reason, Record, Step
from scanner.store import base
from scanner.store.connection import connect
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.tables import page_id
from scanner.store.views import Viewer
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
    assert sum(b.pages for b in store.batches()) == 1


def test_pages_of_one_file_are_pages_of_their_own(store: Store) -> None:
    put(store, record("a.pdf", 1), record("a.pdf", 2, so_dinh_danh="008080999999"))
    assert {row.page for row in store.export_rows("all")} == {1, 2}


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


STEPS = (Step("Sớn", "Sơn", "unknown_word"), Step("Quan Ngóc Sơn", "Quan Ngọc Sơn", "likelier_words"))


def mended(page: Record, steps: tuple[Step, ...]) -> Record:
    """The page with steps on its name."""
    return replace(page, readings=tuple(replace(r, steps=steps if r.field == "ho_ten" else ()) for r in page.readings))


def steps_of(store: Store) -> dict[str, tuple[Step, ...]]:
    """Field → its steps, where it has any."""
    return {f.field: f.steps for f in store.record(only(store), None).fields if f.steps}


def test_steps_of_correction_come_back_in_order_and_go_out_with_exports(store: Store) -> None:
    put(store, mended(record(), STEPS))
    assert steps_of(store) == {"ho_ten": STEPS}
    (row,) = store.export_rows()
    assert {f.field: f.steps for f in row.fields if f.steps} == {"ho_ten": STEPS}
    assert "Sớn" not in repr(row)


def test_steps_are_those_of_the_last_reading_whoever_settled_the_value(store: Store, hanh: Viewer) -> None:
    put(store, mended(record(review=("ho_ten",)), STEPS))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    assert steps_of(store) == {"ho_ten": STEPS}
    store.replace_machine_reading(record_id, mended(record(), STEPS[1:]))
    assert steps_of(store) == {"ho_ten": STEPS[1:]}
    store.replace_machine_reading(record_id, record())
    assert steps_of(store) == {}


def test_steps_hold_text_that_every_database_can_keep(store: Store) -> None:
    put(store, mended(record(), (Step("S\0ơn\udcff", "Sơn", "foreign_letter"),)))
    assert steps_of(store) == {"ho_ten": (Step("Sơn?", "Sơn", "foreign_letter"),)}


def test_stale_revision_is_a_conflict_and_changes_nothing(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id, mai = only(store), user(store, "mai")
    store.correct(record_id, "ho_ten", "Của Mai", viewer=mai, seen_revision=0, manner="typed")
    with pytest.raises(Conflict):
        store.correct(record_id, "ho_ten", "Của Hạnh", viewer=hanh, seen_revision=0, manner="typed")
    assert next(f.value for f in store.record(record_id, hanh).fields if f.field == "ho_ten") == "Của Mai"
    assert [(r.number, r.by) for r in store.revisions(record_id, hanh)] == [(1, "Mai")]


def test_trail_keeps_who_from_what_to_what(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "A", viewer=hanh, seen_revision=0, manner="typed")
    store.correct(record_id, "ho_ten", None, viewer=hanh, seen_revision=1, manner="unreadable")
    trail = [(r.number, r.old, r.new, r.manner) for r in store.revisions(record_id, hanh)]
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


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
VALUES = st.one_of(st.none(), TEXTS, st.booleans(), st.lists(TEXTS, max_size=4).map(tuple))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_what_people_enter_comes_back_as_it_was(store: Store, values) -> None:
    """One record goes through many hands; every revision is kept, from what to what."""
    name = f"{sum(b.pages for b in store.batches())}.jpg"
    batch = store.ensure_batch("Đợt", xa=None, form="mau-so-03")
    store.add_record(batch, record(name))
    record_id = page_id(record(name).ref.sha256, 1)
    viewer = store.authenticate("vi", PASSWORD) or user(store, "vi")
    for number, value in enumerate(values):
        shown = store.correct(record_id, "xa", value, viewer=viewer, seen_revision=number, manner="typed")
        assert (shown.value, shown.revision, shown.open) == (value, number + 1, False)
    trail = store.revisions(record_id, viewer)
    assert [r.new for r in trail] == values
    assert [r.old for r in trail] == [None, *values[:-1]]


def test_page_for_a_batch_that_is_not_there_is_an_error_and_not_lost(store: Store) -> None:
    with pytest.raises(StoreError):
        store.add_record("00000000-0000-0000-0000-000000000000", record())
    assert sum(b.pages for b in store.batches()) == 0


def test_page_whose_rules_fail_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    def broken(*_: object) -> tuple[()]:
        raise RuntimeError("a rule that fails")

    with_fault = Store.open(url, PictureStore(tmp_path), rules=broken)
    batch = with_fault.ensure_batch("Đợt", xa=None, form="mau-so-03")
    with pytest.raises(RuntimeError):
        with_fault.add_record(batch, record())
    assert sum(b.pages for b in with_fault.batches()) == 0
    with_fault.close()


def test_store_without_rules_keeps_the_issues_that_came_with_the_page(url: str, tmp_path: Path) -> None:
    plain = Store.open(url, PictureStore(tmp_path))
    issue = Issue("some_rule", ("ho_ten",), Reason("answer_missing"))
    batch = plain.ensure_batch("Đợt", xa=None, form="mau-so-03")
    plain.add_record(batch, replace(record(), issues=(issue,)))
    (row,) = plain.export_rows("all")
    plain.close()
    assert [(i.rule, i.fields, i.open) for i in row.issues] == [("some_rule", ("ho_ten",), True)]
    assert not row.verified


def test_file_name_that_is_no_text_is_kept_in_some_spelling(store: Store) -> None:
    """Linux has file names that are not UTF-8; Python spells their bytes as lone surrogates."""
    put(store, record("phi\udce1u.jpg"))
    (row,) = store.export_rows("all")
    assert row.source.startswith("phi") and row.source.endswith("u.jpg")
    row.source.encode("utf-8")


def test_page_that_could_not_be_placed_and_now_is_joins_the_queue(store: Store, hanh: Viewer) -> None:
    put(store, failed("a.jpg"))
    (page,) = store.pages_needing_a_person(hanh)
    store.replace_machine_reading(page.record_id, record("a.jpg", review=("ho_ten",)))
    assert store.pages_needing_a_person(hanh) == []
    assert [(i.record_id, i.open_fields) for i in store.queue(hanh)] == [(page.record_id, 1)]


def test_reading_again_that_finds_no_form_does_not_take_a_persons_work_away(store: Store, hanh: Viewer) -> None:
    put(store, record("a.jpg", review=("ho_ten",)))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    store.replace_machine_reading(record_id, failed("a.jpg"))
    (row,) = store.export_rows("verified")
    assert row.values["ho_ten"] == "Người Gõ"


def test_duplicate_that_comes_of_reading_again_is_flagged_on_both(store: Store, hanh: Viewer) -> None:
    put(store, record("a.jpg"), record("b.jpg", so_dinh_danh="008080654321"))
    second = next(r.record_id for r in store.export_rows("all") if r.source == "b.jpg")
    store.replace_machine_reading(second, record("b.jpg"))
    assert [i.open_issues for i in store.queue(hanh)] == [1, 1]
    store.replace_machine_reading(second, record("b.jpg", so_dinh_danh="008080654321"))
    assert store.queue(hanh) == []


def test_one_number_on_three_records_counts_the_others(store: Store, hanh: Viewer) -> None:
    put(store, record("a.jpg"), record("b.jpg"), record("c.jpg"))
    counts = [store.record(i.record_id, hanh).issues[0].message.params["count"] for i in store.queue(hanh)]
    assert counts[-1] == 2
    assert len(counts) == 3


def test_accepting_keeps_the_value_and_says_who(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    shown = store.correct(record_id, "ho_ten", "Quan Ngọc Sơn", viewer=hanh, seen_revision=0, manner="accepted")
    assert (shown.value, shown.machine_value, shown.manner, shown.by) == (
        "Quan Ngọc Sơn", "Quan Ngọc Sơn", "accepted", "Hanh",
    )  # fmt: skip


def test_value_entered_as_unreadable_is_empty_whatever_is_sent_with_it(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("xa",)))
    shown = store.correct(only(store), "xa", "x", viewer=hanh, seen_revision=0, manner="unreadable")
    assert shown.value is None and not shown.open


def test_what_is_not_there_cannot_be_changed(store: Store, hanh: Viewer) -> None:
    put(store, record())
    with pytest.raises(NotThere):
        store.correct(only(store), "no_such_field", "x", viewer=hanh, seen_revision=0, manner="typed")
    with pytest.raises(NotThere):
        store.settle_issue("00000000-0000-0000-0000-000000000000", viewer=hanh)


def test_issue_of_another_commune_cannot_be_settled(store: Store, hanh: Viewer) -> None:
    put(store, record(gioi_tinh="nu"), xa="1")
    issue = store.record(only(store), hanh).issues[0]
    with pytest.raises(NotThere):
        store.settle_issue(issue.id, viewer=user(store, "khac", communes=("2",)))
    assert store.record(only(store), hanh).issues[0].open


def test_hold_runs_out_by_itself(store: Store, hanh: Viewer) -> None:
    put(store, record(review=("ho_ten",)))
    store.hold(only(store), hanh, seconds=-1)
    assert store.queue(hanh)[0].held_by is None
    mai = user(store, "mai")
    store.hold(only(store), mai)
    assert store.queue(hanh)[0].held_by == "Mai"


def test_export_and_queue_keep_to_one_batch(store: Store, hanh: Viewer) -> None:
    first = put(store, record("a.jpg", review=("ho_ten",)), batch="Một")
    put(store, record("b.jpg", review=("xa",), so_dinh_danh="008080654321"), batch="Hai")
    assert [r.source for r in store.export_rows("all", batch="Hai")] == ["b.jpg"]
    assert [i.source for i in store.queue(hanh, first)] == ["a.jpg"]
    assert [s.name for s in store.batches(hanh)] == ["Một", "Hai"]


def test_export_of_many_records_comes_whole_and_in_order(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(base, "CHUNK", 10)
    batch = store.ensure_batch("Đợt", xa=None, form="mau-so-03")
    for number in range(1, 36):
        page = replace(failed("a.pdf"), ref=PageRef(Path("a.pdf"), number, "a" * 64), status=PageStatus.READ)
        assert store.add_record(batch, page)
    assert [r.page for r in store.export_rows("all")] == list(range(1, 36))


def test_new_password_holds_and_the_old_one_no_more(store: Store, hanh: Viewer) -> None:
    store.set_password("hanh", "mat-khau-moi")
    assert store.authenticate("hanh", PASSWORD) is None
    assert store.authenticate(" HANH ", "mat-khau-moi") == hanh
    with pytest.raises(UserError):
        store.set_password("nobody", "mat-khau-moi")


def test_password_is_not_kept(store: Store, hanh: Viewer, url: str) -> None:
    engine = connect(url)
    with engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT password FROM users")).one()
    engine.dispose()
    assert kept.startswith("$argon2id$") and PASSWORD not in kept
