"""What lies in and around one printed square: its strokes, which square they belong to, and how they run.

Only measures; `checkboxes` decides. Connected components of ink are strokes. A stroke belongs to the square that holds
most of it, or in which the pen turned; one that runs straight through on its way to another square belongs there.
(SDAPS measures coverage, coverage without lines and white areas; neither it nor queXF looks at strokes across
neighbours.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink.extraction import InkPage, InkWindow, px_to_mm2
from scanner.model import PX_PER_MM, Box

INSET_MM = 0.40
"""Of the inside of a square within its edge: the wall and its shadow."""
RING_MM = 1.3
"""Width of the ring around a square in which a shifted mark counts: less than half of the gap to a label."""
WINDOW_MM, WIDE_WINDOW_MM = 6.0, 15.0
"""Window around a square with ink, and where it is not clear which square that belongs to: a large tick's tail is
15 mm long."""
NEAR_MM = 0.8
"""Ink this far outside still lies at the square."""
JOIN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
"""Pieces less than 0.9 mm apart with print between them are one stroke, broken where the print was erased."""
MIN_SHARE = 0.5
"""Share of a stroke's ink at a square from which on it belongs to it."""
STRAIGHT_MM = 0.5
"""Ink within a square that deviates less from its axis than this, the pen's width taken off, runs straight."""
MIN_SHARE_CENTRED = 0.36
"""The same for a stroke that reaches out of the square all around; a circle with a tick in it has 0.2 to 0.34."""
MIN_SHARE_STRAIGHT = 0.75
"""The same for a straight stroke that leaves its square by more than LEAVES_MM: it may be passing through."""
PASSING_MM = 2.0
"""A straight stroke that leaves its square by more, above or below, may only be passing through: the tail of a tick."""
TAIL_INKED_SHARE = 0.9
"""Share of the way between two squares on which a tail is inked, or hidden by print."""
ONE_STROKE_MM = 1.1
"""The part of a stroke outside its square that is one pen line: a tail, not the body of a letter."""
RAYS = 16
RAY_MM = 4.6
"""Directions and distance from the square's edge in which a circle is searched for: one around square and label."""
BESIDE_LEFT_MM, BESIDE_RIGHT_MM, BESIDE_ABOVE_MM = 6.0, 13.0, 1.8
"""Where a mark that missed its square is looked for: left of it, on its label, and how far off its level."""
BESIDE_FREE_MM2 = 0.12
"""Ink off the print that such a mark has at least; of a mark on a label little more is left on a bilevel scan."""
BESIDE_SIZE_MM = (0.7, 9.0)
"""Longer side of such a mark: below are dots, above lines of writing."""
CROSSING_MM = 6.0
"""Pen line on the square's level of a stroke that runs on beyond: a tail that crosses it has 4.4 mm at most."""

Ink = NDArray[np.bool_]
Points = NDArray[np.intp]
NO_STROKES: Mapping[str, float] = {
    "own": 0.0, "doubtful": 0.0, "foreign": 0.0, "extent": 0.0, "strokes": 0.0, "around": 0.0,
    "share": 1.0, "across": 0.0, "foot": 0.0,
    "out_left": 0.0, "out_right": 0.0, "out_up": 0.0, "out_down": 0.0,
}  # fmt: skip
"""What is measured of a square's strokes, where it has none."""


def measure_mark(page: InkPage, box: Box, others: Sequence[Box]) -> dict[str, float]:
    """The measures of one square (mm) by name; `others` are all other squares of the sheet.

    inside, ring: inked shares of the square and of the ring around it; beside_mm2: ink in that ring.
    own, doubtful, foreign: inked share of the inside by strokes that are the square's, that may be another's, that
    are another's. foot: 1 where such a doubtful stroke ends at the square's foot, as a tick with a long tail does.
    share: of the own strokes' ink the part at the square. extent: longer side of the own ink inside, mm.
    strokes: length of pen line in and near the square, in sides of it. out_*: how far own strokes reach outside, mm.
    around: share of directions in which ink that is not the square's lies around it, as a circle does.
    """
    seen = page.ink_in(box.grown(RING_MM, RING_MM), walls=True)
    ink = seen.ink > 0
    inside = _mask_of(box.grown(-INSET_MM, -INSET_MM), seen.rows, seen.cols)
    # the frame itself is print: what a stroke leaves on it counts neither way
    ring = ~inside & (seen.printed == 0)
    out = {
        "inside": float(ink[inside].mean()) if inside.any() else 0.0,
        "ring": float(ink[ring].mean()) if ring.any() else 0.0,
        "beside_mm2": px_to_mm2(float((ink & ring).sum())),
    }
    return {**out, **(_measure_strokes(page, box, others) if ink.any() else NO_STROKES)}


def _mask_of(box: Box, rows: slice, cols: slice) -> Ink:
    """Where a box (mm) lies in a window of the page."""
    out = np.zeros((rows.stop - rows.start, cols.stop - cols.start), bool)
    top, left = round(box.y * PX_PER_MM) - rows.start, round(box.x * PX_PER_MM) - cols.start
    height, width = round(box.h * PX_PER_MM), round(box.w * PX_PER_MM)
    out[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _SquareWindow:
    """A window around a square. Masks (rows, cols): strokes by label (0 paper); the square without its rim, the square,
    and what is near it."""

    labels: NDArray[np.int32]
    count: int
    inside: Ink
    square: Ink
    near: Ink
    elsewhere: tuple[Ink, ...]  # the other squares in the window
    frame: tuple[float, float, float, float]  # top, bottom, left, right of the square, px of the window
    printed: Ink


def _window_around(page: InkPage, box: Box, others: Sequence[Box], reach: float) -> _SquareWindow:
    window = box.grown(reach, reach)
    seen = page.ink_in(window, walls=True)
    linked = cv2.bitwise_or(cv2.bitwise_and(cv2.dilate(seen.ink, JOIN), seen.printed), seen.ink)
    linked = np.asarray(cv2.dilate(linked, np.ones((3, 3), np.uint8)), np.uint8)
    count, labels = cv2.connectedComponents(linked, connectivity=8)
    strokes = np.where(seen.ink > 0, labels, 0).astype(np.int32)
    inside, square, near = (_mask_of(box.grown(by, by), seen.rows, seen.cols) for by in (-INSET_MM, 0.0, NEAR_MM))
    elsewhere = tuple(_mask_of(o, seen.rows, seen.cols) for o in others if o.overlap(window) > 0.6 * o.w * o.h)
    left, top = box.x * PX_PER_MM - seen.cols.start, box.y * PX_PER_MM - seen.rows.start
    frame = (top, top + box.h * PX_PER_MM, left, left + box.w * PX_PER_MM)
    return _SquareWindow(strokes, count, inside, square, near, elsewhere, frame, seen.printed > 0)


def _measure_strokes(page: InkPage, box: Box, others: Sequence[Box]) -> dict[str, float]:
    view = _window_around(page, box, others, WINDOW_MM)
    own, doubtful, foreign = _assign_strokes(view)
    if doubtful:
        view = _window_around(page, box, others, WIDE_WINDOW_MM)
        own, doubtful, foreign = _assign_strokes(view)
    mine = np.isin(view.labels, own) & (view.labels > 0)
    within = view.labels[view.inside]
    size = max(len(within), 1)
    return {
        **NO_STROKES,
        "own": float(np.isin(within, own).sum()) / size,
        "doubtful": float(np.isin(within, doubtful).sum()) / size,
        "foreign": float(np.isin(within, foreign).sum()) / size,
        "foot": float(any(_reach_below_mm(view.labels == label, view.frame) <= NEAR_MM for label in doubtful)),
        "around": _surrounding_share(np.where(mine, 0, view.labels), view.frame),
        **(_measure_own(mine, view) if mine.any() else {}),
    }


def _assign_strokes(view: _SquareWindow) -> tuple[list[int], list[int], list[int]]:
    """Labels of the strokes that belong to the square, of those that may, and of those that belong to other squares."""
    total = np.bincount(view.labels.ravel(), minlength=view.count)
    within = np.bincount(view.labels[view.inside], minlength=view.count)
    at = np.bincount(view.labels[view.near], minlength=view.count)
    own: list[int] = []
    doubtful: list[int] = []
    foreign: list[int] = []
    for label in range(1, view.count):
        if within[label] < 8:
            continue
        stroke = view.labels == label
        here = _deviation_mm(stroke & view.square)
        share = at[label] / total[label]
        if share >= MIN_SHARE_CENTRED and _is_centred(stroke, view.frame):
            own.append(label)
            continue
        runs_on = here < STRAIGHT_MM and _reach_above_or_below_mm(stroke, view.frame) > PASSING_MM
        if share >= MIN_SHARE and not runs_on:
            own.append(label)
        elif here < STRAIGHT_MM and any(_is_tail_of(stroke & view.square, other, view) for other in view.elsewhere):
            foreign.append(label)
        elif share >= MIN_SHARE_STRAIGHT or (
            here >= STRAIGHT_MM and _deviation_mm(stroke & ~view.near) <= ONE_STROKE_MM
        ):
            own.append(label)
        else:
            doubtful.append(label)
    return own, doubtful, foreign


def _is_centred(stroke: Ink, frame: tuple[float, float, float, float]) -> bool:
    """Does a stroke reach out of its square all around, its middle in the square's: an X over it, a scribble?"""
    top, bottom, left, right = frame
    rows, cols = np.nonzero(stroke)
    out = min(top - rows.min(), rows.max() - bottom, left - cols.min(), cols.max() - right)
    return bool(out > 0 and top < rows.mean() < bottom and left < cols.mean() < right)


def _reach_above_or_below_mm(stroke: Ink, frame: tuple[float, float, float, float]) -> float:
    """How far a stroke reaches above or below its square, mm."""
    top, bottom, _, _ = frame
    rows = np.flatnonzero(stroke.any(axis=1))
    return max(top - float(rows[0]), float(rows[-1]) - bottom) / PX_PER_MM


def _reach_below_mm(stroke: Ink, frame: tuple[float, float, float, float]) -> float:
    return (float(np.flatnonzero(stroke.any(axis=1))[-1]) - frame[1]) / PX_PER_MM


def _is_tail_of(piece: Ink, other: Ink, view: _SquareWindow) -> bool:
    """Is a straight piece in this square the tail of a tick that turned in another square?

    Its line, drawn on, must pass through that square, be inked (or printed over) all the way, and meet a turn there.
    """
    if not (view.labels[other] > 0).any() or _deviation_mm((view.labels > 0) & other) < STRAIGHT_MM:
        return False
    middle, way = _principal_axis(piece)
    rows, cols = np.nonzero(other)
    target = np.array([(cols.min() + cols.max()) / 2, (rows.min() + rows.max()) / 2])
    along = float((target - middle) @ way)
    foot = middle + along * way
    if np.abs(foot - target).max() > 0.6 * max(np.ptp(cols), np.ptp(rows)):
        return False
    steps = np.linspace(0, 1, max(round(abs(along)), 2))[:, None]
    px = np.round(middle + steps * (foot - middle)).astype(int)
    px = np.clip(px, 0, np.array(view.labels.shape)[::-1] - 1)
    wide = np.ones((9, 9), np.uint8)
    ink = cv2.dilate((view.labels > 0).astype(np.uint8), wide)[px[:, 1], px[:, 0]] > 0
    print_there = view.printed[px[:, 1], px[:, 0]]
    return bool((ink | print_there).mean() >= TAIL_INKED_SHARE and ink.mean() >= 0.5)


def _principal_axis(ink: Ink) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle and the principal direction of ink (rows, cols), each (2,) px, x and y."""
    rows, cols = np.nonzero(ink)
    points = np.stack([cols, rows], 1).astype(float)
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh((points - middle).T @ (points - middle))
    return middle, np.asarray(axes[:, 1])


def _deviation_mm(ink: Ink) -> float:
    """How far ink (rows, cols) lies off its principal axis, mm, less the width of the pen; 0 for a straight line."""
    rows, cols = np.nonzero(ink)
    if len(rows) < 12:
        return 0.0
    points = np.stack([cols, rows], 1).astype(float)
    points -= points.mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points)
    along, across = points @ axes[:, 1], points @ axes[:, 0]
    low, high = np.percentile(across, (1, 99))
    pen = len(rows) / max(float(np.ptp(along)), 1.0)  # of a straight line
    return float((high - low - min(pen, _pen_width_px(ink))) / PX_PER_MM)


def _pen_width_px(ink: Ink) -> float:
    """The width of a pen line: the mean distance to its edge is a quarter of it."""
    depth = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    return max(4 * float(depth[ink].mean()) - 1.0, 2.0)


def _measure_own(mine: Ink, view: _SquareWindow) -> dict[str, float]:
    top, bottom, left, right = view.frame
    side = (bottom - top + right - left) / 2
    rows, cols = np.nonzero(mine)
    held = np.nonzero(mine & view.inside)
    extent = max(float(np.ptp(v)) + 1 for v in held) if len(held[0]) else 0.0
    close = mine & _dilate(view.near, side)
    return {
        "share": float((mine & view.near).sum() / mine.sum()),
        "across": _reach_both_sides_mm(mine, view.frame),
        "extent": extent / PX_PER_MM,
        "strokes": float(close.sum()) / _pen_width_px(close) / side,
        "out_left": max(left - float(cols.min()), 0.0) / PX_PER_MM,
        "out_right": max(float(cols.max()) - right, 0.0) / PX_PER_MM,
        "out_up": max(top - float(rows.min()), 0.0) / PX_PER_MM,
        "out_down": max(float(rows.max()) - bottom, 0.0) / PX_PER_MM,
    }


def _reach_both_sides_mm(mine: Ink, frame: tuple[float, float, float, float]) -> float:
    """How far own ink on the level of the square reaches out on both sides of it, mm."""
    top, bottom, left, right = frame
    band = np.flatnonzero(mine[max(round(top), 0) : round(bottom)].any(axis=0))
    if not len(band):
        return 0.0
    return max(min(left - float(band[0]), float(band[-1]) - right), 0.0) / PX_PER_MM


def _dilate(mask: Ink, px: float) -> Ink:
    size = 2 * round(px) + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0)


def _surrounding_share(labels: NDArray[np.int32], frame: tuple[float, float, float, float]) -> float:
    """The largest share of directions from the square's middle in which one stroke lies just outside the square."""
    top, bottom, left, right = frame
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    half = np.array([(right - left) / 2, (bottom - top) / 2])
    hits: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}  # below and above the middle
    for k in range(RAYS):
        way = np.array([np.cos(2 * np.pi * k / RAYS), np.sin(2 * np.pi * k / RAYS)])
        start = float((half / np.maximum(np.abs(way), 1e-6)).min()) + 0.3 * PX_PER_MM
        steps = np.arange(start, half.max() + RAY_MM * PX_PER_MM, 0.7)
        points = np.round(middle + steps[:, None] * way).astype(int)
        ok = (points >= 0).all(axis=1) & (points[:, 0] < labels.shape[1]) & (points[:, 1] < labels.shape[0])
        hits[k < RAYS // 2].update({int(v) for v in labels[points[ok, 1], points[ok, 0]] if v})
    below, above = hits[True], hits[False]
    # a word written over the square has all its ink above it
    return max((below[v] + above[v] for v in below | above if min(below[v], above[v]) >= 2), default=0) / RAYS


# --- marks beside their squares ----------------------------------------------------------------------


def ink_beside_squares(page: InkPage, boxes: Sequence[Box]) -> list[float]:
    """For each square of a group the ink (mm²) of marks left of it or on its label, whole and on its level."""
    out = [0.0] * len(boxes)
    seen: set[tuple[int, int]] = set()
    for box in boxes:
        window = Box(
            box.x - BESIDE_LEFT_MM,
            box.y - BESIDE_ABOVE_MM,
            BESIDE_LEFT_MM + box.w + BESIDE_RIGHT_MM,
            box.h + 2 * BESIDE_ABOVE_MM,
        )
        for (x, y), area in _compact_strokes(page, window, box):
            at = (round(x), round(y))
            if at in seen:  # seen from the neighbour's window
                continue
            seen.add(at)
            level = [i for i, b in enumerate(boxes) if b.y - 1 < y < b.bottom + 1]
            nearest = min(level, key=lambda i: max(boxes[i].x - x, x - boxes[i].right))
            out[nearest] += area
    return out


def _compact_strokes(page: InkPage, window: Box, box: Box) -> list[tuple[tuple[float, float], float]]:
    """Middles (mm on the sheet) and areas (mm²) of strokes in a window, on the square's level and no writing."""
    seen = page.ink_in(window, walls=True)
    linked = cv2.bitwise_or(cv2.bitwise_and(cv2.dilate(seen.ink, JOIN), seen.printed), seen.ink)
    count, labels = cv2.connectedComponents(np.asarray(linked, np.uint8), connectivity=8)
    area = np.bincount(labels[seen.ink > 0], minlength=count)
    free = np.bincount(labels[(seen.ink > 0) & (seen.printed == 0)], minlength=count)
    rows, cols = np.nonzero(seen.ink)
    held = labels[rows, cols]
    found = []
    for label in range(1, count):
        mine = held == label
        if free[label] < BESIDE_FREE_MM2 * PX_PER_MM**2:
            continue
        r, c = rows[mine], cols[mine]
        whole = r.min() > 2 and r.max() < seen.ink.shape[0] - 3
        if not whole:  # a tail runs through it: what is on the square's level must be more than the tail
            r, c = _on_square_level(seen, box, r, c)
            if not len(r) or len(r) / _pen_width_px(_mask_of_pixels(seen.ink.shape, r, c)) < CROSSING_MM * PX_PER_MM:
                continue
        reach = max(np.ptp(r), np.ptp(c)) / PX_PER_MM
        y = (seen.rows.start + float(r.mean())) / PX_PER_MM
        if BESIDE_SIZE_MM[0] <= reach <= BESIDE_SIZE_MM[1] and box.y - 0.5 < y < box.bottom + 0.5:
            found.append(
                (
                    ((seen.cols.start + float(c.mean())) / PX_PER_MM, y),
                    px_to_mm2(float(area[label] if whole else len(r))),
                )
            )
    return found


def _on_square_level(seen: InkWindow, box: Box, rows: Points, cols: Points) -> tuple[Points, Points]:
    """Those of a stroke's pixels in a window that lie on the level of a square."""
    y = (seen.rows.start + rows) / PX_PER_MM
    level = (y > box.y) & (y < box.bottom)
    return rows[level], cols[level]


def _mask_of_pixels(shape: tuple[int, ...], rows: Points, cols: Points) -> Ink:
    out = np.zeros(shape, bool)
    out[rows, cols] = True
    return out
