"""`sohoa serve`, `export` and `report`: the review desk, exports and weekly reports."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.commands.common import check_names, chosen_form, opened, print_message, progress, with_settings
from scanner.errors import FormError, SettingsError
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.model import FormTemplate


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@with_settings
def serve(settings: Settings, host: str, port: int) -> None:
    """Run the web server of the review desk."""
    from review_ui.server import serve as run
    from review_ui.trial_reading import TrialReading
    from scanner import trial_reading as trials
    from scanner.manual_registration import ManualReader

    with opened(settings) as store:
        if not store.users():
            print_message(settings, "serve.no_users")
    print_message(settings, "serve.address", host=host, port=port)
    try:
        trial_reading = TrialReading(
            draft=partial(trials.draft_from_blank, settings),
            read=partial(trials.read_trial, settings),
            add=partial(trials.add_to_draft, settings),
            replace=partial(trials.replace_in_draft, settings),
            remove=partial(trials.remove_from_draft, settings),
        )
        run(settings, host, port, ManualReader(settings), trial_reading)
    except OSError:
        raise SettingsError("port_unavailable", port=port) from None


@click.command()
@click.option("--format", "fmt", type=click.Choice(["csv", "xlsx", "jsonl"]), required=True, help="File format.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--status", type=click.Choice(["verified", "all"]), default="verified", show_default=True, help="Which records."
)
@click.option("--batch", help="Only this batch.")
@click.option("--form", "form_id", help="Only records of this form; needed where the records are of several forms.")
@with_settings
def export(settings: Settings, fmt: str, out: Path, status: str, batch: str | None, form_id: str | None) -> None:
    """Write records as CSV, XLSX or JSON Lines."""
    from scanner import export as exports

    with opened(settings) as store, progress(settings, "records") as meter:
        check_names(store, batch, None)
        form = _form_of(settings, form_id, store.forms_going(status, batch))
        done = exports.export(store.export_rows(status, batch), form, fmt, out, tick=meter.step)
    print_message(settings, "export.done", path=out, records=done.records, verified=done.verified)
    if done.other_forms:
        print_message(settings, "export.other_forms", records=done.other_forms, err=True)


def _form_of(settings: Settings, form_id: str | None, counts: Mapping[str, int]) -> FormTemplate:
    """The form named by flag or setting, or the one that all records are of (form id → how many). Raises FormError."""
    wanted = form_id or settings.form
    if wanted is None and len(counts) > 1:
        several = ", ".join(f"{form} ({count})" for form, count in counts.items())
        raise FormError("records_of_several_forms", forms=several)
    return chosen_form(settings, wanted or next(iter(counts), None))


@click.command()
@click.option("--week", help="ISO week, like 2024-W41; default: this week.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The file to write: FILE.xlsx or FILE.html."
)
@with_settings
def report(settings: Settings, week: str | None, out: Path) -> None:
    """Write the weekly report of the communes: counts only."""
    from scanner.export.weekly_report import Week, weekly_report, write_weekly_report
    from scanner.forms.loading import load_form

    chosen = Week.parse(week) if week else Week.current()
    with opened(settings) as store:
        made = weekly_report(store, chosen, forms=lambda form_id: load_form(form_id, *settings.form_places))
    write_weekly_report(made, out)
    print_message(settings, "report.done", path=out, week=chosen)
