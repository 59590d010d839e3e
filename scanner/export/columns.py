"""The columns of the table exports: the form's fields, then where each record comes from."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from scanner.export.rows import ExportableRecord
from scanner.messages import message
from scanner.model import FieldKind, FieldSpec, FormTemplate, Value

VIETNAM = dt.timezone(dt.timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Việt Nam's time: UTC+7 without summer time since 1975, so no time-zone data is needed (Windows has none)."""

FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
"""First characters that make a spreadsheet take a cell for a formula (OWASP, CSV injection), full-width ones too."""
SPACES = "".join((" \u00a0\u1680\u202f\u205f\u3000\u200b\ufeff", *map(chr, range(0x2000, 0x200B))))
"""Spaces of any width, and the invisible ones."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """A column about the record rather than from the sheet. Its id begins with "_": no field id does."""

    id: str
    cell: Callable[[ExportableRecord], str | int | bool | dt.datetime | None]
    width: int


PROVENANCE = (
    Provenance("_batch", lambda row: row.batch, 22),
    Provenance("_xa", lambda row: row.xa, 12),
    Provenance("_source", lambda row: row.source, 26),
    Provenance("_page", lambda row: row.page, 7),
    Provenance("_verified", lambda row: row.verified, 14),
    Provenance("_verified_by", lambda row: row.verified_by, 20),
    Provenance("_verified_at", lambda row: local_time(row.verified_at), 18),
    Provenance("_open_fields", lambda row: sum(field.open for field in row.fields), 9),
    Provenance("_open_issues", lambda row: sum(issue.open for issue in row.issues), 9),
    Provenance("_form_version", lambda row: row.form_version, 10),
    Provenance("_sha256", lambda row: row.sha256, 18),
    Provenance("_record", lambda row: row.record_id, 18),
)

PAGES = Provenance("_form_pages", lambda row: " ".join(str(page.form_page) for page in row.pages), 9)
"""Which pages of the form are there: answers of one that is not are empty, and not because nobody wrote any."""


def provenance(form: FormTemplate) -> tuple[Provenance, ...]:
    """The columns about a record of a form: `PROVENANCE`, and `PAGES` after the page where the form has several."""
    at = 1 + next(n for n, column in enumerate(PROVENANCE) if column.id == "_page")
    return (*PROVENANCE[:at], PAGES, *PROVENANCE[at:]) if form.page_count > 1 else PROVENANCE


def local_time(moment: dt.datetime | None) -> dt.datetime | None:
    """A moment in Việt Nam's time, to the second. The store gives aware moments."""
    return None if moment is None else moment.astimezone(VIETNAM).replace(microsecond=0)


def provenance_cell(column: Provenance, row: ExportableRecord) -> str:
    """A provenance cell of the CSV: moments as ISO 8601 with Việt Nam's offset, "true" or "false"."""
    match column.cell(row):
        case None:
            return ""
        case bool() as said:
            return "true" if said else "false"
        case dt.datetime() as moment:
            return moment.isoformat()
        case int() as number:
            return str(number)
        case str() as text:
            return harmless(text)


def headings(form: FormTemplate) -> list[str]:
    """The fields' printed labels; where two are alike, each with its number or id behind."""
    often = Counter(spec.label for spec in form.fields)
    return [spec.label if often[spec.label] == 1 else f"{spec.label} ({spec.id})" for spec in form.fields]


def provenance_headings(form: FormTemplate, lang: str) -> list[str]:
    """What the columns of `provenance` are called."""
    return [message(f"export.column.{column.id[1:]}", lang) for column in provenance(form)]


def harmless(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would take it for a formula.

    Leading spaces of any width are looked through, since spreadsheets trim them. Never used for numbers:
    they are digits only, and stray apostrophes in numbers are errors for those who import the table.
    """
    start = text.lstrip(SPACES)
    return f"'{text}" if start and start[0] in FORMULA else text


def plain(spec: FieldSpec, value: Value) -> str:
    """A value as the CSV holds it: digits and dates as they are, option ids, "true" or "false"; "" where empty."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case tuple():
            return ";".join(value)
    return value if is_number(spec, value) else harmless(value)


def labelled(spec: FieldSpec, value: Value, lang: str) -> str:
    """A value as people read it: the options' printed labels; "" where empty. Not yet made harmless."""
    labels = {option.id: option.label for option in spec.options}
    match value:
        case None:
            return ""
        case bool():
            return message("export.yes" if value else "export.no", lang)
        case tuple():
            return "; ".join(labels.get(chosen, chosen) for chosen in value)
    return labels.get(value, value)


def is_number(spec: FieldSpec, value: str) -> bool:
    """Digits of a number or date field, as the form's contract has them."""
    return spec.kind in (FieldKind.DIGITS, FieldKind.DATE) and bool(value) and set(value) <= set("0123456789/")
