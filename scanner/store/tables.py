"""The tables. One row of `records` is one page and its one state; revisions are only ever added.

`status` says which rows hold a form's answers. Of a sheet of several pages the first one that is there is the head:
the others point to it by `head_id`, and what is counted of the whole sheet (open fields and issues, verified) stands
in the head's row. A page of a form of one page is its own head.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    bindparam,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column
from sqlalchemy.sql.roles import DDLConstraintColumnRole

from scanner.model import SET_ASIDE, PageStatus
from scanner.store.stored_json import (
    StoredMark,
    StoredQuality,
    StoredReason,
    StoredReasons,
    StoredRegistration,
    StoredStep,
    StoredValue,
)
from scanner.store.views import MANNERS, ROLES

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
MACHINE = "machine"
"""How a field stands that nobody settled."""
JOINED, SPLIT = "joined", "split"
"""What a person did with a page of a sheet."""


def one_of(column: str, *words: str) -> CheckConstraint:
    """A constraint: the column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def word(text: str) -> ColumnElement[str]:
    """A word that stands in the statement itself: a partial index is used only where the planner sees its condition."""
    return bindparam(None, text, String, literal_execute=True)


def number(value: int) -> ColumnElement[int]:
    """A number that stands in the statement itself."""
    return bindparam(None, value, Integer, literal_execute=True)


def words(column: InstrumentedAttribute[str], *listed: str) -> ColumnElement[bool]:
    """Is the column one of these words, which stand in the statement itself?"""
    return column.in_(bindparam(None, list(listed), String, expanding=True, literal_execute=True))


def partial_index(name: str, *columns: DDLConstraintColumnRole, where: ColumnElement[bool]) -> Index:
    """An index of the rows that fulfil a condition; a query must state the same condition to be answered by it."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Moment(TypeDecorator[datetime]):
    """An aware moment; kept in UTC, since SQLite keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """A random UUID: databases of two communes can be merged."""
    return str(uuid.uuid4())


def page_id(sha256: str, number: int) -> str:
    """A page's UUID, made from what it is: the same page has the same id in every database."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"sohoa:{sha256}:{number}"))


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class RowBase(DeclarativeBase):
    """Base of all tables. No repr: rows hold citizens' values."""

    metadata = MetaData(naming_convention=NAMES)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UserRow(RowBase):
    """A person who may log in."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    display: Mapped[str] = mapped_column(String(160))
    role: Mapped[str] = mapped_column(String(20))
    communes: Mapped[list[str]] = mapped_column(JSON, default=list)
    password: Mapped[str] = mapped_column(String(255))
    disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    __table_args__ = (one_of("role", *ROLES),)


class BatchRow(RowBase):
    """Scans that were given together. `reread_at`: since when its pages are being read again, while that goes on."""

    __tablename__ = "batches"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    xa: Mapped[str | None] = mapped_column(String(40), index=True)
    form: Mapped[str] = mapped_column(String(80))  # "": of any forms
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    reread_at: Mapped[datetime | None] = mapped_column(Moment)


class BatchCountRow(RowBase):
    """How many pages of a batch are of a form and in a state, and how far their records are: see `counts`.

    Kept with every change, because counting 600,000 rows takes longer than a screen may. Each count is of pages, but
    `records`, `verified` and `open_records` are of heads, that is, of sheets.
    """

    __tablename__ = "batch_counts"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    form: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[str] = mapped_column(String(12), primary_key=True)
    pages: Mapped[int] = mapped_column(Integer)
    records: Mapped[int] = mapped_column(Integer)
    verified: Mapped[int] = mapped_column(Integer)
    open_fields: Mapped[int] = mapped_column(Integer)
    open_records: Mapped[int] = mapped_column(Integer)


class RecordRow(RowBase):
    """One page: where it came from, its state, and how much work is left on its sheet.

    A page that is joined to another (`head_id`) has no open work of its own, and is verified when its head is.
    """

    __tablename__ = "records"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(255))
    form: Mapped[str] = mapped_column(String(80))
    form_version: Mapped[str] = mapped_column(String(40))
    form_page: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    head_id: Mapped[str | None] = mapped_column(ForeignKey("records.id"))
    sheet_pages: Mapped[int] = mapped_column(Integer, default=1, server_default="1")  # with the head itself
    status: Mapped[str] = mapped_column(String(12))
    reason: Mapped[StoredReason | None] = mapped_column(JSON)
    quality: Mapped[StoredQuality | None] = mapped_column(JSON)
    registration: Mapped[StoredRegistration | None] = mapped_column(JSON)
    image: Mapped[str | None] = mapped_column(String(100))
    aligned: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    open_fields: Mapped[int] = mapped_column(Integer, default=0)
    open_issues: Mapped[int] = mapped_column(Integer, default=0)
    verified: Mapped[bool] = mapped_column(Boolean, default=False)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    verified_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    held_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    held_until: Mapped[datetime | None] = mapped_column(Moment)
    path: Mapped[str | None] = mapped_column(Text)  # where the file lay when it was read
    read_at: Mapped[datetime | None] = mapped_column(Moment)  # by the machine, the last time
    __table_args__ = (
        UniqueConstraint("sha256", "number"),
        one_of("status", *PageStatus),
        Index(None, "created_at", "id"),
        # every page of a batch in its order, in any state
        Index(None, "batch_id", "source", "sha256", "number"),
    )


HEAD = RecordRow.head_id.is_(None)
"""Pages that stand for their sheet."""
_READ = and_(RecordRow.status == word(PageStatus.READ), HEAD)
SHEET = and_(_READ, RecordRow.sheet_pages > number(0))
"""Records: sheets that were read. Each has a page; that is stated so that no other question fits the index of these,
which SQLite would take for the queue and read through all that is done."""
WAITING = and_(_READ, ~RecordRow.verified)
"""Sheets with open work."""
UNMATCHED = and_(_READ, RecordRow.sheet_pages == number(1))
"""Read pages that are on no sheet with others."""
UNREAD = words(RecordRow.status, *(s for s in PageStatus if s is not PageStatus.READ and s not in SET_ASIDE))
"""Pages that need a person because they were not read as a form."""
PUT_ASIDE = words(RecordRow.status, *sorted(SET_ASIDE))
"""Pages that a person set aside."""

partial_index("ix_records_queue", RecordRow.batch_id, RecordRow.source, RecordRow.number, RecordRow.id, where=WAITING)
partial_index(
    "ix_records_sheets", RecordRow.batch_id, RecordRow.source, RecordRow.number, RecordRow.id, RecordRow.verified,
    RecordRow.verified_at, where=SHEET,
)  # fmt: skip
partial_index(
    "ix_records_unmatched", RecordRow.batch_id, RecordRow.form, RecordRow.source, RecordRow.sha256, RecordRow.number,
    where=UNMATCHED,
)  # fmt: skip
partial_index("ix_records_unread", RecordRow.batch_id, RecordRow.source, RecordRow.number, RecordRow.id, where=UNREAD)
partial_index("ix_records_head_id", RecordRow.head_id, where=RecordRow.head_id.is_not(None))


class ReadingRow(RowBase):
    """What the machine read in one field, and how the field stands now."""

    __tablename__ = "readings"
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    machine_value: Mapped[StoredValue] = mapped_column(JSON(none_as_null=False), nullable=False)
    raw: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Float)
    confidence: Mapped[float] = mapped_column(Float)
    review: Mapped[bool] = mapped_column(Boolean)
    engine: Mapped[str] = mapped_column(String(80))
    box: Mapped[list[float]] = mapped_column(JSON)
    alternatives: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[StoredReasons | None] = mapped_column(JSON)
    features: Mapped[dict[str, float]] = mapped_column(JSON)
    marks: Mapped[list[StoredMark]] = mapped_column(JSON)
    steps: Mapped[list[StoredStep]] = mapped_column(JSON, default=list, server_default="[]")
    crop: Mapped[str | None] = mapped_column(String(100))
    value: Mapped[StoredValue] = mapped_column(JSON(none_as_null=False), nullable=False)
    revision: Mapped[int] = mapped_column(Integer, default=0)
    manner: Mapped[str] = mapped_column(String(12), default=MACHINE)
    open: Mapped[bool] = mapped_column(Boolean)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (one_of("manner", MACHINE, *MANNERS),)


SETTLED = ReadingRow.manner != word(MACHINE)
"""Fields that a person settled."""

partial_index("ix_readings_settled", ReadingRow.record_id, ReadingRow.position, where=SETTLED)


class RevisionRow(RowBase):
    """Who changed what from what to what, when and in which manner. Rows are added, never changed."""

    __tablename__ = "revisions"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"))
    field: Mapped[str] = mapped_column(String(80))
    number: Mapped[int] = mapped_column(Integer)
    old: Mapped[StoredValue] = mapped_column(JSON(none_as_null=False), nullable=False)
    new: Mapped[StoredValue] = mapped_column(JSON(none_as_null=False), nullable=False)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    manner: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (UniqueConstraint("record_id", "field", "number"), one_of("manner", *MANNERS))


class PageActRow(RowBase):
    """What a person did with a page: when, from which state to which. Rows are added only.

    `points` are the four points, px of the page's picture, that a page was placed from. `did` is "joined" or "split"
    where the page was joined to a sheet or taken off it, and `other_id` the page that stood for that sheet.
    """

    __tablename__ = "page_acts"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), index=True)
    before: Mapped[str] = mapped_column(String(12))
    after: Mapped[str] = mapped_column(String(12))
    points: Mapped[list[list[float]] | None] = mapped_column(JSON)
    did: Mapped[str] = mapped_column(String(12), default="", server_default="")
    other_id: Mapped[str | None] = mapped_column(ForeignKey("records.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    __table_args__ = (
        one_of("before", *PageStatus),
        one_of("after", *PageStatus),
        one_of("did", "", JOINED, SPLIT),
        Index(None, "at"),
        Index(None, "other_id"),
    )


class IssueRow(RowBase):
    """A rule that a record breaks. `seen` fingerprints the values it speaks of: settled holds while they stand.

    Open, settled by a person, or closed because it holds no longer; a closed one stays as part of the trail.
    """

    __tablename__ = "issues"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), index=True)
    rule: Mapped[str] = mapped_column(String(80))
    fields: Mapped[list[str]] = mapped_column(JSON)
    message: Mapped[StoredReason] = mapped_column(JSON)
    seen: Mapped[str] = mapped_column(String(64))
    open: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class KeyRow(RowBase):
    """A hash of a value that must be unique in the database, to find equal ones by index; see `convert.digest`."""

    __tablename__ = "keys"
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index(None, "field", "digest"),)
