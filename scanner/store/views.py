"""What leaves the store: plain values, no rows of the database. Moments are aware, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as hidden
from datetime import datetime
from typing import Literal

from scanner.model import Box, Mark, PageStatus, Reason, Step, Value
from scanner.store.stored_json import StoredQuality, StoredRegistration

Role = Literal["operator", "reviewer", "supervisor", "exporter", "admin"]
ROLES: tuple[Role, ...] = ("operator", "reviewer", "supervisor", "exporter", "admin")
REVIEWING: frozenset[str] = frozenset({"reviewer", "supervisor", "admin"})
Manner = Literal["typed", "accepted", "unreadable"]
"""How a person settled a field: entered a value, confirmed the one that stands, or could not read it either."""
MANNERS: tuple[Manner, ...] = ("typed", "accepted", "unreadable")


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person at work: what they may do, and which communes they see (none named: all).

    `stamp` is another one after each change of password: a session that began under the old one ends with it.
    """

    id: str
    name: str
    display: str
    role: str
    communes: tuple[str, ...] = ()
    stamp: str = hidden(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as the administrator sees them."""

    id: str
    name: str
    display: str
    role: str
    communes: tuple[str, ...]
    disabled: bool


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A batch and how far it is: so many pages came in, by status; records are sheets, of one page or several."""

    id: str
    name: str
    xa: str | None
    created_at: datetime
    pages: int
    by_status: Mapping[str, int]
    records: int
    verified: int
    open_fields: int
    open_records: int


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A record with open work. `source` and `page` are those of its first page; `pages`: how many it has."""

    record_id: str
    batch: str
    source: str
    page: int
    open_fields: int
    open_issues: int
    held_by: str | None
    pages: int = 1


@dataclass(frozen=True, slots=True)
class PageItem:
    """A page that could not be read as a form."""

    record_id: str
    batch: str
    source: str
    page: int
    status: PageStatus
    reason: Reason | None
    image: str | None
    held_by: str | None = None  # who has it open just now
    by: str | None = None  # who set it aside
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PagePictures:
    """A page's state and the keys of its pictures: as it came, and laid onto the form."""

    status: PageStatus
    image: str | None
    aligned: str | None


@dataclass(frozen=True, slots=True)
class BatchToReread:
    """A batch whose pages are to be read again: those last read before `since`, so many."""

    id: str
    name: str
    since: datetime
    pages: int


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page to be read again, and where from: its file as it lay then, or the key of its picture."""

    id: str
    source: str
    number: int
    sha256: str
    path: str | None
    image: str | None
    status: PageStatus


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A page of a sheet, or one that could become one."""

    record_id: str  # the page's own id
    source: str
    page: int  # within the file
    sha256: str
    form_page: int
    form_version: str
    image: str | None
    aligned: str | None
    quality: StoredQuality | None = None
    registration: StoredRegistration | None = None


@dataclass(frozen=True, slots=True)
class PageActView:
    """One step of a page's own trail: who placed it by hand, set it aside or took it back, and when.

    `did` is "joined" or "split" where the page was put on a sheet or taken off it.
    """

    before: PageStatus
    after: PageStatus
    by: str
    at: datetime
    points: tuple[tuple[float, float], ...] = ()
    did: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field as it stands, beside what the machine read."""

    field: str
    value: Value = hidden(repr=False)
    machine_value: Value = hidden(repr=False)
    raw: str = hidden(repr=False)
    confidence: float
    review: bool  # the machine asked for a person
    open: bool  # a person must still look
    engine: str
    box_mm: Box
    alternatives: tuple[str, ...] = hidden(repr=False)
    reasons: tuple[Reason, ...]  # why a person must look; "marked_unreadable" where a person could not read it either
    crop: str | None
    revision: int  # 0: as the machine read it
    manner: str  # "machine", or how a person settled it
    by: str | None  # the person's display name
    at: datetime | None
    score: float = 0.0
    features: Mapping[str, float] = hidden(default_factory=dict)
    marks: tuple[Mark, ...] = hidden(default=(), repr=False)
    steps: tuple[Step, ...] = hidden(default=(), repr=False)  # from `raw` to `machine_value`, in order


@dataclass(frozen=True, slots=True)
class UnmatchedPage:
    """A page that is on no sheet with others, with its fields: a person sees by them whose it is."""

    page: SheetPage
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One step of a field's trail: who changed what to what, when and how."""

    field: str
    number: int  # from 1
    old: Value = hidden(repr=False)
    new: Value = hidden(repr=False)
    by: str
    at: datetime
    manner: str
    note: str = hidden(default="", repr=False)


@dataclass(frozen=True, slots=True)
class IssueView:
    """A rule that the record breaks; settled when a person let the values stand."""

    id: str
    rule: str
    fields: tuple[str, ...]
    message: Reason
    open: bool
    settled_by: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record, whole; `fields` is empty for a page that was not read.

    Of a sheet of several pages the head's view has the fields and issues of all `pages`; the view of another page has
    its own fields alone and says in `head` which record it belongs to.
    """

    id: str
    batch_id: str
    batch: str
    xa: str | None
    source: str
    page: int
    sha256: str
    form: str
    form_version: str
    status: PageStatus
    reason: Reason | None
    image: str | None
    aligned: str | None
    fields: tuple[FieldView, ...]
    issues: tuple[IssueView, ...]
    verified: bool
    quality: StoredQuality | None = None
    registration: StoredRegistration | None = None
    form_page: int = 1
    head: str | None = None  # the record of the sheet that this page is joined to
    pages: tuple[SheetPage, ...] = ()  # with this one, in the form's order


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A record on its way out: a sheet with the fields of all its pages. `source` to `sha256` are its first page's."""

    record_id: str
    batch: str
    xa: str | None
    source: str
    page: int
    sha256: str
    form: str
    form_version: str
    values: Mapping[str, Value] = hidden(repr=False)
    fields: tuple[FieldView, ...]
    issues: tuple[IssueView, ...]
    verified: bool
    verified_by: str | None
    verified_at: datetime | None
    arrived: datetime
    quality: StoredQuality | None = None
    registration: StoredRegistration | None = None
    form_page: int = 1
    pages: tuple[SheetPage, ...] = ()  # in the form's order


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page that came in, for counting. `joined`: another page stands for its sheet."""

    xa: str | None
    batch: str
    form: str
    status: PageStatus
    verified: bool
    arrived: datetime
    verified_at: datetime | None
    open_fields: int
    joined: bool = False


@dataclass(frozen=True, slots=True)
class IssueCount:
    """How often a rule was broken in a commune."""

    xa: str | None
    rule: str
    open: int
    settled: int


@dataclass(frozen=True, slots=True)
class DecidedReading:
    """A machine reading of which a person said what is right. It tells whether the machine had it, and no value."""

    record_id: str
    form: str
    field: str
    reason: str | None  # the code of why the machine asked for a person; None where it did not
    features: Mapping[str, float]
    right: bool
