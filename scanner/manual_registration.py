"""Pages that a person places by hand: the form's points to look for, and the page read again from those points.

The desk knows no engines: `sohoa serve` makes a `ManualReader` and hands it over.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from scanner.errors import FormError
from scanner.form_catalogue import FormCatalogue, FormPage
from scanner.forms.loading import load_form
from scanner.layout.registration.manual_points import manual_points
from scanner.model import FormTemplate, PageRef, Record
from scanner.pipeline import PageReader, build_reader, read_by_hand
from scanner.settings import Settings
from scanner.site_lists.lists import site_lists
from scanner.store.pictures import PictureStore
from scanner.store.views import RecordView

GUIDE_DPI = 150
"""Of the blank shown beside the page: the letter that a point lies on is 20 px high and can be made out enlarged."""


@dataclass(frozen=True, slots=True)
class PointsToClick:
    """What a person is shown: the form's four points, (x, y) mm, and the blank as a PNG of the whole sheet."""

    sheet: tuple[float, float]
    points: tuple[tuple[float, float], ...]
    blank: bytes


class ManualReader:
    """Reads single pages in this process, one at a time: the engines have one thread.

    What is expensive is loaded with the first page and kept: the engines, and the latest printed page of a form.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._files = settings, PictureStore(settings.files)
        self._lock = threading.Lock()
        self._reader: PageReader | None = None
        self._guides: dict[tuple[str, str, int], PointsToClick] = {}

    def guide(self, form_id: str, page: int = 1) -> PointsToClick:
        """The points of a form's printed page. Raises FormError, EngineError."""
        form = self._printed(form_id, page)
        key = form.id, form.version, form.page
        if key not in self._guides:
            with self._lock:
                self._guides[key] = _guide(self._of(form).catalogue.at(0))
        return self._guides[key]

    def read(
        self, record: RecordView, points: Sequence[tuple[float, float]], form_id: str | None = None, page: int = 1
    ) -> Record:
        """The page read again from its kept picture; `points` are px of that picture in the order of the guide's.

        It is read as that printed page of that form, which a person named; without one as of the form it was held
        for. Raises FormError, EngineError, StoreError when the picture is gone.
        """
        ref = PageRef(Path(record.source), record.page, record.sha256)
        form = self._printed(form_id or record.form, page)
        with self._lock:
            reader = self._of(form)
            seen = np.array(points, np.float64)
            return read_by_hand(ref, record.image or "", seen, reader.catalogue.at(0), reader, self._files)

    def _printed(self, form_id: str, page: int) -> FormTemplate:
        form = load_form(form_id, *self._settings.form_places)
        if not 1 <= page <= form.page_count:
            raise FormError("form_page_missing", form=form_id, page=page, pages=form.page_count)
        return form.of_page(page)

    def _of(self, form: FormTemplate) -> PageReader:
        """A reader of that printed page alone; another page or a newer version costs its blank, not the engines."""
        if self._reader is None:
            self._reader = build_reader(form, self._settings)
        elif self._reader.catalogue.pages != (form,):
            self._reader = replace(self._reader, catalogue=FormCatalogue((form,), site_lists(self._settings.lists)))
        return self._reader


def _guide(form_page: FormPage) -> PointsToClick:
    width, height = (round(side / 25.4 * GUIDE_DPI) for side in form_page.form.sheet)
    small = Image.fromarray(form_page.reference.blank).resize((width, height), Image.Resampling.BOX)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    points = tuple((round(float(x), 2), round(float(y), 2)) for x, y in manual_points(form_page.reference))
    return PointsToClick(form_page.form.sheet, points, out.getvalue())
