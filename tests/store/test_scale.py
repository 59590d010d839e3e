"""Many records: each screen is answered from an index, in a fixed number of questions. `benchmarks.database` measures
the same at 600,000; here a small database of rows of real width must have the same plans, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from benchmarks.database import batch_id, fill, indexes, plan_of, questions, statements_of, user_id, whole_tables
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.views import Viewer
from tests.store.conftest import counted, failed, record, recounted, user
from tests.store.test_contract import put

PAGES, IN_A_BATCH = 1000, 100


@pytest.fixture(scope="module")
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Store]]:
    """By kind of database a store with rows of real width, filled in the version before and migrated."""
    folder = tmp_path_factory.mktemp("large")
    stores: dict[str, Store] = {}

    def of(kind: str) -> Store:
        if kind not in stores:
            place = f"sqlite:///{folder}/large.sqlite3"
            url = place if kind == "sqlite" else request.getfixturevalue("server").make(ready=False)
            fill(url, PAGES, IN_A_BATCH, note=lambda _: None)
            stores[kind] = Store.open(url, PictureStore(folder))
        return stores[kind]

    yield of
    for store in stores.values():
        store.close()


@pytest.fixture
def crowd(large: Callable[[str], Store], kind: str) -> Store:
    """The store of each kind."""
    return large(kind)


def plans(store: Store, name: str) -> list[list[str]]:
    """How the statements of a question are answered."""
    (question,) = [q for q in questions(store) if q.name == name]
    with statements_of(store._engine) as statements:
        question.ask()
    return [plan_of(store._engine, statement, small=True) for statement in statements if "pg_" not in statement[0]]


def test_every_screen_and_command_is_answered_from_indexes(crowd: Store) -> None:
    whole = {}
    for question in questions(crowd):
        with statements_of(crowd._engine) as statements:
            question.ask()
        for statement in statements:
            if "pg_" not in statement[0]:
                plan = plan_of(crowd._engine, statement, small=True)
                if whole_tables(plan):
                    whole[question.name] = (statement[0], plan)
    assert whole == {}


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("review desk, all communes", "ix_records_queue"),
        ("review desk, one commune", "ix_records_queue"),
        ("next record", "ix_records_queue"),
        ("one batch", "ix_records_unread"),
        ("pages of a sheet", "ix_records_unmatched"),
        ("export: the first 200 records", "ix_records_sheets"),
        ("calibrate: 2,000 decided", "ix_readings_settled"),
        ("report: pages of a week", "ix_records_created_at_id"),
    ],
)
def test_question_is_answered_by_the_index_made_for_it(crowd: Store, name: str, index: str) -> None:
    assert index in {used for plan in plans(crowd, name) for used in indexes(plan)}


def test_queue_of_a_person_without_a_commune_is_not_sorted(crowd: Store) -> None:
    """Rows that come in the order of the index are not sorted, and not read beyond those that are shown."""
    everybody = Viewer("x", "x", "X", "reviewer")
    with statements_of(crowd._engine) as statements:
        crowd.queue(everybody, limit=10)
    (plan,) = [plan_of(crowd._engine, s, small=True) for s in statements if "open_issues" in s[0]]
    assert not [step for step in plan if "TEMP B-TREE" in step or step.startswith("Sort")], plan


def test_counts_after_the_migration_are_those_of_the_rows(crowd: Store) -> None:
    assert counted(crowd) == recounted(crowd)
    assert sum(b.pages for b in crowd.batches()) == PAGES


def test_queue_page_by_page_is_the_whole_queue(crowd: Store) -> None:
    everybody = crowd.viewer(user_id(2))
    assert everybody is not None
    whole = [item.record_id for item in crowd.queue(everybody)]
    assert [i.record_id for i in crowd.queue(everybody, limit=50)] == whole[:50]
    assert len(whole) == sum(b.open_records for b in crowd.batches())
    found, at = [], None
    for _ in whole:
        item = crowd.next_record(everybody, after=at)
        assert item is not None
        found.append(at := item.record_id)
    assert found == whole
    again = crowd.next_record(everybody, after=at)
    assert again is not None and again.record_id == whole[0], "it begins anew at the end"


def test_export_page_by_page_is_every_record_once_in_order(crowd: Store) -> None:
    rows = list(crowd.export_rows("all", batch="Đợt 0009"))
    places = [(row.source, row.page) for row in rows]
    assert places == sorted(places) and len({row.record_id for row in rows}) == len(rows)
    assert {len(row.pages) for row in rows} == {1, 2}
    (summary,) = [b for b in crowd.batches() if b.id == batch_id(9)]
    assert len(rows) == summary.records


def test_number_of_questions_does_not_grow_with_the_records(store: Store, hanh: Viewer) -> None:
    def ask() -> list[int]:
        counts = []
        for act in (lambda: store.batches(hanh), lambda: store.queue(hanh), lambda: list(store.export_rows("all"))):
            with statements_of(store._engine) as statements:
                act()
            counts.append(len([s for s in statements if "FROM users" not in s[0]]))
        return counts

    put(store, record("0.jpg", review=("ho_ten",)))
    few = ask()
    put(store, *(record(f"{n}.jpg", review=("ho_ten",), so_dinh_danh=f"0080801{n:05}") for n in range(1, 12)))
    assert ask() == few
    put(store, failed("x.jpg"), batch="Đợt 2")
    assert ask() == [few[0], few[1], few[2] + 1], "a batch more is a question more where all records are asked for"


def test_next_goes_on_behind_an_open_record_and_passes_over_what_others_hold(store: Store, hanh: Viewer) -> None:
    pages = [record(f"{n}.jpg", review=("ho_ten",), so_dinh_danh=f"0080801{n:05}") for n in range(4)]
    put(store, *pages[:2], batch="Một")
    put(store, *pages[2:], batch="Hai")
    first, second, third, fourth = (item.record_id for item in store.queue(hanh))

    def after(record_id: str | None, batch: str | None = None) -> str | None:
        found = store.next_record(hanh, batch, after=record_id)
        return found.record_id if found else None

    assert (after(None), after(first), after(second), after(fourth)) == (first, second, third, first)
    store.correct(second, "ho_ten", "Lý Thị Mai", viewer=hanh, seen_revision=0, manner="typed")
    assert after(second) == first, "what is done is in the queue no more: it begins at the start"
    store.hold(third, hanh)
    assert after(first) == third, "one's own hold is no hindrance"
    found = store.next_record(user(store, "mai"), after=first)
    assert found is not None and found.record_id == fourth
    assert after(third, store.batches()[0].id) == first, "in one batch alone"
    assert after("00000000-0000-0000-0000-000000000000") == first
