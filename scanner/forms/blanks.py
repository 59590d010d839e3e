"""A form's blank as pixels: a page of a PDF or a picture, grey at 300 dpi, laid onto its sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from scanner.errors import FormError
from scanner.intake.pdf.client import PdfRefused
from scanner.intake.pdf.document import count_pages, inspect_page, render_page, verify_images
from scanner.model import DPI, PX_PER_MM, Gray

FIT_MM = 1.5
"""A blank may be this much smaller or larger than its sheet: PDF pages are rounded to whole points or pixels."""
STANDARD_MM = ((210.0, 297.0), (148.0, 210.0), (297.0, 420.0), (215.9, 279.4), (215.9, 355.6))
"""A4, A5, A3, Letter, Legal."""
LARGEST_MM = 600.0
SECONDS = 60


def render_blank(path: Path, page: int = 1) -> Gray:
    """A page of a PDF, or a picture, as grey at 300 dpi. Raises FormError."""
    if not path.is_file():
        raise FormError("blank_missing", file=path.name)
    if path.suffix.lower() == ".pdf":
        return _from_pdf(path, page)
    if page != 1:
        raise FormError("blank_page_missing", file=path.name, page=page)
    return _from_picture(path)


def blank_pages(path: Path) -> int:
    """How many pages a blank's file has. Raises FormError."""
    if path.suffix.lower() != ".pdf":
        return 1
    try:
        return count_pages(path, SECONDS)
    except (PdfRefused, OSError):
        raise _not_a_pdf(path) from None


def _not_a_pdf(path: Path) -> FormError:
    return FormError("blank_pdf_unreadable", file=path.name)


def _from_pdf(path: Path, number: int) -> Gray:
    try:
        page = inspect_page(path, number, SECONDS)
        if max(page.inches) * 25.4 > LARGEST_MM:
            raise FormError("blank_page_too_large", file=path.name)
        return render_page(verify_images(page, SECONDS), DPI, grey=True, seconds=SECONDS)
    except PdfRefused as refusal:
        if refusal.reason.code == "page_missing":
            raise FormError("blank_page_missing", file=path.name, page=number) from None
        raise _not_a_pdf(path) from None
    except OSError:
        raise _not_a_pdf(path) from None


def _from_picture(path: Path) -> Gray:
    try:
        with Image.open(path) as opened:
            dpi = _dpi(opened)
            largest = LARGEST_MM * (dpi or 600) / 25.4
            if max(opened.size) > largest:
                raise FormError("blank_too_large", file=path.name)
            image = ImageOps.exif_transpose(opened).convert("L")
    except Image.DecompressionBombError:
        raise FormError("blank_too_large", file=path.name) from None
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        raise FormError("blank_unknown_format", file=path.name) from None
    size = _size_at_300(image.size, dpi)
    if size is None:
        raise FormError("blank_without_dpi", file=path.name)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BOX if size[0] < image.size[0] else Image.Resampling.BICUBIC)
    return np.array(image, np.uint8)


def _dpi(image: Image.Image) -> float | None:
    """What a picture says of its resolution, if it is to be believed."""
    said = image.info.get("dpi")
    dpi = float(said[0]) if isinstance(said, tuple) and said else 0.0
    return dpi if 100 <= dpi <= 1300 else None


def _size_at_300(size: tuple[int, int], dpi: float | None) -> tuple[int, int] | None:
    """Pixels at 300 dpi; a picture without resolution is a standard sheet if it has the shape of one."""
    if dpi is not None:
        return round(size[0] * DPI / dpi), round(size[1] * DPI / dpi)
    for w, h in STANDARD_MM:
        for sides in ((w, h), (h, w)):
            if abs(size[0] / size[1] - sides[0] / sides[1]) < 0.004:
                return round(sides[0] * PX_PER_MM), round(sides[1] * PX_PER_MM)
    return None


def sheet_of(image: Gray) -> tuple[float, float]:
    """Width and height of a blank at 300 dpi in mm; a standard sheet's where it is one but for rounding."""
    w, h = image.shape[1] / PX_PER_MM, image.shape[0] / PX_PER_MM
    for a, b in STANDARD_MM:
        for sheet in ((a, b), (b, a)):
            if abs(w - sheet[0]) < FIT_MM / 2 and abs(h - sheet[1]) < FIT_MM / 2:
                return sheet
    return round(w, 1), round(h, 1)


def fit_to_sheet(image: Gray, sheet: tuple[float, float]) -> Gray:
    """A blank at 300 dpi on exactly its sheet: missing edges are paper, surplus is cut, nothing is stretched.

    Millimetres measured on the paper stay millimetres on the form. Raises FormError when it is another size.
    """
    rows, cols = round(sheet[1] * PX_PER_MM), round(sheet[0] * PX_PER_MM)
    if max(abs(image.shape[0] - rows), abs(image.shape[1] - cols)) > FIT_MM * PX_PER_MM:
        w, h = image.shape[1] / PX_PER_MM, image.shape[0] / PX_PER_MM
        raise FormError("blank_wrong_size", blank=f"{w:.0f} × {h:.0f}", sheet=f"{sheet[0]:g} × {sheet[1]:g}")
    fitted = np.full((rows, cols), 255, np.uint8)
    part = image[:rows, :cols]
    fitted[: part.shape[0], : part.shape[1]] = part
    return fitted
