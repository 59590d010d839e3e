"""A person of one commune sees and changes nothing of another; what is not theirs looks as if it were not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scanner.errors import NotThere, StoreError, UserError
from scanner.model import PageStatus
from scanner.store.database import Store
from scanner.store.views import Viewer
from tests.store.conftest import PASSWORD, failed, record, user
from tests.store.test_contract import put

NOWHERE = "00000000-0000-0000-0000-000000000000"
HERE, THERE = "02374", "02377"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Two:
    """A store with a record to review and an unplaced page in each of two communes, and one reviewer of the first."""

    store: Store
    viewer: Viewer
    mine: str
    theirs: str
    their_issue: str
    their_batch: str


@pytest.fixture
def two(store: Store) -> Two:
    """Two communes."""
    found: dict[str, str] = {}
    batches: dict[str, str] = {}
    for number, xa in enumerate((HERE, THERE)):
        sheet = record(f"{xa}.jpg", review=("ho_ten",), gioi_tinh="nu", so_dinh_danh=f"00808012345{number}")
        batches[xa] = put(store, sheet, failed(f"{xa}-x.jpg"), batch=f"Đợt {xa}", xa=xa)
        found[xa] = next(r.record_id for r in store.export_rows("all", batch=f"Đợt {xa}"))
    issue = store.record(found[THERE], None).issues[0].id
    return Two(store, user(store, "an", communes=(HERE,)), found[HERE], found[THERE], issue, batches[THERE])


CHANGES: dict[str, Callable[[Two, str], object]] = {
    "record": lambda t, i: t.store.record(i, t.viewer),
    "revisions": lambda t, i: t.store.revisions(i, t.viewer),
    "correct": lambda t, i: t.store.correct(i, "ho_ten", "x", viewer=t.viewer, seen_revision=0, manner="typed"),
    "hold": lambda t, i: t.store.hold(i, t.viewer),
    "release": lambda t, i: t.store.release(i, t.viewer),
}


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES.keys())
def test_record_of_another_commune_looks_like_none(two: Two, act: Callable[[Two, str], object]) -> None:
    said = []
    for record_id in (two.theirs, NOWHERE):
        with pytest.raises(NotThere) as told:
            act(two, record_id)
        said.append(str(told.value))
    assert said[0] == said[1]
    act(two, two.mine)
    theirs = two.store.record(two.theirs, None)
    assert [f.revision for f in theirs.fields if f.revision] == []


def test_issue_of_another_commune_looks_like_none(two: Two) -> None:
    for issue in (two.their_issue, NOWHERE):
        with pytest.raises(NotThere):
            two.store.settle_issue(issue, viewer=two.viewer)
    assert two.store.record(two.theirs, None).issues[0].open


def test_lists_hold_the_own_commune_alone(two: Two) -> None:
    store, viewer, now = two.store, two.viewer, datetime.now(UTC)
    assert [i.record_id for i in store.queue(viewer)] == [two.mine]
    assert [(b.xa, b.pages, b.open_records) for b in store.batches(viewer)] == [(HERE, 2, 1)]
    assert (store.count_pages(PageStatus.UNPLACED, viewer), store.count_pages(PageStatus.UNPLACED)) == (1, 2)
    assert [p.source for p in store.pages_needing_a_person(viewer)] == [f"{HERE}-x.jpg"]
    assert [r.record_id for r in store.export_rows("all", viewer=viewer)] == [two.mine]
    assert {r.xa for r in store.pages_between(now - DAY, now + DAY, viewer)} == {HERE}
    assert {c.xa for c in store.issue_counts(now - DAY, now + DAY, viewer)} == {HERE}


def test_naming_a_batch_of_another_commune_shows_nothing(two: Two) -> None:
    assert two.store.queue(two.viewer, two.their_batch) == []
    assert two.store.pages_needing_a_person(two.viewer, two.their_batch) == []
    assert list(two.store.export_rows("all", f"Đợt {THERE}", two.viewer)) == []


def test_batch_of_no_commune_is_seen_only_by_those_who_see_all(two: Two) -> None:
    put(two.store, record("z.jpg", review=("ho_ten",), so_dinh_danh="008080999999"), batch="Không xã", xa=None)
    assert "z.jpg" not in {i.source for i in two.store.queue(two.viewer)}
    assert "z.jpg" in {i.source for i in two.store.queue(user(two.store, "tinh"))}


def test_person_of_two_communes_sees_both(two: Two) -> None:
    both = user(two.store, "hai", communes=(HERE, THERE))
    assert {i.record_id for i in two.store.queue(both)} == {two.mine, two.theirs}
    two.store.correct(two.theirs, "ho_ten", "x", viewer=both, seen_revision=0, manner="typed")


def test_duplicate_across_communes_is_counted_and_nothing_more_is_told(two: Two) -> None:
    two.store.correct(two.mine, "so_dinh_danh", "008080123451", viewer=two.viewer, seen_revision=0, manner="typed")
    issues = {i.rule: i for i in two.store.record(two.mine, two.viewer).issues}
    assert dict(issues["so_dinh_danh_khong_trung"].message.params) == {"count": 1}
    assert "so_dinh_danh_khong_trung" in {i.rule for i in two.store.record(two.theirs, None).issues}


# --- the batch's commune -----------------------------------------------------------------------------


def test_pages_of_one_commune_do_not_slip_into_the_batch_of_another(store: Store) -> None:
    batch = store.ensure_batch("Đợt 1", xa=HERE, form="mau-so-03")
    for xa, form in ((THERE, "mau-so-03"), (HERE, "phieu-khac")):
        with pytest.raises(StoreError, match="another commune or form"):
            store.ensure_batch("Đợt 1", xa=xa, form=form)
    assert store.ensure_batch("Đợt 1", xa=None, form="mau-so-03") == batch
    assert store.ensure_batch(" Đợt 1 ", xa=HERE, form="mau-so-03") == batch


def test_batch_of_no_commune_does_not_become_one_communes(store: Store) -> None:
    store.ensure_batch("Đợt 1", xa=None, form="mau-so-03")
    with pytest.raises(StoreError):
        store.ensure_batch("Đợt 1", xa=HERE, form="mau-so-03")


@pytest.mark.parametrize(("name", "xa"), [("", None), ("   ", None), ("x" * 201, None), ("Đợt", "9" * 41)])
def test_batch_that_cannot_be_named_so_is_told(store: Store, name: str, xa: str | None) -> None:
    with pytest.raises(StoreError, match="characters"):
        store.ensure_batch(name, xa=xa, form="mau-so-03")
    assert store.batches() == []


# --- who manages whom --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["operator", "reviewer", "supervisor", "exporter"])
def test_only_an_administrator_manages_users(store: Store, role: str) -> None:
    viewer = user(store, "nhin", role)
    for act in (
        lambda: store.add_user("moi", "Mới", "admin", PASSWORD, viewer=viewer),
        lambda: store.disable_user("nhin", viewer=viewer),
        lambda: store.enable_user("nhin", viewer=viewer),
        lambda: store.set_password("khac", "mat-khau-moi", viewer=viewer),
        lambda: store.users(viewer=viewer),
    ):
        with pytest.raises(UserError, match="role"):
            act()
    store.set_password("nhin", "mat-khau-cua-toi", viewer=viewer)
    assert store.authenticate("nhin", "mat-khau-cua-toi") == viewer


def test_administrator_of_a_commune_manages_its_people_alone(store: Store) -> None:
    boss = user(store, "boss", "admin", (HERE,))
    user(store, "tinh")
    user(store, "kia", communes=(THERE,))
    store.add_user("day", "Đây", "reviewer", PASSWORD, (HERE,), viewer=boss)
    assert [u.name for u in store.users(viewer=boss)] == ["boss", "day"]
    for communes in ((), (THERE,), (HERE, THERE)):
        with pytest.raises(UserError, match="communes"):
            store.add_user("lan", "Lan", "admin", PASSWORD, communes, viewer=boss)
    for name in ("tinh", "kia", "khong-co"):
        with pytest.raises(UserError, match="no user of that name"):
            store.disable_user(name, viewer=boss)
    store.disable_user("day", viewer=boss)
    assert store.authenticate("day", PASSWORD) is None


def test_empty_code_of_a_commune_does_not_open_all_of_them(store: Store) -> None:
    with pytest.raises(UserError, match="commune"):
        store.add_user("lan", "Lan", "reviewer", PASSWORD, ("",))
    assert store.users() == []
