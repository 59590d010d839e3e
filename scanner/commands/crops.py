"""`sohoa crops`: pictures of fields with their verified texts, for those who train the reading."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.commands.common import installed_forms, must_be_there, of_commune, opened, progress, with_settings
from scanner.errors import SettingsError
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.export.crops import CropSummary


@click.group()
def crops() -> None:
    """Pictures of fields with their verified texts, as training data."""


@crops.command("export")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A folder, new or empty.")
@click.option("--batch", help="Only this batch.")
@click.option("--xa", help="Only batches of this commune, by its code.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only records verified on this day or later.")
@click.option("--digits", is_flag=True, help="Also numbers and dates, into digits.tsv.")
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
    from scanner.export.crops import Terms, export_crops

    if not consent:
        raise SettingsError("consent_not_stated")
    terms = Terms(datetime.now(UTC), settings.crops_retention_days, digits)
    start = since.replace(tzinfo=VIETNAM) if since else None
    with opened(settings) as store, progress("Records") as meter:
        viewer = of_commune(xa)
        must_be_there(store, batch, viewer)
        rows = store.export_rows("verified", batch, viewer, verified_from=start)
        done = export_crops(rows, installed_forms(settings), store.files, out, terms, tick=meter.step)
    click.echo(f"{out}: {done.pictures} pictures, {done.by_people} of them settled by a person.")
    click.echo(f"It holds personal data and must be deleted by {done.delete_by.isoformat()}.")
    _print_left_out(done, terms.keep_days)


def _print_left_out(done: CropSummary, days: int) -> None:
    for count, why in (
        (done.too_old, f"records are older than {days} days (SOHOA_CROPS_RETENTION_DAYS)"),
        (done.no_form, "records are of forms that are not installed"),
        (done.no_picture, "fields have no picture"),
        (done.held_back, "fields are numbers or dates; take them along with --digits"),
    ):
        if count:
            click.echo(f"Left out: {count} {why}.", err=True)
