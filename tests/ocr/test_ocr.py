"""Engines behind the protocol."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from samples.hands import tight
from scanner.errors import EngineError
from scanner.layout.ink.extraction import extract_ink
from scanner.layout.ink.field_crops import cut_fields
from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.model import Box, Crop, FieldKind, FieldLayout
from scanner.ocr import tesseract
from scanner.ocr.correction import correct
from scanner.ocr.digits import CellReader, separate
from scanner.ocr.engine import ENGINE_FOR
from scanner.ocr.fake import ScriptedRecogniser
from scanner.ocr.tesseract import Tesseract


@pytest.fixture(scope="module")
def crops(desk_of_sheets, reader, form):
    """Crops of three typed sheets, with what was typed."""
    out = []
    for seed in (51, 52, 53):
        sheet = desk_of_sheets.draw(seed)
        found = cut_fields(extract_ink(flatten_background(to_grey(sheet.image)), reader.print_model), form.fields)
        out += [(crop, sheet.truth[field]) for field, crop in found.items() if crop.ink is not None]
    return out


def of(crops, form, layout: FieldLayout):
    """Those of one layout, apart."""
    chosen = [(c, t) for c, t in crops if form.field(c.field).layout is layout]
    return [c for c, _ in chosen], [t for _, t in chosen]


def test_tesseract_reads_typed_vietnamese(crops, form) -> None:
    asked, typed = of(crops, form, FieldLayout.LINE)
    read = [r.text for r in Tesseract().read(asked)]
    assert sum(a == b for a, b in zip(read, typed, strict=True)) >= 0.9 * len(typed)


def test_in_process_and_one_call_agree_but_for_a_few(crops, form) -> None:
    asked, _ = of(crops, form, FieldLayout.LINE)
    if not tesseract.in_process_available():
        pytest.skip("tesserocr is not installed")
    inside, outside = Tesseract(in_process=True), Tesseract(in_process=False)
    first, second = inside.read(asked), outside.read(asked)
    differ = sum(a.text != b.text for a, b in zip(first, second, strict=True))
    assert differ <= 0.1 * len(asked), "the two may carry different versions; more than a few means a fault"
    assert inside.name.startswith("tesseract-") and outside.name.endswith("/vie")
    for reading in second:
        assert "".join(c.char for c in reading.chars) == reading.text
        assert 0 <= reading.score <= 1


def test_engines_record_their_version_and_alternatives(crops, form) -> None:
    asked, _ = of(crops, form, FieldLayout.LINE)
    readings = Tesseract().read(asked)
    assert all(r.engine.count("/") == 1 and r.engine[10].isdigit() for r in readings)
    assert any(r.alternatives for r in readings)


def test_nothing_is_read_of_nothing() -> None:
    empty = Crop("f", Box(0, 0, 10, 5), np.full((60, 120), 255, np.uint8), None)
    for engine in (Tesseract(), CellReader()):
        assert [r.text for r in engine.read([empty])] == [""]
        assert engine.read([]) == []


NONSENSE = [np.zeros((60, 4000), np.uint8), np.random.default_rng(0).integers(0, 255, (80, 90), np.uint8)]


@pytest.mark.parametrize("image", NONSENSE)
def test_nonsense_is_no_crash_and_no_certainty(image) -> None:
    crop = Crop("f", Box(0, 0, 10, 5), image, (0, image.shape[0], 0, image.shape[1]))
    (line,) = Tesseract().read([crop])
    assert line.reason is not None or line.score < 0.9
    CellReader().read([crop])


def test_digits_in_cells_are_read(crops, form) -> None:
    asked, typed = of(crops, form, FieldLayout.COMB)
    read = CellReader().read(asked)
    assert [r.text for r in read] == [str(t).replace("/", "") for t in typed]
    assert all(len(r.chars) == len(r.text) for r in read)


def test_digits_on_short_lines_are_separated_and_read(crops, form) -> None:
    asked, typed = of(crops, form, FieldLayout.PARTS)
    cells = [cell for crop in asked for cell in crop.cells]
    read = [r.text for r in CellReader().read(cells)]
    assert read == [part for t in typed for part in str(t).split("/")]
    assert [len(separate(c)) for c in cells] == [len(text) for text in read]


def test_letter_in_a_cell_is_no_digit(stock) -> None:
    hand = stock.hand("typed", np.random.default_rng(1), "DejaVu Sans")
    ink = tight(hand.text("M", 11.81)[0])
    image = np.clip(255 - 235 * cv2.copyMakeBorder(ink, 20, 20, 20, 20, cv2.BORDER_CONSTANT), 0, 255).astype(np.uint8)
    cell = Crop("f", Box(0, 0, 5, 6), image, (20, 20 + ink.shape[0], 20, 20 + ink.shape[1]))
    (reading,) = CellReader().read([Crop("f", cell.box, image, cell.ink, cells=(cell,))])
    assert reading.reason is not None and reading.reason.code == "not_a_digit"


def test_missing_tesseract_is_told_with_the_command_that_installs_it(monkeypatch) -> None:
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    monkeypatch.setattr(tesseract.pytesseract.pytesseract, "tesseract_cmd", "/nowhere/tesseract")
    with pytest.raises(EngineError, match="apt-get install tesseract-ocr"):
        Tesseract()


def test_missing_language_is_told_by_its_name(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(EngineError, match="tesseract-ocr-vie"):
        Tesseract()


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Tố 12", "Tổ 12"), ("phường Ÿ La", "phường Ỷ La"), ("Trường Tiếu học", "Trường Tiểu học"),
        ("Lâp Bình", "Lập Bình"),
        ("CHẤU NGỌC", "CHẨU NGỌC"),
    ],
)  # fmt: skip
def test_known_slips_are_mended_as_steps(read: str, meant: str) -> None:
    text, steps = correct(read)
    assert text == meant
    assert steps or "Ÿ" in read
    assert meant not in repr(steps)


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Như Ý",
        "Thôn Khuổi Phầy",
        "UBND xã Bình Xa",
        "",
        "12/3A",
        "Bùi Thế Mỹ",
        "Quản lý đất đai",
        "Viết",
        "trong xã",
        "Cấm Sơn",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert correct(text) == (text, ())


def test_scripted_recogniser_says_what_it_was_told() -> None:
    crop = Crop("a", Box(0, 0, 1, 1), np.zeros((1, 1), np.uint8), None)
    other = Crop("b", crop.box, crop.image, None)
    said, silent = ScriptedRecogniser({"a": ("xin chào", 0.7)}).read([crop, other])
    assert (said.text, said.score) == ("xin chào", 0.7)
    assert silent.reason is not None


def test_table_names_an_engine_for_every_kind_that_is_written() -> None:
    for kind in (FieldKind.TEXT, FieldKind.DIGITS, FieldKind.DATE):
        assert ENGINE_FOR[kind, FieldLayout.COMB]
