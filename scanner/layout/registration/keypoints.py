"""Key points: a first guess of where the form lies, and whether it lies there twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.geometry import Matrix, Points, area, inverse, plausible, project, scaling
from scanner.layout.registration.reference import COARSE_DPI, FormReference, orb
from scanner.layout.registration.warping import fit_folded, identity_warp
from scanner.model import Gray, NotRegistered, Reason

RATIO = 0.8
MIN_MATCHES = 25
"""Wrong forms reach 8–15 consistent matches by chance, the right one at its worst about 60."""
SHARES = (1.08, 1.5, 0.8)
"""How much longer than the sheet the page may be: a photo may hold the sheet small."""
FAX_STRETCH = 204 / 98
"""Coarse faxes have pixels twice as high as wide (ITU-T T.4: 3.85 lines a mm)."""
FOLD_MM, PLANE_MM = 40.0, 0.5
"""How far a fold takes its farther panel at most; and what key points are off by on plane paper, by chance."""
KEYPOINT_MM = 0.2
ELSEWHERE_MM = FOLD_MM
SECOND_SHARE = 0.12
"""Of the sheet, that the matches of another one must span: less is a corner that looks out from under it."""


@dataclass(frozen=True, slots=True, eq=False)
class InitialGuess:
    """A homography mm → px, and the matches it was fitted to: on the form (N, 2) mm, on the picture (N, 2) px."""

    matrix: Matrix
    source: Points = field(repr=False)
    target: Points = field(repr=False)
    inliers: int

    def offsets(self) -> Points:
        """How far each match lies from where the homography puts it, mm on the form."""
        return project(inverse(self.matrix), self.target) - self.source

    def on(self, change: Matrix) -> InitialGuess:
        """The guess on a picture changed by a homography."""
        matrix = change @ self.matrix
        return InitialGuess(matrix / matrix[2, 2], self.source, project(change, self.target), self.inliers)


def first_guess(grey: Gray, reference: FormReference) -> InitialGuess | NotRegistered:
    """Homography mm → px of a levelled picture from key points, tried at a few sizes, and as a coarse fax."""
    best = 0
    for share in SHARES:
        # the page is reduced so that the sheet comes out near COARSE_DPI if it fills 1/share of the page
        target = max(reference.form.sheet) / 25.4 * COARSE_DPI * share
        factor = min(1.0, target / max(grey.shape))
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        found = _match(np.asarray(small, np.uint8), reference)
        best = max(best, found.inliers if found else 0)
        if found and found.inliers >= MIN_MATCHES:
            guess = found.on(scaling(1 / factor))
            if plausible(guess.matrix, reference.form.sheet, grey.shape):
                return guess
    coarse = _as_coarse_fax(grey, reference)
    return coarse or NotRegistered(Reason("form_not_found", {"matches": best}))


def _as_coarse_fax(grey: Gray, reference: FormReference) -> InitialGuess | None:
    """Rows stretched to square pixels; only where the picture is as wide as such a fax is."""
    rows, cols = grey.shape
    tall = max(reference.form.sheet) / min(reference.form.sheet)
    if not 0.8 < rows * FAX_STRETCH / cols / tall < 1.25:
        return None
    factor = max(reference.form.sheet) / 25.4 * COARSE_DPI * SHARES[0] / (rows * FAX_STRETCH)
    across, down = min(factor, 1.0), factor * FAX_STRETCH
    small = cv2.resize(grey, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)
    found = _match(np.asarray(small, np.uint8), reference)
    if found is None or found.inliers < MIN_MATCHES:
        return None
    back = np.array([[1 / across, 0, 0.5 / across - 0.5], [0, 1 / down, 0.5 / down - 0.5], [0, 0, 1]])
    guess = found.on(back)
    return guess if plausible(guess.matrix, reference.form.sheet, grey.shape) else None


def another_sheet(grey: Gray, guess: InitialGuess, reference: FormReference) -> bool:
    """Do the matches that lie elsewhere make up the form once more?"""
    off = guess.offsets()
    apart = ~(np.hypot(off[:, 0], off[:, 1]) < ELSEWHERE_MM)
    if apart.sum() < 2 * MIN_MATCHES:
        return False
    second = _fitted(guess.source[apart], guess.target[apart])
    if second is None or second.inliers < MIN_MATCHES:
        return False
    again = np.hypot(*second.offsets().T) < 1.0
    hull = cv2.convexHull(second.source[again].astype(np.float32))[:, 0]
    sheet = reference.form.sheet
    spans = area(hull.astype(np.float64)) / (sheet[0] * sheet[1])
    return spans > SECOND_SHARE and plausible(second.matrix, sheet, grey.shape)


def first_warp(guess: InitialGuess, sheet: tuple[float, float]) -> tuple[Matrix, Points]:
    """Homography and field through the matches that agree with their neighbours, however far from the guess.

    A sheet folded in four is four planes, and the guess is that of one of them.
    """
    off = guess.offsets()
    near = np.hypot(off[:, 0], off[:, 1]) < FOLD_MM
    agreed = np.flatnonzero(near)[_agreeing(guess.source[near], off[near])]
    if len(agreed) < MIN_MATCHES or np.percentile(np.hypot(*off[agreed].T), 90) < PLANE_MM:
        return guess.matrix, identity_warp()
    source, target = _by_cell(guess.source[agreed], guess.target[agreed])
    middling, _ = cv2.findHomography(source, target, 0)
    if middling is None or len(source) < MIN_MATCHES:
        return guess.matrix, identity_warp()
    off = InitialGuess(np.asarray(middling, np.float64), source, target, len(source)).offsets()
    return np.asarray(middling, np.float64), fit_folded(source, off, np.ones_like(off), sheet, KEYPOINT_MM).warp


def _agreeing(source: Points, off: Points) -> NDArray[np.bool_]:
    """Matches of which three others nearby say nearly the same; wrong ones point anywhere."""
    apart = np.hypot(*np.moveaxis(source[:, None] - source[None], 2, 0))
    differ = np.hypot(*np.moveaxis(off[:, None] - off[None], 2, 0))
    return np.asarray(((apart < 25) & (differ < 0.7 + 0.08 * apart)).sum(axis=1) > 3)


def _by_cell(source: Points, target: Points, side: float = 8.0) -> tuple[Points, Points]:
    """One middling match for each square of the sheet."""
    _, which = np.unique(np.floor(source / side).astype(int) @ np.array([1, 10_000]), return_inverse=True)
    cells = [np.flatnonzero(which == k) for k in range(which.max() + 1)]
    return tuple(np.array([v[c].mean(axis=0) for c in cells]) for v in (source, target))  # type: ignore[return-value]


def _match(small: Gray, reference: FormReference) -> InitialGuess | None:
    keypoints, descriptors = orb().detectAndCompute(small, None)
    if descriptors is None or len(keypoints) < MIN_MATCHES or len(reference.keypoints) < MIN_MATCHES:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, reference.descriptors, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < MIN_MATCHES:
        return None
    source = np.array([reference.keypoints[m.trainIdx] for m in good])
    return _fitted(source, np.array([keypoints[m.queryIdx].pt for m in good], np.float64))


def _fitted(source: Points, target: Points) -> InitialGuess | None:
    cv2.setRNGSeed(1)  # the same page is placed the same way every time
    matrix, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 2.5, maxIters=5000, confidence=0.9999)
    if matrix is None:
        return None
    return InitialGuess(np.asarray(matrix, np.float64), source, target, int(inliers.sum()))
