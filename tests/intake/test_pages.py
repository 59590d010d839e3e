"""Files as scanners, phones and people make them → pages, or the reason why not."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pypdf import PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from scanner.errors import SourceError
from scanner.intake import pages
from scanner.intake.decoding import reduction
from scanner.intake.pages import Limits, find_sources, list_pages, open_page
from scanner.model import Page, PageRef, Unreadable

LIMITS = Limits()


def picture(rows: int = 1170, cols: int = 827, colour: bool = False) -> NDArray[np.uint8]:
    """A sheet with one dark corner, top left, so that its turn can be told; 100 dpi of A4."""
    image = np.full((rows, cols, 3), 240, np.uint8)
    image[: rows // 4, : cols // 4] = (180, 20, 20) if colour else 20
    return image if colour else np.ascontiguousarray(image[..., 0])


def save(path: Path, image: NDArray[np.uint8] | None = None, **how: object) -> Path:
    """An image file."""
    Image.fromarray(picture() if image is None else image).save(path, **how)  # type: ignore[arg-type]
    return path


def opened(path: Path, number: int = 1, limits: Limits = LIMITS) -> Page:
    """A page that can be read."""
    page = open_page(PageRef(path, number), limits)
    assert isinstance(page, Page), page
    return page


def refused(path: Path, number: int = 1, limits: Limits = LIMITS) -> str:
    """The code of why a page cannot be read."""
    page = open_page(PageRef(path, number), limits)
    assert isinstance(page, Unreadable)
    return page.reason.code


def listed(path: Path, limits: Limits = LIMITS) -> str | int:
    """How many pages a file has, or the code of why that cannot be told."""
    found = list_pages(path, limits)
    return found.reason.code if isinstance(found, Unreadable) else len(found)


def corner(image: NDArray[np.uint8]) -> str:
    """Where the dark corner is."""
    grey = image if image.ndim == 2 else image[..., 1]
    rows, cols = grey.shape
    found = [
        name
        for name, row, col in (("tl", 0, 0), ("tr", 0, -1), ("bl", -1, 0), ("br", -1, -1))
        if grey[row * (rows // 8) + (rows // 8 if row == 0 else 0), col * (cols // 8) + (cols // 8 if col == 0 else 0)]
        < 120
    ]
    return " ".join(found)


# --- finding files -----------------------------------------------------------------------------------


def test_folder_gives_its_scans_in_natural_order_and_passes_over_the_rest(tmp_path: Path) -> None:
    for name in ("scan10.PDF", "scan2.pdf", "b/1.JPG", "notes.txt", ".hidden.png", "~$x.pdf", ".git/a.png", "c.heic"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [p.relative_to(tmp_path).as_posix() for p in find_sources([tmp_path])]
    assert found == ["b/1.JPG", "c.heic", "scan2.pdf", "scan10.PDF"]


def test_file_named_outright_is_taken_whatever_its_name_and_once(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("x", encoding="utf-8")
    assert find_sources([path, path]) == [path]


def test_folder_without_scans_and_missing_path_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no PDF, TIFF, JPEG or PNG"):
        find_sources([tmp_path])
    with pytest.raises(SourceError, match="nowhere"):
        find_sources([tmp_path / "nowhere"])


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights there")
def test_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in", target_is_directory=True)
    assert len(find_sources([tmp_path / "in"])) == 1


# --- images ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_page_is_turned_upright_as_its_exif_says(tmp_path: Path, turn: int, suffix: str) -> None:
    """The camera's pixels are turned back from an upright sheet, then tagged with the way upright."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that undoes each tag
    stored = Image.fromarray(picture())
    if turn > 1:
        stored = stored.transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    path = tmp_path / f"photo{suffix}"
    stored.save(path, exif=exif)
    page = opened(path)
    assert page.image.shape == (1170, 827)
    assert corner(page.image) == "tl"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_grey_or_rgb(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(picture())
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) << 8) if mode == "I;16" else grey.convert(mode)
    image.save(tmp_path / "a.png")
    page = opened(tmp_path / "a.png")
    assert page.image.dtype == np.uint8 and page.image.ndim == 2
    assert corner(page.image) == "tl"


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK", "I;16", "YCbCr"])
def test_tiff_of_every_mode_is_read(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(picture())
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) << 8) if mode == "I;16" else grey.convert(mode)
    image.save(tmp_path / "a.tif")
    assert corner(opened(tmp_path / "a.tif").image) == "tl"


def test_fax_that_counts_white_as_zero_is_not_inverted(tmp_path: Path) -> None:
    Image.fromarray(picture()).convert("1").save(tmp_path / "fax.tif", compression="group4")
    assert corner(opened(tmp_path / "fax.tif").image) == "tl"


def test_colour_stays_colour_and_transparency_is_paper(tmp_path: Path) -> None:
    assert opened(save(tmp_path / "c.png", picture(colour=True))).image.shape == (1170, 827, 3)
    clear = np.zeros((1170, 827, 4), np.uint8)
    assert opened(save(tmp_path / "t.png", clear)).image.min() == 255


def test_claimed_resolution_is_told_and_nonsense_is_not_believed(tmp_path: Path) -> None:
    assert opened(save(tmp_path / "a.png", picture(2339, 1654), dpi=(200, 200))).dpi == pytest.approx(200, abs=0.1)
    assert opened(save(tmp_path / "b.png", picture(2339, 1654), dpi=(72, 72))).dpi is None
    assert opened(save(tmp_path / "c.png", picture(2339, 1654), dpi=(1200, 1200))).dpi is None
    assert opened(save(tmp_path / "d.png")).dpi is None


def test_camera_that_claims_a_resolution_is_not_believed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = 0.01
    assert opened(save(tmp_path / "a.jpg", picture(2339, 1654), dpi=(200, 200), exif=exif)).dpi is None


def test_fax_of_two_resolutions_is_stretched_to_the_finer(tmp_path: Path) -> None:
    page = opened(save(tmp_path / "fax.tif", picture(1146, 1728), dpi=(204, 98)))
    assert page.image.shape[1] == 1728
    assert abs(page.image.shape[0] - 1146 * 204 / 98) < 3
    assert page.dpi == pytest.approx(204, abs=0.5)


def test_600_dpi_is_reduced_to_what_is_of_use_and_says_so(tmp_path: Path) -> None:
    page = opened(save(tmp_path / "a.png", picture(7016, 4961), dpi=(600, 600)))
    assert page.image.shape == (3508, 2481)
    assert page.dpi == pytest.approx(300, abs=0.5)


@given(st.integers(1, 40_000))
def test_no_page_is_larger_than_the_limit_nor_reduced_without_need(side: int) -> None:
    factor = reduction(side)
    assert 0 < factor <= 1
    assert side * factor <= 5001
    assert factor == 1 if side <= 5000 else side * factor >= 3200


def test_tiff_pages_are_pages_and_thumbnails_are_none(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.ascontiguousarray(np.rot90(picture(), k))) for k in (0, 2)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=[frames[1]])
    assert listed(tmp_path / "a.tif") == 2
    assert [corner(opened(tmp_path / "a.tif", n).image) for n in (1, 2)] == ["tl", "br"]
    assert refused(tmp_path / "a.tif", 3) == "page_missing"


def test_every_page_carries_the_hash_of_its_file(tmp_path: Path) -> None:
    frames = [Image.fromarray(picture())] * 2
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    sha = hashlib.sha256((tmp_path / "a.tif").read_bytes()).hexdigest()
    found = list_pages(tmp_path / "a.tif", LIMITS)
    assert not isinstance(found, Unreadable)
    assert [(r.number, r.sha256) for r in found] == [(1, sha), (2, sha)]
    assert opened(tmp_path / "a.tif").ref.sha256 == sha


def test_suffix_does_not_decide_what_a_file_is(tmp_path: Path) -> None:
    save(tmp_path / "a.jpg").rename(tmp_path / "a.pdf")
    assert corner(opened(tmp_path / "a.pdf").image) == "tl"


# --- images that lost a part ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".bmp", ".webp"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.97])
def test_file_that_lost_its_end_is_refused_whole(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 300), np.uint8)
    path = save(tmp_path / f"a{suffix}", noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert refused(path) in ("image_cut_off", "image_damaged", "not_a_scan")


def test_progressive_jpeg_is_whole_only_with_its_last_scan(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", progressive=True)
    opened(path)
    path.write_bytes(path.read_bytes()[:-40])
    assert refused(path) == "image_cut_off"


def test_what_phones_append_to_a_jpeg_is_no_damage(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"\0" * 5000)
    opened(path)


def test_png_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.random.default_rng(1).integers(0, 255, (400, 300), np.uint8))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    assert refused(path) in ("image_damaged", "image_cut_off")


@settings(max_examples=200, deadline=None)
@given(data=st.data(), suffix=st.sampled_from([".jpg", ".png", ".tif", ".bmp", ".webp"]))
def test_scrambled_image_is_a_page_or_a_reason_and_never_an_exception(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, suffix: str
) -> None:
    path = save(tmp_path_factory.mktemp("scrambled") / f"a{suffix}", picture(60, 40))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw[: data.draw(st.integers(1, len(raw)))]))
    listing = list_pages(path, LIMITS)
    assert isinstance(listing, Unreadable | list)
    assert isinstance(open_page(PageRef(path), LIMITS), Page | Unreadable)


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_a_page_or_a_reason(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.png"
    path.write_bytes(data)
    assert isinstance(open_page(PageRef(path), LIMITS), Page | Unreadable)


# --- limits --------------------------------------------------------------------------------------------


def test_image_with_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png")
    assert refused(path, limits=Limits(max_pixels=900_000)) == "image_too_large"
    assert opened(path, limits=Limits(max_pixels=970_000)).image.shape == (1170, 827)
    colour = save(tmp_path / "c.png", picture(colour=True))
    assert refused(colour, limits=Limits(max_pixels=970_000)) == "image_too_large"


def test_file_with_too_many_pages_or_bytes_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(picture(40, 30))] * 4
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert listed(tmp_path / "a.tif", Limits(max_pages=3)) == "too_many_pages"
    assert listed(tmp_path / "a.tif", Limits(max_pages=4)) == 4
    assert listed(tmp_path / "a.tif", Limits(max_bytes=100)) == "file_too_large"


# --- what is no page -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", "Kính gửi ông Chủ tịch".encode(), "not_a_pdf"),
        ("a.png", b"GIF89a" + b"\0" * 30, "not_a_scan"),
        ("a.heic", b"\0\0\0\x18ftypheic" + b"\0" * 30, "not_a_scan"),
        ("a.tif", b"", "file_empty"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image_damaged"),
        ("b.pdf", b"%PDF-1.7\n" + bytes(range(256)), "pdf_damaged"),
    ],
)
def test_what_is_no_scan_is_told_by_its_reason(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert listed(tmp_path / name) == code
    assert refused(tmp_path / name) == code


def test_file_gone_and_folder_in_place_of_a_file_are_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.png") == "file_gone"
    assert refused(tmp_path) == "folder_no_permission"


@pytest.mark.parametrize(
    ("number", "code"), [(errno.EACCES, "no_permission"), (errno.EIO, "file_unreadable"), (errno.ENOENT, "file_gone")]
)
def test_systems_refusals_are_told_apart(tmp_path: Path, monkeypatch, number: int, code: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    path = save(tmp_path / "a.png")
    monkeypatch.setattr(Path, "open", broken)
    assert listed(path) == code


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes of this kind")
def test_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert refused(tmp_path / "a.png") == "not_a_scan"


# --- PDF -----------------------------------------------------------------------------------------------


def scanned_pdf(path: Path, *images: NDArray[np.uint8]) -> Path:
    """A PDF of A4 pages, each one picture, as scanners write them."""
    canvas = Canvas(str(path), pagesize=(595.276, 841.89), invariant=True)
    for image in images:
        canvas.drawImage(ImageReader(Image.fromarray(image)), 0, 0, 595.276, 841.89)
        canvas.showPage()
    canvas.save()
    return path


def drawn_pdf(path: Path, pages_: int = 1, size: tuple[float, float] = (595.276, 841.89)) -> Path:
    """A PDF of vectors with a dark corner top left."""
    canvas = Canvas(str(path), pagesize=size, invariant=True)
    for _ in range(pages_):
        canvas.rect(0, size[1] * 3 / 4, size[0] / 4, size[1] / 4, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return path


def test_pdf_with_a_password_and_without_pages_are_told(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.write(tmp_path / "none.pdf")
    assert refused(tmp_path / "none.pdf") in ("pdf_without_pages", "pdf_damaged")
    writer.add_blank_page(595, 842)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    assert refused(tmp_path / "locked.pdf") == "pdf_encrypted"


def test_pdf_cut_off_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (600, 420), np.uint8)
    path = scanned_pdf(tmp_path / "a.pdf", noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(path) == "pdf_damaged"


def test_pdf_page_of_ten_metres_is_drawn_within_the_limits(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", size=(14_400, 14_400))
    page = opened(path, limits=Limits(max_pixels=4_000_000))
    assert page.image.shape[0] * page.image.shape[1] <= 4_100_000


def test_pdf_with_a_picture_too_large_is_refused_before_it_is_drawn(tmp_path: Path) -> None:
    path = scanned_pdf(tmp_path / "a.pdf", picture(2339, 1654))
    assert refused(path, limits=Limits(max_pixels=1_000_000)) == "image_too_large"


def test_pdf_whose_name_looks_like_a_flag_is_opened(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    drawn_pdf(tmp_path / "-r 9.pdf")
    assert listed(Path("-r 9.pdf")) == 1
    assert opened(Path("-r 9.pdf")).dpi == 300


def test_size_of_a_file_is_limited_before_it_is_hashed(tmp_path: Path, monkeypatch) -> None:
    path = save(tmp_path / "a.png")
    monkeypatch.setattr(pages, "_sha256", lambda _: pytest.fail("the file was read"))
    assert listed(path, Limits(max_bytes=10)) == "file_too_large"
