"""PDFs as scanners, phones and people make them: every page as it is seen, a scan at its own resolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import RectangleObject
from reportlab.pdfgen.canvas import Canvas

from scanner.intake.pages import Limits, list_pages, open_page
from scanner.model import Page, PageRef, Unreadable

LIMITS = Limits()


def scan(rows: int = 351, cols: int = 248) -> NDArray[np.uint8]:
    """A page with a black square at the top left, a line below, and paper."""
    image = np.full((rows, cols), 245, np.uint8)
    image[rows // 10 : rows // 4, cols // 10 : cols // 4] = 10
    image[rows // 2 : rows // 2 + 3, cols // 10 : -cols // 10] = 60
    return image


def pdf_of(path: Path, image: Image.Image, **options: object) -> Path:
    """A PDF whose one page is a picture, as scanners write them."""
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
    assert page.image.shape == pytest.approx(image.shape, abs=1)
    assert page.dpi == pytest.approx(dpi, rel=0.01)
    rows, cols = (min(a, b) for a, b in zip(page.image.shape, image.shape, strict=True))
    same = page.image[:rows, :cols] == image[:rows, :cols]
    assert same.mean() > 0.998  # poppler draws a picture a pixel larger than it is: edges alone differ


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
