"""Opening the database: engine, migrations, and what its errors mean to the operator."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from scanner.errors import NewerDatabase, SettingsError, SohoaError, StorageFull, StoreError

BUSY_SECONDS = 30
WRITING = 0x50_68_61
"""The number of PostgreSQL's advisory lock that whoever writes holds until the transaction ends."""


def connect(url: str) -> Engine:
    """An engine for a database URL. Raises SettingsError for a URL that is none."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "The database URL is wrong.", "Write it like postgresql://user:password@host/name."
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return _postgres(parsed) if parsed.get_backend_name() == "postgresql" else create_engine(parsed)
    except ModuleNotFoundError:
        raise SettingsError(
            "The driver for this database is not installed.", "Install it with: pip install 'sohoa[postgres]'"
        ) from None


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise SettingsError(
                "The database folder cannot be made.", "Check SOHOA_DATABASE_URL and SOHOA_DATA."
            ) from None
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, below; the driver must not
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # a write that starts as a read could find the database locked half-way; take the lock at once
        writing = connection.get_execution_options().get("sohoa_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # one writer at a time, as in SQLite: a change to one record also re-runs the rules of those that share its
        # number, and two such changes would miss each other or wait for each other for ever
        if connection.get_execution_options().get("sohoa_write", False):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING})")

    return engine


def alembic_config() -> Config:
    """Alembic's settings, with the migrations that came with the program."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("scanner.store").joinpath("migrations")))
    return config


def migrate(engine: Engine) -> None:
    """Bring the database to this version. Raises NewerDatabase when it is of a later one.

    A SQLite file is copied beside itself first.
    """
    script = ScriptDirectory.from_config(alembic_config())
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    head = script.get_current_head()
    if current == head:
        return
    if current is not None and current not in {r.revision for r in script.walk_revisions()}:
        raise NewerDatabase(
            "The database was written by a newer version of Sohoa.", "Install that version, or name another database."
        )
    if current is not None:
        _copy_aside(engine, current)
    config = alembic_config()
    with engine.connect().execution_options(sohoa_write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _copy_aside(engine: Engine, revision: str) -> None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(name, f"{name}.before-{revision}")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Database errors as one sentence each; what they quote stays out of it."""
    try:
        yield
    except (SohoaError, IntegrityError):  # a row that is there already is for the caller to judge
        raise
    except OSError as error:
        if error.errno == 28:
            raise full() from None
        raise StoreError("The database cannot be reached.", "Check the disk and its permission.") from None
    except DBAPIError as error:
        raise sentence(error) from None


def full() -> StorageFull:
    """The one sentence for a full disk."""
    return StorageFull("The disk is full.", "Free some space, then run the same command again.")


def sentence(error: DBAPIError) -> SohoaError:
    """What a driver's error means."""
    text = str(error.orig).lower()
    if "disk is full" in text or "no space left" in text:
        return full()
    if "not a database" in text or "malformed" in text:
        return StoreError(
            "The database file is damaged or is no database.", "Restore it from a backup, or name another file."
        )
    if "locked" in text or "lock timeout" in text:
        return StoreError("The database is busy with another program.", "Wait a moment and try again.")
    if "readonly" in text or "read-only" in text:
        return StoreError("The database cannot be written to.", "Check the permission of the data folder.")
    if isinstance(error, OperationalError):
        return StoreError("The database cannot be reached.", "Check that it runs and that SOHOA_DATABASE_URL is right.")
    return StoreError("The database refused the change.", "Try again; if it happens again, run: sohoa doctor")


class Sessions:
    """Sessions for reading and for writing."""

    def __init__(self, engine: Engine) -> None:
        self._read = sessionmaker(engine, expire_on_commit=False)
        self._write = sessionmaker(engine.execution_options(sohoa_write=True), expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing."""
        with clear_errors(), self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: all of it or nothing."""
        with clear_errors(), self._write() as session, session.begin():
            yield session
