"""Fitting the confidence: a logistic model a kind of reading, and a threshold that holds for hands not yet seen.

The direction of most measures is known before any reading was seen: more print out of place, more distance between the
readers or less probable ink never make a value likelier. Their weights are held to that sign, so that chance in the
sample cannot turn them round; a measure that would weigh the other way weighs nothing.

The threshold is chosen on predictions for groups (pages) left out of the fit, by the upper confidence bound of the
error among what would be accepted: a share seen in a sample is no promise, its bound nearly is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scanner.confidence.calibration import Calibration
from scanner.confidence.statistics import LogisticModel, Vector, fit_logistic, sigmoid, wilson_interval

Z = 1.645
"""One-sided 95 %."""
FOLDS = 5
FEWEST, FEWEST_WRONG = 40, 5
NEVER = 1.01
LEAST_THRESHOLD = 0.9
"""Nothing less sure than this is accepted, however few errors a sample holds."""
OWN = "joint"
"""The measure that is log-odds already."""


@dataclass(frozen=True, slots=True)
class FittingCase:
    """One reading with its truth."""

    kind: str
    features: Mapping[str, float]
    right: bool
    hard: bool = False  # goes to a person for what was found in the field itself: its features say nothing of others
    seen: bool = False  # goes to a person for another reason, as a broken rule: it is never accepted, right or wrong
    group: str = ""  # the page: what was left out together


def fit(
    cases: Sequence[FittingCase],
    signs: Mapping[str, int],
    target: float,
    doubtful: Mapping[str, float] | None = None,
) -> LogisticModel:
    """A model of the features that `signs` names, and the lowest threshold at which the error's bound meets the target.

    `signs` gives each feature its direction: 1 where more of it never makes a value less likely right, -1 where it
    never makes it likelier, 0 where that is not known. `doubtful` are features as they are where a reading is at its
    least sure: where fewer than FEWEST_WRONG went wrong, one right and one wrong reading there are added to the sample.
    So a measure weighs before errors of its kind were seen, and the less the more right readings stand near it.
    """
    usable = [c for c in cases if not c.hard]
    wrong = sum(not c.right for c in usable)
    ceiling = (len(usable) + 1) / (len(usable) + 2)  # rule of succession
    if len(usable) >= FEWEST and wrong >= FEWEST_WRONG:
        return _fitted(usable, signs, target, ceiling)
    if OWN in signs:  # next to nothing went wrong, and the reader's own probability is all there is to go by
        return LogisticModel(0.0, {OWN: 1.0}, LEAST_THRESHOLD, ceiling)
    # all that can be said is how often at most it goes wrong
    sure = 1 - wilson_interval(wrong, len(usable), Z)[1] if usable else 0.0
    passes = LEAST_THRESHOLD if 1 - sure <= 4 * target else NEVER
    if doubtful is not None and passes < NEVER:
        even = [FittingCase(usable[0].kind, doubtful, right) for right in (True, False)]
        return replace(_fitted([*usable, *even], signs, target, ceiling), threshold=passes)
    return LogisticModel(math.log(max(sure, 0.5) / max(1 - sure, 1e-6)), {}, passes, ceiling)


def _fitted(cases: Sequence[FittingCase], signs: Mapping[str, int], target: float, ceiling: float) -> LogisticModel:
    """Features that come out with no weight are left out of the model."""
    names = list(signs)
    x = np.array([[c.features.get(n, 0.0) for n in names] for c in cases]).reshape(len(cases), len(names))
    y = np.array([c.right for c in cases], float)
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z, directions = (x - centre) / scale, list(signs.values())
    weights = fit_logistic(z, y, directions)
    held = np.minimum(_left_out(z, y, [c.group for c in cases], directions), ceiling)
    slopes = weights[:-1] / scale
    bias = float(weights[-1] - (slopes * centre).sum())
    kept = {name: float(slope) for name, slope in zip(names, slopes, strict=True) if slope}
    unseen = np.array([not c.seen for c in cases])
    return LogisticModel(bias, kept, threshold(held[unseen], y[unseen] > 0, target), ceiling)


def _left_out(x: Vector, y: Vector, groups: Sequence[str], signs: Sequence[int]) -> Vector:
    """The probability of each case by a model that did not see its group."""
    names = sorted(set(groups))
    fold = np.array([names.index(g) % FOLDS for g in groups]) if len(names) >= FOLDS else np.arange(len(y)) % FOLDS
    out = np.zeros(len(y))
    for k in range(FOLDS):
        weights = fit_logistic(x[fold != k], y[fold != k], signs)
        out[fold == k] = sigmoid(x[fold == k] @ weights[:-1] + weights[-1])
    return out


def threshold(p: Vector, right: NDArray[np.bool_], target: float) -> float:
    """The lowest probability from which on the error's upper bound is within the target; above 1 where none is."""
    order = np.argsort(-p, kind="stable")
    wrong = np.cumsum(~right[order])
    bounds = np.array([wilson_interval(int(w), n, Z)[1] for n, w in enumerate(wrong, 1)])
    fits = np.flatnonzero(bounds <= target)
    return float(p[order][fits[-1]]) if len(fits) else NEVER


def as_data(calibration: Calibration) -> dict[str, object]:
    """A calibration as it is kept in JSON."""
    return {
        "fitted_on": calibration.fitted_on,
        "models": {
            k: {"bias": m.bias, "weights": dict(m.weights), "threshold": m.threshold, "ceiling": m.ceiling}
            for k, m in calibration.models.items()
        },
    }
