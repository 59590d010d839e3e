"""Blanks as pixels: PDFs and pictures of every kind, laid onto their sheets without stretching."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from scanner.errors import FormError
from scanner.forms.blanks import blank_pages, fit_to_sheet, render_blank, sheet_of
from scanner.model import PX_PER_MM


def pdf(path: Path, w: float, h: float, pages: int = 1) -> Path:
    """A PDF of w × h mm whose first page has a black square from (20, 30) to (40, 50) mm."""
    canvas = Canvas(str(path), pagesize=(w * mm, h * mm))
    for page in range(pages):
        if page == 0:
            canvas.rect(20 * mm, (h - 50) * mm, 20 * mm, 20 * mm, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return path


def square(image: np.ndarray) -> list[float]:
    """Left, top, right and bottom of the black square, mm."""
    rows, cols = np.flatnonzero((image < 128).any(axis=1)), np.flatnonzero((image < 128).any(axis=0))
    return [float(v) / PX_PER_MM for v in (cols[0], rows[0], cols[-1] + 1, rows[-1] + 1)]


@pytest.mark.parametrize("size", [(210, 297), (209.89, 297.01), (148, 210), (215.9, 279.4), (297, 210), (100, 320)])
def test_millimetres_on_the_paper_are_millimetres_on_the_form(tmp_path: Path, size: tuple[float, float]) -> None:
    image = render_blank(pdf(tmp_path / "b.pdf", *size))
    sheet = sheet_of(image)
    assert max(abs(a - b) for a, b in zip(sheet, size, strict=True)) < 0.15
    fitted = fit_to_sheet(image, sheet)
    assert fitted.shape == (round(sheet[1] * PX_PER_MM), round(sheet[0] * PX_PER_MM))
    assert square(fitted) == pytest.approx([20, 30, 40, 50], abs=0.06)


def test_a_standard_sheet_keeps_its_round_size(tmp_path: Path) -> None:
    assert sheet_of(render_blank(pdf(tmp_path / "b.pdf", 209.9, 296.9))) == (210.0, 297.0)
    assert sheet_of(render_blank(pdf(tmp_path / "c.pdf", 205.0, 297.0))) == pytest.approx((205, 297), abs=0.11)


def test_only_the_first_page_is_the_blank(tmp_path: Path) -> None:
    assert square(render_blank(pdf(tmp_path / "b.pdf", 210, 297, pages=3)))[0] == pytest.approx(20, abs=0.1)


def test_the_crop_box_is_what_is_printed(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=pdf(tmp_path / "b.pdf", 210, 297))
    writer.pages[0].cropbox.lower_left = (0, 97 * mm)
    writer.write(tmp_path / "c.pdf")
    assert sheet_of(render_blank(tmp_path / "c.pdf")) == pytest.approx((210, 200), abs=0.1)


@pytest.mark.parametrize("dpi", [150, 300, 600])
def test_a_picture_is_laid_out_by_its_resolution(tmp_path: Path, dpi: int) -> None:
    size = round(210 * dpi / 25.4), round(150 * dpi / 25.4)
    image = Image.new("L", size, 255)
    image.paste(0, [round(v * dpi / 25.4) for v in (20, 30, 40, 50)])
    image.save(tmp_path / "b.png", dpi=(dpi, dpi))
    fitted = render_blank(tmp_path / "b.png")
    assert sheet_of(fitted) == pytest.approx((210, 150), abs=0.2)
    assert square(fitted) == pytest.approx([20, 30, 40, 50], abs=0.12)


def test_a_picture_without_resolution_is_a_standard_sheet_if_it_has_its_shape(tmp_path: Path) -> None:
    Image.new("RGB", (1240, 1754), "white").save(tmp_path / "a4.jpg")
    assert render_blank(tmp_path / "a4.jpg").shape == (3508, 2480)
    Image.new("RGB", (1240, 1240), "white").save(tmp_path / "odd.png")
    with pytest.raises(FormError, match="does not say its resolution"):
        render_blank(tmp_path / "odd.png")


def test_a_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    image = Image.new("L", (3508, 2480), 255)
    exif = Image.Exif()
    exif[274] = 6
    image.save(tmp_path / "b.jpg", exif=exif, dpi=(300, 300))
    assert render_blank(tmp_path / "b.jpg").shape == (3508, 2480)


def test_a_blank_of_another_size_than_its_sheet_is_refused(tmp_path: Path) -> None:
    image = render_blank(pdf(tmp_path / "b.pdf", 215.9, 279.4))
    with pytest.raises(FormError, match=r"The blank is 216 × 279 mm, but its form file says 210 × 297 mm"):
        fit_to_sheet(image, (210, 297))


@pytest.mark.parametrize("content", [b"", b"this is text", b"%PDF-1.4\nnothing follows", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize("name", ["b.pdf", "b.png", "b.jpg", "b"])
def test_a_blank_that_is_none_is_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormError, match=rf"{name} is (not|neither)"):
        render_blank(tmp_path / name)


def test_an_encrypted_pdf_is_one_sentence(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.append(PdfReader(pdf(tmp_path / "b.pdf", 210, 297)))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "c.pdf")
    with pytest.raises(FormError, match=r"c\.pdf is not a PDF that can be read"):
        render_blank(tmp_path / "c.pdf")


def test_a_page_as_large_as_a_wall_is_refused_before_it_is_rendered(tmp_path: Path) -> None:
    with pytest.raises(FormError, match="too large"):
        render_blank(pdf(tmp_path / "b.pdf", 4000, 4000))
    for name, size in (("b.png", (8_000, 8_000)), ("c.png", (20_000, 20_000))):
        Image.new("1", size).save(tmp_path / name, dpi=(300, 300))
        with pytest.raises(FormError, match="too large"):
            render_blank(tmp_path / name)


def test_poppler_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pdf(tmp_path / "b.pdf", 210, 297, pages=2)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert blank_pages(path) == 2
    assert square(render_blank(path)) == pytest.approx([20, 30, 40, 50], abs=0.06)
    with pytest.raises(FormError, match="has no page 3"):
        render_blank(path, 3)
