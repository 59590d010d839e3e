"""Where the form lies on the page: key points for a first guess, printed landmarks for the last pixel.

The first guess is a homography (Hartley & Zisserman, 2nd ed., ch. 4) through ORB matches to the blank, fitted with
MAGSAC, and a smooth field through the matches beside it: paper is not a plane. Then every printed landmark of the
blank is looked for again near its place, and a field fitted through what was found (`warping`). A gate made of the
same evidence refuses what does not fit (`gate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import flatten_background, half_size, to_grey, to_page
from scanner.layout.registration.gate import FEWEST, NOTHING, PlacementEvidence, judge_fields, refuse, weigh_placement
from scanner.layout.registration.geometry import (
    Matrix,
    Points,
    area,
    displacement,
    inverse,
    plausible,
    project,
    scaling,
    sheet_corners,
)
from scanner.layout.registration.keypoints import InitialGuess, another_sheet, first_guess, first_warp
from scanner.layout.registration.landmarks import LandmarkMatches, find_landmarks
from scanner.layout.registration.manual_points import manual_points
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.warping import fit_folded, fit_smooth, identity_warp, needs_nonrigid
from scanner.model import FieldLayout, FieldSpec, Gray, NotRegistered, Page, Reason, Registration

REACH_PX = (12, 5)
"""How far a landmark is looked for in each pass, px at LANDMARK_DPI: 2 mm after the first guess, then 0.8 mm."""
MOST_PASSES = 4
"""A plane sheet is looked at twice, a folded one three times, and once more where a part was still out of reach."""
CAMERA = 0.01
"""Perspective (change of scale over the sheet) of a photo taken one degree askew; scans show 0.001."""
CUT_MM = 0.5
"""A box may reach this far out of the page: its edge is not where people write."""
LIMB_MM = 25.0
"""From the nearest print: further out on a folded sheet errors of 2 mm were seen."""
FEW, NEARLY_ALL = 0.3, 0.97
"""Shares of the landmarks: where fewer are found at first it is another form; or the others may be out of reach."""
HAND_REACH_PX = 24
"""And after a guess by hand: 4 mm. Clicks off by up to 5 mm each way still led to the form on 12 of 12 worn sheets."""
MIN_AGREED, AGREED_MM = 12, 0.5
"""Landmarks that one homography must explain, and how closely, before it replaces a person's own."""
LARGE_PX = 2600
"""Pages with a longer side are looked at halved first; and to the last where the sheet still has ENOUGH_DPI so."""
ENOUGH_DPI = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class RegistrationStart:
    """Where looking for landmarks begins.

    `grey` is the page levelled and perhaps reduced, `factor` its size against the page's; `onto` is the guess on it
    (mm → px), `warp` what is known already of how the sheet differs from a plane.
    """

    grey: Gray
    factor: float
    onto: Matrix
    warp: Points


@dataclass(frozen=True, slots=True, eq=False)
class RegistrationPass:
    """One look at the landmarks: where the form lies after it, what was found, what that leaves unexplained (N, 2; mm),
    and what it is worth."""

    onto: Matrix
    warp: Points
    found: LandmarkMatches
    residual: Points
    evidence: PlacementEvidence


def register(page: Page, reference: FormReference) -> Registration | NotRegistered:
    """Find where the form lies on the page.

    NotRegistered says what was missing; it is an answer, not an error.
    """
    start = initial_guess(to_grey(page.image), reference)
    return start if isinstance(start, NotRegistered) else _settle(start, reference)


def register_from_points(page: Page, reference: FormReference, points: Points) -> Registration | NotRegistered:
    """Find where the form lies on the page, beginning where a person saw its `manual_points`: (4, 2) px, x and y.

    The points are only the first guess. The landmarks say the last pixel and the same gate judges, so a person can
    help to find the form and cannot place it where it is not.
    """
    square = cv2.getPerspectiveTransform(manual_points(reference).astype(np.float32), points.astype(np.float32))
    guess = np.asarray(square, np.float64)
    if not _spread(points) or not plausible(guess, reference.form.sheet, page.image.shape):
        return NotRegistered(Reason("points_wrong"))
    grey = flatten_background(to_grey(page.image))
    return _settle(RegistrationStart(grey, 1.0, _steadied(grey, guess, reference), identity_warp()), reference)


def initial_guess(grey: Gray, reference: FormReference) -> RegistrationStart | NotRegistered:
    """The first guess, from key points. A large page is halved, and stays so where the sheet is large on it."""
    halve = max(grey.shape) >= LARGE_PX
    view, factor = (flatten_background(half_size(grey), 8), 0.5) if halve else (flatten_background(grey), 1.0)
    guess = first_guess(view, reference)
    if isinstance(guess, NotRegistered):
        return guess
    if another_sheet(view, guess, reference):
        return NotRegistered(Reason("two_sheets"))
    sheet = reference.form.sheet
    onto, warp = _better_start(view, guess, reference)
    dpi = float(np.sqrt(area(sheet_corners(onto, sheet)) / (sheet[0] * sheet[1]))) * 25.4
    if halve and dpi < ENOUGH_DPI:
        view, factor, onto = flatten_background(grey), 1.0, scaling(1 / factor) @ onto
    return RegistrationStart(view, factor, onto / onto[2, 2], warp)


def _better_start(view: Gray, guess: InitialGuess, reference: FormReference) -> tuple[Matrix, Points]:
    """The plane of the key points, or the folds that they hint at: whichever brings more landmarks within reach.

    On print that repeats itself, line after line, wrong matches agree with each other and look like folds.
    """
    folded = first_warp(guess, reference.form.sheet)
    if not folded[1].any():
        return folded
    starts = ((guess.matrix, identity_warp()), folded)
    seen = [find_landmarks(view, onto, warp, reference, REACH_PX[0]).text.sum() for onto, warp in starts]
    return starts[int(np.argmax(seen))]


def passes(start: RegistrationStart, reference: FormReference) -> Iterator[RegistrationPass]:
    """From a first guess to the last pixel, look by look, until nothing more is to be gained or hoped for.

    Nothing comes where too few landmarks are found to fit anything.
    """
    sheet, onto, warp = reference.form.sheet, start.onto, start.warp
    far = True
    for number in range(MOST_PASSES):
        found = find_landmarks(start.grey, onto, warp, reference, REACH_PX[0 if far else 1])
        if found.text.sum() < FEWEST:  # pieces of line alone hold nothing sideways
            return
        # the offsets were seen on a page laid with the old field: the sum is what the new field must give
        target = displacement(warp, found.centres, sheet) + found.offsets
        if number == 0:
            onto, target = _rebased(onto, target, found)
        fit = fit_smooth(found.centres, target, found.weight, sheet)
        if _in_space(onto, sheet) and needs_nonrigid(fit.residual, found.text):
            fit = fit_folded(found.centres, target, found.weight, sheet)
        warp, evidence = fit.warp, weigh_placement(found, fit.residual, reference)
        yield RegistrationPass(onto, warp, found, fit.residual, evidence)
        seen, passed = found.text.sum() / max(found.tried, 1), not isinstance(refuse(evidence), NotRegistered)
        if (passed and number >= (1 if warp.ndim == 2 else 2)) or (not passed and seen < FEW):
            return
        far = bool(seen < NEARLY_ALL)


def _settle(start: RegistrationStart, reference: FormReference) -> Registration | NotRegistered:
    """What the last look says: a registration, or a refusal."""
    last: RegistrationPass | None = None
    for look in passes(start, reference):
        last = look
    refusal = refuse(last.evidence if last else NOTHING)
    if last is None or refusal is not None:  # a refusal is falsy
        return refusal or NotRegistered(Reason("landmarks_missing", {"share": 0}))
    matrix = scaling(1 / start.factor) @ last.onto
    placed = judge_fields(last.evidence, last.found, last.residual, matrix / matrix[2, 2], last.warp, reference)
    rows, cols = (round(side / start.factor) for side in start.grey.shape)
    doubtful = {*placed.unseen, *_cut_off(placed, (rows, cols), reference)}
    if last.warp.ndim == 3:
        doubtful |= {*_out_on_a_limb(last.found, reference)}
    return replace(placed, unseen=tuple(sorted(doubtful)))


def _cut_off(placed: Registration, shape: tuple[int, int], reference: FormReference) -> list[str]:
    """Fields that reach out of a page of (rows, cols): part of an answer may be gone. Of free room its middle says."""
    gone, slack = [], CUT_MM * placed.scale
    for spec in reference.form.fields:
        at = to_page(placed, _corners(spec))
        if spec.layout is FieldLayout.AREA:
            at = at.mean(axis=0, keepdims=True)
        if at.min() < -slack or at[:, 0].max() > shape[1] + slack or at[:, 1].max() > shape[0] + slack:
            gone.append(spec.id)
    return gone


def _corners(spec: FieldSpec) -> Points:
    """Of all its boxes, (N, 2) mm."""
    boxes = (*spec.boxes, *(o.box for o in spec.options))
    return np.array([(x, y) for b in boxes for x in (b.x, b.right) for y in (b.y, b.bottom)])


def _out_on_a_limb(found: LandmarkMatches, reference: FormReference) -> list[str]:
    """Fields of a folded sheet that reach far from all print: nobody saw which way the paper turns there."""
    limbs = []
    for spec in reference.form.fields:
        if spec.layout is FieldLayout.AREA:  # free room: 2 mm more or less change nothing
            continue
        away = np.hypot(*np.moveaxis(_corners(spec)[:, None] - found.centres[None], 2, 0)).min(axis=1)
        if away.max() > LIMB_MM:
            limbs.append(spec.id)
    return limbs


def _in_space(onto: Matrix, sheet: tuple[float, float]) -> bool:
    """Was the sheet before a camera? Under a lid paper lies flat: what does not fit there is torn or pasted."""
    scaled = onto / onto[2, 2]
    return bool(np.hypot(scaled[2, 0] * sheet[0], scaled[2, 1] * sheet[1]) > CAMERA)


def _rebased(onto: Matrix, target: Points, found: LandmarkMatches) -> tuple[Matrix, Points]:
    """The homography through the landmarks' text instead of that through key points, and what is left to the field."""
    page = project(onto, found.centres + target)
    source = found.centres[found.text].astype(np.float32)
    cv2.setRNGSeed(1)
    fitted, _ = cv2.findHomography(source, page[found.text].astype(np.float32), cv2.LMEDS)
    matrix = None if fitted is None else np.asarray(fitted, np.float64)
    if matrix is None or np.abs(matrix).max() > 1e9:
        return onto, target
    again = project(inverse(matrix), page) - found.centres
    return (matrix, again) if np.isfinite(again).all() else (onto, target)


def _spread(points: Points) -> bool:
    """Are four points the corners of something, and not on a line or in one place?"""
    return bool(np.isfinite(points).all()) and area(points) > 100


def _steadied(grey: Gray, guess: NDArray[np.float64], reference: FormReference) -> NDArray[np.float64]:
    """A guess by hand without the hand's tremor: the homography through the landmarks found around it.

    Where too few agree it stays as it was, and the gate will say so.
    """
    none = identity_warp()
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
