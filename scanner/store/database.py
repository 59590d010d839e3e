"""The whole store in one class: its parts put together, opened and closed."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from sqlalchemy import make_url

from scanner.errors import StoreError
from scanner.store.base import Forms, Rules, UniqueFields
from scanner.store.connection import Sessions, clear_errors, connect, migrate
from scanner.store.export_queries import ExportQueries
from scanner.store.frequent_values import FrequentValues
from scanner.store.learning import Learning
from scanner.store.pictures import PictureStore
from scanner.store.rereading import Rereading
from scanner.store.review import Review
from scanner.store.unplaced_pages import UnplacedPages
from scanner.store.users import Users


class Store(UnplacedPages, Rereading, Review, Users, ExportQueries, Learning, FrequentValues):
    """One database. Open it with `Store.open`, close it when done. Threads may share it; processes open their own."""

    @classmethod
    def open(
        cls,
        url: str,
        files: PictureStore,
        *,
        create: bool = True,
        rules: Rules | None = None,
        unique: UniqueFields | None = None,
        forms: Forms | None = None,
    ) -> Store:
        """Connect, and create or migrate the database to this version; a SQLite file is copied first.

        `rules` are run whenever a record's values change; without them the issues that come with a record stay as they
        are. `unique` names the fields whose values are counted across records. `forms` gives forms with all their
        pages: without it every page is a record by itself. With `create` False there must be a
        database already. Raises SettingsError for a wrong URL, NewerDatabase, StoreError, StorageFull; a password in
        the URL is never shown.
        """
        engine = connect(url)
        try:
            with clear_errors():
                if not create and _missing(url):
                    raise StoreError("no_database")
                migrate(engine, create=create)
        except BaseException:
            engine.dispose()
            raise
        store = cls(Sessions(engine), files, rules, unique, forms)
        store._engine = engine
        return store

    def __repr__(self) -> str:
        return f"Store({self._engine.dialect.name})"

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _missing(url: str) -> bool:
    """Is this a SQLite file that is not there? Connecting would make it."""
    parsed = make_url(url)
    name = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return name is not None and name != ":memory:" and not Path(name).exists()
