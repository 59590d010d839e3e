"""Files as they come from scanners and phones → pages: PDF, multi-page TIFF, JPEG, PNG.

Sizes are checked before anything is decoded. What cannot be read is an answer with its reason (`Unreadable`): the
rest of the batch goes on.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pdf2image import convert_from_path, pdfinfo_from_path
from pdf2image.exceptions import (
    PDFInfoNotInstalledError,
    PDFPageCountError,
    PDFPopplerTimeoutError,
    PDFSyntaxError,
)
from PIL import Image, ImageOps, UnidentifiedImageError

from scanner.errors import EngineError, SourceError
from scanner.model import DPI, Page, PageRef, Reason, Unreadable

SUFFIXES = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"})
LONG_SIDE_PX = 4400
"""A4 at 300 dpi has 3,508; larger images are reduced, a 600-dpi sheet is read no better and costs four times more."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of this machine."""

    max_pixels: int = 120_000_000
    max_pages: int = 2_000
    max_bytes: int = 2_000_000_000
    seconds: int = 60  # for rendering one page


def find_sources(paths: Sequence[Path]) -> list[Path]:
    """Files named, and the scans inside folders named, in natural order.

    Raises SourceError when a path does not exist or a folder cannot be opened. Inside a folder only files that look
    like scans count; a file named outright is always taken, to be told what is wrong with it.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _inside(path)
        elif path.exists() or path.is_symlink():
            found.append(path)
        else:
            raise SourceError(f"There is no file or folder {path}.", "Check the path.")
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise SourceError(f"The folder {error.filename} cannot be opened.", "Ask for permission to read it.")

    files = [
        Path(place) / name
        for place, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
    ]
    return sorted(files, key=lambda p: _natural(str(p.relative_to(folder))))


def _natural(name: str) -> list[tuple[int, str]]:
    """ "scan2" before "scan10"."""
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.split(r"(\d+)", name)]


def list_pages(path: Path, limits: Limits) -> list[PageRef] | Unreadable:
    """The pages of one file, each with the file's SHA-256; cheap, nothing is decoded."""
    ref = PageRef(path)
    try:
        size = path.stat().st_size
        if size == 0:
            return Unreadable(ref, Reason("file_empty"))
        if size > limits.max_bytes:
            return Unreadable(ref, Reason("file_too_large", {"mb": size // 1_000_000}))
        ref = replace(ref, sha256=_sha256(path))
    except OSError as error:
        return Unreadable(ref, _os_reason(error))
    count = _count_pdf(path) if _is_pdf(path) else _count_frames(path)
    if isinstance(count, Reason):
        return Unreadable(ref, count)
    if count > limits.max_pages:
        return Unreadable(ref, Reason("too_many_pages", {"pages": count, "most": limits.max_pages}))
    return [replace(ref, number=n) for n in range(1, count + 1)]


def open_page(ref: PageRef, limits: Limits) -> Page | Unreadable:
    """Decode one page, upright, grey (rows, cols) or RGB (rows, cols, 3), no larger than is of use.

    Raises EngineError when the PDF program is not installed; everything else wrong is `Unreadable`.
    """
    if not ref.sha256:
        listed = list_pages(ref.path, limits)
        if isinstance(listed, Unreadable):
            return replace(listed, ref=replace(ref, sha256=listed.ref.sha256))
        ref = replace(ref, sha256=listed[0].sha256)
    try:
        opened = _open_pdf(ref, limits) if _is_pdf(ref.path) else _open_image(ref, limits)
    except OSError as error:
        return Unreadable(ref, _os_reason(error))
    if isinstance(opened, Reason):
        return Unreadable(ref, opened)
    image, dpi = opened
    return Page(ref, *_reduced(image, dpi))


def iter_pages(path: Path, limits: Limits) -> Iterator[Page | Unreadable]:
    """Every page of a file, opened one after another."""
    listed = list_pages(path, limits)
    if isinstance(listed, Unreadable):
        yield listed
        return
    for ref in listed:
        yield open_page(ref, limits)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _os_reason(error: OSError) -> Reason:
    if isinstance(error, FileNotFoundError):
        return Reason("file_gone")
    if isinstance(error, PermissionError):
        return Reason("no_permission")
    if isinstance(error, IsADirectoryError):
        return Reason("not_a_scan")
    return Reason("image_damaged")


def _reduced(image: NDArray[np.uint8], dpi: float | None) -> tuple[NDArray[np.uint8], float | None]:
    factor = LONG_SIDE_PX / max(image.shape[:2])
    if factor >= 0.9:
        return image, dpi
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), None if dpi is None else dpi * factor


# --- PDF ---------------------------------------------------------------------------------------------


def _is_pdf(path: Path) -> bool:
    """By its first bytes where they tell, else by its name."""
    try:
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError:
        return False
    return b"%PDF-" in start or (path.suffix.lower() == ".pdf")


def _pdf_info(path: Path) -> dict[str, object] | Reason:
    try:
        return dict(pdfinfo_from_path(str(path), timeout=30))
    except PDFInfoNotInstalledError:
        raise EngineError(
            "poppler, which opens PDF files, is not installed.", "Install it with: sudo apt-get install poppler-utils"
        ) from None
    except PDFPopplerTimeoutError:
        return Reason("pdf_damaged")
    except (PDFPageCountError, PDFSyntaxError, ValueError, OSError) as error:
        return Reason("pdf_encrypted" if "password" in str(error).lower() else _pdf_or_not(path))


def _pdf_or_not(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return "pdf_damaged" if b"%PDF-" in file.read(1024) else "not_a_pdf"
    except OSError:
        return "file_gone"


def _count_pdf(path: Path) -> int | Reason:
    info = _pdf_info(path)
    if isinstance(info, Reason):
        return info
    pages = int(str(info.get("Pages", 0)))
    return pages if pages > 0 else Reason("pdf_without_pages")


def _open_pdf(ref: PageRef, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    info = _pdf_info(ref.path)
    if isinstance(info, Reason):
        return info
    sides = [float(v) for v in re.findall(r"[\d.]+", str(info.get("Page size", "595 x 842")))[:2]] or [595.0, 842.0]
    dpi = float(DPI)
    while sides[0] * sides[-1] * (dpi / 72) ** 2 > limits.max_pixels / 4 and dpi > 50:
        dpi /= 2  # a poster: render it smaller rather than not at all
    if sides[0] * sides[-1] * (dpi / 72) ** 2 > limits.max_pixels:
        return Reason("image_too_large", {"megapixels": round(sides[0] * sides[-1] * (dpi / 72) ** 2 / 1e6)})
    try:
        found = convert_from_path(
            ref.path, dpi=round(dpi), first_page=ref.number, last_page=ref.number, timeout=limits.seconds
        )
    except PDFPopplerTimeoutError:
        return Reason("pdf_too_slow", {"seconds": limits.seconds})
    except (PDFPageCountError, PDFSyntaxError, ValueError, OSError, Image.DecompressionBombError):
        return Reason("pdf_damaged")
    if not found:
        return Reason("pdf_damaged")
    return _pixels(found[0]), dpi


# --- images ------------------------------------------------------------------------------------------


def _count_frames(path: Path) -> int | Reason:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large images; sizes are checked here
            with Image.open(path) as image:
                return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
    except UnidentifiedImageError:
        return Reason("not_a_scan")
    except PermissionError:
        return Reason("no_permission")
    except Image.DecompressionBombError:
        return Reason("image_too_large", {"megapixels": 180})
    except (OSError, ValueError, SyntaxError, EOFError):
        return Reason("image_damaged")


def _open_image(ref: PageRef, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    count = _count_frames(ref.path)
    if isinstance(count, Reason):
        return count
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(ref.path) as image:
                return _decode(image, ref.number, limits)
    except UnidentifiedImageError:
        return Reason("not_a_scan")
    except PermissionError:
        return Reason("no_permission")
    except Image.DecompressionBombError:
        return Reason("image_too_large", {"megapixels": 180})
    except (OSError, ValueError, SyntaxError, EOFError, IndexError):
        return Reason("image_damaged")


def _decode(image: Image.Image, number: int, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    if number > 1:
        image.seek(number - 1)
    if image.width * image.height > limits.max_pixels:
        return Reason("image_too_large", {"megapixels": round(image.width * image.height / 1e6)})
    dpi, width = _dpi(image), image.width
    if image.format == "JPEG":  # a huge photo is decoded at half its size at once
        image.draft(None, (LONG_SIDE_PX, LONG_SIDE_PX))
    image.load()
    dpi = None if dpi is None else dpi * image.width / width
    return _pixels(ImageOps.exif_transpose(image)), dpi


def _dpi(image: Image.Image) -> float | None:
    """The resolution a file claims; phones claim 72, which says nothing."""
    claimed = image.info.get("dpi")
    if not claimed:
        return None
    try:
        value = float(claimed[0])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return value if 75 < value < 2500 else None


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    """Any mode → grey or RGB; transparency on white, 16 bits to 8."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(paper, layer).convert("RGB")
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float64)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return np.clip(values * (255 / top), 0, 255).astype(np.uint8)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"), np.uint8)
    rgb = np.asarray(image.convert("RGB"), np.uint8)
    grey = bool((rgb[::7, ::7, 0] == rgb[::7, ::7, 1]).all() and (rgb[::7, ::7, 1] == rgb[::7, ::7, 2]).all())
    return np.ascontiguousarray(rgb[..., 1]) if grey else rgb
