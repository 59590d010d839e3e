"""What a blank form offers to write in: dotted and ruled lines, tick boxes, rows of cells.

Edges of print → runs → lines; white rooms enclosed by print → cells and boxes; cells side by side → rows. The
intermediates are kept so that they can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import PX_PER_MM, Box, Gray

TICK_MM = (2.0, 5.5)
CELL_MM = ((3.2, 12.0), (4.0, 14.0))  # width, height
LINE_MIN_MM = 7.0
DOT_GAP_MM = 1.6
LINE_THICK_MM = 0.8
ROOM_MM = (3.5, 7.0)
PIECE_MIN_MM = 5.0
PART_GAP_MM = 14.0
WALL_MM = 0.9


@dataclass(frozen=True, slots=True)
class Detected:
    """Rooms to write in, in reading order (mm).

    lines   writing room above each dotted or ruled line
    parts   groups of two or more short lines on one height, close together (day / month / year)
    ticks   outer edges of small empty squares
    combs   rows of cells, each a tuple of cells
    """

    lines: tuple[Box, ...]
    parts: tuple[tuple[Box, ...], ...]
    ticks: tuple[Box, ...]
    combs: tuple[tuple[Box, ...], ...]


def detect(blank: Gray) -> Detected:
    """Find what a blank (rows, cols grey at 300 dpi) offers to write in."""
    dark = np.asarray(blank < 160, np.uint8)
    rooms = _rooms(dark)
    ticks = [box for box in rooms if _is_tick(box)]
    combs = _combs([box for box in rooms if _is_cell(box)])
    taken = [*ticks, *(cell for comb in combs for cell in comb)]
    lines = [_room_above(line, dark) for line in _lines(dark, taken)]
    groups = _groups(lines)
    grouped = {box for group in groups for box in group}
    singles = [box for box in lines if box not in grouped and box.w >= LINE_MIN_MM]
    return Detected(
        tuple(_reading_order(singles)),
        tuple(sorted(groups, key=lambda g: (round(g[0].bottom / 3), g[0].x))),
        tuple(_reading_order(ticks)),
        tuple(sorted(combs, key=lambda c: (round(c[0].y / 3), c[0].x))),
    )


def _reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Rows from the top, each from the left; boxes belong to a row when their middles are within 2.5 mm."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: b.y + b.h / 2):
        if rows and abs(rows[-1][0].y + rows[-1][0].h / 2 - box.y - box.h / 2) < 2.5:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row)]


# --- rooms enclosed by print -------------------------------------------------------------------------


def _rooms(dark: NDArray[Any]) -> list[Box]:
    """White rectangles enclosed by print, to the middle of their walls (mm)."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(1 - dark, connectivity=4)
    out = []
    for x, y, w, h, area in stats[1:count].tolist():
        if area < 0.93 * w * h or min(w, h) < 1.5 * PX_PER_MM or max(w, h) > 20 * PX_PER_MM:
            continue
        left, top = _wall(dark[y + h // 2, max(x - 14, 0) : x][::-1]), _wall(dark[max(y - 14, 0) : y, x + w // 2][::-1])
        right, bottom = _wall(dark[y + h // 2, x + w : x + w + 14]), _wall(dark[y + h : y + h + 14, x + w // 2])
        if min(left, top, right, bottom) == 0:
            continue
        x0, y0 = (x - left / 2) / PX_PER_MM, (y - top / 2) / PX_PER_MM
        x1, y1 = (x + w + right / 2) / PX_PER_MM, (y + h + bottom / 2) / PX_PER_MM
        out.append(Box(x0, y0, x1 - x0, y1 - y0))
    return out


def _wall(run: NDArray[Any]) -> int:
    """How many dark pixels a line of pixels starts with."""
    light = np.flatnonzero(run == 0)
    return int(light[0]) if len(light) else len(run)


def _is_tick(box: Box) -> bool:
    low, high = TICK_MM
    return low <= box.w <= high and low <= box.h <= high and 0.85 < box.w / box.h < 1.18


def _is_cell(box: Box) -> bool:
    (w0, w1), (h0, h1) = CELL_MM
    return w0 <= box.w <= w1 and h0 <= box.h <= h1 and not _is_tick(box)


def _combs(cells: Sequence[Box]) -> list[tuple[Box, ...]]:
    """Rows of cells of one size; small gaps (printed separators, group spaces) do not break a row."""
    combs: list[list[Box]] = []
    for cell in _reading_order(cells):
        last = combs[-1][-1] if combs else None
        same = last is not None and abs(last.y - cell.y) < 0.8 and abs(last.h - cell.h) < 0.6
        near = last is not None and -0.5 < cell.x - last.right < 1.3 * cell.w
        if same and near:
            combs[-1].append(cell)
        else:
            combs.append([cell])
    return [tuple(c) for c in combs if len(c) >= 2]


# --- lines -------------------------------------------------------------------------------------------


def _lines(dark: NDArray[Any], taken: Sequence[Box]) -> list[Box]:
    """Dotted, dashed and solid lines as thin boxes (mm), not those that are walls of boxes or cells."""
    gap, thick = round(DOT_GAP_MM * PX_PER_MM), round(LINE_THICK_MM * PX_PER_MM)
    tall = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((thick + 1, 1), np.uint8))
    joined = cv2.morphologyEx(_thin(dark, tall, thick), cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    joined = cv2.bitwise_and(joined, 1 - cv2.dilate(tall, np.ones((3, 3), np.uint8)))  # a slash parts two lines
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, round(5 * PX_PER_MM)), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    out = []
    for x, y, w, h, _ in stats[1:count].tolist():
        line = Box(x / PX_PER_MM, y / PX_PER_MM, w / PX_PER_MM, h / PX_PER_MM)
        wall = sum(line.overlap(box.grown(WALL_MM, WALL_MM)) for box in taken) > 0.5 * line.w * line.h
        if h <= thick + 2 and not wall and _stands_free(dark, x, y, w, h):
            out += [Box((x + a) / PX_PER_MM, line.y, (b - a) / PX_PER_MM, line.h) for a, b in _pieces(dark, x, y, w)]
    return out


def _pieces(dark: NDArray[Any], x: int, y: int, w: int) -> list[tuple[int, int]]:
    """A line cut where print stands on it, a slash or a colon: (first, last) column of each piece."""
    near, far = round(0.35 * PX_PER_MM), round(2.5 * PX_PER_MM)
    busy = dark[max(y - far, 0) : max(y - near, 0), x : x + w].any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], busy, [True]]).astype(np.int8)))
    pieces = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [(a, b) for a, b in pieces if b - a >= PIECE_MIN_MM * PX_PER_MM]


def _stands_free(dark: NDArray[Any], x: int, y: int, w: int, h: int) -> bool:
    """Is there white above and below along most of a line? Bits of lettering have letters there."""
    near, far = round(0.35 * PX_PER_MM), round(1.5 * PX_PER_MM)
    above = dark[max(y - far, 0) : max(y - near, 0), x : x + w].any(axis=0).mean()
    below = dark[y + h + near : y + h + round(0.9 * PX_PER_MM), x : x + w].any(axis=0).mean()
    return bool(above < 0.3 and below < 0.3)


def _thin(dark: NDArray[Any], tall: NDArray[Any], thick: int) -> NDArray[Any]:
    """Print no higher than a line and not beside anything taller: dots, dashes, rules; no lettering."""
    near_tall = cv2.dilate(tall, np.ones((3, 3), np.uint8))
    thin = cv2.bitwise_and(dark, 1 - near_tall)
    # a row of dots has dots on the same rows for a long way; bits of lettering do not
    rowwise = cv2.boxFilter(thin, cv2.CV_32F, (round(5 * PX_PER_MM), 1), normalize=True)
    return np.where(rowwise > 0.22, thin, 0).astype(np.uint8)


def _room_above(line: Box, dark: NDArray[Any]) -> Box:
    """The writing room over a line: up to the print above it, at most ROOM_MM[1] high, 1 mm below the line."""
    middle = line.y + line.h / 2
    bottom = middle + 1.0
    left, right = round(line.x * PX_PER_MM) + 4, round(line.right * PX_PER_MM) - 4
    low = round((line.y - 0.4) * PX_PER_MM)
    high = max(round((bottom - ROOM_MM[1]) * PX_PER_MM), 0)
    busy = dark[high:low, left:right].mean(axis=1) > 0.02 if right > left else np.zeros(0, bool)
    rows = np.flatnonzero(busy)
    top = (high + int(rows[-1]) + 3) / PX_PER_MM if len(rows) else high / PX_PER_MM
    top = min(top, bottom - ROOM_MM[0])
    return Box(line.x, top, line.w, bottom - top)


def _groups(lines: Sequence[Box]) -> list[tuple[Box, ...]]:
    """Short lines that follow each other on one height: the parts of a date."""
    groups: list[list[Box]] = []
    for box in _reading_order([b for b in lines if b.w <= 25]):
        last = groups[-1][-1] if groups else None
        if last is not None and abs(last.bottom - box.bottom) < 0.8 and 0 < box.x - last.right < PART_GAP_MM:
            groups[-1].append(box)
        else:
            groups.append([box])
    return [tuple(g) for g in groups if len(g) >= 2]
