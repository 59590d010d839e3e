"""`sohoa reread`: stored pages read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from scanner.commands.common import (
    chosen_forms,
    end_with_pages,
    must_be_there,
    opened,
    progress,
    tell_missing_reader,
    with_settings,
)
from scanner.messages import format_reason
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.rereading import RereadSummary
    from scanner.store.database import Store


@click.command()
@click.option("--batch", help="Only the pages of this batch; default: of all batches.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; default: one less than the cores.")
@with_settings
def reread(settings: Settings, batch: str | None, workers: int | None) -> None:
    """Read stored pages again. Values that people entered stay; run it again after a stop and it goes on."""
    from scanner.rereading import reread as read_again

    if workers:
        settings = settings.model_copy(update={"workers": workers})
    forms = chosen_forms(settings, None)
    tell_missing_reader()
    with opened(settings, create=False) as store:
        must_be_there(store, batch, None)
        with progress("Pages") as meter:
            summary = read_again(store, forms, settings, batch=batch, total=meter.expect, tick=meter.step)
        _print_summary(summary)
        lines = _waiting(store, summary, settings)
    end_with_pages(lines)


def _print_summary(summary: RereadSummary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for name, count in (
        ("pages read again", summary.pages),
        ("  from the original files", summary.from_originals),
        ("  from the kept pictures", summary.pages - summary.from_originals),
        *((f"  now {status}", n) for status, n in sorted(summary.by_status.items())),
        ("  left as they were", summary.pages - summary.replaced),
        ("pages without file and picture", summary.gone),
    ):
        table.add_row(name, str(count))
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
    return [
        f"{source}, page {page}: {format_reason(reason, settings.language) if reason else ''}"
        for source, page, reason in [*found, *summary.failed]
    ]
