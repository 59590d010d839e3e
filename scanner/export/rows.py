"""What an export needs of a stored record: its rows have this shape. Of the store only the types of JSON are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from scanner.model import Box, Reason, Step, Value
from scanner.store.stored_json import StoredQuality, StoredRegistration


class ExportableField(Protocol):
    """One field as it stands: the value, what the machine had read, and whose value it is."""

    @property
    def field(self) -> str: ...
    @property
    def value(self) -> Value: ...
    @property
    def machine_value(self) -> Value: ...
    @property
    def raw(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def review(self) -> bool:
        """The machine said: look."""

    @property
    def open(self) -> bool:
        """A person must still look."""

    @property
    def engine(self) -> str: ...
    @property
    def box_mm(self) -> Box: ...
    @property
    def alternatives(self) -> Sequence[str]: ...
    @property
    def steps(self) -> Sequence[Step]:
        """From `raw` to `machine_value`."""

    @property
    def reasons(self) -> Sequence[Reason]: ...
    @property
    def revision(self) -> int: ...
    @property
    def manner(self) -> str:
        """ "machine", "typed", "accepted" or "unreadable"."""

    @property
    def by(self) -> str | None:
        """Who settled it; None while it is the machine's."""

    @property
    def at(self) -> dt.datetime | None: ...


class ExportableIssue(Protocol):
    """One rule that the record breaks, or broke until a person settled it."""

    @property
    def rule(self) -> str: ...
    @property
    def fields(self) -> Sequence[str]: ...
    @property
    def message(self) -> Reason: ...
    @property
    def open(self) -> bool: ...


class ExportablePage(Protocol):
    """One page of the sheet that a record is of."""

    @property
    def source(self) -> str: ...
    @property
    def page(self) -> int:
        """Within the file, from 1."""

    @property
    def sha256(self) -> str: ...
    @property
    def form_page(self) -> int:
        """Of the form, from 1."""

    @property
    def quality(self) -> StoredQuality | None: ...
    @property
    def registration(self) -> StoredRegistration | None: ...


class ExportableRecord(Protocol):
    """One stored record with its values and where they come from. Moments are aware.

    Of a sheet of several pages source, page and sha256 are those of the first page that is there.
    """

    @property
    def record_id(self) -> str: ...
    @property
    def batch(self) -> str: ...
    @property
    def xa(self) -> str | None: ...
    @property
    def source(self) -> str: ...
    @property
    def page(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def form_version(self) -> str: ...
    @property
    def form_page(self) -> int: ...
    @property
    def pages(self) -> Sequence[ExportablePage]:
        """The pages that are there, in the form's order."""

    @property
    def values(self) -> Mapping[str, Value]: ...
    @property
    def fields(self) -> Sequence[ExportableField]: ...
    @property
    def issues(self) -> Sequence[ExportableIssue]: ...
    @property
    def verified(self) -> bool: ...
    @property
    def verified_by(self) -> str | None: ...
    @property
    def verified_at(self) -> dt.datetime | None: ...
    @property
    def quality(self) -> StoredQuality | None: ...
    @property
    def registration(self) -> StoredRegistration | None: ...
