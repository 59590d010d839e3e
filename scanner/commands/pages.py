"""`sohoa read`, `scan` and `evaluate`: pages in."""

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
    end,
    end_with_pages,
    opened,
    progress,
    tell_missing_reader,
    with_settings,
)
from scanner.commands.lists import grow_quietly
from scanner.messages import format_reason
from scanner.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scanner.batch import Summary
    from scanner.evaluation import Evaluation, Pages
    from scanner.model import FormTemplate, PageRef, Record

FORM = click.option(
    "--form", "form_id", help="The form on the pages; default: each page finds its own among all that are installed."
)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@FORM
@click.option("--jsonl", default="-", help="Where the lines go; - is standard output.", show_default=True)
@with_settings
def read(settings: Settings, paths: tuple[Path, ...], form_id: str | None, jsonl: str) -> None:
    """Read pages and print one JSON line a page; keeps nothing."""
    from scanner.batch import jobs_for, limits_of, read_here
    from scanner.export import record_to_json

    forms = chosen_forms(settings, form_id)
    tell_missing_reader()
    jobs = list(jobs_for(paths, limits_of(settings)))
    attention: list[str] = []
    with _lines_to(jsonl) as out, progress("Pages", quiet=out.isatty()) as meter:  # lines on a screen are progress
        meter.expect(len(jobs))
        for record in read_here(jobs, forms, settings):
            out.write(json.dumps(record_to_json(record, settings.language), ensure_ascii=False) + "\n")
            out.flush()
            meter.step()
            if record.reason is not None and record.status.value in ("unplaced", "unreadable"):
                attention.append(
                    _page_line(record.ref.source, record.ref.number, format_reason(record.reason, settings.language))
                )
    end_with_pages(attention)


@contextmanager
def _lines_to(target: str) -> Iterator[IO[str]]:
    """UTF-8 whatever the console's code page."""
    if target == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        yield sys.stdout
    else:
        with Path(target).open("w", encoding="utf-8", newline="\n") as file:
            yield file


def _page_line(source: str, page: int, why: str) -> str:
    return f"{source}, page {page}: {why}"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--batch", help="The batch the pages join; default: today's date.")
@click.option("--xa", help="Code of the commune the pages belong to.")
@FORM
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

    if workers:
        settings = settings.model_copy(update={"workers": workers})
    forms = chosen_forms(settings, form_id)
    tell_missing_reader()
    name = batch or date.today().isoformat()
    with opened(settings) as store:
        if name not in {b.name for b in store.batches()}:  # a batch that goes on is read with the lists it began with
            grow_quietly(store, settings)
        with progress("Pages") as meter:
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
    _print_summary(summary)
    end_with_pages(
        [_page_line(source, page, format_reason(why, settings.language)) for source, page, why in summary.attention]
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


@click.command()
@click.argument("truth", type=click.Path(path_type=Path))
@click.option("--images", type=click.Path(path_type=Path, file_okay=False), help="Folder of the images.")
@click.option("--report", "report_path", type=click.Path(path_type=Path), help="Write an HTML report here.")
@click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Counts to hold the reading against.")
@click.option("--write-baseline", is_flag=True, help="Write the counts to --baseline instead.")
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
    """Measure the reading against known values."""
    from scanner.evaluation import print_table, read_baseline, write_report

    if write_baseline and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE.")
    forms = chosen_forms(settings, form_id)
    before = read_baseline(baseline, forms) if baseline and not write_baseline else None  # told before hours of reading
    found = _measured(truth, images, forms, settings, with_pictures=report_path is not None)
    print_table(found)
    if report_path:
        write_report(found, report_path)
        click.echo(f"Report: {report_path}")
    if baseline:
        _against(found, before, baseline)
    if found.unplaced or found.elsewhere:
        sys.exit(NEEDS_A_PERSON)


def _measured(
    truth: Path, images: Path | None, forms: Sequence[FormTemplate], settings: Settings, *, with_pictures: bool
) -> Evaluation:
    """Read and compare; pictures cost time and are taken only for a report."""
    from functools import partial

    from scanner.evaluation import Album
    from scanner.evaluation import evaluate as measure
    from scanner.pipeline import build_reader, read_ref

    album = Album(forms) if with_pictures else None
    read = partial(read_ref, reader=build_reader(forms, settings), files=album.files if album else None)
    with progress("Pages") as meter:
        return measure(truth, images, forms, read, map_pages=partial(_counted, meter), album=album)


def _against(found: Evaluation, before: Pages | None, path: Path) -> None:
    """Hold what was found against the baseline, or write it where there is none to hold against."""
    from scanner.evaluation import fallen, falls_line, write_baseline

    if before is None:
        write_baseline(found, path)
        click.echo(f"Baseline: {path}")
        return
    falls = fallen(before, found)
    if falls:
        end(falls_line(falls))
    click.echo(falls_line(falls))


def _counted(meter: Meter, look: Callable[[PageRef], Record], refs: Sequence[PageRef]) -> Iterator[Record]:
    meter.expect(len(refs))
    for ref in refs:
        yield look(ref)
        meter.step()
