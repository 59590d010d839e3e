"""Pictures of the worst readings, taken while their page is at hand and kept only as long as they may be shown."""

from __future__ import annotations

import hashlib
import io
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from scanner.errors import StoreError
from scanner.evaluation.scores import FieldKey, JudgedField, rank
from scanner.model import Box, FieldLayout, FormTemplate, Record
from scanner.store.pictures import PictureStore

SHOWN = 50
"""Readings shown with their picture: what a person looks through in one sitting."""
AROUND_MM = 3.0
"""Shown around a field where there is no snippet of ink: ticks, and rooms taken for empty."""
LABEL_MM = 25.0
"""Shown to the right of a field of ticks: the printed label of its last option."""
QUALITY = 80


class MemoryPictureStore(PictureStore):
    """A file store in memory. A truth file may name thousands of pages whose pictures nobody wants on the disk."""

    def __init__(self) -> None:
        super().__init__(Path())
        self._held: dict[str, bytes] = {}

    def put(self, data: bytes, suffix: str) -> str:
        """Keep bytes until the page is done."""
        key = hashlib.sha256(data).hexdigest() + suffix
        self._held[key] = data
        return key

    def read(self, key: str) -> bytes:
        """The bytes of a key. Raises StoreError when the page they were of is done."""
        try:
            return self._held[key]
        except KeyError:
            raise StoreError("no_such_picture_in_memory") from None

    def clear(self) -> None:
        """Forget the page."""
        self._held.clear()


class WorstPictures:
    """Pictures of the worst `room` readings so far, as JPEG.

    Pages must be read in this process with `files` as their store, and each be given to `take` before the next is read.
    """

    def __init__(self, forms: FormTemplate | Sequence[FormTemplate], room: int = SHOWN) -> None:
        self.files = MemoryPictureStore()
        self._forms = {form.id: form for form in ((forms,) if isinstance(forms, FormTemplate) else forms)}
        self._room = room
        self._held: list[tuple[tuple[bool, float, FieldKey], bytes]] = []

    @property
    def pictures(self) -> Mapping[FieldKey, bytes]:
        """Picture by the place of its reading."""
        return {place: picture for (_, _, place), picture in self._held}

    def take(self, items: Iterable[JudgedField], record: Record) -> None:
        """Keep the pictures of a page's wrong readings, drop those that are no longer among the worst, and the page."""
        for item in items:
            if not item.right and not item.unread and self._among_the_worst(item):
                picture = self._picture(item, record)
                if picture is not None:
                    insort(self._held, (rank(item), picture))
                    del self._held[self._room :]
        self.files.clear()

    def _among_the_worst(self, item: JudgedField) -> bool:
        return len(self._held) < self._room or rank(item) < self._held[-1][0]

    def _picture(self, item: JudgedField, record: Record) -> bytes | None:
        """The ink of a field; where there is none, its place on the sheet."""
        crop = next((r.crop for r in record.readings if r.field == item.field), None)
        if crop is not None:
            return self.files.read(crop)
        if record.aligned is None:
            return None
        page = self._forms[record.form].of_page(record.form_page)
        spec = page.field(item.field)
        box = spec.area.grown(AROUND_MM, AROUND_MM)
        wider = box._replace(w=box.w + LABEL_MM) if spec.layout is FieldLayout.TICKS else box
        return _cut(self.files.read(record.aligned), wider, page.sheet)


def _cut(sheet: bytes, box: Box, size: tuple[float, float]) -> bytes:
    """A box (mm) of the aligned sheet, as JPEG. `size` is the sheet's width and height in mm."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(sheet)) as whole:
        x, y = whole.width / size[0], whole.height / size[1]
        corners = (box.x * x, box.y * y, box.right * x, box.bottom * y)
        left, top, right, bottom = (round(c) for c in corners)
        edges = (max(left, 0), max(top, 0), min(right, whole.width), min(bottom, whole.height))
        whole.crop(edges).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
