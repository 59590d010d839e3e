"""The two plots of the evaluation report as geometry, in units of their picture; `plot.html` draws them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scanner.evaluation.curves import ReliabilityBin, RiskPoint

LEFT, TOP, WIDTH, HEIGHT = 52.0, 16.0, 260.0, 170.0
"""The frame within a picture of 330 × 232: left and top edge, width and height."""
RISK_SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Upper ends of the risk axis; the smallest that holds every point is taken."""
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line of a CSS class: "target", "diagonal" or "bar"."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Point:
    """A circle of a CSS class: "now", "bin" or "bin below" (it lies below the frame)."""

    kind: str
    x: float
    y: float
    radius: float
    title: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn. `axes` are the names of x and y; `frame` is left, top, right, bottom; `curve` an SVG path."""

    axes: tuple[str, str]
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]
    points: Sequence[Point]
    curve: str = ""
    frame: tuple[float, float, float, float] = (LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT)


def format_tick(value: float, lang: str) -> str:
    """A share as an axis shows it: "0.5 %", "20 %"."""
    text = f"{100 * value:.4g}"
    return (text.replace(".", ",") if lang == "vi" else text) + " %"


def risk_plot(
    curve: Sequence[RiskPoint], now: tuple[float, float] | None, target: float, axes: tuple[str, str], lang: str
) -> Plot:
    """Risk (y, scaled to what occurs) against coverage, with today's (coverage, risk) and the line of the target."""
    highest = max([p.risk for p in curve] + ([now[1]] if now else []) + [target])
    top = next(step for step in RISK_SCALES if step >= min(highest, 1.0))
    x, y = _scale(0.0, 1.0, LEFT, WIDTH), _scale(0.0, top, TOP + HEIGHT, -HEIGHT)
    path = ""
    if curve:
        # A step: between two thresholds that can be told apart nothing changes.
        path = f"M{x(0)} {y(curve[0].risk)}" + "".join(f"H{x(p.coverage)}V{y(p.risk)}" for p in curve)
    points = []
    if now:
        title = f"{format_tick(now[0], lang)} / {format_tick(now[1], lang)}"
        points.append(Point("now", x(now[0]), y(now[1]), 4.5, title))
    return Plot(
        axes,
        [(x(value), format_tick(value, lang)) for value in (0, 0.25, 0.5, 0.75, 1.0)],
        [(y(i * top / 4), format_tick(i * top / 4, lang)) for i in range(5)],
        [Line("target", LEFT, y(target), LEFT + WIDTH, y(target))],
        points,
        path,
    )


def reliability_plot(bins: Sequence[ReliabilityBin], low: float, axes: tuple[str, str], lang: str) -> Plot:
    """Share right (y) against mean confidence (x) from `low` to 1 on both axes, with 95 % intervals and the diagonal.

    A bin whose share right is less than `low` is a hollow circle on the lower edge.
    """
    held = [b for b in bins if b.confidence >= low]
    total = sum(b.n for b in held)
    x, y = _scale(low, 1.0, LEFT, WIDTH), _scale(low, 1.0, TOP + HEIGHT, -HEIGHT)
    ticks = [low + i * (1 - low) / 4 for i in range(5)]
    lines = [Line("diagonal", x(low), y(low), x(1), y(1))]
    points = []
    for b in held:
        at = x(b.confidence)
        lines.append(Line("bar", at, y(max(b.interval[0], low)), at, y(max(b.interval[1], low))))
        kind = "bin" if b.right >= low else "bin below"
        title = f"n = {b.n}: {format_tick(b.confidence, lang)} / {format_tick(b.right, lang)}"
        radius = round(3 + 7 * math.sqrt(b.n / total), 1)
        points.append(Point(kind, at, y(max(b.right, low)), radius, title))
    return Plot(
        axes,
        [(x(value), format_tick(value, lang)) for value in ticks],
        [(y(value), format_tick(value, lang)) for value in ticks],
        lines,
        points,
    )


def _scale(low: float, high: float, start: float, length: float) -> Scale:
    """The straight line that takes `low` to `start` and `high` to `start + length`, to a tenth."""
    return lambda value: round(start + (value - low) * length / (high - low), 1)
