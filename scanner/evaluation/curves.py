"""What confidence is worth: risk against coverage, and reliability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scanner.evaluation.scores import JudgedField, wilson

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Bins of confidence: tenths, finer at the top, where acceptance is decided."""


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
    bins: list[ReliabilityBin] = []
    for low, high in pairwise(EDGES):
        held = [
            item
            for item in items
            if not item.unclear and (low <= item.confidence < high or (high == EDGES[-1] and item.confidence >= high))
        ]
        if held:
            right = sum(item.right for item in held)
            mean = sum(item.confidence for item in held) / len(held)
            bins.append(ReliabilityBin(low, high, len(held), mean, right / len(held), wilson(right, len(held))))
    return tuple(bins)


def calibration_error(items: Sequence[JudgedField]) -> float:
    """Expected calibration error over `EDGES`: the mean gap between confidence and share right, 0–1.

    Naeini, Cooper & Hauskrecht (2015), AAAI. 0 where there is no item.
    """
    bins = reliability(items)
    n = sum(b.n for b in bins)
    return sum(b.n * abs(b.confidence - b.right) for b in bins) / n if n else 0.0
