"""PDF files for tests, as scanners, phones, people and strangers make them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, StreamObject
from reportlab.pdfgen.canvas import Canvas


def scan(rows: int = 351, cols: int = 248) -> NDArray[np.uint8]:
    """A page with a black square at the top left, a line below, and paper."""
    image = np.full((rows, cols), 245, np.uint8)
    image[rows // 10 : rows // 4, cols // 10 : cols // 4] = 10
    image[rows // 2 : rows // 2 + 3, cols // 10 : -cols // 10] = 60
    return image


def grain(rows: int = 351, cols: int = 248, seed: int = 7) -> NDArray[np.uint8]:
    """A page of which no two pixels are alike, darker at the top left: any shift or turn is seen."""
    image = np.random.default_rng(seed).integers(90, 250, (rows, cols), np.uint8)
    image[: rows // 4, : cols // 3] //= 3
    return image


def pdf_of(path: Path, image: Image.Image, **options: object) -> Path:
    """A PDF whose one page is a picture, as Pillow writes it: CCITT Group 4 for bilevel, JPEG for others."""
    image.save(path, "PDF", **options)
    return path


def drawn_pdf(path: Path, *sizes: tuple[float, float]) -> Path:
    """A PDF of drawn pages, sizes in points: a black square at the top left, the page's number in the middle."""
    canvas = Canvas(str(path), pagesize=sizes[0])
    for number, (width, height) in enumerate(sizes, 1):
        canvas.setPageSize((width, height))
        canvas.rect(width * 0.1, height * 0.75, width * 0.15, height * 0.15, fill=1)
        canvas.drawString(width / 2, height / 2, str(number))
        canvas.showPage()
    canvas.save()
    return path


def placed_pdf(
    path: Path,
    data: bytes,
    size: tuple[int, int],
    entries: Mapping[str, Any],
    *,
    page: tuple[float, float] = (595.2, 842.4),
    matrix: tuple[float, ...] | None = None,
    before: bytes = b"",
    behind: bytes = b"",
    turn: int = 0,
    cropbox: tuple[float, ...] | None = None,
) -> Path:
    """A PDF of one page with one image whose data is taken as it is, as img2pdf and scanners write them.

    `size` is width and height in pixels; `entries` go into the image's dictionary; `matrix` places the unit square,
    by default on the whole page; `before` and `behind` are drawing instructions around it.
    """
    writer = PdfWriter()
    sheet = writer.add_blank_page(*page)
    image = StreamObject()
    image.set_data(data)
    image.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
    image.update({NameObject("/Width"): NumberObject(size[0]), NameObject("/Height"): NumberObject(size[1])})
    image.update({NameObject(f"/{key}"): value for key, value in entries.items()})
    names = DictionaryObject({NameObject("/Im"): writer._add_object(image)})
    sheet[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): names})
    placing = " ".join(f"{v:.4f}" for v in matrix or (page[0], 0, 0, page[1], 0, 0)).encode()
    content = StreamObject()
    content.set_data(before + b" q " + placing + b" cm /Im Do Q " + behind)
    sheet[NameObject("/Contents")] = writer._add_object(content)
    if turn:
        sheet.rotate(turn)
    if cropbox:
        sheet[NameObject("/CropBox")] = ArrayObject([FloatObject(v) for v in cropbox])
    writer.write(path)
    return path


GREY = {"ColorSpace": NameObject("/DeviceGray"), "BitsPerComponent": NumberObject(8)}
RGB = {"ColorSpace": NameObject("/DeviceRGB"), "BitsPerComponent": NumberObject(8)}


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """An image's file in memory."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg_pdf(path: Path, image: NDArray[np.uint8], **how: Any) -> Path:
    """A PDF of one page with one JPEG."""
    picture = Image.fromarray(image)
    kind = {**(GREY if image.ndim == 2 else RGB), "Filter": NameObject("/DCTDecode"), **how.pop("entries", {})}
    return placed_pdf(path, encoded(picture, "JPEG", quality=80), picture.size, kind, **how)


def jpeg_2000_pdf(path: Path, image: NDArray[np.uint8], **how: Any) -> Path:
    """A PDF of one page with one lossless JPEG 2000 image, which names its own colours."""
    picture = Image.fromarray(image)
    return placed_pdf(path, encoded(picture, "JPEG2000"), picture.size, {"Filter": NameObject("/JPXDecode")}, **how)


def fax_data(image: NDArray[np.uint8], compression: str = "group4", photometric: int = 0) -> bytes:
    """A bilevel image's CCITT data, as it stands in the one strip of a TIFF."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[278], info[262] = image.shape[0], photometric
    data = encoded(Image.fromarray(image).convert("1"), "TIFF", compression=compression, tiffinfo=info)
    with Image.open(io.BytesIO(data)) as again:
        assert isinstance(again, TiffImagePlugin.TiffImageFile)
        (start,), (count,) = again.tag_v2[273], again.tag_v2[279]
        return data[start : start + count]


def fax_pdf(path: Path, image: NDArray[np.uint8], black_is_1: bool = False, **how: Any) -> Path:
    """A PDF of one page with one CCITT Group 4 image."""
    rows, cols = image.shape
    parameters = {"/K": NumberObject(-1), "/Columns": NumberObject(cols), "/Rows": NumberObject(rows)}
    if black_is_1:
        from pypdf.generic import BooleanObject

        parameters["/BlackIs1"] = BooleanObject(True)
    kind = {
        "Filter": NameObject("/CCITTFaxDecode"),
        "ColorSpace": NameObject("/DeviceGray"),
        "BitsPerComponent": NumberObject(1),
        "DecodeParms": DictionaryObject({NameObject(key): value for key, value in parameters.items()}),
    }
    return placed_pdf(path, fax_data(image), (cols, rows), kind, **how)


def endless_pdf(path: Path, depth: int = 12, times: int = 10) -> Path:
    """A PDF of a few kilobytes that draws `times` ** `depth` rectangles: groups of groups of groups."""
    writer = PdfWriter()
    page, below = writer.add_blank_page(300, 300), None
    for _ in range(depth):
        group = StreamObject()
        group.set_data(b"/F Do " * times if below is not None else b"0 0 9 9 re f ")
        group.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
        group[NameObject("/BBox")] = ArrayObject([FloatObject(v) for v in (0, 0, 300, 300)])
        if below is not None:
            group[NameObject("/Resources")] = _named(below)
        below = writer._add_object(group)
    page[NameObject("/Resources")] = _named(below)
    content = StreamObject()
    content.set_data(b"/F Do")
    page[NameObject("/Contents")] = writer._add_object(content)
    writer.write(path)
    return path


def _named(group: Any) -> DictionaryObject:
    return DictionaryObject({NameObject("/XObject"): DictionaryObject({NameObject("/F"): group})})


def without_checksum(path: Path) -> Path:
    """The PDF with its drawing instructions compressed, and without their checksum: poppler does not look at it."""
    writer = PdfWriter(clone_from=path)
    content = StreamObject()
    content.set_data(writer.pages[0].get_contents().get_data())
    packed = content.flate_encode()
    packed._data = packed._data[:-4]
    writer.pages[0][NameObject("/Contents")] = writer._add_object(packed)
    writer.write(path)
    return path
