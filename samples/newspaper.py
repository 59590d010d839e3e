"""A sheet photographed on a newspaper, whose key points outnumber its own: it is placed by hand or not at all."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def on_a_newspaper(sheet: Image, scale: float) -> tuple[Image, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """A sheet (rows, cols, 3) at 300 dpi shrunk by `scale` and laid on print; form mm (N, 2) → px of the picture."""
    small = cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    page = _newspaper(*sheet.shape[:2])
    rows, cols = small.shape[:2]
    top, left = (page.shape[0] - rows) // 2, (page.shape[1] - cols) // 2
    page[top : top + rows, left : left + cols] = small

    def to_page(mm: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(mm * (300 / 25.4 * scale) - 0.5 + np.array([left, top]), np.float64)

    return page, to_page


def _newspaper(rows: int, cols: int) -> Image:
    rng = np.random.default_rng(0)
    page = np.full((rows, cols, 3), 225, np.uint8)
    for y in range(30, rows, 34):
        words = ("".join(rng.choice(list("abcdeghiklmnopqrstu"), 5)) for _ in range(cols // 80))
        cv2.putText(page, " ".join(words), (5, y), cv2.FONT_HERSHEY_COMPLEX, 0.9, (20, 20, 20), 2)
    return page
