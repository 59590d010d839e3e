"""White rectangles enclosed by print (solid, dashed or dotted), of which tick boxes, cells and boxes are made.

Edges are found below the pixel, on the grey profile across each wall.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import PX_PER_MM, Box, Gray

WALL_GAP_MM = 1.1  # widest gap between the dots or dashes of a wall
EDGE_PX, ROUGH_MM = 2, 2.6  # walls of a copy in black and white are so rough; smaller areas may be holes of letters
CORNER_PX = 2  # two broken walls meet in a corner but for this
WALL_MM = 1.3  # thickest wall
MIN_BOX_MM = 1.8  # the narrowest cell; smaller areas are holes of letters
UNBROKEN = 0.85  # share of a wall's length that must be inked, unless it is dotted or dashed
WEAK_WALL = 0.3  # a dotted divider has 0.4 of the darkness of the solid walls around it
SKEW = 0.006  # a scanned blank may lie 0.3° askew
ROUND_MM, LARGE_MM = 2.5, (6.0, 4.0)  # the corners of boxes larger than any letter may be this round


@dataclass(frozen=True, slots=True)
class EnclosedBox:
    """A white rectangle to the inner edge, the middle and the outer edge of its walls (mm), and the print in it."""

    inner: Box
    middle: Box
    outer: Box
    print_mm2: float


def find_enclosed_boxes(blank: Gray, dark: NDArray[np.uint8]) -> list[EnclosedBox]:
    """All rectangles of white that print encloses on a blank ((rows, cols) grey and its mask of print, 300 dpi)."""
    gap = round(WALL_GAP_MM * PX_PER_MM)
    across = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    closed = cv2.bitwise_or(across, cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8)))
    closed = cv2.dilate(closed, np.ones((2 * CORNER_PX + 1, 2 * CORNER_PX + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - closed, connectivity=4)
    least = MIN_BOX_MM * PX_PER_MM - 2 * CORNER_PX
    boxes = []
    for index in range(1, count):
        x, y, w, h = (int(v) for v in stats[index, :4])
        if min(w, h) < least or x == 0 or y == 0 or x + w == dark.shape[1] or y + h == dark.shape[0]:
            continue
        white = labels[y : y + h, x : x + w] == index
        rough = EDGE_PX if min(w, h) >= ROUGH_MM * PX_PER_MM else 1
        inset = rough + round(SKEW * max(w, h))
        inside = white[inset:-inset, inset:-inset]
        if inside.size and _is_rectangle(inside):
            frame = (x - CORNER_PX, y - CORNER_PX, w + 2 * CORNER_PX, h + 2 * CORNER_PX)
            box = _measure_box(blank, frame, _print_mm2(inside))
            boxes += [box] if box else []
    return boxes


def _is_rectangle(inside: NDArray[np.bool_]) -> bool:
    """Does the white run along all four sides and into the corners? The hole of a D or an O does not."""
    down, across = _corner_px(inside.shape)
    rows, cols = slice(down, inside.shape[0] - down), slice(across, inside.shape[1] - across)
    sides = (inside[0, cols], inside[-1, cols], inside[rows, 0], inside[rows, -1])
    r, c = (max(2, size // 7) for size in inside.shape)
    corners = (inside[:r, :c], inside[:r, -c:], inside[-r:, :c], inside[-r:, -c:])
    return all(side.mean() > 0.8 for side in sides) and (down > 0 or all(corner.mean() > 0.7 for corner in corners))


def _corner_px(shape: tuple[int, ...]) -> tuple[int, int]:
    """How far rounded corners may reach down and across: not at all where a letter could have such a hole."""
    if shape[1] < LARGE_MM[0] * PX_PER_MM or shape[0] < LARGE_MM[1] * PX_PER_MM:
        return 0, 0
    down, across = (min(round(ROUND_MM * PX_PER_MM), int(0.3 * size)) for size in shape)
    return down, across


def _print_mm2(inside: NDArray[np.bool_]) -> float:
    """Area of what is printed within (rows, cols), its rounded corners left out, mm²."""
    printed = ~inside
    down, across = _corner_px(inside.shape)
    if down:
        printed = printed.copy()
        for rows in (slice(None, down), slice(-down, None)):
            for cols in (slice(None, across), slice(-across, None)):
                printed[rows, cols] = False
    return float(np.count_nonzero(printed)) / PX_PER_MM**2


def _measure_box(blank: Gray, frame: tuple[int, int, int, int], print_mm2: float) -> EnclosedBox | None:
    """An enclosed box from its white rectangle (x, y, w, h px); None where a side has no wall of its own."""
    x, y, w, h = frame
    reach = round(WALL_MM * PX_PER_MM) + 3
    # each wall seen from inside: along the wall down the rows, outwards along the columns
    strips = (
        blank[y : y + h, max(x - reach, 0) : x + 2][:, ::-1],
        blank[max(y - reach, 0) : y + 2, x : x + w][::-1].T,
        blank[y : y + h, x + w - 2 : x + w + reach],
        blank[y + h - 2 : y + h + reach, x : x + w].T,
    )
    down, across = _corner_px((h, w))
    walls = [
        _wall(strip) or (_wall(strip[end:-end]) if end else None)  # rounded corners are no part of a wall
        for strip, end in zip(strips, (down, across, down, across), strict=True)
    ]
    left, top, right, bottom = walls
    if left is None or top is None or right is None or bottom is None:
        return None
    strengths = [wall.dark for wall in (left, top, right, bottom)]
    if min(strengths) < WEAK_WALL * max(strengths):
        return None
    boxes = []
    for a, b, c, d in zip(left.edges, top.edges, right.edges, bottom.edges, strict=True):
        x0, y0, x1, y1 = x + 2 - a, y + 2 - b, x + w - 2 + c, y + h - 2 + d
        boxes.append(Box(x0 / PX_PER_MM, y0 / PX_PER_MM, (x1 - x0) / PX_PER_MM, (y1 - y0) / PX_PER_MM))
    return EnclosedBox(boxes[0], boxes[1], boxes[2], print_mm2)


@dataclass(frozen=True, slots=True)
class _Wall:
    """How far its inner edge, middle and outer edge lie from where one looked (px), and how dark it is."""

    edges: tuple[float, float, float]
    dark: float


def _wall(strip: Gray) -> _Wall | None:
    """The first wall on a strip of greys, (length, reach), whose columns begin in the white before it.

    An edge is where the grey is half way between paper and wall. None where there is no wall, no end of it, or
    where it is broken as the legs of letters are: one gap, not the many of dots and dashes.
    """
    length = len(strip)
    profile = strip[length * 3 // 20 : length * 17 // 20 + 1].mean(axis=0)
    level = float(profile[:2].mean())
    dark = level - profile
    first = int(np.argmax(dark > 0.12 * level))
    peak = float(dark[first : first + 5].max(initial=0.0)) if dark[first] > 0.12 * level else 0.0
    up = np.flatnonzero(dark >= peak / 2)
    if peak == 0.0 or not len(up) or up[0] == 0:
        return None
    start = int(up[0])
    down = np.flatnonzero(dark[start:] < peak / 2)
    if not len(down):
        return None
    end = start + int(down[0])
    inner = start - 0.5 + (peak / 2 - dark[start - 1]) / (dark[start] - dark[start - 1])
    outer = end - 0.5 + (dark[end - 1] - peak / 2) / (dark[end - 1] - dark[end])
    inked = strip[:, start:end].min(axis=1) < level - 0.5 * (level - float(strip[:, start:end].min()))
    gaps = int(np.count_nonzero(np.diff(inked.astype(np.int8)) < 0))
    if inked.mean() < UNBROKEN and gaps < 3:
        return None
    return _Wall((float(inner), float((inner + outer) / 2), float(outer)), peak)
