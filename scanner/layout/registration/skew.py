"""A blank that was scanned lies askew by a fraction of a degree: its skew is measured, and it is turned upright."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import PX_PER_MM, Box, Gray

MAX_SKEW_DEG = 2.0
"""A sheet laid on the glass by hand; drawn copies are turned by up to 1°."""
MIN_SKEW_DEG = 0.04
"""Less is the noise of the measurement, and 0.1 mm at the end of a line: the blank is taken as it is."""
STEPS_DEG = (0.1, 0.02)
"""Of the two searches: a tenth of a degree moves the end of a line by 0.3 mm, the height of its dots."""


def skew_deg(dark: NDArray[np.uint8]) -> float:
    """How far print runs down to the right, degrees; 0 where there is no print or it is too little to matter.

    The sum of squares of the print in each row is highest along the lines of print and of rules (Postl's criterion),
    first in steps of a tenth of a degree, then finer about the best. `dark` is the mask of print at 300 dpi.
    """
    ys, xs = np.nonzero(dark[::2, ::2])
    if not len(ys):
        return 0.0
    best = 0.0
    reach = MAX_SKEW_DEG
    for step in STEPS_DEG:
        angles = best + np.arange(-round(reach / step), round(reach / step) + 1) * step
        best = float(max(angles, key=lambda angle: (_sharpness(xs, ys, float(angle)), -abs(angle))))
        reach = step
    return best if abs(best) >= MIN_SKEW_DEG else 0.0


def _sharpness(xs: NDArray[np.intp], ys: NDArray[np.intp], degrees: float) -> float:
    rows = np.rint(ys - np.tan(np.deg2rad(degrees)) * xs).astype(np.int64)
    return float((np.bincount(rows - rows.min()).astype(np.float64) ** 2).sum())


def turn(blank: Gray, degrees: float) -> Gray:
    """A blank (rows, cols) turned so that print which ran down to the right by so much is level."""
    rows, cols = blank.shape
    matrix = cv2.getRotationMatrix2D(((cols - 1) / 2, (rows - 1) / 2), degrees, 1)
    paper = (float(np.percentile(blank[::4, ::4], 90)),)
    return np.asarray(cv2.warpAffine(blank, matrix, (cols, rows), flags=cv2.INTER_CUBIC, borderValue=paper), np.uint8)


def turn_back(box: Box, degrees: float, shape: tuple[int, ...]) -> Box:
    """Where a box on the turned blank lies on the blank itself: its middle moves, it stays upright."""
    middle = np.array([shape[1] / PX_PER_MM, shape[0] / PX_PER_MM]) / 2
    angle = np.deg2rad(degrees)
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x, y = spin @ (np.array([box.x + box.w / 2, box.y + box.h / 2]) - middle) + middle
    return Box(float(x) - box.w / 2, float(y) - box.h / 2, box.w, box.h)
