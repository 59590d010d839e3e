"""The gate's two plots, as SVG that stands alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

WIDE, HIGH, LEFT, TOP = 520.0, 250.0, 64.0, 30.0
STYLE = (
    "text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}.good{stroke:#1a7f37;fill:none;stroke-width:2}"
    ".wrong{stroke:#c0392b;fill:none;stroke-width:2}.at{stroke:#333;stroke-dasharray:4 3}"
    ".seen{fill:#1a7f37;fill-opacity:.35}.flagged{fill:#e08e0b;fill-opacity:.6}.silent{fill:#c0392b}"
)


def gate_curve(good: Sequence[float], wrong: Sequence[float], threshold: float) -> str:
    """False refusals and false acceptances over the threshold, logarithmic upwards; a curve ends at its last case."""
    low, high, floor = -14.0, 9.0, 1e-5
    ts = np.linspace(low, high, 400)
    g, w = np.sort(good), np.sort(wrong)
    refused = np.searchsorted(g, ts, "left") / len(g)
    passed = 1 - np.searchsorted(w, ts, "left") / len(w)
    plot = _Plot((low, high), (math.log10(floor), 0.0))
    for power in range(-5, 1):
        plot.across(power, f"{100 * 10.0**power:g} %")
    for x in range(-12, 9, 4):
        plot.label_x(x, str(x))
    for name, share in (("wrong", passed), ("good", refused)):
        seen = share > 0
        plot.path(name, [(t, math.log10(s)) for t, s in zip(ts[seen], share[seen], strict=True)])
    plot.upright(threshold, f"threshold {threshold:.1f}")
    plot.words(f"wrong placements that pass ({len(w):,})", 8, 20, "#c0392b")
    plot.words(f"good pages refused ({len(g):,})", WIDE - 170, 20, "#1a7f37")
    return plot.svg("log-odds of the page's evidence", "share")


def local_plot(near: Sequence[float], off: Sequence[float], flagged: Sequence[bool], wrong: Sequence[bool]) -> str:
    """Each field: the residual near it (right) and how far its worst corner is off (up), both logarithmic."""
    plot = _Plot((-3.0, 0.3), (-2.5, 1.3))
    for value in (0.01, 0.1, 1.0, 10.0):
        plot.across(math.log10(value), f"{value:g} mm")
    for value in (0.001, 0.01, 0.1, 1.0):
        plot.label_x(math.log10(value), f"{value:g}")
    for x, y, t, bad in zip(near, off, flagged, wrong, strict=True):
        kind = "silent" if bad and not t else "flagged" if t else "seen"
        plot.dot(kind, math.log10(max(x, 1e-3)), math.log10(min(max(y, 10**-2.5), 19.0)))
    plot.words("accepted", 8, 18, "#1a7f37")
    plot.words("flagged: goes to a person", 80, 18, "#e08e0b")
    plot.words("off and not flagged", 230, 18, "#c0392b")
    return plot.svg("residual near the field, mm", "worst corner off")


class _Plot:
    """A frame with axes; what is drawn is clipped to it."""

    def __init__(self, xs: tuple[float, float], ys: tuple[float, float]) -> None:
        self._xs, self._ys = xs, ys
        self._parts: list[str] = []

    def _x(self, v: float) -> float:
        return LEFT + (min(max(v, self._xs[0]), self._xs[1]) - self._xs[0]) / (self._xs[1] - self._xs[0]) * WIDE

    def _y(self, v: float) -> float:
        return TOP + HIGH - (min(max(v, self._ys[0]), self._ys[1]) - self._ys[0]) / (self._ys[1] - self._ys[0]) * HIGH

    def across(self, v: float, label: str) -> None:
        y = self._y(v)
        self._parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + WIDE}" y2="{y:.1f}"/>')
        self._parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')

    def label_x(self, v: float, label: str) -> None:
        self._parts.append(f'<text x="{self._x(v):.1f}" y="{TOP + HIGH + 17}" text-anchor="middle">{label}</text>')

    def path(self, kind: str, points: Sequence[tuple[float, float]]) -> None:
        steps = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)
        self._parts.append(f'<polyline class="{kind}" points="{steps}"/>')

    def dot(self, kind: str, x: float, y: float) -> None:
        self._parts.append(f'<circle class="{kind}" cx="{self._x(x):.0f}" cy="{self._y(y):.0f}" r="2"/>')

    def upright(self, v: float, label: str) -> None:
        x = self._x(v)
        self._parts.append(f'<line class="at" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + HIGH}"/>')
        self._parts.append(f'<text x="{x:.1f}" y="{TOP - 8}" text-anchor="middle">{label}</text>')

    def words(self, text: str, x: float, y: float, colour: str) -> None:
        self._parts.append(f'<text x="{LEFT + x}" y="{TOP + y}" style="fill:{colour}">{text}</text>')

    def svg(self, below: str, above: str) -> str:
        """The whole picture."""
        w, h = LEFT + WIDE + 16, TOP + HIGH + 44
        parts = "\n".join(dict.fromkeys(self._parts))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}">'
            f'<style>{STYLE}</style><rect width="{w:g}" height="{h:g}" fill="#fff"/>{parts}'
            f'<text x="{LEFT + WIDE / 2}" y="{h - 8}" text-anchor="middle">{below}</text>'
            f'<text x="8" y="{TOP - 12}">{above}</text></svg>\n'
        )
