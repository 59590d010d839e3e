"""`sohoa calibrate`: how sure the machine may be, learnt again from this site's own verified records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from scanner.commands.common import end, installed_forms, must_be_there, of_commune, opened, with_settings
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.confidence.calibration import Calibration
    from scanner.confidence.recalibration import DecidedSample, RecalibrationOutcome

ROW = "{:<10} {:>8} {:>8} {:>11} {:>11}  {}"


@click.command()
@click.option("--xa", help="Learn from batches of this commune alone, by its code.")
@click.option("--dry-run", is_flag=True, help="Show what would come out; write nothing.")
@click.option("--reset", is_flag=True, help="Go back to the calibration that ships with Sohoa.")
@with_settings
def calibrate(settings: Settings, xa: str | None, dry_run: bool, reset: bool) -> None:
    """Learn from verified records how sure the machine may be here."""
    from scanner.confidence.calibration import load_calibration

    if reset and (dry_run or xa is not None):
        raise click.UsageError("--reset goes with no other option.")
    if reset:
        _reset(settings)
        return
    shipped = load_calibration()  # always anew from this one: scales must not pile up
    outcomes = _learnt(settings, shipped, xa)
    _print_table(outcomes)
    if not any(outcome.scale for outcome in outcomes):
        end(_too_few(outcomes))
    if not dry_run:
        _keep(settings, outcomes, shipped, xa)


def _learnt(settings: Settings, shipped: Calibration, xa: str | None) -> list[RecalibrationOutcome]:
    from scanner.confidence.recalibration import gather, learn

    with opened(settings) as store:
        viewer = of_commune(xa)
        must_be_there(store, None, viewer)
        sample = gather(store.decided_readings(viewer), installed_forms(settings), shipped)
    _print_left_out(sample)
    return learn(sample, shipped)


def _keep(settings: Settings, outcomes: Sequence[RecalibrationOutcome], shipped: Calibration, xa: str | None) -> None:
    from scanner.confidence.recalibration import calibration_of, keep
    from scanner.export.columns import VIETNAM

    own = calibration_of(outcomes, shipped, datetime.now(VIETNAM).date(), xa)
    path = keep(own, settings.data)
    click.echo(f"{path}: {own.fitted_on}. Pages read from now on are judged by it.")


def _reset(settings: Settings) -> None:
    from scanner.confidence.recalibration import reset

    gone = reset(settings.data)
    click.echo("The shipped calibration is in use again." if gone else "The shipped calibration is in use already.")


def _print_table(outcomes: Sequence[RecalibrationOutcome]) -> None:
    """The errors are expected calibration errors, both on pages that the fit did not see."""
    click.echo(ROW.format("kind", "decided", "right", "ECE before", "ECE after", "used"))
    for o in outcomes:
        errors = ("-" if e is None else f"{e:.4f}" for e in (o.error_before, o.error_after))
        click.echo(ROW.format(o.kind, o.decided, o.right, *errors, "yes" if o.scale else "no, too few"))


def _too_few(outcomes: Sequence[RecalibrationOutcome]) -> str:
    from scanner.confidence.recalibration import FEWEST, FEWEST_OF_EACH

    most = max(outcomes, key=lambda o: o.decided)
    needed = f"{FEWEST} decisions needed, {FEWEST_OF_EACH} of them wrong and {FEWEST_OF_EACH} right"
    there = f"{most.decided}, {most.wrong} of them wrong and {most.right} right"
    return f"No kind of reading has the {needed}; {most.kind}, which has the most, has {there}."


def _print_left_out(sample: DecidedSample) -> None:
    for count, why in (
        (sample.not_doubted, "came to a person for another reason than the machine's doubt"),
        (sample.no_form, "are of forms or fields that are not installed"),
        (sample.other_version, "were read by another version of Sohoa"),
    ):
        if count:
            click.echo(f"Left out: {count} decided readings {why}.", err=True)
