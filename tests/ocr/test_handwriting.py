"""The handwriting reader: reads lines, bears anything that may lie in a field, and says when it cannot read."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import scanner.ocr.handwriting as module
from samples.draw import load_stock
from scanner.errors import EngineError
from scanner.model import Box, Crop, EngineReading
from scanner.ocr import weights
from scanner.ocr.handwriting import LineReader
from scanner.ocr.line_picture import HEIGHT, NARROWEST, WIDEST, line_picture

Picture = NDArray[np.uint8]
FONTS = load_stock(None, None, None).typed


@pytest.fixture(scope="module")
def reader() -> LineReader:
    return LineReader()


def written(text: str, *, size: int = 48, width: int = 1400) -> Picture:
    """A line of text, dark on white."""
    image = Image.new("L", (width, 110), 255)
    ImageDraw.Draw(image).text((12, 18), text, fill=20, font=ImageFont.truetype(str(next(iter(FONTS.values()))), size))
    return np.asarray(image, np.uint8)


def crop(image: Picture) -> Crop:
    """A picture as the crop of a field; its ink is whatever is dark."""
    rows, cols = np.nonzero(image < 200)
    ink = (int(rows.min()), int(rows.max()) + 1, int(cols.min()), int(cols.max()) + 1) if len(rows) else None
    return Crop("x", Box(0, 0, 100, 9), image, ink)


def one(reader: LineReader, image: Picture) -> EngineReading:
    return reader.read([crop(image)])[0]


@pytest.mark.parametrize("text", ["Nguyễn Thị Hoa", "Thôn Lập Bình, xã Bình Xa", "Trồng lúa, chăn nuôi", "12/10/1985"])
def test_a_clear_line_is_read(reader: LineReader, text: str) -> None:
    assert one(reader, written(text)).text == text


def test_readings_do_not_depend_on_what_else_is_read(reader: LineReader) -> None:
    lines = [crop(written(t)) for t in ("Hà Giang", "Công ty TNHH May Tuyên Quang", "Tày", "Hà Giang")]
    assert [r.text for r in reader.read(lines)] == [reader.read([line])[0].text for line in lines]


def test_the_ink_tells_how_likely_another_text_is(reader: LineReader) -> None:
    evidence = one(reader, written("Bình Xa")).evidence
    assert evidence is not None
    right, mark, other = evidence.log_likelihoods(["Bình Xa", "Binh Xa", "Hồng Thái"])
    assert right > mark > other


def test_an_empty_crop_is_nothing(reader: LineReader) -> None:
    assert one(reader, np.full((90, 600), 255, np.uint8)).text == ""


ODD = {
    "solid black": np.zeros((90, 600), np.uint8),
    "one pixel": np.pad(np.zeros((1, 1), np.uint8), 40, constant_values=255),
    "a photo": cv2.resize(np.random.default_rng(3).integers(0, 255, (9, 60), np.uint8), (600, 90)),
    "noise": np.random.default_rng(4).integers(0, 255, (90, 600), np.uint8),
    "a sticker": cv2.circle(np.full((110, 400), 255, np.uint8), (200, 55), 50, 90, -1),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_writing_is_never_read_with_confidence(reader: LineReader, name: str) -> None:
    reading = one(reader, ODD[name])
    sure = [c.score for c in reading.chars]
    assert reading.reason is not None or len(sure) < 3 or float(np.mean(sure)) < 0.9


def test_a_line_of_4000_px_and_two_lines_in_one_field_do_no_harm(reader: LineReader) -> None:
    long = written("Công ty trách nhiệm hữu hạn một thành viên " * 4, width=4000)
    both = np.vstack([written("Nguyễn Thị Hoa"), written("Trần Văn Nam")])
    assert all(isinstance(r.text, str) for r in reader.read([crop(long), crop(both)]))


def test_a_faint_line_with_a_few_dark_specks_keeps_its_letters() -> None:
    clear = written("Tuyên Quang")
    faint = np.where(clear < 200, 190, 255).astype(np.uint8)
    faint[70:73, 100:110] = 20
    ink = crop(clear).ink
    assert ink is not None
    assert line_picture(faint, ink).shape == line_picture(clear, ink).shape


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 4200), st.integers(0, 255))
def test_any_picture_becomes_one_of_the_network_size(rows: int, cols: int, grey: int) -> None:
    picture = line_picture(np.full((rows, cols), grey, np.uint8), (0, rows, 0, cols))
    assert picture.shape[0] == HEIGHT
    assert NARROWEST <= picture.shape[1] <= WIDEST and picture.shape[1] % 8 == 0


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_missing_or_damaged_weights_are_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    package = tmp_path / "scanner"
    (package / "data").mkdir(parents=True)
    if damage == "cut short":
        source = Path(module.__file__).parent.parent / "data" / module.WEIGHTS
        (package / "data" / module.WEIGHTS).write_bytes(source.read_bytes()[:5000])
    monkeypatch.setattr(weights.resources, "files", lambda _: package)
    with pytest.raises(EngineError, match=r"handwriting\.onnx"):
        LineReader()
    shutil.rmtree(package)
