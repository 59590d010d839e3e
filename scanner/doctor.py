"""Is this machine ready? What is missing, and the command that installs or corrects it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from rich.console import Console
from rich.table import Table

from scanner.errors import SohoaError
from scanner.messages import message
from scanner.settings import Settings

FREE_GB = 2.0
"""A thousand pages with their pictures take about 1 GB."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: `name` is a code ("tesseract"), `detail` and `action` are in the settings' language.

    `action` says what to do where it is not `ok`; most often it is the command to run.
    """

    name: str
    ok: bool
    detail: str
    action: str = ""
    required: bool = True


def examine(settings: Settings) -> list[Finding]:
    """Check everything Sohoa needs."""
    checks: list[Callable[[Settings], Finding]] = [
        _python, _tesseract, _in_process, _pdfium, _poppler, _digits, _hand, _calibration, _forms, _lists, _data,
        _database, _space, _cluster, _browser,
    ]  # fmt: skip
    return [check(settings) for check in checks]


def print_findings(findings: list[Finding], lang: str = "en") -> None:
    """A table: what was checked, its state, what to do."""
    table = Table(box=None)
    for head in ("", "", "", message("doctor.head.action", lang)):
        table.add_column(head, overflow="fold")
    for f in findings:
        state, colour = ("ok", "green") if f.ok else ("missing", "red") if f.required else ("optional", "yellow")
        sign = f"[{colour}]{message(f'doctor.{state}', lang)}[/]"
        table.add_row(sign, message(f"doctor.{f.name}", lang), f.detail, "" if f.ok else f.action)
    Console().print(table)


def _failed(name: str, error: SohoaError, settings: Settings) -> Finding:
    text = error.text(settings.language)
    return Finding(name, False, text.problem, text.action)


def _python(_: Settings) -> Finding:
    version = ".".join(str(v) for v in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), version, "sudo apt-get install python3.11")


def _tesseract(settings: Settings) -> Finding:
    from scanner.ocr.tesseract import Tesseract

    try:
        return Finding("tesseract", True, Tesseract().name)
    except SohoaError as error:
        return _failed("tesseract", error, settings)


def _in_process(settings: Settings) -> Finding:
    from scanner.ocr.tesseract import in_process_available

    there = in_process_available()
    detail = message(f"doctor.tesserocr.{'in_process' if there else 'slower'}", settings.language)
    return Finding("tesserocr", there, detail, "pip install 'sohoa[fast]'", required=False)


def _pdfium(settings: Settings) -> Finding:
    """Its process is started, as reading a PDF does."""
    from scanner.intake.pdf.client import pdfium_version

    version = pdfium_version()
    detail = version or message("doctor.pdfium.not_started", settings.language)
    return Finding("pdfium", version is not None, detail, message("doctor.pdfium.action", settings.language))


def _poppler(settings: Settings) -> Finding:
    path = shutil.which("pdftoppm")
    detail = path or message("doctor.poppler.not_found", settings.language)
    return Finding("poppler", path is not None, detail, "sudo apt-get install poppler-utils", required=False)


def _digits(settings: Settings) -> Finding:
    from scanner.ocr.digits import CellReader

    try:
        return Finding("digit_reader", True, CellReader().name)
    except SohoaError as error:
        return _failed("digit_reader", error, settings)


def _hand(settings: Settings) -> Finding:
    from scanner.ocr.handwriting import LineReader

    try:
        return Finding("handwriting_reader", True, LineReader().name)
    except SohoaError as error:
        text = error.text(settings.language)
        meanwhile = message("command.lines_go_to_a_person", settings.language)
        return Finding("handwriting_reader", False, f"{text.problem} {meanwhile}", text.action)


def _calibration(settings: Settings) -> Finding:
    """Which calibration is in use."""
    from scanner.confidence.calibration import DATA, load_calibration

    try:
        used = load_calibration(settings.data)
    except SohoaError as error:
        return _failed("calibration", error, settings)
    if not used.of_site and (settings.data / DATA).exists():
        detail = message("doctor.calibration.other_version", settings.language)
        return Finding("calibration", False, detail, "sohoa calibrate", required=False)
    code = "doctor.calibration.own" if used.of_site else "doctor.calibration.shipped"
    return Finding("calibration", True, message(code, settings.language, fitted_on=used.fitted_on))


def _forms(settings: Settings) -> Finding:
    from scanner.forms.loading import list_forms, load_form
    from scanner.forms.versions import all_faults

    try:
        ids = list_forms(*settings.form_places)
        faulty = [i for i in ids if all_faults(load_form(i, *settings.form_places))]
    except SohoaError as error:
        return _failed("forms", error, settings)
    return Finding("forms", bool(ids) and not faulty, ", ".join(ids), " ".join(["sohoa forms check", *faulty]))


def _lists(settings: Settings) -> Finding:
    """This site's own; pages are read without those that are damaged."""
    from scanner.site_lists.lists import damaged_lists, site_lists

    damaged = ", ".join(str(path) for path in damaged_lists(settings.lists))
    if damaged:
        detail = message("doctor.lists.damaged", settings.language, files=damaged)
        return Finding("lists", False, detail, "sohoa lists update", required=False)
    own = ", ".join(f"{name} {len(entries)}" for name, entries in site_lists(settings.lists).items())
    return Finding("lists", True, own or message("doctor.lists.none", settings.language), required=False)


def _data(settings: Settings) -> Finding:
    try:
        settings.ready()
        probe = settings.data / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
        return Finding("data", True, str(settings.data))
    except (SohoaError, OSError):
        detail = message("doctor.data.not_writable", settings.language, path=settings.data)
        return Finding("data", False, detail, message("doctor.data.action", settings.language))


def _database(settings: Settings) -> Finding:
    """Checked, never made or migrated: that is for the commands that use it."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from scanner.store.connection import alembic_config, clear_errors, connect

    lang = settings.language
    if settings.database_url is None and not settings.database.exists():
        return Finding("database", True, message("doctor.database.not_yet", lang))
    try:
        engine = connect(settings.url)
        with clear_errors(), engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
        engine.dispose()
    except SohoaError as error:
        return _failed("database", error, settings)
    script = ScriptDirectory.from_config(alembic_config())
    newest = script.get_current_head()
    newer = revision is not None and revision not in {r.revision for r in script.walk_revisions()}
    code = "newer" if newer else "revision" if revision == newest else "older"
    named = revision or message("doctor.database.no_revision", lang)
    detail = message(f"doctor.database.{code}", lang, dialect=engine.dialect.name, revision=named, newest=newest)
    return Finding("database", not newer, detail, message("doctor.database.action", lang))


def _space(settings: Settings) -> Finding:
    place = next((p for p in (settings.data, *settings.data.parents) if p.exists()), None)
    free = shutil.disk_usage(place or ".").free / 1e9
    detail = message("doctor.space.free", settings.language, gb=f"{free:.1f}")
    return Finding("space", free >= FREE_GB, detail, message("doctor.space.action", settings.language))


def _browser(settings: Settings) -> Finding:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    detail = path or message("doctor.browser.not_found", settings.language)
    return Finding("browser", path is not None, detail, "sudo apt-get install chromium", required=False)


def _cluster(settings: Settings) -> Finding:
    try:
        version = metadata.version("distributed")
    except metadata.PackageNotFoundError:
        detail = message("doctor.dask.not_installed", settings.language)
        return Finding("dask", False, detail, "pip install 'sohoa[cluster]'", required=False)
    return Finding("dask", True, version, required=False)
