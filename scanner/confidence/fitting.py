"""Fitting the confidence: a logistic model a kind of reading, and a threshold that holds for hands not yet seen.

The threshold is chosen on predictions for groups (pages) left out of the fit, by the upper confidence bound of the
error among what would be accepted: a share seen in a sample is no promise, its bound nearly is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.confidence.calibration import Calibration, LogisticModel

Z = 1.645
"""One-sided 95 %."""
RIDGE = 0.3
FOLDS = 5
FEWEST, FEWEST_WRONG = 40, 5
NEVER = 1.01
OWN, OWN_THRESHOLD = "joint", 0.9
"""The measure that is log-odds already, and what it must reach where nothing went wrong to learn from."""
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittingCase:
    """One reading with its truth."""

    kind: str
    features: Mapping[str, float]
    right: bool
    hard: bool = False  # goes to a person whatever the confidence
    group: str = ""  # the page: what was left out together


def fit(cases: Sequence[FittingCase], names: Sequence[str], target: float) -> LogisticModel:
    """A model of the named features, and the lowest threshold at which the bound of the error meets the target."""
    usable = [c for c in cases if not c.hard]
    x = np.array([[c.features.get(n, 0.0) for n in names] for c in usable]).reshape(len(usable), len(names))
    y = np.array([c.right for c in usable], float)
    ceiling = (len(y) + 1) / (len(y) + 2)
    if len(y) < FEWEST or (1 - y).sum() < FEWEST_WRONG:
        # next to nothing went wrong: all that can be said is how often at most it does
        sure = 1 - upper_bound(int((1 - y).sum()), max(len(y), 1))
        if OWN in names:  # the reader's own probability is all there is to go by
            return LogisticModel(0.0, {OWN: 1.0}, OWN_THRESHOLD, ceiling)
        worth = math.log(max(sure, 0.5) / max(1 - sure, 1e-6))
        return LogisticModel(worth, {}, 0.9 if 1 - sure <= 4 * target else NEVER, ceiling)
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = (x - centre) / scale
    weights = logistic(z, y)
    held = _left_out(z, y, [c.group for c in usable])
    slopes = weights[:-1] / scale
    bias = float(weights[-1] - (slopes * centre).sum())
    model = LogisticModel(bias, dict(zip(names, map(float, slopes), strict=True)), NEVER, ceiling)
    return LogisticModel(model.bias, model.weights, threshold(np.minimum(held, ceiling), y > 0, target), ceiling)


def logistic(x: Vector, y: Vector) -> Vector:
    """Weights (features, then bias) of a ridge-regularised logistic regression, by Newton's method."""
    design = np.hstack([x, np.ones((len(x), 1))])
    ridge = np.eye(design.shape[1]) * RIDGE
    ridge[-1, -1] = 0
    w = np.zeros(design.shape[1])
    for _ in range(60):
        p = probabilities(design, w)
        slope = design.T @ (y - p) - ridge @ w
        curve = (design.T * (p * (1 - p) + 1e-6)) @ design + ridge
        step = np.linalg.solve(curve, slope)
        w = w + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-9))
        if float(np.abs(step).max()) < 1e-6:
            break
    return np.asarray(w, np.float64)


def probabilities(design: Vector, w: Vector) -> Vector:
    """1 / (1 + exp(−design · w))"""
    return np.asarray(1 / (1 + np.exp(-np.clip(design @ w, -30, 30))), np.float64)


def _left_out(x: Vector, y: Vector, groups: Sequence[str]) -> Vector:
    """The probability of each case by a model that did not see its group."""
    names = sorted(set(groups))
    fold = np.array([names.index(g) % FOLDS for g in groups]) if len(names) >= FOLDS else np.arange(len(y)) % FOLDS
    design = np.hstack([x, np.ones((len(x), 1))])
    out = np.zeros(len(y))
    for k in range(FOLDS):
        out[fold == k] = probabilities(design[fold == k], logistic(x[fold != k], y[fold != k]))
    return out


def threshold(p: Vector, right: NDArray[np.bool_], target: float) -> float:
    """The lowest probability from which on the error's upper bound is within the target; above 1 where none is."""
    order = np.argsort(-p, kind="stable")
    wrong = np.cumsum(~right[order])
    bounds = np.array([upper_bound(int(w), n) for n, w in enumerate(wrong, 1)])
    fits = np.flatnonzero(bounds <= target)
    return float(p[order][fits[-1]]) if len(fits) else NEVER


def upper_bound(wrong: int, count: int, z: float = Z) -> float:
    """Upper Wilson bound of a share of errors."""
    share = wrong / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)


def calibration_error(p: Vector, right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over bins of equal size (Naeini et al., 2015)."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(part) * abs(p[part].mean() - right[part].mean()) for part in parts) / max(len(p), 1))


def as_data(calibration: Calibration) -> dict[str, object]:
    """A calibration as it is kept in JSON."""
    return {
        "fitted_on": calibration.fitted_on,
        "models": {
            k: {"bias": m.bias, "weights": dict(m.weights), "threshold": m.threshold, "ceiling": m.ceiling}
            for k, m in calibration.models.items()
        },
    }
