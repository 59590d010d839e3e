"""Records in front of people: the queue, the form page, corrections that nobody overwrites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scanner.errors import Conflict, NotThere
from scanner.model import PageStatus, Value
from scanner.store import convert
from scanner.store.base import PLACE, PlaceInBatch, StoreBase, behind, holder, may_review
from scanner.store.failures import is_duplicate
from scanner.store.locks import lock_sheets, needs_locks
from scanner.store.row_mapping import field_views, issue_views, of_sheet, page_view
from scanner.store.stored_json import StoredValue
from scanner.store.tables import (
    WAITING,
    BatchCountRow,
    BatchRow,
    IssueRow,
    ReadingRow,
    RecordRow,
    RevisionRow,
    now,
)
from scanner.store.views import MANNERS, FieldView, PagePictures, QueueItem, RecordView, RevisionView, Viewer


class Review(StoreBase):
    """The part of the store that the desk works on."""

    def queue(self, viewer: Viewer | None, batch_id: str | None = None, *, limit: int | None = None) -> list[QueueItem]:
        """Records with open work by batch (oldest first), source and page; at most `limit` of them. A sheet of several
        pages is one."""
        with self._sessions.reading() as session:
            names, moment = self._names(session), now()
            counted = self._waiting_batches(session, viewer, batch_id)
            whole = list(counted) if limit is None else _within(counted, limit)
            found = _waiting(session, whole, names, moment, limit=None)
            if limit is not None and len(whole) < len(counted) and len(found) < limit:
                following = list(counted)[len(whole)]
                found += _waiting(session, [following], names, moment, limit=limit - len(found))
        return found[:limit]

    def next_record(self, viewer: Viewer, batch_id: str | None = None, *, after: str | None = None) -> QueueItem | None:
        """The first record of the queue behind `after` that nobody else has open, beginning anew at its end; None
        where there is none but `after`. Where `after` is not in the queue any more, it begins at the start."""
        with self._sessions.reading() as session:
            names, moment = self._names(session), now()
            batches = self._waiting_batches(session, viewer, batch_id)
            last = session.scalars(select(RecordRow).where(RecordRow.id == (after or ""), WAITING)).first()
            of = None if last is None else session.get_one(BatchRow, last.batch_id)
            place = None if last is None else PlaceInBatch(last.source, last.number, last.id)
            free = or_(RecordRow.held_by.is_(None), RecordRow.held_until < moment, RecordRow.held_by == viewer.id)
            ways: list[tuple[BatchRow, PlaceInBatch | None]] = [(batch, None) for batch in batches]
            if of is not None:
                here = [(batch, place) for batch in batches if batch.id == of.id]
                later = [way for way in ways if (way[0].created_at, way[0].id) > (of.created_at, of.id)]
                ways = [*here, *later, *ways]
            other = and_(free, RecordRow.id != (after or ""))
            for batch, begin in ways:
                found = _waiting(session, [batch], names, moment, other, begin=begin, limit=1)
                if found:
                    return found[0]
        return None

    def _waiting_batches(self, session: Session, viewer: Viewer | None, batch_id: str | None) -> dict[BatchRow, int]:
        """Batches with open work, oldest first, each with how many records that is."""
        numbers = select(BatchCountRow.batch_id, func.sum(BatchCountRow.open_records))
        numbers = numbers.where(BatchCountRow.open_records > 0).group_by(BatchCountRow.batch_id)
        if batch_id is not None:
            numbers = numbers.where(BatchCountRow.batch_id == batch_id)
        counted = {row[0]: int(row[1]) for row in session.execute(numbers)}
        of_one = true() if batch_id is None else BatchRow.id == batch_id
        batches = self._batches(session, viewer, of_one)
        return {batch: counted[batch.id] for batch in batches if batch.id in counted}

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

    def page_pictures(self, page_id: str, viewer: Viewer | None) -> PagePictures:
        """A page's state and the keys of its pictures. Raises NotThere."""
        columns = (RecordRow.status, RecordRow.image, RecordRow.aligned)
        query = select(*columns).join(BatchRow, BatchRow.id == RecordRow.batch_id).where(RecordRow.id == page_id)
        with self._sessions.reading() as session:
            row = session.execute(query.where(self._in_scope(viewer))).one_or_none()
        if row is None:
            raise NotThere
        return PagePictures(PageStatus(row.status), row.image, row.aligned)

    def snippet(self, page_id: str, field: str, viewer: Viewer | None) -> str | None:
        """The key of the picture of what was written in a field of a page; None where there is none. Raises
        NotThere."""
        query = (
            select(RecordRow.id, ReadingRow.crop)
            .join(BatchRow, BatchRow.id == RecordRow.batch_id)
            .outerjoin(ReadingRow, and_(ReadingRow.record_id == RecordRow.id, ReadingRow.field == field))
            .where(RecordRow.id == page_id)
        )
        with self._sessions.reading() as session:
            row = session.execute(query.where(self._in_scope(viewer))).one_or_none()
        if row is None:
            raise NotThere
        crop: str | None = row.crop
        return crop

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
        "unreadable": nobody can read it; the value becomes None and `value` is ignored. The rules are run again and the
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
            self._lock_for(session, record_id, field, value if manner == "typed" else None)
            record = self._record(session, record_id, viewer)
            reading = session.get(ReadingRow, (record_id, field))
            if reading is None:
                raise NotThere
            if reading.revision != seen_revision or (manner == "accepted" and new != reading.value):
                raise _conflict()
            _revise(session, reading, new, viewer, manner, convert.plain_text(note))
            self._recheck(session, record, viewer.id)
            return field_views(session, [record_id], self._names(session), field)[record_id][0]

    def _lock_for(self, session: Session, page_id: str, field: str, value: Value) -> None:
        """Before a field is settled: others wait only where its value must be unique."""
        query = select(RecordRow.form, RecordRow.form_version).where(RecordRow.id == page_id)
        found = session.execute(query).one_or_none() if needs_locks(session) else None
        if found is None:
            return
        if self._unique and field in self._unique(*found):
            self._lock(session, [page_id], (*found, {field: value}))
        else:
            lock_sheets(session, [page_id])

    def settle_issue(self, issue_id: str, *, viewer: Viewer, note: str = "") -> None:
        """A person looked: the values stand as written. Kept with who and when; settling twice keeps the first.

        Holds as long as the values that the issue speaks of stand. Raises NotThere where there is no such issue, or
        none for this viewer; Conflict where it is over, since somebody changed a value; UserError for the role.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            on = session.scalar(select(IssueRow.record_id).where(IssueRow.id == issue_id))
            if on is None:
                raise NotThere
            lock_sheets(session, [on])
            issue = session.get_one(IssueRow, issue_id)
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


def _within(counted: Mapping[BatchRow, int], limit: int) -> list[BatchRow]:
    """The first batches that together have no more records with open work than `limit`."""
    found, total = [], 0
    for batch, records in counted.items():
        total += records
        if total > limit:
            break
        found.append(batch)
    return found


def _waiting(
    session: Session,
    batches: Sequence[BatchRow],
    names: Mapping[str, str],
    moment: datetime,
    *where: ColumnElement[bool],
    begin: PlaceInBatch | None = None,
    limit: int | None,
) -> list[QueueItem]:
    """Records of some batches with open work, in order, behind a place."""
    columns = (
        RecordRow.batch_id, RecordRow.open_fields, RecordRow.open_issues, RecordRow.held_by, RecordRow.held_until,
        RecordRow.sheet_pages,
    )  # fmt: skip
    query = select(*PLACE, *columns).where(WAITING, behind(begin), *where)
    query = query.where(
        RecordRow.batch_id == batches[0].id if len(batches) == 1 else RecordRow.batch_id.in_([b.id for b in batches])
    )
    found: dict[str, list[QueueItem]] = {batch.id: [] for batch in batches}
    by_id = {batch.id: batch.name for batch in batches}
    for r in session.execute(query.order_by(RecordRow.batch_id, *PLACE).limit(limit)) if batches else ():
        held_by = holder(r.held_by, r.held_until, names, moment)
        found[r.batch_id].append(
            QueueItem(r.id, by_id[r.batch_id], r.source, r.number, r.open_fields, r.open_issues, held_by, r.sheet_pages)
        )
    return [item for batch in batches for item in found[batch.id]]


def _revise(session: Session, reading: ReadingRow, new: StoredValue, viewer: Viewer, manner: str, note: str) -> None:
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
