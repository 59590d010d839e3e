"""The process that runs PDFium: one request a line on standard input, one answer on standard output.

PDFium is C++ that parses files from strangers and cannot be interrupted: here a hang is ended by the parent, a crash
ends nothing else, and memory is bounded. It is also not thread-safe: one process does one thing at a time. This file
is run by its path and imports nothing of the project, so that it starts in a tenth of a second.

A request is a JSON object: {"do": a name in ACTS, "path": …, "number": from 1, …}. The answer is a JSON object on one
line and then as many bytes as its "bytes" says: nothing of it is ever executed.
"""

from __future__ import annotations

import base64
import json
import mmap
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

MEMORY_BYTES = 4 << 30
"""Address space of this process: a file of 2 GB is mapped, a page of 120 megapixels in colour takes 0.36 GB, its
largest image 0.48 GB."""
NAMED = {pdfium.FPDF_ERR_FORMAT: "damaged", pdfium.FPDF_ERR_PASSWORD: "encrypted", pdfium.FPDF_ERR_SECURITY: "security"}
DRAWN_ANNOTATIONS = frozenset(range(1, 29)) - {pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP}
"""Kinds of annotations that put something on the page; of links and pop-up notes nothing is printed."""
SENT = frozenset({"DCTDecode", "JPXDecode", "CCITTFaxDecode"})
"""Images whose data the parent checks, and takes as they are where the page is nothing else."""
TAIL_BYTES = 2048
"""A whole file says "%%EOF" within so much of its end; what mail adds behind it is shorter."""
INFLATED_BYTES = 64 << 20
"""A stream that is longer is not looked at to its end."""

Answer = tuple[dict[str, Any], list[Any]]
"""What is known, and the buffers that follow it."""


class RefusedError(Exception):
    """PDFium does not open this file or page; the argument is the reason's name."""


@contextmanager
def opened(path: str) -> Iterator[pypdfium2.PdfDocument]:
    """A document, its form fields made ready to be drawn. Raises RefusedError."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise RefusedError(NAMED.get(error.err_code, "damaged")) from None
    try:
        if document.get_formtype() != pdfium.FORMTYPE_NONE:
            document.init_forms()
        yield document
    finally:
        document.close()


def page_of(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """Page `number`, from 1. Raises RefusedError."""
    if not 1 <= number <= len(document):
        raise RefusedError("page_missing" if len(document) else "without_pages")
    try:
        return document[number - 1]
    except pypdfium2.PdfiumError:
        raise RefusedError("damaged") from None


def count(path: str) -> Answer:
    """How many pages a file has."""
    with opened(path) as document:
        return {"pages": len(document)}, []


# --- what a page consists of ---------------------------------------------------------------------------


def page(path: str, number: int) -> Answer:
    """A page's size and box in points, its turn, its images, and whether anything else is to be seen on it."""
    with opened(path) as document:
        seen = page_of(document, number)
        if is_doubtful(Path(path), document):
            raise RefusedError("doubtful")
        images: list[dict[str, Any]] = []
        buffers: list[Any] = []
        only_images = not any(kind in DRAWN_ANNOTATIONS for kind in annotation_kinds(seen))
        for item in seen.get_objects():
            if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
                about, data = described(item)
                images.append(about)
                buffers += [data] if data is not None else []
            else:
                only_images = only_images and is_unseen(item)
        about = {
            "size": seen.get_size(), "box": seen.get_bbox(), "turn": seen.get_rotation(), "images": images,
            "only_images": only_images, "masks": has_masks(Path(path)),
        }  # fmt: skip
        return about, buffers


def annotation_kinds(seen: pypdfium2.PdfPage) -> Iterator[int]:
    """The kind of each annotation on a page."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(seen)):
        annotation = pdfium.FPDFPage_GetAnnot(seen, index)
        if annotation:
            yield pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)


def is_unseen(item: pypdfium2.PdfObject) -> bool:
    """Whether nothing of it is drawn: recognised text under a scan, and a group, whose members come by themselves."""
    if item.type == pdfium.FPDF_PAGEOBJ_TEXT:
        return bool(pdfium.FPDFTextObj_GetTextRenderMode(item) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
    return bool(item.type == pdfium.FPDF_PAGEOBJ_FORM and not pdfium.FPDFPageObj_HasTransparency(item))


def described(image: pypdfium2.PdfImage) -> tuple[dict[str, Any], Any]:
    """An image's size in pixels, its matrix on the page and its compression; its data where the parent checks it."""
    matrix, group = image.get_matrix(), image.container
    while group is not None:
        matrix, group = matrix.multiply(group.get_matrix()), group.container
    filters = image.get_filters()
    colours = image.get_metadata()
    grey = colours.colorspace in (pdfium.FPDF_COLORSPACE_DEVICEGRAY, pdfium.FPDF_COLORSPACE_CALGRAY)
    rgb = colours.colorspace in (
        pdfium.FPDF_COLORSPACE_DEVICERGB, pdfium.FPDF_COLORSPACE_CALRGB, pdfium.FPDF_COLORSPACE_ICCBASED
    )  # fmt: skip
    unnamed = colours.colorspace == pdfium.FPDF_COLORSPACE_UNKNOWN
    kind = filters[-1] if filters else ""
    about = {
        "pixels": image.get_px_size(), "matrix": matrix.get(), "filter": kind, "grey": grey,
        "rgb": rgb or (kind == "JPXDecode" and unnamed), "stencil": unnamed and colours.bits_per_pixel == 1,
        "plain": is_plain(image), "whole": True, "bytes": 0,
    }  # fmt: skip
    if kind in SENT:
        data = image.get_data(decode_simple=True)
        return about | {"bytes": len(data)}, data
    if filters == ["FlateDecode"]:
        about["whole"] = inflates(bytes(image.get_data()))
    elif kind == "JBIG2Decode":
        about["whole"] = decodes(image)
    return about, None


def is_plain(image: pypdfium2.PdfImage) -> bool:
    """Whether an image lies on the page itself, opaque, and nothing is cut off it."""
    clipped = pdfium.FPDFClipPath_CountPaths(pdfium.FPDFPageObj_GetClipPath(image)) > 0
    return image.container is None and not clipped and not pdfium.FPDFPageObj_HasTransparency(image)


def decodes(image: pypdfium2.PdfImage) -> bool:
    """Whether PDFium makes pixels of an image's data."""
    try:
        image.get_bitmap().close()
    except pypdfium2.PdfiumError:
        return False
    return True


# --- what PDFium does not complain of ------------------------------------------------------------------

STREAM = re.compile(rb"(?<!end)stream\r?\n")
DEFLATED = re.compile(rb"/Filter\s*(?:\[\s*)?(?P<ascii>/ASCII85Decode\s*)?/FlateDecode\s*(?:\]|/\w|>>)")
MASKS = re.compile(rb"/S?Mask\b|/Decode\b(?!\s*\[\s*0(?:\.0*)?\s+1(?:\.0*)?(?:\s+0(?:\.0*)?\s+1(?:\.0*)?)*\s*\])")
"""Entries of an image's dictionary that change what its data shows. It is never compressed (ISO 32000-1, 7.5.7)."""
_verdicts: dict[tuple[str, int, int], tuple[bool, bool]] = {}


def is_doubtful(path: Path, document: pypdfium2.PdfDocument) -> bool:
    """Whether a part of the file may be gone: PDFium repairs and draws what is left without a word."""
    if not pdfium.FPDF_DocumentHasValidCrossReferenceTable(document):
        with path.open("rb") as file:
            file.seek(-min(TAIL_BYTES, path.stat().st_size), 2)
            if b"%%EOF" not in file.read():
                return True
    return not _verdict(path)[0]


def has_masks(path: Path) -> bool:
    """Whether any image of the file may have a mask or inverted values."""
    return _verdict(path)[1]


def _verdict(path: Path) -> tuple[bool, bool]:
    """(all drawing instructions and fonts can be decompressed, any image may have a mask); once a file."""
    about = path.stat()
    key = (str(path), about.st_size, about.st_mtime_ns)
    if key not in _verdicts:
        _verdicts.clear()
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            masks = MASKS.search(data) is not None
            whole = data.find(b"/Encrypt") >= 0 or all(inflates(part) for part in _deflated(data))
        _verdicts[key] = whole, masks
    return _verdicts[key]


def _deflated(data: mmap.mmap) -> Iterator[bytes]:
    """Compressed streams other than images, whose data is checked where they are used."""
    for found in STREAM.finditer(data):
        head = data[max(0, found.start() - 2000) : found.start()]
        head = head[head.rfind(b" obj") + 1 :]
        filters = DEFLATED.search(head)
        if filters and not re.search(rb"/Image\b", head):
            end = data.find(b"endstream", found.end())
            part = data[found.end() : end if end >= 0 else len(data)]
            yield _from_ascii(part) if filters["ascii"] else part


def _from_ascii(data: bytes) -> bytes:
    """ASCII base-85 data (ISO 32000-1, 7.4.3) as bytes; nothing where it is none."""
    try:
        return base64.a85decode(data.rpartition(b"~>")[0])
    except ValueError:
        return b""


def inflates(data: bytes) -> bool:
    """Whether compressed data (RFC 1950) goes on to its end and its checksum is right."""
    inflater = zlib.decompressobj()
    left, size = data, 0
    try:
        while left and not inflater.eof and size < INFLATED_BYTES:
            size += len(inflater.decompress(left, 1 << 20))
            left = inflater.unconsumed_tail
    except zlib.error:
        return False
    return inflater.eof or size >= INFLATED_BYTES


# --- pixels --------------------------------------------------------------------------------------------


def bitmap(path: str, number: int, index: int) -> Answer:
    """The pixels of an image at its own resolution, as PDFium decodes them; `index` is its place among the page's."""
    with opened(path) as document:
        images = page_of(document, number).get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
        try:
            return pixels_of(next(islice(images, index, None)).get_bitmap())
        except (StopIteration, pypdfium2.PdfiumError):
            raise RefusedError("damaged") from None


def render(path: str, number: int, width: int, height: int, grey: bool) -> Answer:
    """A page, its crop box, as `width` × `height` pixels on white, with annotations and filled-in form fields."""
    with opened(path) as document:
        seen = page_of(document, number)
        kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGR
        drawn = pypdfium2.PdfBitmap.new_native(width, height, kind)
        drawn.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        flags = pdfium.FPDF_ANNOT | (pdfium.FPDF_GRAYSCALE if grey else pdfium.FPDF_REVERSE_BYTE_ORDER)
        place = (drawn, seen, 0, 0, width, height, 0, flags)
        pdfium.FPDF_RenderPageBitmap(*place)
        if document.formenv:
            pdfium.FPDF_FFLDraw(document.formenv, *place)
        return pixels_of(drawn)


def pixels_of(drawn: pypdfium2.PdfBitmap) -> Answer:
    """A bitmap's size, channels and bytes a row, and its pixels."""
    about = {"shape": [drawn.height, drawn.width], "channels": drawn.n_channels, "stride": drawn.stride}
    return about, [drawn.buffer]


# --- requests ------------------------------------------------------------------------------------------


def version(path: str) -> Answer:
    """Which PDFium this is; `path` is not looked at."""
    return {"version": f"{pypdfium2.PDFIUM_INFO.tag}, pypdfium2 {pypdfium2.PYPDFIUM_INFO.tag}"}, []


ACTS: dict[str, Callable[..., Answer]] = {
    "count": count,
    "page": page,
    "bitmap": bitmap,
    "render": render,
    "version": version,
}


def main() -> None:
    """Answer requests until there are no more."""
    with_limit()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            about, buffers = ACTS[request.pop("do")](**request)
        except RefusedError as error:
            about, buffers = {"error": str(error)}, []
        except OSError as error:
            about, buffers = {"errno": error.errno}, []
        except Exception:  # what PDFium's Python part makes of odd values in a file
            about, buffers = {"error": "damaged"}, []
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        about["bytes"] = sum(view.nbytes for view in views)
        sys.stdout.buffer.write(json.dumps(about).encode() + b"\n")
        for view in views:
            sys.stdout.buffer.write(view)
        sys.stdout.buffer.flush()


def with_limit() -> None:
    """Bound this process's memory where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
