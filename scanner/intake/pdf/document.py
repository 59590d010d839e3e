"""Pages of PDF files: how many, how large, of which images they consist, and their pixels.

PDFium first; poppler through pdf2image where PDFium refuses a file and poppler is installed. PDFium draws what is left
of a damaged file without a word, so what it does not complain of is looked at here: lost data is a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner.intake.decoding import all_grey, decode_stream, grey_or_rgb, reduction
from scanner.intake.pdf import poppler
from scanner.intake.pdf.client import PdfiumRefused, PdfRefused, pdfium
from scanner.intake.pdf.streams import CCITT, JPEG, JPEG_2000, is_whole, is_whole_fax

Vector = tuple[float, float]
Read = TypeVar("Read")
EDGE = 0.01
"""An image covers a page when it comes so near to each edge, as a share of the page's side."""
SKEW = 0.0005
"""An image turned by less than this (0.03°) lies straight: a scanner's rounding, not a turn."""
POINTS_PER_INCH = 72.0


@dataclass(frozen=True, slots=True, eq=False)
class PageImage:
    """An image on a page, as it is stored.

    `corner`, `right` and `down` are its top left corner and its first row and column in points, in the page as it is
    seen: from the top left, y downwards.
    """

    pixels: tuple[int, int]  # width, height as stored
    corner: Vector
    right: Vector
    down: Vector
    filter: str  # the name of its compression in PDF
    grey: bool
    rgb: bool
    plain: bool  # opaque, on the page itself, not clipped
    stencil: bool  # its data says where ink goes, not which ink
    data: bytes  # compressed, of JPEG, JPEG 2000 and CCITT images; empty for others

    @property
    def ppi(self) -> Vector:
        """Pixels an inch along its rows and its columns."""
        sides = np.hypot(*self.right), np.hypot(*self.down)
        across, along = (n * POINTS_PER_INCH / max(side, 1e-9) for n, side in zip(self.pixels, sides, strict=True))
        return round(float(across), 3), round(float(along), 3)  # matrices have seven digits

    @property
    def area(self) -> float:
        """Square points on the page."""
        return abs(self.right[0] * self.down[1] - self.right[1] * self.down[0])


@dataclass(frozen=True, slots=True, eq=False)
class PdfPage:
    """One page as it is seen: its crop box, turned as the file says. `size` is its width and height in points."""

    path: Path
    number: int
    size: Vector
    images: tuple[PageImage, ...]
    only_images: bool  # nothing else is drawn
    by_poppler: bool = False

    @property
    def inches(self) -> Vector:
        """Width and height."""
        return self.size[0] / POINTS_PER_INCH, self.size[1] / POINTS_PER_INCH

    def sole_image(self) -> PageImage | None:
        """The image that covers the page and is all there is on it, straight and with square corners."""
        if not self.only_images or len(self.images) != 1 or not self.images[0].plain:
            return None
        image = self.images[0]
        return image if (image.grey or image.rgb) and _lies_straight(image) and _covers(image, self.size) else None


def count_pages(path: Path, seconds: int) -> int:
    """How many pages a PDF file has, at least 1. Raises PdfRefused, OSError."""
    try:
        pages = int(pdfium().request("count", path, seconds)[0]["pages"])
    except PdfiumRefused as refusal:
        pages = _by_poppler(refusal, lambda: poppler.count_pages(path, seconds))
    if pages < 1:
        raise PdfRefused("pdf_without_pages")
    return pages


def inspect_page(path: Path, number: int, seconds: int) -> PdfPage:
    """What page `number`, from 1, consists of; nothing is decoded. Raises PdfRefused, OSError.

    A page with an image that lost a part is refused ("pdf_damaged").
    """
    try:
        about, data = pdfium().request("page", path, seconds, number=number)
    except PdfiumRefused as refusal:
        size = _by_poppler(refusal, lambda: poppler.page_size(path, number, seconds))
        return PdfPage(path, number, size, (), only_images=False, by_poppler=True)
    size = (float(about["size"][0]), float(about["size"][1]))
    if min(size) <= 0:
        raise PdfRefused("pdf_damaged")
    images, at = [], 0
    for stored in about["images"]:
        part, at = data[at : at + stored["bytes"]], at + stored["bytes"]
        images.append(_placed(stored, part, about))
        if not stored["whole"]:
            raise PdfRefused("pdf_damaged")
    return PdfPage(path, number, size, tuple(images), about["only_images"] and not about["masks"])


def verify_images(page: PdfPage, seconds: int) -> PdfPage:
    """The page, its images known to be whole; to be drawn by poppler, where only poppler can say so.

    Apart from `inspect_page`, so that sizes can be refused before anything is decoded. Raises PdfRefused
    ("pdf_damaged"), OSError.
    """
    for index, image in enumerate(page.images):
        if not is_whole(image.filter, image.data):
            raise PdfRefused("pdf_damaged")
        if image.filter == CCITT and not is_whole_fax(image.data, _bitmap(page, index, seconds)):
            return replace(page, only_images=False, by_poppler=True)
    return page


def render_page(page: PdfPage, dpi: float, grey: bool, seconds: int) -> NDArray[np.uint8]:
    """A page at `dpi` as uint8 grey (rows, cols) or RGB (rows, cols, 3), on white. Raises PdfRefused, OSError.

    RGB whose channels are all the same becomes grey. PDFium widens filled rectangles to whole pixels, so that their
    edges lie up to a pixel outside.
    """
    width, height = (max(1, round(side * dpi)) for side in page.inches)
    how = {"number": page.number, "width": width, "height": height, "grey": grey}
    refusal = PdfRefused("pdf_damaged")
    if not page.by_poppler:
        try:
            return _pixels(*pdfium().request("render", page.path, seconds, **how))
        except PdfiumRefused as error:
            refusal = error
    pixels = _by_poppler(refusal, lambda: poppler.render(page.path, page.number, dpi, grey, seconds))
    return np.ascontiguousarray(pixels[..., 1]) if pixels.ndim == 3 and all_grey(pixels) else pixels


def stored_pixels(image: PageImage, page: PdfPage, max_pixels: int, seconds: int) -> NDArray[np.uint8] | None:
    """The pixels of a page's only image as they are stored, uint8 grey (rows, cols) or RGB (rows, cols, 3).

    Its long side is 5,000 px at most, as for image files. None where its compression is not taken apart here, or its
    colours are not what they seem. Raises PdfRefused, DecodingRefused, OSError.
    """
    if image.filter == CCITT:  # by PDFium, which knows whether its runs are black or white
        bitmap = _bitmap(page, 0, seconds)
        return grey_or_rgb(Image.fromarray(bitmap), reduction(max(bitmap.shape)))
    return decode_stream(image.data, max_pixels) if image.filter in (JPEG, JPEG_2000) else None


def _bitmap(page: PdfPage, index: int, seconds: int) -> NDArray[np.uint8]:
    """A bilevel or grey image of the page at its own resolution, as PDFium decodes it: uint8 (rows, cols)."""
    return _pixels(*pdfium().request("bitmap", page.path, seconds, number=page.number, index=index))


# --- images on the page ----------------------------------------------------------------------------------


def _placed(stored: dict[str, Any], data: bytes, about: dict[str, Any]) -> PageImage:
    """An image from its matrix, which maps the unit square (origin below left) to points of the unturned page."""
    a, b, c, d, e, f = stored["matrix"]
    box, turn = about["box"], about["turn"]
    corner, right, low = (_seen(x, y, box, turn) for x, y in ((c + e, d + f), (a + c + e, b + d + f), (e, f)))
    return PageImage(
        pixels=(int(stored["pixels"][0]), int(stored["pixels"][1])),
        corner=corner,
        right=(right[0] - corner[0], right[1] - corner[1]),
        down=(low[0] - corner[0], low[1] - corner[1]),
        filter=stored["filter"], grey=stored["grey"], rgb=stored["rgb"], plain=stored["plain"],
        stencil=stored["stencil"], data=data,
    )  # fmt: skip


def _seen(x: float, y: float, box: list[float], turn: int) -> Vector:
    """A point of the unturned page → of the page as it is seen; `turn` is clockwise, `box` left, bottom, right, top."""
    left, bottom, right, top = box
    match turn:
        case 90:
            return y - bottom, x - left
        case 180:
            return right - x, y - bottom
        case 270:
            return top - y, right - x
    return x - left, top - y


def _lies_straight(image: PageImage) -> bool:
    sides = (image.right, image.down)
    return all(min(abs(v[0]), abs(v[1])) <= SKEW * max(abs(v[0]), abs(v[1])) for v in sides) and image.area > 0


def _covers(image: PageImage, size: Vector) -> bool:
    far = tuple(c + r + d for c, r, d in zip(image.corner, image.right, image.down, strict=True))
    for one, other, side in zip(image.corner, far, size, strict=True):
        if min(one, other) > EDGE * side or max(one, other) < (1 - EDGE) * side:
            return False
    return True


def upright(pixels: NDArray[np.uint8], image: PageImage, size: Vector) -> NDArray[np.uint8]:
    """The stored pixels of an image that lies straight, turned as the page shows them, cut to the page's edges.

    Nothing is resampled: each pixel of the answer is one of the image's. `size` is the page's, in points.
    """
    across, along = image.right, image.down
    if abs(across[1]) > abs(across[0]):  # its rows run down the page
        pixels = pixels.swapaxes(0, 1)
        across, along = along, across
    if across[0] < 0:
        pixels = pixels[:, ::-1]
    if along[1] < 0:
        pixels = pixels[::-1]
    far = tuple(c + r + d for c, r, d in zip(image.corner, image.right, image.down, strict=True))
    cuts = []
    for axis, side in ((1, size[1]), (0, size[0])):
        low, high = sorted((image.corner[axis], far[axis]))
        scale = pixels.shape[1 - axis] / (high - low)
        before, behind = round(max(0.0, -low) * scale), round(max(0.0, high - side) * scale)
        cuts.append(slice(before, pixels.shape[1 - axis] - behind))
    return np.ascontiguousarray(pixels[cuts[0], cuts[1]])


# --- the two ways ----------------------------------------------------------------------------------------


def _by_poppler(refusal: PdfRefused, act: Callable[[], Read]) -> Read:
    """What poppler makes of a file that PDFium refused; the refusal where poppler is missing."""
    try:
        return act()
    except poppler.PopplerMissing:
        raise refusal from None


def _pixels(about: dict[str, Any], data: bytes) -> NDArray[np.uint8]:
    (rows, cols), channels = about["shape"], about["channels"]
    if channels not in (1, 3, 4) or len(data) < rows * about["stride"]:
        raise PdfRefused("pdf_damaged")
    lines = np.frombuffer(data, np.uint8).reshape(rows, about["stride"])[:, : cols * channels]
    if channels == 1:
        return np.ascontiguousarray(lines)
    pixels = lines.reshape(rows, cols, channels)[..., :3]
    return np.ascontiguousarray(pixels[..., 1] if all_grey(pixels) else pixels)
