"""A page all the way through."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from samples.corrections import correct_line
from samples.draw import Pen, draw_sheet
from scanner.model import FieldKind, FieldLayout, PageRef, PageStatus
from scanner.ocr.engine import HAND, LINE
from scanner.ocr.fake import ScriptedRecogniser
from scanner.pipeline import read_page, read_ref
from scanner.store.pictures import PictureStore
from tests.conftest import as_page

DAY = date(2024, 11, 1)


def plain(value):
    """A value as the truth file has it."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", ["clean", "scan", "grey", "bilevel", "turned", "photo", "dark"])
def test_typed_sheet_is_read_right_or_sent_to_a_person(desk_of_sheets, reader, kind: str) -> None:
    sheet, worn = desk_of_sheets.worn(31, kind)
    record = read_page(as_page(worn.image, worn.dpi), reader, DAY)
    assert record.status is PageStatus.READ
    wrong = [r.field for r in record.readings if plain(r.value) != sheet.truth[r.field]]
    silent = [r.field for r in record.readings if plain(r.value) != sheet.truth[r.field] and not r.review]
    assert silent == []
    assert len(wrong) <= 2, wrong


def test_every_field_of_the_form_has_a_reading_with_its_evidence(desk_of_sheets, reader, form) -> None:
    record = read_page(as_page(desk_of_sheets.draw(32).image), reader, DAY)
    assert [r.field for r in record.readings] == [f.id for f in form.fields]
    for reading in record.readings:
        assert 0 <= reading.confidence <= 1
        assert reading.engine
        assert reading.review == (reading.reason is not None)


def test_blank_page_and_foreign_page_are_told_apart(reader) -> None:
    empty = np.full((3508, 2480), 245, np.uint8)
    assert read_page(as_page(empty), reader).status is PageStatus.BLANK
    noise = np.random.default_rng(1).integers(0, 255, (1200, 900), np.uint8)
    record = read_page(as_page(noise), reader)
    assert record.status is PageStatus.UNPLACED
    assert record.reason is not None


def test_number_against_birth_date_is_an_issue_and_both_fields_go_to_a_person(desk_of_sheets, reader) -> None:
    answers = desk_of_sheets.person(33)
    answers["ngay_sinh"] = "01/02/1950"
    answers["so_dinh_danh"] = "008" + ("0" if answers["gioi_tinh"] == "nam" else "1") + "61123456"
    record = read_page(as_page(desk_of_sheets.draw(33, answers).image), reader, DAY)
    assert "so_dinh_danh_khop_ngay_sinh" in {i.rule for i in record.issues}
    doubted = {r.field for r in record.readings if r.review}
    assert {"ngay_sinh", "so_dinh_danh"} <= doubted


def test_engine_that_reads_nothing_leaves_other_fields_read(desk_of_sheets, reader) -> None:
    nothing = ScriptedRecogniser({})
    broken = replace(reader, engines={**reader.engines, LINE: nothing, HAND: nothing})
    record = read_page(as_page(desk_of_sheets.draw(34).image), broken, DAY)
    assert record.value("so_dinh_danh") is not None
    name = next(r for r in record.readings if r.field == "ho_ten")
    assert name.review and name.reason is not None and name.reason.code == "nothing_recognised"


def test_pictures_are_kept_and_found_by_their_keys(desk_of_sheets, reader, form, tmp_path) -> None:
    from PIL import Image

    path = tmp_path / "sheet.png"
    Image.fromarray(desk_of_sheets.draw(35).image).save(path, dpi=(300, 300))
    files = PictureStore(tmp_path / "files")
    record = read_ref(PageRef(path), reader, files, DAY)
    assert record.image and record.aligned
    written = [r for r in record.readings if r.crop]
    assert written
    for key in (record.image, record.aligned, *(r.crop for r in written if r.crop)):
        assert files.read(key)[:2] == b"\xff\xd8"
    assert all(form.field(r.field).layout is not FieldLayout.TICKS for r in written)


def test_citizens_values_stay_out_of_repr(desk_of_sheets, reader) -> None:
    sheet = desk_of_sheets.draw(36)
    record = read_page(as_page(sheet.image), reader, DAY)
    shown = repr(record) + repr(record.readings)
    for field in ("ho_ten", "so_dinh_danh", "noi_thuong_tru"):
        assert str(sheet.truth[field]) not in shown


def test_file_that_cannot_be_read_is_a_record_with_its_reason(reader, tmp_path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"no picture")
    record = read_ref(PageRef(path), reader)
    assert record.status is PageStatus.UNREADABLE and record.reason is not None


def test_page_too_blurred_to_be_sure_of_goes_to_a_person_whole(desk_of_sheets, reader) -> None:
    import cv2

    blurred = cv2.GaussianBlur(desk_of_sheets.draw(37).image, (0, 0), 3.2)
    record = read_page(as_page(blurred), reader, DAY)
    assert record.status is not PageStatus.READ or all(r.review for r in record.readings)


def test_struck_entry_goes_to_a_person_with_what_stands_and_what_was_struck(desk_of_sheets, form, reader) -> None:
    hand = desk_of_sheets.stock.hand("typed", np.random.default_rng(5), "DejaVu Serif")
    answers = {f.id: [] if f.kind is FieldKind.CHOICES else None for f in form.fields}
    pen = Pen(desk_of_sheets.blank, hand)
    pen.sheet = draw_sheet(form, desk_of_sheets.blank, answers, hand).image.astype(np.float32)
    correct_line(pen, form.field("ho_ten").boxes[0], "Nguyễn Văn Bình", "Trần Thị Hoa", 0, above=False)
    record = read_page(as_page(pen.image), reader)
    reading = next(r for r in record.readings if r.field == "ho_ten")
    assert reading.review and reading.reason is not None and reading.reason.code == "struck_out"
    assert reading.value == "Trần Thị Hoa"
    assert [s.why for s in reading.steps] == ["struck_left_out"] and len(reading.raw) > len("Trần Thị Hoa")
    assert reading.alternatives
