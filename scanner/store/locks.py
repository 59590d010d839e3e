"""Who waits for whom in PostgreSQL; SQLite has one writer at a time by itself.

A change takes its locks in one order, so that two changes never wait for each other: first the names of what it may
make or move (a batch's name, the hash of a number), then the rows of the sheets that it touches, at the end the counts.
Changes to different sheets, which are nearly all, do not wait for each other at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from scanner.store.tables import RecordRow


def needs_locks(session: Session) -> bool:
    """Are there several writers at a time in this database?"""
    return session.get_bind().dialect.name == "postgresql"


def lock_names(session: Session, *names: str) -> None:
    """Wait until no other transaction holds one of these names; they are held until this one ends."""
    if needs_locks(session):
        for key in sorted(map(_key, set(names))):
            session.execute(select(func.pg_advisory_xact_lock(key)))


def lock_sheets(session: Session, page_ids: Collection[str]) -> None:
    """Lock the rows of all pages of the sheets that these pages are on. Call it once, before rows are read."""
    if needs_locks(session):
        heads = select(func.coalesce(RecordRow.head_id, RecordRow.id)).where(RecordRow.id.in_(page_ids))
        pages = select(RecordRow.id).where(or_(RecordRow.id.in_(heads), RecordRow.head_id.in_(heads)))
        session.execute(pages.order_by(RecordRow.id).with_for_update(key_share=True))


def number_names(moved: Iterable[tuple[str, str]]) -> list[str]:
    """The names of values that must be unique, given as (field, digest)."""
    return [f"number {field} {digest}" for field, digest in moved]


def _key(name: str) -> int:
    """The number, of 64 bits with a sign, that PostgreSQL's advisory locks are known by."""
    return int.from_bytes(hashlib.sha256(f"sohoa {name}".encode()).digest()[:8], "big", signed=True)
