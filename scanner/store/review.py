"""Records in front of people: the queue, the form page, corrections that nobody overwrites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scanner.errors import Conflict, NotThere, UserError
from scanner.model import PageStatus, Value
from scanner.store import convert
from scanner.store.base import Base
from scanner.store.tables import Batch, Reading, Record, Revision, RuleIssue, now
from scanner.store.views import REVIEWING, FieldView, IssueView, QueueItem, RecordView, Viewer


class Review(Base):
    """The part of the store that the desk works on."""

    def queue(self, viewer: Viewer, batch_id: str | None = None) -> list[QueueItem]:
        """Records with open work, in the order they came in."""
        query = (
            select(Record, Batch.name)
            .join(Batch)
            .where(Record.status == PageStatus.READ.value, ~Record.verified)
            .order_by(Batch.created_at, Record.source, Record.number)
        )
        if batch_id is not None:
            query = query.where(Record.batch_id == batch_id)
        with self._sessions.reading() as session:
            names, moment = self._names(session), now()
            return [
                QueueItem(r.id, name, r.source, r.number, r.open_fields, r.open_issues, _holder(r, names, moment))
                for r, name in session.execute(self._scoped(query, viewer))
            ]

    def record(self, record_id: str, viewer: Viewer | None) -> RecordView:
        """One record, whole. Raises NotThere where there is none, or none for this viewer."""
        with self._sessions.reading() as session:
            row = self._record(session, record_id, viewer)
            batch = session.get_one(Batch, row.batch_id)
            names = self._names(session)
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
                fields=field_views(session, [row.id], names).get(row.id, ()),
                issues=issue_views(session, [row.id], names).get(row.id, ()),
                verified=row.verified,
                quality=row.quality,
                registration=row.registration,
            )

    def correct(
        self, record_id: str, field: str, value: Value, *, viewer: Viewer, seen_revision: int, manner: str
    ) -> FieldView:
        """A person's value for a field, as a new revision ("typed", "accepted" or "unreadable").

        Raises Conflict when the field was changed since `seen_revision`: the other's value stands.
        """
        _may_review(viewer)
        try:
            with self._sessions.writing() as session:
                record = self._record(session, record_id, viewer, lock=True)
                reading = session.get(Reading, (record_id, field))
                if reading is None:
                    raise NotThere
                if reading.revision != seen_revision:
                    raise _conflict()
                self._revise(session, reading, None if manner == "unreadable" else value, viewer, manner)
                changed = self._set_keys(session, record, self._values(session, record_id))
                self._run_rules(session, record)
                self._rerun_for(session, changed, record_id)
                self._settle_state(session, record, viewer.id)
                return field_views(session, [record_id], self._names(session), field)[record_id][0]
        except IntegrityError:  # the same revision number was written at the same moment
            raise _conflict() from None

    @staticmethod
    def _revise(session: Session, reading: Reading, value: Value, viewer: Viewer, manner: str) -> None:
        new, moment = convert.value_row(value), now()
        session.add(
            Revision(
                record_id=reading.record_id, field=reading.field, number=reading.revision + 1, old=reading.value,
                new=new, user_id=viewer.id, at=moment, manner=manner,
            )
        )  # fmt: skip
        reading.value, reading.revision, reading.manner, reading.open = new, reading.revision + 1, manner, False
        reading.changed_by, reading.changed_at = viewer.id, moment
        session.flush()

    def settle_issue(self, issue_id: str, *, viewer: Viewer, note: str = "") -> None:
        """A person looked: the values stand as written. Kept with who and when."""
        _may_review(viewer)
        with self._sessions.writing() as session:
            issue = session.get(RuleIssue, issue_id)
            if issue is None:
                raise NotThere
            record = self._record(session, issue.record_id, viewer, lock=True)
            issue.open, issue.settled_by, issue.settled_at, issue.note = False, viewer.id, now(), note
            self._settle_state(session, record, viewer.id)

    def hold(self, record_id: str, viewer: Viewer, seconds: int = 120) -> None:
        """Say that a person has this record open; advisory, the revisions are what protects it."""
        with self._sessions.writing() as session:
            record = self._record(session, record_id, viewer)
            free = record.held_until is None or record.held_until < now() or record.held_by == viewer.id
            if free:
                record.held_by, record.held_until = viewer.id, now() + timedelta(seconds=seconds)

    def release(self, record_id: str, viewer: Viewer) -> None:
        """The person left the record."""
        with self._sessions.writing() as session:
            record = self._record(session, record_id, viewer)
            if record.held_by == viewer.id:
                record.held_by = record.held_until = None

    def revisions(self, record_id: str, viewer: Viewer | None) -> list[tuple[str, int, Value, Value, str, str]]:
        """The trail of a record: (field, number, from, to, who, manner), oldest first."""
        with self._sessions.reading() as session:
            self._record(session, record_id, viewer)
            names = self._names(session)
            rows = session.scalars(
                select(Revision).where(Revision.record_id == record_id).order_by(Revision.at, Revision.number)
            )
            return [
                (r.field, r.number, convert.row_value(r.old), convert.row_value(r.new), names[r.user_id], r.manner)
                for r in rows
            ]


def _may_review(viewer: Viewer) -> None:
    if viewer.role not in REVIEWING:
        raise UserError("This role may not correct records.", "Ask the administrator for the role of a reviewer.")


def _conflict() -> Conflict:
    return Conflict("Somebody else has just changed this field.", "Look at the new value, then enter yours again.")


def _holder(record: Record, names: Mapping[str, str], moment: datetime) -> str | None:
    if record.held_by is None or record.held_until is None or record.held_until < moment:
        return None
    return names.get(record.held_by)


def field_views(
    session: Session, record_ids: Sequence[str], names: Mapping[str, str], field: str | None = None
) -> dict[str, tuple[FieldView, ...]]:
    """Record id → its fields in the form's order."""
    query = select(Reading).where(Reading.record_id.in_(record_ids)).order_by(Reading.record_id, Reading.position)
    if field is not None:
        query = query.where(Reading.field == field)
    found: dict[str, list[FieldView]] = {}
    for r in session.scalars(query):
        found.setdefault(r.record_id, []).append(
            FieldView(
                r.field, convert.row_value(r.value), convert.row_value(r.machine_value), r.raw, r.confidence, r.review,
                r.open, r.engine, convert.box_of(r), tuple(r.alternatives), convert.reason_value(r.reason), r.crop,
                r.revision, r.manner, names.get(r.changed_by or ""), r.changed_at, r.score, r.features,
            )
        )  # fmt: skip
    return {record_id: tuple(views) for record_id, views in found.items()}


def issue_views(
    session: Session, record_ids: Sequence[str], names: Mapping[str, str]
) -> dict[str, tuple[IssueView, ...]]:
    """Record id → its issues, oldest first."""
    query = select(RuleIssue).where(RuleIssue.record_id.in_(record_ids)).order_by(RuleIssue.created_at, RuleIssue.rule)
    found: dict[str, list[IssueView]] = {}
    for i in session.scalars(query):
        message = convert.reason_value(i.message)
        assert message is not None
        found.setdefault(i.record_id, []).append(
            IssueView(i.id, i.rule, tuple(i.fields), message, i.open, names.get(i.settled_by or ""), i.settled_at)
        )
    return {record_id: tuple(views) for record_id, views in found.items()}
