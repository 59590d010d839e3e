"""What is asked of every reader, and how its answers are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.form_peers.sheets import Groups, Points, Sheet
from scanner.model import DPI, FormTemplate

WRONG_MM = 1.0
"""A sheet is placed wrongly where one point in twenty is further off: a tick box has 3.5 mm."""


class Skipped(Exception):
    """Why a peer was not measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A reader on a sheet it placed: ticks, the groups it asks a person about, how far points are off (mm)."""

    ticked: Groups = field(repr=False)
    asked: frozenset[str] = frozenset()
    off_mm: Points | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One reader's answers by the page's file name (a sheet it did not place has none) and its pace."""

    reader: str
    answers: Mapping[str, Answer]
    seconds: float  # of one core a sheet, start-up left out


@dataclass(frozen=True, slots=True)
class Score:
    """What is counted. A group on a sheet that was not placed is not right; it is no silent error either."""

    sheets: int
    placed: int
    wrongly: int
    groups: int
    right: int
    silent: int
    off_px: tuple[float, float, float] | None  # p50, p95, max at 300 dpi, over all placed sheets


Read = Callable[[Sequence[Sheet], FormTemplate, Path], Outcome]
"""Sheets, their form and a folder to work in → what was read. Raises Skipped."""


def score(sheets: Sequence[Sheet], outcome: Outcome) -> Score:
    """Count one reader's answers."""
    pairs = [(sheet, outcome.answers.get(sheet.file.name)) for sheet in sheets]
    placed = [answer for _, answer in pairs if answer is not None]
    measured = [answer.off_mm for answer in placed if answer.off_mm is not None]
    states = [state for sheet, answer in pairs for state in _states(sheet.ticked, answer)]
    off = np.concatenate(measured) * DPI / 25.4 if measured else None
    return Score(
        sheets=len(sheets),
        placed=len(placed),
        wrongly=sum(bool(np.percentile(points, 95) > WRONG_MM) for points in measured),
        groups=len(states),
        right=states.count("right"),
        silent=states.count("silent"),
        off_px=None if off is None else (float(np.median(off)), float(np.percentile(off, 95)), float(off.max())),
    )


def _states(truth: Groups, answer: Answer | None) -> Iterator[str]:
    """ "right", "silent" (wrong, and nobody is asked) or "asked" for each group of a sheet."""
    for group, ticked in truth.items():
        if answer is None:
            yield "asked"
        elif answer.ticked.get(group, frozenset()) == ticked:
            yield "right"
        else:
            yield "asked" if group in answer.asked else "silent"
