"""The one place that knows the order: a page → quality → registration → crops → readings → confidence → rules."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner.confidence.calibration import Calibration, load_calibration
from scanner.errors import EngineError
from scanner.form_catalogue import FormCatalogue, FormPage, PageMatch
from scanner.intake import pages
from scanner.intake.pages import Limits
from scanner.intake.quality import assess_quality
from scanner.layout.ink.extraction import InkPage, PrintModel, extract_ink
from scanner.layout.ink.field_crops import cut_fields
from scanner.layout.ink.hidden_lines import hidden_line_fields
from scanner.layout.ink.occlusion import occluded_fields
from scanner.layout.ink.stamps import Stamp, grey_stamps, red_stamps, remove_stamps, stamped_fields
from scanner.layout.registration.alignment import align, flatten_background
from scanner.layout.registration.geometry import Points
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.register import register_from_points
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
from scanner.recognition.line_fusion import Lists
from scanner.recognition.reading import read_fields
from scanner.rules import check_rules
from scanner.settings import Settings
from scanner.site_lists.lists import site_lists
from scanner.store.pictures import PictureStore

POOR_QUALITY = frozenset({"blurred", "resolution_too_low"})
"""What makes every reading of a page doubtful: motion blur of 9 px and 90–110 dpi gave confident errors."""
VIEW_DPI = 150
"""The aligned page kept for the screen: 1240 × 1754 px for A4, text stays legible at 200 % zoom."""
SNIPPET_QUALITY, PAGE_QUALITY = 82, 80


@dataclass(frozen=True, slots=True, eq=False)
class PageReader:
    """Everything expensive that reading needs, built once a process."""

    shelf: FormCatalogue
    engines: Engines
    calibration: Calibration
    limits: Limits

    @property
    def form(self) -> FormTemplate:
        """The first printed page: all there is, where one form of one page is read. So are the next three."""
        return self.shelf.at(0).form

    @property
    def reference(self) -> FormReference:
        """What registration knows of it."""
        return self.shelf.at(0).reference

    @property
    def printed(self) -> PrintModel:
        """What tells its print from ink."""
        return self.shelf.at(0).printed

    @property
    def lists(self) -> Lists:
        """Its lists."""
        return self.shelf.at(0).lists


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What was seen on a page, kept only until its pictures are stored."""

    aligned: NDArray[np.uint8] | None
    crops: Mapping[str, Crop]


def build_reader(forms: FormTemplate | Sequence[FormTemplate], settings: Settings) -> PageReader:
    """Load the engines, and the blanks of one form or of several among which each page finds its own.

    Raises EngineError when Tesseract or its model is missing, FormError for a blank that cannot be read.
    """
    cells = CellReader()
    engines: Engines = {
        LINE: Tesseract(),
        CELLS: cells,
        PARTS: cells,
        SECOND_LOOK[PARTS]: Tesseract(digits=True),
    }
    hand = _hand_reader()
    if hand is not None:
        engines = {**engines, HAND: hand}
    shelf = FormCatalogue((forms,) if isinstance(forms, FormTemplate) else forms, site_lists(settings.lists))
    limits = Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)
    return PageReader(shelf, engines, load_calibration(settings.data), limits)


def _hand_reader() -> LineReader | None:
    """The reader of handwriting; None where its weights are missing: then print is read, and people see every line."""
    try:
        return LineReader()
    except EngineError:
        return None


def read_page(page: Page, reader: PageReader, today: date | None = None) -> Record:
    """Everything we believe about one page, and why. `today` is the day the rules count ages from."""
    return _read(page, reader, today)[0]


def read_ref(ref: PageRef, reader: PageReader, files: PictureStore | None = None, today: date | None = None) -> Record:
    """Open and read one page; with a file store its pictures are kept and the record holds their keys."""
    page = pages.open_page(ref, reader.limits)
    if isinstance(page, Unreadable):
        return unread(page.ref, reader.shelf.forms, PageStatus.UNREADABLE, page.reason)
    record, sight = _read(page, reader, today)
    return record if files is None else _keep_pictures(record, page, sight, files)


def read_kept(ref: PageRef, image: str, reader: PageReader, files: PictureStore, today: date | None = None) -> Record:
    """Read a page anew from its kept picture; `image` is the picture's key, which the record keeps."""
    kept = pages.open_page(replace(ref, path=files.path(image), number=1), reader.limits)
    if isinstance(kept, Unreadable):
        return unread(ref, reader.shelf.forms, PageStatus.UNREADABLE, kept.reason)
    record, sight = _read(replace(kept, ref=ref), reader, today)
    return replace(_keep_sight(record, sight, files), image=image)


def read_by_hand(
    ref: PageRef,
    image: str,
    points: Points,
    printed: FormPage,
    reader: PageReader,
    files: PictureStore,
    today: date | None = None,
) -> Record:
    """Read a page anew from its kept picture, placed from where a person saw the `hand_points` of a printed page.

    `image` is the picture's key, which the record keeps; `points` are (4, 2) px of that picture, x and y.
    """
    kept = pages.open_page(replace(ref, path=files.path(image), number=1), reader.limits)
    if isinstance(kept, Unreadable):
        return _of(printed, unread(ref, (printed.form,), PageStatus.UNREADABLE, kept.reason))
    page = replace(kept, ref=ref)
    quality = assess_quality(page)
    found = PageMatch(printed, register_from_points(page, printed.reference, points))
    record, sight = _read_found(page, found, quality, reader, today)
    return replace(_keep_sight(record, sight, files), image=image)


def unread(
    ref: PageRef,
    forms: Sequence[FormTemplate],
    status: PageStatus,
    reason: Reason,
    quality: Quality | None = None,
) -> Record:
    """A page without fields. It is of the form that is read; of none ("") where it could be any of several."""
    only = forms[0] if len(forms) == 1 else None
    return Record(ref, only.id if only else "", only.version if only else "", status, reason, quality)


def _read(page: Page, reader: PageReader, today: date | None) -> tuple[Record, _Sight]:
    quality = assess_quality(page)
    if quality.blank:
        record = unread(page.ref, reader.shelf.forms, PageStatus.BLANK, Reason("page_blank"), quality)
        return record, _Sight(None, {})
    return _read_found(page, reader.shelf.find(page), quality, reader, today)


def _read_found(
    page: Page, found: PageMatch, quality: Quality, reader: PageReader, today: date | None
) -> tuple[Record, _Sight]:
    """The page read where it was placed; unplaced, it keeps the form that it is likeliest of."""
    if isinstance(found.placed, Registration):
        record, sight = _read_placed(page, found.printed, found.placed, quality, reader, today)
        return _of(found.printed, record), sight
    record = unread(page.ref, (found.printed.form,), PageStatus.UNPLACED, found.placed.reason, quality)
    return _of(found.printed, record), _Sight(None, {})


def _of(printed: FormPage, record: Record) -> Record:
    return replace(record, form_page=printed.form.page)


def _read_placed(
    page: Page, printed: FormPage, placed: Registration, quality: Quality, reader: PageReader, today: date | None
) -> tuple[Record, _Sight]:
    form, seals = printed.form, red_stamps(page.image, placed)
    ink = _ink_of(page, placed, printed, seals)
    crops = cut_fields(ink, form.fields)
    readings = read_fields(form, ink, crops, placed, reader.engines, reader.calibration, printed.lists)
    values = {r.field: r.value for r in readings}
    issues = check_rules(values, form, today=today or date.today())
    doubted = {field for issue in issues for field in issue.fields}
    readings = tuple(_doubt(r, "rule_broken") if r.field in doubted else r for r in readings)
    unseen = {*placed.unseen, *hidden_line_fields(ink, form.fields)}
    readings = tuple(_as_placed(r, placed, unseen) for r in readings)
    seals = seals or (grey_stamps(ink, form.fields) if page.image.ndim == 2 else ())
    covered = occluded_fields(page.image, placed, ink, form.fields, seals)
    readings = tuple(_doubt(r, "field_covered") if r.field in covered else r for r in readings)
    stamped = stamped_fields(seals, form.fields)
    readings = tuple(_doubt(r, "stamp_over") if r.field in stamped and _lost(r, seals) else r for r in readings)
    if any(problem.code in POOR_QUALITY for problem in quality.problems):
        readings = tuple(_doubt(r, "poor_image") for r in readings)
    record = Record(page.ref, form.id, form.version, PageStatus.READ, None, quality, placed, readings, issues)
    return record, _Sight(align(page.image, placed, VIEW_DPI), crops)


def _lost(reading: FieldReading, seals: tuple[Stamp, ...]) -> bool:
    """May a seal over the field have changed what was read? A red one took only red ink with it."""
    return reading.value in (None, "", ()) or not all(seal.red for seal in seals)


def _ink_of(page: Page, placed: Registration, printed: FormPage, seals: tuple[Stamp, ...] = ()) -> InkPage:
    aligned = align(flatten_background(remove_stamps(page.image, placed, seals)), placed)
    return extract_ink(aligned, printed.printed)


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


# --- pictures ----------------------------------------------------------------------------------------


def _keep_pictures(record: Record, page: Page, sight: _Sight, files: PictureStore) -> Record:
    image = files.put(_jpeg(page.image, PAGE_QUALITY), ".jpg")
    return replace(_keep_sight(record, sight, files), image=image)


def _keep_sight(record: Record, sight: _Sight, files: PictureStore) -> Record:
    if sight.aligned is None:
        return record
    aligned = files.put(_jpeg(sight.aligned, PAGE_QUALITY), ".jpg")
    readings = tuple(_with_snippet(r, sight, files) for r in record.readings)
    return replace(record, aligned=aligned, readings=readings)


def _with_snippet(reading: FieldReading, sight: _Sight, files: PictureStore) -> FieldReading:
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
