"""Files as they come from scanners and phones → pages: PDF, multi-page TIFF, JPEG, PNG, BMP, WebP.

Sizes are checked before anything is decoded. What cannot be read is an answer with its reason (`Unreadable`): the
rest of the batch goes on. A file that lost a part is refused whole: its missing fields would look empty.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scanner.errors import SourceError
from scanner.files import natural_key
from scanner.intake.decoding import DecodingRefused, believed, count_frames, decode, reduction, squared
from scanner.intake.pdf.client import PdfRefused
from scanner.intake.pdf.document import (
    PdfPage,
    count_pages,
    inspect_page,
    render_page,
    stored_pixels,
    upright,
    verify_images,
)
from scanner.model import DPI, Page, PageRef, Reason, Unreadable

SUFFIXES = frozenset(".pdf .tif .tiff .jpg .jpeg .jpe .jfif .png .bmp .webp .heic .heif".split())
"""What counts as a scan inside a folder. HEIC cannot be read, but must be told, not passed over."""
NOT_OURS = frozenset({"$RECYCLE.BIN", "System Volume Information", "@eaDir"})
CHUNK = 1 << 20
INFO_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of this machine."""

    max_pixels: int = 120_000_000  # of one page; two thirds of it in colour, so that a worker stays below 600 MB
    max_pages: int = 2_000  # of one file
    max_bytes: int = 2_000_000_000
    seconds: int = 60  # for rendering one page of a PDF


# --- files ---------------------------------------------------------------------------------------------


def find_sources(paths: Sequence[Path]) -> list[Path]:
    """Files named, and the scans inside folders named, each folder in natural order.

    Inside a folder only names that look like scans count, links to folders are not followed, hidden ones are passed
    over; a file named outright is always taken, to be told what is wrong with it. A sub-folder that cannot be opened
    stands in the list itself: `list_pages` says why. Raises SourceError when a path does not exist, when a folder
    named cannot be opened, or when there is nothing at all.
    """
    found: list[Path] = []
    for path in paths:
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        except PermissionError:
            raise _closed(path) from None
        except (OSError, ValueError):
            raise SourceError("no_such_path", path=path) from None
        found += _inside(path) if is_folder else [path]
    if not found:
        names = ", ".join(str(p) for p in paths)
        raise SourceError("no_pages_found", folders=names)
    return list(dict.fromkeys(found))


def _closed(folder: Path) -> SourceError:
    return SourceError("folder_unreadable", folder=folder)


def _inside(folder: Path) -> list[Path]:
    refused: list[Path] = []
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=lambda e: refused.append(Path(e.filename))):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in NOT_OURS]
        found += [
            Path(place) / n for n in names if Path(n).suffix.lower() in SUFFIXES and not n.startswith((".", "~$"))
        ]
    if folder in refused:
        raise _closed(folder)
    return sorted(found + refused, key=lambda p: [natural_key(part) for part in p.relative_to(folder).parts])


def list_pages(path: Path, limits: Limits) -> list[PageRef] | Unreadable:
    """The pages of one file, each with the file's SHA-256; cheap, nothing is decoded."""
    ref = PageRef(path)
    try:
        unfit = _unfit(path, limits)
        if unfit is not None:
            return Unreadable(ref, unfit)
        ref = replace(ref, sha256=_sha256(path))
        count = _count_pdf(path) if _is_pdf(path) else _count_frames(path, limits)
    except OSError as error:
        return Unreadable(ref, _os_reason(error))
    if isinstance(count, Reason):
        return Unreadable(ref, count)
    if count > limits.max_pages:
        return Unreadable(ref, Reason("too_many_pages", {"most": limits.max_pages}))
    return [replace(ref, number=n) for n in range(1, count + 1)]


def open_page(ref: PageRef, limits: Limits) -> Page | Unreadable:
    """Decode one page, upright, grey (rows, cols) or RGB (rows, cols, 3), its long side 5,000 px at most.

    `dpi` is that of the pixels delivered, None where the file claims none that can be believed. What is wrong with
    the file is `Unreadable`.
    """
    if not ref.sha256:
        listed = list_pages(ref.path, limits)
        if isinstance(listed, Unreadable):
            return Unreadable(replace(ref, sha256=listed.ref.sha256), listed.reason)
        ref = replace(ref, sha256=listed[0].sha256)
    try:
        opened = _unfit(ref.path, limits) or (_open_pdf if _is_pdf(ref.path) else _open_image)(ref, limits)
    except OSError as error:
        return Unreadable(ref, _os_reason(error))
    return Unreadable(ref, opened) if isinstance(opened, Reason) else Page(ref, *opened)


def _unfit(path: Path, limits: Limits) -> Reason | None:
    """Why a file is not even opened. Raises OSError."""
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        return Reason("folder_no_permission")  # `find_sources` names no other folder
    if not stat.S_ISREG(about.st_mode):
        return Reason("not_a_scan")
    if about.st_size == 0:
        return Reason("file_empty")
    if about.st_size > limits.max_bytes:
        return Reason("file_too_large", {"mb": about.st_size // 1_000_000})
    return None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _os_reason(error: OSError) -> Reason:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Reason("file_gone")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Reason("no_permission")
    return Reason("file_unreadable")


# --- images ----------------------------------------------------------------------------------------------


def _count_frames(path: Path, limits: Limits) -> int | Reason:
    try:
        return count_frames(path, limits.max_pages)
    except DecodingRefused as refusal:
        named_pdf = refusal.reason.code == "not_a_scan" and path.suffix.lower() == ".pdf"
        return Reason("not_a_pdf") if named_pdf else refusal.reason


def _open_image(ref: PageRef, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    try:
        return decode(ref.path, ref.number, limits.max_pixels)
    except DecodingRefused as refusal:
        return refusal.reason


# --- PDF -------------------------------------------------------------------------------------------------

SCANNED = 0.7
"""A page whose images cover this share of it is a scan: it comes at its own resolution."""
LEAST_SHARE = 0.02
"""Smaller images on a page are logos and lines: its resolution is not theirs."""
SQUARE = 0.95
"""Ratio of the two densities of an image above which it is not stretched, as in `decoding`."""


def _is_pdf(path: Path) -> bool:
    """By its first bytes, whatever its name. Raises OSError."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _count_pdf(path: Path) -> int | Reason:
    try:
        return count_pages(path, INFO_SECONDS)
    except PdfRefused as refusal:
        return refusal.reason


def _open_pdf(ref: PageRef, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    """A page of a PDF, its crop box: a scan as it is stored, or at its own resolution; anything else at 300 dpi."""
    try:
        page = inspect_page(ref.path, ref.number, limits.seconds)
        pixels = max((image.pixels[0] * image.pixels[1] for image in page.images), default=0)
        if pixels > limits.max_pixels:
            return Reason("image_too_large", {"megapixels": round(pixels / 1e6)})
        page = verify_images(page, limits.seconds)
        return _stored_scan(page, limits) or _rendered(page, limits)
    except (PdfRefused, DecodingRefused) as refusal:
        return refusal.reason


def _stored_scan(page: PdfPage, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | None:
    """The image that a page consists of, not rendered, and its dpi; None where it must be.

    Raises PdfRefused, DecodingRefused, OSError.
    """
    image = page.sole_image()
    stored = None if image is None else stored_pixels(image, page, limits.max_pixels, limits.seconds)
    if image is None or stored is None:
        return None
    factor = max(stored.shape[:2]) / max(image.pixels)
    across, along = (ppi * factor for ppi in image.ppi)
    if min(across, along) < SQUARE * max(across, along):
        stored = squared(stored, (across, along))
    seen = upright(stored, image, page.size)
    return seen, believed(max(across, along), max(seen.shape[:2]))


def _rendered(page: PdfPage, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    """A page drawn: a scan in several parts at its own resolution, anything else in colour at 300 dpi.

    Raises PdfRefused, OSError.
    """
    width, height = page.inches
    parts = [i for i in page.images if not i.stencil and i.area > LEAST_SHARE * page.size[0] * page.size[1]]
    is_scan = sum(image.area for image in parts) >= SCANNED * page.size[0] * page.size[1]
    fine = [max(i.ppi) for i in page.images if i.area > LEAST_SHARE * page.size[0] * page.size[1]]
    dpi = max(fine) if is_scan else float(DPI)
    dpi *= reduction(max(width, height) * dpi)
    dpi = min(dpi, 0.99 * math.sqrt(limits.max_pixels / (width * height)))
    if min(width, height) * dpi < 1:
        return Reason("pdf_damaged")
    drawn = render_page(page, dpi, is_scan and all(image.grey for image in parts), limits.seconds)
    return drawn, believed(dpi, max(drawn.shape[:2])) if is_scan else dpi
