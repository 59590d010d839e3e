"""Pages that a person places by hand: the form's points to look for, and the page read again from those points.

The desk knows no engines: `sohoa serve` makes a `Rescuer` and hands it over.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from scanner.files import FileStore
from scanner.forms import load_form
from scanner.layout.by_hand import hand_points
from scanner.model import PageRef, Record
from scanner.pipeline import Reader, build_reader, read_by_hand
from scanner.settings import Settings
from scanner.store import RecordView

GUIDE_DPI = 150
"""Of the blank shown beside the page: the letter that a point lies on is 20 px high and can be made out enlarged."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What a person is shown: the form's four points, (x, y) mm, and the blank as a PNG of the whole sheet."""

    sheet: tuple[float, float]
    points: tuple[tuple[float, float], ...]
    blank: bytes


class Rescuer:
    """Reads single pages in this process, one at a time: the engines have one thread.

    What is expensive is loaded with the first page of a form and kept, the reader of the latest form only.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._files = settings, FileStore(settings.files)
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._guides: dict[str, Guide] = {}

    def guide(self, form_id: str) -> Guide:
        """The points of a form. Raises FormError, EngineError."""
        if form_id not in self._guides:
            with self._lock:
                self._guides[form_id] = _guide(self._of(form_id))
        return self._guides[form_id]

    def read(self, page: RecordView, points: Sequence[tuple[float, float]]) -> Record:
        """The page read again from its kept picture; `points` are px of that picture in the order of the guide's.

        Raises FormError, EngineError, StoreError when the picture is gone.
        """
        ref = PageRef(Path(page.source), page.page, page.sha256)
        with self._lock:
            return read_by_hand(ref, page.image or "", np.array(points, np.float64), self._of(page.form), self._files)

    def _of(self, form_id: str) -> Reader:
        if self._reader is None or self._reader.form.id != form_id:
            self._reader = build_reader(load_form(form_id, *self._settings.form_places), self._settings)
        return self._reader


def _guide(reader: Reader) -> Guide:
    width, height = (round(side / 25.4 * GUIDE_DPI) for side in reader.form.sheet)
    small = Image.fromarray(reader.reference.blank).resize((width, height), Image.Resampling.BOX)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    points = tuple((round(float(x), 2), round(float(y), 2)) for x, y in hand_points(reader.reference))
    return Guide(reader.form.sheet, points, out.getvalue())
