"""Entries struck out and written anew, beside or above; digits crossed out. Drawn over a sheet, random from its hand.

As in `samples.slips` there are two families of style, one to tune with and one to report on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from samples.draw import Pen
from samples.slips import stroke
from scanner.model import PX_PER_MM, Box


def strike_text(pen: Pen, x0: float, x1: float, y: float, height: float, width: int, style: str, family: int) -> None:
    """Strike out what is written from x0 to x1 (mm), its middle at y, its letters `height` high."""
    rng = pen.rng
    x0, x1 = x0 - rng.uniform(0.0, 1.5), x1 + rng.uniform(0.0, 1.5)
    if style == "scribble":
        turns = max(8, int((x1 - x0) / rng.uniform(0.8, 1.4)))
        xs = np.linspace(x0, x1, turns) + rng.normal(0, 0.5, turns)
        ys = y + np.where(np.arange(turns) % 2, 0.5, -0.5) * height * rng.uniform(0.7, 1.1) + rng.normal(0, 0.2, turns)
        stroke(pen, np.stack([xs, ys], 1), width, 0.05)
        if family == 1:
            stroke(pen, np.stack([xs[::-1], ys + rng.normal(0, 0.5, turns)], 1), width, 0.05)
        return
    tilt = rng.normal(0, 0.35)
    for k in range(2 if style == "double" else 1):
        level = y + rng.normal(0, 0.08) * height + (k - 0.5) * 0.3 * height * (style == "double")
        count = max(3, int((x1 - x0) / 3.0)) if style == "wavy" else 3 + 2 * family
        xs = np.linspace(x0, x1, count)
        ys = np.linspace(level - tilt, level + tilt, count)
        if style == "wavy":
            ys += np.where(np.arange(count) % 2, 1, -1) * rng.uniform(0.25, 0.55)
        else:
            ys[1:-1] += rng.normal(0, 0.12, count - 2)
        stroke(pen, np.stack([xs, ys], 1), width, 0.05)


STRIKES = ("line", "line", "double", "wavy", "scribble")


def correct_line(pen: Pen, box: Box, wrong: str, right: str, family: int, above: bool) -> str:
    """Write `wrong`, strike it, write `right` beside it or above it; returns the style of the strike."""
    rng = pen.rng
    style = str(rng.choice(STRIKES))
    room = box if above else box._replace(w=box.w * 0.48)
    ink, base = _fitting(pen, wrong, room.w - 2.5, 1.0)
    left = (box.x + 2 + rng.uniform(-0.7, 0.7)) * PX_PER_MM
    line = (box.bottom - 1.0 - rng.uniform(0.5, 1.4)) * PX_PER_MM
    cols = np.flatnonzero((ink > 0.3).any(axis=0))
    pad = int(cols[0])
    pen.put(ink, left - pad, line - base)
    x0, x1 = left / PX_PER_MM, (left + cols[-1] - pad) / PX_PER_MM
    size = pen.hand.size_mm
    strike_text(pen, x0, x1, line / PX_PER_MM - 0.28 * size, 0.5 * size, int(rng.integers(3, 7)), style, family)
    if right and above:
        small, base2 = _fitting(pen, right, box.right - x0, rng.uniform(0.55, 0.66))
        cols2 = np.flatnonzero((small > 0.3).any(axis=0))
        top = line / PX_PER_MM - (0.82 + rng.uniform(0.0, 0.12)) * size
        pen.put(small, left - cols2[0] + rng.uniform(0, 12), top * PX_PER_MM - base2)
    elif right:
        small, base2 = _fitting(pen, right, box.right - x1 - 2.5, 1.0)
        cols2 = np.flatnonzero((small > 0.3).any(axis=0))
        pen.put(small, (x1 + rng.uniform(2.2, 4.0)) * PX_PER_MM - cols2[0], line - base2)
    return style


def _fitting(pen: Pen, text: str, room_mm: float, scale: float) -> tuple[NDArray[np.float32], int]:
    """Text in the hand's ink, shrunk until it fits."""
    for shrink in (1.0, 0.9, 0.8, 0.7, 0.62, 0.55):
        ink, base = replace(pen.hand, size_mm=pen.hand.size_mm * scale * shrink).text(text, PX_PER_MM)
        cols = np.flatnonzero((ink > 0.3).any(axis=0))
        if (cols[-1] - cols[0]) / PX_PER_MM <= room_mm:
            break
    return ink, base


def strike_cell(pen: Pen, cell: Box, width: int, family: int) -> None:
    """Cross out what stands in one cell: a line, an X, a scribble."""
    rng = pen.rng
    style = int(rng.integers(3))
    mid = np.array([cell.x + cell.w / 2, cell.y + cell.h / 2]) + rng.normal(0, 0.25, 2)
    half = np.array([rng.uniform(2.2, 3.0), rng.uniform(0.1, 1.2 + family)])
    if style == 2:
        turns = 12
        xs = mid[0] + np.where(np.arange(turns) % 2, 1, -1) * rng.uniform(1.4, 2.2) + rng.normal(0, 0.2, turns)
        stroke(pen, np.stack([xs, np.linspace(mid[1] - 2, mid[1] + 2, turns)], 1), width)
        return
    if style == 1:
        half = np.array([rng.uniform(1.5, 2.3), rng.uniform(1.6, 2.4)])
        stroke(pen, np.stack([mid - half * [1, -1], mid + half * [1, -1]]), width, 0.05)
    stroke(pen, np.stack([mid - half, mid + half]), width, 0.05)
