"""Which printed page a scan may be: key points of all blanks in one inverted index, so that many cost as one.

Bits of each ORB descriptor are sampled into words, in several tables (locality-sensitive hashing for the Hamming
distance: Indyk & Motwani 1998, Approximate Nearest Neighbors, sec. 4.2). Words vote for the blanks that have them, rare
words more (Sivic & Zisserman 2003, Video Google), so a letterhead that many forms share says little. The ranking only
says where to look first: registration and its gate decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.laying import level, to_grey
from scanner.layout.reference import COARSE_DPI, orb, reduced
from scanner.model import Gray, Page

TABLES, BITS = 12, 14
"""A descriptor of the same print under wear differs in about one bit of eight."""
SHARE = 1.08
"""A page is looked at as if the longest sheet filled its longer side but for this."""

Descriptors = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class PageIndex:
    """Printed pages by the words of their key points.

    words    (W,) sorted; the number of the table stands above its bits
    starts   (W + 1,) where each word's pages begin in `pages`
    pages    which printed pages have it
    weight   (W,) how much it tells: 0 would be a word that every page has
    norm     (N,) length of each page's vector of weights
    longest  the longest side of all sheets, mm
    """

    words: NDArray[np.int64] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    pages: NDArray[np.int64] = field(repr=False)
    weight: NDArray[np.float64] = field(repr=False)
    norm: NDArray[np.float64] = field(repr=False)
    longest: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A printed page that a scan may be: its number in the index, and its likeness (a cosine, 0 to 1)."""

    number: int
    likeness: float


def describe_blank(blank: Gray) -> Descriptors:
    """(N, 32) ORB descriptors of a blank at 300 dpi."""
    return _describe(reduced(blank, COARSE_DPI))


def build_index(described: Sequence[Descriptors], longest: float) -> PageIndex:
    """The index of printed pages from their descriptors; `longest` is the longest side of their sheets, mm."""
    words = [_words(one) for one in described]
    every = np.concatenate(words) if words else np.zeros(0, np.int64)
    owner = np.repeat(np.arange(len(words)), [len(w) for w in words])
    order = np.argsort(every, kind="stable")
    known, starts, count = np.unique(every[order], return_index=True, return_counts=True)
    weight = np.log((len(words) + 1) / count)
    pages = owner[order]
    norm = np.sqrt(np.bincount(pages, np.repeat(weight**2, count), minlength=len(words)))
    return PageIndex(known, np.append(starts, len(every)), pages, weight, np.maximum(norm, 1e-9), longest)


def candidates(page: Page, index: PageIndex) -> list[Candidate]:
    """Every printed page of the index, the likeliest first."""
    grey = level(to_grey(page.image))
    factor = min(1.0, index.longest / 25.4 * COARSE_DPI * SHARE / max(grey.shape))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return ranked(_describe(np.asarray(small, np.uint8)), index)


def ranked(descriptors: Descriptors, index: PageIndex) -> list[Candidate]:
    """The same from a page's descriptors."""
    asked = _words(descriptors)
    at = np.searchsorted(index.words, asked)
    at = at[at < len(index.words)]
    known = at[index.words[at] == asked[: len(at)]]
    count = index.starts[known + 1] - index.starts[known]
    first = np.repeat(index.starts[known] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    pages = index.pages[first + np.arange(int(count.sum()))]
    votes = np.bincount(pages, np.repeat(index.weight[known] ** 2, count), minlength=len(index.norm))
    likeness = votes / (index.norm * max(float(np.sqrt((index.weight[known] ** 2).sum())), 1e-9))
    return [Candidate(int(n), float(likeness[n])) for n in np.argsort(-likeness, kind="stable")]


def _describe(grey: Gray) -> Descriptors:
    _, descriptors = orb().detectAndCompute(grey, None)
    return np.zeros((0, 32), np.uint8) if descriptors is None else np.asarray(descriptors, np.uint8)


def _words(descriptors: Descriptors) -> NDArray[np.int64]:
    """The words of (N, 32) descriptors, each once, sorted."""
    bits: NDArray[Any] = np.unpackbits(descriptors, axis=1)
    chance = np.random.default_rng(1)  # the same bits in every process
    found = []
    for table in range(TABLES):
        sampled = bits[:, chance.choice(256, BITS, replace=False)].astype(np.int64)
        found.append(np.unique(sampled @ (1 << np.arange(BITS))) + (table << BITS))
    return np.concatenate(found)
