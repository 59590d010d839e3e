"""Entries struck out: where a stroke was drawn through writing, and what stands beside it or above it.

A strike is a stroke that can be followed from left to right through the middle of letters with little rise or fall,
for longer than a bar of a letter is, and with letters above and below it; or a tangle in which no letter is left.
The old rule of paper forms: a wrong entry is struck through once and the right value written beside or above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import PX_PER_MM

Mask = NDArray[Any]

SQUEEZE = 3
"""Columns taken together: a path may rise or fall one pixel a step, a third of its way."""
LONG_MM = 14.0
"""A way this long strikes out, however it goes; where real hands write a word in one line they reach 11 mm."""
FIRM_MM, FIRM = 9.2, 0.11
"""So does a shorter one that is little broken: a way through letters jumps a fifth of its columns, a strike a tenth
at most."""
SURE_MM, BROKEN, BENT_MM = 6.5, 0.06, 0.04
"""And one the length of a word that is hardly broken and bends in one sweep: the bar of a Đ that runs on through the
letters after it wanders by 0.05 mm, a strike that short by 0.03."""
SHORT_MM, MOST = 4.5, 0.8
"""A short one does where it runs through nearly all that is written."""
REACH_MM = 1.1
"""Letters below a strike are looked for this far."""
UNDER, UNDER_SHORT, UNDER_LOW, LOW = 0.06, 0.12, 0.10, 0.85
"""A stroke with letters below less of its way than this is an underline: only tails of g and y cross it. For short
ones and in the lowest part of the ink the next shares hold."""
HIGH = 0.1
"""One so high in the ink, with as few letters above it, is a ruling."""
BARE, MIDST = 0.05, (0.2, 0.6)
"""A long one that is no more broken than this, and lies between these heights of the ink, strikes out letters too
faint to be seen beside it."""
OVER = 0.03
"""With letters above less of its way it is a bar over letters, of a T or of a tone mark."""
WHOLE = 0.08
"""A short strike is broken in no more of its columns."""
TANGLE_MM = (4.0, 2.6)
TANGLE = 0.68
"""Inked share of such a window: scribbled over. Broad letters of a bilevel scan have 0.674, scribbles from 0.697."""
KNOTS = ((18.5, 0.42), (13.3, 0.51))
KNOT_WHOLE = 0.58
"""So is a piece this wide, mm, and dense (ink to a strip of the window's height), or a dense one that is nearly all
there is. Words of 1,100 real lines hang together over 16 mm at most, dense ones over 12; scribbled ones over 13 to
66 mm."""
RAISED_MM = 1.6
"""What stands this far above a strike was written above it; the marks of the struck letters are nearer."""
MARKS_MM = 1.1
"""Pieces this far below the middle of what was written above are marks of struck letters."""
RAISED_MM2 = 1.5
"""Less ink above a strike is a mark of a struck letter."""
BESIDE_MM = 8.0
"""What is written above struck words may run on to their right by this much."""
DIGIT_MM, DIGIT_WIDE_MM, DIGIT_BLOT_MM = 13.7, 5.7, 1.5
"""Pen line, width, and depth of the ink's middle below its edge that no digit in a cell has: of some 6,200 real ones
the largest had 13.5, 5.4 and 1.44 mm. The reader of digits knows more crossed ones by their looks ("not a digit")."""
STROKE_MM, STROKE_BENT_MM = 5.4, 0.05
"""A way this long in one sweep runs from wall to wall: it crosses a digit out. Real digits have 5.3 mm at most."""
ROW_MM = 11.0
"""A stroke this long strikes out digits in a row of cells; digits that touch make shorter ways."""
MARGIN_MM = 0.4


@dataclass(frozen=True, slots=True)
class StrikeSpan:
    """A stretch of a line that is struck out: columns from, to (px of the window), and the strike's middle row."""

    start: int
    stop: int
    row: int


def find_strikes(ink: Mask) -> tuple[StrikeSpan, ...]:
    """Where writing is struck out, left to right; `ink` is (rows, cols) of one line's own ink."""
    rows, cols = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return ()
    top, bottom, left, right = rows[0], rows[-1] + 1, cols[0], cols[-1] + 1
    text = np.asarray(ink[top:bottom, left:right] > 0)
    found = [*_lines(text), *_tangles(text), *_knots(text)]
    moved = [StrikeSpan(s.start + left, s.stop + left, s.row + top) for s in found]
    return _merged(sorted(moved, key=lambda s: s.start))


def _lines(text: NDArray[np.bool_]) -> list[StrikeSpan]:
    width = text.shape[1]
    least = SHORT_MM * PX_PER_MM
    if width < least:
        return []
    length = _paths(_squeezed(text))
    out: list[StrikeSpan] = []
    for _ in range(6):
        row, col = (int(v) for v in np.unravel_index(int(length.argmax()), length.shape))
        way = _back(length, row, col)
        if len(way) * SQUEEZE < least:
            break
        start = col - len(way) + 1
        span = StrikeSpan(start * SQUEEZE, min((col + 1) * SQUEEZE, width), int(np.median(way)))
        if _is_strike(text, span, way):
            out.append(span)
        length[:, start : col + 1] = 0
    return out


def _squeezed(text: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = text.shape
    padded = np.pad(text, ((0, 0), (0, -width % SQUEEZE)))
    return np.asarray(padded.reshape(height, -1, SQUEEZE).any(axis=2))


def _paths(flat: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each pixel the number of steps of the longest path through ink that ends there, coming from the left."""
    out = np.zeros(flat.shape, np.int32)
    before = np.zeros(flat.shape[0] + 2, np.int32)
    for col in range(flat.shape[1]):
        best = np.maximum(np.maximum(before[:-2], before[1:-1]), before[2:])
        out[:, col] = np.where(flat[:, col], best + 1, 0)
        before[1:-1] = out[:, col]
    return out


def _back(length: NDArray[np.int32], row: int, col: int) -> NDArray[np.int64]:
    """The rows of the longest path that ends at (row, col), left to right; of equal ways the most level."""
    way = [row]
    while col > 0 and length[row, col] > 1:
        col -= 1
        near = [r for r in (row, row - 1, row + 1) if 0 <= r < length.shape[0]]
        row = max(near, key=lambda r: length[r, col])
        if not length[row, col]:
            break
        way.append(row)
    return np.array(way[::-1])


def _is_strike(text: NDArray[np.bool_], span: StrikeSpan, way: NDArray[np.int64]) -> bool:
    height, width = text.shape
    reach = round(REACH_MM * PX_PER_MM)
    below = above = broken = 0
    for k, row in enumerate(way):
        column = text[:, min(span.start + k * SQUEEZE + 1, width - 1)]
        broken += not column[row]
        below += _goes_on(column[row:], reach)
        above += _goes_on(column[row::-1], reach)
    long, gaps, n = len(way) * SQUEEZE / PX_PER_MM, broken / len(way), len(way)
    low = span.row > LOW * height
    if long >= LONG_MM and above < UNDER * n and span.row < HIGH * height:
        return False  # a ruling above the letters
    if long >= LONG_MM:
        return below >= (UNDER_LOW if low else UNDER) * n or (
            gaps <= BARE and MIDST[0] <= span.row / height <= MIDST[1]
        )
    if below < UNDER_SHORT * n or above < OVER * n:
        return False
    if long >= MOST * width / PX_PER_MM and gaps <= WHOLE:
        return True
    return (long >= FIRM_MM and gaps <= FIRM) or (long >= SURE_MM and gaps <= BROKEN and _bent_mm(way) <= BENT_MM)


def _goes_on(column: NDArray[np.bool_], reach: int) -> bool:
    """Is there more ink in a column that begins on a way: that of the way itself thick, or more within reach?"""
    gaps = np.flatnonzero(~column)
    if not len(gaps):
        return len(column) > reach
    return bool(gaps[0] > reach or column[gaps[0] : gaps[0] + reach].any())


def _bent_mm(way: NDArray[np.int64]) -> float:
    """How far a way lies off one sweep (a parabola), mm."""
    steps = np.linspace(-1, 1, len(way))
    return float(np.std(way - np.polyval(np.polyfit(steps, way, 2), steps)) / PX_PER_MM)


def _tangles(text: NDArray[np.bool_]) -> list[StrikeSpan]:
    """Stretches where hardly any paper is left between the strokes."""
    size = tuple(round(v * PX_PER_MM) for v in TANGLE_MM)
    if text.shape[1] < size[0] or text.shape[0] < size[1]:
        return []
    share = cv2.boxFilter(text.astype(np.float32), -1, size, borderType=cv2.BORDER_CONSTANT)
    dense = np.flatnonzero((share >= TANGLE).any(axis=0))
    if not len(dense):
        return []
    parts = np.split(dense, np.flatnonzero(np.diff(dense) > size[0]) + 1)
    row = int(share.max(axis=1).argmax())
    half = size[0] // 2
    return [StrikeSpan(max(int(p[0]) - half, 0), min(int(p[-1]) + half, text.shape[1]), row) for p in parts]


def _knots(text: NDArray[np.bool_]) -> list[StrikeSpan]:
    """Pieces of ink that hang together over more than a word and are dense: scribbled through."""
    count, _, stats, middles = cv2.connectedComponentsWithStats(text.astype(np.uint8), connectivity=8)
    out = []
    for (left, _, wide, _, area), (_, row) in zip(stats[1:count], middles[1:count], strict=True):
        mm, dense = wide / PX_PER_MM, area / (wide * TANGLE_MM[1] * PX_PER_MM)
        whole = mm >= SHORT_MM and wide >= MOST * text.shape[1] and dense >= KNOT_WHOLE
        if whole or any(mm >= wide_mm and dense >= share for wide_mm, share in KNOTS):
            out.append(StrikeSpan(int(left), int(left + wide), int(row)))
    return out


def _merged(spans: list[StrikeSpan]) -> tuple[StrikeSpan, ...]:
    """Overlapping spans as one."""
    out: list[StrikeSpan] = []
    for span in spans:
        if out and span.start <= out[-1].stop + PX_PER_MM:
            out[-1] = StrikeSpan(out[-1].start, max(out[-1].stop, span.stop), out[-1].row)
        else:
            out.append(span)
    return tuple(out)


def unstruck_ink(ink: Mask, spans: tuple[StrikeSpan, ...]) -> Mask:
    """The ink of a line (rows, cols) that is not struck out: beside the strike, and above it."""
    count, labels, total, middle = _pieces(ink)
    struck, raised = np.zeros(count, bool), np.zeros(count, bool)
    margin = round(MARGIN_MM * PX_PER_MM)
    for span in spans:
        over = slice(max(span.start - margin, 0), span.stop + margin)
        mine = np.bincount(labels[:, over].ravel(), minlength=count) > 0.5 * total
        high = middle < span.row - RAISED_MM * PX_PER_MM
        struck |= mine & ~high
        raised |= mine & high
    raised[0] = struck[0] = False
    if raised.any():  # marks of struck letters lie lower than the line written above them
        line = float(np.average(middle[raised], weights=total[raised]))
        low = raised & (middle > line + MARKS_MM * PX_PER_MM)
        raised &= ~low
        struck |= low
    rest = np.where(struck[labels] | raised[labels], np.uint8(0), ink)
    above = np.where(raised[labels], ink, np.uint8(0))
    if np.count_nonzero(above) < RAISED_MM2 * PX_PER_MM**2:
        return np.asarray(rest, np.uint8)
    return np.asarray(np.maximum(rest, above), np.uint8)


def above_line(ink: Mask, spans: tuple[StrikeSpan, ...], floor: int) -> Mask:
    """Writing above struck words: ink (rows, cols) over a span whose middle lies between row `floor` and the strike."""
    count, labels, total, middle = _pieces(ink)
    keep = np.zeros(count, bool)
    margin = round(BESIDE_MM * PX_PER_MM)
    for span in spans:
        over = slice(max(span.start - margin, 0), span.stop + margin)
        mine = np.bincount(labels[:, over].ravel(), minlength=count) > 0.5 * total
        keep |= mine & (middle > floor) & (middle < span.row - RAISED_MM * PX_PER_MM)
    keep[0] = False
    return np.where(keep[labels], ink, np.uint8(0))


def _pieces(ink: Mask) -> tuple[int, Mask, NDArray[np.int64], NDArray[np.float64]]:
    """How many pieces of ink there are, their labels, their areas and their middle rows."""
    joined = np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), np.uint8)
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    labels = np.where(ink > 0, labels, 0)
    total = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    per_row = np.arange(ink.shape[0], dtype=float)[:, None].repeat(ink.shape[1], axis=1)
    return count, labels, total, np.bincount(labels.ravel(), weights=per_row.ravel(), minlength=count) / total


def cell_struck(ink: Mask, margin: int) -> bool:
    """Is a digit crossed out? `ink` (rows, cols) is its cell with `margin` px of the neighbours around.

    It was, where it is wider than a digit, has more pen line, is blotted out, or a stroke runs from wall to wall.
    """
    count, labels, total, _ = _pieces(ink)
    core = (slice(margin, ink.shape[0] - margin), slice(margin, ink.shape[1] - margin))
    inside = np.bincount(labels[core].ravel(), minlength=count)
    own = inside >= 0.5 * total
    own[0] = False
    mine = own[labels]
    if not mine.any():
        return False
    cols = np.flatnonzero(mine.any(axis=0))
    depth = cv2.distanceTransform(mine.astype(np.uint8), cv2.DIST_L2, 3)
    wide, blot = (cols[-1] - cols[0]) / PX_PER_MM, float(depth.max()) / PX_PER_MM
    if wide > DIGIT_WIDE_MM or blot > DIGIT_BLOT_MM or pen_line_mm(mine) > DIGIT_MM:
        return True
    length = _paths(_squeezed(mine))
    row, col = (int(v) for v in np.unravel_index(int(length.argmax()), length.shape))
    way = _back(length, row, col)
    return len(way) * SQUEEZE > STROKE_MM * PX_PER_MM and _bent_mm(way) <= STROKE_BENT_MM


def pen_line_mm(ink: Mask) -> float:
    """The length of pen line that ink amounts to, mm: its area by the width of the pen."""
    depth = cv2.distanceTransform(np.asarray(ink > 0, np.uint8), cv2.DIST_L2, 3)
    pen = max(4 * float(depth[ink > 0].mean()) - 1.0, 2.0)
    return float(np.count_nonzero(ink) / pen / PX_PER_MM)
