"""Occluded lines: under a fold, a note or a finger the field's own line is missing, and part of an answer may be.

Landmarks show print missing beside a field; a field's own line shows the field itself. Its dots or rule are compared
with what the blank predicts, window by window; ink written over them only makes them darker.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink.extraction import InkPage
from scanner.model import Box, FieldLayout, FieldSpec

WINDOW_MM = 6.0
"""Length of line that is compared at once: about two digits."""
STRIP_MM = 1.6
"""Above and below the foot of a field, where its line is printed."""
MIN_PRINT = 400.0
"""Darkness (sum of squares of grey levels) of a window's print below which there is no line to look for."""
MIN_PAGE_VISIBILITY = 0.4
"""Share of the predicted darkness: on a page whose lines are fainter on the whole a missing one proves nothing."""
MAX_OCCLUDED = 0.5
"""Of the page's usual: a line this faint over a whole window is occluded. On 40 worn sheets none fell below 0.84."""


def occluded_line_fields(page: InkPage, fields: Iterable[FieldSpec]) -> tuple[str, ...]:
    """Ids of fields of whose line at least one window of 6 mm is missing on the page."""
    seen = {f.id: _visibility(page, f.boxes[0]) for f in fields if f.layout is FieldLayout.LINE}
    every = np.concatenate([v[np.isfinite(v)] for v in seen.values()]) if seen else np.zeros(0)
    usual = float(np.median(every)) if every.size else 0.0
    if usual < MIN_PAGE_VISIBILITY:
        return ()
    return tuple(field for field, v in seen.items() if bool((v < MAX_OCCLUDED * usual).any()))


def _visibility(page: InkPage, box: Box) -> NDArray[np.float64]:
    """For each window along a field's line how dark it is of what the blank predicts; inf where nothing is printed."""
    rows, cols = page.window(Box(box.x, box.bottom - STRIP_MM, box.w, 2 * STRIP_MM))
    blurred = cv2.GaussianBlur(page.model.blank[rows, cols], (0, 0), page.sigma).astype(np.float64)
    predicted = page.gain * (255 - blurred)
    seen = page.offset + page.gain * 255 - page.grey[rows, cols].astype(np.float64)
    count = max(int(box.w / WINDOW_MM), 1)
    out = np.full(count, np.inf)
    pieces = zip(np.array_split(predicted, count, axis=1), np.array_split(seen, count, axis=1), strict=True)
    for i, (p, s) in enumerate(pieces):
        if (weight := float((p * p).sum())) > MIN_PRINT:
            out[i] = float((p * s).sum()) / weight
    return out
