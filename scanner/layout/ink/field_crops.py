"""Cutting each field from an aligned page: the writer's ink alone, with what belongs to the neighbours left out."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink.extraction import InkPage, InkWindow, Mask, ink_box, px_to_mm2
from scanner.layout.ink.strikes import ROW_MM, StrikeSpan, cell_struck, find_strikes, ink_above_strikes, unstruck_ink
from scanner.model import PX_PER_MM, Box, Crop, FieldLayout, FieldSpec, Gray

ABOVE_MM, BELOW_MM, LEFT_MM, RIGHT_MM = 2.2, 3.0, 1.5, 3.0
"""Margins of a crop: writing leaves its box. Capitals with tone marks rise above it, g and y hang below, lines run on
to the right. Chosen; the tests hold the tallest and deepest letters on the tightest lines of the form."""
CELL_MM = 0.9
"""Margin of a cell: a fifth of its width, for a digit that leans over its wall."""
CORRECTION_ABOVE_MM = 2.6
"""Above a line with something struck out this much more is searched: the right value may stand there."""
STRIKE_CLEARANCE_MM, CORRECTION_RIGHT_MM = 1.0, 8.0
"""Ink above a strike is searched for from here upwards, and so far on to the right."""
LINE_ABOVE_MM = 2.6
"""Writing whose middle lies higher than this above the box belongs to the line above."""
MIN_INK_MM2 = 0.35
"""Less ink than this in a field is no writing: the smallest digit of a fine pen has 0.8 mm²."""


OWN_SHARE, OWN_SHARE_LINE = 0.5, 0.34
"""Of a component of ink, that must lie in a box to belong to it; on lines a g or y hangs out by more than half."""
MARK_REACH_MM, MARK_MM2 = 2.4, 2.56
"""Height of the window around a letter in which its marks lie (half of it on each side), and their largest area of ink:
a mark 1.6 mm square, filled."""


def cut_fields(page: InkPage, fields: Iterable[FieldSpec]) -> dict[str, Crop]:
    """A crop a written field, by id; fields of ticks have none (see `checkboxes`)."""
    return {f.id: cut_field(page, f) for f in fields if f.layout is not FieldLayout.TICKS}


def cut_field(page: InkPage, spec: FieldSpec) -> Crop:
    """One field's crop; for combs and parts with a crop a cell, cut at the printed walls."""
    if spec.layout is FieldLayout.LINE or spec.layout is FieldLayout.AREA:
        return _cut_box(page, spec.id, spec.boxes[0], spec.layout)
    cells = tuple(_cut_box(page, spec.id, box, spec.layout) for box in spec.boxes)
    layout = FieldLayout.LINE if spec.layout is FieldLayout.PARTS else spec.layout
    whole = _cut_box(page, spec.id, spec.area, layout, parted=True)
    written = any(cell.ink for cell in cells)
    crossed = spec.layout is FieldLayout.COMB and any(
        cell.ink and _cell_struck(page, box) for box, cell in zip(spec.boxes, cells, strict=True)
    )
    return Crop(
        spec.id,
        whole.box,
        whole.image,
        whole.ink if written else None,
        sum(cell.ink_mm2 for cell in cells),
        any(cell.touches_edge for cell in cells),
        whole.struck or crossed,
        cells,
    )


def _margins(box: Box, layout: FieldLayout) -> Box:
    if layout is FieldLayout.LINE:
        return Box(box.x - LEFT_MM, box.y - ABOVE_MM, box.w + LEFT_MM + RIGHT_MM, box.h + ABOVE_MM + BELOW_MM)
    if layout is FieldLayout.PARTS:
        return Box(box.x - 0.6, box.y - ABOVE_MM / 2, box.w + 1.2, box.h + ABOVE_MM / 2 + BELOW_MM / 2)
    if layout is FieldLayout.COMB:
        return box.grown(CELL_MM, CELL_MM)
    return box


def _cell_struck(page: InkPage, box: Box) -> bool:
    """Is what stands in one cell crossed out?"""
    seen = page.ink_in(box.grown(CELL_MM, CELL_MM), walls=True)
    side = round(CELL_MM * PX_PER_MM)
    return cell_struck(seen.ink, side)


def _cut_box(page: InkPage, field_id: str, box: Box, layout: FieldLayout, *, parted: bool = False) -> Crop:
    """The crop of one box; of a line with something struck out all of it, unless it is cut in parts."""
    outer = _margins(box, layout)
    seen = page.ink_in(outer, walls=layout is FieldLayout.COMB)
    rows, cols = seen.rows, seen.cols
    core_rows, core_cols = page.window(box)
    core = (
        slice(core_rows.start - rows.start, core_rows.stop - rows.start),
        slice(core_cols.start - cols.start, core_cols.stop - cols.start),
    )
    keep = _own_ink(seen.ink, core, layout)
    area = px_to_mm2(float(np.count_nonzero(keep)))
    found = ink_box(keep) if area >= MIN_INK_MM2 else None
    if found is None:
        keep = np.zeros_like(keep)
    spans = find_strikes(keep) if parted or layout is FieldLayout.LINE else ()
    if layout is FieldLayout.COMB:
        spans = tuple(s for s in spans if s.stop - s.start >= ROW_MM * PX_PER_MM)
    if spans and not parted:
        return _cut_struck(page, field_id, box, keep, spans)
    return Crop(field_id, outer, seen.masked(keep), found, area, _runs_out(keep), struck=bool(spans))


def _cut_struck(page: InkPage, field_id: str, box: Box, own: Mask, spans: tuple[StrikeSpan, ...]) -> Crop:
    """The crop of a line with something struck out: all ink with what was written above it, and what stands apart."""
    low = _margins(box, FieldLayout.LINE)
    outer = Box(low.x, low.y - CORRECTION_ABOVE_MM, low.w, low.h + CORRECTION_ABOVE_MM)
    seen = page.ink_in(outer)
    down = seen.ink.shape[0] - own.shape[0]
    spans = tuple(StrikeSpan(s.start, s.stop, s.row + down) for s in spans)
    keep = np.zeros_like(seen.ink)
    keep[down:, : own.shape[1]] = own[:, : keep.shape[1]]
    floor = round((box.y - LINE_ABOVE_MM) * PX_PER_MM) - seen.rows.start
    keep |= ink_above_strikes(_ink_above(page, seen, spans), spans, floor)
    stands = unstruck_ink(keep, spans)
    rest = px_to_mm2(float(np.count_nonzero(stands)))
    left = Crop(
        field_id,
        outer,
        _draw_unstruck(seen, stands, keep),
        ink_box(stands) if rest >= MIN_INK_MM2 else None,
        rest,
        _runs_out(stands),
    )
    area = px_to_mm2(float(np.count_nonzero(keep)))
    return Crop(field_id, outer, seen.masked(keep), ink_box(keep), area, _runs_out(keep), struck=True, standing=left)


def _draw_unstruck(seen: InkWindow, stands: Mask, keep: Mask) -> Gray:
    """The picture of what is not struck out, with the faint strokes and small marks near it that no mask holds."""
    gone = cv2.dilate(cv2.bitwise_and(keep, cv2.bitwise_not(stands)), np.ones((5, 5), np.uint8)) > 0
    near = cv2.dilate(stands, np.ones((15, 15), np.uint8)) > 0
    return np.where(near & ~gone, seen.picture, np.uint8(255))


def _ink_above(page: InkPage, seen: InkWindow, spans: tuple[StrikeSpan, ...]) -> Mask:
    """The ink above each strike, found without it: beside a thick strike small writing would be taken for paper."""
    out = np.zeros_like(seen.ink)
    for span in spans:
        bottom = seen.rows.start + span.row - round(STRIKE_CLEARANCE_MM * PX_PER_MM)
        left = max(seen.cols.start + span.start - round(STRIKE_CLEARANCE_MM * PX_PER_MM), seen.cols.start)
        right = min(seen.cols.start + span.stop + round(CORRECTION_RIGHT_MM * PX_PER_MM), seen.cols.stop)
        if bottom <= seen.rows.start:
            continue
        edges = np.array([left, seen.rows.start, right - left, bottom - seen.rows.start]) / PX_PER_MM
        part = page.ink_in(Box(*edges.tolist()))
        rows = slice(part.rows.start - seen.rows.start, part.rows.stop - seen.rows.start)
        cols = slice(part.cols.start - seen.cols.start, part.cols.stop - seen.cols.start)
        out[rows, cols] |= part.ink[: out[rows, cols].shape[0], : out[rows, cols].shape[1]]
    return out


def _own_ink(ink: Mask, core: tuple[slice, slice], layout: FieldLayout) -> Mask:
    """The components of ink that belong to this box: those that lie mostly in it, and their small neighbours.

    One that only leans in (a descender of the line above, a digit of the next cell) is left out.
    """
    # broken strokes and tone marks near a letter go with it: components are those of slightly thickened ink
    joined = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    count, components = cv2.connectedComponents(np.asarray(joined, np.uint8), connectivity=8)
    labels = np.where(ink > 0, components, 0).astype(np.int32)
    total = np.bincount(labels.ravel(), minlength=count).astype(float)
    inside = np.bincount(labels[core].ravel(), minlength=count).astype(float)
    share = inside / np.maximum(total, 1)
    own = share >= (OWN_SHARE_LINE if layout is FieldLayout.LINE else OWN_SHARE)
    own[0] = False
    if layout is FieldLayout.LINE:
        own |= _marks_above(labels, count, own, core)
    return np.asarray(own[labels], np.uint8) * 255


def _marks_above(
    labels: NDArray[np.int32], count: int, own: NDArray[np.bool_], core: tuple[slice, slice]
) -> NDArray[np.bool_]:
    """(count,) small components just above or below own ink: tone marks of capitals and dots under letters."""
    mine = np.asarray(own[labels], np.uint8)
    reach = cv2.dilate(mine, np.ones((round(MARK_REACH_MM * PX_PER_MM) | 1, 5), np.uint8)) > 0
    near = np.bincount(labels[reach], minlength=count).astype(float)
    total = np.bincount(labels.ravel(), minlength=count).astype(float)
    small = total < MARK_MM2 * PX_PER_MM**2
    found = (near > 0.5 * np.maximum(total, 1)) & small
    found[0] = False
    return np.asarray(found, bool)


def _runs_out(keep: Mask) -> bool:
    """Does own ink reach the window's left or right side?"""
    return bool(keep.size) and bool(keep[:, 0].any() or keep[:, -1].any())
