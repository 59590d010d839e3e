"""Which printed page a scan may be: the key points of all blanks in one index, so that many cost little more than one.

Bits sampled from each ORB descriptor are its hash codes, one in each of several tables (locality-sensitive hashing for
the Hamming distance: Indyk & Motwani 1998, sec. 4.2). Points of the page and of a blank that share a code and are near
each other vote for the blank, all that turn the page alike together (weak geometric consistency: Jégou et al. 2008). To
each of the blanks with the most votes a homography is fitted, and its inliers are counted: forms that share a
letterhead, or differ by a row, differ in where things stand. The index only orders the candidates: registration and its
gate decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.layout.registration.reference import COARSE_DPI, downsample, orb_detector, px_to_mm
from scanner.model import Gray, Page

TABLES, BITS = 8, 16
"""2¹⁶ codes a table for the 3,000 points of each blank: codes are seldom shared by chance."""
MAX_HAMMING = 56
"""Bits of 256 in which a point's descriptors may differ; on five forms 48 did as well."""
MAX_SHARED, MIN_BLANKS = 4, 50
"""A code is left out where more points share it than so many times the number of blanks (counted as MIN_BLANKS at
least): the commonest cost most and decide least. Of 50 forms that share their labels, 2 a blank lost the form of 7 of
84 pages more."""
ORIENTATIONS = 24
"""Directions in which a page may be turned, two neighbours counted as one."""
MAX_FITTED = 12
"""Blanks to which a homography is fitted; of 50 forms that share their labels the right one was not always among the
first five."""
REPROJECTION_PX = 3.0
"""Of inliers, at COARSE_DPI: 0.8 mm, for paper is not a plane."""
MIN_PAIRS = 8
"""Pairs of points below which no homography is fitted: twice what fixes one."""
SIZE_RATIOS = (1.08, 1.5, 0.76)
"""Lengths of the page's longer side relative to the longest sheet, tried in this order until one gives ENOUGH_INLIERS:
a photo may hold the sheet small, and a small sheet may fill the page."""
ENOUGH_INLIERS = 60
"""Inliers from which no other ratio is tried; the right blank at its worst had 135."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyPoints:
    """ORB key points: (N, 2) x and y, (N,) degrees, (N, 32) descriptors."""

    points: NDArray[np.float64] = field(repr=False)
    angles: NDArray[np.float64] = field(repr=False)
    descriptors: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PageIndex:
    """The key points of all blanks, mm, and by hash code those that have it.

    owner    (N,) the number of the blank a point is of
    codes    (W,) sorted hash codes; the number of the table stands above the bits
    starts   (W + 1,) where the points of each code begin in `members`
    longest  the longest side of all sheets, mm
    """

    known: KeyPoints
    owner: NDArray[np.int32] = field(repr=False)
    codes: NDArray[np.int32] = field(repr=False)
    starts: NDArray[np.int32] = field(repr=False)
    members: NDArray[np.int32] = field(repr=False)
    count: int
    longest: float


@dataclass(frozen=True, slots=True)
class PageCandidate:
    """A printed page that a scan may be: its number in the index, and how many key points one homography explains."""

    number: int
    inliers: int


def blank_points(blank: Gray) -> KeyPoints:
    """The key points of a blank at 300 dpi, mm."""
    found = _key_points(downsample(blank, COARSE_DPI))
    return KeyPoints(px_to_mm(found.points, COARSE_DPI), found.angles, found.descriptors)


def build_index(blanks: Sequence[KeyPoints], longest: float) -> PageIndex:
    """The index of blanks by their key points; `longest` is the longest side of their sheets, mm."""
    known = KeyPoints(
        np.concatenate([b.points for b in blanks]),
        np.concatenate([b.angles for b in blanks]),
        np.concatenate([b.descriptors for b in blanks]),
    )
    owner = np.repeat(np.arange(len(blanks), dtype=np.int32), [len(b.angles) for b in blanks])
    codes = _hash_codes(known.descriptors).ravel()
    order = np.argsort(codes, kind="stable").astype(np.int32)
    distinct, starts = np.unique(codes[order], return_index=True)
    ends = np.append(starts, len(codes)).astype(np.int32)
    return PageIndex(known, owner, distinct, ends, order // np.int32(TABLES), len(blanks), longest)


def rank_pages(page: Page, index: PageIndex) -> list[PageCandidate]:
    """The printed pages that a scan may be, at least one, the likeliest first."""
    grey = flatten_background(to_grey(page.image))
    best = [PageCandidate(0, 0)]
    for ratio in SIZE_RATIOS:
        factor = min(1.0, index.longest / 25.4 * COARSE_DPI * ratio / max(grey.shape))
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        found = rank_candidates(_key_points(np.asarray(small, np.uint8)), index)
        best = max(best, found, key=lambda some: some[0].inliers if some else -1)
        if best[0].inliers >= ENOUGH_INLIERS:
            break
    return best


def rank_candidates(seen: KeyPoints, index: PageIndex) -> list[PageCandidate]:
    """The same from a page's key points, px near COARSE_DPI; empty where no blank has any of them."""
    of_page, of_blank = _matches(seen, index)
    owner = index.owner[of_blank]
    turn = ((seen.angles[of_page] - index.known.angles[of_blank]) % 360 // (360 / ORIENTATIONS)).astype(
        int
    ) % ORIENTATIONS
    votes = np.bincount(owner * ORIENTATIONS + turn, minlength=index.count * ORIENTATIONS).reshape(
        index.count, ORIENTATIONS
    )
    paired = votes + np.roll(votes, 1, axis=1)
    candidates = []
    for number in np.argsort(-paired.max(axis=1), kind="stable")[:MAX_FITTED]:
        # of pairs that turn the page otherwise hardly one is right, and a homography is found sooner without them
        its = (owner == number) & ((turn - paired[number].argmax() + 2) % ORIENTATIONS < 4)
        inliers = _count_inliers(index.known.points[of_blank[its]], seen.points[of_page[its]])
        candidates.append(PageCandidate(int(number), inliers))
    return sorted((c for c in candidates if c.inliers), key=lambda c: -c.inliers)


def _matches(seen: KeyPoints, index: PageIndex) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Points of the page and points of blanks that are alike: for each blank the one that is most alike."""
    codes = _hash_codes(seen.descriptors).ravel()
    at = np.minimum(np.searchsorted(index.codes, codes), len(index.codes) - 1)
    count = index.starts[at + 1] - index.starts[at]
    use = np.flatnonzero((index.codes[at] == codes) & (count <= MAX_SHARED * max(index.count, MIN_BLANKS)))
    at, count = at[use], count[use]
    begin = np.cumsum(count) - count
    of_blank = index.members[np.repeat(index.starts[at] - begin, count) + np.arange(int(count.sum()))]
    of_page = np.repeat(use // TABLES, count)
    distance = _hamming(seen.descriptors, of_page, index.known.descriptors, of_blank)
    near = distance < MAX_HAMMING
    of_page, of_blank, distance = of_page[near], of_blank[near], distance[near]
    slot = of_page * index.count + index.owner[of_blank]  # of these the nearest is kept
    order = np.argsort(slot * 256 + distance, kind="stable")
    slot = slot[order]
    first = order[np.flatnonzero(np.diff(slot, prepend=-1))]
    return of_page[first], of_blank[first]


def _count_inliers(source: NDArray[np.float64], target: NDArray[np.float64]) -> int:
    """How many pairs of points, both (N, 2), mm and px, one homography explains."""
    if len(source) < MIN_PAIRS:
        return 0
    cv2.setRNGSeed(1)  # the same page finds the same form every time
    matrix, inliers = cv2.findHomography(
        source, target, cv2.USAC_MAGSAC, REPROJECTION_PX, maxIters=1000, confidence=0.99
    )
    return 0 if matrix is None else int(inliers.sum())


def _key_points(grey: Gray) -> KeyPoints:
    found, descriptors = orb_detector().detectAndCompute(grey, None)
    return KeyPoints(
        np.array([k.pt for k in found], np.float64).reshape(-1, 2),
        np.array([k.angle for k in found], np.float64),
        np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, np.uint8),
    )


def _hash_codes(descriptors: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(N, TABLES) hash codes of (N, 32) descriptors."""
    bits = np.unpackbits(descriptors, axis=1)
    chance = np.random.default_rng(1)  # the same bits in every process
    powers = 1 << np.arange(BITS, dtype=np.int32)
    tables = [bits[:, chance.choice(256, BITS, replace=False)].astype(np.int32) @ powers for _ in range(TABLES)]
    return np.stack(tables, axis=1).astype(np.int32) + (np.arange(TABLES, dtype=np.int32) << BITS)


def _hamming(
    one: NDArray[np.uint8], ones: NDArray[np.intp], other: NDArray[np.uint8], others: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Hamming distance of pairs of descriptors, given by their rows."""
    words, theirs = one.view(np.uint64), other.view(np.uint64)
    distance = np.zeros(len(ones), np.int64)
    for column in range(words.shape[1]):
        distance += np.bitwise_count(words[ones, column] ^ theirs[others, column])
    return distance
