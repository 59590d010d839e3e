"""The store: pages, records, readings, revisions, batches and people, in SQLite or PostgreSQL.

Pictures lie beside it in a `FileStore`. Everything that comes out is a plain value (`scanner.store.views`) whose
`repr` shows no citizen's answer; moments are aware, in UTC. Every id is a UUID, a record's made from the page it is
of, so that databases can be merged. Every method may raise StorageFull and StoreError with one sentence.

    Store           open, close; also a context manager
    Intake          batches and pages in: ensure_batch, add_record, replace_machine_reading, known_pages, batches,
                    pages_needing_a_person; records_with counts equal numbers, recheck runs the rules anew
    Sheets          pages of forms of several pages: assemble, join, split, loose_pages, leave_out
    Placing         pages the registration refused: place, set_aside, take_back, pages_set_aside, page_acts
    Review          queue, record, revisions, correct, settle_issue, hold, release
    Users           add_user, users, disable_user, enable_user, set_password, authenticate, viewer
    Outgoing        export_rows, forms_going, pages_between, issue_counts
    Learning        decided_readings
    Shared          shared_texts

A `Viewer` with communes sees and changes only what lies in batches of those communes; what is outside looks as if it
were not there (NotThere). The machine's own operator is None and sees all. Two things cross communes by intent: how
many other records hold the same number, and texts that several people share.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from sqlalchemy import make_url

from scanner.errors import StoreError
from scanner.files import FileStore
from scanner.store.base import Forms, Rules, UniqueFields
from scanner.store.connection import Sessions, clear_errors, connect, migrate
from scanner.store.learning import Learning
from scanner.store.outgoing import Outgoing
from scanner.store.placing import Placing
from scanner.store.review import Review
from scanner.store.shared import Shared
from scanner.store.users import Users
from scanner.store.views import (
    ROLES,
    BatchSummary,
    DecidedReading,
    ExportRow,
    FieldView,
    IssueCount,
    IssueView,
    Manner,
    PageActView,
    PageItem,
    PageRow,
    QueueItem,
    RecordView,
    RevisionView,
    Role,
    SheetPage,
    UserView,
    Viewer,
)

__all__ = [
    "ROLES",
    "BatchSummary",
    "DecidedReading",
    "ExportRow",
    "FieldView",
    "Forms",
    "IssueCount",
    "IssueView",
    "Manner",
    "PageActView",
    "PageItem",
    "PageRow",
    "QueueItem",
    "RecordView",
    "RevisionView",
    "Role",
    "Rules",
    "SheetPage",
    "Store",
    "UniqueFields",
    "UserView",
    "Viewer",
]


class Store(Placing, Review, Users, Outgoing, Learning, Shared):
    """One database. Open it with `Store.open`, close it when done. Threads may share it; processes open their own."""

    @classmethod
    def open(
        cls,
        url: str,
        files: FileStore,
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
                    raise StoreError("There is no database yet.", "It is made with the first batch: sohoa scan.")
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
