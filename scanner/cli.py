"""The command line: each command calls one room and turns what comes back into words and an exit code."""

from __future__ import annotations

import errno
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from scanner import __version__
from scanner.errors import FormError, SohoaError, StorageFull
from scanner.settings import Settings, load_settings
from scanner.words import say

if TYPE_CHECKING:
    from scanner.batch import Summary
    from scanner.model import FormTemplate, Record

P = ParamSpec("P")
NEEDS_A_PERSON = 3

log = logging.getLogger("sohoa")


class _Group(click.Group):
    """Every command ends in an exit code and at most one sentence; nobody is shown a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except SohoaError as error:
            _fail(str(error), error.exit_code)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                _fail("The disk is full. Free some space, then run the same command again.", StorageFull.exit_code)
            _unexpected(ctx, error)
        except Exception as error:
            _unexpected(ctx, error)


def _fail(sentence: str, code: int) -> None:
    click.echo(f"sohoa: {sentence}", err=True)
    sys.exit(code)


def _unexpected(ctx: click.Context, error: Exception) -> None:
    """A fault of ours. The place goes to the screen, never the text: it could hold somebody's name."""
    if ctx.params.get("debug"):
        raise error
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    _fail(f"Sohoa met a fault ({type(error).__name__} at {place}). Run it again with --debug and report it.", 1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sohoa")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The data folder (SOHOA_DATA).")
@click.option("--debug", is_flag=True, help="Show where a fault happened.")
@click.pass_context
def main(ctx: click.Context, data: Path | None, debug: bool) -> None:
    """Sohoa: from scanned forms to verified records."""
    ctx.obj = {"data": data}


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the settings as its first argument."""

    @wraps(command)
    @click.pass_context
    def run(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        return command(load_settings(**ctx.find_root().obj), *args, **kwargs)

    return run


def chosen_form(settings: Settings, form_id: str | None) -> FormTemplate:
    """The form named by flag or setting, or the only one there is."""
    from scanner.forms import list_forms, load_form

    wanted = form_id or settings.form
    known = list_forms(settings.forms)
    if wanted is None and len(known) != 1:
        raise FormError("Several forms are installed." if known else "No form is installed.", "Name one with --form.")
    return load_form(wanted or known[0], settings.forms)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; on anything else a plain line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
        return
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if done % 50 == 0 or done == total:
            click.echo(f"{what}: {done}" + (f"/{total}" if total else ""), err=True)

    yield tick


# --- reading -----------------------------------------------------------------------------------------


@main.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Is this machine ready? Each missing piece with the command that mends it."""
    from scanner.doctor import examine, print_findings

    findings = examine(settings)
    print_findings(findings)
    if any(f.required and not f.ok for f in findings):
        sys.exit(1)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--form", "form_id", help="The form on the pages; needed where several are installed.")
@click.option("--jsonl", default="-", help="Where the lines go; - is standard output.", show_default=True)
@with_settings
def read(settings: Settings, paths: tuple[Path, ...], form_id: str | None, jsonl: str) -> None:
    """Read pages and print one JSON line a page; keeps nothing."""
    from scanner.export import record_to_json

    form = chosen_form(settings, form_id)
    out = sys.stdout if jsonl == "-" else Path(jsonl).open("w", encoding="utf-8", newline="\n")
    attention: list[str] = []
    try:
        for record in _read_all(paths, form, settings):
            line = json.dumps(record_to_json(record, settings.language), ensure_ascii=False)
            out.write(line + "\n")
            out.flush()
            if record.reason is not None and record.status.value in ("unplaced", "unreadable"):
                attention.append(_page_line(record, settings.language))
    finally:
        if out is not sys.stdout:
            out.close()
    _tell_attention(attention)


def _read_all(paths: tuple[Path, ...], form: FormTemplate, settings: Settings) -> Iterator[Record]:
    from scanner.batch import jobs_for
    from scanner.model import PageStatus, Record, Unreadable
    from scanner.pages import Limits
    from scanner.pipeline import build_reader, read_ref

    reader = build_reader(form, settings)
    for job in jobs_for(paths, Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)):
        if isinstance(job, Unreadable):
            yield Record(job.ref, form.id, form.version, PageStatus.UNREADABLE, job.reason)
        else:
            yield read_ref(job, reader)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--batch", help="The batch the pages join; default: today's date.")
@click.option("--xa", help="Code of the commune the pages belong to.")
@click.option("--form", "form_id", help="The form on the pages; needed where several are installed.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; default: one less than the cores.")
@click.option("--scheduler", help="Address of a Dask scheduler instead of workers on this machine.")
@with_settings
def scan(
    settings: Settings,
    paths: tuple[Path, ...],
    batch: str | None,
    xa: str | None,
    form_id: str | None,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Read pages into the database. Run it again after a stop: nothing is lost or doubled."""
    from datetime import date

    from scanner import batch as batches
    from scanner.opening import open_store

    if workers:
        settings = settings.model_copy(update={"workers": workers})
    form = chosen_form(settings, form_id)
    store = open_store(settings)
    try:
        with progress("Pages", None) as tick:
            summary = batches.scan(
                list(paths),
                store,
                form,
                settings,
                batch=batch or date.today().isoformat(),
                xa=xa,
                scheduler=scheduler,
                tick=lambda _: tick(),
            )
    finally:
        store.close()
    _print_summary(summary)
    _tell_attention(
        [f"{source}, page {page}: {say(why, settings.language)}" for source, page, why in summary.attention]
    )


def _print_summary(summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for name, count in (
        ("pages read now", summary.pages),
        ("pages already there", summary.known),
        *((f"  {status}", n) for status, n in sorted(summary.by_status.items())),
        ("fields", summary.fields),
        ("  accepted by the machine", summary.accepted),
        ("  for a person", summary.fields - summary.accepted),
    ):
        table.add_row(name, str(count))
    Console().print(table)


def _page_line(record: Record, lang: str) -> str:
    assert record.reason is not None
    return f"{record.ref.source}, page {record.ref.number}: {say(record.reason, lang)}"


def _tell_attention(lines: list[str]) -> None:
    if lines:
        click.echo("These pages need a person:", err=True)
        for line in lines:
            click.echo(f"  {line}", err=True)
        sys.exit(NEEDS_A_PERSON)


# --- the desk, and what leaves it ----------------------------------------------------------------------


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@with_settings
def serve(settings: Settings, host: str, port: int) -> None:
    """Open the review desk in a browser."""
    from review_ui.server import serve as run

    click.echo(f"Sohoa is at http://{host}:{port} (Ctrl+C ends it)")
    try:
        run(settings, host, port)
    except OSError:
        _fail(f"Port {port} is taken or not allowed. Choose another with --port.", 1)


@main.command()
@click.option("--format", "fmt", type=click.Choice(["csv", "xlsx", "jsonl"]), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--status", type=click.Choice(["verified", "all"]), default="verified", show_default=True)
@click.option("--batch", help="Only this batch.")
@click.option("--form", "form_id", help="The form whose records go out; needed where several are installed.")
@with_settings
def export(settings: Settings, fmt: str, out: Path, status: str, batch: str | None, form_id: str | None) -> None:
    """Write records as CSV, XLSX or JSON Lines."""
    from scanner import export as exports
    from scanner.opening import open_store

    form = chosen_form(settings, form_id)
    store = open_store(settings)
    try:
        with progress("Records", None) as tick:
            done = exports.export(store.export_rows(status, batch), form, fmt, out, tick=lambda _: tick())
    finally:
        store.close()
    click.echo(f"{out}: {done.records} records, {done.verified} of them verified.")


@main.command()
@click.option("--week", help="ISO week, as 2024-W41; default: this week.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="FILE.xlsx or FILE.html")
@with_settings
def report(settings: Settings, week: str | None, out: Path) -> None:
    """The commune's weekly report: counts only."""
    from scanner.forms import load_form
    from scanner.opening import open_store
    from scanner.report import Week, weekly_report, write_weekly_report

    chosen = Week.parse(week) if week else Week.current()
    store = open_store(settings)
    try:
        made = weekly_report(store, chosen, forms=lambda form_id: load_form(form_id, settings.forms))
    finally:
        store.close()
    write_weekly_report(made, out)
    click.echo(f"{out}: week {chosen}.")


@main.command()
@click.argument("truth", type=click.Path(path_type=Path))
@click.option("--images", type=click.Path(path_type=Path, file_okay=False), help="Folder of the images.")
@click.option("--report", "report_path", type=click.Path(path_type=Path), help="Write an HTML report here.")
@click.option("--form", "form_id", help="The form on the pages; needed where several are installed.")
@with_settings
def evaluate(
    settings: Settings, truth: Path, images: Path | None, report_path: Path | None, form_id: str | None
) -> None:
    """Measure the reading against known values."""
    from scanner.evaluation import evaluate as measure
    from scanner.evaluation import print_table, write_report
    from scanner.pipeline import build_reader, read_ref

    form = chosen_form(settings, form_id)
    reader = build_reader(form, settings)
    with progress("Pages", None) as tick:

        def look(ref: Any) -> Record:
            record = read_ref(ref, reader)
            tick()
            return record

        found = measure(truth, images, form, look)
    print_table(found)
    if report_path:
        write_report(found, report_path)
        click.echo(f"Report: {report_path}")
    if found.unplaced:
        sys.exit(NEEDS_A_PERSON)


# --- people --------------------------------------------------------------------------------------------


@main.group()
def users() -> None:
    """People who may log in."""


@users.command("add")
@click.argument("name")
@click.option("--display", default="", help="The name shown to others.")
@click.option("--role", default="reviewer", show_default=True)
@click.option("--xa", "communes", multiple=True, help="Code of a commune this person sees; none: all.")
@click.option("--password", help="Asked for where not given.", envvar="SOHOA_PASSWORD")
@with_settings
def users_add(
    settings: Settings, name: str, display: str, role: str, communes: tuple[str, ...], password: str | None
) -> None:
    """Add a person."""
    from scanner.opening import open_store

    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    store = open_store(settings)
    try:
        store.add_user(name, display, role, secret, communes)
    finally:
        store.close()
    click.echo(f"User {name} was added as {role}.")


@users.command("list")
@with_settings
def users_list(settings: Settings) -> None:
    """Everybody."""
    from scanner.opening import open_store

    store = open_store(settings)
    try:
        for user in store.users():
            state = "  disabled" if user.disabled else ""
            click.echo(f"{user.name}\t{user.role}\t{', '.join(user.communes) or 'all communes'}{state}")
    finally:
        store.close()


@users.command("disable")
@click.argument("name")
@with_settings
def users_disable(settings: Settings, name: str) -> None:
    """Shut a person out."""
    from scanner.opening import open_store

    store = open_store(settings)
    try:
        store.disable_user(name)
    finally:
        store.close()
    click.echo(f"User {name} was disabled.")


# --- forms ---------------------------------------------------------------------------------------------


@main.group()
def forms() -> None:
    """Forms as configuration."""


@forms.command("list")
@with_settings
def forms_list(settings: Settings) -> None:
    """The forms that are installed."""
    from scanner.forms import list_forms, load_form

    for form_id in list_forms(settings.forms):
        form = load_form(form_id, settings.forms)
        click.echo(f"{form.id}\t{form.version}\t{len(form.fields)} fields\t{form.title}")


@forms.command("check")
@click.argument("form_id", metavar="FORM|FILE")
@with_settings
def forms_check(settings: Settings, form_id: str) -> None:
    """Validate a form: overlaps, boxes off the sheet, double ids, rules."""
    from scanner.forms import check_form, load_form, read_form
    from scanner.rules import CHECKS

    path = Path(form_id)
    form = read_form(path) if path.suffix == ".json" else load_form(form_id, settings.forms)
    faults = check_form(form, CHECKS)
    for fault in faults:
        click.echo(say(fault, settings.language), err=True)
    if faults:
        _fail(f"{form.id} has {len(faults)} faults. Mend the form file.", 1)
    click.echo(f"{form.id}: {len(form.fields)} fields, {len(form.rules)} rules, no faults.")


@forms.command("draw")
@click.argument("form_id")
@click.option("--out", type=click.Path(path_type=Path), help="The PNG; default: FORM.png.")
@with_settings
def forms_draw(settings: Settings, form_id: str, out: Path | None) -> None:
    """Paint a form's boxes over its blank."""
    from PIL import Image

    from scanner.forms import blank_image, load_form
    from scanner.layout.draw import draw_form

    form = load_form(form_id, settings.forms)
    target = out or Path(f"{form.id}.png")
    Image.fromarray(draw_form(form, blank_image(form))).save(target)
    click.echo(str(target))


@forms.command("new")
@click.argument("blank", type=click.Path(path_type=Path))
@click.option("--id", "form_id", help="Id of the form; default: the file's name.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of forms; default: SOHOA_FORMS or ./form_templates."
)
@with_settings
def forms_new(settings: Settings, blank: Path, form_id: str | None, out: Path | None) -> None:
    """Draft a form from its blank: lines, boxes and cells are found, then named by you."""
    from scanner.drafting import draft_form
    from scanner.forms import FILE

    folder = out or settings.forms or Path("form_templates")
    form = draft_form(blank, form_id or blank.stem.lower().replace(" ", "-"), folder)
    click.echo(f"{folder / form.id / FILE}: {len(form.fields)} fields found. Name them, then run: sohoa forms check")
