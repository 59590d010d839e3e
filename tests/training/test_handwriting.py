"""Training data: lines as the form shows them, texts the reader can write, seeded. (Learning itself needs PyTorch.)"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from samples.draw import load_stock
from scanner.ocr.handwriting import LineReader
from scanner.ocr.line_picture import as_input, line_picture
from training.handwriting.augment import augment
from training.handwriting.charset import CHARACTERS, base_letter, classes, greedy
from training.handwriting.lines import Job, on_the_form, photographed, sheet_numbers
from training.handwriting.texts import Texts

STOCK = load_stock(None, None, None)


def photo(folder: Path, name: str, text: str) -> None:
    """A line in its printed cell, as a phone sees it."""
    image = Image.new("RGB", (900, 96), (226, 222, 210))
    draw = ImageDraw.Draw(image)
    draw.rectangle((1, 1, 897, 93), outline=(70, 70, 70), width=2)
    font = ImageFont.truetype(str(next(iter(STOCK.typed.values()))), 40)
    draw.text((40, 18), text, fill=(30, 40, 110), font=font)
    image.save(folder / name, quality=90)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [("w007_00.jpg", "Bình Xa Hàm Yên"), ("w090_00.jpg", "Tổ 7 Bình An"), ("w300_01.jpg", "Na Hang")]
    for name, text in rows:
        photo(tmp_path, name, text)
    (tmp_path / "labels.tsv").write_text("".join(f"{n}\t{t}\n" for n, t in rows), encoding="utf-8")
    return tmp_path


def test_a_photographed_line_is_cut_to_its_writing_without_the_cell(folder: Path) -> None:
    (line,) = photographed(folder, {90})
    assert (line.text, line.name) == ("Tổ 7 Bình An", "w090_00.jpg")
    assert line.picture.shape[0] <= 64
    assert line.picture.shape[1] < 450  # the cell was 900 px wide
    assert LineReader()._reading(LineReader().log_probabilities([_whole(line.picture)])[0]).text == "Tổ 7 Bình An"


def _whole(picture: np.ndarray) -> np.ndarray:
    return line_picture(picture, (0, picture.shape[0], 0, picture.shape[1]))


def test_sheets_are_split_by_number() -> None:
    assert sheet_numbers("7-9,271") == {7, 8, 9, 271}


def test_a_picture_that_cannot_be_opened_is_named(folder: Path) -> None:
    (folder / "w090_00.jpg").write_bytes(b"no picture")
    with pytest.raises(OSError, match="w090_00"):
        photographed(folder, {90})


def test_texts_are_seeded_and_made_of_known_characters() -> None:
    one, two = (Texts(np.random.default_rng(5)) for _ in range(2))
    drawn = [one.draw() for _ in range(400)]
    assert drawn == [two.draw() for _ in range(400)]
    known = sum(set(text) <= set(CHARACTERS) for text in drawn)
    assert known > 0.98 * len(drawn)
    assert len(set(drawn)) > 350
    assert any(text.isupper() for text in drawn) and any(c.isdigit() for text in drawn for c in text)


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 64), st.integers(60, 700), st.integers(0, 2**32 - 1))
def test_an_augmented_line_has_about_its_size_and_is_seeded(rows: int, cols: int, seed: int) -> None:
    picture = np.full((rows, cols), 250, np.uint8)
    cv2.putText(picture, "abc", (5, rows - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 20, 2)
    one, two = (augment(picture, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one, two)
    assert abs(one.shape[0] - rows) <= 16 and abs(one.shape[1] - cols) <= 16


def test_every_line_of_the_form_comes_back_with_its_text() -> None:
    lines = on_the_form(Job(1, 3, STOCK, (), (0.0, 0.0, 1.0)))
    assert 9 <= len(lines) <= 12
    assert {line.source for line in lines} == {"form-typed"}
    reader = LineReader()
    right = sum(
        reader._reading(reader.log_probabilities([_whole(x.picture)])[0]).text.lower() == x.text.lower() for x in lines
    )
    assert right >= len(lines) // 2


def test_characters_and_classes_go_both_ways() -> None:
    text = "Nguyễn Ỷ, Đắk 12/7"
    spaced = [k for c in classes(text) for k in (c, 0)]
    assert greedy(spaced) == text
    assert [base_letter(c) for c in "ỘđẩƯ"] == ["O", "d", "a", "U"]


def test_the_network_input_is_three_like_channels_from_minus_one_to_one() -> None:
    x = as_input(np.array([[[0, 255]]], np.uint8))
    assert x.shape == (1, 3, 1, 2)
    assert x.min() == -1 and x.max() == 1
