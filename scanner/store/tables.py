"""The tables. One row of `records` is one page and its one state; revisions are only ever added.

`status` says which rows hold a form's answers. Of a sheet of several pages the first one that is there is the head:
the others point to it by `head_id`, and what is counted of the whole sheet (open fields and issues, verified) stands
in the head's row. A page of a form of one page is its own head.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
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
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


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


class BatchRow(RowBase):
    """A pile of scans given together."""

    __tablename__ = "batches"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    xa: Mapped[str | None] = mapped_column(String(40), index=True)
    form: Mapped[str] = mapped_column(String(80))  # "": of any forms
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


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
    head_id: Mapped[str | None] = mapped_column(ForeignKey("records.id"), index=True)
    sheet_pages: Mapped[int] = mapped_column(Integer, default=1, server_default="1")  # with the head itself
    status: Mapped[str] = mapped_column(String(12))
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    quality: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    registration: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    image: Mapped[str | None] = mapped_column(String(100))
    aligned: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)
    open_fields: Mapped[int] = mapped_column(Integer, default=0)
    open_issues: Mapped[int] = mapped_column(Integer, default=0)
    verified: Mapped[bool] = mapped_column(Boolean, default=False)
    verified_at: Mapped[datetime | None] = mapped_column(Moment)
    verified_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    held_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    held_until: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (
        UniqueConstraint("sha256", "number"),
        # progress and queue are answered from this one alone, without the wide rows, the queue in its order
        Index(
            "ix_records_work",
            *("batch_id", "status", "verified", "source", "number", "id"),
            *("open_fields", "open_issues", "held_by", "held_until", "head_id", "sheet_pages"),
        ),
        Index(None, "verified_at"),
    )


HEAD = RecordRow.head_id.is_(None)
"""Pages that stand for their sheet."""
WAITING = and_(RecordRow.status == "read", ~RecordRow.verified, HEAD)
"""Sheets with open work."""


class ReadingRow(RowBase):
    """What the machine read in one field, and how the field stands now."""

    __tablename__ = "readings"
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    machine_value: Mapped[Any] = mapped_column(JSON(none_as_null=False))
    raw: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Float)
    confidence: Mapped[float] = mapped_column(Float)
    review: Mapped[bool] = mapped_column(Boolean)
    engine: Mapped[str] = mapped_column(String(80))
    box: Mapped[list[float]] = mapped_column(JSON)
    alternatives: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    features: Mapped[dict[str, float]] = mapped_column(JSON)
    marks: Mapped[list[Any]] = mapped_column(JSON)
    steps: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    crop: Mapped[str | None] = mapped_column(String(100))
    value: Mapped[Any] = mapped_column(JSON(none_as_null=False))
    revision: Mapped[int] = mapped_column(Integer, default=0)
    manner: Mapped[str] = mapped_column(String(12), default="machine")
    open: Mapped[bool] = mapped_column(Boolean)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime | None] = mapped_column(Moment)


class RevisionRow(RowBase):
    """Who changed what from what to what, when and in which manner. Rows are added, never changed."""

    __tablename__ = "revisions"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"))
    field: Mapped[str] = mapped_column(String(80))
    number: Mapped[int] = mapped_column(Integer)
    old: Mapped[Any] = mapped_column(JSON(none_as_null=False))
    new: Mapped[Any] = mapped_column(JSON(none_as_null=False))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    manner: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (UniqueConstraint("record_id", "field", "number"),)


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
    points: Mapped[list[Any] | None] = mapped_column(JSON)
    did: Mapped[str] = mapped_column(String(12), default="", server_default="")
    other_id: Mapped[str | None] = mapped_column(ForeignKey("records.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class IssueRow(RowBase):
    """A rule that a record breaks. `seen` fingerprints the values it speaks of: settled holds while they stand.

    Open, settled by a person, or closed because it holds no longer; a closed one stays as part of the trail.
    """

    __tablename__ = "issues"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), index=True)
    rule: Mapped[str] = mapped_column(String(80))
    fields: Mapped[list[str]] = mapped_column(JSON)
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
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
