"""`sohoa calibrate`: fit confidence again to this site's own verified records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from scanner.commands.common import (
    check_names,
    installed_forms,
    opened,
    print_message,
    viewer_of_commune,
    with_settings,
)
from scanner.errors import SohoaError
from scanner.messages import message
from scanner.settings import Settings

if TYPE_CHECKING:
    from scanner.confidence.calibration import Calibration
    from scanner.confidence.recalibration import DecidedSample, RecalibrationOutcome

ROW = "{:<10} {:>8} {:>8} {:>11} {:>11}  {}"


@click.command()
@click.option("--xa", help="Fit to batches of this commune alone, by its code.")
@click.option("--dry-run", is_flag=True, help="Show the result; write nothing.")
@click.option("--reset", is_flag=True, help="Go back to the shipped calibration.")
@with_settings
def calibrate(settings: Settings, xa: str | None, dry_run: bool, reset: bool) -> None:
    """Fit the confidence of readings to this site's verified records."""
    from scanner.confidence.calibration import load_calibration

    if reset and (dry_run or xa is not None):
        raise click.UsageError("--reset cannot be combined with other options.")
    if reset:
        _reset(settings)
        return
    shipped = load_calibration()  # always anew from this one: scales must not pile up
    outcomes = _learnt(settings, shipped, xa)
    _print_table(settings, outcomes)
    if not any(outcome.scale for outcome in outcomes):
        raise _too_few(outcomes)
    if not dry_run:
        _keep(settings, outcomes, shipped, xa)


def _learnt(settings: Settings, shipped: Calibration, xa: str | None) -> list[RecalibrationOutcome]:
    from scanner.confidence.recalibration import gather, learn

    with opened(settings) as store:
        viewer = viewer_of_commune(xa)
        check_names(store, None, viewer)
        sample = gather(store.decided_readings(viewer), installed_forms(settings), shipped)
    _print_left_out(settings, sample)
    return learn(sample, shipped)


def _keep(settings: Settings, outcomes: Sequence[RecalibrationOutcome], shipped: Calibration, xa: str | None) -> None:
    from scanner.confidence.recalibration import calibration_of, keep
    from scanner.export.columns import VIETNAM

    own = calibration_of(outcomes, shipped, datetime.now(VIETNAM).date(), xa)
    path = keep(own, settings.data)
    print_message(settings, "calibrate.kept", path=path, fitted_on=own.fitted_on)


def _reset(settings: Settings) -> None:
    from scanner.confidence.recalibration import reset

    print_message(settings, "calibrate.reset" if reset(settings.data) else "calibrate.reset_already")


def _print_table(settings: Settings, outcomes: Sequence[RecalibrationOutcome]) -> None:
    """The errors are expected calibration errors, both on pages that the fit did not see."""
    lang = settings.language
    heads = ("kind", "decided", "right", "before", "after", "used")
    click.echo(ROW.format(*(message(f"command.calibrate.head.{head}", lang) for head in heads)))
    for o in outcomes:
        errors = ("-" if e is None else f"{e:.4f}" for e in (o.error_before, o.error_after))
        used = message("command.calibrate.used" if o.scale else "command.calibrate.unused", lang)
        click.echo(ROW.format(o.kind, o.decided, o.right, *errors, used))


def _too_few(outcomes: Sequence[RecalibrationOutcome]) -> SohoaError:
    from scanner.confidence.recalibration import FEWEST, FEWEST_OF_EACH

    most = max(outcomes, key=lambda o: o.decided)
    counts = {"decided": most.decided, "wrong": most.wrong, "right": most.right}
    return SohoaError("too_few_decisions", needed=FEWEST, of_each=FEWEST_OF_EACH, kind=most.kind, **counts)


def _print_left_out(settings: Settings, sample: DecidedSample) -> None:
    for code in ("not_doubted", "no_form", "other_version"):
        if count := getattr(sample, code):
            print_message(settings, f"calibrate.{code}", count=count, err=True)
