"""Four printed points of a form that a person can find again on a page, chosen from any blank."""

from __future__ import annotations

import cv2
import numpy as np

from scanner.layout.registration.reference import LANDMARK_DPI, FormReference, answer_mask, downsample, px_to_mm
from scanner.model import Gray
from scanner.model.registration import Points

INK_BELOW = 150
"""Grey level of a blank's print at LANDMARK_DPI; its thin strokes are never lighter than 120 there."""
JOIN_MM = 1.2
"""Letters nearer than this are one word: the point is then where a word begins or ends, not somewhere within."""
MIN_SIZE_MM = 1.6
"""What is lower or narrower is a rule, a dot or dirt: its end looks like others of its kind. Capitals of 8 points
are 2 mm high."""
CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
"""Top left, top right, bottom right, bottom left, as directions (x, y)."""


def manual_points(reference: FormReference) -> Points:
    """The outermost tips of print: top left, top right, bottom right, bottom left; (4, 2) mm.

    The tip of a word or of a table's border that lies farthest along each diagonal. Places where answers are
    written are left out, since ink may hide them. A blank without print gives the corners of its sheet.
    """
    sheet = np.array(reference.form.sheet)
    ink = _tall_print(reference)
    rows, cols = np.nonzero(ink)
    points = px_to_mm(np.stack([cols, rows], axis=1).astype(np.float64), LANDMARK_DPI)
    if not len(points):
        return np.asarray((np.array(CORNERS) + 1) / 2 * sheet, np.float64)
    return np.array([points[int((points / sheet @ np.array(corner)).argmax())] for corner in CORNERS])


def _tall_print(reference: FormReference) -> Gray:
    """1 where a word or a border is printed, at LANDMARK_DPI."""
    image = downsample(reference.blank, LANDMARK_DPI)
    ink = np.asarray((image < INK_BELOW) & (answer_mask(reference.form, image.shape[:2]) == 0), np.uint8)
    reach = round(JOIN_MM * LANDMARK_DPI / 25.4)
    words = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(words, connectivity=8)
    least = MIN_SIZE_MM * LANDMARK_DPI / 25.4
    large = (stats[:, cv2.CC_STAT_WIDTH] >= least) & (stats[:, cv2.CC_STAT_HEIGHT] >= least)
    large[0] = False  # the paper
    return np.asarray(large[labels] & (ink > 0), np.uint8)
