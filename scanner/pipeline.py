"""The one place that knows the order: a page → quality → registration → crops → readings → confidence → rules."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner.confidence.calibration import EVEN, Calibration, calibrate, load_calibration
from scanner.errors import EngineError
from scanner.form_catalogue import FormCatalogue, FormPage, PageMatch
from scanner.intake import pages
from scanner.intake.pages import Limits
from scanner.intake.quality import assess_quality
from scanner.layout.ink.extraction import InkPage, PrintModel, extract_page_ink
from scanner.layout.ink.field_crops import cut_fields
from scanner.layout.ink.line_occlusion import occluded_line_fields
from scanner.layout.ink.occlusion import occluded_fields
from scanner.layout.ink.stamps import Stamp, grey_stamps, red_stamps, remove_stamps, stamped_fields
from scanner.layout.registration.alignment import align
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
from scanner.model.registration import Points
from scanner.ocr.digits import CellReader
from scanner.ocr.engine import CELLS, HAND, LINE, PARTS, Engines
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

    catalogue: FormCatalogue
    engines: Engines
    calibration: Calibration
    limits: Limits

    @property
    def form(self) -> FormTemplate:
        """The first printed page: all there is, where one form of one page is read. So are the next three."""
        return self.catalogue.at(0).form

    @property
    def reference(self) -> FormReference:
        """What registration knows of it."""
        return self.catalogue.at(0).reference

    @property
    def print_model(self) -> PrintModel:
        """What tells its print from ink."""
        return self.catalogue.at(0).print_model

    @property
    def lists(self) -> Lists:
        """Its lists."""
        return self.catalogue.at(0).lists


@dataclass(frozen=True, slots=True, eq=False)
class PageImages:
    """What is kept of a page's pixels until it is stored: the aligned page at VIEW_DPI, and a crop a field, by id."""

    aligned: NDArray[np.uint8] | None = None
    crops: Mapping[str, Crop] = field(default_factory=dict)


def build_reader(forms: FormTemplate | Sequence[FormTemplate], settings: Settings) -> PageReader:
    """Load the engines, and the blanks of one form or of several among which each page finds its own.

    Raises EngineError when Tesseract or its model is missing, FormError for a blank that cannot be read.
    """
    cells = CellReader()
    engines: Engines = {
        LINE: Tesseract(),
        CELLS: cells,
        PARTS: cells,
    }
    hand = _hand_reader()
    if hand is not None:
        engines = {**engines, HAND: hand}
    catalogue = FormCatalogue((forms,) if isinstance(forms, FormTemplate) else forms, site_lists(settings.lists))
    limits = Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)
    return PageReader(catalogue, engines, load_calibration(settings.data), limits)


def _hand_reader() -> LineReader | None:
    """The reader of handwriting; None where its weights are missing: then print is read, and people see every line."""
    try:
        return LineReader()
    except EngineError:
        return None


def read_ref(ref: PageRef, reader: PageReader, files: PictureStore | None = None, today: date | None = None) -> Record:
    """Open and read one page; with a file store its pictures are kept and the record holds their keys."""
    page = pages.open_page(ref, reader.limits)
    if isinstance(page, Unreadable):
        return unread(page.ref, reader.catalogue.forms, PageStatus.UNREADABLE, page.reason)
    record, images = read_page(page, reader, today)
    return record if files is None else _keep_pictures(record, page, images, files)


def read_kept(ref: PageRef, image: str, reader: PageReader, files: PictureStore, today: date | None = None) -> Record:
    """Read a page anew from its kept picture; `image` is the picture's key, which the record keeps."""
    kept = pages.open_page(replace(ref, path=files.path(image), number=1), reader.limits)
    if isinstance(kept, Unreadable):
        return unread(ref, reader.catalogue.forms, PageStatus.UNREADABLE, kept.reason)
    record, images = read_page(replace(kept, ref=ref), reader, today)
    return replace(_keep_views(record, images, files), image=image)


def read_by_hand(
    ref: PageRef,
    image: str,
    points: Points,
    form_page: FormPage,
    reader: PageReader,
    files: PictureStore,
    today: date | None = None,
) -> Record:
    """Read a page anew from its kept picture, placed from where a person saw the `hand_points` of a printed page.

    `image` is the picture's key, which the record keeps; `points` are (4, 2) px of that picture, x and y.
    """
    kept = pages.open_page(replace(ref, path=files.path(image), number=1), reader.limits)
    if isinstance(kept, Unreadable):
        record = unread(ref, (form_page.form,), PageStatus.UNREADABLE, kept.reason)
        return replace(record, form_page=form_page.form.page)
    page = replace(kept, ref=ref)
    match = PageMatch(form_page, register_from_points(page, form_page.reference, points))
    record, images = _read_matched(page, match, assess_quality(page), reader, today)
    return replace(_keep_views(record, images, files), image=image)


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


def read_page(page: Page, reader: PageReader, today: date | None = None) -> tuple[Record, PageImages]:
    """Everything we believe about one page, and why. `today` is the day that the rules count ages from."""
    quality = assess_quality(page)
    if quality.blank:
        record = unread(page.ref, reader.catalogue.forms, PageStatus.BLANK, Reason("page_blank"), quality)
        return record, PageImages()
    return _read_matched(page, reader.catalogue.register(page), quality, reader, today)


def _read_matched(
    page: Page, match: PageMatch, quality: Quality, reader: PageReader, today: date | None
) -> tuple[Record, PageImages]:
    """The page read where it was registered; else without fields, of the form that it is likeliest of."""
    form, placed = match.form_page.form, match.registration
    if not isinstance(placed, Registration):
        record = unread(page.ref, (form,), PageStatus.UNPLACED, placed.reason, quality)
        return replace(record, form_page=form.page), PageImages()
    stamps = red_stamps(page.image, placed.transform)
    ink = _extract_ink(page, placed, match.form_page, stamps)
    crops = cut_fields(ink, form.fields)
    read = read_fields(form, ink, crops, placed, reader.engines, reader.calibration, match.form_page.lists)
    readings = calibrate(read, form, reader.calibration)
    readings = _judge_places(readings, placed, {*placed.print_missing_fields, *occluded_line_fields(ink, form.fields)})
    stamps = stamps or (grey_stamps(ink, form.fields) if page.image.ndim == 2 else ())
    covered = occluded_fields(page.image, placed.transform, ink, form.fields, stamps)
    readings = _send_to_person(readings, "field_covered", covered)
    stamped = stamped_fields(stamps, form.fields)
    readings = _send_to_person(
        readings, "stamp_over", {r.field for r in readings if r.field in stamped and _may_be_lost(r, stamps)}
    )
    if any(problem.code in POOR_QUALITY for problem in quality.problems):
        readings = _send_to_person(readings, "poor_image", {r.field for r in readings})
    issues = check_rules({r.field: r.value for r in readings}, form, today=today or date.today())
    readings = _send_to_person(readings, "rule_broken", {field for issue in issues for field in issue.fields})
    record = Record(
        page.ref, form.id, form.version, PageStatus.READ, None, quality, placed, readings, issues, form_page=form.page
    )
    return record, PageImages(align(page.image, placed.transform, VIEW_DPI), crops)


def _extract_ink(page: Page, placed: Registration, form_page: FormPage, stamps: tuple[Stamp, ...]) -> InkPage:
    """The aligned page without red stamps, as print and ink."""
    image = remove_stamps(page.image, placed.transform, stamps)
    return extract_page_ink(image, placed.transform, form_page.print_model)


def _judge_places(
    readings: Sequence[FieldReading], placed: Registration, unseen: Collection[str]
) -> tuple[FieldReading, ...]:
    """No reading is surer than its field's place; one whose place is in doubt goes to a person."""
    in_doubt = {*unseen, *placed.place_doubtful_fields}
    most = {r.field: EVEN if r.field in in_doubt else 1.0 for r in readings}
    readings = [
        replace(r, confidence=min(r.confidence, most[r.field], placed.place_probability.get(r.field, 1.0)))
        for r in readings
    ]
    return _send_to_person(
        _send_to_person(readings, "print_missing", unseen), "placed_unsurely", placed.place_doubtful_fields
    )


def _may_be_lost(reading: FieldReading, stamps: tuple[Stamp, ...]) -> bool:
    """May a stamp over the field have changed what was read? A red one took only red ink with it."""
    return reading.value in (None, "", ()) or not all(stamp.red for stamp in stamps)


def _send_to_person(readings: Sequence[FieldReading], code: str, fields: Collection[str]) -> tuple[FieldReading, ...]:
    """The readings of some fields go to a person, for one reason more, whatever the engines thought of them."""
    return tuple(
        replace(r, review=True, reasons=(*r.reasons, Reason(code))) if r.field in fields else r for r in readings
    )


# --- pictures ----------------------------------------------------------------------------------------


def _keep_pictures(record: Record, page: Page, images: PageImages, files: PictureStore) -> Record:
    image = files.put(_jpeg(page.image, PAGE_QUALITY), ".jpg")
    return replace(_keep_views(record, images, files), image=image)


def _keep_views(record: Record, images: PageImages, files: PictureStore) -> Record:
    if images.aligned is None:
        return record
    aligned = files.put(_jpeg(images.aligned, PAGE_QUALITY), ".jpg")
    readings = tuple(_with_snippet(r, images, files) for r in record.readings)
    return replace(record, aligned=aligned, readings=readings)


def _with_snippet(reading: FieldReading, images: PageImages, files: PictureStore) -> FieldReading:
    """Keep what the writer left in a field, free of print, for the reviewer to read beside the input."""
    crop = images.crops.get(reading.field)
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
