"""Stored pages read again: which ones, how far a run is, and what a new reading may change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, String, bindparam, exists, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from scanner import model
from scanner.model import SET_ASIDE, PageStatus
from scanner.store.convert import read_values
from scanner.store.intake import must_be_same_page
from scanner.store.sheets import Sheets
from scanner.store.tables import BatchRow, PageActRow, RecordRow, now
from scanner.store.views import BatchToReread, StoredPage

PAGES_AT_A_TIME = 1000
"""Pages looked up at a time."""
PLACED_BY_HAND = exists().where(
    PageActRow.record_id == RecordRow.id, PageActRow.after == PageStatus.READ.value, PageActRow.did == ""
)


class Rereading(Sheets):
    """The part of the store that pages are read again by."""

    def begin_reread(self, batch: str | None = None) -> list[BatchToReread]:
        """Begin to read the pages of a batch, by name, or of all batches again, or go on with a run that was stopped:
        then only the batches that it had not finished. A batch is finished by `end_reread`."""
        with self._sessions.writing() as session:
            found = self._batches(session, None, true() if batch is None else BatchRow.name == batch)
            stopped = [row for row in found if row.reread_at is not None]
            for row in () if stopped else found:
                row.reread_at = now()
            return [
                BatchToReread(row.id, row.name, row.reread_at, self._count(session, row.id, row.reread_at))
                for row in stopped or found
                if row.reread_at is not None
            ]

    def pages_to_reread(self, batch_id: str, since: datetime) -> Iterator[StoredPage]:
        """The pages of a batch that were last read before a moment (aware), in the order of the batch. Not those that
        a person set aside or placed by hand: what they said of the page stands."""
        order = (RecordRow.source, RecordRow.sha256, RecordRow.number)
        columns = (RecordRow.id, *order, RecordRow.path, RecordRow.image, RecordRow.status)
        query = select(*columns).where(_to_reread(batch_id, since)).order_by(*order).limit(PAGES_AT_A_TIME)
        behind: ColumnElement[bool] = true()
        while True:
            with self._sessions.reading() as session:
                rows = session.execute(query.where(behind)).all()
            for row in rows:
                yield StoredPage(
                    id=row.id,
                    source=row.source,
                    number=row.number,
                    sha256=row.sha256,
                    path=row.path,
                    image=row.image,
                    status=PageStatus(row.status),
                )
            if len(rows) < PAGES_AT_A_TIME:
                return
            last = rows[-1]
            behind = tuple_(*order) > tuple_(last.source, bindparam(None, last.sha256, String), last.number)

    def end_reread(self, batch_id: str) -> None:
        """All pages of a batch were read again."""
        with self._sessions.writing() as session:
            session.get_one(BatchRow, batch_id).reread_at = None

    def keep_reading(self, record_id: str) -> None:
        """A page could not be read again; what is stored of it stands, and this run does not try it once more."""
        with self._sessions.writing() as session:
            session.get_one(RecordRow, record_id).read_at = now()

    def replace_machine_reading(self, record_id: str, record: model.Record) -> bool:
        """A page was read again: the machine's readings are replaced, a value that a person settled stands.

        False, and nothing changes, where a person set the page aside, and where people worked on the record or placed
        it by hand and the form is no longer found on its page. Where nobody has, the page is what the new reading
        says. Fields that the new reading lacks are removed, but for those that a person settled. The page stays on its
        sheet unless it is of another page or form now. Raises NotThere; StoreError for another page.
        """
        with self._sessions.writing() as session:
            self._lock(session, [record_id], (record.form, record.form_version, read_values(record)))
            row = self._record(session, record_id, None)
            must_be_same_page(row, record)
            row.read_at = now()
            if row.status in SET_ASIDE:
                return False
            if record.status is not PageStatus.READ and self._worked_on(session, row):
                return False
            self._take_reading(session, row, record)
            return True

    def _worked_on(self, session: Session, row: RecordRow) -> bool:
        """Did a person settle something on a page's sheet, or place the page?"""
        ids = [page.id for page in self._pages(session, self._head(session, row))]
        placed = select(RecordRow.id).where(RecordRow.id == row.id, PLACED_BY_HAND)
        return self._last_person(session, ids) is not None or session.scalars(placed).first() is not None

    @staticmethod
    def _count(session: Session, batch_id: str, since: datetime) -> int:
        return session.scalar(select(func.count(RecordRow.id)).where(_to_reread(batch_id, since))) or 0


def _to_reread(batch_id: str, since: datetime) -> ColumnElement[bool]:
    last = or_(RecordRow.read_at.is_(None), RecordRow.read_at < since)
    aside = RecordRow.status.in_([status.value for status in SET_ASIDE])
    return (RecordRow.batch_id == batch_id) & last & ~aside & ~PLACED_BY_HAND
