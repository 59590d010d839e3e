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

from scanner.commands.common import NEEDS_A_PERSON, Meter, chosen_form, end_with_pages, opened, progress, with_settings
from scanner.settings import Settings
from scanner.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scanner.batch import Summary
    from scanner.model import PageRef, Record

FORM = click.option("--form", "form_id", help="The form on the pages; needed where several are installed.")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@FORM
@click.option("--jsonl", default="-", help="Where the lines go; - is standard output.", show_default=True)
@with_settings
def read(settings: Settings, paths: tuple[Path, ...], form_id: str | None, jsonl: str) -> None:
    """Read pages and print one JSON line a page; keeps nothing."""
    from scanner.batch import jobs_for, limits_of, read_here
    from scanner.export import record_to_json

    form = chosen_form(settings, form_id)
    jobs = list(jobs_for(paths, limits_of(settings)))
    attention: list[str] = []
    with _lines_to(jsonl) as out, progress("Pages", quiet=out.isatty()) as meter:  # lines on a screen are progress
        meter.expect(len(jobs))
        for record in read_here(jobs, form, settings):
            out.write(json.dumps(record_to_json(record, settings.language), ensure_ascii=False) + "\n")
            out.flush()
            meter.step()
            if record.reason is not None and record.status.value in ("unplaced", "unreadable"):
                attention.append(
                    _page_line(record.ref.source, record.ref.number, say(record.reason, settings.language))
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
    form = chosen_form(settings, form_id)
    with opened(settings) as store, progress("Pages") as meter:
        summary = batches.scan(
            list(paths),
            store,
            form,
            settings,
            batch=batch or date.today().isoformat(),
            xa=xa,
            scheduler=scheduler,
            total=meter.expect,
            tick=meter.step,
        )
    _print_summary(summary)
    end_with_pages([_page_line(source, page, say(why, settings.language)) for source, page, why in summary.attention])


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
@FORM
@with_settings
def evaluate(
    settings: Settings, truth: Path, images: Path | None, report_path: Path | None, form_id: str | None
) -> None:
    """Measure the reading against known values."""
    from functools import partial

    from scanner.evaluation import evaluate as measure
    from scanner.evaluation import print_table, write_report
    from scanner.pipeline import build_reader, read_ref

    form = chosen_form(settings, form_id)
    reader = build_reader(form, settings)
    with progress("Pages") as meter:
        found = measure(truth, images, form, partial(read_ref, reader=reader), map_pages=partial(_counted, meter))
    print_table(found)
    if report_path:
        write_report(found, report_path)
        click.echo(f"Report: {report_path}")
    if found.unplaced:
        sys.exit(NEEDS_A_PERSON)


def _counted(meter: Meter, look: Callable[[PageRef], Record], refs: Sequence[PageRef]) -> Iterator[Record]:
    meter.expect(len(refs))
    for ref in refs:
        yield look(ref)
        meter.step()
