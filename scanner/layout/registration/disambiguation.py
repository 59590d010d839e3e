"""Two prints that both fit a page, as two versions of one form may: the print that only one of them has decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.layout.registration.landmarks import find_landmarks
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.warping import identity_warp
from scanner.model import DPI, Gray, Page, Registration

REACH_PX = (12, 5)
"""How far a landmark is looked for, px at LANDMARK_DPI: on the other blank, and on a page where the form lies."""
FEWEST = 3
"""Landmarks that only one print has: fewer may be a stain, a fold or a stamp."""
CLEAR = 0.7
"""Share of them that must speak for one print and against the other."""

Side = tuple[FormReference, Registration]


def disambiguate(page: Page, one: Side, other: Side) -> int | None:
    """0 or 1: of which of the two prints the page is; None where nobody could tell from what is printed.

    What one print has and the other has not must be there, and what only the other has must not.
    """
    grey = flatten_background(to_grey(page.image))
    shares = [_share(grey, mine, theirs[0]) for mine, theirs in ((one, other), (other, one))]
    for_one = [share if side == 0 else 1 - share for side, share in enumerate(shares) if share is not None]
    if not for_one:
        return None
    if min(for_one) >= CLEAR:
        return 0
    return 1 if max(for_one) <= 1 - CLEAR else None


def distinctive_landmarks(reference: FormReference, other: FormReference) -> FormReference:
    """The reference with only those landmarks that are not at their place on the other blank."""
    matrix = np.array([[DPI / 25.4, 0, -0.5], [0, DPI / 25.4, -0.5], [0, 0, 1]])
    found = find_landmarks(flatten_background(other.blank), matrix, identity_warp(), reference, REACH_PX[0])
    there = {(float(x), float(y)) for x, y in found.centres}
    return replace(reference, landmarks=tuple(m for m in reference.landmarks if m.centre not in there))


def _share(grey: Gray, side: Side, other: FormReference) -> float | None:
    """How much of what only this print has is on the page; None where too little tells the two apart."""
    reference, placed = side
    mine = distinctive_landmarks(reference, other)
    if len(mine.landmarks) < FEWEST:
        return None
    found = find_landmarks(grey, placed.homography, placed.warp, mine, REACH_PX[1])
    return len(found.centres) / len(mine.landmarks)
