"""The values that flow through Sohoa: a page, where the form lies on it, what was read and why.

Everything here is immutable. Coordinates on a form are millimetres from the sheet's top left corner,
x to the right and y down; pixel positions are (row, column) unless a docstring says (x, y).
Citizens' values are kept out of `repr`, so that no log or traceback can show them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as hidden
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from scanner.page_transform import PageTransform

Gray = NDArray[np.uint8]
Value = str | tuple[str, ...] | bool | None
"""A field's value: text, digits, date and choice are `str | None`; choices a tuple; signature a bool."""

DPI = 300
PX_PER_MM = DPI / 25.4
"""Resolution of the aligned page, the frame in which every field is cut."""


class Box(NamedTuple):
    """A rectangle on the form in millimetres: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """Right edge, mm."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """Bottom edge, mm."""
        return self.y + self.h

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """Its four corners (x, y), mm: left top, left bottom, right top, right bottom."""
        return tuple((x, y) for x in (self.x, self.right) for y in (self.y, self.bottom))

    def grown(self, dx: float, dy: float) -> Box:
        """The box grown by dx on the left and right and by dy at the top and bottom, mm."""
        return Box(self.x - dx, self.y - dy, self.w + 2 * dx, self.h + 2 * dy)

    def overlap(self, other: Box) -> float:
        """Area shared with another box, mm²."""
        w = min(self.right, other.right) - max(self.x, other.x)
        h = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(w, 0.0) * max(h, 0.0)


# --- the form as configuration -----------------------------------------------------------------


class FieldKind(StrEnum):
    """What a field's value is."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    SIGNATURE = "signature"


class FieldLayout(StrEnum):
    """How the form offers room for the value."""

    LINE = "line"  # one free line (dotted); one box
    COMB = "comb"  # a row of cells, one digit each; one box a cell, left to right
    PARTS = "parts"  # short lines, several digits each (day / month / year); one box a part
    TICKS = "ticks"  # one box an option, in `options`
    AREA = "area"  # free room, as for a signature; one box


class Option(BaseModel):
    """One answer of a choice: its id, its printed label and its tick box."""

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    box: Box


class FieldSpec(BaseModel):
    """One field of a form: what it means and where it is written (boxes in mm)."""

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    kind: FieldKind
    layout: FieldLayout
    no: str = ""
    required: bool = False
    boxes: tuple[Box, ...] = ()
    options: tuple[Option, ...] = ()
    lexicon: str | None = None  # name of a word list in scanner.vietnam that fits the field
    page: int = 1  # the form's page it stands on
    same_as: str | None = None  # id of a field on another page that repeats this value: it tells which pages belong
    thresholds: Mapping[str, float] = {}  # overrides of measured defaults, facts about this print

    @property
    def all_boxes(self) -> tuple[Box, ...]:
        """Every box it is written or ticked in, in printed order."""
        return (*self.boxes, *(option.box for option in self.options))

    @property
    def corners(self) -> NDArray[np.float64]:
        """The four corners of each of `all_boxes`, (4 · boxes, 2) mm, x and y."""
        return np.array([corner for box in self.all_boxes for corner in box.corners])

    @property
    def area(self) -> Box:
        """The smallest box around everything that belongs to the field, mm. Raises ValueError where it has no box."""
        boxes = self.all_boxes
        x, y = min(b.x for b in boxes), min(b.y for b in boxes)
        return Box(x, y, max(b.right for b in boxes) - x, max(b.bottom for b in boxes) - y)


class RuleSpec(BaseModel):
    """One check of the form: `rule` names it in issues, `check` names the function in `scanner.rules`.

    `fields` binds the check's roles to this form's field ids ({"number": "so_dinh_danh", …}),
    `params` are its constants ({"age": 15}).
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    check: str
    fields: Mapping[str, str | tuple[str, ...]]
    params: Mapping[str, Any] = {}

    @property
    def named(self) -> frozenset[str]:
        """Ids of the fields it speaks of."""
        return frozenset(n for v in self.fields.values() for n in ((v,) if isinstance(v, str) else v))


class NextPage(BaseModel):
    """A form's page after its first: its sheet (width, height in mm), and which page of which file is its blank."""

    model_config = ConfigDict(frozen=True)

    sheet: tuple[float, float]
    blank: str
    blank_page: int = 1


class FormTemplate(BaseModel):
    """A form as configuration: its sheet, its blank, its fields, its rules.

    Stages work on one printed page: `of_page` gives a form of several pages as forms of one page each.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    version: str
    title: str
    sheet: tuple[float, float]  # width, height in mm, of the first page
    blank: str  # file name beside the form file; its first page
    blank_page: int = 1
    next_pages: tuple[NextPage, ...] = ()
    fields: tuple[FieldSpec, ...]
    rules: tuple[RuleSpec, ...] = ()
    folder: Path = Path()  # where the form file lies; filled in when it is loaded
    page: int = 1  # which page of the form this is, where it is one of several taken alone

    @property
    def page_count(self) -> int:
        """How many printed pages it has."""
        return 1 + len(self.next_pages)

    def of_page(self, number: int) -> FormTemplate:
        """One page as a form by itself: its sheet, its blank, its fields, and the rules that speak of no other page.

        Raises IndexError for a page that is not there.
        """
        if not 1 <= number <= self.page_count:
            raise IndexError(number)
        if self.page_count == 1:
            return self
        place = self if number == 1 else self.next_pages[number - 2]
        fields = tuple(f for f in self.fields if f.page == number)
        here = {f.id for f in fields}
        return self.model_copy(update={
            "sheet": place.sheet, "blank": place.blank, "blank_page": place.blank_page, "page": number,
            "next_pages": (), "fields": fields, "rules": tuple(r for r in self.rules if r.named <= here),
        })  # fmt: skip

    @property
    def corners(self) -> NDArray[np.float64]:
        """The corners of every box of every field, (N, 2) mm, x and y. Raises ValueError where there is no field."""
        return np.concatenate([spec.corners for spec in self.fields])

    def field(self, field_id: str) -> FieldSpec:
        """The field of that id. Raises KeyError."""
        for spec in self.fields:
            if spec.id == field_id:
                return spec
        raise KeyError(field_id)


# --- a page as it came ---------------------------------------------------------------------------


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


# --- the form on the page ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where the form lies on the page, and the evidence for that.

    Residuals are those of the printed landmarks after the fit, mm on the form. The two groups of fields go to a
    person: those beside which print was not found again (covered, folded over, cut off), and those whose place is in
    doubt for another reason.
    """

    transform: PageTransform
    residual_mm: float  # median over landmarks
    residual_p95_mm: float
    landmarks_found: int
    landmarks_tried: int
    local_residual_mm: Mapping[str, float] = hidden(default_factory=dict)  # near each field, by id
    gate_log_odds: float = 0.0  # that the form lies here, against placements made wrong on purpose
    print_missing_fields: tuple[str, ...] = ()  # ids
    place_probability: Mapping[str, float] = hidden(default_factory=dict)  # that a field lies where it is cut, by id
    place_doubtful_fields: tuple[str, ...] = ()  # ids of fields for which that is too low

    @property
    def review_fields(self) -> frozenset[str]:
        """Ids of the fields that go to a person because of their place."""
        return frozenset({*self.print_missing_fields, *self.place_doubtful_fields})

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """The form was not found on the page (falsy). An answer, not an error."""

    reason: Reason

    def __bool__(self) -> bool:
        return False


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


# --- what was read -------------------------------------------------------------------------------


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
