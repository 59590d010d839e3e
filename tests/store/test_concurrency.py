"""Many at once: nothing lost, nothing doubled, nobody overwritten."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from threading import Barrier

import pytest

from scanner.errors import Conflict, StoreError
from scanner.store import connection
from scanner.store.database import Store
from scanner.store.locks import lock_sheets
from scanner.store.tables import RecordRow
from scanner.store.views import Viewer
from tests.store.conftest import PASSWORD, record, user
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
    assert sum(b.pages for b in store.batches()) == 1


def together(*jobs: Callable[[], object]) -> list[object]:
    """Do jobs at the same moment; what each returned, or the error it ended with."""
    gate = Barrier(len(jobs))

    def start(job: Callable[[], object]) -> object:
        gate.wait(20)
        try:
            return job()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(start, jobs))


def mend(store: Store, record_id: str, number: str, viewer: Viewer) -> None:
    """Enter another number into a record nobody has touched."""
    store.correct(record_id, "so_dinh_danh", number, viewer=viewer, seen_revision=0, manner="typed")


def test_batch_named_by_many_at_once_is_one_batch(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(4)]
    for turn in range(5):
        made = together(*(partial(s.ensure_batch, f"Đợt {turn}", xa=None, form="mau-so-03") for s in stores))
        assert len(set(map(str, made))) == 1, made
    assert len(stores[0].batches()) == 5


def test_user_added_by_two_at_once_is_one_user_and_a_sentence(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(2)]
    for turn in range(4):
        made = together(*(partial(s.add_user, f"nguoi{turn}", "Tên", "reviewer", PASSWORD) for s in stores))
        assert sorted(type(m).__name__ for m in made) == ["UserError", "str"], made


def test_two_pages_with_one_number_that_come_in_together_are_both_flagged(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(2)]
    batch = stores[0].ensure_batch("Đợt", xa=None, form="mau-so-03")
    for turn in range(8):
        number = f"00808012{turn:04}"
        kept = together(
            *(partial(s.add_record, batch, record(f"{turn}{i}.jpg", so_dinh_danh=number)) for i, s in enumerate(stores))
        )
        assert kept == [True, True]
        rows = [r for r in stores[0].export_rows("all") if r.values["so_dinh_danh"] == number]
        assert [len(r.issues) for r in rows] == [1, 1]


def test_reviewers_who_mend_both_of_a_pair_at_once_do_not_block_each_other(open_store: Callable[[], Store]) -> None:
    first, second = open_store(), open_store()
    a, b = user(first, "aa"), user(first, "bb")
    for turn in range(6):
        number = f"00808012{turn:04}"
        put(
            first,
            record(f"{turn}a.jpg", so_dinh_danh=number),
            record(f"{turn}b.jpg", so_dinh_danh=number),
            batch=f"Đợt {turn}",
        )
        pair = [r.record_id for r in first.export_rows("all") if r.values["so_dinh_danh"] == number]
        done = together(
            lambda ids=pair, n=turn: mend(first, ids[0], f"00808013{n:04}", a),
            lambda ids=pair, n=turn: mend(second, ids[1], f"00808014{n:04}", b),
        )
        assert not [d for d in done if isinstance(d, Exception)], done
        assert [r.issues for r in first.export_rows("all") if r.record_id in pair] == [(), ()]


def test_reviewers_who_give_two_records_one_number_at_once_see_both_flagged(open_store: Callable[[], Store]) -> None:
    first, second = open_store(), open_store()
    a, b = user(first, "aa"), user(first, "bb")
    for turn in range(6):
        put(
            first,
            record(f"{turn}a.jpg", so_dinh_danh=f"00808013{turn:04}"),
            record(f"{turn}b.jpg", so_dinh_danh=f"00808014{turn:04}"),
            batch=f"Đợt {turn}",
        )
        pair = [r.record_id for r in first.export_rows("all", batch=f"Đợt {turn}")]
        assert len(pair) == 2
        together(
            lambda ids=pair, n=turn: mend(first, ids[0], f"00808015{n:04}", a),
            lambda ids=pair, n=turn: mend(second, ids[1], f"00808015{n:04}", b),
        )
        assert [len(r.issues) for r in first.export_rows("all") if r.record_id in pair] == [1, 1]


def test_reading_again_and_a_reviewer_at_once_keep_the_reviewers_value(open_store: Callable[[], Store]) -> None:
    first, second = open_store(), open_store()
    put(first, record(review=("ho_ten",)))
    record_id, viewer = only(first), user(first, "aa")
    for turn in range(6):
        together(
            lambda n=turn: first.correct(
                record_id, "ho_ten", f"Người {n}", viewer=viewer, seen_revision=n, manner="typed"
            ),
            lambda n=turn: second.replace_machine_reading(record_id, record(ho_ten=f"Máy {n}", review=("ho_ten",))),
        )
        found = next(f for f in first.record(record_id, viewer).fields if f.field == "ho_ten")
        assert (found.value, found.machine_value, found.open) == (f"Người {turn}", f"Máy {turn}", False)


def test_revisions_of_a_field_are_numbered_without_gaps_whoever_writes(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(3)]
    put(stores[0], record(review=("ho_ten",)))
    record_id = only(stores[0])
    people = [user(stores[0], f"nguoi{i}") for i in range(3)]

    def insist(store: Store, viewer: Viewer) -> int:
        written = 0
        while written < 4:
            seen = next(f.revision for f in store.record(record_id, viewer).fields if f.field == "ho_ten")
            try:
                store.correct(
                    record_id, "ho_ten", f"{viewer.name} {written}", viewer=viewer, seen_revision=seen, manner="typed"
                )
                written += 1
            except Conflict:
                continue
        return written

    assert together(*(partial(insist, s, p) for s, p in zip(stores, people, strict=True))) == [4, 4, 4]
    trail = stores[0].revisions(record_id, people[0])
    assert [r.number for r in trail] == list(range(1, 13))
    assert all(later.old == earlier.new for earlier, later in pairwise(trail)), (
        "each starts from what the last one left"
    )


def test_writer_that_never_ends_is_told_and_not_waited_for_for_ever(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 1)
    store, other = open_store(), open_store()
    put(store, record(review=("ho_ten",)))
    record_id, viewer = only(store), user(store, "aa")
    with other._sessions.writing() as session:
        session.get_one(RecordRow, record_id)  # in SQLite the first statement begins the transaction
        lock_sheets(session, [record_id])
        with pytest.raises(StoreError, match="busy"):
            store.correct(record_id, "ho_ten", "Tên", viewer=viewer, seen_revision=0, manner="typed")
        assert len(store.queue(viewer)) == 1, "who only looks is not kept waiting"
    store.correct(record_id, "ho_ten", "Tên", viewer=viewer, seen_revision=0, manner="typed")


@pytest.mark.parametrize("kind", ["postgresql"])
def test_writers_of_different_sheets_do_not_wait_for_each_other(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 1)
    store, other = open_store(), open_store()
    batch = put(store, record("a.jpg", review=("ho_ten",)), record("b.jpg", review=("ho_ten",), so_dinh_danh=None))
    held, free = (item.record_id for item in store.queue(None))
    viewer = user(store, "aa")
    with other._sessions.writing() as session:
        other._lock(session, [held])
        session.get_one(RecordRow, held).open_fields = 2
        session.flush()
        store.correct(free, "so_dinh_danh", "008080999999", viewer=viewer, seen_revision=0, manner="typed")
        assert store.add_record(batch, record("c.jpg", so_dinh_danh="008080999998"))
        store.ensure_batch("Đợt 2", xa=None, form="mau-so-03")
        with pytest.raises(StoreError, match="busy"):
            store.correct(free, "so_dinh_danh", "008080123456", viewer=viewer, seen_revision=1, manner="typed")
        session.get_one(RecordRow, held).open_fields = 1
