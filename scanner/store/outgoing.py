"""Records on their way out, and counts for reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from scanner.model import PageStatus
from scanner.store.base import Base
from scanner.store.review import field_views, issue_views
from scanner.store.tables import Batch, Record, RuleIssue
from scanner.store.views import ExportRow, IssueCount, PageRow, Viewer

CHUNK = 200
"""Records fetched at a time: an export of 100,000 records stays small in memory."""


class Outgoing(Base):
    """The part of the store that records leave by."""

    def export_rows(
        self,
        status: str = "verified",
        batch: str | None = None,
        viewer: Viewer | None = None,
        *,
        verified_from: datetime | None = None,
        verified_until: datetime | None = None,
    ) -> Iterator[ExportRow]:
        """Read records ("verified" or "all"), of one batch by name, by batch, source and page.

        `verified_from` and `verified_until` bound the moment of verification, half-open.
        """
        query = select(Record.id).join(Batch).where(Record.status == PageStatus.READ.value)
        if status != "all":
            query = query.where(Record.verified)
        if batch is not None:
            query = query.where(Batch.name == batch)
        if verified_from is not None:
            query = query.where(Record.verified_at >= verified_from)
        if verified_until is not None:
            query = query.where(Record.verified_at < verified_until)
        query = self._scoped(query, viewer).order_by(Batch.created_at, Record.source, Record.number, Record.id)
        with self._sessions.reading() as session:
            ids = list(session.scalars(query))
        for start in range(0, len(ids), CHUNK):
            yield from self._chunk(ids[start : start + CHUNK])

    def _chunk(self, ids: list[str]) -> list[ExportRow]:
        with self._sessions.reading() as session:
            names = self._names(session)
            fields, issues = field_views(session, ids, names), issue_views(session, ids, names)
            query = select(Record, Batch).join(Batch).where(Record.id.in_(ids))
            rows = {record.id: (record, batch) for record, batch in session.execute(query)}
        return [
            ExportRow(
                record_id=r.id,
                batch=b.name,
                xa=b.xa,
                source=r.source,
                page=r.number,
                sha256=r.sha256,
                form=r.form,
                form_version=r.form_version,
                values={f.field: f.value for f in fields.get(r.id, ())},
                fields=fields.get(r.id, ()),
                issues=issues.get(r.id, ()),
                verified=r.verified,
                verified_by=names.get(r.verified_by or ""),
                verified_at=r.verified_at,
                quality=r.quality,
                registration=r.registration,
            )
            for r, b in (rows[i] for i in ids if i in rows)
        ]

    def pages_between(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> Iterator[PageRow]:
        """A light row for every page, of any state, that came in from `start` to before `end`."""
        query = select(
            Batch.xa, Batch.name, Record.form, Record.status, Record.verified, Record.created_at, Record.verified_at,
            Record.open_fields,
        ).join(Batch).where(Record.created_at >= start, Record.created_at < end)  # fmt: skip
        with self._sessions.reading() as session:
            for row in session.execute(self._scoped(query, viewer).order_by(Record.created_at)):
                yield PageRow(row[0], row[1], row[2], PageStatus(row[3]), row[4], row[5], row[6], row[7])

    def issue_counts(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> list[IssueCount]:
        """How often each rule is broken by the pages that came in from `start` to before `end`."""
        query = (
            select(Batch.xa, RuleIssue.rule, RuleIssue.open)
            .select_from(RuleIssue)
            .join(Record, Record.id == RuleIssue.record_id)
            .join(Batch, Batch.id == Record.batch_id)
            .where(Record.created_at >= start, Record.created_at < end)
        )
        counted: dict[tuple[str | None, str], list[int]] = {}
        with self._sessions.reading() as session:
            for xa, rule, is_open in session.execute(self._scoped(query, viewer)):
                counted.setdefault((xa, rule), [0, 0])[0 if is_open else 1] += 1
        return [IssueCount(xa, rule, *counts) for (xa, rule), counts in sorted(counted.items(), key=str)]
