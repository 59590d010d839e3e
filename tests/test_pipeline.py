"""A page all the way through."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pytest

from samples.corrections import correct_line
from samples.draw import Pen, draw_sheet
from samples.objects import lay
from samples.stress import stamp
from samples.wear import wear
from scanner.export.page_json import record_to_json
from scanner.layout.ink.stamps import Stamp, stamped_fields
from scanner.model import PX_PER_MM, FieldKind, FieldLayout, FieldReading, PageRef, PageStatus
from scanner.ocr.engine import HAND, LINE
from scanner.ocr.fake import ScriptedRecogniser
from scanner.pipeline import build_reader, read_page, read_ref
from scanner.settings import Settings
from scanner.store.pictures import PictureStore
from tests.conftest import as_page

DAY = date(2024, 11, 1)


def codes(reading: FieldReading) -> list[str]:
    """The codes of a reading's reasons, in their order."""
    return [reason.code for reason in reading.reasons]


def plain(value):
    """A value as the truth file has it."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", ["clean", "scan", "grey", "bilevel", "turned", "photo", "dark"])
def test_typed_sheet_is_read_right_or_sent_to_a_person(desk_of_sheets, reader, kind: str) -> None:
    sheet, worn = desk_of_sheets.worn(31, kind)
    record, _ = read_page(as_page(worn.image, worn.dpi), reader, DAY)
    assert record.status is PageStatus.READ
    wrong = [r.field for r in record.readings if plain(r.value) != sheet.truth[r.field]]
    silent = [r.field for r in record.readings if plain(r.value) != sheet.truth[r.field] and not r.review]
    assert silent == []
    assert len(wrong) <= 2, wrong


def test_every_field_of_the_form_has_a_reading_with_its_evidence(desk_of_sheets, reader, form) -> None:
    record, _ = read_page(as_page(desk_of_sheets.draw(32).image), reader, DAY)
    assert [r.field for r in record.readings] == [f.id for f in form.fields]
    for reading in record.readings:
        assert 0 <= reading.confidence <= 1
        assert reading.engine
        assert reading.review == bool(reading.reasons)


def test_blank_page_and_foreign_page_are_told_apart(reader) -> None:
    empty = np.full((3508, 2480), 245, np.uint8)
    assert read_page(as_page(empty), reader)[0].status is PageStatus.BLANK
    noise = np.random.default_rng(1).integers(0, 255, (1200, 900), np.uint8)
    record, _ = read_page(as_page(noise), reader)
    assert record.status is PageStatus.UNPLACED
    assert record.reason is not None


def test_number_against_birth_date_is_an_issue_and_both_fields_go_to_a_person(desk_of_sheets, reader) -> None:
    answers = desk_of_sheets.person(33)
    answers["ngay_sinh"] = "01/02/1950"
    answers["so_dinh_danh"] = "008" + ("0" if answers["gioi_tinh"] == "nam" else "1") + "61123456"
    record, _ = read_page(as_page(desk_of_sheets.draw(33, answers).image), reader, DAY)
    assert "so_dinh_danh_khop_ngay_sinh" in {i.rule for i in record.issues}
    doubted = {r.field for r in record.readings if r.review}
    assert {"ngay_sinh", "so_dinh_danh"} <= doubted


def test_engine_that_reads_nothing_leaves_other_fields_read(desk_of_sheets, reader) -> None:
    nothing = ScriptedRecogniser({})
    broken = replace(reader, engines={**reader.engines, LINE: nothing, HAND: nothing})
    record, _ = read_page(as_page(desk_of_sheets.draw(34).image), broken, DAY)
    assert record.value("so_dinh_danh") is not None
    name = next(r for r in record.readings if r.field == "ho_ten")
    assert name.review and codes(name)[0] == "nothing_recognised"


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
    record, _ = read_page(as_page(sheet.image), reader, DAY)
    shown = repr(record) + repr(record.readings)
    for field in ("ho_ten", "so_dinh_danh", "noi_thuong_tru"):
        assert str(sheet.truth[field]) not in shown


def test_file_that_cannot_be_read_is_a_record_with_its_reason(reader, tmp_path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"no picture")
    record = read_ref(PageRef(path), reader)
    assert record.status is PageStatus.UNREADABLE and record.reason is not None


def test_page_too_blurred_to_be_sure_of_goes_to_a_person_whole(desk_of_sheets, reader) -> None:
    blurred = cv2.GaussianBlur(desk_of_sheets.draw(37).image, (0, 0), 2.7)
    record, _ = read_page(as_page(blurred), reader, DAY)
    assert record.status is PageStatus.READ
    assert all(r.review and "poor_image" in codes(r) for r in record.readings)


def test_field_under_a_note_goes_to_a_person_because_it_is_covered(desk_of_sheets, form, reader) -> None:
    spec, rng = next(f for f in form.fields if f.layout is FieldLayout.COMB), np.random.default_rng(6)
    box = spec.boxes[len(spec.boxes) // 2]
    sheet, _ = lay(desk_of_sheets.draw(86).image, "note", (box.x + box.w / 2, box.y + box.h / 2), rng)
    record, _ = read_page(as_page(wear(sheet, "scan", rng).image), reader, DAY)
    covered = {r.field for r in record.readings if "field_covered" in codes(r)}
    assert record.status is PageStatus.READ and spec.id in covered
    assert all(r.review for r in record.readings if r.field in covered)
    assert not covered & {"ngay_lap", "chu_ky", "hop_dong"}, "the rest of the sheet is not doubted"


STAMP_AT, STAMP_MM = (60.0, 150.0), 17.0


@pytest.fixture(scope="module")
def stamped(desk_of_sheets, form):
    """A sheet with a red stamp over a written line and over a question without a tick; the ids of both."""
    sheet = desk_of_sheets.draw(88)
    under = stamped_fields([Stamp(STAMP_AT, STAMP_MM, red=True)], form.fields)
    (written,) = [field for field in under if sheet.truth[field]]
    (empty,) = [field for field in under if not sheet.truth[field]]
    return stamp(sheet.image, STAMP_AT, np.random.default_rng(2), STAMP_MM), written, empty


def test_red_stamp_sends_to_a_person_only_what_is_empty_under_it(stamped, reader) -> None:
    image, written, empty = stamped
    record, _ = read_page(as_page(image), reader, DAY)
    of = {r.field: r for r in record.readings}
    assert of[written].value and not of[written].review, "a red stamp takes red ink alone with it"
    assert of[empty].value is None and of[empty].review and codes(of[empty]) == ["stamp_over"]


def test_grey_stamp_sends_everything_under_it_to_a_person(stamped, reader) -> None:
    image, written, empty = stamped
    record, _ = read_page(as_page(wear(image, "dark", np.random.default_rng(4)).image), reader, DAY)
    told = {r.field for r in record.readings if "stamp_over" in codes(r)}
    assert {written, empty} <= told and all(r.review for r in record.readings if r.field in told)


def test_reading_keeps_all_its_reasons(stamped, reader) -> None:
    image, _, empty = stamped
    record, _ = read_page(as_page(wear(image, "dark", np.random.default_rng(4)).image), reader, DAY)
    reading = next(r for r in record.readings if r.field == empty)
    assert codes(reading) == ["mark_unclear", "stamp_over", "rule_broken"]
    assert reading.reason == reading.reasons[0]
    told = record_to_json(record)["fields"][empty]
    assert told["reason_code"] == "mark_unclear"
    assert [reason["reason_code"] for reason in told["reasons"]] == codes(reading)


@pytest.mark.parametrize(
    ("strokes", "value", "reasons"),
    [
        ((), False, []),
        (((0.0, 1.6),), False, ["signature_unclear"]),  # a dash that slipped in
        (((0.0, 8.0), (3.0, 8.0), (6.0, 8.0)), True, []),  # initials: 8 mm² and more
    ],
)
def test_signature_is_told_from_none_and_from_a_stray_dash(
    desk_of_sheets, form, reader, strokes, value: bool, reasons: list[str]
) -> None:
    spec = next(f for f in form.fields if f.kind is FieldKind.SIGNATURE)
    image = desk_of_sheets.draw(39, desk_of_sheets.person(39) | {spec.id: False}).image
    x, y = spec.area.x + 0.3 * spec.area.w, spec.area.y + 0.4 * spec.area.h
    for down, length in strokes:
        ends = np.array([[x, y + down], [x + length, y + down + 0.2 * length]]) * PX_PER_MM
        cv2.polylines(image, [np.round(ends).astype(np.int32)], False, (30, 40, 110), 7)
    record, _ = read_page(as_page(image), reader, DAY)
    reading = next(r for r in record.readings if r.field == spec.id)
    assert (reading.value, codes(reading)) == (value, reasons)


def test_letters_in_the_cells_of_a_comb_are_read_by_the_readers_of_lines(desk_of_sheets, form, tmp_path) -> None:
    comb = next(f for f in form.fields if f.layout is FieldLayout.COMB and f.kind is FieldKind.DIGITS)
    letters = comb.model_copy(update={"kind": FieldKind.TEXT, "lexicon": "names"})
    fields = tuple(letters if f.id == comb.id else f for f in form.fields)
    changed = form.model_copy(update={"fields": fields, "rules": ()})
    name = "TRẦN VĂN AN"
    pen = Pen(desk_of_sheets.blank, desk_of_sheets.stock.hand("typed", np.random.default_rng(5), "DejaVu Sans"))
    for letter, cell in zip(name, comb.boxes, strict=False):
        if letter != " ":
            pen.write_digit(letter, cell)
    record, _ = read_page(as_page(pen.image), build_reader(changed, Settings(data=tmp_path)), DAY)
    reading = next(r for r in record.readings if r.field == comb.id)
    assert reading.value == name
    assert "hand_reader_missing" not in codes(reading)


def test_struck_entry_goes_to_a_person_with_what_stands_and_what_was_struck(desk_of_sheets, form, reader) -> None:
    hand = desk_of_sheets.stock.hand("typed", np.random.default_rng(5), "DejaVu Serif")
    answers = {f.id: [] if f.kind is FieldKind.CHOICES else None for f in form.fields}
    pen = Pen(desk_of_sheets.blank, hand)
    pen.sheet = draw_sheet(form, desk_of_sheets.blank, answers, hand).image.astype(np.float32)
    correct_line(pen, form.field("ho_ten").boxes[0], "Nguyễn Văn Bình", "Trần Thị Hoa", 0, above=False)
    record, _ = read_page(as_page(pen.image), reader)
    reading = next(r for r in record.readings if r.field == "ho_ten")
    assert reading.review and codes(reading)[0] == "struck_out"
    assert reading.value == "Trần Thị Hoa"
    assert [s.why for s in reading.steps] == ["struck_left_out"] and len(reading.raw) > len("Trần Thị Hoa")
    assert reading.alternatives
