"""What every reader says of the sheets, counted the same way.

    python -m benchmarks.form_peers.compare [--count 30] [--seed 4711] [--no-peers]

`make bench` prints the same table. A peer that is not at hand is a row that says why.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"), "1")

import cv2
from rich.console import Console
from rich.table import Table

from benchmarks.form_peers import formhtr, omrchecker, ours
from benchmarks.form_peers.scoring import Outcome, Read, Score, Skipped, score
from benchmarks.form_peers.sheets import SEED, Sheet, draw_sheets
from samples.draw import FORM
from scanner.forms.loading import load_form
from scanner.model import FormTemplate

COUNT = 30
HEADINGS = ("reader", "sheets placed", "wrongly", "choice groups right", "silent errors", "off by, px", "s a sheet")


def cells(outcome: Outcome, counted: Score) -> tuple[str, ...]:
    """A row under `HEADINGS`."""
    off = "/".join(f"{v:.2f}" if v < 10 else f"{v:.0f}" for v in counted.off_px) if counted.off_px else "not known"
    return (
        outcome.reader,
        f"{counted.placed} of {counted.sheets}",
        str(counted.wrongly) if counted.off_px else "not known",
        f"{counted.right} of {counted.groups} ({100 * counted.right / max(counted.groups, 1):.1f} %)",
        str(counted.silent),
        off,
        f"{outcome.seconds:.2f}",
    )


def row(name: str, read: Read, sheets: Sequence[Sheet], form: FormTemplate, folder: Path) -> tuple[str, ...]:
    """A reader's row, or why it was skipped."""
    try:
        outcome = read(sheets, form, folder)
    except Skipped as why:
        return (name, f"skipped: {why}", *[""] * (len(HEADINGS) - 2))
    return cells(outcome, score(sheets, outcome))


def readers(peers: bool) -> list[tuple[str, Read]]:
    """Ours first."""
    by_hand = partial(formhtr.read, by_hand=True)
    others: list[tuple[str, Read]] = [
        ("OMRChecker", omrchecker.read),
        ("formHTR", formhtr.read),
        ("formHTR, placed by hand", by_hand),
    ]
    return [("Sohoa", ours.read), *(others if peers else [])]


def compare(count: int = COUNT, seed: int = SEED, peers: bool = True) -> Table:
    """Draw the sheets, let every reader read them, and lay out what came of it."""
    form = load_form(FORM)
    title = f"Other readers of forms, {count} sheets of seed {seed}; off by: p50/p95/max at 300 dpi"
    table = Table(*HEADINGS, title=title)
    with tempfile.TemporaryDirectory() as folder:
        sheets = draw_sheets(Path(folder) / "sheets", count, seed, form)
        for number, (name, read) in enumerate(readers(peers)):
            place = Path(folder) / str(number)
            place.mkdir()
            table.add_row(*row(name, read, sheets, form, place))
    return table


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--no-peers", action="store_true", help="Sohoa alone")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    Console(width=150).print(compare(options.count, options.seed, not options.no_peers))


if __name__ == "__main__":
    main()
