"""The store: pages, records, readings, revisions, batches and people, in SQLite or PostgreSQL.

Pictures lie beside it in a `FileStore`. Everything that comes out is a plain value (`scanner.store.views`).
"""

from __future__ import annotations

from scanner.files import FileStore
from scanner.store.base import Rules, UniqueFields
from scanner.store.connection import Sessions, clear_errors, connect, migrate
from scanner.store.intake import Intake
from scanner.store.outgoing import Outgoing
from scanner.store.review import Review
from scanner.store.users import Users
from scanner.store.views import (
    ROLES,
    BatchSummary,
    ExportRow,
    FieldView,
    IssueCount,
    IssueView,
    PageItem,
    PageRow,
    QueueItem,
    RecordView,
    UserView,
    Viewer,
)

__all__ = [
    "ROLES",
    "BatchSummary",
    "ExportRow",
    "FieldView",
    "IssueCount",
    "IssueView",
    "PageItem",
    "PageRow",
    "QueueItem",
    "RecordView",
    "Store",
    "UserView",
    "Viewer",
]


class Store(Intake, Review, Users, Outgoing):
    """One database. Open it with `Store.open`, close it when done."""

    @classmethod
    def open(
        cls, url: str, files: FileStore, *, rules: Rules | None = None, unique: UniqueFields | None = None
    ) -> Store:
        """Connect, and create or migrate the database to this version.

        `rules` are run whenever a record's values change; `unique` names the fields whose values are counted
        across records. Raises NewerDatabase, StoreError, StorageFull.
        """
        engine = connect(url)
        try:
            with clear_errors():
                migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        store = cls(Sessions(engine), files, rules, unique)
        store._engine = engine
        return store

    def __repr__(self) -> str:
        return f"Store({self._engine.dialect.name})"

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
