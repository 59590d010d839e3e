"""`sohoa reread`: stored pages read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scanner.commands.common import (
    check_names,
    chosen_forms,
    end_with_pages,
    opened,
    page_line,
    progress,
    warn_of_missing_reader,
    with_settings,
)
from scanner.messages import message
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.rereading import RereadSummary
    from scanner.store.database import Store


@click.command()
@click.option("--batch", help="Only the pages of this batch; default: of all batches.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; default: number of cores - 1.")
@with_settings
def reread(settings: Settings, batch: str | None, workers: int | None) -> None:
    """Read stored pages again; values that people entered stay. After a stop run it again: it continues."""
    from scanner.rereading import reread as read_again

    if workers:
        settings = settings.model_copy(update={"workers": workers})
    forms = chosen_forms(settings, None)
    warn_of_missing_reader(settings)
    with opened(settings, create=False) as store:
        check_names(store, batch, None)
        with progress(settings, "pages") as meter:
            summary = read_again(store, forms, settings, batch=batch, total=meter.expect, tick=meter.step)
        _print_summary(settings, summary)
        lines = _waiting(store, summary, settings)
    end_with_pages(settings, lines)


def _print_summary(settings: Settings, summary: RereadSummary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for indent, code, count in (
        ("", "reread.pages", summary.pages),
        ("  ", "reread.from_originals", summary.from_originals),
        ("  ", "reread.from_pictures", summary.pages - summary.from_originals),
        *(("  ", f"scan.status.{status}", n) for status, n in sorted(summary.by_status.items())),
        ("  ", "reread.unchanged", summary.pages - summary.replaced),
        ("", "reread.gone", summary.gone),
    ):
        table.add_row(indent + message(f"command.{code}", settings.language), str(count))
    Console().print(table)


def _waiting(store: Store, summary: RereadSummary, settings: Settings) -> list[str]:
    """Each page of these batches that needs a person, in words."""
    from scanner.model import PageStatus

    found = [
        (item.source, item.page, item.reason)
        for batch_id in summary.batches
        for item in store.pages_needing_a_person(None, batch_id)
        if item.status in (PageStatus.UNPLACED, PageStatus.UNREADABLE)
    ]
    return [page_line(settings, *page) for page in [*found, *summary.failed]]
