"""A hundred thousand records: what the desk asks often is answered from an index, in a fixed number of questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.views import Viewer
from tests.store.conftest import failed, record
from tests.store.test_contract import put

SHEETS = 100_000


@contextmanager
def asked(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Every question that the database is asked meanwhile, but for people's names."""
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if statement.startswith("SELECT") and "FROM users" not in statement:
            statements.append((statement, parameters))

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def test_number_of_questions_does_not_grow_with_the_records(store: Store, hanh: Viewer) -> None:
    def ask() -> tuple[int, int, int]:
        counts = []
        for act in (
            lambda: store.batches(hanh),
            lambda: store.queue(hanh),
            lambda: list(store.export_rows("all", viewer=hanh)),
        ):
            with asked(store) as statements:
                act()
            counts.append(len(statements))
        return counts[0], counts[1], counts[2]

    put(store, record("0.jpg", review=("ho_ten",)))
    few = ask()
    put(store, *(record(f"{n}.jpg", review=("ho_ten",), so_dinh_danh=f"0080801{n:05}") for n in range(1, 12)))
    put(store, failed("x.jpg"), batch="Đợt 2")
    assert ask() == few
    assert (few[0], few[1]) == (2, 1)


def crowded(path: Path) -> Store:
    """A store of 20 batches with a hundred thousand pages, written by SQLite itself; a fifth of them waits."""
    store = Store.open(f"sqlite:///{path}/a.sqlite3", PictureStore(path / "files"))
    for number in range(20):
        store.ensure_batch(f"Đợt {number:02}", xa=f"{number:05}", form="mau-so-03")
    with store._engine.execution_options(sohoa_write=True).begin() as connection:
        connection.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
                "INSERT INTO records (id, batch_id, sha256, number, source, form, form_version, status, registration, "
                "created_at, open_fields, open_issues, verified) "
                "SELECT printf('%036d', i), (SELECT id FROM batches WHERE name = printf('Đợt %02d', i % 20)), "
                "printf('%064d', i), 1, printf('quet-%06d.jpg', i), 'mau-so-03', '1', "
                "CASE WHEN i % 50 = 1 THEN 'unplaced' ELSE 'read' END, hex(zeroblob(:wide)), "
                "'2024-10-08 02:00:00.000000', (i % 5 = 0) * 3, 0, i % 5 <> 0 AND i % 50 <> 1 FROM n"
            ),
            {"last": SHEETS - 1, "wide": 50},
        )
    return store


def test_hundred_thousand_records_are_counted_and_queued_without_reading_them(tmp_path: Path) -> None:
    """Not timed, since machines differ: the questions must be answered by the index that covers them."""
    store = crowded(tmp_path)
    one = Viewer("x", "x", "X", "reviewer", ("00003",))
    for act in (lambda: store.batches(one), lambda: store.batches(), lambda: store.queue(one, limit=50)):
        with asked(store) as statements:
            act()
        question, parameters = statements[0]
        with store._engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", parameters).fetchall()
        assert any("COVERING INDEX ix_records_work" in row[3] for row in plan), plan
    (summary,) = store.batches(one)
    assert (summary.pages, summary.open_fields, summary.by_status) == (5000, 0, {"read": 5000})
    whole = store.batches()
    assert sum(b.pages for b in whole) == SHEETS and sum(b.open_records for b in whole) == SHEETS // 5
    assert len(store.queue(None)) == SHEETS // 5 and sum(b.pages for b in store.batches()) == SHEETS
    first = store.queue(None, whole[0].id, limit=2)
    assert [item.source for item in first] == ["quet-000000.jpg", "quet-000020.jpg"]
    store.close()
