"""Batches and pages coming in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, delete, func, select
from sqlalchemy.orm import Session

from scanner import model
from scanner.errors import NotThere, StoreError
from scanner.model import SET_ASIDE, PageStatus
from scanner.store import convert
from scanner.store.base import PAGE_DOUBLED, PAGE_MISSING, StoreBase, holder
from scanner.store.tables import HEAD, WAITING, BatchRow, PageActRow, ReadingRow, RecordRow, now, page_id
from scanner.store.views import BatchSummary, PageItem, Viewer

LONGEST_NAME, LONGEST_XA = 200, 40
SOURCE_LENGTH = 255


class Intake(StoreBase):
    """The part of the store that pages come in by."""

    def ensure_batch(self, name: str, *, xa: str | None, form: str) -> str:
        """The id (a UUID) of the batch of that name; it is made if it is new.

        A batch is of one form, or of any ("", also where it began with one), and of one commune, whose people alone
        see it. `xa` None joins whatever commune the batch is of. Raises StoreError where the batch is another commune's
        or form's, or the name cannot be.
        """
        name, xa = convert.plain_text(name).strip(), (xa or "").strip() or None
        if not 0 < len(name) <= LONGEST_NAME or len(xa or "") > LONGEST_XA:
            raise StoreError("batch_name_length", name=LONGEST_NAME, xa=LONGEST_XA)
        with self._sessions.writing() as session:
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

    def known_pages(self) -> set[tuple[str, int]]:
        """(sha256, number) of every page that is here, in whatever batch."""
        with self._sessions.reading() as session:
            return {(sha, number) for sha, number in session.execute(select(RecordRow.sha256, RecordRow.number))}

    def add_record(self, batch_id: str, record: model.Record) -> bool:
        """Keep one page, its readings and issues in one transaction; it is on the disk when this returns.

        False if the page (its file's SHA-256 and its number) is here already, in whatever batch: nothing is changed
        then. Raises NotThere where there is no such batch, StorageFull, StoreError.
        """
        ref = record.ref
        if not ref.sha256:
            raise ValueError("a page is known by its file's sha256")
        with self._sessions.writing() as session:
            same = select(RecordRow.id).where(RecordRow.sha256 == ref.sha256, RecordRow.number == ref.number)
            if session.scalar(same) is not None:
                return False
            if session.get(BatchRow, batch_id) is None:
                raise NotThere
            row = RecordRow(id=page_id(ref.sha256, ref.number), batch_id=batch_id, sha256=ref.sha256, number=ref.number)
            row.source = convert.plain_text(ref.source)[:SOURCE_LENGTH]
            _describe(row, record)
            session.add(row)
            session.flush()
            self._keep_readings(session, row, record)
            self._keep_issues(session, row, record)
            self._recheck(session, row, None)
            return True

    def replace_machine_reading(self, record_id: str, record: model.Record) -> bool:
        """A page was read again: the machine's readings are replaced, a value that a person settled stands.

        False, and nothing changes, where a person set the page aside, and where people worked on the record or placed
        it by hand and the form is no longer found on its page. Where nobody has, the page is what the new reading
        says. Fields that the new reading lacks go, but for those that a person settled. The page stays on its sheet
        unless it is of another page or form now. Raises NotThere; StoreError for another page.
        """
        with self._sessions.writing() as session:
            row = self._record(session, record_id, None)
            must_be_same_page(row, record)
            if row.status in SET_ASIDE:
                return False
            if record.status is not PageStatus.READ and self._worked_on(session, row):
                return False
            self._take_reading(session, row, record)
            return True

    def _worked_on(self, session: Session, row: RecordRow) -> bool:
        """Did a person settle something on a page's sheet, or place the page?"""
        placed = select(PageActRow.id).where(PageActRow.record_id == row.id, PageActRow.after == PageStatus.READ.value)
        ids = [page.id for page in self._pages(session, self._head(session, row))]
        return (
            self._last_person(session, ids) is not None
            or session.scalars(placed.where(PageActRow.did == "").limit(1)).first() is not None
        )

    def _take_reading(self, session: Session, row: RecordRow, record: model.Record) -> None:
        """Make a page what a new reading says, but for what people settled."""
        before = self._values(session, row)
        settled = set(
            session.scalars(select(ReadingRow.field).where(ReadingRow.record_id == row.id, ReadingRow.revision > 0))
        )
        now_is = (record.status is PageStatus.READ, record.form, record.form_page)
        moved = (row.status == PageStatus.READ, row.form, row.form_page) != now_is
        heads = self._part(session, row) if moved else []
        _describe(row, record)
        self._drop_missing(session, row, record, settled)
        self._keep_readings(session, row, record)
        self._keep_issues(session, row, record)
        self._recheck(session, row, None, changed=self._values(session, row) != before)
        for left in heads[1:]:
            self._recheck(session, left, None)

    def records_with(self, form: str, field: str, value: str, except_record: str | None = None) -> int:
        """How many records, but for one, hold the same value in a field that must be unique, in whatever commune.

        Spaces, dots, quotes and case make no difference. 0 for fields that `unique` (see `Store.open`) does not name.
        """
        with self._sessions.reading() as session:
            return self._same(session, form, field, value, except_record)

    def recheck(self) -> int:
        """Run the rules on every record anew, as after a form's rules changed; returns how many there were."""
        with self._sessions.reading() as session:
            ids = session.scalars(select(RecordRow.id).where(RecordRow.status == PageStatus.READ.value, HEAD)).all()
        for record_id in ids:
            with self._sessions.writing() as session:
                self._recheck(session, self._record(session, record_id, None), None)
        return len(ids)

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
        self._bring_issues(session, row, found)

    def _drop_missing(self, session: Session, row: RecordRow, record: model.Record, settled: set[str]) -> None:
        """Drop readings of fields that are not read any more, and close the issues of a page that is not."""
        there = {reading.field for reading in record.readings} | settled
        session.execute(delete(ReadingRow).where(ReadingRow.record_id == row.id, ReadingRow.field.not_in(there)))
        if row.status != PageStatus.READ:
            self._close_issues(session, row)

    def _close_issues(self, session: Session, row: RecordRow) -> None:
        """Nothing is broken on a page that is no form's."""
        for rule in ("", PAGE_MISSING, PAGE_DOUBLED):
            self._bring_issues(session, row, {}, rule)

    # --- looking at what came in ---

    def batches(self, viewer: Viewer | None = None) -> list[BatchSummary]:
        """Every batch that a viewer may see, with its progress, oldest first. Two questions, however many records."""
        sums = (
            select(
                RecordRow.batch_id, RecordRow.status, func.count(), func.sum(case((HEAD, 1), else_=0)),
                func.sum(case((and_(RecordRow.verified, HEAD), 1), else_=0)),
                func.sum(RecordRow.open_fields), func.sum(case((WAITING, 1), else_=0)),
            ).group_by(RecordRow.batch_id, RecordRow.status)
        )  # fmt: skip
        if viewer is not None and viewer.communes:
            sums = self._scoped(sums.join(BatchRow), viewer)
        with self._sessions.reading() as session:
            counted: dict[str, dict[str, tuple[int, ...]]] = {}
            for batch_id, status, *numbers in session.execute(sums):
                counted.setdefault(batch_id, {})[status] = tuple(int(n or 0) for n in numbers)
            query = self._scoped(select(BatchRow), viewer).order_by(BatchRow.created_at, BatchRow.name)
            return [_summary(b, counted.get(b.id, {})) for b in session.scalars(query)]

    def pages_needing_a_person(self, viewer: Viewer | None = None, batch_id: str | None = None) -> list[PageItem]:
        """Pages that were not read as a form and that nobody set aside, with why and the key of their picture."""
        columns = (
            RecordRow.id,
            BatchRow.name,
            RecordRow.source,
            RecordRow.number,
            RecordRow.status,
            RecordRow.reason,
            RecordRow.image,
        )
        done = (PageStatus.READ, *SET_ASIDE)
        query = select(*columns, RecordRow.held_by, RecordRow.held_until).join(
            BatchRow, BatchRow.id == RecordRow.batch_id
        )
        query = query.where(RecordRow.status.not_in([status.value for status in done]))
        if batch_id is not None:
            query = query.where(RecordRow.batch_id == batch_id)
        query = self._scoped(query, viewer).order_by(
            BatchRow.created_at, BatchRow.name, RecordRow.source, RecordRow.number
        )
        with self._sessions.reading() as session:
            names, moment = self._names(session), now()
            return [
                PageItem(
                    r.id, r.name, r.source, r.number, PageStatus(r.status), convert.reason_value(r.reason), r.image,
                    holder(r.held_by, r.held_until, names, moment),
                ) for r in session.execute(query)
            ]  # fmt: skip


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


def _summary(batch: BatchRow, by_status: dict[str, tuple[int, ...]]) -> BatchSummary:
    nothing: tuple[Any, ...] = (0, 0, 0, 0, 0)
    _, read, verified, fields, waiting = by_status.get(PageStatus.READ.value, nothing)
    counts = {status: numbers[0] for status, numbers in by_status.items()}
    return BatchSummary(
        batch.id, batch.name, batch.xa, batch.created_at, sum(counts.values()), counts, read, verified, fields, waiting
    )  # fmt: skip
