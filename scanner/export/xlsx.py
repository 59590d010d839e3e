"""The XLSX export: the records, what each column means, and what people changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from xlsxwriter.format import Format

from scanner.export.columns import headings, labelled, local_time, provenance, provenance_headings
from scanner.export.rows import ExportableField, ExportableRecord
from scanner.export.workbook import ROWS, Cell, Workbook, WorkbookTable, write_cell
from scanner.messages import message
from scanner.model import FieldKind, FieldSpec, FormTemplate, Value
from scanner.vietnam.dates import parse_date

OLDEST = dt.date(1900, 3, 1)
"""Excel counts a 29 February 1900 that never was: days before March 1900 are not safe as its dates."""
WIDTHS = {
    FieldKind.TEXT: 28,
    FieldKind.DIGITS: 16,
    FieldKind.DATE: 13,
    FieldKind.CHOICE: 24,
    FieldKind.CHOICES: 32,
    FieldKind.SIGNATURE: 10,
}
CHANGES = ("record", "batch", "source", "page", "field", "id", "machine", "confidence", "value", "manner", "by", "at")
CHANGE_WIDTHS = (18, 22, 26, 7, 30, 20, 28, 11, 28, 16, 20, 18)
EXPLAINED = ("heading", "id", "no", "kind", "required", "meaning")
EXPLAINED_WIDTHS = (38, 24, 8, 18, 10, 70)


def write_xlsx(
    rows: Iterable[ExportableRecord], form: FormTemplate, path: Path, lang: str, sheet_rows: int = ROWS
) -> None:
    """Write the workbook: sheet 1 the records, sheet 2 the explanation, sheet 3 each value a person settled.

    Numbers are text, so leading zeros live. A full date is a real date; a year alone, an impossible date
    and days before March 1900 are text. Options are written as their labels.
    """
    with Workbook(path, lang, sheet_rows) as book:
        widths = [WIDTHS[spec.kind] for spec in form.fields] + [column.width for column in provenance(form)]
        records = WorkbookTable(
            book, message("export.sheet.records", lang), [*headings(form), *provenance_headings(form, lang)], widths
        )
        _explain(book, form)
        changes = WorkbookTable(
            book,
            message("export.sheet.changes", lang),
            [message(f"export.change.{name}", lang) for name in CHANGES],
            CHANGE_WIDTHS,
        )
        names = dict(zip((spec.id for spec in form.fields), headings(form), strict=True))
        for row in rows:
            records.add(_record(book, form, row))
            for view in row.fields:
                if view.by is not None and view.field in names:
                    changes.add(_change(book, form.field(view.field), names[view.field], row, view))
        records.close()
        changes.close()


def _record(book: Workbook, form: FormTemplate, row: ExportableRecord) -> list[tuple[Cell, Format | None]]:
    cells: list[tuple[Cell, Format | None]] = [
        (_cell(spec, row.values.get(spec.id), book.lang), None) for spec in form.fields
    ]
    for column in provenance(form):
        value = column.cell(row)
        if column.id == "_verified":
            value = message("export.verified" if value else "export.unverified", book.lang)
        cells.append((value, None))
    return cells


def _cell(spec: FieldSpec, value: Value, lang: str) -> Cell:
    """A value as a cell: a date for a full date, text for the rest."""
    if spec.kind is FieldKind.DATE and isinstance(value, str):
        day = parse_date(value)
        if day is not None and day >= OLDEST:
            return day
    return labelled(spec, value, lang)


def _change(
    book: Workbook, spec: FieldSpec, name: str, row: ExportableRecord, view: ExportableField
) -> list[tuple[Cell, Format | None]]:
    source, page = _place(row, spec)
    return [
        (row.record_id, None),
        (row.batch, None),
        (source, None),
        (page, None),
        (name, None),
        (spec.id, None),
        (labelled(spec, view.machine_value, book.lang), None),
        (round(float(view.confidence), 4), book.share),
        (labelled(spec, view.value, book.lang), None),
        (message(f"export.manner.{view.manner}", book.lang), None),
        (view.by, None),
        (local_time(view.at), None),
    ]


def _place(row: ExportableRecord, spec: FieldSpec) -> tuple[str, int]:
    """File and page on which a field stands."""
    if spec.page == row.form_page:
        return row.source, row.page
    return next(((p.source, p.page) for p in row.pages if p.form_page == spec.page), (row.source, row.page))


def _explain(book: Workbook, form: FormTemplate) -> None:
    """The second sheet: one line a column, then what the workbook is."""
    lang, sheet = book.lang, book.sheet(message("export.sheet.explained", book.lang))
    for at, (head, width) in enumerate(zip(EXPLAINED, EXPLAINED_WIDTHS, strict=True)):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, message(f"export.explained.{head}", lang), book.head)
    sheet.freeze_panes(1, 0)
    lines = [_field_line(spec, name, lang) for spec, name in zip(form.fields, headings(form), strict=True)]
    for column, name in zip(provenance(form), provenance_headings(form, lang), strict=True):
        lines.append((name, column.id, "", message("export.kind.provenance", lang), "", _about(column.id, lang)))
    lines.append(("",) * len(EXPLAINED))
    lines.append((message("export.explained.form", lang), form.id, "", "", "", f"{form.title} ({form.version})"))
    lines.append((message("export.explained.note", lang), "", "", "", "", message("export.explained.note_text", lang)))
    for number, line in enumerate(lines, start=1):
        for at, text in enumerate(line):
            write_cell(book, sheet, number, at, text, book.wrapped)


def _field_line(spec: FieldSpec, name: str, lang: str) -> tuple[str, ...]:
    options = "\n".join(f"{option.label} ({option.id})" for option in spec.options)
    required = message("export.yes", lang) if spec.required else ""
    meaning = options or message(f"export.meaning.{spec.kind.value}", lang)
    return name, spec.id, spec.no, message(f"export.kind.{spec.kind.value}", lang), required, meaning


def _about(column: str, lang: str) -> str:
    return message(f"export.about.{column[1:]}", lang)
