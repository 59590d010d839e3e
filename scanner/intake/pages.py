"""Files as they come from scanners and phones → pages: PDF, multi-page TIFF, JPEG, PNG, BMP, WebP.

Sizes are checked before anything is decoded. What cannot be read is an answer with its reason (`Unreadable`): the
rest of the batch goes on. A file that lost a part is refused whole: its missing fields would look empty.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pdf2image import pdfinfo_from_path
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFPopplerTimeoutError

from scanner.errors import EngineError, SourceError
from scanner.intake.decoding import DecodingRefused, all_grey, believed, count_frames, decode, reduction
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
            raise SourceError(f"There is no file or folder {path}.", "Check the path.") from None
        found += _inside(path) if is_folder else [path]
    if not found:
        names = ", ".join(str(p) for p in paths)
        raise SourceError(f"There are no PDF, TIFF, JPEG or PNG files in {names}.", "Name another file or folder.")
    return list(dict.fromkeys(found))


def _closed(folder: Path) -> SourceError:
    return SourceError(f"{folder} cannot be opened.", "Ask for permission to read it.")


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
    return sorted(found + refused, key=lambda p: [_natural(part) for part in p.relative_to(folder).parts])


def _natural(name: str) -> list[tuple[int, str]]:
    """ "scan2" before "scan10"; parts are (number, "") or (-1, text)."""
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", name)]


def list_pages(path: Path, limits: Limits) -> list[PageRef] | Unreadable:
    """The pages of one file, each with the file's SHA-256; cheap, nothing is decoded.

    Raises EngineError when poppler is not installed and the file is a PDF.
    """
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

    `dpi` is that of the pixels delivered, None where the file claims none that can be believed. Raises EngineError
    when poppler is not installed and the file is a PDF; everything else wrong is `Unreadable`.
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

HARMLESS = re.compile(
    rb"xref|trailer|Illegal character|[Aa]nnot|[Oo]utline|ICC|[Cc]olou?r ?profile|[Mm]etadata|JavaScript"
    rb"|extraneous byte"
)
"""Poppler's complaints about what no one sees on the page, and repairs it made."""
COMPLAINT = re.compile(rb"(Syntax|Internal|I/O) Error|Corrupt JPEG|Premature end of JPEG")
SCANNED = 0.7
"""A page whose pictures cover this share of it is a scan: it is rendered at its own resolution."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """The picture that a scanned PDF page consists of."""

    ppi: float
    grey: bool
    pixels: int


def _is_pdf(path: Path) -> bool:
    """By its first bytes, whatever its name. Raises OSError."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _pdf_info(path: Path, number: int) -> dict[str, str | int] | Reason:
    try:
        return dict(pdfinfo_from_path(str(path.absolute()), timeout=INFO_SECONDS, first_page=number, last_page=number))
    except PDFInfoNotInstalledError:
        raise _no_poppler() from None
    except PDFPopplerTimeoutError:
        return Reason("pdf_too_slow", {"seconds": INFO_SECONDS})
    except (PDFPageCountError, ValueError) as error:
        if last := re.search(r"after the last page \((\d+)\)", str(error)):
            return Reason("page_missing", {"page": number}) if int(last[1]) else Reason("pdf_without_pages")
        locked = re.search(r"password|encrypt|security handler", str(error), re.IGNORECASE)
        return Reason("pdf_encrypted" if locked else "pdf_damaged")


def _no_poppler() -> EngineError:
    return EngineError(
        "poppler, which opens PDF files, is not installed.",
        "Install poppler-utils (Debian, Ubuntu: sudo apt-get install poppler-utils), then run sohoa doctor.",
    )


def _count_pdf(path: Path) -> int | Reason:
    info = _pdf_info(path, 1)
    if isinstance(info, Reason):
        return info
    return int(info.get("Pages", 0)) or Reason("pdf_without_pages")


def _open_pdf(ref: PageRef, limits: Limits) -> tuple[NDArray[np.uint8], float | None] | Reason:
    """Render a page: a scan at its own resolution and colour, anything else in colour at 300 dpi; its crop box."""
    info = _pdf_info(ref.path, ref.number)
    if isinstance(info, Reason):
        return info
    inches = _sheet(info)
    if inches is None:
        return Reason("pdf_damaged")
    scan = _scan_on(ref, inches, limits)
    if isinstance(scan, Reason):
        return scan
    if scan is not None and scan.pixels > limits.max_pixels:
        return Reason("image_too_large", {"megapixels": round(scan.pixels / 1e6)})
    dpi = scan.ppi if scan else float(DPI)
    dpi *= reduction(max(inches) * dpi)
    dpi = min(dpi, 0.99 * math.sqrt(limits.max_pixels / (inches[0] * inches[1])))  # poppler rounds up
    if min(inches) * dpi < 1:
        return Reason("pdf_damaged")
    image = _rendered(ref, dpi, scan is not None and scan.grey, limits)
    if isinstance(image, Reason):
        return image
    return image, dpi if scan is None else believed(dpi, max(image.shape[:2]))


def _sheet(info: dict[str, str | int]) -> tuple[float, float] | None:
    """The page's size in inches."""
    lines = [str(value) for name, value in info.items() if re.fullmatch(r"Page\s+\d+ size|Page size", name)]
    sides = re.findall(r"[\d.]+", lines[0])[:2] if lines else []
    if len(sides) < 2 or min(float(s) for s in sides) <= 0:
        return None
    return float(sides[0]) / 72, float(sides[1]) / 72


def _scan_on(ref: PageRef, inches: tuple[float, float], limits: Limits) -> _Scan | Reason | None:
    """The pictures of a page, as poppler lists them, where they cover it; a stencil over them may be the finest."""
    listed = _poppler("pdfimages", ["-list", *_only(ref)], limits.seconds)
    if isinstance(listed, Reason):
        return listed
    covered, ppi, grey, pixels = 0.0, 0.0, True, 0
    for line in listed.stdout.decode("ascii", "ignore").splitlines()[2:]:
        words = line.split()
        try:
            size, density = (int(words[3]), int(words[4])), (float(words[-4]), float(words[-3]))
        except (IndexError, ValueError):
            continue
        pixels = max(pixels, size[0] * size[1])
        if words[2] in ("mask", "smask") or min(density) <= 0:
            continue
        share = size[0] / density[0] * size[1] / density[1] / (inches[0] * inches[1])
        if share > 0.02:
            covered, ppi, grey = covered + share, max(ppi, *density), grey and words[5] == "gray"
    if covered < SCANNED:
        return _Scan(float(DPI), False, pixels) if pixels > limits.max_pixels else None
    return _Scan(ppi, grey, pixels)


def _rendered(ref: PageRef, dpi: float, grey: bool, limits: Limits) -> NDArray[np.uint8] | Reason:
    """One page through pdftoppm. What it complains of counts: it draws half a scan and reports success."""
    drawn = _poppler(
        "pdftoppm", ["-r", f"{dpi:.4f}", "-cropbox", *(["-gray"] if grey else []), *_only(ref)], limits.seconds
    )
    if isinstance(drawn, Reason):
        return drawn
    complaints = [line for line in drawn.stderr.splitlines() if COMPLAINT.match(line) and not HARMLESS.search(line)]
    if drawn.returncode != 0 or not drawn.stdout or complaints:
        return Reason("pdf_damaged")
    return _from_pnm(drawn.stdout)


def _from_pnm(data: bytes) -> NDArray[np.uint8] | Reason:
    header = re.match(rb"P([56])\s+(\d+)\s+(\d+)\s+255\s", data)
    if header is None:
        return Reason("pdf_damaged")
    shape = (int(header[3]), int(header[2])) + ((3,) if header[1] == b"6" else ())
    pixels = np.frombuffer(data, np.uint8, offset=header.end())
    if pixels.size != math.prod(shape):
        return Reason("pdf_damaged")
    pixels = pixels.reshape(shape)
    return np.array(pixels[..., 0] if pixels.ndim == 3 and all_grey(pixels) else pixels)  # a copy lets go of `data`


def _only(ref: PageRef) -> list[str]:
    return ["-f", str(ref.number), "-l", str(ref.number), str(ref.path.absolute())]


def _poppler(program: str, options: list[str], seconds: int) -> subprocess.CompletedProcess[bytes] | Reason:
    quiet = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows alone has it
    try:
        return subprocess.run(
            [program, *options], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, creationflags=quiet
        )
    except subprocess.TimeoutExpired:
        return Reason("pdf_too_slow", {"seconds": seconds})
    except OSError:
        raise _no_poppler() from None
