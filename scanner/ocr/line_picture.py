"""The picture of a written line as the handwriting reader wants it; training and reading make it here, alike."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import Gray

HEIGHT = 48
STRETCH = 1.1
"""Lines are widened a little: CTC needs a step a letter, and cramped hands have too few."""
NARROWEST, WIDEST = 48, 1600
STEP = 8
"""Columns of the picture a step of the network sees; widths are multiples of it."""
PAD_ROWS, PAD_COLS = 6, 10
DARKEST = 0.5
TRIM_ROWS, TRIM_COLS = 0.25, 0.1
"""Percent of the ink that may lie outside: a stray dot must not make the letters small."""


def line_picture(image: Gray, ink: tuple[int, int, int, int], width: int | None = None) -> NDArray[np.uint8]:
    """A line (dark on light) and where its ink is (row0, row1, col0, col1) → (48, width) grey.

    Without `width` the line keeps its proportions, a tenth wider, between 48 and 1,600 columns.
    """
    tight = _stretched(image[_box(image, ink)])
    rows, cols = tight.shape
    if width is None:
        width = round(cols * HEIGHT / rows * STRETCH / STEP) * STEP
        width = max(NARROWEST, min(WIDEST, width))
    shrinking = rows > HEIGHT
    return np.asarray(
        cv2.resize(tight, (width, HEIGHT), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR), np.uint8
    )


def as_input(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures (n, 48, width) → the network's input (n, 3, 48, width), −1 to 1."""
    scaled = pictures.astype(np.float32) / 127.5 - 1
    return np.repeat(scaled[:, None], 3, axis=1)


def _box(image: Gray, ink: tuple[int, int, int, int]) -> tuple[slice, slice]:
    """The ink with a margin, without what strays far from the rest."""
    top, bottom, left, right = ink
    inner = image[top:bottom, left:right]
    rows, cols = np.nonzero(inner < _ink_level(inner))
    if len(rows) > 20:
        bottom = top + int(np.percentile(rows, 100 - TRIM_ROWS)) + 1
        top = top + int(np.percentile(rows, TRIM_ROWS))
        right = left + int(np.percentile(cols, 100 - TRIM_COLS)) + 1
        left = left + int(np.percentile(cols, TRIM_COLS))
    return (
        slice(max(top - PAD_ROWS, 0), min(bottom + PAD_ROWS, image.shape[0])),
        slice(max(left - PAD_COLS, 0), min(right + PAD_COLS, image.shape[1])),
    )


def _ink_level(image: Gray) -> float:
    """Half way from the paper to this pen's usual darkness: a few dark specks must not hide a faint hand."""
    paper = float(np.percentile(image, 90))
    ink = image[image < paper - 12]
    return (paper + float(np.median(ink))) / 2 if ink.size else paper


def _stretched(image: Gray) -> Gray:
    """From the darkest to the lightest: pens and scans differ in darkness, letters do not."""
    low, high = float(np.percentile(image, DARKEST)), float(image.max())  # a speck is darker than a faint pen
    if high - low < 8:
        return image
    return np.asarray(np.clip((image.astype(np.float32) - low) * (255 / (high - low)), 0, 255), np.uint8)
