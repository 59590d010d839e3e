"""Records on their way out, and counts for reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from scanner.model import PageStatus
from scanner.store.base import Base
from scanner.store.showing import field_views, issue_views
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

        `verified_from` and `verified_until` (aware) bound the moment of verification, half-open. Each record is whole
        as of one moment; one that stops fitting while the others go out is left out. Raises ValueError for a status.
        """
        if status not in ("verified", "all"):
            raise ValueError('records go out as "verified" or "all"')
        query = select(Record.id).join(Batch).where(Record.status == PageStatus.READ.value)
        if status == "verified":
            query = query.where(Record.verified)
        if batch is not None:
            query = query.where(Batch.name == batch)
        if verified_from is not None:
            query = query.where(Record.verified_at >= verified_from)
        if verified_until is not None:
            query = query.where(Record.verified_at < verified_until)
        query = self._scoped(query, viewer)
        return self._rows(query)

    def _rows(self, fitting: Select[Any]) -> Iterator[ExportRow]:
        order = (Batch.created_at, Record.batch_id, Record.source, Record.number, Record.id)
        with self._sessions.reading() as session:
            ids = list(session.scalars(fitting.order_by(*order)))
        for start in range(0, len(ids), CHUNK):
            yield from self._chunk(fitting, ids[start : start + CHUNK])

    def _chunk(self, fitting: Select[Any], ids: list[str]) -> list[ExportRow]:
        with self._sessions.reading() as session:
            names = self._names(session)
            query = fitting.where(Record.id.in_(ids)).with_only_columns(Record, Batch)
            rows = {record.id: (record, batch) for record, batch in session.execute(query)}
            fields, issues = field_views(session, list(rows), names), issue_views(session, list(rows), names)
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
                arrived=r.created_at,
                quality=r.quality,
                registration=r.registration,
            )
            for r, b in (rows[i] for i in ids if i in rows)
        ]

    def pages_between(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> Iterator[PageRow]:
        """A light row for every page, of any state, that came in from `start` to before `end` (aware), oldest first."""
        states = (Record.status, Record.verified, Record.created_at, Record.verified_at, Record.open_fields)
        query = select(Batch.xa, Batch.name, Record.form, *states).join(Batch, Batch.id == Record.batch_id)
        query = query.where(Record.created_at >= start, Record.created_at < end)
        with self._sessions.reading() as session:
            rows = session.execute(self._scoped(query, viewer).order_by(Record.created_at, Record.id)).all()
        for r in rows:
            yield PageRow(
                xa=r.xa,
                batch=r.name,
                form=r.form,
                status=PageStatus(r.status),
                verified=r.verified,
                arrived=r.created_at,
                verified_at=r.verified_at,
                open_fields=r.open_fields,
            )

    def issue_counts(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> list[IssueCount]:
        """How often each rule is broken, and was let stand, on pages that came in from `start` to before `end`."""
        still = func.sum(case((RuleIssue.open, 1), else_=0))
        query = (
            select(Batch.xa, RuleIssue.rule, still, func.count() - still)
            .select_from(RuleIssue)
            .join(Record, Record.id == RuleIssue.record_id)
            .join(Batch, Batch.id == Record.batch_id)
            .where(Record.created_at >= start, Record.created_at < end, RuleIssue.closed_at.is_(None))
            .group_by(Batch.xa, RuleIssue.rule)
        )
        with self._sessions.reading() as session:
            rows = session.execute(self._scoped(query, viewer)).all()
        counts = [IssueCount(xa, rule, int(still_open), int(settled)) for xa, rule, still_open, settled in rows]
        return sorted(counts, key=lambda c: (c.xa or "", c.rule))
