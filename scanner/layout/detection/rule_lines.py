"""Rule lines, the printed lines to write on: dotted, dashed, ruled, or typed as full stops and underscores.

Small marks and rules → marks in a row, evenly spaced → lines, cut where print stands on them → those that are free
above. Underlines, ornaments and walls are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import PX_PER_MM, Box

# Lengths were chosen on the styles of lines that samples/blank_forms and samples/drawn_forms draw.
MAX_THICKNESS_MM = 0.85  # thickest line or dot
SKEW = 0.006  # a scanned blank may lie 0.3° askew
RULE_MM = 5.0  # an unbroken stroke this long is a rule
GAP_MM = 2.7  # widest gap between dots
MIN_LENGTH_MM = 3.5  # a day of two digits
LEVEL_MM = 0.25  # dots of one line stand this level
STANDING_PRINT_MM = (1.3, 0.3)  # print that reaches between these heights above a line stands on it
FREE_MM = (2.8, 0.4)  # a line to write on is free between these heights above it
LABEL_GAP_MM = 14.0  # a label is this close to its line
MAX_LEADING_MM = 12.0  # between two lines of one field
COLON_MM = 2.2  # height of a colon of 11 points


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A printed line to write on: first and last x and the height of its middle, mm."""

    x0: float
    x1: float
    y: float
    style: Literal["dotted", "solid"]

    @property
    def length(self) -> float:
        """From end to end, mm."""
        return self.x1 - self.x0


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Print taken apart: marks and rules as (N, 4) px (x0, x1, y0, y1), masks of all print and of what is taller."""

    marks: NDArray[np.int32]
    rules: NDArray[np.int32]
    dark: NDArray[np.uint8]
    tall: NDArray[np.uint8]


def find_rule_lines(dark: NDArray[np.uint8], walls: NDArray[np.uint8]) -> list[RuleLine]:
    """Lines to write on, top to bottom. `dark` is the mask of print at 300 dpi, `walls` of what belongs to boxes."""
    strokes = split_strokes(dark, walls)
    found = [piece for chain in _chains(strokes) for piece in _cut_at_print(_fit_line(chain, strokes), strokes.tall)]
    free = [line for line in found if line.length >= MIN_LENGTH_MM and _is_free(line, strokes.tall)]
    words = np.where(walls > 0, 0, strokes.tall).astype(np.uint8)
    return sorted((line for line in free if _is_for_writing(line, free, words)), key=lambda m: (m.y, m.x0))


def split_strokes(dark: NDArray[np.uint8], walls: NDArray[np.uint8]) -> Strokes:
    """Tell dots, dashes and rules from lettering and walls."""
    print_ = np.where(walls > 0, 0, dark).astype(np.uint8)
    thick = round(MAX_THICKNESS_MM * PX_PER_MM)
    bar = np.ones((1, round(RULE_MM * PX_PER_MM)), np.uint8)
    long = np.asarray(cv2.morphologyEx(print_, cv2.MORPH_OPEN, bar), np.uint8)
    rules, bars = _split_by_height(long, thick)
    rest = np.asarray(cv2.bitwise_and(print_, 1 - cv2.dilate(long, np.ones((3, 1), np.uint8))), np.uint8)
    marks, letters = _split_by_height(rest, thick)
    tall = np.maximum(np.maximum(letters, bars), np.where(walls > 0, dark, 0)).astype(np.uint8)
    return Strokes(marks, rules, print_, tall)


def _split_by_height(mask: NDArray[np.uint8], thick: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Components no higher than `thick` px as (x0, x1, y0, y1), and a mask of the higher ones."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, w, h = (stats[:, i] for i in (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    low = (h <= thick + SKEW * w) & (stats[:, cv2.CC_STAT_AREA] <= thick * w)
    low[0] = False
    high = ~low
    high[0] = False
    boxes = np.stack([x, x + w, y, y + h], axis=1)[low].astype(np.int32)
    return boxes, high[labels].astype(np.uint8)


# --- marks in a row ----------------------------------------------------------------------------------


def _chains(strokes: Strokes) -> list[NDArray[np.int32]]:
    """Marks and rules that follow each other on one level with nothing between them: (n, 4) px each."""
    level, reach = LEVEL_MM * PX_PER_MM, GAP_MM * PX_PER_MM
    every = np.concatenate([strokes.marks, strokes.rules])
    open_: list[list[NDArray[np.int32]]] = []
    done: list[list[NDArray[np.int32]]] = []
    for mark in every[np.argsort(every[:, 0], kind="stable")]:
        done += [c for c in open_ if mark[0] - c[-1][1] > reach]
        open_ = [c for c in open_ if mark[0] - c[-1][1] <= reach]
        fits = [
            c for c in open_ if abs(_middle(c[-1]) - _middle(mark)) <= level and _continues_chain(c, mark, strokes.tall)
        ]
        if fits:
            max(fits, key=lambda c: int(c[-1][1])).append(mark)
        else:
            open_.append([mark])
    chains = [_trim_ends(np.array(c), strokes.dark) for c in (*done, *open_)]
    return [c for c in chains if len(c) and _is_line(c)]


def _middle(mark: NDArray[np.int32]) -> float:
    return float(mark[2] + mark[3]) / 2


def _continues_chain(chain: Sequence[NDArray[np.int32]], mark: NDArray[np.int32], tall: NDArray[np.uint8]) -> bool:
    """Does a mark continue a chain: no wider gap than before, nothing standing in the gap?"""
    last = chain[-1]
    gap = int(mark[0] - last[1])
    if gap < -2:
        return False
    rule = RULE_MM * PX_PER_MM
    if max(mark[1] - mark[0], last[1] - last[0]) >= rule and gap > 0.5 * PX_PER_MM:
        return False  # a rule ends where white begins; what follows is a colon's dot or another line
    if len(chain) > 3:
        gaps = [int(b[0] - a[1]) for a, b in pairwise(chain[-8:])]
        if gap > max(1.0 * PX_PER_MM, 2.2 * float(np.median(gaps)), 1.15 * max(gaps)):
            return False
    y = round(_middle(mark))
    between = tall[y - round(0.9 * PX_PER_MM) : y + round(0.4 * PX_PER_MM), int(last[1]) : int(mark[0])]
    return not between.any()


def _trim_ends(chain: NDArray[np.int32], dark: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Without end marks that are no part of the line: the lower dot of a colon, a full stop."""
    if len(chain) > 3 and _is_colon(chain[0], dark):
        chain = chain[1:]
    while len(chain) > 4:
        gaps = chain[1:, 0] - chain[:-1, 1]
        usual = float(np.median(gaps))
        first, last = (abs(float(gaps[end]) - usual) > 0.4 * usual + 2 for end in (0, -1))
        if first:
            chain = chain[1:]
        elif last and chain[-1, 1] - chain[-1, 0] <= np.median(chain[:, 1] - chain[:, 0]) + 2:
            chain = chain[:-1]
        else:
            break
    return chain


def _is_colon(mark: NDArray[np.int32], dark: NDArray[np.uint8]) -> bool:
    """Does another dot stand right above?"""
    y, high = int(mark[2]), round(COLON_MM * PX_PER_MM)
    return bool(dark[max(y - high, 0) : y - 2, int(mark[0]) : int(mark[1])].any())


def _is_line(chain: NDArray[np.int32]) -> bool:
    """Enough marks, evenly spaced or in threes (ellipses with spaces between), or one unbroken stroke."""
    width = chain[:, 1] - chain[:, 0]
    if width.max() >= MIN_LENGTH_MM * PX_PER_MM:
        return True
    if len(chain) < 3 and not (len(chain) == 2 and width.min() > 1.0 * PX_PER_MM):
        return False
    steps = np.diff(chain[:, 0])
    usual = float(np.median(steps))
    if float(np.mean(np.abs(steps - usual) <= 0.35 * usual + 2)) > 0.7:
        return True
    return len(steps) >= 5 and float(np.mean(np.abs(steps[3:] - steps[:-3]) <= 0.2 * usual + 2)) > 0.8


# --- from chains to lines ----------------------------------------------------------------------------


def _fit_line(chain: NDArray[np.int32], strokes: Strokes) -> RuleLine:
    x0, x1 = chain[0, 0] / PX_PER_MM, chain[:, 1].max() / PX_PER_MM
    y = float(np.median((chain[:, 2] + chain[:, 3]) / 2)) / PX_PER_MM
    unbroken = float((chain[:, 1] - chain[:, 0]).sum()) > 0.9 * float(chain[:, 1].max() - chain[0, 0])
    return RuleLine(float(x0), float(x1), y, "solid" if unbroken else "dotted")


def _cut_at_print(line: RuleLine, tall: NDArray[np.uint8]) -> list[RuleLine]:
    """A line cut where print stands on it."""
    left, right = round(line.x0 * PX_PER_MM), round(line.x1 * PX_PER_MM)
    y = line.y * PX_PER_MM
    band = tall[
        max(round(y - STANDING_PRINT_MM[0] * PX_PER_MM), 0) : round(y - STANDING_PRINT_MM[1] * PX_PER_MM), left:right
    ]
    busy = band.any(axis=0)
    if not busy.any():
        return [line]
    edges = np.flatnonzero(np.diff(np.concatenate([[True], busy, [True]]).astype(np.int8)))
    ends = zip(edges[::2], edges[1::2], strict=True)
    return [RuleLine((left + int(a)) / PX_PER_MM, (left + int(b)) / PX_PER_MM, line.y, line.style) for a, b in ends]


def print_share(line: RuleLine, tall: NDArray[np.uint8], high: float, low: float) -> float:
    """Share of a line's columns with print between two heights above it (mm; negative is below)."""
    y, left, right = line.y * PX_PER_MM, round(line.x0 * PX_PER_MM), round(line.x1 * PX_PER_MM)
    band = tall[max(round(y - high * PX_PER_MM), 0) : max(round(y - low * PX_PER_MM), 0), left:right]
    return float(band.any(axis=0).mean()) if band.size else 0.0


def _is_free(line: RuleLine, tall: NDArray[np.uint8]) -> bool:
    """Can one write there? Bits of lettering and underlines have letters above or below."""
    return print_share(line, tall, *FREE_MM) < 0.3 and print_share(line, tall, -0.35, -0.9) < 0.5


def _is_for_writing(line: RuleLine, lines: Sequence[RuleLine], words: NDArray[np.uint8]) -> bool:
    """Not an ornament under a heading, nor a rule between parts of a form: those have no label and no like line."""
    if line.style == "dotted" or _has_label_or_neighbour(line, lines, words):
        return True
    middle = (line.x0 + line.x1) / 2
    above = RuleLine(0.0, words.shape[1] / PX_PER_MM, line.y, "solid")
    print_above = _printed_columns(above, words, 5.5, 0.4)
    if print_above is not None and abs(middle - sum(print_above) / 2) < 2.0 and line.length < 80:
        return False
    printed = np.flatnonzero(words.any(axis=0)) / PX_PER_MM
    return not len(printed) or line.length < 0.85 * float(printed[-1] - printed[0])


def _has_label_or_neighbour(line: RuleLine, lines: Sequence[RuleLine], words: NDArray[np.uint8]) -> bool:
    """A label or another line on its level, or a line above or below that ends where it ends."""
    for other in lines:
        level, apart = abs(other.y - line.y), max(other.x0 - line.x1, line.x0 - other.x1)
        if level < 0.6 and 0 <= apart < LABEL_GAP_MM:
            return True
        if 0.6 < level < MAX_LEADING_MM and abs(other.x1 - line.x1) < 1.5 and other.length > 20:
            return True
    left = RuleLine(max(line.x0 - LABEL_GAP_MM, 0), max(line.x0 - 0.1, 0), line.y, "solid")
    right = RuleLine(line.x1 + 0.1, line.x1 + LABEL_GAP_MM, line.y, "solid")
    return any(print_share(side, words, 3.0, -0.5) > 0 for side in (left, right))


def _printed_columns(line: RuleLine, tall: NDArray[np.uint8], high: float, low: float) -> tuple[float, float] | None:
    """First and last x of the print between two heights above a line, mm."""
    y, left, right = line.y * PX_PER_MM, round(line.x0 * PX_PER_MM), round(line.x1 * PX_PER_MM)
    rows = slice(max(round(y - high * PX_PER_MM), 0), max(round(y - low * PX_PER_MM), 0))
    seen = np.flatnonzero(tall[rows, left:right].any(axis=0))
    return (float(left + seen[0]) / PX_PER_MM, float(left + seen[-1]) / PX_PER_MM) if len(seen) else None


# --- the box over a line -----------------------------------------------------------------------------


def writing_box(line: RuleLine, tall: NDArray[np.uint8], least: float, most: float) -> Box:
    """The box to write in over a line: from the print above, `least` to `most` mm high, to 1 mm below the line."""
    bottom = line.y + 1.0
    left, right = round(line.x0 * PX_PER_MM) + 4, round(line.x1 * PX_PER_MM) - 4
    high, low = max(round((bottom - most) * PX_PER_MM), 0), round((line.y - 0.5) * PX_PER_MM)
    busy = tall[high:low, left:right].mean(axis=1) > 0.02 if right > left else np.zeros(0, bool)
    rows = np.flatnonzero(busy)
    top = (high + int(rows[-1]) + 3) / PX_PER_MM if len(rows) else max(bottom - most, 0.0)
    return Box(line.x0, min(top, bottom - least), line.length, bottom - min(top, bottom - least))
