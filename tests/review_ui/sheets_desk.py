"""A desk with sheets of two pages: one whole, one whose second page lies loose, and a page nobody could place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from desk import PASSWORD, VIEW_PX_PER_MM, jpeg
from PIL import Image, ImageDraw, ImageFont

from samples.two_pages import TWO, page, unplaced
from scanner.forms.loading import FILE, save_form
from scanner.model import FieldLayout, Record
from scanner.settings import Settings
from scanner.store.pictures import PictureStore
from scanner.store.tables import page_id
from scanner.store_factory import open_store

BATCH = "Đợt hai trang"


def with_pictures(record: Record, files: PictureStore) -> Record:
    """The page with a picture of what is on it."""
    size = (round(210 * VIEW_PX_PER_MM), round(297 * VIEW_PX_PER_MM))
    image = Image.new("L", size, 250)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=26)
    pen.text((300, 90), f"{TWO.title} - {record.form_page}/2", font=ImageFont.load_default(size=44), fill=60)
    for reading in record.readings:
        spec = TWO.field(reading.field)
        for box in spec.all_boxes:
            edges = (box.x, box.y, box.right, box.bottom)
            pen.rectangle([edge * VIEW_PX_PER_MM for edge in edges], outline=150)
        marks: Sequence[str] = (
            str(reading.value or "") if spec.layout is FieldLayout.COMB else [str(reading.value or "")]
        )
        for box, mark in zip(spec.boxes, marks, strict=False):
            pen.text((box.x * VIEW_PX_PER_MM + 4, box.y * VIEW_PX_PER_MM + 6), mark, font=font, fill=30)
    key = files.put(jpeg(image), ".jpg")
    return replace(record, image=files.put(jpeg(image.rotate(1.1, fillcolor=230)), ".jpg"), aligned=key)


def pages() -> list[Record]:
    """The pile: a sheet, a first page, a page that was not placed, and a second page that belongs to the first."""
    return [
        page(1, "a", 1, review=("ten",)),
        page(2, "a", 2, review=("nghe", "ky")),
        page(1, "b", 3),
        unplaced(4),
        page(2, "b", 5, so_lai=None),
    ]


def ids() -> list[str]:
    """The ids of the pages of the pile."""
    return [page_id(record.ref.sha256, record.ref.number) for record in pages()]


def fill_sheets(folder: Path) -> None:
    """Make a data folder in which a form of two pages is installed, with the pile read and put together."""
    settings = Settings(data=folder).ready()
    place = settings.own_forms / TWO.id
    place.mkdir(parents=True)
    save_form(TWO, place / FILE)
    store = open_store(settings)
    batch = store.ensure_batch(BATCH, xa="02392", form="")
    for record in pages():
        assert store.add_record(batch, with_pictures(record, store.files))
    store.assemble(batch)
    for role in ("reviewer", "exporter", "admin"):
        store.add_user(role, f"Nguyễn Văn {role.title()}", role, PASSWORD)
    store.close()
