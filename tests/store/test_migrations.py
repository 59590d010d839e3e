"""The database and its versions."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import re
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event, inspect, text
from sqlalchemy.exc import IntegrityError

from scanner.errors import NewerDatabase, SettingsError, StorageFull, StoreError
from scanner.model import PageStatus
from scanner.store import connection, migrations, schema
from scanner.store.connection import connect
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.tables import RowBase, page_id
from tests.store.conftest import failed, record
from tests.store.test_concurrency import together
from tests.store.test_contract import put


@pytest.fixture
def url(empty_url: str) -> str:
    """Here every database begins empty."""
    return empty_url


def test_migrations_build_exactly_the_tables_of_the_code(url: str, open_store) -> None:
    open_store()
    engine = connect(url)
    with engine.connect() as connected:
        context = MigrationContext.configure(connected, opts={"compare_type": True})
        assert compare_metadata(context, RowBase.metadata) == []
    engine.dispose()


def test_database_of_a_newer_version_is_refused_in_one_sentence(url: str, open_store) -> None:
    open_store().close()
    engine = connect(url).execution_options(sohoa_write=True)
    with engine.begin() as connected:
        connected.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(NewerDatabase, match="newer version"):
        open_store()


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"this is a letter, not a database. " * 50)
    with pytest.raises(StoreError, match="no database"):
        Store.open(f"sqlite:///{path}", PictureStore(tmp_path))


def test_unreachable_database_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as told:
        Store.open("postgresql://sohoa:sekret@127.0.0.1:1/x", PictureStore(tmp_path))
    assert "sekret" not in str(told.value)


def test_url_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        Store.open("not a url", PictureStore(tmp_path))


def test_sqlite_is_durable_and_keeps_foreign_keys(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.sqlite3")
    with engine.connect() as connected:
        values = [
            connected.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "foreign_keys", "synchronous")
        ]
    engine.dispose()
    assert values == ["wal", 1, 2]


def test_database_opened_by_many_at_once_is_made_once(url: str, tmp_path: Path, kind: str) -> None:
    """Ten new files, since it is within a millisecond that they meet."""
    for turn in range(10 if kind == "sqlite" else 1):
        place = url.replace("test.sqlite3", f"{turn}.sqlite3")
        opened = together(*[lambda here=place: Store.open(here, PictureStore(tmp_path))] * 4)
        assert [type(o).__name__ for o in opened] == ["Store"] * 4, opened
        for store in opened:
            assert isinstance(store, Store) and store.batches() == []
            store.close()


LATER = '''"""A later version's migration, for tests alone."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9001", "{head}", None, None


def upgrade() -> None:
    """One table more."""
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    {last}


def downgrade() -> None:
    """Never back."""
'''


@pytest.fixture
def later_version(tmp_path: Path, monkeypatch) -> Iterator[Callable[..., None]]:
    """Makes this program one of a later version, whose migrations go one step further."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory.from_config(connection.alembic_config()).get_current_head()

    def grow(last: str = "") -> None:
        (folder / "versions" / "9001_later.py").write_text(LATER.format(head=head, last=last), encoding="utf-8")
        config = Config()
        config.set_main_option("script_location", str(folder))
        monkeypatch.setattr(schema, "alembic_config", lambda: config)

    yield grow


def tables(url: str) -> set[str]:
    """Names of the tables in a database."""
    engine = connect(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_older_database_is_brought_up_and_keeps_its_records(url: str, open_store, later_version) -> None:
    first = open_store()
    put(first, record(review=("ho_ten",)))
    first.close()
    later_version()
    (row,) = open_store().export_rows("all")
    assert row.values["ho_ten"] == "Quan Ngọc Sơn"
    assert "later" in tables(url)


def test_sqlite_file_is_copied_aside_before_it_is_migrated(tmp_path: Path, later_version) -> None:
    url = f"sqlite:///{tmp_path}/a.sqlite3"
    store = Store.open(url, PictureStore(tmp_path / "files"))
    put(store, record())
    store.close()
    later_version()
    Store.open(url, PictureStore(tmp_path / "files")).close()
    (copy,) = tmp_path.glob("a.sqlite3.before-*")
    assert "later" not in tables(f"sqlite:///{copy}")
    with sqlite3.connect(copy) as kept:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert kept.execute("SELECT count(*) FROM records").fetchone() == (1,)
    kept.close()


def test_migration_that_fails_leaves_the_database_as_it_was(url: str, open_store, later_version) -> None:
    open_store().close()
    before = tables(url)
    later_version('raise RuntimeError("half-way")')
    with pytest.raises(RuntimeError, match="half-way"):
        open_store()
    assert tables(url) == before


def test_program_of_the_older_version_refuses_what_the_later_one_wrote(
    url: str, open_store, later_version, monkeypatch
) -> None:
    with monkeypatch.context():
        later_version()
        open_store().close()
    monkeypatch.undo()
    with pytest.raises(NewerDatabase):
        open_store()


def test_database_opened_again_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        Store.open(f"sqlite:///{tmp_path}/a.sqlite3", PictureStore(tmp_path)).close()
    assert list(tmp_path.glob("*.before-*")) == []


def test_refused_database_is_let_go(url: str, open_store) -> None:
    """A connection that stays open keeps a file locked, and warns when it is swept up."""
    open_store().close()
    engine = connect(url).execution_options(sohoa_write=True)
    with engine.begin() as connected:
        connected.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(NewerDatabase):
            open_store()
        gc.collect()
    assert [str(w.message) for w in heard if issubclass(w.category, ResourceWarning)] == []


def test_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(SettingsError):
        Store.open(f"sqlite:///{tmp_path}/taken/a.sqlite3", PictureStore(tmp_path))


# --- every version that was handed out ---------------------------------------------------------------


def of_version(url: str, revision: str) -> None:
    """Make a database of an older version with one record in it: doubted once, corrected, and its issue let stand."""
    engine = connect(url)
    with engine.execution_options(sohoa_write=True).connect() as connected, connected.begin():
        config = schema.alembic_config()
        config.attributes["connection"] = connected
        command.upgrade(config, revision)
        tables = MetaData()
        tables.reflect(connected)
        at, sheet = datetime(2024, 10, 8, 2, tzinfo=UTC), record(gioi_tinh="nu")
        moment = at if engine.dialect.name == "postgresql" else at.replace(tzinfo=None)
        user_id, batch_id, record_id = "u" * 36, "b" * 36, page_id(sheet.ref.sha256, 1)

        def add(table: str, **row: object) -> None:
            connected.execute(tables.tables[table].insert().values(**row))

        add("users", id=user_id, name="hanh", display="Hanh", role="reviewer", communes=[], password="x",
            disabled=False, created_at=moment)  # fmt: skip
        add("batches", id=batch_id, name="Đợt 1", xa="02374", form="mau-so-03", created_at=moment)
        add("records", id=record_id, batch_id=batch_id, sha256=sheet.ref.sha256, number=1, source="a.jpg",
            form="mau-so-03", form_version="1", status="read", created_at=moment, open_fields=0, open_issues=0,
            verified=True, verified_at=moment, verified_by=user_id)  # fmt: skip
        for position, reading in enumerate(sheet.readings):
            by_hand = reading.field == "ho_ten"
            value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
            add("readings", record_id=record_id, field=reading.field, position=position, machine_value=value,
                raw=reading.raw, score=0.9, confidence=0.9, review=by_hand, engine="test-1", box=[1, 2, 3, 4],
                alternatives=[], features={}, marks=[], value="Người Gõ" if by_hand else value,
                revision=int(by_hand), manner="typed" if by_hand else "machine", open=False,
                changed_by=user_id if by_hand else None, changed_at=moment if by_hand else None)  # fmt: skip
        add("revisions", id="r" * 36, record_id=record_id, field="ho_ten", number=1, old="Quan Ngọc Sơn",
            new="Người Gõ", user_id=user_id, at=moment, manner="typed")  # fmt: skip
        seen = '[["so_dinh_danh", "008080123456"], ["gioi_tinh", "nu"]]'
        add("issues", id="i" * 36, record_id=record_id, rule="so_dinh_danh_khop_gioi_tinh",
            fields=["so_dinh_danh", "gioi_tinh"], message={"code": "number_against_sex", "params": {}},
            seen=hashlib.sha256(seen.encode()).hexdigest(), open=False, created_at=moment, settled_by=user_id,
            settled_at=moment, note="")  # fmt: skip
    engine.dispose()


WORDS = [
    ("users", "role", "king"),
    ("records", "status", "lost"),
    ("readings", "manner", "guessed"),
    ("revisions", "manner", "machine"),
    ("page_acts", "before", "lost"),
    ("page_acts", "after", ""),
    ("page_acts", "did", "torn"),
]


def definitions(url: str) -> dict[str, str]:
    """Every index and every CHECK of a database, as it says itself, by name."""
    engine = connect(url)
    with engine.connect() as connected:
        if engine.dialect.name == "postgresql":
            indexes = connected.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
            checks = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
            found = [*indexes.all(), *connected.execute(text(checks)).all()]
        else:
            master = connected.execute(text("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
            found = [(name, sql) for name, kind, sql in master if kind == "index"]
            for name, kind, sql in master:
                if kind == "table":
                    found += re.findall(rf"CONSTRAINT (ck_{name}_\w+) (CHECK \(\w+ IN \([^()]*\)\))", sql)
    engine.dispose()
    return {name: definition for name, definition in found if "alembic" not in name}


def test_migrated_database_has_the_indexes_and_checks_of_a_new_one(url: str, open_store, kind: str, request) -> None:
    of_version(url, "0001")
    open_store().close()
    other = f"{url}.new" if kind == "sqlite" else request.getfixturevalue("server").make(ready=False)
    engine = connect(other)
    with engine.execution_options(sohoa_write=True).begin() as connected:
        RowBase.metadata.create_all(connected)
    engine.dispose()
    found = definitions(url)
    assert found == definitions(other)
    assert {f"ck_{table}_{column}" for table, column, _ in WORDS} <= set(found)


@pytest.mark.parametrize(("table", "column", "word"), WORDS)
def test_word_that_no_program_writes_is_refused_by_the_database(
    url: str, open_store, table: str, column: str, word: str
) -> None:
    of_version(url, "0005")
    store = open_store()
    store.set_aside(_unplaced(store), PageStatus.OTHER, viewer=store.viewer("u" * 36))
    engine = connect(url).execution_options(sohoa_write=True)
    with pytest.raises(IntegrityError, match=f"ck_{table}_{column}"), engine.begin() as connected:
        connected.execute(text(f"UPDATE {table} SET {column} = '{word}'"))
    engine.dispose()


def _unplaced(store: Store) -> str:
    put(store, failed("b.jpg"))
    return store.pages_needing_a_person()[0].record_id


def test_database_with_such_a_word_in_it_stays_as_it_was(url: str, open_store) -> None:
    of_version(url, "0005")
    engine = connect(url).execution_options(sohoa_write=True)
    with engine.begin() as connected:
        connected.execute(text("UPDATE readings SET manner = 'guessed' WHERE field = 'ho_ten'"))
    with pytest.raises(StoreError):
        open_store()
    with engine.connect() as connected:
        assert connected.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0005"
    engine.dispose()
    assert "batch_counts" not in tables(url)


def test_sqlite_that_lets_no_definition_be_changed_has_its_tables_copied(tmp_path: Path) -> None:
    """Some systems build it so. Nothing is lost, and the tables come out the same."""
    url = f"sqlite:///{tmp_path}/a.sqlite3"
    of_version(url, "0005")
    engine = connect(url)

    by_hand = [False]

    def strict(action: int, table: str | None, *_: object) -> int:
        """SQLite changes its definitions itself with every CREATE; a statement may not."""
        refused = by_hand[0] and action == sqlite3.SQLITE_UPDATE and table == "sqlite_master"
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK

    @event.listens_for(engine, "before_cursor_execute")
    def _note(_: object, __: object, statement: str, *___: object) -> None:
        by_hand[0] = statement.startswith("UPDATE sqlite_master")

    with engine.connect().execution_options(sohoa_write=True, sohoa_migration=True) as connected:
        connected.connection.driver_connection.set_authorizer(strict)
        with connected.begin():
            config = schema.alembic_config()
            config.attributes["connection"] = connected
            command.upgrade(config, "head")
            assert connected.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()
    new = f"sqlite:///{tmp_path}/new.sqlite3"
    Store.open(new, PictureStore(tmp_path)).close()
    assert set(definitions(url)) == set(definitions(new))
    with Store.open(url, PictureStore(tmp_path)) as store:
        (row,) = store.export_rows()
        assert row.values["ho_ten"] == "Người Gõ"
        assert len(store.revisions(row.record_id, None)) == 1


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005"])
def test_database_of_every_older_version_is_brought_up_with_all_that_people_did(
    url: str, open_store, revision: str
) -> None:
    of_version(url, revision)
    store = open_store()
    (row,) = store.export_rows()
    assert (row.values["ho_ten"], row.verified_by, row.xa) == ("Người Gõ", "Hanh", "02374")
    assert row.verified_at == datetime(2024, 10, 8, 2, tzinfo=UTC)
    assert [(r.number, r.old, r.new, r.by) for r in store.revisions(row.record_id, None)] == [
        (1, "Quan Ngọc Sơn", "Người Gõ", "Hanh")
    ]
    assert [f.steps for f in row.fields if f.steps] == [], "what was read before has no steps"
    assert [(p.record_id, p.form_page) for p in row.pages] == [(row.record_id, 1)], "every page was a sheet by itself"
    store.replace_machine_reading(row.record_id, record(gioi_tinh="nu"))
    (row,) = store.export_rows()
    assert [(i.open, i.settled_by) for i in row.issues] == [(False, "Hanh")], "what was let stand is not asked again"
    viewer = store.viewer("u" * 36)
    assert viewer is not None
    store.correct(row.record_id, "xa", "Bình Xa", viewer=viewer, seen_revision=0, manner="typed")


def test_disk_that_is_full_before_the_copy_leaves_the_old_database_and_no_half_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/a.sqlite3"
    of_version(url, "0001")

    def fails(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(StorageFull):
            Store.open(url, PictureStore(tmp_path / "files"))
    assert [p.name for p in tmp_path.iterdir() if "before" in p.name or "partial" in p.name] == []
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    Store.open(url, PictureStore(tmp_path / "files")).close()


def test_connections_keep_foreign_keys_after_a_migration(tmp_path: Path) -> None:
    with (
        Store.open(f"sqlite:///{tmp_path}/a.sqlite3", PictureStore(tmp_path)) as store,
        store._engine.connect() as found,
    ):
        assert found.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_steps_back_undo_what_steps_forward_did(url: str) -> None:
    def step(to: str) -> None:
        with engine.execution_options(sohoa_write=True).connect() as connected, connected.begin():
            config = schema.alembic_config()
            config.attributes["connection"] = connected
            (command.upgrade if to == "head" else command.downgrade)(config, to)

    engine = connect(url)
    step("head")
    step("base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    step("head")
    with engine.connect() as connected:
        assert compare_metadata(MigrationContext.configure(connected), RowBase.metadata) == []
    engine.dispose()
