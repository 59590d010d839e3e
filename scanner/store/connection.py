"""Connecting to the database: SQLite by default, PostgreSQL by URL; transactions for looking and for changing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, sessionmaker

from scanner.errors import SettingsError
from scanner.store.counts import keep_counts
from scanner.store.failures import clear_errors
from scanner.store.schema import alembic_config, migrate

__all__ = ["Sessions", "alembic_config", "clear_errors", "connect", "migrate"]

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
MIGRATING = 0x50_68_61
"""The number of PostgreSQL's advisory lock that whoever migrates holds until the transaction ends."""


def connect(url: str) -> Engine:
    """An engine for a database URL; "postgresql://" means psycopg 3. Nothing is connected yet.

    Errors of the engine never quote a statement's values. Raises SettingsError for a URL that is none.
    """
    parsed = _parsed(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return _postgresql(parsed)
    except ModuleNotFoundError:
        raise SettingsError("database_driver_missing") from None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise SettingsError("database_url_wrong") from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("postgresql+psycopg", "sqlite", "sqlite+pysqlite"):
        raise SettingsError("database_unsupported")
    return parsed


def _postgresql(url: URL) -> Engine:
    wait = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=wait)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("sohoa_write"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        if options.get("sohoa_migration"):  # of two programs that start together one migrates
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")

    return engine


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise SettingsError("database_folder_not_made") from None
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, below; the driver must not
        try:
            _write_ahead(connection)
            # FULL: a commit is on the disk itself before anybody hears of it, so a power cut loses nothing either
            for pragma in ("foreign_keys=ON", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a write that starts as a read could find the database locked half-way; take the lock at once
        options = connection.get_execution_options()
        if options.get("sohoa_migration"):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # tables are rebuilt; has no effect once begun
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("sohoa_write") else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a SQLite file to WAL, where readers and the writer do not wait for each other.

    Two programs that make a new file at the same moment meet here, and for this one step SQLite does not wait itself.
    """
    given_up = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or monotonic() > given_up:
                raise
            sleep(0.02)


class Sessions:
    """Sessions for looking and for changing. Leaving one by an error undoes all that was done in it."""

    def __init__(self, engine: Engine) -> None:
        # several questions are answered from one moment: SQLite does so in WAL by itself
        postgresql = engine.dialect.name == "postgresql"
        looking = engine.execution_options(isolation_level="REPEATABLE READ") if postgresql else engine
        self._read = sessionmaker(looking, expire_on_commit=False)
        self._write = sessionmaker(engine.execution_options(sohoa_write=True), expire_on_commit=False)
        keep_counts(self._write)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing and sees one moment of the database."""
        with clear_errors(), self._read() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: all of it or nothing. In SQLite no other writes at the same time; see also `locks`."""
        with clear_errors(), self._write() as session, session.begin():
            yield session
