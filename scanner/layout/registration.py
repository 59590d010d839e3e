"""Where the form lies on the page: key points for a first guess, printed landmarks for the last pixel.

The first guess is a homography (Hartley & Zisserman, 2nd ed., ch. 4) through ORB matches to the blank,
fitted with MAGSAC. Paper is not a plane and print is not exact, so every printed landmark of the blank is
then looked for again near its place and a smooth field is fitted through what was found (`landmarks`).
A gate made of the same evidence refuses what does not fit (`gate`).
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.by_hand import hand_points
from scanner.layout.gate import FEWEST, NOTHING, judge, refuse, weigh
from scanner.layout.geometry import Points, area, plausible, project, scaling, sheet_corners, terms
from scanner.layout.landmarks import DEGREE, find_landmarks, fit_field
from scanner.layout.laying import level, to_grey
from scanner.layout.reference import COARSE_DPI, FormReference, orb
from scanner.model import Gray, NotRegistered, Page, Reason, Registration

RATIO = 0.8
MIN_MATCHES = 25
"""Wrong forms reach 8–15 consistent matches by chance, the right one at its worst about 60."""
REACH_PX = (12, 5)
"""How far a landmark is looked for in each pass, px at LANDMARK_DPI: 2 mm after the homography, then 0.8 mm."""
HAND_REACH_PX = 24
"""And after a guess by hand: 4 mm. Clicks off by up to 5 mm each way still led to the form on 12 of 12 worn sheets."""
MIN_AGREED, AGREED_MM = 12, 0.5
"""Landmarks that one homography must explain, and how closely, before it replaces a person's own."""


def register(page: Page, reference: FormReference) -> Registration | NotRegistered:
    """Find where the form lies on the page.

    NotRegistered says what was missing; it is an answer, not an error.
    """
    grey = level(to_grey(page.image))
    guess = first_guess(grey, reference)
    return guess if isinstance(guess, NotRegistered) else _settle(grey, guess, reference)


def register_from(page: Page, reference: FormReference, points: Points) -> Registration | NotRegistered:
    """Find where the form lies on the page, beginning where a person saw its `hand_points`: (4, 2) px, x and y.

    The points are only the first guess. The landmarks say the last pixel and the same gate judges, so a person can
    help to find the form and cannot place it where it is not.
    """
    square = cv2.getPerspectiveTransform(hand_points(reference).astype(np.float32), points.astype(np.float32))
    guess = np.asarray(square, np.float64)
    if not _spread(points) or not plausible(guess, reference.form.sheet, page.image.shape):
        return NotRegistered(Reason("points_wrong"))
    grey = level(to_grey(page.image))
    return _settle(grey, _steadied(grey, guess, reference), reference)


def _settle(grey: Gray, guess: NDArray[np.float64], reference: FormReference) -> Registration | NotRegistered:
    """From a first guess to the last pixel, or a refusal."""
    warp = np.zeros((terms(DEGREE), 2))
    for reach in REACH_PX:
        found = find_landmarks(grey, guess, warp, reference, reach)
        evidence, residual = NOTHING, found.offsets
        if len(found.centres) >= FEWEST:
            warp, residual = fit_field(found, warp, reference.form.sheet)
            evidence = weigh(found, residual, reference)
        refusal = refuse(evidence)
        if refusal is not None:  # a refusal is falsy
            return refusal
    return judge(evidence, found, residual, guess, warp, reference)


# --- first guess -----------------------------------------------------------------------------------


def first_guess(grey: Gray, reference: FormReference) -> NDArray[np.float64] | NotRegistered:
    """Homography mm → page px from key points, tried at a few sizes: a photo may hold the sheet small."""
    best = 0
    for share in (1.08, 1.5, 0.8):
        # the page is reduced so that the sheet comes out near COARSE_DPI if it fills 1/share of the page
        target = max(reference.form.sheet) / 25.4 * COARSE_DPI * share
        factor = min(1.0, target / max(grey.shape))
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        fitted, matches = _match(np.asarray(small, np.uint8), reference)
        best = max(best, matches)
        if fitted is not None and matches >= MIN_MATCHES:
            guess = scaling(1 / factor) @ fitted
            if plausible(guess, reference.form.sheet, grey.shape):
                return cast("NDArray[np.float64]", guess / guess[2, 2])
    return NotRegistered(Reason("form_not_found", {"matches": best}))


def _match(small: Gray, reference: FormReference) -> tuple[NDArray[np.float64] | None, int]:
    keypoints, descriptors = orb().detectAndCompute(small, None)
    if descriptors is None or len(keypoints) < MIN_MATCHES or len(reference.keypoints) < MIN_MATCHES:
        return None, 0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, reference.descriptors, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < MIN_MATCHES:
        return None, len(good)
    source = np.array([reference.keypoints[m.trainIdx] for m in good])
    target = np.array([keypoints[m.queryIdx].pt for m in good])
    cv2.setRNGSeed(1)  # the same page is placed the same way every time
    matrix, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 2.5, maxIters=5000, confidence=0.9999)
    if matrix is None:
        return None, 0
    return np.asarray(matrix, np.float64), int(inliers.sum())


def _spread(points: Points) -> bool:
    """Are four points the corners of something, and not on a line or in one place?"""
    return bool(np.isfinite(points).all()) and area(points) > 100


def _steadied(grey: Gray, guess: NDArray[np.float64], reference: FormReference) -> NDArray[np.float64]:
    """A guess by hand without the hand's tremor: the homography through the landmarks found around it.

    Where too few agree it stays as it was, and the gate will say so.
    """
    none = np.zeros((terms(DEGREE), 2))
    found = find_landmarks(grey, guess, none, reference, HAND_REACH_PX)
    source = found.centres[found.text]
    if len(source) < MIN_AGREED:
        return guess
    target = project(guess, source + found.offsets[found.text])
    sheet = reference.form.sheet
    allowed = AGREED_MM * float(np.sqrt(area(sheet_corners(guess, sheet)) / (sheet[0] * sheet[1])))
    cv2.setRNGSeed(1)
    matrix, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, allowed, maxIters=5000, confidence=0.9999)
    steady = None if matrix is None or inliers.sum() < MIN_AGREED else np.asarray(matrix, np.float64)
    return steady if steady is not None and plausible(steady, sheet, grey.shape) else guess
