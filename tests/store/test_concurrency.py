"""Many at once: nothing lost, nothing doubled, nobody overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from scanner.errors import Conflict
from scanner.store import Store
from tests.store.conftest import record, user
from tests.store.test_contract import only, put


def test_of_two_reviewers_on_one_field_one_wins_and_one_is_told(store: Store) -> None:
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    people = [user(store, f"nguoi{i}") for i in range(6)]

    def act(viewer) -> bool:
        try:
            store.correct(record_id, "ho_ten", viewer.name, viewer=viewer, seen_revision=0, manner="typed")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(act, people))
    assert won.count(True) == 1
    winner = people[won.index(True)]
    assert next(f.value for f in store.record(record_id, winner).fields if f.field == "ho_ten") == winner.name
    assert len(store.revisions(record_id, winner)) == 1


def test_two_reviewers_on_two_fields_both_keep_their_work(store: Store) -> None:
    put(store, record(review=("ho_ten", "xa")))
    record_id, a, b = only(store), user(store, "aa"), user(store, "bb")
    jobs = [(a, "ho_ten", "Tên Mới"), (b, "xa", "Bình Xa")]
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(lambda j: store.correct(record_id, j[1], j[2], viewer=j[0], seen_revision=0, manner="typed"), jobs)
        )
    found = {f.field: f.value for f in store.record(record_id, a).fields}
    assert (found["ho_ten"], found["xa"]) == ("Tên Mới", "Bình Xa")
    assert store.record(record_id, a).verified


def test_one_page_given_by_many_writers_is_kept_once(store: Store) -> None:
    batch = store.ensure_batch("Đợt", xa=None, form="mau-so-03")
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda _: store.add_record(batch, record()), range(8)))
    assert kept.count(True) == 1
    assert len(store.known_pages()) == 1
