"""PDFs as scanners, phones and people make them: every page as it is seen, a scan at its own resolution."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pypdf import PdfWriter
from pypdf.annotations import Rectangle
from pypdf.generic import ArrayObject, NameObject, NumberObject, RectangleObject, StreamObject
from reportlab.pdfgen.canvas import Canvas

from scanner.intake.pages import Limits, list_pages, open_page
from scanner.intake.pdf.document import inspect_page, render_page
from scanner.model import Page, PageRef, Unreadable
from tests.intake.pdf.making import (
    drawn_pdf,
    encoded,
    fax_pdf,
    grain,
    jpeg_2000_pdf,
    jpeg_pdf,
    pdf_of,
    placed_pdf,
    scan,
    without_checksum,
)

LIMITS = Limits()


def opened(path: Path, number: int = 1, limits: Limits = LIMITS) -> Page:
    """A page that opens."""
    page = open_page(PageRef(path, number), limits)
    assert isinstance(page, Page), page
    return page


def code(path: Path, number: int = 1, limits: Limits = LIMITS) -> str:
    """Why it does not open."""
    page = open_page(PageRef(path, number), limits)
    assert isinstance(page, Unreadable)
    return page.reason.code


def corner(image: NDArray[np.uint8]) -> tuple[int, int]:
    """In which quarter the black square lies: (0, 0) is the top left."""
    grey = image if image.ndim == 2 else image[..., 0]
    rows, cols = np.nonzero(grey < 40)
    return int(np.median(rows) > grey.shape[0] / 2), int(np.median(cols) > grey.shape[1] / 2)


def test_every_page_of_a_pdf_has_its_own_size(tmp_path: Path) -> None:
    sizes = ((595, 842), (420, 298), (612, 792))
    path = drawn_pdf(tmp_path / "three.pdf", *sizes)
    pages = list_pages(path, LIMITS)
    assert isinstance(pages, list) and [p.number for p in pages] == [1, 2, 3]
    for ref, points in zip(pages, sizes, strict=True):
        page = open_page(ref, LIMITS)
        assert isinstance(page, Page) and page.ref == ref
        assert page.image.shape[:2] == pytest.approx((points[1] / 72 * 300, points[0] / 72 * 300), abs=1.5)
        assert page.dpi == 300
        assert corner(page.image) == (0, 0)


@pytest.mark.parametrize(("turn", "where"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_page_rotation_is_honoured(turn: int, where: tuple[int, int], tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.append(drawn_pdf(tmp_path / "a.pdf", (300, 420)))
    writer.pages[0].rotate(turn)
    writer.write(tmp_path / "turned.pdf")
    page = opened(tmp_path / "turned.pdf")
    assert corner(page.image) == where
    assert (page.image.shape[0] < page.image.shape[1]) == (turn in (90, 270))


def test_what_people_see_of_a_page_is_its_crop_box(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.append(drawn_pdf(tmp_path / "a.pdf", (600, 800)))
    writer.pages[0].cropbox = RectangleObject((0, 400, 300, 800))
    writer.write(tmp_path / "cropped.pdf")
    assert opened(tmp_path / "cropped.pdf").image.shape == pytest.approx((1667, 1250), abs=1.5)


@pytest.mark.parametrize("dpi", [150, 200, 300, 400])
def test_scan_in_a_pdf_keeps_its_pixels(dpi: int, tmp_path: Path) -> None:
    image = np.where(scan(round(11.69 * dpi), round(8.27 * dpi)) > 127, 255, 0).astype(np.uint8)
    page = opened(pdf_of(tmp_path / "scan.pdf", Image.fromarray(image).convert("1"), resolution=dpi))
    assert page.dpi == pytest.approx(dpi, rel=0.01)
    assert np.array_equal(page.image, image)


def test_scan_of_600_dpi_in_a_pdf_is_halved(tmp_path: Path) -> None:
    page = opened(pdf_of(tmp_path / "fine.pdf", Image.fromarray(scan(7016, 4961)).convert("1"), resolution=600))
    assert page.image.shape == pytest.approx((3508, 2480), abs=1)
    assert page.dpi == pytest.approx(300, rel=0.01)


def test_pdf_of_a_phone_app_with_a_pixel_a_point_keeps_its_pixels(tmp_path: Path) -> None:
    page = opened(pdf_of(tmp_path / "phone.pdf", Image.fromarray(scan(2200, 1600))))
    assert page.image.shape == (2200, 1600)
    assert page.dpi is None


def test_grey_scan_stays_grey_and_colour_stays_colour(tmp_path: Path) -> None:
    grey = Image.fromarray(scan(1170, 827))
    assert opened(pdf_of(tmp_path / "g.pdf", grey, resolution=100)).image.ndim == 2
    colour = grey.convert("RGB")
    colour.paste((200, 20, 20), (300, 300, 400, 400))
    assert opened(pdf_of(tmp_path / "c.pdf", colour, resolution=100)).image.ndim == 3


def test_drawn_page_with_a_small_picture_is_rendered_at_300_dpi_in_colour(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    Image.fromarray(scan(40, 40)).save(logo)
    canvas = Canvas(str(tmp_path / "letter.pdf"), pagesize=(595, 842))
    canvas.drawImage(str(logo), 50, 700, 80, 80)
    canvas.setFillColorRGB(0.8, 0, 0)
    canvas.rect(300, 300, 60, 60, fill=1)
    canvas.save()
    page = opened(tmp_path / "letter.pdf")
    assert page.image.shape[0] == pytest.approx(3508, abs=1) and page.image.ndim == 3


def test_poster_is_rendered_smaller_and_within_the_limit(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "poster.pdf", (14_000, 14_000))
    assert 4000 < max(opened(path).image.shape) <= 5001
    assert opened(path, limits=Limits(max_pixels=90_000)).image.size <= 90_000


def test_pdf_with_an_owners_password_alone_opens(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.append(drawn_pdf(tmp_path / "a.pdf", (300, 420)))
    writer.encrypt("", "owner", algorithm="RC4-128")
    writer.write(tmp_path / "owned.pdf")
    assert corner(opened(tmp_path / "owned.pdf").image) == (0, 0)


def test_file_named_like_an_image_that_is_a_pdf_is_opened_as_one(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", (300, 420)).rename(tmp_path / "paper.jpg")
    assert opened(path).image.shape[0] == pytest.approx(1750, abs=1)


def test_page_beyond_the_last_and_file_without_pages_are_told_apart(tmp_path: Path) -> None:
    assert code(drawn_pdf(tmp_path / "a.pdf", (300, 420)), 2) == "page_missing"
    PdfWriter().write(tmp_path / "empty.pdf")
    assert code(tmp_path / "empty.pdf") == "pdf_without_pages"


def test_pdf_whose_scan_lost_a_part_is_refused_not_shown_half(tmp_path: Path) -> None:
    noise = np.random.default_rng(4).integers(0, 255, (150, 110), np.uint8)
    image = Image.fromarray(noise).resize((1100, 1500)).convert("RGB")
    path = pdf_of(tmp_path / "scan.pdf", image, resolution=130)
    assert opened(path).image.shape[0] == pytest.approx(1500, abs=1)
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xda") + 4000
    data[at : at + 3000] = bytes(3000)
    path.write_bytes(data)
    assert code(path) == "pdf_damaged"


def test_fax_in_a_pdf_with_damaged_rows_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 2, (60, 60), np.uint8) * 255
    path = pdf_of(tmp_path / "fax.pdf", Image.fromarray(noise).resize((900, 900)).convert("1"), resolution=110)
    assert opened(path).image.ndim == 2
    data = bytearray(path.read_bytes())
    start = data.index(b"stream") + 300
    for at in range(start, start + 300, 20):
        data[at] ^= 0x5A
    path.write_bytes(data)
    assert code(path) == "pdf_damaged"


# --- a scan's image, taken as it is stored ---------------------------------------------------------------


def as_drawn(path: Path) -> NDArray[np.uint8]:
    """The page as PDFium draws it, at the resolution of its image."""
    page = inspect_page(path, 1, 60)
    return render_page(page, max(page.images[0].ppi), grey=True, seconds=60)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean difference of two pages in levels, but for a pixel at the edges."""
    rows, cols = (min(a, b) for a, b in zip(one.shape, other.shape, strict=True))
    return float(np.abs(one[1 : rows - 1, 1 : cols - 1].astype(int) - other[1 : rows - 1, 1 : cols - 1]).mean())


@pytest.mark.parametrize("writer", ["Pillow", "reportlab", "by hand"])
@pytest.mark.parametrize("colour", [False, True])
def test_jpeg_of_a_scan_comes_pixel_by_pixel(writer: str, colour: bool, tmp_path: Path) -> None:
    grain_ = np.dstack([grain(1170, 827, s) for s in (1, 2, 3)]) if colour else grain(1170, 827)
    data = encoded(Image.fromarray(grain_), "JPEG", quality=75)
    (tmp_path / "scan.jpg").write_bytes(data)
    path = tmp_path / "scan.pdf"
    if writer == "Pillow":
        path = pdf_of(path, Image.fromarray(grain_), resolution=100)
    elif writer == "reportlab":
        canvas = Canvas(str(path), pagesize=(595.276, 841.89))
        canvas.drawImage(str(tmp_path / "scan.jpg"), 0, 0, 595.276, 841.89)
        canvas.save()
    else:
        path = jpeg_pdf(path, grain_)
        data = encoded(Image.fromarray(grain_), "JPEG", quality=80)
    with Image.open(io.BytesIO(data)) as stored:
        wanted = np.asarray(stored)
    if writer == "reportlab":  # it writes JPEG files as they are
        assert path.read_bytes().count(b"/DCTDecode") == 1
    page = opened(path)
    assert page.dpi == pytest.approx(100, rel=0.01)
    assert np.array_equal(page.image, wanted)


def test_jpeg_2000_of_a_scan_comes_pixel_by_pixel(tmp_path: Path) -> None:
    for image in (grain(), np.dstack([grain(seed=s) for s in (1, 2, 3)])):
        assert np.array_equal(opened(jpeg_2000_pdf(tmp_path / "a.pdf", image)).image, image)


@pytest.mark.parametrize("black_is_1", [False, True])
def test_fax_in_a_pdf_comes_pixel_by_pixel_as_it_is_seen(black_is_1: bool, tmp_path: Path) -> None:
    image = np.where(grain(600, 427) > 130, 255, 0).astype(np.uint8)
    path = fax_pdf(tmp_path / "a.pdf", image, black_is_1, page=(427, 600))
    assert difference(opened(path).image, as_drawn(path)) < 3
    assert np.array_equal(opened(path).image, 255 - image if black_is_1 else image)


PLACES = {
    "upright": (595.2, 0, 0, 842.4, 0, 0),
    "mirrored": (-595.2, 0, 0, 842.4, 595.2, 0),
    "upside down": (-595.2, 0, 0, -842.4, 595.2, 842.4),
    "flipped": (595.2, 0, 0, -842.4, 0, 842.4),
    "left": (0, 842.4, -595.2, 0, 595.2, 0),
    "right": (0, -842.4, 595.2, 0, 0, 842.4),
    "transposed": (0, 842.4, 595.2, 0, 0, 0),
    "transverse": (0, -842.4, -595.2, 0, 595.2, 842.4),
}


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("place", PLACES)
def test_stored_scan_stands_as_the_page_shows_it(place: str, turn: int, tmp_path: Path) -> None:
    lying = place in ("left", "right", "transposed", "transverse")
    image = grain(248, 351) if lying else grain(351, 248)
    path = jpeg_2000_pdf(tmp_path / "a.pdf", image, matrix=PLACES[place], turn=turn)
    page = opened(path).image
    assert np.array_equal(np.sort(page, axis=None), np.sort(image, axis=None))  # the same pixels, moved
    assert page.shape == ((248, 351) if turn in (90, 270) else (351, 248))
    assert difference(page, as_drawn(path)) < 3


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_what_lies_outside_the_crop_box_is_cut_off_the_stored_scan(turn: int, tmp_path: Path) -> None:
    image = grain(842, 595)
    box = (100, 200, 500, 800)  # of 595 × 842 points, a pixel a point
    path = jpeg_2000_pdf(tmp_path / "a.pdf", image, page=(595, 842), cropbox=box, turn=turn)
    assert np.array_equal(opened(path).image, np.rot90(image[42:642, 100:500], -turn // 90))


def test_text_that_only_searching_sees_leaves_the_scan_as_it_is(tmp_path: Path) -> None:
    image = grain()
    path = jpeg_2000_pdf(tmp_path / "a.pdf", image, behind=b"BT 3 Tr /F1 12 Tf 100 500 Td (found) Tj ET")
    assert np.array_equal(opened(path).image, image)


def inverted(path: Path, image: NDArray[np.uint8]) -> Path:
    """A scan stored as its negative, which its dictionary says."""
    values = ArrayObject([NumberObject(1), NumberObject(0)])
    return jpeg_pdf(path, 255 - image, entries={"Decode": values})


def masked(path: Path, image: NDArray[np.uint8]) -> Path:
    """A scan of which a mask hides the lower half."""
    rows, cols = image.shape
    half_ = np.where(np.arange(rows)[:, None] < rows // 2, 255, 0).astype(np.uint8).repeat(cols, axis=1)
    writer = PdfWriter(clone_from=jpeg_pdf(path, image))
    stencil = StreamObject()
    stencil.set_data(half_.tobytes())
    entries = {"Type": "/XObject", "Subtype": "/Image", "ColorSpace": "/DeviceGray"}
    stencil.update({NameObject(f"/{key}"): NameObject(value) for key, value in entries.items()})
    numbers = {"Width": cols, "Height": rows, "BitsPerComponent": 8}
    stencil.update({NameObject(f"/{key}"): NumberObject(value) for key, value in numbers.items()})
    scan_ = writer.pages[0]["/Resources"]["/XObject"]["/Im"]
    scan_[NameObject("/SMask")] = writer._add_object(stencil)
    writer.write(path)
    return path


def noted(path: Path, image: NDArray[np.uint8]) -> Path:
    """A scan with a black square drawn over it as an annotation."""
    writer = PdfWriter(clone_from=jpeg_pdf(path, image))
    writer.add_annotation(0, Rectangle(rect=(300, 300, 500, 500), interiour_color="000000"))
    writer.write(path)
    return path


SEEN_OTHERWISE = {
    "inverted": inverted,
    "masked": masked,
    "under a line": lambda path, image: jpeg_pdf(path, image, behind=b"0 0 0 rg 100 300 300 200 re f"),
    "under text": lambda path, image: jpeg_pdf(path, image, behind=b"BT /F1 200 Tf 100 300 Td (TEXT) Tj ET"),
    "clipped": lambda path, image: jpeg_pdf(path, image, before=b"q 0 0 300 842 re W n", behind=b"Q"),
    "askew": lambda path, image: jpeg_pdf(path, image, matrix=(595.2, 20, -20, 842.4, 0, 0)),
    "with margins": lambda path, image: jpeg_pdf(path, image, matrix=(535.2, 0, 0, 782.4, 30, 30)),
}


@pytest.mark.parametrize("kind", SEEN_OTHERWISE)
def test_scan_that_is_seen_otherwise_than_it_is_stored_is_rendered(kind: str, tmp_path: Path) -> None:
    image = grain(702, 496)
    path = SEEN_OTHERWISE[kind](tmp_path / "a.pdf", image)
    page = opened(path).image
    stored = opened(jpeg_pdf(tmp_path / "plain.pdf", 255 - image if kind == "inverted" else image)).image
    assert page.shape != stored.shape or difference(page, stored) > 2
    assert difference(page, as_drawn(path)) < 2


def test_cmyk_scan_is_as_the_page_shows_it(tmp_path: Path) -> None:
    image = Image.fromarray(np.dstack([grain(seed=s) for s in (1, 2, 3)])).convert("CMYK")
    path = pdf_of(tmp_path / "a.pdf", image, resolution=30)
    page = opened(path).image
    drawn = render_page(inspect_page(path, 1, 60), 30, grey=False, seconds=60)
    assert page.ndim == 3 and np.abs(page[..., 1].astype(int) - drawn[: page.shape[0], :, 1]).mean() < 2


def test_fax_of_two_resolutions_in_a_pdf_is_stretched_to_the_finer(tmp_path: Path) -> None:
    image = np.where(scan(1146, 1728) > 127, 255, 0).astype(np.uint8)
    page = opened(fax_pdf(tmp_path / "fax.pdf", image, page=(1728 / 204 * 72, 1146 / 98 * 72)))
    assert page.image.shape[1] == 1728
    assert page.image.shape[0] == pytest.approx(1146 * 204 / 98, abs=3)
    assert page.dpi == pytest.approx(204, abs=0.5)


def test_scan_in_strips_comes_at_its_own_resolution(tmp_path: Path) -> None:
    image = scan(2339, 1654)
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(595.276, 841.89))
    for n, strip in enumerate(np.array_split(image, 4)):
        Image.fromarray(strip).save(tmp_path / f"{n}.jpg", quality=95)
        height = 841.89 * strip.shape[0] / 2339
        top = 841.89 * sum(s.shape[0] for s in np.array_split(image, 4)[:n]) / 2339
        canvas.drawImage(str(tmp_path / f"{n}.jpg"), 0, 841.89 - top - height, 595.276, height)
    canvas.save()
    page = opened(tmp_path / "a.pdf")
    assert page.dpi == pytest.approx(200, abs=0.5)
    assert difference(page.image, image) < 2


def test_filled_in_form_fields_are_on_the_page(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(300, 400))
    canvas.acroForm.textfield(name="a", value="IIIIIIIIII", x=50, y=200, width=200, height=40, borderWidth=0)
    canvas.showPage()
    canvas.save()
    page = opened(tmp_path / "a.pdf").image
    grey = page if page.ndim == 2 else page.min(axis=2)
    assert (grey[650:840, 200:1060] < 100).sum() > 1000


# --- files that PDFium refuses, or lost a part -----------------------------------------------------------


def test_pdf_of_which_drawing_instructions_may_be_gone_is_drawn_by_poppler_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = without_checksum(drawn_pdf(tmp_path / "a.pdf", (300, 420)))
    assert corner(opened(path).image) == (0, 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code(path) == "pdf_damaged"


def test_drawing_instructions_that_break_off_are_refused_not_shown_half(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(300, 420), pageCompression=1)
    for n in range(500):
        canvas.line(n / 2, (n * 37) % 420, 300, (n * 91) % 420)
    canvas.save()
    data = bytearray(path.read_bytes())
    at = data.index(b"stream", data.index(b"/FlateDecode")) + 700
    data[at : at + 300] = bytes(300)
    path.write_bytes(data)
    assert code(path) == "pdf_damaged"


def test_jpeg_2000_cut_short_is_refused(tmp_path: Path) -> None:
    image = Image.fromarray(grain())
    data = encoded(image, "JPEG2000")
    path = placed_pdf(tmp_path / "a.pdf", data[: len(data) // 2], image.size, {"Filter": NameObject("/JPXDecode")})
    assert code(path) == "pdf_damaged"


def test_poppler_is_needed_for_no_sound_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = drawn_pdf(tmp_path / "a.pdf", (300, 420), (300, 420))
    assert len(list_pages(path, LIMITS)) == 2
    assert corner(opened(path, 2).image) == (0, 0)
    scanned = pdf_of(tmp_path / "b.pdf", Image.fromarray(scan()), resolution=30)
    assert corner(opened(scanned).image) == (0, 0)
