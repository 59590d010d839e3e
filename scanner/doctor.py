"""Is this machine ready? What is missing, and the command that mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from rich.console import Console
from rich.table import Table

from scanner.errors import SohoaError
from scanner.settings import Settings

FREE_GB = 2.0
"""A thousand pages with their pictures take about 1 GB."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    required: bool = True


def examine(settings: Settings) -> list[Finding]:
    """Look at everything Sohoa needs."""
    looks: list[Callable[[Settings], Finding]] = [
        _python, _tesseract, _in_process, _poppler, _digits, _hand, _calibration, _forms, _lists, _data, _database,
        _space, _cluster, _browser,
    ]  # fmt: skip
    return [look(settings) for look in looks]


def print_findings(findings: list[Finding]) -> None:
    """A table: what, how it is, how to mend it."""
    table = Table(box=None)
    for head in ("", "", "", "mend with"):
        table.add_column(head, overflow="fold")
    for f in findings:
        sign = "[green]ok[/]" if f.ok else "[red]missing[/]" if f.required else "[yellow]optional[/]"
        table.add_row(sign, f.name, f.detail, "" if f.ok else f.mend)
    Console().print(table)


def _python(_: Settings) -> Finding:
    version = ".".join(str(v) for v in sys.version_info[:3])
    return Finding("Python", sys.version_info >= (3, 11), version, "sudo apt-get install python3.11")


def _tesseract(_: Settings) -> Finding:
    from scanner.ocr.tesseract import Tesseract

    try:
        return Finding("Tesseract with Vietnamese", True, Tesseract().name)
    except SohoaError as error:
        return Finding("Tesseract with Vietnamese", False, error.problem, error.action)


def _in_process(_: Settings) -> Finding:
    from scanner.ocr.tesseract import in_process_available

    there = in_process_available()
    detail = "Tesseract runs in-process" if there else "Tesseract runs as one process a page: slower"
    return Finding("tesserocr", there, detail, "pip install 'sohoa[fast]'", required=False)


def _poppler(_: Settings) -> Finding:
    path = shutil.which("pdftoppm")
    return Finding("poppler (PDF)", path is not None, path or "not found", "sudo apt-get install poppler-utils")


def _digits(_: Settings) -> Finding:
    from scanner.ocr.digits import CellReader

    try:
        return Finding("digit reader", True, CellReader().name)
    except SohoaError as error:
        return Finding("digit reader", False, error.problem, error.action)


def _hand(_: Settings) -> Finding:
    from scanner.ocr.handwriting import LineReader

    try:
        return Finding("handwriting reader", True, LineReader().name)
    except SohoaError as error:
        return Finding("handwriting reader", False, f"{error.problem} Lines go to a person until then.", error.action)


def _calibration(settings: Settings) -> Finding:
    """Which calibration is in use."""
    from scanner.confidence.calibration import DATA, load_calibration

    try:
        used = load_calibration(settings.data)
    except SohoaError as error:
        return Finding("calibration", False, error.problem, error.action)
    if used.of_site:
        return Finding("calibration", True, f"this site's own: {used.fitted_on}")
    if (settings.data / DATA).exists():
        detail = "the shipped one: this site's own was made with another version of Sohoa"
        return Finding("calibration", False, detail, "sohoa calibrate", required=False)
    return Finding("calibration", True, f"the shipped one: {used.fitted_on}")


def _forms(settings: Settings) -> Finding:
    from scanner.forms.loading import list_forms, load_form
    from scanner.forms.versions import all_faults

    try:
        ids = list_forms(*settings.form_places)
        wrong = [i for i in ids if all_faults(load_form(i, *settings.form_places))]
    except SohoaError as error:
        return Finding("forms", False, error.problem, error.action)
    return Finding("forms", bool(ids) and not wrong, ", ".join(ids), f"sohoa forms check {' '.join(wrong)}")


def _lists(settings: Settings) -> Finding:
    """This site's own; pages are read without those that are damaged."""
    from scanner.site_lists.lists import damaged_lists, site_lists

    damaged = ", ".join(str(path) for path in damaged_lists(settings.lists))
    if damaged:
        return Finding("own lists", False, f"damaged and not used: {damaged}", "sohoa lists update", required=False)
    own = ", ".join(f"{name} {len(entries)}" for name, entries in site_lists(settings.lists).items())
    return Finding("own lists", True, own or "none yet", required=False)


def _data(settings: Settings) -> Finding:
    try:
        settings.ready()
        probe = settings.data / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
        return Finding("data folder", True, str(settings.data))
    except (SohoaError, OSError):
        return Finding(
            "data folder", False, f"{settings.data} cannot be written to", "set SOHOA_DATA to another folder"
        )


def _database(settings: Settings) -> Finding:
    """Looked at, never made or migrated: that is for the commands that use it."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from scanner.store.connection import alembic_config, clear_errors, connect

    if settings.database_url is None and not settings.database.exists():
        return Finding("database", True, "SQLite, made with the first batch")
    try:
        engine = connect(settings.url)
        with clear_errors(), engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
        engine.dispose()
    except SohoaError as error:
        return Finding("database", False, error.problem, error.action)
    script = ScriptDirectory.from_config(alembic_config())
    name = f"{engine.dialect.name}, revision {revision or 'none yet'}"
    if revision is not None and revision not in {r.revision for r in script.walk_revisions()}:
        return Finding("database", False, f"{name}: written by a newer version of Sohoa", "install that version")
    newest = script.get_current_head()
    return Finding("database", True, name if revision == newest else f"{name}; brought to {newest} when it is used")


def _space(settings: Settings) -> Finding:
    place = next((p for p in (settings.data, *settings.data.parents) if p.exists()), None)
    free = shutil.disk_usage(place or ".").free / 1e9
    return Finding("free disk space", free >= FREE_GB, f"{free:.1f} GB", "free some space, or move SOHOA_DATA")


def _browser(_: Settings) -> Finding:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    detail = path or "not found; the tests of the desk need it"
    return Finding("Chromium", path is not None, detail, "sudo apt-get install chromium", required=False)


def _cluster(_: Settings) -> Finding:
    try:
        version = metadata.version("distributed")
    except metadata.PackageNotFoundError:
        return Finding("Dask (cluster)", False, "not installed", "pip install 'sohoa[cluster]'", required=False)
    return Finding("Dask (cluster)", True, version, required=False)
