"""The report's two plots, as SVG text with nothing to fetch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from scanner.evaluation.curves import ReliabilityBin, RiskPoint

LEFT, TOP, WIDE, HIGH = 52.0, 16.0, 260.0, 170.0
"""The plot's field within its picture of 330 × 232: left and top edge, width and height."""
Scale = Callable[[float], float]
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def share(value: float, lang: str) -> str:
    """A share as an axis shows it: "0.5 %", "20 %"."""
    text = f"{100 * value:.4g}"
    return (text.replace(".", ",") if lang == "vi" else text) + " %"


def risk_plot(
    points: Sequence[RiskPoint], now: tuple[float, float] | None, target: float, axes: tuple[str, str], lang: str
) -> str:
    """Risk (up, scaled to what occurs) against coverage, with the point of today and the target's line."""
    highest = max([p.risk for p in points] + ([now[1]] if now else []) + [target])
    top = next(step for step in STEPS if step >= min(highest, 1.0))
    across, up = _scale(0.0, 1.0, LEFT, WIDE), _scale(0.0, top, TOP + HIGH, -HIGH)
    parts = [_grid([0, 0.25, 0.5, 0.75, 1.0], [i * top / 4 for i in range(5)], across, up, axes, lang)]
    y = up(target)
    parts.append(f'<line class="target" x1="{LEFT:.1f}" y1="{y:.1f}" x2="{LEFT + WIDE:.1f}" y2="{y:.1f}"/>')
    if points:
        # A step: between two thresholds that can be told apart nothing changes.
        path = f"M{across(0):.1f} {up(points[0].risk):.1f}"
        for point in points:
            path += f"H{across(point.coverage):.1f}V{up(point.risk):.1f}"
        parts.append(f'<path class="curve" d="{path}"/>')
    if now:
        title = f"{share(now[0], lang)} / {share(now[1], lang)}"
        parts.append(
            f'<circle class="now" cx="{across(now[0]):.1f}" cy="{up(now[1]):.1f}" r="4.5">'
            f"<title>{escape(title)}</title></circle>"
        )
    return _picture(parts, f"{axes[1]} / {axes[0]}")


def reliability_plot(bins: Sequence[ReliabilityBin], low: float, axes: tuple[str, str], lang: str) -> str:
    """Share right against mean confidence from `low` to 1 on both axes, with intervals and the diagonal.

    A bin whose share right lies below the plot stands hollow on its lower edge.
    """
    held = [b for b in bins if b.confidence >= low]
    total = sum(b.n for b in held)
    across, up = _scale(low, 1.0, LEFT, WIDE), _scale(low, 1.0, TOP + HIGH, -HIGH)
    ticks = [low + i * (1 - low) / 4 for i in range(5)]
    parts = [_grid(ticks, ticks, across, up, axes, lang)]
    parts.append(
        f'<line class="honest" x1="{across(low):.1f}" y1="{up(low):.1f}" x2="{across(1):.1f}" y2="{up(1):.1f}"/>'
    )
    for b in held:
        x, inside = across(b.confidence), max(b.right, low)
        kind = "bin" if b.right >= low else "bin below"
        radius = 3 + 7 * math.sqrt(b.n / total)
        parts.append(
            f'<line class="bar" x1="{x:.1f}" y1="{up(max(b.interval[0], low)):.1f}" '
            f'x2="{x:.1f}" y2="{up(max(b.interval[1], low)):.1f}"/>'
            f'<circle class="{kind}" cx="{x:.1f}" cy="{up(inside):.1f}" r="{radius:.1f}">'
            f"<title>n = {b.n}: {share(b.confidence, lang)} / {share(b.right, lang)}</title></circle>"
        )
    return _picture(parts, f"{axes[1]} / {axes[0]}")


def _scale(low: float, high: float, start: float, length: float) -> Scale:
    """The straight line that takes `low` to `start` and `high` to `start + length`."""
    return lambda value: start + (value - low) * length / (high - low)


def _grid(xs: Sequence[float], ys: Sequence[float], across: Scale, up: Scale, axes: tuple[str, str], lang: str) -> str:
    lines = []
    for y in ys:
        lines.append(f'<line class="grid" x1="{LEFT}" y1="{up(y):.1f}" x2="{LEFT + WIDE}" y2="{up(y):.1f}"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{up(y) + 3.5:.1f}" text-anchor="end">{share(y, lang)}</text>')
    for x in xs:
        lines.append(f'<text x="{across(x):.1f}" y="{TOP + HIGH + 15}" text-anchor="middle">{share(x, lang)}</text>')
    middle, base = LEFT + WIDE / 2, TOP + HIGH
    lines.append(f'<text class="axis" x="{middle}" y="{base + 33}" text-anchor="middle">{escape(axes[0])}</text>')
    lines.append(f'<text class="axis" x="{LEFT}" y="{TOP - 6}">{escape(axes[1])}</text>')
    return "".join(lines)


def _picture(parts: Sequence[str], label: str) -> str:
    return f'<svg viewBox="0 0 330 232" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
