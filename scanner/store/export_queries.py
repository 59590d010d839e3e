"""Records on their way out, and counts for reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, bindparam, case, func, select, true, tuple_
from sqlalchemy.orm import Session

from scanner.model import PageStatus
from scanner.store.base import StoreBase
from scanner.store.row_mapping import field_views, issue_views, of_sheet, page_view
from scanner.store.tables import BatchCountRow, BatchRow, IssueRow, Moment, RecordRow
from scanner.store.views import ExportRow, FieldView, IssueCount, IssueView, PageRow, Viewer

PAGES_AT_A_TIME = 2000
"""Light rows fetched at a time."""


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
        where = _may_go(status)
        if verified_from is not None:
            where = and_(where, RecordRow.verified_at >= verified_from)
        if verified_until is not None:
            where = and_(where, RecordRow.verified_at < verified_until)
        return self._in_order(viewer, where, self._rows, None if batch is None else BatchRow.name == batch)

    def forms_going(
        self, status: str = "all", batch: str | None = None, viewer: Viewer | None = None
    ) -> dict[str, int]:
        """Form id → how many records of it `export_rows` gives. Raises ValueError for a status."""
        _may_go(status)
        number = func.sum(BatchCountRow.verified if status == "verified" else BatchCountRow.records)
        query = select(BatchCountRow.form, number).join(BatchRow, BatchRow.id == BatchCountRow.batch_id)
        query = query.where(BatchCountRow.status == PageStatus.READ.value)
        if batch is not None:
            query = query.where(BatchRow.name == batch)
        query = query.where(self._in_scope(viewer)).group_by(BatchCountRow.form).order_by(BatchCountRow.form)
        with self._sessions.reading() as session:
            return {form: int(records) for form, records in session.execute(query) if records}

    def _rows(self, session: Session, batch: BatchRow, ids: Sequence[str]) -> list[ExportRow]:
        names = self._names(session)
        heads = {row.id: row for row in session.scalars(select(RecordRow).where(RecordRow.id.in_(ids)))}
        sheets = _sheets(session, list(heads.values()))
        pages = [page.id for sheet in sheets.values() for page in sheet]
        fields, issues = field_views(session, pages, names), issue_views(session, pages, names)
        return [_row(heads[i], batch, names, sheets[i], fields, issues) for i in ids]

    def pages_between(self, start: datetime, end: datetime, viewer: Viewer | None = None) -> Iterator[PageRow]:
        """A light row for every page, of any state, that came in from `start` to before `end` (aware), oldest first."""
        columns = (
            BatchRow.xa, BatchRow.name, RecordRow.form, RecordRow.status, RecordRow.verified, RecordRow.created_at,
            RecordRow.verified_at, RecordRow.open_fields, RecordRow.head_id, RecordRow.id,
        )  # fmt: skip
        order = (RecordRow.created_at, RecordRow.id)
        query = select(*columns).join(BatchRow, BatchRow.id == RecordRow.batch_id).where(RecordRow.created_at < end)
        query = query.where(self._in_scope(viewer)).order_by(*order).limit(PAGES_AT_A_TIME)
        where: ColumnElement[bool] = RecordRow.created_at >= start
        while True:
            with self._sessions.reading() as session:
                rows = session.execute(query.where(where)).all()
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
                    joined=r.head_id is not None,
                )
            if len(rows) < PAGES_AT_A_TIME:
                return
            where = tuple_(*order) > tuple_(
                bindparam(None, rows[-1].created_at, Moment), bindparam(None, rows[-1].id, String)
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
            rows = session.execute(query.where(self._in_scope(viewer))).all()
        counts = [IssueCount(xa, rule, int(still_open), int(settled)) for xa, rule, still_open, settled in rows]
        return sorted(counts, key=lambda c: (c.xa or "", c.rule))


def _may_go(status: str) -> ColumnElement[bool]:
    """The condition for records of a status to go out. Raises ValueError for another status."""
    if status not in ("verified", "all"):
        raise ValueError('records go out as "verified" or "all"')
    return RecordRow.verified.is_(True) if status == "verified" else true()


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
