"""Records in front of people: the queue, the form page, corrections that nobody overwrites."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scanner.errors import Conflict, NotThere
from scanner.model import PageStatus, Value
from scanner.store import convert
from scanner.store.base import StoreBase, holder, may_review
from scanner.store.failures import is_duplicate
from scanner.store.row_mapping import field_views, issue_views, of_sheet, page_view
from scanner.store.tables import WAITING, BatchRow, IssueRow, ReadingRow, RecordRow, RevisionRow, now
from scanner.store.views import MANNERS, FieldView, QueueItem, RecordView, RevisionView, Viewer


class Review(StoreBase):
    """The part of the store that the desk works on."""

    def queue(self, viewer: Viewer | None, batch_id: str | None = None, *, limit: int | None = None) -> list[QueueItem]:
        """Records with open work by batch (oldest first), source and page; at most `limit` of them. A sheet of several
        pages is one.

        One question, answered from an index: 0.4 s for 100,000 of them, 20 ms for the first 200, 1 ms for one.
        """
        columns = (
            RecordRow.id,
            BatchRow.name,
            RecordRow.source,
            RecordRow.number,
            RecordRow.open_fields,
            RecordRow.open_issues,
        )
        query = select(*columns, RecordRow.held_by, RecordRow.held_until, RecordRow.sheet_pages)
        query = query.join(BatchRow, BatchRow.id == RecordRow.batch_id).where(WAITING)
        if batch_id is not None:
            query = query.where(RecordRow.batch_id == batch_id)
        order = (BatchRow.created_at, RecordRow.batch_id, RecordRow.source, RecordRow.number, RecordRow.id)
        query = self._scoped(query, viewer).order_by(*order).limit(limit)
        with self._sessions.reading() as session:
            names, moment = self._names(session), now()
            return [
                QueueItem(*row[:6], holder(row[6], row[7], names, moment), row[8]) for row in session.execute(query)
            ]

    def record(self, record_id: str, viewer: Viewer | None) -> RecordView:
        """One record, whole. Raises NotThere where there is none, or none for this viewer."""
        with self._sessions.reading() as session:
            row = self._record(session, record_id, viewer)
            batch = session.get_one(BatchRow, row.batch_id)
            names = self._names(session)
            pages = self._pages(session, row)
            ids = [page.id for page in pages]
            return RecordView(
                id=row.id,
                batch_id=batch.id,
                batch=batch.name,
                xa=batch.xa,
                source=row.source,
                page=row.number,
                sha256=row.sha256,
                form=row.form,
                form_version=row.form_version,
                status=PageStatus(row.status),
                reason=convert.reason_value(row.reason),
                image=row.image,
                aligned=row.aligned,
                fields=of_sheet(field_views(session, ids, names), ids),
                issues=of_sheet(issue_views(session, ids, names), ids),
                verified=row.verified,
                quality=row.quality,
                registration=row.registration,
                form_page=row.form_page,
                head=row.head_id,
                pages=tuple(page_view(page) for page in pages),
            )

    def revisions(self, record_id: str, viewer: Viewer | None) -> list[RevisionView]:
        """The trail of a record, of all its pages, oldest first. Raises NotThere."""
        order = (RevisionRow.at, RevisionRow.field, RevisionRow.number)
        with self._sessions.reading() as session:
            ids = [page.id for page in self._pages(session, self._record(session, record_id, viewer))]
            names = self._names(session)
            rows = session.scalars(select(RevisionRow).where(RevisionRow.record_id.in_(ids)).order_by(*order))
            return [
                RevisionView(
                    r.field, r.number, convert.row_value(r.old), convert.row_value(r.new), names.get(r.user_id, ""),
                    r.at, r.manner, r.note,
                ) for r in rows
            ]  # fmt: skip

    # --- a person settles a field or an issue ---

    def correct(
        self,
        record_id: str,
        field: str,
        value: Value,
        *,
        viewer: Viewer,
        seen_revision: int,
        manner: str,
        note: str = "",
    ) -> FieldView:
        """A person settles a field of a page: a new revision, never a change of an old one.

        "typed": `value` is right. "accepted": the value that stands is right; `value` says which one the person saw.
        "unreadable": nobody can read it; the value becomes None whatever `value` is. The rules are run again and the
        record's state with them.

        Raises Conflict when the field was changed since `seen_revision`, or when another value stands than the one
        accepted (the page was read again): what stands is not touched. Raises NotThere where there is no such record
        or field, or none for this viewer; UserError where the role may not correct; ValueError for another manner.
        """
        may_review(viewer)
        if manner not in MANNERS:
            raise ValueError(f"a person settles a field as one of {MANNERS}")
        new = None if manner == "unreadable" else convert.value_row(value)
        with self._sessions.writing() as session:
            record = self._record(session, record_id, viewer)
            reading = session.get(ReadingRow, (record_id, field))
            if reading is None:
                raise NotThere
            if reading.revision != seen_revision or (manner == "accepted" and new != reading.value):
                raise _conflict()
            _revise(session, reading, new, viewer, manner, convert.plain_text(note))
            self._recheck(session, record, viewer.id)
            return field_views(session, [record_id], self._names(session), field)[record_id][0]

    def settle_issue(self, issue_id: str, *, viewer: Viewer, note: str = "") -> None:
        """A person looked: the values stand as written. Kept with who and when; settling twice keeps the first.

        Holds as long as the values that the issue speaks of stand. Raises NotThere where there is no such issue, or
        none for this viewer; Conflict where it is over, since somebody changed a value; UserError for the role.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            issue = session.get(IssueRow, issue_id)
            if issue is None:
                raise NotThere
            record = self._record(session, issue.record_id, viewer)
            if issue.closed_at is not None:
                raise _conflict()
            if not issue.open:
                return
            issue.open, issue.settled_by, issue.settled_at = False, viewer.id, now()
            issue.note = convert.plain_text(note)
            self._settle_state(session, self._head(session, record), viewer.id)

    # --- who is at which record ---

    def hold(self, record_id: str, viewer: Viewer, seconds: int = 120) -> None:
        """Say that a person has this record open; nothing where another has. The queue shows it for so many seconds.

        Advisory: the revisions are what protects a record. Raises NotThere.
        """
        moment = now()
        free = or_(RecordRow.held_until.is_(None), RecordRow.held_until < moment, RecordRow.held_by == viewer.id)
        until = moment + timedelta(seconds=seconds)
        with self._sessions.writing() as session:
            self._record(session, record_id, viewer)
            session.execute(
                update(RecordRow)
                .where(RecordRow.id == record_id, free)
                .values(held_by=viewer.id, held_until=until)
                .execution_options(synchronize_session=False)
            )

    def release(self, record_id: str, viewer: Viewer) -> None:
        """The person left the record; what another holds stays held. Raises NotThere."""
        with self._sessions.writing() as session:
            self._record(session, record_id, viewer)
            session.execute(
                update(RecordRow)
                .where(RecordRow.id == record_id, RecordRow.held_by == viewer.id)
                .values(held_by=None, held_until=None)
                .execution_options(synchronize_session=False)
            )


def _revise(session: Session, reading: ReadingRow, new: Any, viewer: Viewer, manner: str, note: str) -> None:
    moment = now()
    session.add(
        RevisionRow(
            record_id=reading.record_id, field=reading.field, number=reading.revision + 1, old=reading.value,
            new=new, user_id=viewer.id, at=moment, manner=manner, note=note,
        )
    )  # fmt: skip
    reading.value, reading.revision, reading.manner, reading.open = new, reading.revision + 1, manner, False
    reading.changed_by, reading.changed_at = viewer.id, moment
    try:
        session.flush()
    except IntegrityError as error:
        if is_duplicate(error):  # that number was written at the same moment: the table's own guard
            raise _conflict() from None
        raise


def _conflict() -> Conflict:
    return Conflict("field_changed")
