"""A page as it came: which file, its pixels, its quality, its state, and reasons for what could not be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as hidden
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something could not be done: a code for programs, words for people come from `scanner.messages`.

    `params` hold measurements only (dpi, counts), never a citizen's value.
    """

    code: str
    params: Mapping[str, str | int | float] = hidden(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageRef:
    """Which page of which file: small enough to send to a worker."""

    path: Path
    number: int = 1  # from 1
    sha256: str = ""  # of the whole file; (sha256, number) is the page's identity

    @property
    def source(self) -> str:
        """The file's name, without its folder. What is no UTF-8 in it (old Linux disks) is shown as "?"."""
        return self.path.name.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page's pixels: (rows, cols) grey or (rows, cols, 3) RGB uint8, upright as its EXIF says."""

    ref: PageRef
    image: NDArray[np.uint8] = hidden(repr=False)
    dpi: float | None = None  # as the file claims; None where it claims nothing


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A page or a file that could not be opened, and why."""

    ref: PageRef
    reason: Reason


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured of a page's image; `problems` tells in codes what a person should know."""

    width_px: int
    height_px: int
    dpi: float | None  # claimed, or estimated from the page's size
    colour: Literal["colour", "grey", "bilevel"]
    blur: float  # edge width in px at 300 dpi; sharp scans are about 2
    contrast: float  # 0–1: paper level minus ink level
    clipped: float  # share of pixels at pure black or white beyond what ink and paper explain
    ink: float  # share of dark pixels
    blank: bool
    problems: tuple[Reason, ...] = ()


class PageStatus(StrEnum):
    """The one state of a page: after reading, or as a person set it aside where it could not be placed."""

    READ = "read"
    UNPLACED = "unplaced"
    BLANK = "blank"
    UNREADABLE = "unreadable"
    OTHER = "other"  # a person: another document, no such form
    RESCAN = "rescan"  # a person: the paper must be scanned again


SET_ASIDE = frozenset({PageStatus.OTHER, PageStatus.RESCAN})
"""States that only a person gives and takes back; no reading changes them."""
