"""Digitise the samples into a fresh database, export them, and say how to go on."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scanner import export
from scanner.batch import scan
from scanner.commands.common import progress
from scanner.errors import SohoaError
from scanner.forms.loading import list_forms, load_form
from scanner.messages import format_reason
from scanner.model import FormTemplate
from scanner.settings import load_settings
from scanner.store.database import Store
from scanner.store_factory import open_store

SAMPLES = Path(__file__).parent.parent / "samples"
PEOPLE = (("duyet", "Người duyệt", "reviewer"), ("quantri", "Quản trị", "admin"))
PASSWORD = "sohoa-demo"


def main(folder: Path) -> None:
    """Everything of the demo, in order."""
    console = Console()
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings(data=folder, database_url=None).model_copy(update={"database_url": None})
    forms = [load_form(name) for name in list_forms()]
    store = open_store(settings)
    with progress(settings, "pages") as meter:
        summary = scan([SAMPLES], store, forms, settings, batch="Demo", total=meter.expect, tick=meter.step)
    for name, display, role in PEOPLE:
        store.add_user(name, display, role, PASSWORD)
    files = _exported(store, forms, folder)
    batch = store.batches()[0]
    store.close()

    table = Table(title="Demo batch", show_header=False)
    for row in (
        ("pages", batch.pages), *((f"  {status}", n) for status, n in sorted(batch.by_status.items())),
        ("fields read", summary.fields), ("  accepted by the machine", summary.accepted),
        ("  for a person", summary.fields - summary.accepted), ("records verified already", batch.verified),
        ("records waiting for a person", batch.open_records),
    ):  # fmt: skip
        table.add_row(row[0], str(row[1]))
    console.print(table)
    for source, page, reason in summary.attention:
        console.print(f"  {source}, page {page}: {format_reason(reason)}")
    console.print("Exports (all records; a column tells which are verified):", *(str(f) for f in files), sep="\n  ")
    console.print(
        f"\nNow open the review desk: [bold]make serve[/], http://127.0.0.1:8000, user duyet, password {PASSWORD}"
    )
    console.print(f"(administrator: quantri, password {PASSWORD}; these two are for the demo only)")


def _exported(store: Store, forms: list[FormTemplate], folder: Path) -> list[Path]:
    """The records of each form in every format: records.* of the form that most are of, records-ID.* of the others."""
    counts = Counter(row.form for row in store.export_rows("all"))
    files: list[Path] = []
    for form in sorted((f for f in forms if counts[f.id]), key=lambda f: -counts[f.id]):
        stem = f"records-{form.id}" if files else "records"
        for fmt in export.FORMATS:
            files.append(folder / f"{stem}.{fmt}")
            export.export(store.export_rows("all"), form, fmt, files[-1])
    return files


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/demo"))
    except SohoaError as error:
        print(f"sohoa: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
