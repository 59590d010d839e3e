"""Which printed page a scan may be: the key points of all blanks in one index, so that many cost little more than one.

Bits sampled from each ORB descriptor are its words, in several tables (locality-sensitive hashing for the Hamming
distance: Indyk & Motwani 1998, sec. 4.2). Points of the page and of a blank that share a word and are near each other
vote for the blank, all that turn the page alike together (weak geometric consistency: Jégou et al. 2008). The blanks
with the most votes are laid on the page by one homography each, and those whose points agree with it count: forms that
share a letterhead, or a row more or less, are told apart by where things stand. It only says where to look first:
registration and its gate decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.layout.registration.reference import COARSE_DPI, orb, px_to_mm, reduced
from scanner.model import Gray, Page

TABLES, BITS = 8, 16
NEAR = 56
"""Bits of 256 in which a point's descriptors may differ; on five forms 48 did as well."""
COMMON, FEW = 4, 50
"""Points a blank, of that many blanks at least, that may share a word: one that is everywhere costs most and says
least. Of 50 forms that share their labels, 2 a blank lost the form of 7 of 84 pages more."""
TURNS = 24
"""Directions in which a page may be turned, two neighbours counted as one."""
LAID = 12
"""Blanks laid on the page; of 50 forms that share their labels the right one was not always among the first five."""
AGREED_PX = 3.0
SHARES = (1.08, 1.5, 0.76)
"""As what share of the page's longer side the longest sheet is looked for; the next is tried where the last says
little: a photo may hold the sheet small, and a small sheet may fill the page."""
ENOUGH = 60
"""Agreeing points from which no other share is tried; the right blank at its worst had 135."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyPoints:
    """ORB key points: (N, 2) x and y, (N,) degrees, (N, 32) descriptors."""

    points: NDArray[np.float64] = field(repr=False)
    angles: NDArray[np.float64] = field(repr=False)
    descriptors: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PageIndex:
    """The key points of all blanks, mm, and by each word those that have it.

    owner    (N,) of which blank a point is
    words    (W,) sorted; the number of the table stands above its bits
    starts   (W + 1,) where each word's points begin in `members`
    longest  the longest side of all sheets, mm
    """

    known: KeyPoints
    owner: NDArray[np.int32] = field(repr=False)
    words: NDArray[np.int32] = field(repr=False)
    starts: NDArray[np.int32] = field(repr=False)
    members: NDArray[np.int32] = field(repr=False)
    count: int
    longest: float


@dataclass(frozen=True, slots=True)
class PageCandidate:
    """A printed page that a scan may be: its number in the index, and how many key points agree that it is."""

    number: int
    agreed: int


def blank_points(blank: Gray) -> KeyPoints:
    """The key points of a blank at 300 dpi, mm."""
    found = _key_points(reduced(blank, COARSE_DPI))
    return KeyPoints(px_to_mm(found.points, COARSE_DPI), found.angles, found.descriptors)


def build_index(blanks: Sequence[KeyPoints], longest: float) -> PageIndex:
    """The index of blanks by their key points; `longest` is the longest side of their sheets, mm."""
    known = KeyPoints(
        np.concatenate([b.points for b in blanks]),
        np.concatenate([b.angles for b in blanks]),
        np.concatenate([b.descriptors for b in blanks]),
    )
    owner = np.repeat(np.arange(len(blanks), dtype=np.int32), [len(b.angles) for b in blanks])
    words = _words(known.descriptors).ravel()
    order = np.argsort(words, kind="stable").astype(np.int32)
    distinct, starts = np.unique(words[order], return_index=True)
    ends = np.append(starts, len(words)).astype(np.int32)
    return PageIndex(known, owner, distinct, ends, order // np.int32(TABLES), len(blanks), longest)


def rank_pages(page: Page, index: PageIndex) -> list[PageCandidate]:
    """The printed pages that a scan may be, at least one, the likeliest first."""
    grey = flatten_background(to_grey(page.image))
    best = [PageCandidate(0, 0)]
    for share in SHARES:
        factor = min(1.0, index.longest / 25.4 * COARSE_DPI * share / max(grey.shape))
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        found = ranked(_key_points(np.asarray(small, np.uint8)), index)
        best = max(best, found, key=lambda some: some[0].agreed if some else -1)
        if best[0].agreed >= ENOUGH:
            break
    return best


def ranked(seen: KeyPoints, index: PageIndex) -> list[PageCandidate]:
    """The same from a page's key points, px near COARSE_DPI; empty where nothing of any blank was seen."""
    of_page, of_blank = _matches(seen, index)
    owner = index.owner[of_blank]
    turn = ((seen.angles[of_page] - index.known.angles[of_blank]) % 360 // (360 / TURNS)).astype(int) % TURNS
    votes = np.bincount(owner * TURNS + turn, minlength=index.count * TURNS).reshape(index.count, TURNS)
    paired = votes + np.roll(votes, 1, axis=1)
    laid = []
    for number in np.argsort(-paired.max(axis=1), kind="stable")[:LAID]:
        # of pairs that turn the page otherwise hardly one is right, and a homography is found sooner without them
        its = (owner == number) & ((turn - paired[number].argmax() + 2) % TURNS < 4)
        agreed = _agreed(index.known.points[of_blank[its]], seen.points[of_page[its]])
        laid.append(PageCandidate(int(number), agreed))
    return sorted((c for c in laid if c.agreed), key=lambda c: -c.agreed)


def _matches(seen: KeyPoints, index: PageIndex) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points of the page and points of blanks that are alike: for each blank the one that is most alike."""
    words = _words(seen.descriptors).ravel()
    at = np.minimum(np.searchsorted(index.words, words), len(index.words) - 1)
    count = index.starts[at + 1] - index.starts[at]
    use = np.flatnonzero((index.words[at] == words) & (count <= COMMON * max(index.count, FEW)))
    at, count = at[use], count[use]
    begin = np.cumsum(count) - count
    of_blank = index.members[np.repeat(index.starts[at] - begin, count) + np.arange(int(count.sum()))]
    of_page = np.repeat(use // TABLES, count)
    apart = _apart(seen.descriptors, of_page, index.known.descriptors, of_blank)
    near = apart < NEAR
    of_page, of_blank, apart = of_page[near], of_blank[near], apart[near]
    slot = of_page * index.count + index.owner[of_blank]  # of these the nearest is kept
    order = np.argsort(slot * 256 + apart, kind="stable")
    slot = slot[order]
    first = order[np.flatnonzero(np.diff(slot, prepend=-1))]
    return of_page[first], of_blank[first]


def _agreed(source: NDArray[np.float64], target: NDArray[np.float64]) -> int:
    """How many pairs of points, mm and px, one homography explains."""
    if len(source) < 8:
        return 0
    cv2.setRNGSeed(1)  # the same page finds the same form every time
    matrix, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, AGREED_PX, maxIters=1000, confidence=0.99)
    return 0 if matrix is None else int(inliers.sum())


def _key_points(grey: Gray) -> KeyPoints:
    found, descriptors = orb().detectAndCompute(grey, None)
    return KeyPoints(
        np.array([k.pt for k in found], np.float64).reshape(-1, 2),
        np.array([k.angle for k in found], np.float64),
        np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, np.uint8),
    )


def _words(descriptors: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(N, TABLES) words of (N, 32) descriptors."""
    bits = np.unpackbits(descriptors, axis=1)
    chance = np.random.default_rng(1)  # the same bits in every process
    powers = 1 << np.arange(BITS, dtype=np.int32)
    tables = [bits[:, chance.choice(256, BITS, replace=False)].astype(np.int32) @ powers for _ in range(TABLES)]
    return np.stack(tables, axis=1).astype(np.int32) + (np.arange(TABLES, dtype=np.int32) << BITS)


def _apart(
    one: NDArray[np.uint8], ones: NDArray[Any], other: NDArray[np.uint8], others: NDArray[Any]
) -> NDArray[np.int64]:
    """Hamming distance of pairs of descriptors, given by their rows."""
    words, theirs = one.view(np.uint64), other.view(np.uint64)
    apart = np.zeros(len(ones), np.int64)
    for column in range(words.shape[1]):
        apart += np.bitwise_count(words[ones, column] ^ theirs[others, column])
    return apart
