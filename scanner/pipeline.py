"""The one place that knows the order: a page → quality → registration → crops → readings → confidence → rules."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner import pages
from scanner.calibration import Calibration, load_calibration
from scanner.errors import EngineError
from scanner.files import FileStore
from scanner.forms import blank_image
from scanner.layout.fields import cut_fields
from scanner.layout.geometry import Points
from scanner.layout.hidden import hidden_lines
from scanner.layout.ink import InkPage, PrintModel, build_print_model, find_ink
from scanner.layout.laying import align, level, to_grey
from scanner.layout.reference import FormReference, build_reference
from scanner.layout.registration import register, register_from
from scanner.lines import Lists, lists_of
from scanner.model import (
    PX_PER_MM,
    Crop,
    FieldReading,
    FormTemplate,
    Page,
    PageRef,
    PageStatus,
    Quality,
    Reason,
    Record,
    Registration,
    Unreadable,
)
from scanner.ocr.digits import CellReader
from scanner.ocr.engine import CELLS, HAND, LINE, PARTS, SECOND_LOOK, Engines
from scanner.ocr.handwriting import LineReader
from scanner.ocr.tesseract import Tesseract
from scanner.own_lists import own_lists
from scanner.pages import Limits
from scanner.quality import assess
from scanner.reading import read_fields
from scanner.rules import check
from scanner.settings import Settings

POOR = frozenset({"blurred", "resolution_too_low"})
"""What makes every reading of a page doubtful: motion blur of 9 px and 90–110 dpi gave confident errors."""
VIEW_DPI = 150
"""The aligned page kept for the screen: 1240 × 1754 px for A4, text stays legible at 200 % zoom."""
SNIPPET_QUALITY, PAGE_QUALITY = 82, 80


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Everything expensive that reading needs, built once a process."""

    form: FormTemplate
    reference: FormReference
    printed: PrintModel
    engines: Engines
    calibration: Calibration
    limits: Limits
    lists: Lists


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What was seen on a page, kept only until its pictures are stored."""

    aligned: NDArray[np.uint8] | None
    crops: Mapping[str, Crop]


def build_reader(form: FormTemplate, settings: Settings) -> Reader:
    """Load the blank and the engines. Raises EngineError when Tesseract or its model is missing."""
    blank = blank_image(form)
    cells = CellReader()
    reference = build_reference(form, blank)
    texts = np.array([m.centre for m in reference.landmarks if m.along_x])
    engines: Engines = {
        LINE: Tesseract(),
        CELLS: cells,
        PARTS: cells,
        SECOND_LOOK[PARTS]: Tesseract(digits=True),
    }
    hand = _hand_reader()
    if hand is not None:
        engines = {**engines, HAND: hand}
    limits = Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)
    calibration = load_calibration(settings.data)
    lists = lists_of(form, own_lists(settings.lists))
    return Reader(form, reference, build_print_model(blank, texts), engines, calibration, limits, lists)


def _hand_reader() -> LineReader | None:
    """The reader of handwriting; None where its weights are missing: then print is read, and people see every line."""
    try:
        return LineReader()
    except EngineError:
        return None


def read_page(page: Page, reader: Reader, today: date | None = None) -> Record:
    """Everything we believe about one page, and why. `today` is the day the rules count ages from."""
    return _read(page, reader, today)[0]


def read_ref(ref: PageRef, reader: Reader, files: FileStore | None = None, today: date | None = None) -> Record:
    """Open and read one page; with a file store its pictures are kept and the record holds their keys."""
    page = pages.open_page(ref, reader.limits)
    if isinstance(page, Unreadable):
        return _without_fields(page.ref, reader.form, PageStatus.UNREADABLE, page.reason)
    record, sight = _read(page, reader, today)
    return record if files is None else _keep_pictures(record, page, sight, files)


def read_by_hand(
    ref: PageRef, image: str, points: Points, reader: Reader, files: FileStore, today: date | None = None
) -> Record:
    """Read a page anew from its kept picture, placed from where a person saw the form's `hand_points` on it.

    `image` is the picture's key, which the record keeps; `points` are (4, 2) px of that picture, x and y.
    """
    kept = pages.open_page(replace(ref, path=files.path(image), number=1), reader.limits)
    if isinstance(kept, Unreadable):
        return _without_fields(ref, reader.form, PageStatus.UNREADABLE, kept.reason)
    page = replace(kept, ref=ref)
    quality = assess(page)
    placed = register_from(page, reader.reference, points)
    if not isinstance(placed, Registration):
        return replace(_without_fields(ref, reader.form, PageStatus.UNPLACED, placed.reason, quality), image=image)
    record, sight = _read_placed(page, placed, quality, reader, today)
    return replace(_keep_sight(record, sight, files), image=image)


def _read(page: Page, reader: Reader, today: date | None) -> tuple[Record, _Sight]:
    quality = assess(page)
    nothing = _Sight(None, {})
    if quality.blank:
        return _without_fields(page.ref, reader.form, PageStatus.BLANK, Reason("page_blank"), quality), nothing
    placed = register(page, reader.reference)
    if not isinstance(placed, Registration):
        return _without_fields(page.ref, reader.form, PageStatus.UNPLACED, placed.reason, quality), nothing
    return _read_placed(page, placed, quality, reader, today)


def _read_placed(
    page: Page, placed: Registration, quality: Quality, reader: Reader, today: date | None
) -> tuple[Record, _Sight]:
    ink = _ink_of(page, placed, reader)
    crops = cut_fields(ink, reader.form.fields)
    readings = read_fields(reader.form, ink, crops, placed, reader.engines, reader.calibration, reader.lists)
    values = {r.field: r.value for r in readings}
    issues = check(values, reader.form, today=today or date.today())
    doubted = {field for issue in issues for field in issue.fields}
    readings = tuple(_doubt(r, "rule_broken") if r.field in doubted else r for r in readings)
    unseen = {*placed.unseen, *hidden_lines(ink, reader.form.fields)}
    readings = tuple(_as_placed(r, placed, unseen) for r in readings)
    if any(problem.code in POOR for problem in quality.problems):
        readings = tuple(_doubt(r, "poor_image") for r in readings)
    record = Record(
        page.ref, reader.form.id, reader.form.version, PageStatus.READ, None, quality, placed, readings, issues
    )
    return record, _Sight(align(page.image, placed, VIEW_DPI), crops)


def _ink_of(page: Page, placed: Registration, reader: Reader) -> InkPage:
    aligned = align(level(to_grey(page.image)), placed)
    return find_ink(aligned, reader.printed)


def _doubt(reading: FieldReading, why: str) -> FieldReading:
    """A field that goes to a person whatever the engine thought of it: a rule points at it, or nobody could be sure."""
    return replace(reading, review=True, reason=reading.reason or Reason(why))


def _as_placed(reading: FieldReading, placed: Registration, unseen: Collection[str]) -> FieldReading:
    """No reading is surer than its field's place; one whose place is in doubt goes to a person."""
    confidence = min(reading.confidence, placed.in_place.get(reading.field, 1.0))
    why = "print_missing" if reading.field in unseen else "placed_unsurely" if reading.field in placed.unsure else None
    if why is None:
        return replace(reading, confidence=confidence)
    return _doubt(replace(reading, confidence=min(confidence, 0.5)), why)


def _without_fields(
    ref: PageRef, form: FormTemplate, status: PageStatus, reason: Reason, quality: Quality | None = None
) -> Record:
    return Record(ref, form.id, form.version, status, reason, quality)


# --- pictures ----------------------------------------------------------------------------------------


def _keep_pictures(record: Record, page: Page, sight: _Sight, files: FileStore) -> Record:
    image = files.put(_jpeg(page.image, PAGE_QUALITY), ".jpg")
    return replace(_keep_sight(record, sight, files), image=image)


def _keep_sight(record: Record, sight: _Sight, files: FileStore) -> Record:
    if sight.aligned is None:
        return record
    aligned = files.put(_jpeg(sight.aligned, PAGE_QUALITY), ".jpg")
    readings = tuple(_with_snippet(r, sight, files) for r in record.readings)
    return replace(record, aligned=aligned, readings=readings)


def _with_snippet(reading: FieldReading, sight: _Sight, files: FileStore) -> FieldReading:
    """Keep what the writer left in a field, free of print, for the reviewer to read beside the input."""
    crop = sight.crops.get(reading.field)
    if crop is None or crop.ink is None:
        return reading
    top, bottom, left, right = crop.ink
    pad = round(1.5 * PX_PER_MM)
    tight = crop.image[max(top - pad, 0) : bottom + pad, max(left - pad, 0) : right + pad]
    return replace(reading, crop=files.put(_jpeg(tight, SNIPPET_QUALITY), ".jpg"))


def _jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
