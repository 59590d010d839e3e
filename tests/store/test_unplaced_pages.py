"""Pages that could not be placed, in a person's hands: one record a page, one winner, a trail, nothing lost."""

from __future__ import annotations

import pytest

from scanner.errors import Conflict, NotThere, StoreError, UserError
from scanner.model import SET_ASIDE, PageStatus
from scanner.store.database import Store
from scanner.store.views import Viewer
from tests.store.conftest import failed, record, user
from tests.store.test_concurrency import together
from tests.store.test_contract import put

POINTS = ((10.0, 20.0), (900.5, 21.0), (905.0, 1300.0), (12.0, 1295.25))


@pytest.fixture
def page(store: Store) -> str:
    """A page that could not be placed."""
    put(store, failed("a.jpg"))
    return store.pages_needing_a_person()[0].record_id


def states(store: Store) -> dict[str, int]:
    """How many pages are in which state."""
    (batch,) = store.batches()
    return dict(batch.by_status)


def test_page_placed_by_hand_is_one_record_in_the_queue_and_its_trail_says_who(
    store: Store, hanh: Viewer, page: str
) -> None:
    store.place(page, record("a.jpg", review=("ho_ten",)), viewer=hanh, points=POINTS)
    assert states(store) == {"read": 1}
    (item,) = store.queue(hanh)
    assert (item.record_id, item.open_fields) == (page, 1)
    assert store.pages_needing_a_person() == []
    (act,) = store.page_acts(page, hanh)
    assert (act.before, act.after, act.by, act.points) == (PageStatus.UNPLACED, PageStatus.READ, "Hanh", POINTS)


def test_page_placed_by_hand_is_checked_by_the_rules(store: Store, hanh: Viewer, page: str) -> None:
    store.place(page, record("a.jpg", gioi_tinh="nu"), viewer=hanh)
    (item,) = store.queue(hanh)
    assert item.open_issues == 1


def test_of_many_who_place_one_page_at_once_one_wins(store: Store, page: str) -> None:
    people = [user(store, f"nguoi{i}") for i in range(4)]
    done = together(
        *[lambda v=v: store.place(page, record("a.jpg", ho_ten=f"Người {v.name}"), viewer=v) for v in people]
    )
    assert sorted(type(d).__name__ for d in done) == ["Conflict", "Conflict", "Conflict", "NoneType"]
    winner = people[done.index(None)]
    value = next(f.value for f in store.record(page, winner).fields if f.field == "ho_ten")
    assert value == f"Người {winner.name}"
    assert [act.by for act in store.page_acts(page, None)] == [winner.display]


def test_second_who_places_a_page_overwrites_nothing_that_was_corrected_since(
    store: Store, hanh: Viewer, page: str
) -> None:
    store.place(page, record("a.jpg", review=("ho_ten",)), viewer=hanh)
    store.correct(page, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    before = store.record(page, hanh)
    with pytest.raises(Conflict):
        store.place(page, record("a.jpg", ho_ten="Máy Khác"), viewer=user(store, "sau"))
    assert store.record(page, hanh) == before


def test_value_settled_before_a_page_lost_its_place_outlives_the_placing(store: Store, hanh: Viewer) -> None:
    """No way leads there today; should one, a value that a person gave still stands."""
    put(store, record("a.jpg", review=("ho_ten",)))
    page = store.queue(hanh)[0].record_id
    store.correct(page, "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    with store._sessions.writing() as session:
        store._record(session, page, None).status = "unplaced"
    store.place(page, record("a.jpg", ho_ten="Máy Đọc"), viewer=hanh)
    assert next(f.value for f in store.record(page, hanh).fields if f.field == "ho_ten") == "Người Gõ"


@pytest.mark.parametrize("status", sorted(SET_ASIDE))
def test_page_set_aside_is_listed_with_who_and_when_and_can_be_taken_back(
    store: Store, hanh: Viewer, page: str, status: PageStatus
) -> None:
    store.set_aside(page, status, viewer=hanh)
    assert states(store) == {status.value: 1}
    assert store.pages_needing_a_person() == [] and store.queue(hanh) == []
    (item,) = store.pages_set_aside(hanh)
    assert (item.record_id, item.status, item.by) == (page, status, "Hanh")
    assert item.at is not None and item.at.tzinfo is not None
    store.take_back(page, viewer=hanh)
    assert store.pages_set_aside(hanh) == [] and states(store) == {"unplaced": 1}
    assert [(a.before, a.after) for a in store.page_acts(page, hanh)] == [
        (PageStatus.UNPLACED, status),
        (status, PageStatus.UNPLACED),
    ]
    store.place(page, record("a.jpg"), viewer=hanh)
    assert states(store) == {"read": 1}


def test_page_set_aside_twice_is_listed_once_by_the_last_time(store: Store, hanh: Viewer, page: str) -> None:
    store.set_aside(page, PageStatus.OTHER, viewer=hanh)
    store.take_back(page, viewer=hanh)
    store.set_aside(page, PageStatus.OTHER, viewer=user(store, "binh"))
    assert [item.by for item in store.pages_set_aside(hanh)] == ["Binh"]


def test_what_is_over_cannot_be_done_again(store: Store, hanh: Viewer, page: str) -> None:
    with pytest.raises(Conflict):
        store.take_back(page, viewer=hanh)
    store.set_aside(page, PageStatus.OTHER, viewer=hanh)
    for again in (
        lambda: store.set_aside(page, PageStatus.RESCAN, viewer=hanh),
        lambda: store.place(page, record("a.jpg"), viewer=hanh),
    ):
        with pytest.raises(Conflict):
            again()
    assert len(store.page_acts(page, None)) == 1


def test_only_unplaced_pages_are_set_aside_and_only_as_what_there_is(store: Store, hanh: Viewer) -> None:
    put(store, failed("b.jpg", PageStatus.BLANK))
    (blank,) = store.pages_needing_a_person()
    with pytest.raises(Conflict):
        store.set_aside(blank.record_id, PageStatus.OTHER, viewer=hanh)
    with pytest.raises(ValueError, match="set aside"):
        store.set_aside(blank.record_id, PageStatus.READ, viewer=hanh)


@pytest.mark.parametrize("role", ["operator", "exporter"])
def test_only_who_may_correct_may_place_and_set_aside(store: Store, page: str, role: str) -> None:
    viewer = user(store, "khac", role)
    for act in (
        lambda: store.place(page, record("a.jpg"), viewer=viewer),
        lambda: store.set_aside(page, PageStatus.OTHER, viewer=viewer),
        lambda: store.take_back(page, viewer=viewer),
    ):
        with pytest.raises(UserError):
            act()
    assert store.page_acts(page, None) == []


def test_page_of_another_commune_looks_as_if_it_were_not_there(store: Store, hanh: Viewer, page: str) -> None:
    stranger = user(store, "xa-khac", communes=("09999",))
    for act in (
        lambda: store.place(page, record("a.jpg"), viewer=stranger),
        lambda: store.set_aside(page, PageStatus.OTHER, viewer=stranger),
        lambda: store.page_acts(page, stranger),
    ):
        with pytest.raises(NotThere):
            act()
    store.set_aside(page, PageStatus.OTHER, viewer=hanh)
    assert store.pages_set_aside(stranger) == []


def test_reading_of_another_page_or_one_that_placed_nothing_is_not_taken(store: Store, hanh: Viewer, page: str) -> None:
    with pytest.raises(StoreError, match="another page"):
        store.place(page, record("b.jpg"), viewer=hanh)
    with pytest.raises(ValueError, match="placed"):
        store.place(page, failed("a.jpg"), viewer=hanh)
    assert states(store) == {"unplaced": 1} and store.page_acts(page, None) == []


def test_what_a_person_decided_of_a_page_no_reading_undoes(store: Store, hanh: Viewer, page: str) -> None:
    store.set_aside(page, PageStatus.OTHER, viewer=hanh)
    assert not store.replace_machine_reading(page, record("a.jpg"))
    assert not store.replace_machine_reading(page, failed("a.jpg"))
    store.take_back(page, viewer=hanh)
    store.place(page, record("a.jpg", review=("ho_ten",)), viewer=hanh)
    assert not store.replace_machine_reading(page, failed("a.jpg"))
    assert store.replace_machine_reading(page, record("a.jpg", ho_ten="Máy Đọc Lại"))
    assert states(store) == {"read": 1}


def test_page_given_again_after_it_was_set_aside_stays_one_page(store: Store, hanh: Viewer, page: str) -> None:
    store.set_aside(page, PageStatus.RESCAN, viewer=hanh)
    batch = store.ensure_batch("Đợt 1", xa=None, form="mau-so-03")
    assert not store.add_record(batch, record("a.jpg"))
    assert states(store) == {"rescan": 1}


def test_who_has_an_unplaced_page_open_is_told_and_free_once_it_is_dealt_with(
    store: Store, hanh: Viewer, page: str
) -> None:
    store.hold(page, hanh)
    assert store.pages_needing_a_person()[0].held_by == "Hanh"
    store.place(page, record("a.jpg", review=("xa",)), viewer=hanh)
    assert store.queue(hanh)[0].held_by is None
