"""Batches and pages coming in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from scanner import model
from scanner.errors import NotThere, StoreError
from scanner.model import SET_ASIDE, PageStatus
from scanner.store import convert
from scanner.store.base import PAGE_DOUBLED, PAGE_MISSING, PLACE, StoreBase, holder
from scanner.store.locks import lock_names
from scanner.store.tables import UNREAD, BatchCountRow, BatchRow, ReadingRow, RecordRow, now, page_id
from scanner.store.views import BatchSummary, PageItem, Viewer

LONGEST_NAME, LONGEST_XA = 200, 40
SOURCE_LENGTH = 255
LOOKED_UP = 500
"""Files asked for in one question: SQLite takes 32,766 values."""
UNREAD_COUNTED = BatchCountRow.status.not_in([PageStatus.READ.value, *(status.value for status in SET_ASIDE)])
"""Counts of pages that need a person because they were not read as a form."""


class _Count(NamedTuple):
    """A row of `batch_counts`: plain, since a screen of 600 batches reads 2,000 of them."""

    status: str
    pages: int
    records: int
    verified: int
    open_fields: int
    open_records: int


class Intake(StoreBase):
    """The part of the store that pages come in by."""

    def ensure_batch(self, name: str, *, xa: str | None, form: str) -> str:
        """The id (a UUID) of the batch of that name; it is made if it is new.

        A batch is of one form, or of any ("", also where it began with one), and of one commune, whose people alone
        see it. `xa` None joins the batch whichever commune it is of. Raises StoreError where the batch is another
        commune's or form's, or the name cannot be.
        """
        name, xa = convert.plain_text(name).strip(), (xa or "").strip() or None
        if not 0 < len(name) <= LONGEST_NAME or len(xa or "") > LONGEST_XA:
            raise StoreError("batch_name_length", name=LONGEST_NAME, xa=LONGEST_XA)
        with self._sessions.writing() as session:
            lock_names(session, f"batch {name}")
            batch = session.scalars(select(BatchRow).where(BatchRow.name == name)).one_or_none()
            if batch is None:
                batch = BatchRow(name=name, xa=xa, form=form)
                session.add(batch)
                session.flush()
            elif xa not in (None, batch.xa) or (form and batch.form not in ("", form)):
                raise StoreError("batch_of_other_commune")
            elif not form:
                batch.form = form
            return batch.id

    def known_pages(self, pages: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
        """Which of these pages, (sha256, number), are here, in any batch."""
        wanted = set(pages)
        files = sorted({sha256 for sha256, _ in wanted})
        found: set[tuple[str, int]] = set()
        with self._sessions.reading() as session:
            for chunk in chunks(files, LOOKED_UP):
                query = select(RecordRow.sha256, RecordRow.number).where(RecordRow.sha256.in_(chunk))
                found |= {(sha256, number) for sha256, number in session.execute(query)} & wanted
        return found

    def add_record(self, batch_id: str, record: model.Record) -> bool:
        """Keep one page, its readings and issues in one transaction; it is on the disk when this returns.

        False if the page (its file's SHA-256 and its number) is here already, in any batch: nothing is changed
        then. Raises NotThere where there is no such batch, StorageFull, StoreError.
        """
        ref = record.ref
        if not ref.sha256:
            raise ValueError("a page is known by its file's sha256")
        with self._sessions.writing() as session:
            row_id = page_id(ref.sha256, ref.number)
            self._lock(session, [row_id], (record.form, record.form_version, convert.read_values(record)))
            lock_names(session, f"page {row_id}")
            same = select(RecordRow.id).where(RecordRow.sha256 == ref.sha256, RecordRow.number == ref.number)
            if session.scalar(same) is not None:
                return False
            if session.get(BatchRow, batch_id) is None:
                raise NotThere
            row = RecordRow(id=row_id, batch_id=batch_id, sha256=ref.sha256, number=ref.number)
            row.source = convert.plain_text(ref.source)[:SOURCE_LENGTH]
            row.path = convert.plain_text(str(ref.path.absolute()))
            _describe(row, record)
            session.add(row)
            session.flush()
            self._keep_readings(session, row, record)
            self._keep_issues(session, row, record)
            self._recheck(session, row, None)
            return True

    def _take_reading(self, session: Session, row: RecordRow, record: model.Record) -> None:
        """Make a page what a new reading says, but for what people settled."""
        before = self._values(session, row)
        settled = set(
            session.scalars(select(ReadingRow.field).where(ReadingRow.record_id == row.id, ReadingRow.revision > 0))
        )
        now_is = (record.status is PageStatus.READ, record.form, record.form_page)
        moved = (row.status == PageStatus.READ, row.form, row.form_page) != now_is
        heads = self._detach(session, row) if moved else []
        _describe(row, record)
        self._drop_missing(session, row, record, settled)
        self._keep_readings(session, row, record)
        self._keep_issues(session, row, record)
        self._recheck(session, row, None, changed=self._values(session, row) != before)
        for left in heads[1:]:
            self._recheck(session, left, None)

    @staticmethod
    def _keep_readings(session: Session, row: RecordRow, record: model.Record) -> None:
        """Write the machine's readings; where a person settled a field, only what the machine says beside it."""
        held = {r.field: r for r in session.scalars(select(ReadingRow).where(ReadingRow.record_id == row.id))}
        for position, reading in enumerate(record.readings):
            kept = held.get(reading.field)
            if kept is None:
                session.add(convert.reading_row(row.id, position, reading))
                continue
            convert.set_machine(kept, reading)
            kept.position = position
            if not kept.revision:
                kept.value, kept.open = kept.machine_value, kept.review
        session.flush()

    def _keep_issues(self, session: Session, row: RecordRow, record: model.Record) -> None:
        """A store without rules keeps the issues that the reading found, of values that are still the machine's."""
        if self._rules is not None or row.status != PageStatus.READ:
            return
        values, now_held = convert.read_values(record), self._values(session, row)
        found = {
            convert.issue_key(issue, values): issue
            for issue in record.issues
            if all(values.get(field) == now_held.get(field) for field in issue.fields)
        }
        self._update_issues(session, row, found)

    def _drop_missing(self, session: Session, row: RecordRow, record: model.Record, settled: set[str]) -> None:
        """Drop readings of fields that are not read any more, and close the issues of a page that is not."""
        there = {reading.field for reading in record.readings} | settled
        session.execute(delete(ReadingRow).where(ReadingRow.record_id == row.id, ReadingRow.field.not_in(there)))
        if row.status != PageStatus.READ:
            self._close_issues(session, row)

    def _close_issues(self, session: Session, row: RecordRow) -> None:
        """Nothing is broken on a page that is no form's."""
        for rule in ("", PAGE_MISSING, PAGE_DOUBLED):
            self._update_issues(session, row, {}, rule)

    # --- looking at what came in ---

    def batches(self, viewer: Viewer | None = None) -> list[BatchSummary]:
        """Every batch that a viewer may see, with its progress, oldest first. Two questions, however many records."""
        return self._summaries(viewer, true())

    def batch(self, batch_id: str, viewer: Viewer | None = None) -> BatchSummary | None:
        """One batch with its progress; None where there is none for the viewer."""
        return next(iter(self._summaries(viewer, BatchRow.id == batch_id)), None)

    def _summaries(self, viewer: Viewer | None, where: ColumnElement[bool]) -> list[BatchSummary]:
        with self._sessions.reading() as session:
            batches = self._batches(session, viewer, where)
            counted: dict[str, list[_Count]] = defaultdict(list)
            c = BatchCountRow
            columns = (c.status, c.pages, c.records, c.verified, c.open_fields, c.open_records)
            query = select(c.batch_id, *columns).join(BatchRow, BatchRow.id == c.batch_id).where(where)
            for r in session.execute(query.where(self._in_scope(viewer))):
                found = _Count(r.status, r.pages, r.records, r.verified, r.open_fields, r.open_records)
                counted[r.batch_id].append(found)
        return sorted((_summary(b, counted[b.id]) for b in batches), key=lambda b: (b.created_at, b.name))

    def count_pages(self, status: PageStatus, viewer: Viewer | None = None) -> int:
        """How many pages of one state there are in the batches that a viewer may see."""
        query = select(func.coalesce(func.sum(BatchCountRow.pages), 0)).where(BatchCountRow.status == status.value)
        query = query.join(BatchRow, BatchRow.id == BatchCountRow.batch_id).where(self._in_scope(viewer))
        with self._sessions.reading() as session:
            return int(session.scalar(query) or 0)

    def pages_needing_a_person(
        self,
        viewer: Viewer | None = None,
        batch_id: str | None = None,
        *,
        status: PageStatus | None = None,
        limit: int | None = None,
    ) -> list[PageItem]:
        """Pages that were not read as a form (of one state, or of any) and that nobody set aside, with why and the key
        of their picture, by batch, source and page; at most `limit` of them."""
        columns = (
            RecordRow.id, RecordRow.source, RecordRow.number, RecordRow.status, RecordRow.reason, RecordRow.image,
            RecordRow.held_by, RecordRow.held_until,
        )  # fmt: skip
        counted = select(BatchCountRow.batch_id).where(UNREAD_COUNTED, BatchCountRow.pages > 0)
        of_state = true() if status is None else RecordRow.status == status.value
        found: list[PageItem] = []
        with self._sessions.reading() as session:
            names, moment = self._names(session), now()
            where = BatchRow.id.in_(counted) if batch_id is None else BatchRow.id == batch_id
            for batch in self._batches(session, viewer, where):
                query = select(*columns).where(RecordRow.batch_id == batch.id, UNREAD, of_state).order_by(*PLACE)
                left = None if limit is None else limit - len(found)
                found += [
                    PageItem(
                        r.id, batch.name, r.source, r.number, PageStatus(r.status), convert.reason_value(r.reason),
                        r.image, holder(r.held_by, r.held_until, names, moment),
                    ) for r in session.execute(query.limit(left))
                ]  # fmt: skip
                if len(found) == limit:
                    break
        return found


def must_be_same_page(row: RecordRow, record: model.Record) -> None:
    """Raises StoreError for the reading of another page."""
    if (row.sha256, row.number) != (record.ref.sha256, record.ref.number):
        raise StoreError("reading_of_other_page")


def _describe(row: RecordRow, record: model.Record) -> None:
    """Write what is known of the page as a whole into its row."""
    row.form, row.form_version, row.status = record.form, record.form_version, record.status.value
    row.form_page = record.form_page
    row.reason, row.quality = convert.reason_row(record.reason), convert.quality_row(record.quality)
    row.registration = convert.registration_row(record.registration)
    row.image, row.aligned = record.image, record.aligned
    row.read_at = now()


def _summary(batch: BatchRow, counted: Sequence[_Count]) -> BatchSummary:
    by_status: Counter[str] = Counter()
    for row in counted:
        by_status[row.status] += row.pages
    read = [row for row in counted if row.status == PageStatus.READ]
    return BatchSummary(
        id=batch.id,
        name=batch.name,
        xa=batch.xa,
        created_at=batch.created_at,
        pages=by_status.total(),
        by_status={status: pages for status, pages in by_status.items() if pages},
        records=sum(row.records for row in read),
        verified=sum(row.verified for row in read),
        open_fields=sum(row.open_fields for row in read),
        open_records=sum(row.open_records for row in read),
    )


def chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The items in order, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
