"""Key points: a first guess of where the form lies, and whether the picture shows it twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.geometry import area, inverse, plausible, scaling
from scanner.layout.registration.reference import COARSE_DPI, FormReference, orb_detector
from scanner.layout.registration.warping import fit_folded, identity_warp
from scanner.model import Gray, NotRegistered, Reason
from scanner.model.registration import Matrix, PageTransform, Points, project

RATIO = 0.8
"""Distance of the best match to that of the second best (Lowe, IJCV 2004, sec. 7.1)."""
MIN_MATCHES = 25
"""Wrong forms reach 8–15 consistent matches by chance, the right one at its worst about 60."""
REPROJECTION_PX = 2.5
"""Of inliers, at COARSE_DPI: 0.6 mm, so that a sheet that is slightly curled keeps most of its matches."""
SIZE_RATIOS = (1.08, 1.5, 0.8)
"""How much longer than the sheet the page may be, tried in this order: a photo may hold the sheet small."""
FAX_STRETCH = 204 / 98
"""Coarse faxes have pixels twice as high as wide (ITU-T T.4: 3.85 lines a mm)."""
FOLD_MM, PLANE_MM = 40.0, 0.5
"""How far from the plane a fold takes its farther panel at most; and what key points are off by on plane paper."""
KEYPOINT_MM = 0.2
"""How surely a key point is seen: 0.8 px at COARSE_DPI; ten times a landmark's."""
SECOND_SHEET_MM = FOLD_MM
"""Matches farther than this from where the homography puts them may be another sheet's."""
SECOND_SHARE = 0.12
"""Of the sheet, that the matches of another one must span: less is a corner that looks out from under it."""
NEIGHBOURS, NEIGHBOUR_MM, DIFFER_MM, DIFFER_SLOPE = 3, 25.0, 0.7, 0.08
"""A match is kept where so many others within NEIGHBOUR_MM are displaced alike: by no more than DIFFER_MM and a share
of the distance that is a little above the slope of the steepest folds drawn (0.06)."""
CELL_MM = 8.0
"""Side of the squares in which matches are averaged before a field is fitted: about a word."""


@dataclass(frozen=True, slots=True, eq=False)
class KeypointMatch:
    """A homography (3, 3) mm → px and the matches it was fitted to.

    source   (N, 2) mm on the form
    target   (N, 2) px on the picture
    inliers  how many of them the homography explains
    """

    matrix: Matrix
    source: Points = field(repr=False)
    target: Points = field(repr=False)
    inliers: int

    def offsets(self) -> Points:
        """How far each match lies from where the homography puts it, mm on the form."""
        return project(inverse(self.matrix), self.target) - self.source

    def after(self, change: Matrix) -> KeypointMatch:
        """The same on a picture that was changed by a homography."""
        matrix = change @ self.matrix
        return KeypointMatch(matrix / matrix[2, 2], self.source, project(change, self.target), self.inliers)


def match_keypoints(grey: Gray, reference: FormReference) -> KeypointMatch | NotRegistered:
    """Homography mm → px of a flattened picture (rows, cols), tried at a few sizes and as a coarse fax."""
    best = 0
    for ratio in SIZE_RATIOS:
        # the page is reduced so that the sheet comes out near COARSE_DPI if the page is `ratio` times as long
        target = max(reference.form.sheet) / 25.4 * COARSE_DPI * ratio
        factor = min(1.0, target / max(grey.shape))
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        found = _match(np.asarray(small, np.uint8), reference)
        best = max(best, found.inliers if found else 0)
        if found and found.inliers >= MIN_MATCHES:
            guess = found.after(scaling(1 / factor))
            if plausible(guess.matrix, reference.form.sheet, grey.shape):
                return guess
    coarse = _match_as_coarse_fax(grey, reference)
    return coarse or NotRegistered(Reason("form_not_found", {"matches": best}))


def _match_as_coarse_fax(grey: Gray, reference: FormReference) -> KeypointMatch | None:
    """Rows stretched to square pixels; only where the picture is as wide as such a fax is."""
    rows, cols = grey.shape
    tall = max(reference.form.sheet) / min(reference.form.sheet)
    if not 0.8 < rows * FAX_STRETCH / cols / tall < 1.25:
        return None
    factor = max(reference.form.sheet) / 25.4 * COARSE_DPI * SIZE_RATIOS[0] / (rows * FAX_STRETCH)
    across, down = min(factor, 1.0), factor * FAX_STRETCH
    small = cv2.resize(grey, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)
    found = _match(np.asarray(small, np.uint8), reference)
    if found is None or found.inliers < MIN_MATCHES:
        return None
    back = np.array([[1 / across, 0, 0.5 / across - 0.5], [0, 1 / down, 0.5 / down - 0.5], [0, 0, 1]])
    guess = found.after(back)
    return guess if plausible(guess.matrix, reference.form.sheet, grey.shape) else None


def has_second_sheet(grey: Gray, guess: KeypointMatch, reference: FormReference) -> bool:
    """Do the matches that lie elsewhere make up the form once more?"""
    off = guess.offsets()
    apart = ~(np.hypot(off[:, 0], off[:, 1]) < SECOND_SHEET_MM)
    if apart.sum() < 2 * MIN_MATCHES:
        return False
    second = _fit_homography(guess.source[apart], guess.target[apart])
    if second is None or second.inliers < MIN_MATCHES:
        return False
    again = np.hypot(*second.offsets().T) < 1.0
    hull = cv2.convexHull(second.source[again].astype(np.float32))[:, 0]
    sheet = reference.form.sheet
    spans = area(hull.astype(np.float64)) / (sheet[0] * sheet[1])
    return spans > SECOND_SHARE and plausible(second.matrix, sheet, grey.shape)


def nonrigid_start(guess: KeypointMatch, sheet: tuple[float, float]) -> PageTransform:
    """Homography and field through the matches that agree with their neighbours, however far from the guess.

    A sheet folded in four is four planes, and the guess is that of one of them. The identity warp where the matches lie
    on a plane, or too few agree.
    """
    plane = PageTransform(sheet, guess.matrix, identity_warp())
    off = guess.offsets()
    near = np.hypot(off[:, 0], off[:, 1]) < FOLD_MM
    agreed = np.flatnonzero(near)[_locally_consistent(guess.source[near], off[near])]
    if len(agreed) < MIN_MATCHES or np.percentile(np.hypot(*off[agreed].T), 90) < PLANE_MM:
        return plane
    source, target = _cell_means(guess.source[agreed], guess.target[agreed])
    fitted, _ = cv2.findHomography(source, target, 0)
    if fitted is None or len(source) < MIN_MATCHES:
        return plane
    matrix = np.asarray(fitted, np.float64)
    off = KeypointMatch(matrix, source, target, len(source)).offsets()
    return PageTransform(sheet, matrix, fit_folded(source, off, np.ones_like(off), sheet, KEYPOINT_MM).warp)


def _locally_consistent(source: Points, off: Points) -> NDArray[np.bool_]:
    """(N,) matches that NEIGHBOURS others nearby agree with; wrong ones point anywhere. Both (N, 2) mm."""
    apart = np.hypot(*np.moveaxis(source[:, None] - source[None], 2, 0))
    differ = np.hypot(*np.moveaxis(off[:, None] - off[None], 2, 0))
    return np.asarray(((apart < NEIGHBOUR_MM) & (differ < DIFFER_MM + DIFFER_SLOPE * apart)).sum(axis=1) > NEIGHBOURS)


def _cell_means(source: Points, target: Points) -> tuple[Points, Points]:
    """The mean match of each square of the sheet that has any."""
    _, which = np.unique(np.floor(source / CELL_MM).astype(int) @ np.array([1, 10_000]), return_inverse=True)
    cells = [np.flatnonzero(which == k) for k in range(which.max() + 1)]
    return tuple(np.array([v[c].mean(axis=0) for c in cells]) for v in (source, target))  # type: ignore[return-value]


def _match(small: Gray, reference: FormReference) -> KeypointMatch | None:
    keypoints, descriptors = orb_detector().detectAndCompute(small, None)
    if descriptors is None or len(keypoints) < MIN_MATCHES or len(reference.keypoints) < MIN_MATCHES:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, reference.descriptors, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < MIN_MATCHES:
        return None
    source = np.array([reference.keypoints[m.trainIdx] for m in good])
    return _fit_homography(source, np.array([keypoints[m.queryIdx].pt for m in good], np.float64))


def _fit_homography(source: Points, target: Points) -> KeypointMatch | None:
    cv2.setRNGSeed(1)  # the same page is placed the same way every time
    matrix, inliers = cv2.findHomography(
        source, target, cv2.USAC_MAGSAC, REPROJECTION_PX, maxIters=5000, confidence=0.9999
    )
    if matrix is None:
        return None
    return KeypointMatch(np.asarray(matrix, np.float64), source, target, int(inliers.sum()))
