"""Counts of each batch, kept with every change of its pages: 600,000 rows are not counted while somebody waits.

What a transaction changes is summed up and added to `batch_counts` when it ends, batch after batch in one order. So
two transactions wait for each other only for that moment, and never each for the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Insert, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, UOWTransaction, sessionmaker
from sqlalchemy.orm.attributes import History

from scanner.model import PageStatus
from scanner.store.tables import BatchCountRow, RecordRow

_CHANGES = "sohoa_counts"
_COUNTED = ("batch_id", "form", "status", "head_id", "verified", "open_fields")
"""Columns that the counts depend on."""
_NUMBERS = ("pages", "records", "verified", "open_fields", "open_records")


class _Group(NamedTuple):
    """Pages that are counted together."""

    batch_id: str
    form: str
    status: str


def keep_counts(sessions: sessionmaker[Session]) -> None:
    """Have every session of this maker keep the counts of what it changes through the ORM."""
    event.listen(sessions, "before_flush", _note)
    event.listen(sessions, "before_commit", _add)


def _note(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """Sum up what is about to be written."""
    changes: dict[_Group, Counter[str]] = session.info.setdefault(_CHANGES, {})
    rows = [row for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, RecordRow)]
    for row in rows:
        histories = {name: inspect(row).attrs[name].load_history() for name in _COUNTED}
        if row not in session.new:
            _count(changes, {name: _before(history) for name, history in histories.items()}, -1)
        if row not in session.deleted:
            _count(changes, {name: getattr(row, name) for name in _COUNTED}, 1)


def _before(history: History) -> object:
    """The value that stands in the database; None too for a column that was never set."""
    stood: Sequence[object] = history.deleted or history.unchanged or (None,)
    return stood[0]


def _count(changes: dict[_Group, Counter[str]], row: dict[str, object], sign: int) -> None:
    group = _Group(str(row["batch_id"]), str(row["form"]), str(row["status"]))
    head, verified = row["head_id"] is None, bool(row["verified"])
    open_fields = row["open_fields"] or 0  # None before the default of a new row is set
    assert isinstance(open_fields, int)
    counted = changes.setdefault(group, Counter())
    counted["pages"] += sign
    counted["records"] += sign * head
    counted["verified"] += sign * (head and verified)
    counted["open_fields"] += sign * open_fields
    counted["open_records"] += sign * (head and not verified and group.status == PageStatus.READ)


def _add(session: Session) -> None:
    """Add what was summed up to what stands."""
    session.flush()
    changes: dict[_Group, Counter[str]] = session.info.pop(_CHANGES, {})
    for group, counted in sorted(changes.items()):
        if any(counted.values()):
            session.execute(_upsert(session.get_bind().dialect.name, group, counted))


def _upsert(dialect: str, group: _Group, counted: Counter[str]) -> Insert:
    numbers = {name: counted[name] for name in _NUMBERS}
    columns = BatchCountRow.__table__.c
    values = {**group._asdict(), **numbers}
    added = {name: columns[name] + change for name, change in numbers.items() if change}
    keys = list(group._fields)
    if dialect == "postgresql":
        return postgresql.insert(BatchCountRow).values(values).on_conflict_do_update(index_elements=keys, set_=added)
    return sqlite.insert(BatchCountRow).values(values).on_conflict_do_update(index_elements=keys, set_=added)
