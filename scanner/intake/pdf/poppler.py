"""poppler's programs through pdf2image: the second way, for files that PDFium refuses. It may be missing."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pdf2image import convert_from_path, pdfinfo_from_path
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError, PDFSyntaxError

from scanner.intake.pdf.client import PdfRefused

HARMLESS = re.compile(
    r"xref|trailer|Illegal character|[Aa]nnot|[Oo]utline|ICC|[Cc]olou?r ?profile|[Mm]etadata|JavaScript"
    r"|extraneous byte"
)
"""Poppler's complaints about what no one sees on the page, and repairs it made."""


class PopplerMissing(Exception):
    """poppler's programs are not installed."""


def count_pages(path: Path, seconds: int) -> int:
    """How many pages poppler finds in a file. Raises PdfRefused, PopplerMissing."""
    return int(str(_about(path, 1, seconds).get("Pages", 0)))


def page_size(path: Path, number: int, seconds: int) -> tuple[float, float]:
    """Width and height of a page in points. Raises PdfRefused, PopplerMissing."""
    about = _about(path, number, seconds)
    named = [str(value) for name, value in about.items() if re.fullmatch(r"Page\s+\d+ size|Page size", name)]
    sides = [float(side) for side in re.findall(r"[\d.]+", named[0])[:2]] if named else []
    if len(sides) < 2 or min(sides) <= 0:
        raise PdfRefused("pdf_damaged")
    return sides[0], sides[1]


def render(path: Path, number: int, dpi: float, grey: bool, seconds: int) -> NDArray[np.uint8]:
    """A page, its crop box, as uint8 grey (rows, cols) or RGB (rows, cols, 3). Raises PdfRefused, PopplerMissing.

    What poppler complains of counts: it draws half a scan and reports success.
    """
    try:
        return _converted(path, number, dpi, grey, seconds, strict=True)
    except PDFSyntaxError as error:
        complaints = [line for line in str(error).splitlines() if "Error" in line and not HARMLESS.search(line)]
        if complaints:
            raise PdfRefused("pdf_damaged") from None
    return _converted(path, number, dpi, grey, seconds, strict=False)


def _converted(path: Path, number: int, dpi: float, grey: bool, seconds: int, strict: bool) -> NDArray[np.uint8]:
    try:
        pages = convert_from_path(
            path.absolute(),
            dpi=dpi,  # type: ignore[arg-type]  # poppler takes fractions
            first_page=number,
            last_page=number,
            grayscale=grey,
            use_cropbox=True,
            strict=strict,
            timeout=seconds,
        )
        return np.array(pages[0].convert("L" if grey else "RGB"), np.uint8)
    except PDFInfoNotInstalledError:
        raise PopplerMissing from None
    except PDFPopplerTimeoutError:
        raise PdfRefused("pdf_too_slow", seconds=seconds) from None
    except (PDFPageCountError, IndexError, ValueError, OSError):
        raise PdfRefused("pdf_damaged") from None


def _about(path: Path, number: int, seconds: int) -> dict[str, object]:
    try:
        return dict(pdfinfo_from_path(str(path.absolute()), timeout=seconds, first_page=number, last_page=number))
    except PDFInfoNotInstalledError:
        raise PopplerMissing from None
    except PDFPopplerTimeoutError:
        raise PdfRefused("pdf_too_slow", seconds=seconds) from None
    except (PDFPageCountError, ValueError) as error:
        if last := re.search(r"after the last page \((\d+)\)", str(error)):
            raise (
                PdfRefused("page_missing", page=number) if int(last[1]) else PdfRefused("pdf_without_pages")
            ) from None
        locked = re.search(r"password|encrypt|security handler", str(error), re.IGNORECASE)
        raise PdfRefused("pdf_encrypted" if locked else "pdf_damaged") from None
