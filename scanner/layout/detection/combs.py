"""What enclosed boxes are for: tick boxes, rows of cells (combs), boxes to write in.

Neighbours of one size → groups → rows of cells; what stands alone is a tick box or a box. A base line with short
upright strokes is a row of cells open at the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.detection.enclosed_boxes import EnclosedBox
from scanner.model import PX_PER_MM, Box

# Lengths were chosen on the styles of blanks that samples/blank_forms and samples/drawn_forms draw.
TICK_MM = (2.0, 7.0)  # shortest and longest side of a tick box
CELL_MM = (1.8, 14.0)  # and of a cell
BOX_MIN_MM = (6.0, 4.0)  # least width and height of a box to write in
BOX_PRINT_MM2 = 1.5  # rounded corners; a letter has more
SEPARATOR_MM = 2.6  # widest mark between two groups of cells: a slash, a dash, a dot
MAX_TORN_CELLS = 2  # cells in a row, between two others, whose walls may be torn
DATE_GAP_MM = 20.0  # "day □□ month □□ year □□□□" has words between its groups
DATE_CELLS = ((2, 2, 4), (2, 2, 2))
PITCH_MM = (3.0, 12.0)  # from stroke to stroke of a row of cells open at the top
STROKE_MM = (1.4, 0.9)  # least height and greatest thickness of such a stroke
OPEN_CELL_MM = 6.0  # cells whose strokes are low are taken to be this high


@dataclass(frozen=True, slots=True)
class FormParts:
    """Enclosed boxes by use: single squares to tick, rows of cells left to right, boxes to write in."""

    ticks: tuple[EnclosedBox, ...]
    combs: tuple[tuple[EnclosedBox, ...], ...]
    boxes: tuple[EnclosedBox, ...]


def find_form_parts(areas: Sequence[EnclosedBox], dark: NDArray[np.uint8]) -> FormParts:
    """Tell rows of cells from single squares and from boxes."""
    small = [r for r in areas if all(CELL_MM[0] <= side <= CELL_MM[1] for side in (r.middle.w, r.middle.h))]
    combs = [comb for row in _rows_of_one_height(small) for comb in _combs(row, dark)]
    taken = {id(area) for comb in combs for area in comb}
    single = [r for r in areas if id(r) not in taken]
    ticks = [r for r in single if _is_tick(r)]
    sheet = dark.shape[0] * dark.shape[1] / PX_PER_MM**2
    boxes = [
        r for r in single if not _is_tick(r) and _is_box(r, sheet) and not any(_is_left_over_by(r, t) for t in ticks)
    ]
    return FormParts(
        tuple(sorted(ticks, key=lambda r: (r.middle.y, r.middle.x))),
        tuple(sorted(combs, key=lambda c: (c[0].middle.y, c[0].middle.x))),
        tuple(boxes),
    )


def _is_tick(area: EnclosedBox) -> bool:
    low, high = TICK_MM
    w, h = area.outer.w, area.outer.h
    if area.print_mm2 > 0.07 * area.inner.w * area.inner.h:  # rounded corners are allowed
        return False
    return low <= min(w, h) and max(w, h) <= high and 0.8 < w / h < 1.25


def _is_box(area: EnclosedBox, sheet_mm2: float) -> bool:
    w, h = area.inner.w, area.inner.h
    large = w >= BOX_MIN_MM[0] and h >= BOX_MIN_MM[1]
    return large and w * h < 0.4 * sheet_mm2 and area.print_mm2 < BOX_PRINT_MM2


def _is_left_over_by(area: EnclosedBox, tick: EnclosedBox) -> bool:
    """Is an area what a square leaves free of the cell of a table that it stands in?"""
    level = area.outer.y - 0.5 < tick.outer.y and tick.outer.bottom < area.outer.bottom + 0.5
    apart = max(tick.outer.x - area.outer.right, area.outer.x - tick.outer.right)
    return level and tick.outer.h < area.outer.h - 0.5 and -1.0 < apart < 0.5


def _rows_of_one_height(areas: Sequence[EnclosedBox]) -> list[list[EnclosedBox]]:
    """Areas of one height on one level, left to right."""
    rows: list[list[EnclosedBox]] = []
    for area in sorted(areas, key=lambda r: (r.middle.y + r.middle.h / 2, r.middle.x)):
        for row in reversed(rows):
            first = row[0].middle
            level = abs(first.y + first.h / 2 - area.middle.y - area.middle.h / 2) < 0.6
            if level and abs(first.h - area.middle.h) < 0.1 * first.h + 0.2:
                row.append(area)
                break
        else:
            rows.append([area])
    return [sorted(row, key=lambda r: r.middle.x) for row in rows]


def _combs(row: Sequence[EnclosedBox], dark: NDArray[np.uint8]) -> list[tuple[EnclosedBox, ...]]:
    """Rows of cells among areas on one level: close neighbours → groups → groups that belong together."""
    groups = _groups(_restore_torn_cells(row, dark), dark)
    joined: list[list[list[EnclosedBox]]] = []
    for group in groups:
        if joined and _continues_group(joined[-1][-1], group, dark):
            joined[-1].append(group)
        else:
            joined.append([group])
    runs = [[area for group in run for area in group] for run in joined]
    return [tuple(comb) for comb in _join_dates([run for run in runs if len(run) > 2 or _share_walls(run)])]


def _restore_torn_cells(row: Sequence[EnclosedBox], dark: NDArray[np.uint8]) -> list[EnclosedBox]:
    """A row of cells with those between two others that were not found, because a wall is torn."""
    usual = float(np.median([area.middle.w for area in row]))
    cells = [area for area in row if abs(area.middle.w - usual) < 0.2 * usual]
    steps = [b.middle.x - a.middle.x for a, b in pairwise(cells)]
    near = [step for step in steps if step < 1.5 * usual]
    if len(near) < 2:
        return list(row)
    pitch = float(np.median(near))
    missed = []
    for a, step in zip(cells, steps, strict=False):
        count = round(step / pitch)
        between = [_shifted(a, i * pitch) for i in range(1, count)]
        if (
            count <= MAX_TORN_CELLS + 1
            and abs(step / pitch - count) < 0.15
            and all(_has_walls(cell, dark) for cell in between)
        ):
            missed += between
    merged = [
        area for area in row if any(area.middle.overlap(cell.inner) > 0.3 * usual * cell.inner.h for cell in missed)
    ]
    return sorted([*(area for area in row if area not in merged), *missed], key=lambda area: area.middle.x)


def _shifted(area: EnclosedBox, by: float) -> EnclosedBox:
    inner, middle, outer = (box._replace(x=box.x + by) for box in (area.inner, area.middle, area.outer))
    return EnclosedBox(inner, middle, outer, 0.0)


def _has_walls(area: EnclosedBox, dark: NDArray[np.uint8]) -> bool:
    """Is there most of a wall above and below, some of one on either side, and nothing printed between?"""
    inner, middle = area.inner.grown(-0.5, -0.5), area.middle
    rows = slice(round(inner.y * PX_PER_MM), round(inner.bottom * PX_PER_MM))
    cols = slice(round(inner.x * PX_PER_MM), round(inner.right * PX_PER_MM))
    level = [dark[_wall_pixels(y), cols].any(axis=0).mean() for y in (middle.y, middle.bottom)]
    upright = [dark[rows, _wall_pixels(x)].any(axis=1).mean() for x in (middle.x, middle.right)]
    return min(level) > 0.5 and min(upright) > 0.1 and not dark[rows, cols].any()


def _wall_pixels(at: float, reach: float = 0.35) -> slice:
    """The pixels about a wall, whose middle is at so many mm."""
    return slice(round((at - reach) * PX_PER_MM), round((at + reach) * PX_PER_MM))


def _groups(row: Sequence[EnclosedBox], dark: NDArray[np.uint8]) -> list[list[EnclosedBox]]:
    """Cells side by side, with a common wall or a little white between them."""
    runs: list[list[EnclosedBox]] = []
    for area in row:
        gap = area.outer.x - runs[-1][-1].outer.right if runs else 0.0
        near = gap < 0.3 or (gap < 0.5 * area.middle.w and not _print_between_mm(runs[-1][-1], area, dark))
        if runs and near and _one_width(runs[-1][-1], area):
            runs[-1].append(area)
        else:
            runs.append([area])
    return runs


def _share_walls(run: Sequence[EnclosedBox]) -> bool:
    """Do two cells or more share their walls? Two squares with white between them are squares to tick."""
    return len(run) > 1 and all(b.outer.x - a.outer.right < 0.3 for a, b in pairwise(run))


def _one_width(a: EnclosedBox, b: EnclosedBox) -> bool:
    return abs(a.middle.w - b.middle.w) < 0.2 * max(a.middle.w, b.middle.w)


def _continues_group(left: Sequence[EnclosedBox], right: Sequence[EnclosedBox], dark: NDArray[np.uint8]) -> bool:
    """Is the gap between two groups a space or a separator, not a word?"""
    gap = right[0].outer.x - left[-1].outer.right
    if not _one_width(left[-1], right[0]) or max(len(left), len(right)) < 2:
        return False
    return gap < max(1.7 * right[0].middle.w, 6.0) and _print_between_mm(left[-1], right[0], dark) < SEPARATOR_MM


def _join_dates(runs: Sequence[list[EnclosedBox]]) -> list[list[EnclosedBox]]:
    """Three runs of 2, 2 and 4 (or 2) cells close together are one date, whatever words stand between."""
    out: list[list[EnclosedBox]] = []
    at = 0
    while at < len(runs):
        three = runs[at : at + 3]
        gaps = [b[0].middle.x - a[-1].middle.right for a, b in pairwise(three)]
        if tuple(len(r) for r in three) in DATE_CELLS and max(gaps) < DATE_GAP_MM:
            out.append([area for run in three for area in run])
            at += 3
        else:
            out.append(runs[at])
            at += 1
    return out


def _print_between_mm(left: EnclosedBox, right: EnclosedBox, dark: NDArray[np.uint8]) -> float:
    """Width of what is printed between two areas, mm."""
    rows = slice(round(left.outer.y * PX_PER_MM), round(left.outer.bottom * PX_PER_MM))
    seen = dark[rows, round(left.outer.right * PX_PER_MM) + 2 : round(right.outer.x * PX_PER_MM) - 1].any(axis=0)
    return float(np.count_nonzero(seen)) / PX_PER_MM


# --- rows of cells open at the top --------------------------------------------------------------------


def open_combs(dark: NDArray[np.uint8]) -> list[tuple[Box, ...]]:
    """Cells over a base line with evenly spaced upright strokes, none of them closed above."""
    thick, stroke = (round(v * PX_PER_MM) for v in (STROKE_MM[1], STROKE_MM[0]))
    long = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, round(3 * PITCH_MM[0] * PX_PER_MM)), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    out = []
    for x, y, w, h, _ in stats[1:count].tolist():
        if h > thick or y <= stroke or dark[max(y - 2 * stroke, 0) : y, x : x + w].all(axis=1).any():
            continue
        left = max(x - thick, 0)
        upright = dark[y - stroke : y, left : x + w + thick].all(axis=0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], upright, [False]]).astype(np.int8)))
        starts, ends = edges[::2], edges[1::2]
        if len(starts) and (ends - starts).max() <= thick:
            middles = left + (starts + ends) / 2
            out += _cells_over(dark, middles, y + h / 2) if _is_even(middles, x, x + w) else []
    return out


def _is_even(middles: NDArray[np.float64], x0: int, x1: int) -> bool:
    """Three strokes or more, one pitch apart, from one end of the base line to the other."""
    if len(middles) < 3:
        return False
    pitch = np.diff(middles)
    low, high = (v * PX_PER_MM for v in PITCH_MM)
    spans = abs(middles[0] - x0) < PX_PER_MM and abs(middles[-1] - x1) < PX_PER_MM
    return bool(spans and low <= pitch.min() and pitch.max() <= high and np.ptp(pitch) < 0.15 * pitch.mean() + 2)


def _cells_over(dark: NDArray[np.uint8], middles: NDArray[np.float64], base: float) -> list[tuple[Box, ...]]:
    """One box a cell: as high as the strokes, or as one writes where they are only hinted at."""
    columns = [round(float(m)) for m in middles]
    above = dark[max(round(base - 14 * PX_PER_MM), 0) : round(base), columns][::-1]
    height = (
        float(np.median([np.argmin(stroke) if not stroke.all() else len(stroke) for stroke in above.T])) / PX_PER_MM
    )
    high = height if height >= 4.0 else OPEN_CELL_MM
    y = base / PX_PER_MM
    if height > 12.0:
        return []
    return [
        tuple(Box(a / PX_PER_MM, y - high, (b - a) / PX_PER_MM, high) for a, b in pairwise(float(m) for m in middles))
    ]
