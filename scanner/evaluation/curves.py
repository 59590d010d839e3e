"""What confidence is worth: risk against coverage, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scanner.confidence.statistics import EDGES, bins_of, expected_calibration_error, wilson_interval
from scanner.evaluation.scores import JudgedField


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Accept everything from `confidence` up: the share accepted, and the share of it that is wrong."""

    confidence: float
    coverage: float
    risk: float


def risk_coverage(items: Sequence[JudgedField]) -> tuple[RiskPoint, ...]:
    """Risk against coverage as the threshold regressions, one point for each confidence that occurs.

    El-Yaniv & Wiener (2010), JMLR 11, 1605–1641. Equal confidences cannot be told apart by any
    threshold, so they enter together. Unclear fields have no value to be right or wrong and are left out.
    """
    ranked = sorted((item for item in items if not item.unclear), key=lambda item: -item.confidence)
    points: list[RiskPoint] = []
    wrong = 0
    for taken, item in enumerate(ranked, start=1):
        wrong += not item.right
        if taken == len(ranked) or ranked[taken].confidence != item.confidence:
            points.append(RiskPoint(item.confidence, taken / len(ranked), wrong / taken))
    return tuple(points)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Items of one range of confidence: their mean confidence and the share that is right (95 % interval)."""

    low: float
    high: float
    n: int
    confidence: float
    right: float
    interval: tuple[float, float]


def reliability(items: Sequence[JudgedField]) -> tuple[ReliabilityBin, ...]:
    """Mean confidence against the share right, for each range of `EDGES` in which there is an item."""
    judged = [item for item in items if not item.unclear]
    which = bins_of(np.array([item.confidence for item in judged], float))
    bins: list[ReliabilityBin] = []
    for number, (low, high) in enumerate(pairwise(EDGES)):
        held = [item for item, k in zip(judged, which, strict=True) if k == number]
        if held:
            right = sum(item.right for item in held)
            mean = sum(item.confidence for item in held) / len(held)
            bins.append(
                ReliabilityBin(low, high, len(held), mean, right / len(held), wilson_interval(right, len(held)))
            )
    return tuple(bins)


def calibration_error(items: Sequence[JudgedField]) -> float:
    """The expected calibration error of items that have a right value, over the bins of `reliability`; 0–1."""
    judged = [item for item in items if not item.unclear]
    confidence = np.array([item.confidence for item in judged], float)
    return expected_calibration_error(confidence, np.array([item.right for item in judged], bool))
