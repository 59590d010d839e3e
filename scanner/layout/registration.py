"""Where the form lies on the page: key points for a first guess, printed landmarks for the last pixel.

The first guess is a homography (Hartley & Zisserman, 2nd ed., ch. 4) through ORB matches to the blank,
fitted with MAGSAC. Paper is not a plane and print is not exact, so every printed landmark of the blank is
then looked for again near its place by normalised correlation, and a smooth polynomial field is fitted
through what was found (iteratively reweighted least squares with a ridge that grows with the degree).
A gate made of the same evidence refuses what does not fit: a page placed wrongly and silently would be
read as nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.by_hand import hand_points
from scanner.layout.geometry import (
    Points,
    area,
    plausible,
    project,
    scaling,
    sheet_corners,
    smooth_basis,
    smooth_field,
    terms,
)
from scanner.layout.reference import (
    COARSE_DPI,
    LANDMARK_DPI,
    FormReference,
    Landmark,
    mm_to_px,
    orb,
    px_to_mm,
)
from scanner.model import DPI, FieldSpec, Gray, NotRegistered, Page, Reason, Registration

RATIO = 0.8
MIN_MATCHES = 25
"""Wrong forms reach 8–15 consistent matches by chance, the right one at its worst about 60."""
DEGREE = 5
REACH_PX = (12, 5)
"""How far a landmark is looked for in each pass, px at LANDMARK_DPI: 2 mm after the homography, then 0.8 mm."""
HAND_REACH_PX = 24
"""And after a guess by hand: 4 mm. Clicks off by up to 5 mm each way still led to the form on 12 of 12 worn sheets."""
MIN_AGREED, AGREED_MM = 12, 0.5
"""Landmarks that one homography must explain, and how closely, before it replaces a person's own."""
MIN_PEAK = 0.55
FLAT = 6.0
"""Grey levels: a patch with print on it has a standard deviation of 25 and more, faint print 12, paper 4."""
GATE_FOUND = 0.55
GATE_FOUND_PART = 0.3
GATE_RESIDUAL_MM = 0.35
GATE_P95_MM = 0.3
"""Scans and curled photos of the right print stay below 0.06 mm; a sheet pasted together off by 3 mm has 0.46."""
BESIDE, BESIDE_MM = 3, 10.0
"""A field's own print: its nearest landmarks, and all within this distance. On 40 worn sheets every one was found."""
LOCAL_MM = 0.15
"""Print beside a field that disagrees by more than this is torn or folded there; good sheets stay below 0.06."""
RIDGE = 0.02


def register(page: Page, reference: FormReference) -> Registration | NotRegistered:
    """Find where the form lies on the page.

    NotRegistered says what was missing; it is an answer, not an error.
    """
    grey = level(to_grey(page.image))
    guess = _first_guess(grey, reference)
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
        found = _find_landmarks(grey, guess, warp, reference, reach)
        refusal = _too_few(found, reference)
        if refusal is not None:  # a refusal is falsy
            return refusal
        warp, residual = _fit(found, warp, reference.form.sheet)
    return _judge(found, residual, guess, warp, reference)


def to_page(registration: Registration, points: Points) -> Points:
    """Form mm (N, 2) → page pixels (N, 2), x and y."""
    return project(registration.homography, points + smooth_field(registration.warp, points, registration.sheet))


def align(image: NDArray[np.uint8], registration: Registration, dpi: float = DPI) -> NDArray[np.uint8]:
    """The page laid onto the form: exactly the sheet at dpi, (rows, cols[, 3]); white where the page ends.

    The smooth map is computed every 16 px and interpolated between: its error there is below 0.01 px.
    """
    cols, rows = (round(side * dpi / 25.4) for side in registration.sheet)
    maps = _maps(registration, rows, cols, dpi)
    paper = (255, 255, 255) if image.ndim == 3 else (255,)
    out = cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper)
    return np.asarray(out, np.uint8)


def to_grey(image: NDArray[np.uint8]) -> Gray:
    """(rows, cols[, 3]) RGB or grey → grey."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def level(grey: Gray) -> Gray:
    """Divide by the local paper level, found on a copy reduced 16 times: shadows and dark paper go, ink stays."""
    small = cv2.resize(grey, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((5, 5))), (0, 0), 2)
    paper = cv2.resize(np.maximum(paper, 40), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, paper, scale=245), np.uint8)


# --- first guess -----------------------------------------------------------------------------------


def _first_guess(grey: Gray, reference: FormReference) -> NDArray[np.float64] | NotRegistered:
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
    found = _find_landmarks(grey, guess, none, reference, HAND_REACH_PX)
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


# --- landmarks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Landmarks found again: where they belong (mm), how far off they were seen (mm), how surely.

    `weight` is (N, 2): a line piece says nothing about x.
    """

    centres: Points
    offsets: Points
    weight: Points
    tried: int
    text: NDArray[np.bool_]


def _find_landmarks(
    grey: Gray, matrix: NDArray[np.float64], warp: Points, reference: FormReference, reach: int
) -> _Found:
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
        weight.append((peak if mark.along_x else 0.0, peak))
        text.append(mark.along_x)
    tried = sum(m.along_x for m in reference.landmarks)
    if not centres:
        return _Found(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), tried, np.zeros(0, bool))
    return _Found(np.array(centres), np.array(offsets), np.array(weight), tried, np.array(text))


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
    side = reach if mark.along_x else 1
    left, top = round(x - (cols - 1) / 2) - side, round(y - (rows - 1) / 2) - reach
    if left < 0 or top < 0:
        return None
    window = image[top : top + rows + 2 * reach, left : left + cols + 2 * side]
    if window.shape != (rows + 2 * reach, cols + 2 * side):
        return None
    scores = cv2.matchTemplate(window, mark.pixels, cv2.TM_CCOEFF_NORMED)
    if window.std() < FLAT:
        return None  # bare paper correlates with anything
    r, c = (int(v) for v in np.unravel_index(int(scores.argmax()), scores.shape))
    peak = float(scores[r, c])
    if window[r : r + rows, c : c + cols].std() < FLAT:
        return None
    if not MIN_PEAK < peak <= 1.001 or r in (0, 2 * reach) or (mark.along_x and c in (0, 2 * side)):
        return None
    dx = c - side + _vertex(scores[r, c - 1 : c + 2]) if mark.along_x else 0.0
    return dx, r - reach + _vertex(scores[r - 1 : r + 2, c]), peak


def _vertex(three: NDArray[Any]) -> float:
    """Where the parabola through three samples peaks, in (-0.5, 0.5) of the middle one."""
    a, b, c = (float(v) for v in three)
    bend = a - 2 * b + c
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (a - c) / bend))


# --- the smooth field --------------------------------------------------------------------------------


def _fit(found: _Found, warp: Points, sheet: tuple[float, float]) -> tuple[Points, Points]:
    """The field through old field + offsets, robustly (Tukey weights) and smoothly (ridge).

    Returns its coefficients (terms, 2) and what they leave unexplained at each landmark (N, 2), mm.
    """
    # the offsets were seen on a page laid with the old field: the sum is what the new field must give
    target = smooth_field(warp, found.centres, sheet) + found.offsets
    basis, degrees = smooth_basis(found.centres, sheet, DEGREE)
    ridge = np.diag(RIDGE * np.maximum(degrees - 1, 0) ** 2)
    fitted = np.zeros((basis.shape[1], 2))
    for axis in (0, 1):
        base = found.weight[:, axis]
        weight = base.copy()
        for _ in range(12):
            system = basis.T @ (basis * weight[:, None]) + ridge + 1e-9 * np.eye(len(ridge))
            fitted[:, axis] = np.linalg.solve(system, basis.T @ (weight * target[:, axis]))
            residual = np.abs(basis @ fitted[:, axis] - target[:, axis])
            spread = max(1.4826 * float(np.median(residual[base > 0])), 0.02)
            weight = base * np.clip(1 - (residual / (4.7 * spread)) ** 2, 0, None) ** 2
    return fitted, basis @ fitted - target


# --- the gate ----------------------------------------------------------------------------------------


def _too_few(found: _Found, reference: FormReference) -> NotRegistered | None:
    """Refuse when too little of the print is where it should be, over all or in one part of the sheet."""
    marks = np.array([m.centre for m in reference.landmarks if m.along_x])
    seen = found.centres[found.text]
    share = len(seen) / max(len(marks), 1)
    if share < GATE_FOUND:
        return NotRegistered(Reason("landmarks_missing", {"share": round(100 * share)}))
    part = 0
    for axis in (1, 0):  # four bands down the sheet, then four columns across it
        edges = np.linspace(marks[:, axis].min() - 1, marks[:, axis].max() + 1, 5)
        for low, high in pairwise(edges):
            part += 1
            want = ((marks[:, axis] >= low) & (marks[:, axis] < high)).sum()
            got = ((seen[:, axis] >= low) & (seen[:, axis] < high)).sum()
            if want and got / want < GATE_FOUND_PART:
                return NotRegistered(Reason("part_missing", {"part": part, "share": round(100 * float(got / want))}))
    return None


def _judge(
    found: _Found, residual: Points, matrix: NDArray[np.float64], warp: Points, reference: FormReference
) -> Registration | NotRegistered:
    """The registration with its evidence, or a refusal when the landmarks do not agree with each other."""
    sheet = reference.form.sheet
    error = np.where(found.text, np.hypot(residual[:, 0], residual[:, 1]), np.abs(residual[:, 1]))
    median, p95 = (float(np.percentile(error, q)) for q in (50, 95))
    if median > GATE_RESIDUAL_MM or p95 > GATE_P95_MM:
        return NotRegistered(Reason("residual_too_large", {"mm": round(max(median, p95), 2)}))
    middle = np.array(
        [[sheet[0] / 2, sheet[1] / 2], [sheet[0] / 2 + 1, sheet[1] / 2], [sheet[0] / 2, sheet[1] / 2 + 1]]
    )
    here = project(matrix, middle)
    across, down = here[1] - here[0], here[2] - here[0]
    local = {spec.id: _nearby(spec, found.centres, error) for spec in reference.form.fields}
    return Registration(
        homography=matrix,
        warp=warp,
        sheet=sheet,
        residual_mm=median,
        residual_p95_mm=p95,
        landmarks_found=int(found.text.sum()),
        landmarks_tried=found.tried,
        rotation_deg=float(np.degrees(np.arctan2(across[1], across[0]))),
        scale=float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0]))),
        perspective=float(np.hypot(matrix[2, 0] * sheet[0], matrix[2, 1] * sheet[1])),
        local_mm=local,
        unseen=tuple(sorted({*_unseen(found, reference), *(f for f, mm in local.items() if mm > LOCAL_MM)})),
    )


def _nearby(spec: FieldSpec, centres: Points, error: NDArray[np.float64]) -> float:
    """Mean residual of the six landmarks nearest to a field, mm."""
    return float(error[np.argsort(_distance(spec, centres))[:6]].mean())


def _unseen(found: _Found, reference: FormReference) -> tuple[str, ...]:
    """Fields beside which print is missing: under a note or a fold an answer looks like an empty field."""
    marks = np.array([m.centre for m in reference.landmarks if m.along_x])
    seen = {(float(x), float(y)) for x, y in found.centres[found.text]}
    missing = np.array([(float(x), float(y)) not in seen for x, y in marks])
    unseen = []
    for spec in reference.form.fields:
        away = _distance(spec, marks)
        beside = away <= BESIDE_MM
        beside[np.argsort(away)[:BESIDE]] = True
        if missing[beside].any():
            unseen.append(spec.id)
    return tuple(unseen)


def _distance(spec: FieldSpec, points: Points) -> NDArray[np.float64]:
    """How far points (N, 2) lie from a field's area, mm; 0 within."""
    area = spec.area
    dx = np.maximum(np.maximum(area.x - points[:, 0], points[:, 0] - area.right), 0)
    dy = np.maximum(np.maximum(area.y - points[:, 1], points[:, 1] - area.bottom), 0)
    return np.hypot(dx, dy)


# --- geometry ----------------------------------------------------------------------------------------


def _maps(
    registration: Registration, rows: int, cols: int, dpi: float, step: int = 16
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where each pixel of the aligned page comes from: x and y maps, each (rows, cols)."""
    ys, xs = np.arange(0, rows + step, step), np.arange(0, cols + step, step)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float64)
    nodes = to_page(registration, px_to_mm(grid, dpi)).reshape(len(ys), len(xs), 2).astype(np.float32)
    shrink = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fx, fy = (cv2.warpAffine(np.ascontiguousarray(nodes[..., k]), shrink, (cols, rows), flags=flags) for k in (0, 1))
    return np.asarray(fx, np.float32), np.asarray(fy, np.float32)
