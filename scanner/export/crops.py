"""Field pictures with their verified texts, as training data: a folder of pictures and `labels.tsv`.

What leaves here is a copy of what citizens wrote, out of reach of the database's roles and of its trail. So no file's
name tells whose it is, the lines stand in an order that does not bring one person's fields together, numbers and dates
go out only where they are asked for, and the folder says until when it may be kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from scanner.errors import StoreError
from scanner.export.columns import VIETNAM
from scanner.files import new_folder, write_new
from scanner.messages import LANGUAGES, message
from scanner.model import FieldKind, FormTemplate, Value
from scanner.store.pictures import PictureStore
from scanner.vietnam.orthography import nfc

LABELS, NUMBERS, README = "labels.tsv", "digits.tsv", "README.txt"
LABELS_OF = {FieldKind.TEXT: LABELS, FieldKind.DIGITS: NUMBERS, FieldKind.DATE: NUMBERS}
"""Where a field of a kind goes; a tick or a signature has no text to learn."""
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
NUMBER = re.compile(r"\d(?:[\s./-]*\d){7,}|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)")
"""In free text: eight digits or more (the shortest identity number has nine, a whole date eight), or a short date."""


class CropField(Protocol):
    """A field as it stands, with the key of its picture."""

    @property
    def field(self) -> str: ...
    @property
    def value(self) -> Value: ...
    @property
    def crop(self) -> str | None: ...
    @property
    def revision(self) -> int:
        """0 while the value is the machine's."""


class CropRecord(Protocol):
    """A verified record, as the store gives it. `arrived` is aware."""

    @property
    def record_id(self) -> str: ...
    @property
    def form(self) -> str: ...
    @property
    def arrived(self) -> dt.datetime: ...
    @property
    def fields(self) -> Sequence[CropField]: ...


@dataclass(frozen=True, slots=True)
class CropTerms:
    """What may go out: records that came in at most `keep_days` before `now` (aware); numbers and dates if `digits`."""

    now: dt.datetime
    keep_days: int
    digits: bool = False

    def too_old(self, row: CropRecord) -> bool:
        """May this record's pictures be kept no longer?"""
        return row.arrived < self.now - dt.timedelta(days=self.keep_days)

    def last_day(self, oldest: dt.datetime | None) -> dt.date:
        """The day, in Việt Nam, by which what came in at `oldest` must be gone."""
        return ((oldest or self.now) + dt.timedelta(days=self.keep_days)).astimezone(VIETNAM).date()


@dataclass(slots=True)
class CropSummary:
    """Counts of what went out and of what was left out, and the day by which the folder must be gone."""

    texts: int = 0
    numbers: int = 0  # among them dates
    by_people: int = 0  # of both: typed or accepted by a person, not by the machine alone
    too_old: int = 0  # records
    no_form: int = 0  # records whose form is not installed, so that nobody knows what their fields are
    no_picture: int = 0  # fields
    held_back: int = 0  # fields: numbers and dates that were not asked for
    delete_by: dt.date = dt.date.max

    @property
    def pictures(self) -> int:
        """All that went out."""
        return self.texts + self.numbers


def export_crops(
    rows: Iterable[CropRecord],
    forms: Callable[[str], FormTemplate | None],
    files: PictureStore,
    out: Path,
    terms: CropTerms,
    *,
    tick: Callable[[], object] | None = None,
) -> CropSummary:
    """Write the pictures and texts of verified records to a new folder; all of it or nothing.

    `rows` are verified records and no others; `forms` gives a form by id, None where it is not installed. `tick` is
    called after each record. Raises StorageFull, and SohoaError where `out` is not empty or cannot be written.
    """
    with new_folder(out) as folder:
        harvest = _CropWriter(folder, files, terms)
        for row in rows:
            harvest.take(row, forms(row.form))
            if tick:
                tick()
        harvest.close()
    return harvest.summary


@dataclass(slots=True)
class _CropWriter:
    """Copies the pictures one by one; keeps their labels to write them at the end."""

    folder: Path
    files: PictureStore
    terms: CropTerms
    summary: CropSummary = field(default_factory=CropSummary)
    oldest: dt.datetime | None = None
    labels: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {LABELS: [], NUMBERS: []}, repr=False)

    def take(self, row: CropRecord, form: FormTemplate | None) -> None:
        """What a record has to give."""
        if self.terms.too_old(row):
            self.summary.too_old += 1
        elif form is None:
            self.summary.no_form += 1
        else:
            kinds = {spec.id: spec.kind for spec in form.fields}
            for held in row.fields:
                self._field(row, held, kinds.get(held.field))

    def _field(self, row: CropRecord, held: CropField, kind: FieldKind | None) -> None:
        text = nfc(held.value) if isinstance(held.value, str) else ""  # its single spaces leave no tab and no line end
        if not text or kind not in LABELS_OF:
            return
        table = NUMBERS if NUMBER.search(text) else LABELS_OF[kind]
        if table == NUMBERS and not self.terms.digits:
            self.summary.held_back += 1
            return
        picture = self._picture(held.crop)
        if held.crop is None or picture is None:
            self.summary.no_picture += 1
            return
        name = _name(row.record_id, held.field, held.crop)
        write_new(self.folder / name, picture, private=True)
        self.labels[table].append((name, text))
        self.summary.by_people += held.revision > 0
        self.oldest = min(self.oldest or row.arrived, row.arrived)

    def _picture(self, key: str | None) -> bytes | None:
        """The bytes as they are kept; None where there are none, or of no kind that is learnt from."""
        if key is None or PurePosixPath(key).suffix not in PICTURES:
            return None
        try:
            return self.files.read(key)
        except StoreError:
            return None

    def close(self) -> None:
        """Write the labels and what the folder is."""
        self.summary.texts, self.summary.numbers = len(self.labels[LABELS]), len(self.labels[NUMBERS])
        self.summary.delete_by = self.terms.last_day(self.oldest)
        write_new(self.folder / LABELS, _table(self.labels[LABELS]), private=True)
        if self.terms.digits:
            write_new(self.folder / NUMBERS, _table(self.labels[NUMBERS]), private=True)
        write_new(self.folder / README, _about(self.summary, self.terms).encode(), private=True)


def _name(record_id: str, field_id: str, crop: str) -> str:
    """A name that only who holds the database can trace back. Two records may hold the very same picture."""
    hashed = hashlib.sha256(f"{record_id}\0{field_id}\0{crop}".encode()).hexdigest()[:16]
    return f"crop-{hashed}{PurePosixPath(crop).suffix}"


def _table(labels: list[tuple[str, str]]) -> bytes:
    """In the order of the names, which are hashes: neighbours are not one person's."""
    return "".join(f"{name}\t{text}\n" for name, text in sorted(labels)).encode()


def _about(summary: CropSummary, terms: CropTerms) -> str:
    """What the folder is, in both languages: whoever finds it must be able to read it."""
    days = {"made": f"{terms.now.astimezone(VIETNAM):%d/%m/%Y}", "delete_by": f"{summary.delete_by:%d/%m/%Y}"}
    texts = []
    for lang in reversed(LANGUAGES):
        texts.append(message("crops.readme", lang, pictures=summary.pictures, days=terms.keep_days, **days))
        if terms.digits:
            texts.append(message("crops.readme.digits", lang))
    return "\n\n".join(texts) + "\n"
