"""Rows of the database as the plain values that leave the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from scanner.model import Reason
from scanner.store import convert
from scanner.store.tables import IssueRow, ReadingRow, RecordRow
from scanner.store.views import FieldView, IssueView, SheetPage

T = TypeVar("T")


def field_views(
    session: Session, record_ids: Sequence[str], names: Mapping[str, str], field: str | None = None
) -> dict[str, tuple[FieldView, ...]]:
    """Record id → its fields in the form's order."""
    query = (
        select(ReadingRow)
        .where(ReadingRow.record_id.in_(record_ids))
        .order_by(ReadingRow.record_id, ReadingRow.position)
    )
    if field is not None:
        query = query.where(ReadingRow.field == field)
    found: dict[str, list[FieldView]] = {}
    for row in session.scalars(query):
        found.setdefault(row.record_id, []).append(_field(row, names))
    return {record_id: tuple(views) for record_id, views in found.items()}


def _field(row: ReadingRow, names: Mapping[str, str]) -> FieldView:
    unreadable = row.manner == "unreadable"
    return FieldView(
        field=row.field,
        value=convert.row_value(row.value),
        machine_value=convert.row_value(row.machine_value),
        raw=row.raw,
        confidence=row.confidence,
        review=row.review,
        open=row.open,
        engine=row.engine,
        box_mm=convert.box_of(row),
        alternatives=tuple(row.alternatives),
        reasons=(Reason("marked_unreadable"),) if unreadable else convert.reason_values(row.reason),
        crop=row.crop,
        revision=row.revision,
        manner=row.manner,
        by=names.get(row.changed_by or ""),
        at=row.changed_at,
        score=row.score,
        features=row.features,
        marks=tuple(convert.mark_value(mark) for mark in row.marks),
        steps=tuple(convert.step_value(step) for step in row.steps),
    )


def issue_views(
    session: Session, record_ids: Sequence[str], names: Mapping[str, str]
) -> dict[str, tuple[IssueView, ...]]:
    """Record id → its issues, open and settled, oldest first."""
    query = select(IssueRow).where(IssueRow.record_id.in_(record_ids), IssueRow.closed_at.is_(None))
    found: dict[str, list[IssueView]] = {}
    for row in session.scalars(query.order_by(IssueRow.created_at, IssueRow.rule, IssueRow.id)):
        message = Reason(row.message["code"], row.message["params"])
        found.setdefault(row.record_id, []).append(
            IssueView(
                row.id, row.rule, tuple(row.fields), message, row.open, names.get(row.settled_by or ""), row.settled_at
            )
        )
    return {record_id: tuple(views) for record_id, views in found.items()}


def of_sheet(found: Mapping[str, tuple[T, ...]], pages: Sequence[str]) -> tuple[T, ...]:
    """What was found of several pages, in the order of their ids."""
    return tuple(view for page in pages for view in found.get(page, ()))


def page_view(row: RecordRow) -> SheetPage:
    """A page of a sheet."""
    return SheetPage(
        row.id, row.source, row.number, row.sha256, row.form_page, row.form_version, row.image, row.aligned,
        row.quality, row.registration,
    )  # fmt: skip
