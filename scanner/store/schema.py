"""The database's version: made new, brought up to date, or refused.

Everything happens in one transaction, so a stop in the middle leaves the old version; a SQLite file is copied first.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from scanner.errors import NewerDatabase, StoreError
from scanner.files import atomic_file
from scanner.store.tables import RowBase


def alembic_config() -> Config:
    """Alembic's settings, with the migrations that came with the program."""
    config = Config()
    place = str(resources.files("scanner.store").joinpath("migrations"))
    config.set_main_option("script_location", place.replace("%", "%%"))  # % has a meaning in such files
    return config


def migrate(engine: Engine, *, create: bool = True) -> None:
    """Bring the database to this version, or make it where there is none (unless `create` is False).

    Raises NewerDatabase when it is of a later version, StoreError when it is another program's or is not there.
    """
    script = ScriptDirectory.from_config(alembic_config())
    head = str(script.get_current_head())
    with engine.connect() as connection:
        if _version(connection) == head:
            return
    known = {r.revision for r in script.walk_revisions()}
    options = {"sohoa_write": True, "sohoa_migration": True}
    with engine.connect().execution_options(**options) as connection:
        with connection.begin():
            version = _version(connection)  # again: of two programs that start together one migrates, the other waited
            if version != head:
                _may_migrate(connection, version, known, create)
                if version is not None:
                    _copy_aside(engine, head)
                _upgrade(connection)
        if engine.dialect.name == "sqlite":
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=ON")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _may_migrate(connection: Connection, version: str | None, known: set[str], create: bool) -> None:
    if version is not None and version not in known:
        raise NewerDatabase("database_newer")
    if version is not None:
        return
    there = set(inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql":
        there &= set(RowBase.metadata.tables)  # other programs may have their tables beside ours
    if there - {"alembic_version"}:
        raise StoreError("database_foreign")
    if not create:
        raise StoreError("no_database")


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreError("migration_failed")


def _copy_aside(engine: Engine, head: str) -> None:
    """A whole copy of a SQLite file beside it, `name.before-0002-20250131T093000…`; no copy is ever overwritten."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return
    aside = Path(f"{name}.before-{head}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    with (
        atomic_file(aside) as partial,
        closing(sqlite3.connect(name)) as source,
        closing(sqlite3.connect(partial)) as copy,
    ):
        source.backup(copy)
