"""Image files → arrays: every mode, upright, whole or not at all."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from scanner.intake.decoding import (
    ENOUGH_PX,
    EXIF_ORIENTATION,
    LONG_SIDE_PX,
    DecodingRefused,
    all_grey,
    believed,
    count_frames,
    decode,
    reduction,
)

MOST = 10_000_000
STORED = {
    1: lambda u: u,
    2: lambda u: u[:, ::-1],
    3: lambda u: u[::-1, ::-1],
    4: lambda u: u[::-1],
    5: lambda u: u.T,
    6: lambda u: u.T[::-1],
    7: lambda u: u.T[::-1, ::-1],
    8: lambda u: u.T[:, ::-1],
}
"""How the rows of an upright picture lie in the file, by TIFF 6.0's table of orientations."""


def picture(rows: int = 90, cols: int = 70) -> NDArray[np.uint8]:
    """No two corners alike: a black square at the top left, a grey bar at the right."""
    image = np.full((rows, cols), 250, np.uint8)
    image[: rows // 4, : cols // 4] = 0
    image[rows // 2 :, -cols // 8 :] = 120
    return image


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    """An image as a file."""
    image.save(path, **options)
    return path


def code(path: Path, number: int = 1, most: int = MOST) -> str:
    """Why an image is refused."""
    with pytest.raises(DecodingRefused) as refused:
        decode(path, number, most)
    return refused.value.reason.code


def jpeg(size: tuple[int, int] = (600, 800), **options: object) -> bytes:
    """A JPEG full of detail."""
    noise = np.random.default_rng(3).integers(0, 255, (size[1] // 4, size[0] // 4), np.uint8)
    buffer = BytesIO()
    Image.fromarray(noise).resize(size).save(buffer, "JPEG", **{"quality": 80, **options})
    return buffer.getvalue()


JPEG = jpeg()


# --- geometry ----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(STORED)), st.sampled_from(["tiff", "jpeg", "png", "webp"]), st.integers(24, 90))
def test_any_orientation_gives_the_same_upright_picture(turn: int, kind: str, cols: int) -> None:
    upright = picture(64, cols)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = turn
    options = {"webp": {"lossless": True}, "jpeg": {"quality": 95}}.get(kind, {})
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"turned.{kind}"
        stored = Image.fromarray(np.ascontiguousarray(STORED[turn](upright)))
        if kind == "tiff":
            stored.save(path, tiffinfo={EXIF_ORIENTATION: turn})
        else:
            stored.save(path, exif=exif, **options)
        image, _ = decode(path, 1, MOST)
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 3


@given(st.floats(10, 60_000))
def test_reduction_leaves_enough_and_never_too_much(long_side: float) -> None:
    left = long_side * reduction(long_side)
    assert left <= LONG_SIDE_PX + 1e-6
    assert left >= min(long_side, ENOUGH_PX) - 1e-6


def test_sheet_of_600_dpi_is_halved_exactly_and_its_dpi_with_it(tmp_path: Path) -> None:
    rows = np.zeros((7016, 496), np.uint8)
    rows[1::2] = 200
    path = saved(tmp_path / "fine.png", Image.fromarray(rows), dpi=(600, 600), compress_level=1)
    image, dpi = decode(path, 1, MOST)
    assert image.shape == (3508, 248)
    assert dpi == pytest.approx(300, abs=0.1)
    assert set(np.unique(image)) == {100}


def test_fax_with_flat_pixels_is_made_square(tmp_path: Path) -> None:
    fax = Image.fromarray(picture(1145, 1728)).convert("1")
    path = saved(tmp_path / "fax.tif", fax, dpi=(204, 98), compression="group4")
    image, dpi = decode(path, 1, MOST)
    assert dpi == pytest.approx(204)
    assert image.shape == (round(1145 * 204 / 98), 1728)


# --- modes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"])
@pytest.mark.parametrize("wide", [70, 5600])
def test_every_mode_keeps_its_picture_and_its_shape(mode: str, wide: int, tmp_path: Path) -> None:
    grey = picture(90, wide)
    if mode.startswith("I"):
        drawn = Image.fromarray(grey.astype(np.uint16) * 257)
        drawn = drawn if mode == "I;16" else drawn.convert("I")
    elif mode == "F":
        drawn = Image.fromarray(grey.astype(np.float32) / 255)
    elif mode == "LAB":
        drawn = Image.merge("LAB", [Image.fromarray(grey), *[Image.new("L", (wide, 90), 128)] * 2])
    else:
        drawn = Image.fromarray(grey).convert("RGB" if mode in ("CMYK", "YCbCr") else "L").convert(mode)
    image, _ = decode(saved(tmp_path / "mode.tif", drawn), 1, MOST)
    assert image.dtype == np.uint8 and image.ndim == 2  # nothing in it has a colour
    expected = np.where(grey < 200, 0, 255) if mode == "1" else grey
    rows, cols = image.shape
    assert cols == min(wide, 4400) and abs(rows - 90 * cols / wide) < 1
    for at in ((0.1, 0.1), (0.1, 0.7), (0.8, 0.3)):
        here, there = (int(at[0] * rows), int(at[1] * cols)), (int(at[0] * 90), int(at[1] * wide))
        assert abs(int(image[here]) - int(expected[there])) <= 2, (mode, at)


def test_colour_stays_though_one_stroke_has_it(tmp_path: Path) -> None:
    image = np.full((80, 80, 3), 230, np.uint8)
    image[41, 41] = (0, 0, 120)
    assert not all_grey(image)
    found, _ = decode(saved(tmp_path / "blue.png", Image.fromarray(image)), 1, MOST)
    assert found.shape == (80, 80, 3) and tuple(found[41, 41]) == (0, 0, 120)


def test_what_is_transparent_lies_on_white_paper(tmp_path: Path) -> None:
    image = np.zeros((60, 60, 4), np.uint8)
    image[:20] = (255, 0, 0, 255)
    image[20:40] = (0, 0, 0, 128)
    found, _ = decode(saved(tmp_path / "see.png", Image.fromarray(image)), 1, MOST)
    assert tuple(found[5, 5]) == (255, 0, 0)
    assert abs(int(found[30, 5, 0]) - 127) <= 1
    assert tuple(found[50, 5]) == (255, 255, 255)


def test_palette_with_a_transparent_entry_lies_on_white_paper(tmp_path: Path) -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([0, 0, 0, 10, 10, 10])
    found, _ = decode(saved(tmp_path / "p.png", image, transparency=1), 1, MOST)
    assert found.min() == 255


def test_sixteen_bits_where_zero_is_white_come_out_dark_on_light(tmp_path: Path) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[262] = 0
    inverse = Image.fromarray((255 - picture()).astype(np.uint16) * 257)
    path = tmp_path / "white-is-zero.tif"
    inverse.save(path, tiffinfo=tags)
    with Image.open(path) as check:
        assert check.tag_v2[262] == 0
    image, _ = decode(path, 1, MOST)
    assert np.array_equal(image, picture())


# --- pages of a TIFF -----------------------------------------------------------------------------------------


def test_pages_of_a_tiff_may_differ_in_size_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "three.tif"
    first, second = Image.fromarray(picture(60, 50)).convert("1"), Image.new("RGB", (40, 30), (200, 10, 10))
    first.save(path, save_all=True, append_images=[second, Image.new("L", (20, 20), 7)])
    assert count_frames(path, 100) == 3
    assert [decode(path, n, MOST)[0].shape for n in (1, 2, 3)] == [(60, 50), (30, 40, 3), (20, 20)]
    assert code(path, 4) == "page_missing"


def test_thumbnail_in_a_tiff_is_no_page(tmp_path: Path) -> None:
    path = tmp_path / "thumb.tif"
    thumbnail = Image.new("L", (16, 16), 9)
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    pages = [thumbnail, Image.new("L", (30, 30), 77)]
    Image.fromarray(picture()).save(path, save_all=True, append_images=pages)
    assert count_frames(path, 100) == 2
    assert int(decode(path, 2, MOST)[0][0, 0]) == 77


def test_counting_stops_beyond_the_most_that_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "many.tif"
    Image.new("1", (8, 8)).save(path, save_all=True, append_images=[Image.new("1", (8, 8))] * 30)
    assert count_frames(path, 10) == 11


# --- what a file claims ----------------------------------------------------------------------------------------


@given(st.floats(1, 3000), st.floats(10, 20_000))
def test_believed_resolution_implies_a_sheet_between_a6_and_a3(dpi: float, long_side: float) -> None:
    found = believed(dpi, long_side)
    if found is not None:
        assert found == dpi and 140 <= long_side / dpi * 25.4 <= 450 and dpi >= 100


@pytest.mark.parametrize(
    ("dpi", "long_side", "expected"),
    [(300, 3508, 300), (200, 2339, 200), (150, 1754, 150), (72, 4032, None), (96, 1600, None), (300, 800, None)],
)
def test_screen_defaults_and_impossible_sheets_are_not_believed(dpi, long_side, expected) -> None:
    assert believed(dpi, long_side) == expected


def test_a_cameras_dpi_is_not_believed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x920A] = 4.2
    drawn = Image.fromarray(picture(3508, 200))
    assert decode(saved(tmp_path / "scan.jpg", drawn, dpi=(300, 300)), 1, MOST)[1] == 300
    assert decode(saved(tmp_path / "photo.jpg", drawn, dpi=(300, 300), exif=exif), 1, MOST)[1] is None


def test_broken_exif_does_not_make_a_photo_unreadable(tmp_path: Path) -> None:
    path = saved(tmp_path / "odd.jpg", Image.fromarray(picture()), exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")
    assert decode(path, 1, MOST)[0].shape == (90, 70)


# --- whole or not at all ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(1, len(JPEG) - 1), st.booleans())
def test_jpeg_cut_anywhere_is_refused_also_when_padded_with_zeros(at: int, padded: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cut.jpg"
        path.write_bytes(JPEG[:at] + (bytes(len(JPEG) - at) if padded else b""))
        assert code(path) in {"image_cut_off", "image_damaged", "not_a_scan"}


def test_jpeg_cut_in_its_picture_is_told_as_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    for at in (len(JPEG) // 2, len(JPEG) - 2):
        path.write_bytes(JPEG[:at])
        assert code(path) == "image_cut_off"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_rows": 1}])
def test_every_kind_of_whole_jpeg_is_taken(options: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "whole.jpg"
    path.write_bytes(jpeg(**options) + b"a film behind the picture \xff\xd8\xff")
    assert decode(path, 1, MOST)[0].shape == (800, 600)


def test_photo_with_further_pictures_behind_it_is_one_page(tmp_path: Path) -> None:
    path = tmp_path / "depth.jpg"
    Image.fromarray(picture()).save(path, "MPO", save_all=True, append_images=[Image.new("L", (9, 9))])
    assert count_frames(path, 100) == 1
    assert decode(path, 1, MOST)[0].shape == (90, 70)


def test_cut_or_flipped_png_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 90), np.uint8)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert code(path) == "image_cut_off"
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    path.write_bytes(flipped)
    assert code(path) == "image_damaged"


def test_damaged_fax_rows_are_refused_without_a_word_on_the_screen(tmp_path: Path, capfd) -> None:
    noise = np.random.default_rng(2).integers(0, 2, (60, 60), np.uint8) * 255
    path = saved(tmp_path / "fax.tif", Image.fromarray(noise).resize((900, 900)).convert("1"), compression="group4")
    data = bytearray(path.read_bytes())
    assert decode(path, 1, MOST)[0].shape == (900, 900)
    for at in range(600, 900, 20):
        data[at] ^= 0x5A
    path.write_bytes(data)
    assert code(path) == "image_damaged"
    assert capfd.readouterr().err == ""


def test_words_of_others_are_passed_on_and_are_no_damage(tmp_path: Path, capfd, monkeypatch) -> None:
    path = saved(tmp_path / "a.tif", Image.fromarray(picture()), compression="tiff_lzw")
    load = TiffImagePlugin.TiffImageFile.load

    def chatting(self: TiffImagePlugin.TiffImageFile) -> object:
        os.write(2, b"Pages 3/10: reading\n")
        return load(self)

    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "load", chatting)
    assert decode(path, 1, MOST)[0].shape == (90, 70)
    assert "Pages 3/10: reading" in capfd.readouterr().err


def test_size_is_judged_before_decoding_and_colour_counts_more(tmp_path: Path) -> None:
    grey, colour = Image.new("L", (1000, 800), 9), Image.new("RGB", (1000, 800), (1, 2, 3))
    assert decode(saved(tmp_path / "g.png", grey), 1, 800_000)[0].shape == (800, 1000)
    assert code(saved(tmp_path / "g.png", grey), most=799_999) == "image_too_large"
    assert code(saved(tmp_path / "c.png", colour), most=1_100_000) == "image_too_large"
    assert decode(saved(tmp_path / "c.png", colour), 1, 1_300_000)[0].shape == (800, 1000, 3)


def test_pillows_own_limit_and_its_warnings_are_left_as_they_were(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    path = saved(tmp_path / "a.png", Image.fromarray(picture()))
    assert decode(path, 1, MOST)[0].shape == (90, 70)
    assert Image.MAX_IMAGE_PIXELS == 100
