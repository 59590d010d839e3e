"""Batches and pages coming in."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scanner import model
from scanner.errors import StoreError
from scanner.model import PageStatus, Reason
from scanner.store import convert
from scanner.store.base import Base
from scanner.store.tables import Batch, Reading, Record, page_id
from scanner.store.views import BatchSummary, PageItem, Viewer


class Intake(Base):
    """The part of the store that pages come in by."""

    def ensure_batch(self, name: str, *, xa: str | None, form: str) -> str:
        """The id of the batch of that name; it is made if it is new."""
        with self._sessions.writing() as session:
            batch = session.scalars(select(Batch).where(Batch.name == name)).one_or_none()
            if batch is None:
                batch = Batch(name=name, xa=xa, form=form)
                session.add(batch)
                session.flush()
            return batch.id

    def known_pages(self) -> set[tuple[str, int]]:
        """(sha256, number) of every page that is here, in whatever batch."""
        with self._sessions.reading() as session:
            return {(sha, number) for sha, number in session.execute(select(Record.sha256, Record.number))}

    def add_record(self, batch_id: str, record: model.Record) -> bool:
        """Keep one page in one transaction. False if the same page is here already: nothing is changed then."""
        ref = record.ref
        try:
            with self._sessions.writing() as session:
                same = select(Record.id).where(Record.sha256 == ref.sha256, Record.number == ref.number)
                if session.scalar(same) is not None:
                    return False
                row = Record(
                    id=page_id(ref.sha256, ref.number),
                    batch_id=batch_id,
                    sha256=ref.sha256,
                    number=ref.number,
                    source=ref.source,
                )
                self._fill(session, row, record)
                return True
        except IntegrityError:  # another writer was faster between the look and the insert
            if (ref.sha256, ref.number) in self.known_pages():
                return False
            raise StoreError("The batch of this page is not in the database.", "Run the same command again.") from None

    def replace_machine_reading(self, record_id: str, record: model.Record) -> None:
        """A page read again: the machine's readings are replaced, what people entered stands.

        Where the form is no longer found, a record that was read stays as it is.
        """
        with self._sessions.writing() as session:
            row = self._record(session, record_id, None, lock=True)
            if row.status == PageStatus.READ and record.status is not PageStatus.READ:
                return
            held = {r.field: r for r in session.scalars(select(Reading).where(Reading.record_id == record_id))}
            self._describe(row, record)
            for position, reading in enumerate(record.readings):
                kept = held.get(reading.field)
                if kept is None:
                    session.add(convert.reading_row(row.id, position, reading))
                    continue
                convert.set_machine(kept, reading)
                if kept.manner == "machine":
                    kept.value, kept.open = kept.machine_value, reading.review
            session.flush()
            self._after(session, row)

    def _fill(self, session: Session, row: Record, record: model.Record) -> None:
        self._describe(row, record)
        session.add(row)
        session.flush()
        for position, reading in enumerate(record.readings):
            session.add(convert.reading_row(row.id, position, reading))
        session.flush()
        if self._rules is None:
            values = convert.read_values(record)
            for issue in record.issues:
                session.add(convert.issue_row(row.id, issue, convert.fingerprint(issue, values)))
        self._after(session, row)

    def _after(self, session: Session, row: Record) -> None:
        if row.status == PageStatus.READ:
            changed = self._set_keys(session, row, self._values(session, row.id))
            self._run_rules(session, row)
            self._rerun_for(session, changed, row.id)
        self._settle_state(session, row, None)

    @staticmethod
    def _describe(row: Record, record: model.Record) -> None:
        row.form, row.form_version, row.status = record.form, record.form_version, record.status.value
        row.reason = convert.reason_row(record.reason)
        row.quality, row.registration = (
            convert.quality_row(record.quality),
            convert.registration_row(record.registration),
        )
        row.image, row.aligned = record.image, record.aligned

    # --- looking at what came in ---

    def batches(self, viewer: Viewer | None = None) -> list[BatchSummary]:
        """Every batch that a viewer may see, with its progress, oldest first."""
        read = Record.status == PageStatus.READ.value
        one = case((read & ~Record.verified, 1), else_=0)
        sums = (
            select(
                Record.batch_id, Record.status, func.count(), func.sum(case((Record.verified, 1), else_=0)),
                func.sum(Record.open_fields), func.sum(one),
            ).group_by(Record.batch_id, Record.status)
        )  # fmt: skip
        with self._sessions.reading() as session:
            counted: dict[str, dict[str, tuple[int, int, int, int]]] = {}
            for batch_id, status, *numbers in session.execute(sums):
                pages, verified, fields, left = (int(n or 0) for n in numbers)
                counted.setdefault(batch_id, {})[status] = pages, verified, fields, left
            query = self._scoped(select(Batch), viewer).order_by(Batch.created_at, Batch.name)
            return [_summary(b, counted.get(b.id, {})) for b in session.scalars(query)]

    def pages_needing_a_person(self, viewer: Viewer | None = None, batch_id: str | None = None) -> list[PageItem]:
        """Pages that were not read as a form, with why and their picture."""
        query = select(Record, Batch.name).join(Batch).where(Record.status != PageStatus.READ.value)
        if batch_id is not None:
            query = query.where(Record.batch_id == batch_id)
        query = self._scoped(query, viewer).order_by(Batch.created_at, Record.source, Record.number)
        with self._sessions.reading() as session:
            return [
                PageItem(r.id, name, r.source, r.number, PageStatus(r.status), _reason(r.reason), r.image)
                for r, name in session.execute(query)
            ]


def _reason(row: Mapping[str, object] | None) -> Reason | None:
    return convert.reason_value(row)


def _summary(batch: Batch, by_status: Mapping[str, tuple[int, int, int, int]]) -> BatchSummary:
    read = by_status.get(PageStatus.READ.value, (0, 0, 0, 0))
    counts = {status: numbers[0] for status, numbers in by_status.items()}
    return BatchSummary(
        batch.id,
        batch.name,
        batch.xa,
        batch.created_at,
        sum(counts.values()),
        counts,
        read[0],
        read[1],
        read[2],
        read[3],
    )
