"""Printed landmarks found again on a page: each patch of the blank is searched near its place by correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import align
from scanner.layout.registration.geometry import mean_scale, resized
from scanner.layout.registration.reference import END_BLUR, LANDMARK_DPI, FormReference, Landmark, mm_to_px
from scanner.model import Gray
from scanner.model.registration import PageTransform, Points

MIN_PEAK = 0.55
"""Normalised correlation of a patch with the page below which it is not found. Of good pages 99 % of the landmarks
reach 0.77 (a poor JPEG out of focus) to 0.90 (scans); on another form 99 % of the chance peaks within 2 mm stay below
0.49, on lines of words in one typeface 95 % below 0.53."""
MIN_CONTRAST = 6.0
"""Standard deviation, grey levels: a patch with print on it has 25 and more, faint print 12, paper 4."""
END_WEIGHT = 0.6
"""Weight of the end of a dotted line sideways, where print has its correlation: it is found to 0.3 px, print to 0.1."""
MIN_REDUCTION = 0.8
"""A page larger than this many times what LANDMARK_DPI needs is reduced before it is sampled, or text aliases."""


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkMatches:
    """The N landmarks that were found again.

    centres  (N, 2) mm, where they belong on the form
    offsets  (N, 2) mm, how far from there they were found
    weight   (N, 2) in x and in y, 0 to 1: a piece of line holds nothing sideways
    tried    how many landmarks of text were searched for
    is_text  (N,) patches of print, as against pieces and ends of lines
    image    the page aligned with the form as far as was known, at LANDMARK_DPI, in which they were searched
    """

    centres: Points
    offsets: Points
    weight: Points
    tried: int
    is_text: NDArray[np.bool_]
    image: Gray


def find_landmarks(grey: Gray, transform: PageTransform, reference: FormReference, search_px: int) -> LandmarkMatches:
    """Align a page (rows, cols) with the form at LANDMARK_DPI as far as is known, and search for each landmark around
    its place, `search_px` px at LANDMARK_DPI each way."""
    image = _aligned(grey, transform)
    centres, offsets, weight, is_text = [], [], [], []
    for mark in reference.landmarks:
        found = _match(image, mark, search_px)
        if found is None:
            continue
        dx, dy, peak = found
        centres.append(mark.centre)
        offsets.append((dx * 25.4 / LANDMARK_DPI, dy * 25.4 / LANDMARK_DPI))
        sideways = peak if mark.along_x else END_WEIGHT if mark.end else 0.0
        weight.append((sideways, peak))
        is_text.append(mark.along_x)
    tried = sum(m.along_x for m in reference.landmarks)
    if not centres:
        return LandmarkMatches(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), tried, np.zeros(0, bool), image)
    return LandmarkMatches(np.array(centres), np.array(offsets), np.array(weight), tried, np.array(is_text), image)


def _aligned(grey: Gray, transform: PageTransform) -> Gray:
    dpi = mean_scale(transform.homography, transform.sheet) * 25.4
    factor = min(1.0, LANDMARK_DPI / dpi)
    if factor < MIN_REDUCTION:
        grey = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
        transform = resized(transform, factor)
    return align(grey, transform, LANDMARK_DPI)


def _match(image: Gray, mark: Landmark, search_px: int) -> tuple[float, float, float] | None:
    """Offset (dx, dy) in px at LANDMARK_DPI and the peak of the correlation; None where the landmark was not found."""
    rows, cols = mark.pixels.shape
    x, y = mm_to_px(np.array(mark.centre), LANDMARK_DPI)
    has_x = mark.along_x or mark.end
    side = search_px if has_x else 1
    left, top = round(x - (cols - 1) / 2) - side, round(y - (rows - 1) / 2) - search_px
    if left < 0 or top < 0:
        return None
    window = image[top : top + rows + 2 * search_px, left : left + cols + 2 * side]
    if window.shape != (rows + 2 * search_px, cols + 2 * side):
        return None
    if mark.end:
        window = np.asarray(cv2.GaussianBlur(window, (0, 0), END_BLUR), np.uint8)
    scores = cv2.matchTemplate(window, mark.pixels, cv2.TM_CCOEFF_NORMED)
    _, peak, _, (c, r) = cv2.minMaxLoc(scores)
    if not MIN_PEAK < peak <= 1.001 or r in (0, 2 * search_px) or (has_x and c in (0, 2 * side)):
        return None
    if cv2.meanStdDev(window[r : r + rows, c : c + cols])[1][0, 0] < MIN_CONTRAST:
        return None  # bare paper correlates with anything
    dx = c - side + _parabola_peak(scores[r, c - 1 : c + 2].tolist()) if has_x else 0.0
    return dx, r - search_px + _parabola_peak(scores[r - 1 : r + 2, c].tolist()), peak


def _parabola_peak(three: Sequence[float]) -> float:
    """Where the parabola through three samples peaks, in (-0.5, 0.5) of the middle one."""
    a, b, c = three
    bend = a - 2 * b + c
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (a - c) / bend))
