"""A form as configuration: its printed pages, its fields, its rules.

Everything here is immutable. Coordinates are millimetres from the sheet's top left corner, x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict


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
    params: Mapping[str, object] = {}

    @property
    def named(self) -> frozenset[str]:
        """Ids of the fields it speaks of."""
        return frozenset(n for v in self.fields.values() for n in ((v,) if isinstance(v, str) else v))

    def option(self, name: str) -> object:
        """A constant that is an option's id; None where the form leaves it out."""
        return self.params.get(name)

    def number(self, name: str, default: int | None = None) -> int | float:
        """A constant that is a number. Raises TypeError where it is none."""
        value = self.params.get(name, default)
        if not isinstance(value, int | float):
            raise TypeError(name)
        return value

    def listed(self, name: str) -> tuple[object, ...]:
        """A constant that is a list. Raises TypeError where it is none."""
        value = self.params.get(name)
        if not isinstance(value, Iterable):
            raise TypeError(name)
        return tuple(value)


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
