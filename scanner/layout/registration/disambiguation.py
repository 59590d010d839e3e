"""Two prints that both fit a page, as two versions of one form may: the print that only one of them has decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.layout.registration.landmarks import find_landmarks
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.warping import identity_warp
from scanner.model import DPI, Gray, Page, Registration
from scanner.model.registration import PageTransform

BLANK_SEARCH_PX, PAGE_SEARCH_PX = 12, 5
"""How far a landmark is searched for, px at LANDMARK_DPI: on the other blank, and on a page where the form lies."""
MIN_DISTINCTIVE = 3
"""Landmarks that only one print has: fewer may be a stain, a fold or a stamp."""
DECISIVE_SHARE = 0.7
"""Of them, found of one print and not found of the other. Chosen:
a scan, a photo and a fax of the form showed 0.0 of what a revision with a row more has alone."""

Side = tuple[FormReference, Registration]


def disambiguate(page: Page, one: Side, other: Side) -> int | None:
    """0 or 1: of which of the two prints the page is; None where the print does not decide.

    What one print has and the other has not must be there, and what only the other has must not.
    """
    grey = flatten_background(to_grey(page.image))
    shares = [_distinctive_share(grey, mine, theirs[0]) for mine, theirs in ((one, other), (other, one))]
    for_one = [share if side == 0 else 1 - share for side, share in enumerate(shares) if share is not None]
    if not for_one:
        return None
    if min(for_one) >= DECISIVE_SHARE:
        return 0
    return 1 if max(for_one) <= 1 - DECISIVE_SHARE else None


def distinctive_landmarks(reference: FormReference, other: FormReference) -> FormReference:
    """The reference with only those landmarks that are not at their place on the other blank."""
    matrix = np.array([[DPI / 25.4, 0, -0.5], [0, DPI / 25.4, -0.5], [0, 0, 1]])
    upright = PageTransform(reference.form.sheet, matrix, identity_warp())
    found = find_landmarks(flatten_background(other.blank), upright, reference, BLANK_SEARCH_PX)
    there = {(float(x), float(y)) for x, y in found.centres}
    return replace(reference, landmarks=tuple(m for m in reference.landmarks if m.centre not in there))


def _distinctive_share(grey: Gray, side: Side, other: FormReference) -> float | None:
    """The share of the landmarks only this print has that are on the page; None where there are too few of them."""
    reference, placed = side
    mine = distinctive_landmarks(reference, other)
    if len(mine.landmarks) < MIN_DISTINCTIVE:
        return None
    found = find_landmarks(grey, placed.transform, mine, PAGE_SEARCH_PX)
    return len(found.centres) / len(mine.landmarks)
