"""CSV and JSON Lines: one record a line, for programs and for Excel."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from scanner.export.columns import local_time, plain, provenance, provenance_cell
from scanner.export.page_json import (
    FieldJson,
    IssueJson,
    QualityJson,
    RegistrationJson,
    ValueJson,
    box_to_json,
    reasons_to_json,
    steps_to_json,
    stored_quality_to_json,
    stored_registration_to_json,
    value_to_json,
)
from scanner.export.rows import ExportableField, ExportablePage, ExportableRecord
from scanner.messages import format_reason
from scanner.model import FormTemplate, PageStatus


class SheetPageJson(TypedDict):
    """One page of a sheet of several."""

    source: str
    page: int
    form_page: int
    sha256: str
    quality: QualityJson | None
    registration: RegistrationJson | None


class FormPageJson(TypedDict, total=False):
    """The form's page on which a field stands; empty where the form has one page."""

    form_page: int


class RecordFieldJson(FieldJson, FormPageJson):
    """A field of a record with who settled it, when and how."""

    machine_value: ValueJson
    machine_review: bool
    manner: str
    by: str | None
    at: str | None
    revision: int


class RecordIssueJson(IssueJson):
    """A rule that the record breaks, and whether a person must still settle that."""

    open: bool


class SheetPagesJson(TypedDict, total=False):
    """The pages of a sheet that are there; empty where the form has one page."""

    pages: list[SheetPageJson]


class RecordJson(SheetPagesJson):
    """One record, as a line of the JSON Lines export."""

    source: str
    page: int
    sha256: str
    form: str
    form_page: int
    form_version: str
    status: str
    reason: str | None
    quality: QualityJson | None
    registration: RegistrationJson | None
    fields: dict[str, RecordFieldJson]
    issues: list[RecordIssueJson]
    record: str
    batch: str
    xa: str | None
    verified: bool
    verified_by: str | None
    verified_at: str | None


def write_csv(rows: Iterable[ExportableRecord], form: FormTemplate, path: Path, delimiter: str = ",") -> None:
    r"""Write a CSV: UTF-8 with BOM, CRLF, every cell quoted, field ids as headings, option ids as values.

    Excel takes the BOM for UTF-8 and splits at the list separator of the machine's region. A first line
    `sep=,` would settle the separator but makes Excel ignore the BOM, and every other reader take it for
    the headings: so there is none, and `delimiter` can be ";" where the region has that. Numbers are plain
    digits. Excel drops the leading zeros of such cells when it opens a CSV; what keeps them there
    (="001", '001, a tab) spoils the number for everyone else: whoever works in Excel takes the XLSX.
    """
    about = provenance(form)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([*(spec.id for spec in form.fields), *(column.id for column in about)])
        for row in rows:
            values = [plain(spec, row.values.get(spec.id)) for spec in form.fields]
            writer.writerow([*values, *(provenance_cell(column, row) for column in about)])


def write_jsonl(rows: Iterable[ExportableRecord], form: FormTemplate, path: Path, lang: str) -> None:
    """Write one JSON object a line: a record as a page in the contract, with who verified each value and when."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            json.dump(row_to_json(row, form, lang), stream, ensure_ascii=False, allow_nan=False)
            stream.write("\n")


def row_to_json(row: ExportableRecord, form: FormTemplate, lang: str) -> RecordJson:
    """A stored record as in `record_to_json`, with `record`, `batch`, `xa`, `verified`, `verified_by`, `verified_at`.

    `value` is what stands now and `review` whether a person must still look; `machine_value` and
    `machine_review` are the reading's. `by`, `at`, `manner` and `revision` tell whose value it is.

    A sheet of a form of several pages is one object with the fields of all of them: `pages` lists those that are there,
    each field says in `form_page` on which it stands, and `source` to `registration` are the first one's.
    """
    page_of = {spec.id: spec.page for spec in form.fields} if form.page_count > 1 else {}
    pages: SheetPagesJson = {"pages": [_page(page, lang) for page in row.pages]} if page_of else {}
    return {
        "source": row.source,
        "page": row.page,
        "sha256": row.sha256,
        "form": row.form,
        "form_page": row.form_page,
        "form_version": row.form_version,
        "status": PageStatus.READ.value,
        "reason": None,
        "quality": stored_quality_to_json(row.quality, lang),
        "registration": stored_registration_to_json(row.registration),
        **pages,
        "fields": {field.field: _field(field, lang, page_of.get(field.field)) for field in row.fields},
        "issues": [
            {"rule": i.rule, "fields": list(i.fields), "message": format_reason(i.message, lang), "open": i.open}
            for i in row.issues
        ],
        "record": row.record_id,
        "batch": row.batch,
        "xa": row.xa,
        "verified": row.verified,
        "verified_by": row.verified_by,
        "verified_at": _moment(row.verified_at),
    }


def _page(page: ExportablePage, lang: str) -> SheetPageJson:
    return {
        "source": page.source,
        "page": page.page,
        "form_page": page.form_page,
        "sha256": page.sha256,
        "quality": stored_quality_to_json(page.quality, lang),
        "registration": stored_registration_to_json(page.registration),
    }


def _field(field: ExportableField, lang: str, form_page: int | None) -> RecordFieldJson:
    on_page: FormPageJson = {} if form_page is None else {"form_page": form_page}
    return {
        "value": value_to_json(field.value),
        "raw": field.raw,
        "confidence": round(float(field.confidence), 4),
        "review": field.open,
        "engine": field.engine,
        **on_page,
        "box_mm": box_to_json(field.box_mm),
        "alternatives": list(field.alternatives),
        **steps_to_json(field.steps),
        **reasons_to_json(field.reasons, lang),
        "machine_value": value_to_json(field.machine_value),
        "machine_review": field.review,
        "manner": field.manner,
        "by": field.by,
        "at": _moment(field.at),
        "revision": field.revision,
    }


def _moment(moment: dt.datetime | None) -> str | None:
    """ISO 8601 in Việt Nam's time with its offset."""
    local = local_time(moment)
    return None if local is None else local.isoformat()
