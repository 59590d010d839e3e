"""`sohoa read`, `scan` and `evaluate`: the commands that read pages."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from scanner.commands.common import (
    NEEDS_A_PERSON,
    Meter,
    chosen_forms,
    end_with_pages,
    opened,
    page_line,
    print_message,
    progress,
    warn_of_missing_reader,
    with_settings,
)
from scanner.commands.lists import update_before_reading
from scanner.errors import SohoaError
from scanner.messages import message
from scanner.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scanner.batch import Summary
    from scanner.evaluation import CountsByPage, Evaluation
    from scanner.model import FormTemplate, PageRef, Record

FORM = click.option(
    "--form", "form_id", help="The form of all pages; default: each page's form is found among the installed forms."
)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@FORM
@click.option("--jsonl", default="-", help="The file to write; - is standard output.", show_default=True)
@with_settings
def read(settings: Settings, paths: tuple[Path, ...], form_id: str | None, jsonl: str) -> None:
    """Read pages and print one JSON line per page. Nothing is stored."""
    from scanner.batch import jobs_for, limits_of, read_here
    from scanner.export import record_to_json

    forms = chosen_forms(settings, form_id)
    warn_of_missing_reader(settings)
    jobs = list(jobs_for(paths, limits_of(settings)))
    attention: list[str] = []
    with (
        _lines_to(jsonl) as out,
        progress(settings, "pages", quiet=out.isatty()) as meter,
    ):  # lines on a screen are progress
        meter.expect(len(jobs))
        for record in read_here(jobs, forms, settings):
            out.write(json.dumps(record_to_json(record, settings.language), ensure_ascii=False) + "\n")
            out.flush()
            meter.step()
            if record.reason is not None and record.status.value in ("unplaced", "unreadable"):
                attention.append(page_line(settings, record.ref.source, record.ref.number, record.reason))
    end_with_pages(settings, attention)


@contextmanager
def _lines_to(target: str) -> Iterator[IO[str]]:
    """The open target, always UTF-8: a console may have another code page."""
    if target == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        yield sys.stdout
    else:
        with Path(target).open("w", encoding="utf-8", newline="\n") as file:
            yield file


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--batch", help="Name of the batch; default: today's date.")
@click.option("--xa", help="Code of the pages' commune.")
@FORM
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; default: number of cores - 1.")
@click.option("--scheduler", help="Address of a Dask scheduler whose workers read the pages.")
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
    """Read pages into the database. After a stop run it again: no page is lost or stored twice."""
    from datetime import date

    from scanner import batch as batches

    if workers:
        settings = settings.model_copy(update={"workers": workers})
    forms = chosen_forms(settings, form_id)
    warn_of_missing_reader(settings)
    name = batch or date.today().isoformat()
    with opened(settings) as store:
        if name not in {b.name for b in store.batches()}:  # a batch that goes on is read with the lists it began with
            update_before_reading(store, settings)
        with progress(settings, "pages") as meter:
            summary = batches.scan(
                list(paths),
                store,
                forms,
                settings,
                batch=name,
                xa=xa,
                scheduler=scheduler,
                total=meter.expect,
                tick=meter.step,
            )
    _print_summary(settings, summary)
    end_with_pages(settings, [page_line(settings, *page) for page in summary.attention])


def _print_summary(settings: Settings, summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for indent, code, count in (
        ("", "pages", summary.pages),
        ("", "known", summary.known),
        *(("  ", f"status.{status}", n) for status, n in sorted(summary.by_status.items())),
        ("", "fields", summary.fields),
        ("  ", "accepted", summary.accepted),
        ("  ", "review", summary.fields - summary.accepted),
    ):
        table.add_row(indent + message(f"command.scan.{code}", settings.language), str(count))
    Console().print(table)


@click.command()
@click.argument("truth", type=click.Path(path_type=Path))
@click.option(
    "--images", type=click.Path(path_type=Path, file_okay=False), help="Folder of the images; default: that of TRUTH."
)
@click.option("--report", "report_path", type=click.Path(path_type=Path), help="Write an HTML report here.")
@click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Baseline file to compare with.")
@click.option("--write-baseline", is_flag=True, help="Write the baseline file instead of comparing.")
@FORM
@with_settings
def evaluate(
    settings: Settings,
    truth: Path,
    images: Path | None,
    report_path: Path | None,
    baseline: Path | None,
    write_baseline: bool,
    form_id: str | None,
) -> None:
    """Measure the reading of pages whose true values are known."""
    from scanner.evaluation import print_table, read_baseline, write_report

    if write_baseline and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE.")
    forms = chosen_forms(settings, form_id)
    before = read_baseline(baseline, forms) if baseline and not write_baseline else None  # fail before hours of reading
    found = _measured(truth, images, forms, settings, with_pictures=report_path is not None)
    print_table(found, lang=settings.language)
    if report_path:
        write_report(found, report_path, settings.language)
        print_message(settings, "evaluate.report", path=report_path)
    if baseline:
        _compare(settings, found, before, baseline)
    if found.unplaced or found.misidentified:
        sys.exit(NEEDS_A_PERSON)


def _measured(
    truth: Path, images: Path | None, forms: Sequence[FormTemplate], settings: Settings, *, with_pictures: bool
) -> Evaluation:
    """Read and compare; pictures cost time and are taken only for a report."""
    from functools import partial

    from scanner.evaluation import WorstPictures
    from scanner.evaluation import evaluate as measure
    from scanner.pipeline import build_reader, read_ref

    pictures = WorstPictures(forms) if with_pictures else None
    read = partial(read_ref, reader=build_reader(forms, settings), files=pictures.files if pictures else None)
    with progress(settings, "pages") as meter:
        return measure(truth, images, forms, read, map_pages=partial(_counted, meter), pictures=pictures)


def _compare(settings: Settings, found: Evaluation, before: CountsByPage | None, path: Path) -> None:
    """Compare with the baseline file, or write it where there are no earlier counts. Raises SohoaError: it is worse."""
    from scanner.evaluation import find_regressions, format_regressions, write_baseline

    if before is None:
        write_baseline(found, path)
        print_message(settings, "evaluate.baseline", path=path)
        return
    regressions = find_regressions(before, found)
    if regressions:
        raise SohoaError("below_baseline", regressions=format_regressions(regressions, settings.language))
    click.echo(message("evaluation.baseline.held", settings.language))


def _counted(meter: Meter, look: Callable[[PageRef], Record], refs: Sequence[PageRef]) -> Iterator[Record]:
    meter.expect(len(refs))
    for ref in refs:
        yield look(ref)
        meter.step()
