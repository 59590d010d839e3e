"""Trials classified: which placements and which fields are right or wrong, what passes, and bounds on how often."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from samples.misplaced import HELD_OUT
from samples.office_wear import GOOD
from scanner.confidence.statistics import LogisticModel
from scanner.forms.loading import load_form
from scanner.layout.registration.field_evidence import FieldEvidence
from scanner.layout.registration.gate import PlacementEvidence
from scanner.model import FieldLayout
from training.gate.trials import Trial

FORM = load_form("mau-so-03")
LIMIT_MM, LIMIT_PHOTO_MM, LIMIT_ROOM_MM = 1.0, 2.0, 5.0
"""A corner further off than this is wrong: on scans, on photos; and the middle of the signature's room, 68 mm wide,
which has no print of its own and none below it."""
RIGHT_MM = 0.3
"""A field whose worst corner is nearer than this is right for the fit; one up to `fit.OFF_MM` is left out."""
WRONG_SHARE = 0.5
"""A page is placed wrongly on the whole where so many of its fields are wrong; below, its fields are to be flagged."""
FIT_EACH = 4
"""Every such seed is for fitting."""
HELD_GUESSES = frozenset({"row and option", "far jitter"})
"""Wrong first guesses that the fit does not see."""


@dataclass(frozen=True, slots=True)
class FieldCase:
    """One field of one trial."""

    evidence: FieldEvidence
    off: float
    wrong: bool


def fields_of(trial: Trial) -> list[FieldCase]:
    """Its fields, where the fit got as far as that."""
    limit = LIMIT_PHOTO_MM if trial.photo else LIMIT_MM
    return [
        FieldCase(e, off, off > (LIMIT_ROOM_MM if spec.layout is FieldLayout.AREA else limit))
        for spec, e, off in zip(FORM.fields if trial.fields else (), trial.fields, trial.off, strict=True)
    ]


def is_good(trial: Trial) -> bool:
    """A page that must be placed, placed as it would be."""
    return trial.kind in GOOD and trial.guess == "found"


def is_wrong(trial: Trial) -> bool:
    """A placement that is wrong on the whole: nothing to fit, or half of the fields and more are off."""
    fields = fields_of(trial)
    if not fields:
        return trial.kind not in GOOD or trial.guess != "found"
    return sum(f.wrong for f in fields) >= WRONG_SHARE * len(fields)


def for_fitting(trial: Trial) -> bool:
    """Each fourth seed, of kinds and of guesses that are not held out; the rest is for the report."""
    return trial.seed % FIT_EACH == 0 and trial.kind not in HELD_OUT and trial.guess not in HELD_GUESSES


def last(trial: Trial) -> PlacementEvidence | None:
    """The evidence of the last pass, which decides; None where key points found nothing."""
    return trial.passes[-1] if trial.passes else None


def score(trial: Trial, scale: LogisticModel) -> float:
    """The page's log-odds after its last pass; −∞ where there was nothing to begin with."""
    evidence = last(trial)
    return -math.inf if evidence is None else scale.log_odds(evidence.features)


def upper(count: int, total: int, confidence: float = 0.95) -> float:
    """Clopper–Pearson: the one-sided upper bound of a share."""
    if count >= total:
        return 1.0
    low, high = count / total, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if _at_most(count, total, middle) < 1 - confidence else (middle, high)
    return high


def _at_most(count: int, total: int, p: float) -> float:
    terms = (
        math.lgamma(total + 1) - math.lgamma(i + 1) - math.lgamma(total - i + 1)
        + i * math.log(p) + (total - i) * math.log1p(-p)
        for i in range(count + 1)
    )  # fmt: skip
    return sum(math.exp(t) for t in terms)


def tail(scores: Sequence[float], share: float, top: float = 0.05) -> float:
    """The score that a share of the sample's source lies beyond: an exponential tail through the top scores.

    Peaks over threshold (Coles, An Introduction to Statistical Modeling of Extreme Values, 2001, ch. 4), shape 0.
    """
    ordered = np.sort(np.asarray(scores, np.float64))
    count = max(round(top * len(ordered)), 10)
    start = float(ordered[-count])
    mean = float((ordered[-count:] - start).mean())
    return start + mean * math.log(count / len(ordered) / share)


def finite(scores: Iterable[float]) -> list[float]:
    """Those that are numbers."""
    return [s for s in scores if math.isfinite(s)]
