"""What was read of a page and why: crops, marks, readings of the engines, fields, issues, the record.

Everything here is immutable. Pixel positions are (row, column) unless a docstring says (x, y). Citizens' values are
kept out of `repr`, so that no log or traceback can show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scanner.model.form import Box
from scanner.model.page import Gray, PageRef, PageStatus, Quality, Reason
from scanner.model.registration import Registration

Value = str | tuple[str, ...] | bool | None
"""A field's value: text, digits, date and choice are `str | None`; choices a tuple; signature a bool."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A field cut from the aligned page (300 dpi): paper 255, the writer's ink dark, the print erased.

    `image` covers `box` (mm); `ink` is the tight (row0, row1, col0, col1) of the writer's ink within
    it, None where nothing was written. For combs and parts `cells` holds one such crop a box.
    """

    field: str
    box: Box
    image: Gray = hidden(repr=False)
    ink: tuple[int, int, int, int] | None
    ink_mm2: float = 0.0
    touches_edge: bool = False  # ink runs out of the box: more may stand outside
    struck: bool = False  # a line was drawn through what is written
    cells: tuple[Crop, ...] = ()
    standing: Crop | None = None  # of a struck line: what is not struck out; its `ink` is None where nothing stands


class MarkState(StrEnum):
    """What a tick box says."""

    MARKED = "marked"
    EMPTY = "empty"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Mark:
    """One tick box's state, how sure that is (0–1), and the measures behind it."""

    option: str
    state: MarkState
    score: float
    box: Box
    measures: Mapping[str, float] = hidden(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CharReading:
    """One character as an engine read it: its score (0–1, the engine's) and what else it might be."""

    char: str = hidden(repr=False)
    score: float
    alternatives: tuple[tuple[str, float], ...] = hidden(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One change that knowledge made to what an engine read: from, to, why ("hook_seen_as_acute", "known_place")."""

    before: str = hidden(repr=False)
    after: str = hidden(repr=False)
    why: str


class LineEvidence(Protocol):
    """What an engine saw of one crop, kept to ask how likely other texts are."""

    def log_likelihoods(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """log P(text | picture) of each text."""
        ...


@dataclass(frozen=True, slots=True)
class EngineReading:
    """What one engine says of one crop. An engine that failed says why in `reason`."""

    text: str = hidden(repr=False)
    score: float  # 0–1, the engine's own; no probability
    engine: str  # "tesseract-5.3.0/vie"
    words: tuple[tuple[str, float], ...] = hidden(default=(), repr=False)
    chars: tuple[CharReading, ...] = hidden(default=(), repr=False)
    alternatives: tuple[str, ...] = hidden(default=(), repr=False)
    reason: Reason | None = None
    evidence: LineEvidence | None = hidden(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class FieldReading:
    """What we deliver for one field: the value, the probability that it is right, and the evidence."""

    field: str
    value: Value = hidden(repr=False)
    raw: str = hidden(repr=False)
    score: float
    confidence: float
    review: bool
    engine: str
    box_mm: Box
    alternatives: tuple[str, ...] = hidden(default=(), repr=False)
    reasons: tuple[Reason, ...] = ()  # why a person must look: what was seen in the field first, then around it
    features: Mapping[str, float] = hidden(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    crop: str | None = None  # the ink snippet's key in the file store
    steps: tuple[Step, ...] = hidden(default=(), repr=False)  # from `raw` to `value`, in order

    @property
    def reason(self) -> Reason | None:
        """The most important of its reasons; None where no person need look."""
        return self.reasons[0] if self.reasons else None


@dataclass(frozen=True, slots=True)
class Issue:
    """A rule that a record breaks. The message comes from `scanner.messages` by rule and params."""

    rule: str
    fields: tuple[str, ...]
    message: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Everything we believe about one page, and why."""

    ref: PageRef
    form: str
    form_version: str
    status: PageStatus
    reason: Reason | None = None
    quality: Quality | None = None
    registration: Registration | None = None
    readings: tuple[FieldReading, ...] = ()
    issues: tuple[Issue, ...] = ()
    image: str | None = None  # the page as it came: key in the file store
    aligned: str | None = None  # the page laid onto the form (sheet edges = image edges): key in the file store
    form_page: int = 1  # which page of the form it is

    def value(self, field_id: str) -> Value:
        """The delivered value of a field; None where it was not read."""
        for reading in self.readings:
            if reading.field == field_id:
                return reading.value
        return None
