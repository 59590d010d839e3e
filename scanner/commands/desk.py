"""`sohoa serve`, `export` and `report`: the review desk, and what leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.commands.common import chosen_form, end, opened, progress, with_settings
from scanner.errors import FormError, SettingsError
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.model import FormTemplate


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@with_settings
def serve(settings: Settings, host: str, port: int) -> None:
    """Open the review desk in a browser."""
    from review_ui.server import serve as run
    from review_ui.trial_reading import TrialReading
    from scanner import trial_reading as workshop
    from scanner.manual_registration import ManualReader

    with opened(settings) as store:
        if not store.users():
            click.echo("Nobody can log in yet. Add the first person with: sohoa users add NAME --role admin")
    click.echo(f"Sohoa is at http://{host}:{port} (Ctrl+C ends it)")
    try:
        shop = TrialReading(
            draft=partial(workshop.draft_from_blank, settings),
            read=partial(workshop.read_trial, settings),
            add=partial(workshop.add_to_draft, settings),
            replace=partial(workshop.replace_in_draft, settings),
            remove=partial(workshop.remove_from_draft, settings),
        )
        run(settings, host, port, ManualReader(settings), shop)
    except OSError:
        end(f"Port {port} is taken or not allowed. Choose another with --port.")


@click.command()
@click.option("--format", "fmt", type=click.Choice(["csv", "xlsx", "jsonl"]), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--status", type=click.Choice(["verified", "all"]), default="verified", show_default=True)
@click.option("--batch", help="Only this batch.")
@click.option("--form", "form_id", help="The form whose records go out; needed where they are of several.")
@with_settings
def export(settings: Settings, fmt: str, out: Path, status: str, batch: str | None, form_id: str | None) -> None:
    """Write records as CSV, XLSX or JSON Lines."""
    from scanner import export as exports

    with opened(settings) as store, progress("Records") as meter:
        if batch is not None and batch not in {b.name for b in store.batches()}:
            raise SettingsError("no_such_batch")
        form = _form_of(settings, form_id, store.forms_going(status, batch))
        done = exports.export(store.export_rows(status, batch), form, fmt, out, tick=meter.step)
    click.echo(f"{out}: {done.records} records, {done.verified} of them verified.")
    if done.other_forms:
        click.echo(f"{done.other_forms} records of other forms were left out; name their form with --form.", err=True)


def _form_of(settings: Settings, form_id: str | None, counts: Mapping[str, int]) -> FormTemplate:
    """The form named by flag or setting, or the one that all records are of (form id → how many). Raises FormError."""
    wanted = form_id or settings.form
    if wanted is None and len(counts) > 1:
        several = ", ".join(f"{form} ({count})" for form, count in counts.items())
        raise FormError("records_of_several_forms", forms=several)
    return chosen_form(settings, wanted or next(iter(counts), None))


@click.command()
@click.option("--week", help="ISO week, as 2024-W41; default: this week.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="FILE.xlsx or FILE.html")
@with_settings
def report(settings: Settings, week: str | None, out: Path) -> None:
    """The commune's weekly report: counts only."""
    from scanner.export.weekly_report import Week, weekly_report, write_weekly_report
    from scanner.forms.loading import load_form

    chosen = Week.parse(week) if week else Week.current()
    with opened(settings) as store:
        made = weekly_report(store, chosen, forms=lambda form_id: load_form(form_id, *settings.form_places))
    write_weekly_report(made, out)
    click.echo(f"{out}: week {chosen}.")
