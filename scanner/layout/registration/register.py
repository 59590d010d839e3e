"""Where the form lies on the page: key points for a first guess, printed landmarks for the last pixel.

The first guess is a homography (Hartley & Zisserman, 2nd ed., ch. 4) through ORB matches to the blank, fitted with
MAGSAC (Barath et al., CVPR 2020), and a displacement field through the matches off it: paper is not a plane. Then
every printed landmark of the blank is searched for near its place, and a field is fitted through those that were
found (`warping`). A gate that weighs the same evidence refuses what does not fit (`gate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from scanner.layout.registration.alignment import flatten_background, half_size, to_grey
from scanner.layout.registration.gate import (
    MIN_LANDMARKS,
    NO_EVIDENCE,
    PlacementEvidence,
    judge_fields,
    measure_placement,
    refuse,
)
from scanner.layout.registration.geometry import area, inverse, mean_scale, plausible, resized
from scanner.layout.registration.keypoints import (
    KeypointMatch,
    has_second_sheet,
    match_keypoints,
    nonrigid_start,
)
from scanner.layout.registration.landmarks import LandmarkMatches, find_landmarks
from scanner.layout.registration.manual_points import manual_points
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.warping import fit_folded, fit_smooth, identity_warp, needs_nonrigid
from scanner.model import FieldLayout, Gray, NotRegistered, Page, Reason, Registration
from scanner.model.registration import Matrix, PageTransform, Points, displacement, project

FIRST_SEARCH_PX, NEXT_SEARCH_PX = 12, 5
"""How far around its place a landmark is searched for, px at LANDMARK_DPI: 2 mm after the first guess, then 0.8 mm."""
MAX_PASSES = 4
"""A plane sheet is searched twice, a folded one three times, and once more where a part was still out of reach."""
MIN_PERSPECTIVE = 0.01
"""Perspective (change of scale over the sheet) of a photo taken one degree askew; scans have 0.001. Below it the sheet
is taken to lie flat under a lid."""
OFF_PAGE_MM = 0.5
"""A box may reach this far out of the page: its edge is not where people write."""
FAR_FROM_PRINT_MM = 25.0
"""From the nearest landmark; farther out errors of 2 mm were seen on folded sheets (docs/developer/registration.md)."""
MIN_FOUND_SHARE, ALL_FOUND_SHARE = 0.3, 0.97
"""Shares of the landmarks of text. Where a refused pass found fewer it is another form and no pass follows: other print
has 0.01, half pages and revisions of the form 0.59 and more. Where fewer than the second were found the others may be
out of reach, and the next pass searches wide again: good pages have 1.00."""
MANUAL_SEARCH_PX = 24
"""After points clicked by a person: 4 mm. Clicks off by up to 5 mm each way still led to the form on 12 of 12 worn
sheets."""
MIN_AGREEING, AGREEING_MM = 12, 0.5
"""Landmarks that one homography must explain, and how closely, before it replaces the one through clicked points.
Chosen: three times the four that fix a homography, and more than curled paper is off a plane."""
HALVED_ABOVE_PX = 2600
"""Pages with a longer side (A4 at 220 dpi) are searched halved; kept so where the sheet still has MIN_HALVED_DPI."""
MIN_HALVED_DPI = 120.0
"""Four fifths of LANDMARK_DPI: above it a page is not reduced any more before landmarks are compared."""


@dataclass(frozen=True, slots=True, eq=False)
class RegistrationStart:
    """Where the search for landmarks begins.

    grey       (rows, cols) uint8, the page with its background flattened, perhaps reduced
    factor     its size relative to the page's
    transform  the first guess: form mm → px of `grey`
    matches    what the wide search from it finds, where that is known already
    """

    grey: Gray
    factor: float
    transform: PageTransform
    matches: LandmarkMatches | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RegistrationPass:
    """One search for the landmarks: the transform fitted to it, and the evidence for that.

    `residual` is what the transform leaves unexplained at each landmark found, (N, 2) mm on the form.
    """

    transform: PageTransform
    matches: LandmarkMatches
    residual: Points
    evidence: PlacementEvidence


def register(page: Page, reference: FormReference) -> Registration | NotRegistered:
    """Find where the form lies on the page.

    The transform maps form mm to page px (x, y). NotRegistered says what was missing; it is an answer, not an error.
    """
    start = initial_guess(to_grey(page.image), reference)
    return start if isinstance(start, NotRegistered) else _refine(start, reference)


def register_from_points(page: Page, reference: FormReference, points: Points) -> Registration | NotRegistered:
    """Find where the form lies on the page, starting from where a person saw its `manual_points`: (4, 2) px, x and y.

    The points are only the first guess. The landmarks give the last pixel and the same gate decides, so a person can
    help to find the form and cannot place it where it is not.
    """
    square = cv2.getPerspectiveTransform(manual_points(reference).astype(np.float32), points.astype(np.float32))
    guess = np.asarray(square, np.float64)
    if not _spans_an_area(points) or not plausible(guess, reference.form.sheet, page.image.shape):
        return NotRegistered(Reason("points_wrong"))
    grey = flatten_background(to_grey(page.image))
    transform = PageTransform(reference.form.sheet, _refit_manual_guess(grey, guess, reference), identity_warp())
    return _refine(RegistrationStart(grey, 1.0, transform), reference)


def initial_guess(grey: Gray, reference: FormReference) -> RegistrationStart | NotRegistered:
    """The first guess, from key points. A large page is halved, and stays so where the sheet is large on it."""
    halve = max(grey.shape) >= HALVED_ABOVE_PX
    view, factor = (flatten_background(half_size(grey), 8), 0.5) if halve else (flatten_background(grey), 1.0)
    guess = match_keypoints(view, reference)
    if isinstance(guess, NotRegistered):
        return guess
    if has_second_sheet(view, guess, reference):
        return NotRegistered(Reason("two_sheets"))
    transform, matches = _choose_start(view, guess, reference)
    if halve and mean_scale(transform.homography, transform.sheet) * 25.4 < MIN_HALVED_DPI:
        return RegistrationStart(flatten_background(grey), 1.0, _normalised(resized(transform, 1 / factor)))
    return RegistrationStart(view, factor, transform, matches)


def _choose_start(
    view: Gray, guess: KeypointMatch, reference: FormReference
) -> tuple[PageTransform, LandmarkMatches | None]:
    """The plane of the key points, or the folds that they hint at: whichever brings more landmarks within reach.

    On print that repeats itself, line after line, wrong matches agree with each other and look like folds. Where both
    were tried, the landmarks found from the chosen one come with it.
    """
    sheet = reference.form.sheet
    folded = _normalised(nonrigid_start(guess, sheet))
    if not folded.warp.any():
        return folded, None
    plane = _normalised(PageTransform(sheet, guess.matrix, identity_warp()))
    tried = [(start, find_landmarks(view, start, reference, FIRST_SEARCH_PX)) for start in (plane, folded)]
    return max(tried, key=lambda pair: pair[1].is_text.sum())


def _normalised(transform: PageTransform) -> PageTransform:
    """The same with 1 in the homography's lower right corner."""
    return replace(transform, homography=transform.homography / transform.homography[2, 2])


def passes(start: RegistrationStart, reference: FormReference) -> Iterator[RegistrationPass]:
    """From a first guess to the last pixel, pass by pass, until another pass would find nothing more.

    Yields nothing where fewer than MIN_LANDMARKS of text are found: pieces of line hold nothing sideways.
    """
    sheet, homography, warp = start.transform.sheet, start.transform.homography, start.transform.warp
    wide, matches = True, start.matches
    for number in range(MAX_PASSES):
        if number or matches is None:
            transform = PageTransform(sheet, homography, warp)
            matches = find_landmarks(start.grey, transform, reference, FIRST_SEARCH_PX if wide else NEXT_SEARCH_PX)
        if matches.is_text.sum() < MIN_LANDMARKS:
            return
        # the offsets were seen on a page aligned with the old field: the sum is what the new field must give
        target = displacement(warp, matches.centres, sheet) + matches.offsets
        if number == 0:
            homography, target = _refit_homography(homography, target, matches)
        fit = fit_smooth(matches.centres, target, matches.weight, sheet)
        if _has_perspective(homography, sheet) and needs_nonrigid(fit.residual, matches.is_text):
            fit = fit_folded(matches.centres, target, matches.weight, sheet)
        warp, evidence = fit.warp, measure_placement(matches, fit.residual, reference)
        yield RegistrationPass(PageTransform(sheet, homography, warp), matches, fit.residual, evidence)
        share = matches.is_text.sum() / max(matches.tried, 1)
        accepted = refuse(evidence) is None
        if (accepted and number >= (1 if warp.ndim == 2 else 2)) or (not accepted and share < MIN_FOUND_SHARE):
            return
        wide = bool(share < ALL_FOUND_SHARE)


def _refine(start: RegistrationStart, reference: FormReference) -> Registration | NotRegistered:
    """The outcome of the last pass: a registration, or a refusal."""
    last: RegistrationPass | None = None
    for one in passes(start, reference):
        last = one
    refusal = refuse(last.evidence if last else NO_EVIDENCE)
    if last is None or refusal is not None:  # a refusal is falsy
        return refusal or NotRegistered(Reason("landmarks_missing", {"share": 0}))
    transform = _normalised(resized(last.transform, 1 / start.factor))
    placed = judge_fields(last.evidence, last.matches, last.residual, transform, reference)
    rows, cols = (round(side / start.factor) for side in start.grey.shape)
    missing = {*placed.print_missing_fields, *_fields_off_page(transform, (rows, cols), reference)}
    if transform.warp.ndim == 3:
        missing |= {*_fields_far_from_print(last.matches, reference)}
    return replace(placed, print_missing_fields=tuple(sorted(missing)))


def _fields_off_page(transform: PageTransform, shape: tuple[int, int], reference: FormReference) -> list[str]:
    """Ids of fields that reach out of a page of (rows, cols), so that part of an answer may be cut off.

    Of a free area, as for a signature, the middle counts.
    """
    found, slack = [], OFF_PAGE_MM * transform.scale
    for spec in reference.form.fields:
        at = transform.to_page(spec.corners)
        if spec.layout is FieldLayout.AREA:
            at = at.mean(axis=0, keepdims=True)
        if at.min() < -slack or at[:, 0].max() > shape[1] + slack or at[:, 1].max() > shape[0] + slack:
            found.append(spec.id)
    return found


def _fields_far_from_print(matches: LandmarkMatches, reference: FormReference) -> list[str]:
    """Ids of fields of a folded sheet that reach far from all print: nothing shows which way the paper turns there."""
    found = []
    for spec in reference.form.fields:
        if spec.layout is FieldLayout.AREA:  # free: 2 mm more or less change nothing
            continue
        away = np.hypot(*np.moveaxis(spec.corners[:, None] - matches.centres[None], 2, 0)).min(axis=1)
        if away.max() > FAR_FROM_PRINT_MM:
            found.append(spec.id)
    return found


def _has_perspective(homography: Matrix, sheet: tuple[float, float]) -> bool:
    """Was the sheet photographed? Under a scanner's lid paper lies flat: what does not fit there is torn or pasted."""
    return PageTransform(sheet, homography / homography[2, 2], identity_warp()).perspective > MIN_PERSPECTIVE


def _refit_homography(homography: Matrix, target: Points, matches: LandmarkMatches) -> tuple[Matrix, Points]:
    """The homography through the landmarks of text instead of that through key points, and what is left to the field.

    `target` (N, 2) mm is the displacement at each landmark that goes with the old homography.
    """
    page = project(homography, matches.centres + target)
    source = matches.centres[matches.is_text].astype(np.float32)
    cv2.setRNGSeed(1)
    fitted, _ = cv2.findHomography(source, page[matches.is_text].astype(np.float32), cv2.LMEDS)
    matrix = None if fitted is None else np.asarray(fitted, np.float64)
    if matrix is None or np.abs(matrix).max() > 1e9:
        return homography, target
    again = project(inverse(matrix), page) - matches.centres
    return (matrix, again) if np.isfinite(again).all() else (homography, target)


def _spans_an_area(points: Points) -> bool:
    """Are four points (4, 2) px the corners of something, and not on a line or in one place?"""
    return bool(np.isfinite(points).all()) and area(points) > 100


def _refit_manual_guess(grey: Gray, guess: Matrix, reference: FormReference) -> Matrix:
    """The homography through the landmarks found around clicked points, without the clicks' own errors.

    Where too few landmarks agree it stays as it was, and the gate refuses it.
    """
    sheet = reference.form.sheet
    matches = find_landmarks(grey, PageTransform(sheet, guess, identity_warp()), reference, MANUAL_SEARCH_PX)
    source = matches.centres[matches.is_text]
    if len(source) < MIN_AGREEING:
        return guess
    target = project(guess, source + matches.offsets[matches.is_text])
    allowed = AGREEING_MM * mean_scale(guess, sheet)
    cv2.setRNGSeed(1)
    matrix, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, allowed, maxIters=5000, confidence=0.9999)
    refitted = None if matrix is None or inliers.sum() < MIN_AGREEING else np.asarray(matrix, np.float64)
    return refitted if refitted is not None and plausible(refitted, sheet, grey.shape) else guess
