"""The database and its versions."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from scanner.errors import NewerDatabase, SettingsError, StoreError
from scanner.files import FileStore
from scanner.store import Store, connection, migrations
from scanner.store.connection import connect
from scanner.store.tables import Table
from tests.store.conftest import record
from tests.store.test_contract import put


def test_migrations_build_exactly_the_tables_of_the_code(url: str, open_store) -> None:
    open_store()
    engine = connect(url)
    with engine.connect() as connected:
        context = MigrationContext.configure(connected, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
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
    with engine.connect() as connected:
        values = [
            connected.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "foreign_keys", "synchronous")
        ]
    engine.dispose()
    assert values == ["wal", 1, 2]


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
        monkeypatch.setattr(connection, "alembic_config", lambda: config)

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
    store = Store.open(url, FileStore(tmp_path / "files"))
    put(store, record())
    store.close()
    later_version()
    Store.open(url, FileStore(tmp_path / "files")).close()
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
        Store.open(f"sqlite:///{tmp_path}/a.sqlite3", FileStore(tmp_path)).close()
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
        Store.open(f"sqlite:///{tmp_path}/taken/a.sqlite3", FileStore(tmp_path))
