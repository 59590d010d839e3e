"""Printed landmarks looked for again on a page: each patch of the blank is searched near its place by correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import align
from scanner.layout.registration.geometry import Points, area, scaling, sheet_corners
from scanner.layout.registration.reference import END_BLUR, LANDMARK_DPI, FormReference, Landmark, mm_to_px
from scanner.model import Gray, Registration

MIN_PEAK = 0.55
FLAT = 6.0
"""Grey levels: a patch with print on it has a standard deviation of 25 and more, faint print 12, paper 4."""
END_WEIGHT = 0.6
"""The end of a dotted line tells where it is to the side less surely than print does: 0.3 px against 0.1."""


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkMatches:
    """Landmarks found again: where they belong (mm), how far off they were seen (mm), how surely.

    `weight` is (N, 2): a line piece says nothing about x. `image` is the page as it was laid onto the form to look.
    """

    centres: Points
    offsets: Points
    weight: Points
    tried: int
    text: NDArray[np.bool_]
    image: Gray


def find_landmarks(
    grey: Gray, matrix: NDArray[np.float64], warp: Points, reference: FormReference, reach: int
) -> LandmarkMatches:
    """Lay the page onto the form at LANDMARK_DPI as far as is known, and look for each landmark around its place."""
    image = _laid(grey, matrix, warp, reference.form.sheet)
    centres, offsets, weight, text = [], [], [], []
    for mark in reference.landmarks:
        seen = _look(image, mark, reach)
        if seen is None:
            continue
        dx, dy, peak = seen
        centres.append(mark.centre)
        offsets.append((dx * 25.4 / LANDMARK_DPI, dy * 25.4 / LANDMARK_DPI))
        sideways = peak if mark.along_x else END_WEIGHT if mark.end else 0.0
        weight.append((sideways, peak))
        text.append(mark.along_x)
    tried = sum(m.along_x for m in reference.landmarks)
    if not centres:
        return LandmarkMatches(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), tried, np.zeros(0, bool), image)
    return LandmarkMatches(np.array(centres), np.array(offsets), np.array(weight), tried, np.array(text), image)


def _laid(grey: Gray, matrix: NDArray[np.float64], warp: Points, sheet: tuple[float, float]) -> Gray:
    span = np.sqrt(area(sheet_corners(matrix, sheet)) / (sheet[0] * sheet[1])) * 25.4  # dpi of the sheet on the page
    factor = min(1.0, LANDMARK_DPI / span)
    if factor < 0.8:  # reduce before sampling, or text aliases
        grey = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = scaling(factor) @ matrix
    rough = Registration(sheet, matrix, warp, 0, 0, 0, 0, 0, 0, 0)
    return align(grey, rough, LANDMARK_DPI)


def _look(image: Gray, mark: Landmark, reach: int) -> tuple[float, float, float] | None:
    """Offset (dx, dy) in px at LANDMARK_DPI and the correlation's peak; None where it was not found."""
    rows, cols = mark.pixels.shape
    x, y = mm_to_px(np.array(mark.centre), LANDMARK_DPI)
    held = mark.along_x or mark.end
    side = reach if held else 1
    left, top = round(x - (cols - 1) / 2) - side, round(y - (rows - 1) / 2) - reach
    if left < 0 or top < 0:
        return None
    window = image[top : top + rows + 2 * reach, left : left + cols + 2 * side]
    if window.shape != (rows + 2 * reach, cols + 2 * side):
        return None
    if mark.end:
        window = np.asarray(cv2.GaussianBlur(window, (0, 0), END_BLUR), np.uint8)
    scores = cv2.matchTemplate(window, mark.pixels, cv2.TM_CCOEFF_NORMED)
    _, peak, _, (c, r) = cv2.minMaxLoc(scores)
    if not MIN_PEAK < peak <= 1.001 or r in (0, 2 * reach) or (held and c in (0, 2 * side)):
        return None
    if cv2.meanStdDev(window[r : r + rows, c : c + cols])[1][0, 0] < FLAT:
        return None  # bare paper correlates with anything
    dx = c - side + _vertex(scores[r, c - 1 : c + 2]) if held else 0.0
    return dx, r - reach + _vertex(scores[r - 1 : r + 2, c]), peak


def _vertex(three: NDArray[Any]) -> float:
    """Where the parabola through three samples peaks, in (-0.5, 0.5) of the middle one."""
    a, b, c = (float(v) for v in three)
    bend = a - 2 * b + c
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (a - c) / bend))
