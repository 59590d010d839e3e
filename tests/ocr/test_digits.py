"""One digit a cell, several on a short line: found, read, and doubted where they are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner.errors import EngineError
from scanner.layout.ink.extraction import ink_box
from scanner.model import Box, Crop
from scanner.ocr import digits, weights
from scanner.ocr.digits import CellReader, normalise, separate

BOX = Box(0, 0, 20, 6)


@pytest.fixture(scope="module")
def cells() -> CellReader:
    """The reader with the weights that ship."""
    return CellReader()


def crop_of(image: NDArray[np.uint8], cells: tuple[Crop, ...] = ()) -> Crop:
    """A crop of a picture, its ink box found."""
    return Crop("f", BOX, image, ink_box(np.asarray(image < 128, np.uint8) * 255), cells=cells)


def line(text: str, gap: int = 14, pen: int = 3) -> Crop:
    """Digits written side by side, each drawn alone so that nothing but `gap` decides where the next begins."""
    glyphs = []
    for char in text:
        tile = np.full((80, 60), 255, np.uint8)
        cv2.putText(tile, char, (10, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 0, pen, cv2.LINE_AA)
        cols = np.flatnonzero((tile < 128).any(axis=0))
        glyphs += [tile[:, cols[0] : cols[-1] + 1], np.full((80, gap), 255, np.uint8)]
    return crop_of(np.pad(np.hstack(glyphs), 20, constant_values=255))


@given(st.text("0123456789", min_size=1, max_size=8), st.integers(5, 20), st.integers(2, 4))
def test_digits_apart_are_as_many_pieces_from_left_to_right(text: str, gap: int, pen: int) -> None:
    boxes = separate(line(text, gap, pen))
    assert len(boxes) == len(text)
    assert [b[2] for b in boxes] == sorted(b[2] for b in boxes)


def test_five_whose_bar_stands_apart_is_one_digit() -> None:
    image = np.full((100, 120), 255, np.uint8)
    cv2.putText(image, "5", (20, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, 0, 4)
    image[38:44] = 255
    assert len(separate(crop_of(image))) == 1


def test_specks_are_no_digits() -> None:
    crop = line("12")
    image = crop.image.copy()
    for x in (4, 100):
        image[10:13, x : x + 3] = 0
    assert len(separate(Crop("f", BOX, image, crop.ink))) == 2


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_any_cell_becomes_a_glyph_of_one_size(rows: int, cols: int, level: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, level + 1, (rows, cols), np.uint8)
    glyph = normalise(image, (0, rows, 0, cols))
    assert glyph.shape == (32, 32) and np.isfinite(glyph).all()
    assert glyph.min() >= 0 and glyph.max() <= 1.001


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_probabilities_are_probabilities(cells: CellReader, seed: int, count: int) -> None:
    table = cells.probabilities(np.random.default_rng(seed).random((count, 32, 32), np.float32))
    assert table.shape == (count, 11)
    assert table.sum(axis=1) == pytest.approx(np.ones(count), abs=1e-5)
    assert table.min() >= 0


def test_pale_digit_is_read_as_the_dark_one(cells: CellReader) -> None:
    dark = line("47")
    pale = Crop("f", BOX, (255 - (255 - dark.image.astype(int)) * 0.35).astype(np.uint8), dark.ink)
    assert [r.text for r in cells.read([dark, pale])] == ["47", "47"]


def test_row_is_read_as_its_cells_are_and_empty_cells_say_nothing(cells: CellReader) -> None:
    filled = [line(d) for d in "2580"]
    nothing = Crop("f", BOX, np.full((60, 60), 255, np.uint8), None)
    whole = Crop("f", BOX, nothing.image, (0, 1, 0, 1), cells=(*filled[:3], nothing, filled[3]))
    (reading,) = cells.read([whole])
    assert reading.text == "2580"
    assert len(reading.chars) == 4
    assert reading.score == pytest.approx(float(np.prod([c.score for c in reading.chars])))


def test_alternatives_differ_from_the_reading_and_the_likeliest_is_first(cells: CellReader) -> None:
    smeared = [Crop("f", BOX, cv2.blur(line(d).image, (19, 19)), line(d).ink) for d in "38"]
    whole = Crop("f", BOX, smeared[0].image, (0, 1, 0, 1), cells=tuple(smeared))
    (reading,) = cells.read([whole])
    assert reading.text not in reading.alternatives
    assert all(len(a) == 2 and a.isdigit() for a in reading.alternatives)
    assert len(reading.alternatives) <= 4


def test_damaged_weights_are_told_and_not_read_with(monkeypatch, tmp_path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / digits.WEIGHTS).write_bytes(b"no weights")
    monkeypatch.setattr(weights.resources, "files", lambda _: tmp_path)
    with pytest.raises(EngineError, match="Install Sohoa again"):
        CellReader()
