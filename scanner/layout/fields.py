"""Cutting each field from an aligned page: the writer's ink alone, with what belongs to the neighbours left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink import InkPage, Mask, ink_box, px_to_mm2
from scanner.model import PX_PER_MM, Box, Crop, FieldLayout, FieldSpec

ABOVE_MM, BELOW_MM, LEFT_MM, RIGHT_MM = 2.2, 3.0, 1.5, 3.0
"""Writing leaves its room: capitals with tone marks rise above it, g and y hang below, lines run on to the right."""
CELL_MM = 0.9
EMPTY_MM2 = 0.35
"""Less ink than this in a field is no writing: the smallest digit of a fine pen has 0.8 mm²."""
STRIKE_MM = 9.0
"""A straight stroke this long through the middle of what is written strikes it out; a long t-bar has 5 mm."""


def cut_fields(page: InkPage, fields: Iterable[FieldSpec]) -> dict[str, Crop]:
    """A crop a written field, by id; fields of ticks have none (see `checkboxes`)."""
    return {f.id: cut_field(page, f) for f in fields if f.layout is not FieldLayout.TICKS}


def cut_field(page: InkPage, spec: FieldSpec) -> Crop:
    """One field's crop; for combs and parts with a crop a cell, cut at the printed walls."""
    if spec.layout is FieldLayout.LINE or spec.layout is FieldLayout.AREA:
        return _cut(page, spec.id, spec.boxes[0], spec.layout)
    cells = tuple(_cut(page, spec.id, box, spec.layout) for box in spec.boxes)
    whole = _cut(page, spec.id, spec.area, FieldLayout.LINE if spec.layout is FieldLayout.PARTS else spec.layout)
    written = any(cell.ink for cell in cells)
    return Crop(
        spec.id,
        whole.box,
        whole.image,
        whole.ink if written else None,
        sum(cell.ink_mm2 for cell in cells),
        any(cell.touches_edge for cell in cells),
        whole.struck,
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


def _cut(page: InkPage, field_id: str, box: Box, layout: FieldLayout) -> Crop:
    outer = _margins(box, layout)
    seen = page.at(outer, walls=layout is FieldLayout.COMB)
    rows, cols = seen.rows, seen.cols
    core_rows, core_cols = page.window(box)
    core = (
        slice(core_rows.start - rows.start, core_rows.stop - rows.start),
        slice(core_cols.start - cols.start, core_cols.stop - cols.start),
    )
    keep = _own_ink(seen.ink, core, layout)
    area = px_to_mm2(float(np.count_nonzero(keep)))
    found = ink_box(keep) if area >= EMPTY_MM2 else None
    if found is None:
        keep = np.zeros_like(keep)
    return Crop(field_id, outer, seen.only(keep), found, area, _runs_out(keep), _struck(keep, found))


def _own_ink(ink: Mask, core: tuple[slice, slice], layout: FieldLayout) -> Mask:
    """The pieces of ink that belong to this room: those with most of themselves in it, and their small neighbours.

    A piece that only leans in (a descender of the line above, a digit of the next cell) is left out.
    """
    # broken strokes and tone marks near a letter go with it: pieces are formed on slightly thickened ink
    joined = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(np.asarray(joined, np.uint8), connectivity=8)
    labels = np.where(ink > 0, labels, 0)
    total = np.bincount(labels.ravel(), minlength=count).astype(float)
    inside = np.bincount(labels[core].ravel(), minlength=count).astype(float)
    share = inside / np.maximum(total, 1)
    own = share >= (0.5 if layout is not FieldLayout.LINE else 0.34)
    own[0] = False
    if layout is FieldLayout.LINE:
        own |= _marks_above(labels, count, own, core)
    return np.asarray(own[labels], np.uint8) * 255


def _marks_above(
    labels: NDArray[Any], count: int, own: NDArray[np.bool_], core: tuple[slice, slice]
) -> NDArray[np.bool_]:
    """Small pieces just above or below own ink: tone marks of capitals and dots under letters."""
    mine = np.asarray(own[labels], np.uint8)
    reach = cv2.dilate(mine, np.ones((round(2.4 * PX_PER_MM) | 1, 5), np.uint8)) > 0
    near = np.bincount(labels[reach], minlength=count).astype(float)
    total = np.bincount(labels.ravel(), minlength=count).astype(float)
    small = total < (1.6 * PX_PER_MM) ** 2
    found = (near > 0.5 * np.maximum(total, 1)) & small
    found[0] = False
    return np.asarray(found, bool)


def _runs_out(keep: Mask) -> bool:
    """Does own ink reach the window's left or right side?"""
    return bool(keep.size) and bool(keep[:, 0].any() or keep[:, -1].any())


def _struck(keep: Mask, found: tuple[int, int, int, int] | None) -> bool:
    """Is a long, nearly level stroke drawn through the middle of what is written?"""
    if found is None:
        return False
    top, bottom, left, right = found
    text = keep[top:bottom, left:right]
    length = round(min(STRIKE_MM * PX_PER_MM, max(0.75 * (right - left), 4 * PX_PER_MM)))
    if text.shape[1] < length:
        return False
    tall = cv2.dilate(text, np.ones((5, 1), np.uint8))  # a slanted stroke still has runs
    runs = cv2.morphologyEx(tall, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    height = bottom - top
    middle = runs[round(0.25 * height) : max(round(0.85 * height), 1)]
    return bool(middle.any())
