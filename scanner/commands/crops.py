"""`sohoa crops`: pictures of fields with their verified texts, for those who train the reading."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.commands.common import (
    check_names,
    installed_forms,
    opened,
    print_message,
    progress,
    viewer_of_commune,
    with_settings,
)  # fmt: skip
from scanner.errors import SettingsError
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.export.crops import CropSummary


@click.group()
def crops() -> None:
    """Export pictures of fields with their verified texts, as training data."""


@crops.command("export")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The folder to write, new or empty."
)
@click.option("--batch", help="Only this batch.")
@click.option("--xa", help="Only batches of this commune, by its code.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only records verified on this day or later.")
@click.option("--digits", is_flag=True, help="Also export numbers and dates, to digits.tsv.")
@click.option("--consent", is_flag=True, help="State that the citizens consented to this use.")
@with_settings
def export(
    settings: Settings,
    out: Path,
    batch: str | None,
    xa: str | None,
    since: datetime | None,
    digits: bool,
    consent: bool,
) -> None:
    """Write pictures and texts of verified fields to a folder."""
    from scanner.export.columns import VIETNAM
    from scanner.export.crops import CropTerms, export_crops

    if not consent:
        raise SettingsError("consent_not_stated")
    terms = CropTerms(datetime.now(UTC), settings.crops_retention_days, digits)
    start = since.replace(tzinfo=VIETNAM) if since else None
    with opened(settings) as store, progress(settings, "records") as meter:
        viewer = viewer_of_commune(xa)
        check_names(store, batch, viewer)
        rows = store.export_rows("verified", batch, viewer, verified_from=start)
        done = export_crops(rows, installed_forms(settings), store.files, out, terms, tick=meter.step)
    print_message(settings, "crops.done", path=out, pictures=done.pictures, by_people=done.by_people)
    print_message(settings, "crops.delete_by", day=done.delete_by.isoformat())
    _print_left_out(settings, done)


def _print_left_out(settings: Settings, done: CropSummary) -> None:
    days = settings.crops_retention_days
    for code in ("too_old", "no_form", "no_picture", "held_back"):
        if count := getattr(done, code):
            print_message(settings, f"crops.{code}", count=count, days=days, err=True)
