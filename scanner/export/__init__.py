"""Records out: one page as JSON, and stored records as CSV, XLSX and JSON Lines.

All three tables hold the form's fields in its order and then where each record comes from. The CSV and the
JSON Lines use field and option ids and are for programs; the workbook has headings and labels for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import SettingsError
from scanner.export.page_json import record_to_json
from scanner.export.rows import ExportableRecord
from scanner.export.text import row_to_json, write_csv, write_jsonl
from scanner.export.xlsx import write_xlsx
from scanner.files import replacing
from scanner.model import FormTemplate

__all__ = ["FORMATS", "ExportSummary", "export", "record_to_json", "replacing", "row_to_json"]

FORMATS = ("csv", "xlsx", "jsonl")


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written where. `other_forms` counts records of other forms, which were left out."""

    path: Path
    fmt: str
    records: int
    verified: int
    other_forms: int


def export(
    rows: Iterable[ExportableRecord],
    form: FormTemplate,
    fmt: str,
    out: Path,
    lang: str = "vi",
    *,
    delimiter: str = ",",
    tick: Callable[[int], None] | None = None,
) -> ExportSummary:
    """Write stored records of one form to `out`, in the order given; all of the file or none of it.

    Which records (verified only, one batch, one commune) is settled by who gives the rows. `tick` is told
    after each record how many have gone out. `delimiter` is the CSV's.

    Raises SettingsError for an unknown format, StorageFull, and SohoaError where `out` cannot be written.
    """
    count = _Count(form.id, tick)
    counted = count.through(rows)
    if fmt not in FORMATS:
        raise SettingsError("unknown_export_format", format=fmt, formats=", ".join(FORMATS))
    with replacing(out) as temporary:
        if fmt == "csv":
            write_csv(counted, form, temporary, delimiter)
        elif fmt == "xlsx":
            write_xlsx(counted, form, temporary, lang)
        else:
            write_jsonl(counted, form, temporary, lang)
    return ExportSummary(out, fmt, count.records, count.verified, count.other_forms)


class _Count:
    """Counts records on their way and holds back those of other forms."""

    def __init__(self, form: str, tick: Callable[[int], None] | None) -> None:
        self._form, self._tick = form, tick
        self.records = self.verified = self.other_forms = 0

    def through(self, rows: Iterable[ExportableRecord]) -> Iterator[ExportableRecord]:
        for row in rows:
            if row.form != self._form:
                self.other_forms += 1
                continue
            yield row
            self.records += 1
            self.verified += row.verified
            if self._tick:
                self._tick(self.records)
