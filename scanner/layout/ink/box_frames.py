"""The printed frames of a field's cells and tick boxes: do they lie where the field is cut?

Landmarks stand beside answers, never under them, so a box that moved while its label stayed is placed by the label.
The page is correlated with the blank on each frame and a narrow margin outside it, where writing seldom comes. Rule
lines have no frame: writing covers them, and they slide along themselves (`line_occlusion` looks after them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import Box, FieldLayout, FormTemplate, Gray

FRAMED = frozenset({FieldLayout.COMB, FieldLayout.TICKS})
MARGIN_MM = 1.0
"""How far outside a box is compared: the frame, and enough paper for the smallest shift that is tested, 1 mm."""
WITHIN_MM = 0.45
"""What lies further within a box belongs to the writer."""
INK_BELOW = 190
"""Grey level of a frame at 150 dpi, where a wall of 0.3 mm is two pixels wide."""
MIN_INKED_PX = 20
"""Two sides with fewer inked pixels than this (at 150 dpi) are no frame: 3 mm of wall have 18 a side."""


@dataclass(frozen=True, slots=True, eq=False)
class BoxFrame:
    """Pixels on two sides of a box, (N,) rows and columns, and the blank's grey there, (N,), mean 0 and length 1."""

    rows: NDArray[np.intp] = field(repr=False)
    cols: NDArray[np.intp] = field(repr=False)
    grey: NDArray[np.float32] = field(repr=False)

    def agreement(self, image: Gray) -> float:
        """Correlation of an aligned page with the blank on these pixels; 1 for the same print, 0 for none."""
        seen = image[self.rows, self.cols].astype(np.float32)
        seen -= seen.mean()
        length = float(np.linalg.norm(seen))
        return float(seen @ self.grey) / length if length > 1 else 0.0


def box_frames(form: FormTemplate, blank: Gray, dpi: float) -> Mapping[str, tuple[BoxFrame, ...]]:
    """By field, where its boxes have frames; `blank` is (rows, cols) at dpi."""
    soft = cv2.GaussianBlur(blank, (0, 0), 0.8)
    out = {}
    for spec in form.fields:
        if spec.layout not in FRAMED:
            continue
        boxes = spec.all_boxes
        sides = [side for box in boxes for side in _wall_pairs(box)]
        each = (_measure_frame(side, blank, np.asarray(soft, np.uint8), dpi / 25.4) for side in sides)
        found = tuple(frame for frame in each if frame is not None)
        if found:
            out[spec.id] = found
    return out


def _wall_pairs(box: Box) -> tuple[tuple[Box, Box], tuple[Box, Box]]:
    """A box's left and right side, and its top and bottom, each from just outside the frame to where people write.

    They are compared apart: a row of cells that moved down still has its upright walls where they were.
    """
    deep, w, h = MARGIN_MM + WITHIN_MM, box.w - 2 * WITHIN_MM, box.h - 2 * WITHIN_MM
    left, top = box.x + WITHIN_MM, box.y + WITHIN_MM
    upright = Box(box.x - MARGIN_MM, top, deep, h), Box(box.right - WITHIN_MM, top, deep, h)
    level = Box(left, box.y - MARGIN_MM, w, deep), Box(left, box.bottom - WITHIN_MM, w, deep)
    return upright, level


def _measure_frame(sides: tuple[Box, Box], blank: Gray, soft: Gray, scale: float) -> BoxFrame | None:
    rows, cols = (np.concatenate(part) for part in zip(*(_pixels(s, blank.shape, scale) for s in sides), strict=True))
    if int((blank[rows, cols] < INK_BELOW).sum()) < MIN_INKED_PX:
        return None
    grey = soft[rows, cols].astype(np.float32)
    grey -= grey.mean()
    return BoxFrame(rows, cols, np.asarray(grey / np.linalg.norm(grey), np.float32))


def _pixels(box: Box, shape: tuple[int, ...], scale: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of every pixel in a box, as far as it lies on the sheet."""
    x0, y0, x1, y1 = (max(round(v * scale), 0) for v in (box.x, box.y, box.right, box.bottom))
    rows, cols = np.mgrid[y0 : min(y1, shape[0]), x0 : min(x1, shape[1])]
    return rows.ravel(), cols.ravel()
