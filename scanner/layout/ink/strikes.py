"""Entries struck out: where a stroke was drawn through writing, and what stands beside it or above it.

A strike is a stroke that can be followed from left to right through the middle of letters with little rise or fall,
for longer than a bar of a letter is, and with letters above and below it; or a dense area in which no letter is left.
The old rule of paper forms: a wrong entry is struck through once and the right value written beside or above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import PX_PER_MM

Mask = NDArray[np.uint8]

SQUEEZE = 3
"""Columns taken together: a path may rise or fall one pixel a step of three."""
LONG_STRIKE_MM = 14.0
"""A path this long strikes out in any case; words that real hands write in one line reach 11 mm."""
FIRM_MM, FIRM_GAPS = 9.2, 0.11
"""So does a shorter one with few gaps: a path through letters has them in a fifth of its columns, a strike in a tenth
at most."""
SMOOTH_MM, SMOOTH_GAPS, SMOOTH_DEVIATION_MM = 6.5, 0.06, 0.04
"""And one the length of a word that has hardly any gaps and bends in one sweep: the bar of a Đ that runs on through the
letters after it wanders by 0.05 mm, a strike that short by 0.03."""
SHORT_MM, SHORT_SHARE = 4.5, 0.8
"""A short one does where it runs through this share of all that is written."""
REACH_MM = 1.1
"""Letters below a strike are looked for this far."""
MIN_BELOW, MIN_BELOW_SHORT, MIN_BELOW_LOW, LOW_HEIGHT = 0.06, 0.12, 0.10, 0.85
"""A stroke with letters below less of its length than this is an underline: only tails of g and y cross it. The next
shares are for short ones, and for those below LOW_HEIGHT of the ink."""
HIGH_HEIGHT = 0.1
"""One so high in the ink (from its top), with as few letters above it, is a rule line."""
BARE_GAPS, BARE_HEIGHTS = 0.05, (0.2, 0.6)
"""A long one with no more gaps than this, between these heights of the ink, strikes out letters too faint to be
seen beside it."""
MIN_ABOVE = 0.03
"""With letters above less of its length it is a bar over letters, of a T or of a tone mark."""
SHORT_GAPS = 0.08
"""A short strike has gaps in no more of its columns."""
DENSE_WINDOW_MM = (4.0, 2.6)
"""Width and height of a window: two small letters."""
DENSE_SHARE = 0.68
"""Inked share of such a window: scribbled over. Broad letters of a bilevel scan have 0.674, scribbles from 0.697."""
SCRIBBLES = ((18.5, 0.42), (13.3, 0.51))
SCRIBBLE_WHOLE = 0.58
"""So is a component this wide, mm, and dense (ink to a strip of the window's height), or a dense one that is nearly all
there is. Words of 1,100 real lines are connected over 16 mm at most, dense ones over 12; scribbled ones over 13 to
66 mm."""
WRITTEN_ABOVE_MM = 1.6
"""Ink this far above a strike was written above it; the marks of the struck letters are nearer."""
MARKS_MM = 1.1
"""Components this far below the middle of what was written above are marks of struck letters."""
WRITTEN_ABOVE_MM2 = 1.5
"""Less ink above a strike is a mark of a struck letter."""
BESIDE_MM = 8.0
"""What is written above struck words may run on to their right by this much."""
DIGIT_MM, DIGIT_WIDE_MM, DIGIT_BLOT_MM = 13.7, 5.7, 1.5
"""Pen line, width, and depth of the ink's middle below its edge that no digit in a cell has: of some 6,200 real ones
the largest had 13.5, 5.4 and 1.44 mm. The recogniser of digits rejects more crossed ones by their shape."""
STROKE_MM, STROKE_DEVIATION_MM = 5.4, 0.05
"""A path this long in one sweep runs from wall to wall: it crosses a digit out. Real digits have 5.3 mm at most."""
ROW_MM = 11.0
"""A stroke this long strikes out digits in a row of cells; digits that touch make shorter paths."""
MARGIN_MM = 0.4
"""A strike reaches this far beyond its path, whose ends are rounded down to whole steps."""


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
    found = [*_stroke_strikes(text), *_dense_windows(text), *_dense_components(text)]
    moved = [StrikeSpan(s.start + left, s.stop + left, s.row + top) for s in found]
    return _merge_spans(sorted(moved, key=lambda s: s.start))


def _stroke_strikes(text: NDArray[np.bool_]) -> list[StrikeSpan]:
    width = text.shape[1]
    least = SHORT_MM * PX_PER_MM
    if width < least:
        return []
    length = _path_lengths(_squeeze_columns(text))
    out: list[StrikeSpan] = []
    for _ in range(6):
        row, col = (int(v) for v in np.unravel_index(int(length.argmax()), length.shape))
        path = _trace_path(length, row, col)
        if len(path) * SQUEEZE < least:
            break
        start = col - len(path) + 1
        span = StrikeSpan(start * SQUEEZE, min((col + 1) * SQUEEZE, width), int(np.median(path)))
        if _is_strike(text, span, path):
            out.append(span)
        length[:, start : col + 1] = 0
    return out


def _squeeze_columns(text: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = text.shape
    padded = np.pad(text, ((0, 0), (0, -width % SQUEEZE)))
    return np.asarray(padded.reshape(height, -1, SQUEEZE).any(axis=2))


def _path_lengths(flat: NDArray[np.bool_]) -> NDArray[np.int32]:
    """For each pixel the number of steps of the longest path through ink that ends there, coming from the left."""
    out = np.zeros(flat.shape, np.int32)
    before = np.zeros(flat.shape[0] + 2, np.int32)
    for col in range(flat.shape[1]):
        best = np.maximum(np.maximum(before[:-2], before[1:-1]), before[2:])
        out[:, col] = np.where(flat[:, col], best + 1, 0)
        before[1:-1] = out[:, col]
    return out


def _trace_path(length: NDArray[np.int32], row: int, col: int) -> NDArray[np.int64]:
    """The rows of the longest path that ends at (row, col), left to right; of equal ones the most level."""
    path = [row]
    while col > 0 and length[row, col] > 1:
        col -= 1
        near = [r for r in (row, row - 1, row + 1) if 0 <= r < length.shape[0]]
        row = max(near, key=lambda r: length[r, col])
        if not length[row, col]:
            break
        path.append(row)
    return np.array(path[::-1])


def _is_strike(text: NDArray[np.bool_], span: StrikeSpan, path: NDArray[np.int64]) -> bool:
    height, width = text.shape
    reach = round(REACH_MM * PX_PER_MM)
    below = above = broken = 0
    for k, row in enumerate(path):
        column = text[:, min(span.start + k * SQUEEZE + 1, width - 1)]
        broken += not column[row]
        below += _ink_continues(column[row:], reach)
        above += _ink_continues(column[row::-1], reach)
    long, gaps, n = len(path) * SQUEEZE / PX_PER_MM, broken / len(path), len(path)
    low = span.row > LOW_HEIGHT * height
    if long >= LONG_STRIKE_MM and above < MIN_BELOW * n and span.row < HIGH_HEIGHT * height:
        return False  # a ruling above the letters
    if long >= LONG_STRIKE_MM:
        return below >= (MIN_BELOW_LOW if low else MIN_BELOW) * n or (
            gaps <= BARE_GAPS and BARE_HEIGHTS[0] <= span.row / height <= BARE_HEIGHTS[1]
        )
    if below < MIN_BELOW_SHORT * n or above < MIN_ABOVE * n:
        return False
    if long >= SHORT_SHARE * width / PX_PER_MM and gaps <= SHORT_GAPS:
        return True
    return (long >= FIRM_MM and gaps <= FIRM_GAPS) or (
        long >= SMOOTH_MM and gaps <= SMOOTH_GAPS and _deviation_mm(path) <= SMOOTH_DEVIATION_MM
    )


def _ink_continues(column: NDArray[np.bool_], reach: int) -> bool:
    """Is there more ink in a column that begins on a path: a stroke thicker than `reach` px, or more within it?"""
    gaps = np.flatnonzero(~column)
    if not len(gaps):
        return len(column) > reach
    return bool(gaps[0] > reach or column[gaps[0] : gaps[0] + reach].any())


def _deviation_mm(path: NDArray[np.int64]) -> float:
    """How far a path (N,) of rows lies off one sweep (a parabola): standard deviation, mm."""
    steps = np.linspace(-1, 1, len(path))
    return float(np.std(path - np.polyval(np.polyfit(steps, path, 2), steps)) / PX_PER_MM)


def _dense_windows(text: NDArray[np.bool_]) -> list[StrikeSpan]:
    """Stretches where hardly any paper is left between the strokes."""
    size = tuple(round(v * PX_PER_MM) for v in DENSE_WINDOW_MM)
    if text.shape[1] < size[0] or text.shape[0] < size[1]:
        return []
    share = cv2.boxFilter(text.astype(np.float32), -1, size, borderType=cv2.BORDER_CONSTANT)
    dense = np.flatnonzero((share >= DENSE_SHARE).any(axis=0))
    if not len(dense):
        return []
    parts = np.split(dense, np.flatnonzero(np.diff(dense) > size[0]) + 1)
    row = int(share.max(axis=1).argmax())
    half = size[0] // 2
    return [StrikeSpan(max(int(p[0]) - half, 0), min(int(p[-1]) + half, text.shape[1]), row) for p in parts]


def _dense_components(text: NDArray[np.bool_]) -> list[StrikeSpan]:
    """Components of ink that are longer than a word and dense: scribbled through."""
    count, _, stats, middles = cv2.connectedComponentsWithStats(text.astype(np.uint8), connectivity=8)
    out = []
    for (left, _, wide, _, area), (_, row) in zip(stats[1:count], middles[1:count], strict=True):
        mm, dense = wide / PX_PER_MM, area / (wide * DENSE_WINDOW_MM[1] * PX_PER_MM)
        whole = mm >= SHORT_MM and wide >= SHORT_SHARE * text.shape[1] and dense >= SCRIBBLE_WHOLE
        if whole or any(mm >= wide_mm and dense >= share for wide_mm, share in SCRIBBLES):
            out.append(StrikeSpan(int(left), int(left + wide), int(row)))
    return out


def _merge_spans(spans: list[StrikeSpan]) -> tuple[StrikeSpan, ...]:
    """Overlapping spans as one."""
    out: list[StrikeSpan] = []
    for span in spans:
        if out and span.start <= out[-1].stop + PX_PER_MM:
            out[-1] = StrikeSpan(out[-1].start, max(out[-1].stop, span.stop), out[-1].row)
        else:
            out.append(span)
    return tuple(out)


def unstruck_ink(ink: Mask, spans: tuple[StrikeSpan, ...]) -> Mask:
    """The ink of a line (rows, cols) that is not struck out: beside a strike, and above it."""
    count, labels, total, middle = _components(ink)
    struck, raised = np.zeros(count, bool), np.zeros(count, bool)
    margin = round(MARGIN_MM * PX_PER_MM)
    for span in spans:
        over = slice(max(span.start - margin, 0), span.stop + margin)
        mine = np.bincount(labels[:, over].ravel(), minlength=count) > 0.5 * total
        high = middle < span.row - WRITTEN_ABOVE_MM * PX_PER_MM
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
    if np.count_nonzero(above) < WRITTEN_ABOVE_MM2 * PX_PER_MM**2:
        return np.asarray(rest, np.uint8)
    return np.asarray(np.maximum(rest, above), np.uint8)


def ink_above_strikes(ink: Mask, spans: tuple[StrikeSpan, ...], floor: int) -> Mask:
    """Writing above struck words: ink (rows, cols) over a span whose middle lies between row `floor` and the strike."""
    count, labels, total, middle = _components(ink)
    keep = np.zeros(count, bool)
    margin = round(BESIDE_MM * PX_PER_MM)
    for span in spans:
        over = slice(max(span.start - margin, 0), span.stop + margin)
        mine = np.bincount(labels[:, over].ravel(), minlength=count) > 0.5 * total
        keep |= mine & (middle > floor) & (middle < span.row - WRITTEN_ABOVE_MM * PX_PER_MM)
    keep[0] = False
    return np.where(keep[labels], ink, np.uint8(0))


def _components(ink: Mask) -> tuple[int, NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Components of ink (rows, cols): their count, labels (rows, cols), areas (count,) px and mean rows (count,)."""
    joined = np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), np.uint8)
    count, components = cv2.connectedComponents(joined, connectivity=8)
    labels = np.where(ink > 0, components, 0).astype(np.int32)
    total = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    per_row = np.arange(ink.shape[0], dtype=float)[:, None].repeat(ink.shape[1], axis=1)
    return count, labels, total, np.bincount(labels.ravel(), weights=per_row.ravel(), minlength=count) / total


def cell_struck(ink: Mask, margin: int) -> bool:
    """Is a digit crossed out? `ink` (rows, cols) is its cell with `margin` px of the neighbours around.

    It was, where it is wider than a digit, has more pen line, is blotted out, or a stroke runs from wall to wall.
    """
    count, labels, total, _ = _components(ink)
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
    length = _path_lengths(_squeeze_columns(mine))
    row, col = (int(v) for v in np.unravel_index(int(length.argmax()), length.shape))
    path = _trace_path(length, row, col)
    return len(path) * SQUEEZE > STROKE_MM * PX_PER_MM and _deviation_mm(path) <= STROKE_DEVIATION_MM


def pen_line_mm(ink: Mask | NDArray[np.bool_]) -> float:
    """The length of pen line that ink amounts to, mm: its area by the width of the pen."""
    depth = cv2.distanceTransform(np.asarray(ink > 0, np.uint8), cv2.DIST_L2, 3)
    pen = max(4 * float(depth[ink > 0].mean()) - 1.0, 2.0)
    return float(np.count_nonzero(ink) / pen / PX_PER_MM)
