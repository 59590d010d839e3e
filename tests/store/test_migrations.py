"""The database and its versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from scanner.errors import NewerDatabase, SettingsError, StoreError
from scanner.files import FileStore
from scanner.store import Store
from scanner.store.connection import connect
from scanner.store.tables import Table


def test_migrations_build_exactly_the_tables_of_the_code(url: str, open_store) -> None:
    open_store()
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def test_database_of_a_newer_version_is_refused_in_one_sentence(url: str, open_store) -> None:
    open_store().close()
    engine = connect(url).execution_options(sohoa_write=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(NewerDatabase, match="newer version"):
        open_store()


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"this is a letter, not a database. " * 50)
    with pytest.raises(StoreError, match="no database"):
        Store.open(f"sqlite:///{path}", FileStore(tmp_path))


def test_unreachable_database_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as told:
        Store.open("postgresql://sohoa:sekret@127.0.0.1:1/x", FileStore(tmp_path))
    assert "sekret" not in str(told.value)


def test_url_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        Store.open("not a url", FileStore(tmp_path))


def test_sqlite_is_durable_and_keeps_foreign_keys(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/a.sqlite3")
    with engine.connect() as connection:
        values = [
            connection.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "foreign_keys", "synchronous")
        ]
    engine.dispose()
    assert values == ["wal", 1, 2]
