"""Statistics that fitting, measuring and reading share: logistic model, calibration error, interval of a share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

RIDGE = 0.3
"""Weight of the ridge on standardised features: what a third of a reading at one standard deviation says."""
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Bins of confidence: tenths, finer at the top, where acceptance is decided."""
FARTHEST = 30.0
"""Log-odds are cut here: beyond it a double holds no other probability than 0 or 1."""


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """p = 1 / (1 + exp(-(bias + Σ weight·feature))), at most `ceiling`; from `threshold` on it passes.

    A feature that is missing counts 0. `ceiling` is the upper end of what the fitting sample can show.
    """

    bias: float
    weights: Mapping[str, float]
    threshold: float
    ceiling: float = 1.0

    def log_odds(self, features: Mapping[str, float]) -> float:
        """The log-odds of p, before the ceiling."""
        return self.bias + sum(w * features.get(name, 0.0) for name, w in self.weights.items())

    def probability(self, features: Mapping[str, float]) -> float:
        """The probability p, 0–1."""
        return min(self.ceiling, float(sigmoid(np.array(self.log_odds(features)))))


def sigmoid(log_odds: Vector) -> Vector:
    """Log-odds → probabilities, of the same shape."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -FARTHEST, FARTHEST))), np.float64)


def fit_logistic(x: Vector, y: Vector, signs: Sequence[int] = (), ridge: float = RIDGE) -> Vector:
    """The likeliest weights of a logistic regression: those of the features (m), then the bias; shape (m + 1,).

    `x` has the shape (n, m), `y` (n,) is 0–1. `signs` says for each feature whether its weight must not be negative
    (1), must not be positive (-1) or is free (0); without it all are free. The bias has no ridge. Newton's method on
    the weights that are not held at 0 by their sign, projected (Bertsekas, 1982, SIAM J. Control Optim. 20, 221–246).
    """
    design = np.hstack([x, np.ones((len(x), 1))])
    sign = np.array([*(signs or [0] * x.shape[1]), 0], float)
    penalty = np.append(np.full(x.shape[1], ridge), 0.0)

    def cost(w: Vector) -> float:
        z = design @ w
        return float(np.logaddexp(0, z).sum() - y @ z + (penalty * w**2).sum() / 2)

    w = np.zeros(design.shape[1])
    for _ in range(200):
        p = sigmoid(design @ w)
        slope = design.T @ (p - y) + penalty * w
        free = ~((sign != 0) & (w == 0) & (sign * slope >= 0))
        part = design[:, free]
        curve = (part.T * (p * (1 - p) + 1e-9)) @ part + np.diag(penalty[free] + 1e-9)
        step = np.zeros_like(w)
        step[free] = -np.linalg.solve(curve, slope[free])
        before, size = cost(w), 1.0
        while True:
            moved = w + size * step
            moved[sign * moved < 0] = 0.0
            if cost(moved) <= before + 1e-4 * float(slope @ (moved - w)) or size < 1e-8:
                break
            size /= 2
        change = float(np.abs(moved - w).max())
        w = moved
        if change < 1e-9:
            break
    return np.asarray(w, np.float64)


def expected_calibration_error(p: Vector, right: NDArray[np.bool_], edges: Sequence[float] = EDGES) -> float:
    """The mean gap between confidence and share right over bins of confidence, weighted by the bins' counts; 0–1.

    Naeini, Cooper & Hauskrecht (2015), AAAI. 0 where there is nothing.
    """
    which = bins_of(p, edges)
    gaps = [abs(p[which == k].sum() - right[which == k].sum()) for k in range(len(edges) - 1)]
    return float(sum(gaps)) / len(p) if len(p) else 0.0


def bins_of(p: Vector, edges: Sequence[float] = EDGES) -> NDArray[np.intp]:
    """The bin that each probability falls in, from 0; a bin holds its lower edge, the last one its upper edge too."""
    return np.clip(np.searchsorted(np.array(edges), p, side="right") - 1, 0, len(edges) - 2)


def wilson_interval(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval for a share of hits in n (95 % by default); (0, 1) where n is 0.

    Wilson, E. B. (1927), JASA 22, 209–212. It stays within 0–1 and holds where hits is 0 or n.
    """
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # at the ends the formula gives the bound exactly; only rounding would leave it
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == n else middle + half
    return low, high
