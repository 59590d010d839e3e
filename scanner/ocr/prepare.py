"""Crops made ready for Tesseract: tight around the ink, white border, letters of the size its model was trained on."""

from __future__ import annotations

import cv2
import numpy as np

from scanner.model import Crop, Gray

BORDER_PX = 14
SCALE = 0.6
"""300-dpi print of 10–13 pt comes out with capitals of about 20 px, where Tesseract's LSTM reads best."""
DIGIT_PX = 24


def prepare_line(crop: Crop, scale: float = SCALE) -> Gray:
    """A line of writing: (rows, cols) grey, ink dark on white."""
    if crop.ink is None:
        return np.full((2 * BORDER_PX, 2 * BORDER_PX), 255, np.uint8)
    top, bottom, left, right = crop.ink
    tight = _darkened(crop.image[top:bottom, left:right])
    height, width = max(1, round(tight.shape[0] * scale)), max(1, round(tight.shape[1] * scale))
    small = cv2.resize(tight, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.asarray(cv2.copyMakeBorder(small, *(BORDER_PX,) * 4, cv2.BORDER_CONSTANT, value=255), np.uint8)


def _darkened(image: Gray) -> Gray:
    """A faint pen made as dark as print."""
    darkest = float(np.percentile(image, 1))
    if darkest < 60:
        return image
    stretched = (image.astype(np.float32) - darkest) * (255 / max(255 - darkest, 1.0))
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)


def prepare_digits(crop: Crop, scale: float = SCALE) -> Gray:
    """Digits cut from their cells and set side by side like print; a line crop is taken as it is."""
    cells = [cell for cell in crop.cells if cell.ink is not None]
    if not cells:
        return prepare_line(crop, scale)
    glyphs = [_glyph(cell) for cell in cells]
    height = max(g.shape[0] for g in glyphs)
    gap = round(0.35 * DIGIT_PX)
    row = [np.full((height, gap), 255, np.uint8)]
    for glyph in glyphs:
        pad = height - glyph.shape[0]
        row += [np.pad(glyph, ((pad, 0), (0, 0)), constant_values=255), np.full((height, gap), 255, np.uint8)]
    return np.asarray(cv2.copyMakeBorder(np.hstack(row), *(BORDER_PX,) * 4, cv2.BORDER_CONSTANT, value=255), np.uint8)


def _glyph(cell: Crop) -> Gray:
    assert cell.ink is not None
    top, bottom, left, right = cell.ink
    tight = cell.image[top:bottom, left:right]
    scale = DIGIT_PX / max(tight.shape[0], 1)
    size = (max(1, round(tight.shape[1] * scale)), DIGIT_PX)
    return np.asarray(
        cv2.resize(tight, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8
    )
