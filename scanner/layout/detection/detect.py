"""What a blank form offers to write in: lines, parts of dates, tick boxes, rows of cells, boxes.

Print → enclosed boxes → tick boxes, cells, boxes; print without their walls → dots and rules → rule lines → parts of
dates.
The intermediates are kept so that they can be drawn (`scanner.layout.detection.draw.draw_detected`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.detection.combs import find_form_parts, open_combs
from scanner.layout.detection.enclosed_boxes import EnclosedBox, find_enclosed_boxes
from scanner.layout.detection.rule_lines import RuleLine, find_rule_lines, writing_box
from scanner.layout.registration.skew import skew_deg, turn, turn_back
from scanner.model import DPI, PX_PER_MM, Box, Gray

# Lengths were chosen on the styles of blanks that samples/blank_forms and samples/drawn_forms draw: of unseen ones
# `benchmarks.form_drafting` counts what is found.
PRINT_LEVEL = 0.8  # darker than this share of the paper is print: light grey rules are, jpeg noise is not
WRITING_HEIGHT_MM = (3.5, 7.0)  # of the box above a line: the least one can write in, and a usual leading
LINE_MIN_MM = 6.5  # a shorter line alone is print: two digits need more
PART_MAX_MM = 26.0  # the longest part of a date
SLASH_GAP_MM, SLASH_MM = 6.5, 2.6  # parts of a date with a slash between; the widest slash
WORD_GAP_MM, WORD_PART_MM = 20.0, 23.0  # parts with a word between ("ngày … tháng … năm …"), up to 14 points
COLON_MM = 0.8  # widest dot of a colon
CHOICE_PITCH_MM = 11.0  # from row to row of one choice
INDENT_MM, COLUMN_MM = 2.0, 0.8  # tolerance of the left edges of rows of one choice, and of a column


@dataclass(frozen=True, slots=True)
class Detected:
    """What a blank offers to write in, in reading order (mm).

    lines    the box to write in above each line, from the print above it to 1 mm below
    parts    groups of two or more short lines on one level (day / month / year)
    choices  tick boxes that seem to belong together, outer edges
    combs    rows of cells, each a tuple of cells; edges at the middle of the walls
    boxes    free boxes to write in, inner edges
    enclosed_boxes, rule_lines   what they were made of; left out of a blank that lay askew
    """

    lines: tuple[Box, ...]
    parts: tuple[tuple[Box, ...], ...]
    choices: tuple[tuple[Box, ...], ...]
    combs: tuple[tuple[Box, ...], ...]
    boxes: tuple[Box, ...]
    enclosed_boxes: tuple[EnclosedBox, ...] = ()
    rule_lines: tuple[RuleLine, ...] = ()

    @property
    def ticks(self) -> tuple[Box, ...]:
        """All tick boxes."""
        return tuple(box for group in self.choices for box in group)


def detect(blank: Gray, dpi: int = DPI) -> Detected:
    """Find what a blank (rows, cols grey) offers to write in. It may lie askew by as much as `skew.MOST_DEG`."""
    if dpi != DPI:
        size = (round(blank.shape[1] * DPI / dpi), round(blank.shape[0] * DPI / dpi))
        blank = np.asarray(cv2.resize(blank, size, interpolation=cv2.INTER_AREA if dpi > DPI else cv2.INTER_CUBIC))
    dark = print_mask(blank)
    askew = skew_deg(dark)
    return _rotated_back(_detect_upright(turn(blank, askew)), askew, blank.shape) if askew else _detect_upright(blank)


def _rotated_back(found: Detected, askew: float, shape: tuple[int, ...]) -> Detected:
    """What was found on the blank turned upright, where the blank itself has it; what it was made of is left out."""

    def back(boxes: Iterable[Box]) -> tuple[Box, ...]:
        return tuple(turn_back(box, askew, shape) for box in boxes)

    def groups(many: Iterable[Iterable[Box]]) -> tuple[tuple[Box, ...], ...]:
        return tuple(map(back, many))

    return Detected(
        back(found.lines), groups(found.parts), groups(found.choices), groups(found.combs), back(found.boxes)
    )


def _detect_upright(blank: Gray) -> Detected:
    """Find what a blank that lies straight, at 300 dpi, offers to write in."""
    dark = print_mask(blank)
    areas = find_enclosed_boxes(blank, dark)
    used = find_form_parts(areas, dark)
    walls = _wall_mask(dark.shape, [*areas, *(cell for comb in used.combs for cell in comb)])
    open_topped = open_combs(np.where(walls > 0, 0, dark).astype(np.uint8))
    for cell in (cell for comb in open_topped for cell in comb):
        walls[_pixels(cell.grown(0.5, 0.5))] = 1
    lines = find_rule_lines(dark, walls)
    groups = part_groups(lines, dark)
    grouped = {id(line) for group in groups for line in group}
    single = [m for m in lines if id(m) not in grouped and m.length >= LINE_MIN_MM]
    combs = [*(tuple(area.middle for area in comb) for comb in used.combs), *open_topped]
    return Detected(
        lines=tuple(reading_order([writing_box(m, dark, *WRITING_HEIGHT_MM) for m in single])),
        parts=tuple(tuple(writing_box(m, dark, *WRITING_HEIGHT_MM) for m in group) for group in groups),
        choices=tuple(choice_groups([area.outer for area in used.ticks], dark)),
        combs=tuple(sorted(combs, key=lambda c: (c[0].y, c[0].x))),
        boxes=tuple(reading_order([area.inner for area in used.boxes])),
        enclosed_boxes=tuple(areas),
        rule_lines=tuple(lines),
    )


def print_mask(blank: Gray) -> NDArray[np.uint8]:
    """1 where there is print, as against the paper's own level."""
    return np.asarray(blank < PRINT_LEVEL * np.percentile(blank[::4, ::4], 90), np.uint8)


def reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Rows from the top, each from the left; boxes belong to a row when their middles are within 2.5 mm."""
    return [box for row in _rows(boxes) for box in row]


def _rows(boxes: Sequence[Box], apart: float = 2.5) -> list[list[Box]]:
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: b.y + b.h / 2):
        if rows and abs(rows[-1][0].y + rows[-1][0].h / 2 - box.y - box.h / 2) < apart:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row) for row in rows]


def _wall_mask(shape: tuple[int, ...], areas: Sequence[EnclosedBox]) -> NDArray[np.uint8]:
    """1 on the walls of enclosed boxes, (rows, cols): no line to write on."""
    mask = np.zeros(shape, np.uint8)
    for area in areas:
        outer, inner = area.outer.grown(0.15, 0.15), area.inner.grown(-0.1, -0.1)
        for wall in (
            Box(outer.x, outer.y, outer.w, inner.y - outer.y),
            Box(outer.x, inner.bottom, outer.w, outer.bottom - inner.bottom),
            Box(outer.x, outer.y, inner.x - outer.x, outer.h),
            Box(inner.right, outer.y, outer.right - inner.right, outer.h),
        ):
            mask[_pixels(wall)] = 1
    return mask


def _pixels(box: Box) -> tuple[slice, slice]:
    rows = slice(max(round(box.y * PX_PER_MM), 0), max(round(box.bottom * PX_PER_MM), 0))
    return rows, slice(max(round(box.x * PX_PER_MM), 0), max(round(box.right * PX_PER_MM), 0))


# --- the parts of a date -----------------------------------------------------------------------------


def part_groups(lines: Sequence[RuleLine], dark: NDArray[np.uint8]) -> list[tuple[RuleLine, ...]]:
    """Short lines that follow each other: two or three with slashes between, or three with words between."""
    groups: list[tuple[RuleLine, ...]] = []
    for row in _levels([m for m in lines if m.length <= PART_MAX_MM]):
        rest: list[list[RuleLine]] = []
        for run in _split_runs(row, dark, SLASH_GAP_MM, SLASH_MM, PART_MAX_MM):
            if 2 <= len(run) <= 3:
                groups.append(tuple(run))
            else:
                rest.append(run)
        left = [m for run in rest for m in run]
        for run in _split_runs(left, dark, WORD_GAP_MM, WORD_GAP_MM, WORD_PART_MM):
            first = len(run) % 3  # "place, day … month … year …": the place is no part of the date
            if first < 2:
                groups += [tuple(run[i : i + 3]) for i in range(first, len(run), 3)]
    return groups


def _levels(lines: Sequence[RuleLine]) -> list[list[RuleLine]]:
    """Lines on one level, left to right."""
    levels: list[list[RuleLine]] = []
    for line in sorted(lines, key=lambda m: m.y):
        if levels and abs(levels[-1][-1].y - line.y) < 0.6:
            levels[-1].append(line)
        else:
            levels.append([line])
    return [sorted(level, key=lambda m: m.x0) for level in levels]


def _split_runs(
    row: Sequence[RuleLine], dark: NDArray[np.uint8], gap_mm: float, printed_mm: float, longest: float
) -> list[list[RuleLine]]:
    """A row cut where a gap is too wide, holds too much print, or a line is too long."""
    runs: list[list[RuleLine]] = [[m] for m in row[:1]]
    for a, b in pairwise(row):
        near = b.x0 - a.x1 < gap_mm and max(a.length, b.length) <= longest
        if near and 0 < _print_between_mm(a, b, dark) <= printed_mm and not _ends_in_colon(a, b, dark):
            runs[-1].append(b)
        else:
            runs.append([b])
    return runs


def _ends_in_colon(a: RuleLine, b: RuleLine, dark: NDArray[np.uint8]) -> bool:
    """Is the last thing before line b two dots above each other? Then the word is a label, and b begins a new field."""
    between = dark[_rows_above(b, 3.5), round(a.x1 * PX_PER_MM) + 1 : round(b.x0 * PX_PER_MM) - 1]
    columns = np.asarray(between.any(axis=0))
    if not columns.any():
        return False
    last = int(np.flatnonzero(columns)[-1]) + 1
    first = last - int(np.argmin(columns[:last][::-1])) if not columns[:last].all() else 0
    edges = np.diff(between[:, first:last].any(axis=1).astype(np.int8), prepend=0, append=0)
    return last - first <= COLON_MM * PX_PER_MM and int((edges > 0).sum()) == 2


def _rows_above(line: RuleLine, high: float) -> slice:
    """The rows from so many mm above a line to half a millimetre below it."""
    return slice(max(round((line.y - high) * PX_PER_MM), 0), round((line.y + 0.5) * PX_PER_MM))


def _print_between_mm(a: RuleLine, b: RuleLine, dark: NDArray[np.uint8]) -> float:
    """Width of what is printed between two lines, mm."""
    seen = np.flatnonzero(
        dark[_rows_above(a, 3.5), round(a.x1 * PX_PER_MM) + 1 : round(b.x0 * PX_PER_MM) - 1].any(axis=0)
    )
    return float(seen[-1] - seen[0] + 1) / PX_PER_MM if len(seen) else 0.0


# --- tick boxes that belong together -----------------------------------------------------------------


def choice_groups(ticks: Sequence[Box], dark: NDArray[np.uint8]) -> list[tuple[Box, ...]]:
    """Rows of tick boxes, and the rows below that continue a row: they begin with a box, at one indent."""
    upright = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((round(8 * PX_PER_MM), 1), np.uint8))
    words = np.asarray(cv2.bitwise_and(dark, 1 - upright), np.uint8)
    groups: list[list[list[Box]]] = []
    for row in _rows(ticks):
        if groups and (_is_column(groups[-1], row, words) or _continues_choice(groups[-1], row, words)):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [tuple(box for row in group for box in row) for group in groups]


def _continues_choice(group: Sequence[Sequence[Box]], row: Sequence[Box], words: NDArray[np.uint8]) -> bool:
    above = group[-1]
    if _label_before(row[0], words) or not _next_row(above, row, words):
        return False
    first_has_label = len(group) == 1 and _label_before(above[0], words)
    return first_has_label or abs(above[0].x - row[0].x) < INDENT_MM


def _is_column(group: Sequence[Sequence[Box]], row: Sequence[Box], words: NDArray[np.uint8]) -> bool:
    """Single boxes below each other at the end of their lines: answers with the box behind the words."""
    above = group[-1]
    single = len(above) == len(row) == 1 and abs(above[0].x - row[0].x) < COLUMN_MM
    if not single or not _next_row(above, row, words):
        return False
    return all(_label_before(box, words) and not _label_after(box, words) for box in (above[0], row[0]))


def _next_row(above: Sequence[Box], row: Sequence[Box], words: NDArray[np.uint8]) -> bool:
    return row[0].y - above[0].y <= CHOICE_PITCH_MM and not _words_between(above, row, words)


def _label_after(box: Box, words: NDArray[np.uint8]) -> bool:
    """Is there print right of a box on its level, as near as a label is?"""
    rows, _ = _pixels(box)
    return bool(words[rows, round((box.right + 0.3) * PX_PER_MM) : round((box.right + 8.0) * PX_PER_MM)].any())


def _label_before(box: Box, words: NDArray[np.uint8]) -> bool:
    """Is there print left of a box on its level?"""
    rows, _ = _pixels(box)
    return bool(words[rows, : max(round((box.x - 0.3) * PX_PER_MM), 0)].any())


def _words_between(above: Sequence[Box], below: Sequence[Box], words: NDArray[np.uint8]) -> bool:
    """Is there a line of print between two rows of boxes?"""
    top, bottom = max(b.bottom for b in above) + 1.2, min(b.y for b in below) - 1.2
    rows = slice(round(top * PX_PER_MM), max(round(bottom * PX_PER_MM), round(top * PX_PER_MM)))
    return bool(words[rows].any(axis=1).sum() > 1.2 * PX_PER_MM)
