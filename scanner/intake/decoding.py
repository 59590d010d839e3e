"""Image files → arrays: every mode, turned upright, no larger than is of use, and never a part of what was there."""

from __future__ import annotations

import io
import math
import mmap
import os
import re
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin, UnidentifiedImageError
from PIL.Image import Transpose

from scanner.model import Reason

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
STREAM_FORMATS = ("JPEG", "JPEG2000")
"""Image files that stand inside a PDF as they are."""
MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"BM", b"RIFF")
ONE_BYTE = frozenset({"1", "L"})
"""Modes of a byte a pixel. Colour takes four to decode, save in JPEG, which is decoded at a part of its size."""
LONG_SIDE_PX = 5000
"""A3 at 300 dpi has 4,961 px. Larger images are reduced: 600 dpi read no better and cost four times as much."""
ENOUGH_PX = 3200
"""A4 at 274 dpi: an image is divided by a whole number (sharp and cheap) only where this much is left."""
SCREEN_DPI = 100
"""Below it a claim says nothing: 72 and 96 are what phones and screens write into every file."""
SHEET_MM = (140.0, 450.0)
"""Long sides of sheets that a claimed resolution may imply: A6 to A3."""
EXIF_ORIENTATION, EXIF_IFD, CAMERA_TAGS = 0x0112, 0x8769, (0x829A, 0x829D, 0x920A)
"""Exposure time, aperture, focal length: cameras write them, scanners do not."""
SUBFILE_TYPE, THUMBNAIL, PHOTOMETRIC, WHITE_IS_ZERO = 254, 1, 262, 0
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


PADDING_BYTES = 64
"""Bytes that some writers leave between the image and a marker; where data was lost, thousands are left over."""


class DecodingRefused(Exception):
    """This image is not decoded, and why."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.reason = Reason(code, params)


def count_frames(path: Path, most: int) -> int:
    """How many pages an image file holds, counted no further than most + 1. Raises DecodingRefused, OSError."""
    with _opened(path) as image:
        return sum(1 for _ in islice(_frames(image), most + 1))


def decode(path: Path, number: int, max_pixels: int) -> tuple[NDArray[np.uint8], float | None]:
    """Page `number` (from 1) as grey (rows, cols) or RGB (rows, cols, 3), and the dpi of these pixels.

    Raises DecodingRefused, OSError.
    """
    with _opened(path) as image:
        if next(islice(_frames(image), number - 1, None), None) is None:
            raise DecodingRefused("page_missing", page=number)
        _check_size(image, max_pixels)
        _check_whole(path, image)
        return _pixels(image)


def decode_stream(data: bytes, max_pixels: int) -> NDArray[np.uint8] | None:
    """JPEG or JPEG 2000 data as it stands in a PDF → uint8 grey or RGB; its orientation and density do not count.

    None where its colours are others, such as CMYK. Raises DecodingRefused. Whether JPEG data is whole,
    `is_whole_jpeg` says.
    """
    with _opened(io.BytesIO(data), STREAM_FORMATS) as image:
        _check_size(image, max_pixels)
        return _reduced(image) if image.mode in ("L", "RGB") else None


def decode_bilevel(data: bytes) -> NDArray[np.uint8] | None:
    """A bilevel TIFF → uint8 (rows, cols) of 0 and 255; None where libtiff complains of it."""
    try:
        with _opened(io.BytesIO(data)) as image, _overheard(LIBTIFF) as complaints:
            pixels = np.asarray(image.convert("L"))
    except DecodingRefused:
        return None
    return None if complaints else pixels


def is_whole_jpeg(data: bytes) -> bool:
    """Whether libjpeg decodes JPEG data without a complaint; at an eighth of the size, which is cheap."""
    with _lock, _overheard(LIBJPEG) as complaints:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    extraneous = [re.search(rb"(\d+) extraneous bytes", line) for line in complaints]
    return decoded is not None and all(found and int(found[1]) <= PADDING_BYTES for found in extraneous)


def reduction(long_side: float) -> float:
    """What to multiply an image's size with, ≤ 1, that its long side be 5,000 px at most."""
    parts = math.ceil(long_side / LONG_SIDE_PX)
    if parts <= 1:
        return 1.0
    return 1 / parts if long_side / parts >= ENOUGH_PX else 0.88 * LONG_SIDE_PX / long_side


def believed(dpi: float, long_side: float) -> float | None:
    """A claimed resolution, or None where no sheet of paper has the size that it implies."""
    if not SCREEN_DPI <= dpi < 2500:
        return None
    return dpi if SHEET_MM[0] <= long_side / dpi * 25.4 <= SHEET_MM[1] else None


def grey_or_rgb(image: Image.Image, factor: float = 1.0) -> NDArray[np.uint8]:
    """Any mode → uint8 grey or RGB, reduced by `factor` ≤ 1; transparency on white, 16 bits to 8.

    RGB whose channels are all the same becomes grey.
    """
    if image.mode.startswith(("I", "F")):
        return _resized(_to_8_bits(image), factor)
    image, factor = _divided(_even(image), factor)
    if image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    pixels = np.asarray(image, np.uint8)
    if pixels.ndim == 3 and all_grey(pixels):
        pixels = np.ascontiguousarray(pixels[..., 1])
    return _resized(pixels, factor)


def all_grey(rgb: NDArray[np.uint8]) -> bool:
    """Whether the three channels are the same everywhere."""
    for step in (7, 1):  # most colour pages are told apart by a fiftieth of their pixels
        part = rgb[::step, ::step]
        if not (np.array_equal(part[..., 0], part[..., 1]) and np.array_equal(part[..., 1], part[..., 2])):
            return False
    return True


# --- opening -----------------------------------------------------------------------------------------------


_lock = threading.Lock()


@contextmanager
def _opened(source: Path | io.BytesIO, formats: tuple[str, ...] = FORMATS) -> Iterator[Image.Image]:
    """An image file, its header read. Whatever the decoders raise on broken bytes becomes DecodingRefused."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd EXIF and of sizes, which are checked here
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        forced, TiffImagePlugin.READ_LIBTIFF = TiffImagePlugin.READ_LIBTIFF, True  # else raw ones are turned twice
        try:
            with Image.open(source, formats=formats) as image:
                yield image
        except DecodingRefused:
            raise
        except UnidentifiedImageError:
            with nullcontext(source) if isinstance(source, io.BytesIO) else source.open("rb") as file:
                file.seek(0)
                raise DecodingRefused("image_damaged" if file.read(8).startswith(MAGIC) else "not_a_scan") from None
        except OSError as error:
            if error.errno is not None:
                raise  # the disk's or the system's, not the image's
            raise DecodingRefused("image_cut_off" if "truncated" in str(error) else "image_damaged") from None
        except Exception:  # the decoders' own: SyntaxError, struct.error, KeyError, EOFError, … all mean broken bytes
            raise DecodingRefused("image_damaged") from None
        finally:
            Image.MAX_IMAGE_PIXELS, TiffImagePlugin.READ_LIBTIFF = limit, forced


def _frames(image: Image.Image) -> Iterator[int]:
    """Go to each frame that is a page: in a TIFF all but thumbnails, else the first alone."""
    yield 0
    for n in count(1) if image.format == "TIFF" else ():
        try:
            image.seek(n)
        except EOFError:
            return
        if not _tag(image, SUBFILE_TYPE) & THUMBNAIL:
            yield n


def _tag(image: Image.Image, tag: int) -> int:
    tags = getattr(image, "tag_v2", {})
    value = tags.get(tag, 0)
    return value if isinstance(value, int) else 0


def _check_size(image: Image.Image, max_pixels: int) -> None:
    """Raises DecodingRefused where decoding would take more memory than `max_pixels` allow."""
    pixels = image.width * image.height
    if pixels > (max_pixels if image.mode in ONE_BYTE or image.format in ("JPEG", "MPO") else max_pixels * 2 / 3):
        raise DecodingRefused("image_too_large", megapixels=round(pixels / 1e6))


def _check_whole(path: Path, image: Image.Image) -> None:
    """Raises DecodingRefused where a decoder would fill what is missing without a word."""
    if image.format not in ("JPEG", "MPO", "PNG"):
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if not (data.find(b"IEND") > 0 if image.format == "PNG" else _jpeg_is_whole(data)):
            raise DecodingRefused("image_cut_off")
    if image.format == "PNG":
        with Image.open(path, formats=("PNG",)) as again:
            again.verify()  # the checksums of all chunks, which loading does not look at


MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])", re.DOTALL)
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
BETWEEN_SCANS = frozenset({0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})


def _jpeg_is_whole(data: mmap.mmap | bytes) -> bool:
    """Whether all scans run to the end marker (ITU-T T.81, annex B); what follows it, phones use for films and maps."""
    at, scanning = 2, False
    while found := MARKER.search(data, at):
        marker = found[1][0]
        if marker == END_OF_IMAGE:
            return scanning
        if scanning and marker not in BETWEEN_SCANS:
            return False
        scanning = scanning or marker == START_OF_SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return False


# --- pixels ------------------------------------------------------------------------------------------------


def _pixels(image: Image.Image) -> tuple[NDArray[np.uint8], float | None]:
    size, densities, turn = image.size, _densities(image), _orientation(image)
    pixels = _reduced(image)
    if _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO and image.format == "TIFF" and image.mode.startswith("I;16"):
        pixels = 255 - pixels
    dpi = believed(max(densities), max(size)) if densities else None
    if densities and dpi is not None and min(densities) < 0.95 * dpi and image.size == size:
        pixels = squared(pixels, densities)
    if turn in UPRIGHT:
        pixels = np.array(Image.fromarray(pixels).transpose(UPRIGHT[turn]))
    return pixels, None if dpi is None else dpi * _long_side(size) / max(size)


def _long_side(size: tuple[int, int]) -> int:
    """What the long side of an image becomes, px."""
    return round(max(size) * reduction(max(size)))


def _reduced(image: Image.Image) -> NDArray[np.uint8]:
    """Decode an image, no larger than is of use. Raises DecodingRefused."""
    size, long_side = image.size, _long_side(image.size)
    image.draft(None, (size[0] * long_side // max(size), size[1] * long_side // max(size)))
    if image.format == "TIFF":
        with _overheard(LIBTIFF) as complaints:
            image.load()
        if complaints:
            raise DecodingRefused("image_damaged")
    image.load()
    return grey_or_rgb(image, min(1.0, long_side / max(image.size)))


def _densities(image: Image.Image) -> tuple[float, float] | None:
    """Claimed dpi along x and y; a camera's claim says nothing of the sheet."""
    with suppress(Exception):  # broken EXIF does not make a page unreadable
        camera = image.getexif().get_ifd(EXIF_IFD)
        if any(tag in camera for tag in CAMERA_TAGS):
            return None
    with suppress(TypeError, ValueError, ZeroDivisionError, IndexError, KeyError):
        x, y = (float(v) for v in image.info["dpi"][:2])
        if x > 0 and y > 0 and math.isfinite(x + y):
            return x, y
    return None


def _orientation(image: Image.Image) -> int:
    """How the file says it must be turned; Pillow turns TIFF by itself."""
    if image.format == "TIFF":
        return 1
    with suppress(Exception):
        return int(image.getexif().get(EXIF_ORIENTATION, 1))
    return 1


def squared(pixels: NDArray[np.uint8], densities: tuple[float, float]) -> NDArray[np.uint8]:
    """Stretched until both densities (dpi along x and y) are the finer one: fax machines scan 204 × 98 dpi."""
    x, y = densities
    finer = max(x, y)
    size = (round(pixels.shape[1] * finer / x), round(pixels.shape[0] * finer / y))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _even(image: Image.Image) -> Image.Image:
    """A mode whose pixels can be averaged. Converting to the same mode would copy a large image."""
    if image.mode in ("L", "RGB", "RGBA", "CMYK") and "transparency" not in image.info:
        return image
    if image.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode == "LAB":
        return image.getchannel(0)
    return image.convert("L" if image.mode == "1" else "RGB")


def _divided(image: Image.Image, factor: float) -> tuple[Image.Image, float]:
    """Reduced by a whole number, the large image let go, and what is left to do."""
    parts = int(1 / factor + 1e-6)
    if parts <= 1:
        return image, factor
    small = image.reduce(parts)
    image.close()
    return small, factor * parts


def _to_8_bits(image: Image.Image) -> NDArray[np.uint8]:
    values = np.asarray(image)
    if values.dtype.itemsize == 2:
        return (values >> 8).astype(np.uint8)
    most = float(values.max(initial=0))
    top = next((t for t in (1.0, 255.0, 65535.0) if most <= t and (t > 1 or values.dtype.kind == "f")), most)
    return np.asarray(np.clip(values * np.float32(255 / top), 0, 255), np.uint8)


def _resized(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    if factor > 0.995:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


LIBTIFF = re.compile(
    rb"^(?:_?TIFF|Fax|LZW|JPEG|OJPEG|ZIP|Zlib|PackBits|Pixar|ZSTD|LZMA|WebP|LERC|SGI|Log|Predictor|tempfile.tif)"
    rb"[\w.]*: .*\n?",
    re.MULTILINE,
)


LIBJPEG = re.compile(
    rb"^(?:Corrupt JPEG data|Premature end of JPEG file|Invalid (?:SOS|JPEG)|Unsupported).*\n?", re.MULTILINE
)


@contextmanager
def _overheard(pattern: re.Pattern[bytes]) -> Iterator[list[bytes]]:
    """The lines of a library's complaints, filled in at the end; they go to the process's standard error.

    libtiff fills damaged fax rows, libjpeg damaged blocks, and both report success: their words are all there is to
    know it by. What others say meanwhile is passed on.
    """
    heard: list[bytes] = []
    with ExitStack() as ends:
        try:
            file = ends.enter_context(tempfile.TemporaryFile())
            kept = os.dup(2)
        except OSError:  # no standard error (a service), no temporary folder: then it cannot be heard
            yield heard
            return
        os.dup2(file.fileno(), 2)
        try:
            yield heard
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            words = file.read()
            heard += pattern.findall(words)
            if rest := pattern.sub(b"", words):
                os.write(2, rest)
