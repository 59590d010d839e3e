"""Records on their way out, and counts for reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from scanner.model import PageStatus
from scanner.store.base import StoreBase
from scanner.store.row_mapping import field_views, issue_views, of_sheet, page_view
from scanner.store.tables import HEAD, BatchRow, IssueRow, RecordRow
from scanner.store.views import ExportRow, FieldView, IssueCount, IssueView, PageRow, Viewer

CHUNK = 200
"""Records fetched at a time: an export of 100,000 records stays small in memory."""


class ExportQueries(StoreBase):
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
        """Read records ("verified" or "all"), of one batch by name, by batch, source and page; a sheet of several pages
        is one.

        `verified_from` and `verified_until` (aware) bound the moment of verification, half-open. Each record is whole
        as of one moment; one that stops fitting while the others go out is left out. Raises ValueError for a status.
        """
        query = self._going(select(RecordRow.id), status, batch, viewer)
        if verified_from is not None:
            query = query.where(RecordRow.verified_at >= verified_from)
        if verified_until is not None:
            query = query.where(RecordRow.verified_at < verified_until)
        return self._rows(query)

    def forms_going(
        self, status: str = "all", batch: str | None = None, viewer: Viewer | None = None
    ) -> dict[str, int]:
        """Form id → how many records of it `export_rows` gives. Raises ValueError for a status."""
        counts: Any = select(RecordRow.form, func.count())
        query = self._going(counts, status, batch, viewer).group_by(RecordRow.form).order_by(RecordRow.form)
        with self._sessions.reading() as session:
            return {row[0]: row[1] for row in session.execute(query)}

    def _going(self, query: Select[Any], status: str, batch: str | None, viewer: Viewer | None) -> Select[Any]:
        """Only records that may go out."""
        if status not in ("verified", "all"):
            raise ValueError('records go out as "verified" or "all"')
        query = query.join(BatchRow, BatchRow.id == RecordRow.batch_id).where(
            RecordRow.status == PageStatus.READ.value, HEAD
        )
        if status == "verified":
            query = query.where(RecordRow.verified)
        if batch is not None:
            query = query.where(BatchRow.name == batch)
        return self._scoped(query, viewer)

    def _rows(self, fitting: Select[Any]) -> Iterator[ExportRow]:
        order = (BatchRow.created_at, RecordRow.batch_id, RecordRow.source, RecordRow.number, RecordRow.id)
        with self._sessions.reading() as session:
            ids = list(session.scalars(fitting.order_by(*order)))
        for start in range(0, len(ids), CHUNK):
            yield from self._chunk(fitting, ids[start : start + CHUNK])

    def _chunk(self, fitting: Select[Any], ids: list[str]) -> list[ExportRow]:
        with self._sessions.reading() as session:
            names = self._names(session)
            query = fitting.where(RecordRow.id.in_(ids)).with_only_columns(RecordRow, BatchRow)
            rows = {record.id: (record, batch) for record, batch in session.execute(query)}
            sheets = _sheets(session, [record for record, _ in rows.values()])
            pages = [page.id for sheet in sheets.values() for page in sheet]
            fields, issues = field_views(session, pages, names), issue_views(session, pages, names)
        return [_row(*rows[i], names, sheets[i], fields, issues) for i in ids if i in rows]

    def pages_between(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> Iterator[PageRow]:
        """A light row for every page, of any state, that came in from `start` to before `end` (aware), oldest first."""
        states = (
            RecordRow.status,
            RecordRow.verified,
            RecordRow.created_at,
            RecordRow.verified_at,
            RecordRow.open_fields,
        )
        joined = RecordRow.head_id.is_not(None).label("joined")
        query = select(BatchRow.xa, BatchRow.name, RecordRow.form, *states, joined).join(
            BatchRow, BatchRow.id == RecordRow.batch_id
        )
        query = query.where(RecordRow.created_at >= start, RecordRow.created_at < end)
        with self._sessions.reading() as session:
            rows = session.execute(self._scoped(query, viewer).order_by(RecordRow.created_at, RecordRow.id)).all()
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
                joined=r.joined,
            )

    def issue_counts(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> list[IssueCount]:
        """How often each rule is broken, and was let stand, on pages that came in from `start` to before `end`."""
        still = func.sum(case((IssueRow.open, 1), else_=0))
        query = (
            select(BatchRow.xa, IssueRow.rule, still, func.count() - still)
            .select_from(IssueRow)
            .join(RecordRow, RecordRow.id == IssueRow.record_id)
            .join(BatchRow, BatchRow.id == RecordRow.batch_id)
            .where(RecordRow.created_at >= start, RecordRow.created_at < end, IssueRow.closed_at.is_(None))
            .group_by(BatchRow.xa, IssueRow.rule)
        )
        with self._sessions.reading() as session:
            rows = session.execute(self._scoped(query, viewer)).all()
        counts = [IssueCount(xa, rule, int(still_open), int(settled)) for xa, rule, still_open, settled in rows]
        return sorted(counts, key=lambda c: (c.xa or "", c.rule))


def _sheets(session: Session, heads: Sequence[RecordRow]) -> dict[str, list[RecordRow]]:
    """Head's id → the pages of its sheet, in the form's order."""
    several = [head.id for head in heads if head.sheet_pages > 1]
    sheets = {head.id: [head] for head in heads}
    if several:
        joined = select(RecordRow).where(RecordRow.head_id.in_(several)).order_by(RecordRow.form_page, RecordRow.id)
        for page in session.scalars(joined):
            sheets[page.head_id or ""].append(page)
    return sheets


def _row(
    head: RecordRow,
    batch: BatchRow,
    names: Mapping[str, str],
    pages: Sequence[RecordRow],
    fields: Mapping[str, tuple[FieldView, ...]],
    issues: Mapping[str, tuple[IssueView, ...]],
) -> ExportRow:
    ids = [page.id for page in pages]
    held = of_sheet(fields, ids)
    return ExportRow(
        record_id=head.id,
        batch=batch.name,
        xa=batch.xa,
        source=head.source,
        page=head.number,
        sha256=head.sha256,
        form=head.form,
        form_version=head.form_version,
        values={f.field: f.value for f in held},
        fields=held,
        issues=of_sheet(issues, ids),
        verified=head.verified,
        verified_by=names.get(head.verified_by or ""),
        verified_at=head.verified_at,
        arrived=head.created_at,
        quality=head.quality,
        registration=head.registration,
        form_page=head.form_page,
        pages=tuple(page_view(page) for page in pages),
    )
