"""What leaves the site: one page as JSON; stored records as CSV, XLSX and JSON Lines."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from scanner.errors import SettingsError, SohoaError, StorageFull
from scanner.export import export, record_to_json
from scanner.export.columns import FORMULA, PROVENANCE, SPACES, harmless, plain
from scanner.export.text import write_csv
from scanner.export.xlsx import write_xlsx
from scanner.files import replacing
from scanner.model import (
    Box,
    FieldKind,
    FieldLayout,
    FieldReading,
    FieldSpec,
    FormTemplate,
    Issue,
    NextPage,
    Option,
    PageRef,
    PageStatus,
    Quality,
    Reason,
    Record,
    Registration,
    Step,
    Value,
)
from scanner.model.registration import PageTransform
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.views import SheetPage

BOX = Box(71.0, 38.2, 121.0, 6.0)


def spec(name: str, label: str, kind: FieldKind, **options: str) -> FieldSpec:
    held = tuple(Option(id=o, label=text, box=BOX) for o, text in options.items())
    layout = FieldLayout.TICKS if options else FieldLayout.LINE
    return FieldSpec(id=name, label=label, kind=kind, layout=layout, boxes=(BOX,), options=held, required=name == "ten")


FORM = FormTemplate(
    id="phieu",
    version="2",
    title="Phiếu thử",
    sheet=(210, 297),
    blank="blank.pdf",
    fields=(
        spec("ten", "Họ và tên", FieldKind.TEXT),
        spec("so", "Số định danh", FieldKind.DIGITS),
        spec("sinh", "Ngày sinh", FieldKind.DATE),
        spec("gioi", "Giới tính", FieldKind.CHOICE, nam="Nam", nu="Nữ"),
        spec("dien", "Đối tượng ưu tiên", FieldKind.CHOICES, ngheo="Thuộc hộ nghèo", tat="Người khuyết tật"),
        spec("xa", "Xã/phường", FieldKind.TEXT),
        spec("ky", "Chữ ký", FieldKind.SIGNATURE),
    ),
)


@dataclass(frozen=True)
class Field:
    """A field as a store gives it."""

    field: str
    value: Value
    machine_value: Value
    raw: str = ""
    confidence: float = 0.987654
    review: bool = False
    open: bool = False
    engine: str = "fake-1"
    box_mm: Box = BOX
    alternatives: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    reasons: tuple[Reason, ...] = ()
    revision: int = 0
    manner: str = "machine"
    by: str | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Problem:
    """An issue as a store gives it."""

    rule: str
    fields: tuple[str, ...]
    message: Reason
    open: bool


@dataclass(frozen=True)
class Row:
    """A record as a store gives it."""

    record_id: str
    values: Mapping[str, Value]
    fields: Sequence[Field] = ()
    issues: Sequence[Problem] = ()
    batch: str = "Đợt 12/10"
    xa: str | None = "02392"
    source: str = "scan-0012.pdf"
    page: int = 3
    sha256: str = "ab" * 32
    form: str = "phieu"
    form_version: str = "2"
    verified: bool = True
    verified_by: str | None = "Nguyễn T. Hạnh"
    verified_at: dt.datetime | None = dt.datetime(2024, 10, 12, 18, 30, 7, 999, tzinfo=dt.UTC)
    quality: Mapping[str, Any] | None = None
    registration: Mapping[str, Any] | None = None
    form_page: int = 1
    pages: Sequence[SheetPage] = ()


FULL: dict[str, Value] = {
    "ten": "Chẩu Ngọc Thảo",
    "so": "001151931325",
    "sinh": "10/07/1951",
    "gioi": "nu",
    "dien": ("ngheo", "tat"),
    "xa": "Phúc Thịnh",
    "ky": True,
}
EMPTY: dict[str, Value] = {spec.id: () if spec.kind is FieldKind.CHOICES else None for spec in FORM.fields}


def row(values: Mapping[str, Value] = FULL, **more: Any) -> Row:
    fields = tuple(Field(name, value, value) for name, value in values.items())
    return replace(Row("0b6c", dict(values), fields), **more)


def csv_lines(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter, strict=True))


def csv_row(path: Path) -> dict[str, str]:
    heads, values = csv_lines(path)
    return dict(zip(heads, values, strict=True))


def sheets(path: Path) -> Mapping[str, Worksheet]:
    book = openpyxl.load_workbook(path)
    return {name: book[name] for name in book.sheetnames}


def cells(sheet: Worksheet, line: int = 2) -> dict[str, Any]:
    return {str(head.value): cell for head, cell in zip(sheet[1], sheet[line], strict=True)}


# --- CSV -------------------------------------------------------------------------------------------


def test_csv_begins_with_a_bom_and_ends_lines_with_crlf(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    export([row(), row()], FORM, "csv", out)
    data = out.read_bytes()
    assert data.startswith(b'\xef\xbb\xbf"ten",')
    assert data.count(b"\r\n") == data.count(b"\n") == 3


def test_csv_headings_are_the_field_ids_in_order_then_provenance(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    export([], FORM, "csv", out)
    (heads,) = csv_lines(out)
    assert heads[:7] == ["ten", "so", "sinh", "gioi", "dien", "xa", "ky"]
    assert {"_batch", "_xa", "_source", "_page", "_verified", "_verified_by", "_verified_at"} <= set(heads[7:])
    assert len(heads) == len(set(heads)) == 7 + len(PROVENANCE)


def test_csv_keeps_values_in_the_contracts_form(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    export([row()], FORM, "csv", out)
    held = csv_row(out)
    assert held["ten"] == "Chẩu Ngọc Thảo"
    assert held["so"] == "001151931325"
    assert held["sinh"] == "10/07/1951"
    assert held["gioi"] == "nu"
    assert held["dien"] == "ngheo;tat"
    assert held["ky"] == "true"
    assert held["_verified"] == "true"
    assert held["_page"] == "3"


def test_csv_leaves_empty_fields_empty(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    export([row(EMPTY, verified=False, verified_by=None, verified_at=None, xa=None)], FORM, "csv", out)
    held = csv_row(out)
    assert {held[spec.id] for spec in FORM.fields} == {""}
    assert (held["_verified"], held["_verified_by"], held["_verified_at"], held["_xa"]) == ("false", "", "", "")


def test_time_of_verification_is_told_in_viet_nam_time(tmp_path: Path) -> None:
    export([row()], FORM, "csv", tmp_path / "r.csv")
    export([row()], FORM, "xlsx", tmp_path / "r.xlsx")
    assert csv_row(tmp_path / "r.csv")["_verified_at"] == "2024-10-13T01:30:07+07:00"
    cell = cells(sheets(tmp_path / "r.xlsx")["Phiếu"])["Thời điểm duyệt"]
    assert cell.value == dt.datetime(2024, 10, 13, 1, 30, 7)


def test_csv_can_be_split_at_semicolons_for_a_region_that_needs_it(tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    export([row({**FULL, "ten": 'A;B,"C"'})], FORM, "csv", out, delimiter=";")
    assert csv_lines(out, ";")[1][:2] == ['A;B,"C"', "001151931325"]


FORMULAS = [
    "=1+1",
    "+84",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "\u00a0=1",
    "\u3000=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "\u200b=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_is_made_harmless_in_csv(tmp_path: Path, text: str) -> None:
    out = tmp_path / "r.csv"
    export([row({**FULL, "ten": text}, batch=text, verified_by=text)], FORM, "csv", out)
    held = csv_row(out)
    assert held["ten"] == held["_batch"] == held["_verified_by"] == "'" + text


@given(st.text(st.sampled_from("=+-@\t\r＝＋－＠ \u3000\u00a0aộ1,;\"\n'"), max_size=8))
def test_no_csv_cell_begins_like_a_formula_whatever_is_written(text: str) -> None:
    stream = io.StringIO(harmless(text))
    start = stream.read().lstrip(SPACES)
    assert start[:1] not in FORMULA or not start
    assert harmless(text).removeprefix("'") == text.removeprefix("'")


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=14))
def test_numbers_never_get_an_apostrophe(text: str) -> None:
    assert plain(FORM.field("so"), text) == text
    assert plain(FORM.field("sinh"), text) == text


def test_a_digits_field_that_holds_no_number_is_made_harmless(tmp_path: Path) -> None:
    assert plain(FORM.field("so"), "-12") == "'-12"
    assert plain(FORM.field("sinh"), "=NOW()") == "'=NOW()"


values = st.fixed_dictionaries({"ten": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)})


@given(st.lists(values, max_size=5), st.sampled_from([",", ";"]))
def test_any_text_comes_back_from_csv(
    tmp_path_factory: pytest.TempPathFactory, held: list[dict[str, Value]], by: str
) -> None:
    out = tmp_path_factory.mktemp("csv") / "r.csv"
    write_csv([row(v) for v in held], FORM, out, by)
    lines = csv_lines(out, by)[1:]
    assert [line[0] for line in lines] == [harmless(str(v["ten"] or "")) for v in held]


# --- XLSX ------------------------------------------------------------------------------------------


def book(tmp_path: Path, *rows: Row) -> Mapping[str, Worksheet]:
    out = tmp_path / "r.xlsx"
    export(rows, FORM, "xlsx", out)
    return sheets(out)


def test_xlsx_has_vietnamese_headings_a_frozen_head_and_a_filter(tmp_path: Path) -> None:
    held = book(tmp_path, row(), row())
    sheet = held["Phiếu"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[:7] == [
        "Họ và tên",
        "Số định danh",
        "Ngày sinh",
        "Giới tính",
        "Đối tượng ưu tiên",
        "Xã/phường",
        "Chữ ký",
    ]
    assert {"Đợt", "Tệp nguồn", "Trang", "Xã của đợt", "Trạng thái", "Người duyệt", "Thời điểm duyệt"} <= set(heads)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(3, len(heads)).coordinate}"
    assert sheet.column_dimensions["A"].width > 20
    assert list(held) == ["Phiếu", "Giải thích", "Người đã xem"]


def test_leading_zeros_live_in_xlsx(tmp_path: Path) -> None:
    cell = cells(book(tmp_path, row())["Phiếu"])["Số định danh"]
    assert (cell.value, cell.data_type, cell.number_format) == ("001151931325", "s", "@")


def test_dates_are_dates_in_xlsx(tmp_path: Path) -> None:
    cell = cells(book(tmp_path, row())["Phiếu"])["Ngày sinh"]
    assert cell.is_date
    assert (cell.value, cell.number_format) == (dt.datetime(1951, 7, 10), "dd/mm/yyyy")


@pytest.mark.parametrize("written", ["1951", "31/02/1951", "10/07/1899", "01/01/1900", "10/7", "1/2/3/4"])
def test_what_is_no_full_date_for_excel_stays_text(tmp_path: Path, written: str) -> None:
    cell = cells(book(tmp_path, row({**FULL, "sinh": written}))["Phiếu"])["Ngày sinh"]
    assert (cell.value, cell.data_type, cell.is_date) == (written, "s", False)


def test_options_are_written_as_labels_and_truth_as_words(tmp_path: Path) -> None:
    held = cells(book(tmp_path, row())["Phiếu"])
    assert held["Giới tính"].value == "Nữ"
    assert held["Đối tượng ưu tiên"].value == "Thuộc hộ nghèo; Người khuyết tật"
    assert held["Chữ ký"].value == "có"
    assert held["Trạng thái"].value == "đã duyệt"
    assert held["Trang"].value == 3


def test_empty_fields_are_empty_cells(tmp_path: Path) -> None:
    held = cells(book(tmp_path, row(EMPTY))["Phiếu"])
    assert [held[spec.label].value for spec in FORM.fields] == [None] * 7


@pytest.mark.parametrize("text", [*FORMULAS, "{=1}", "http://a.example/x", "mailto:a@b.example"])
def test_nothing_written_becomes_a_formula_or_a_link_in_xlsx(tmp_path: Path, text: str) -> None:
    cell = cells(book(tmp_path, row({**FULL, "ten": text}))["Phiếu"])["Họ và tên"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    assert cell.value.replace("_x000D_", "\r") == text
    assert cell.quotePrefix is (harmless(text) != text)


def test_explanation_tells_every_column_its_id_kind_and_options(tmp_path: Path) -> None:
    held = book(tmp_path, row())
    lines = {line[1]: line for line in held["Giải thích"].iter_rows(min_row=2, values_only=True)}
    records = [cell.value for cell in held["Phiếu"][1]]
    assert [str(line[0]) for line in lines.values()][: len(records)] == records
    assert lines["gioi"][3:] == ("chọn một", None, "Nam (nam)\nNữ (nu)")
    assert lines["ten"][4] == "có"
    assert lines["phieu"][5] == "Phiếu thử (2)"
    assert all(lines[column.id][5] for column in PROVENANCE)


def test_third_sheet_lists_what_people_settled(tmp_path: Path) -> None:
    at = dt.datetime(2024, 10, 12, 2, 0, tzinfo=dt.UTC)
    typed = Field(
        "ten", "Chẩu Ngọc Thảo", "Chẩu Ngọc Thao", confidence=0.72, revision=1, manner="typed", by="Hạnh", at=at
    )
    ticked = Field("gioi", "nu", "nam", confidence=0.5, revision=2, manner="typed", by="Lan", at=at)
    sheet = book(tmp_path, row(fields=(typed, Field("so", "1", "1"), ticked)))["Người đã xem"]
    assert sheet.max_row == 3
    held = {head: cell.value for head, cell in cells(sheet).items()}
    assert held["Máy đọc"] == "Chẩu Ngọc Thao"
    assert held["Giá trị"] == "Chẩu Ngọc Thảo"
    assert held["Độ tin của máy"] == 0.72
    assert (held["Cách xử lý"], held["Người xử lý"]) == ("gõ lại", "Hạnh")
    assert held["Thời điểm"] == dt.datetime(2024, 10, 12, 9, 0)
    assert cells(sheet, 3)["Máy đọc"].value == "Nam"


def test_a_full_sheet_is_continued_on_another(tmp_path: Path) -> None:
    rows = [row({**FULL, "ten": f"Người {i}"}) for i in range(5)]
    write_xlsx(rows, FORM, tmp_path / "r.xlsx", "vi", sheet_rows=3)
    held = sheets(tmp_path / "r.xlsx")
    assert [name for name in held if name.startswith("Phiếu")] == ["Phiếu", "Phiếu 2", "Phiếu 3"]
    names = [line[0] for name in held if name.startswith("Phiếu") for line in held[name].iter_rows(2, values_only=True)]
    assert names == [f"Người {i}" for i in range(5)]


def test_equal_labels_get_their_ids(tmp_path: Path) -> None:
    form = FORM.model_copy(update={"fields": (*FORM.fields, spec("ten2", "Họ và tên", FieldKind.TEXT))})
    export([row()], form, "xlsx", tmp_path / "r.xlsx")
    heads = [cell.value for cell in sheets(tmp_path / "r.xlsx")["Phiếu"][1]]
    assert heads[0] == "Họ và tên (ten)"
    assert heads[7] == "Họ và tên (ten2)"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_word_of_the_workbook_is_known(tmp_path: Path, lang: str) -> None:
    settled = [
        Field("ten", "A", "B", manner=manner, by="Lan", at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
        for manner in ("typed", "accepted", "unreadable")
    ]
    export([row(), row({**FULL, "ky": False}, verified=False, fields=settled)], FORM, "xlsx", tmp_path / "r.xlsx", lang)
    held = [cell for sheet in sheets(tmp_path / "r.xlsx").values() for line in sheet.values for cell in line]
    assert len(held) > 100
    assert [cell for cell in held if str(cell).startswith("export.")] == []


def test_english_headings_on_wish(tmp_path: Path) -> None:
    export([row()], FORM, "xlsx", tmp_path / "r.xlsx", lang="en")
    held = sheets(tmp_path / "r.xlsx")
    assert list(held) == ["Records", "Columns", "Settled by people"]
    assert cells(held["Records"])["Status"].value == "verified"


# --- JSON Lines ------------------------------------------------------------------------------------


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_jsonl_holds_the_contracts_core_and_whose_value_it_is(tmp_path: Path) -> None:
    at = dt.datetime(2024, 10, 12, 2, 0, tzinfo=dt.UTC)
    typed = Field("so", "001", "007", "OO7", review=True, revision=1, manner="typed", by="Hạnh", at=at)
    chosen = Field("dien", ("ngheo",), ("ngheo",), alternatives=("tat",))
    wrong = Problem("so_va_sinh", ("so", "sinh"), Reason("no_such_date"), open=False)
    export([row(fields=(typed, chosen), issues=(wrong,))], FORM, "jsonl", tmp_path / "r.jsonl", lang="en")
    (held,) = lines(tmp_path / "r.jsonl")
    core = ("source", "page", "sha256", "form", "status", "reason", "quality", "registration", "fields", "issues")
    assert set(core) <= set(held)
    assert (held["source"], held["page"], held["status"], held["verified"]) == ("scan-0012.pdf", 3, "read", True)
    assert held["fields"]["so"] == {
        "value": "001",
        "raw": "OO7",
        "confidence": 0.9877,
        "review": False,
        "engine": "fake-1",
        "box_mm": [71.0, 38.2, 121.0, 6.0],
        "alternatives": [],
        "machine_value": "007",
        "machine_review": True,
        "manner": "typed",
        "by": "Hạnh",
        "at": "2024-10-12T09:00:00+07:00",
        "revision": 1,
    }
    assert held["fields"]["dien"]["value"] == ["ngheo"]
    assert held["issues"] == [
        {"rule": "so_va_sinh", "fields": ["so", "sinh"], "message": "There is no such date.", "open": False}
    ]
    assert (held["verified_by"], held["verified_at"]) == ("Nguyễn T. Hạnh", "2024-10-13T01:30:07+07:00")


def test_jsonl_tells_what_knowledge_changed_and_only_then(tmp_path: Path) -> None:
    mended = Field("ten", "Tổ 5", "Tổ 5", "Tố 5", steps=(Step("Tố", "Tổ", "hook_seen_as_acute"),))
    export([row(fields=(mended, Field("so", "001", "001")))], FORM, "jsonl", tmp_path / "r.jsonl")
    (held,) = lines(tmp_path / "r.jsonl")
    assert held["fields"]["ten"]["steps"] == [{"from": "Tố", "to": "Tổ", "why": "hook_seen_as_acute"}]
    assert "steps" not in held["fields"]["so"]


def test_jsonl_writes_vietnamese_as_it_is(tmp_path: Path) -> None:
    export([row(), row()], FORM, "jsonl", tmp_path / "r.jsonl")
    data = (tmp_path / "r.jsonl").read_bytes()
    assert "Chẩu Ngọc Thảo".encode() in data
    assert data.count(b"\n") == 2


# --- through the real store -------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'sohoa.db'}", PictureStore(tmp_path / "files"))
    yield opened
    opened.close()


def test_a_correction_its_reviewer_and_its_time_are_in_every_export(tmp_path: Path, store: Store) -> None:
    batch = store.ensure_batch("Đợt 1", xa="02392", form="phieu")
    store.add_record(batch, page(issues=()))
    store.add_user("lan", "Trần Thị Lan", "reviewer", "a long enough password")
    viewer = store.authenticate("lan", "a long enough password")
    assert viewer is not None
    (item,) = store.queue(viewer)
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    store.correct(item.record_id, "dien", ("tat",), viewer=viewer, seen_revision=0, manner="typed")
    for fmt in ("csv", "xlsx", "jsonl"):
        assert export(store.export_rows(), FORM, fmt, tmp_path / f"r.{fmt}", lang="vi").verified == 1

    held = csv_row(tmp_path / "r.csv")
    assert (held["dien"], held["ten"], held["_verified_by"]) == ("tat", "Nguyễn Thị Hoa", "Trần Thị Lan")
    assert before <= dt.datetime.fromisoformat(held["_verified_at"])
    sheet = sheets(tmp_path / "r.xlsx")["Người đã xem"]
    changed = {head: cell.value for head, cell in cells(sheet).items()}
    assert changed["Máy đọc"] == "Thuộc hộ nghèo"
    assert (changed["Giá trị"], changed["Người xử lý"]) == ("Người khuyết tật", "Trần Thị Lan")
    (line,) = lines(tmp_path / "r.jsonl")
    assert line["fields"]["dien"]["value"] == ["tat"]
    assert line["fields"]["dien"]["by"] == "Trần Thị Lan"
    assert line["fields"]["dien"]["review"] is False
    assert line["fields"]["ten"] == record_to_json(page())["fields"]["ten"] | {
        "machine_value": "Nguyễn Thị Hoa",
        "machine_review": False,
        "manner": "machine",
        "by": None,
        "at": None,
        "revision": 0,
    }
    for name in ("quality", "registration"):
        assert line[name] == record_to_json(page(), "vi")[name]


def test_records_with_open_fields_go_out_only_when_all_are_asked_for(tmp_path: Path, store: Store) -> None:
    batch = store.ensure_batch("Đợt 1", xa=None, form="phieu")
    store.add_record(batch, page())
    assert export(store.export_rows(), FORM, "csv", tmp_path / "r.csv").records == 0
    assert export(store.export_rows("all"), FORM, "csv", tmp_path / "r.csv").records == 1
    held = csv_row(tmp_path / "r.csv")
    assert (held["_verified"], held["_open_fields"], held["_open_issues"]) == ("false", "1", "1")


# --- all formats -----------------------------------------------------------------------------------

FORMATS = pytest.mark.parametrize("fmt", ["csv", "xlsx", "jsonl"])


@FORMATS
def test_summary_counts_and_leaves_out_other_forms(tmp_path: Path, fmt: str) -> None:
    told: list[int] = []
    rows = [row(), row(form="khac"), row(verified=False)]
    summary = export(rows, FORM, fmt, tmp_path / "sub" / f"r.{fmt}", tick=told.append)
    assert (summary.records, summary.verified, summary.other_forms) == (2, 1, 1)
    assert told == [1, 2]
    assert summary.path.is_file()


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])  # a workbook holds the time it was made
def test_the_same_records_give_the_same_bytes(tmp_path: Path, fmt: str) -> None:
    rows = [row(page=i) for i in range(20)]
    export(rows, FORM, fmt, tmp_path / "a")
    export(rows, FORM, fmt, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def failing(error: Exception) -> Iterator[Row]:
    yield row()
    raise error


@FORMATS
def test_a_failed_export_leaves_the_old_file_and_nothing_else(tmp_path: Path, fmt: str) -> None:
    out = tmp_path / f"r.{fmt}"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError, match="half way"):
        export(failing(RuntimeError("half way")), FORM, fmt, out)
    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


@FORMATS
def test_a_full_disk_is_one_sentence(tmp_path: Path, fmt: str) -> None:
    out = tmp_path / f"r.{fmt}"
    with pytest.raises(StorageFull, match="disk is full"):
        export(failing(OSError(errno.ENOSPC, "No space left on device")), FORM, fmt, out)
    assert list(tmp_path.iterdir()) == []


@FORMATS
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_full_while_writing_is_one_sentence(tmp_path: Path, fmt: str) -> None:
    with pytest.raises(StorageFull), replacing(tmp_path / "r") as temporary:
        temporary.symlink_to("/dev/full")
        if fmt == "csv":
            write_csv([row()] * 200, FORM, temporary)
        elif fmt == "xlsx":
            write_xlsx([row()], FORM, temporary, "vi")
        else:
            temporary.write_text("x" * 10_000, encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='no export format "pdf"'):
        export([row()], FORM, "pdf", tmp_path / "r.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(SohoaError, match="is a folder"):
        export([row()], FORM, "csv", tmp_path)


def test_a_path_below_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SohoaError, match="cannot be written"):
        export([row()], FORM, "csv", tmp_path / "file" / "r.csv")


def test_a_file_open_in_another_program_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "The process cannot access the file")

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(SohoaError, match="another program"):
        export([row()], FORM, "csv", tmp_path / "r.csv")
    assert list(tmp_path.iterdir()) == []


# --- one page as JSON ------------------------------------------------------------------------------

QUALITY = Quality(2480, 3508, 300.0, "grey", 2.1234, 0.8, 0.0, 0.05, False, (Reason("no_such_date"),))
TURN = 11.81 * np.exp(1j * np.deg2rad(1.804))
PLACED = Registration(
    PageTransform(
        sheet=(210.0, 297.0),
        homography=np.array([[TURN.real, -TURN.imag, 0], [TURN.imag, TURN.real, 0], [0, 0, 1]]),
        warp=np.zeros((6, 2)),
    ),
    residual_mm=0.12345,
    residual_p95_mm=0.31,
    landmarks_found=190,
    landmarks_tried=195,
)


def page(**more: Any) -> Record:
    readings = (
        FieldReading("ten", "Nguyễn Thị Hoa", "Nguyên Thị Hoa", 0.9, 0.97, False, "tesseract-5.3.0/vie", BOX, ("Hoà",)),
        FieldReading(
            "dien", ("ngheo",), "", 0.9, np.float64(0.5), True, "ticks", BOX, reasons=(Reason("no_such_date"),)
        ),
    )
    issue = Issue("so_va_sinh", ("so", "sinh"), Reason("no_such_date"))
    ref = PageRef(Path("/somewhere/scan-0012.pdf"), 2, "ab" * 32)
    record = Record(ref, "phieu", "2", PageStatus.READ, None, QUALITY, PLACED, readings, (issue,))
    return replace(record, **more)


def test_a_page_has_the_contracts_keys() -> None:
    held = json.loads(json.dumps(record_to_json(page()), allow_nan=False))
    assert (held["source"], held["page"], held["sha256"], held["form"]) == ("scan-0012.pdf", 2, "ab" * 32, "phieu")
    assert (held["status"], held["reason"]) == ("read", None)
    assert held["fields"]["ten"] == {
        "value": "Nguyễn Thị Hoa",
        "raw": "Nguyên Thị Hoa",
        "confidence": 0.97,
        "review": False,
        "engine": "tesseract-5.3.0/vie",
        "box_mm": [71.0, 38.2, 121.0, 6.0],
        "alternatives": ["Hoà"],
    }
    assert held["fields"]["dien"]["value"] == ["ngheo"]
    assert held["fields"]["dien"]["reason"] == "There is no such date."
    assert held["registration"]["residual_mm"] == 0.123
    assert held["registration"]["rotation_deg"] == 1.8
    assert held["registration"]["landmarks"] == {"found": 190, "tried": 195}
    assert held["quality"]["width_px"] == 2480
    assert held["quality"]["problems"] == ["There is no such date."]
    assert held["issues"] == [{"rule": "so_va_sinh", "fields": ["so", "sinh"], "message": "There is no such date."}]


def test_a_page_tells_the_steps_from_raw_to_value_in_order() -> None:
    first, second = page().readings
    steps = (Step("Nguyên", "Nguyễn", "likelier_words"), Step("Hoä", "Hoa", "foreign_letter"))
    held = json.loads(json.dumps(record_to_json(page(readings=(replace(first, steps=steps), second)), "vi")))
    assert held["fields"]["ten"]["steps"] == [
        {"from": "Nguyên", "to": "Nguyễn", "why": "likelier_words"},
        {"from": "Hoä", "to": "Hoa", "why": "foreign_letter"},
    ]
    assert "steps" not in held["fields"]["dien"]


def test_a_page_tells_its_words_in_vietnamese_on_wish() -> None:
    assert record_to_json(page(), "vi")["issues"][0]["message"] == "Ngày này không có trong lịch."


@pytest.mark.parametrize("status", [PageStatus.UNPLACED, PageStatus.BLANK, PageStatus.UNREADABLE])
def test_a_page_that_was_not_read_has_a_reason_and_no_fields(status: PageStatus) -> None:
    record = page(status=status, reason=Reason("no_such_date"), registration=None, quality=None)
    held = json.loads(json.dumps(record_to_json(record)))
    assert (held["status"], held["reason"]) == (status.value, "There is no such date.")
    assert (held["fields"], held["issues"], held["registration"], held["quality"]) == ({}, [], None, None)


# --- sheets of several pages -------------------------------------------------------------------------


def two_pages() -> FormTemplate:
    """The form with its last three fields on a second page."""
    fields = tuple(f.model_copy(update={"page": 2}) if n > 3 else f for n, f in enumerate(FORM.fields))
    following = NextPage(sheet=(210, 297), blank="blank.pdf", blank_page=2)
    return FORM.model_copy(update={"fields": fields, "next_pages": (following,)})


def sheet_row(*form_pages: int) -> Row:
    """A record of some pages: page 1 is page 3 of its file, page 2 lies in another file."""
    pages = tuple(
        SheetPage(f"r{n}", f"scan-{n}.pdf", 3 if n == 1 else 7, f"{n}" * 64, n, "2", None, None) for n in form_pages
    )
    fields = tuple(Field(name, value, value, by="A", manner="typed") for name, value in FULL.items())
    return Row("r1", FULL, fields, form_page=form_pages[0], pages=pages, source=pages[0].source, page=pages[0].page)


def test_sheet_of_two_pages_is_one_line_of_json_with_its_pages(tmp_path: Path) -> None:
    export([sheet_row(1, 2)], two_pages(), "jsonl", tmp_path / "r.jsonl")
    (held,) = lines(tmp_path / "r.jsonl")
    assert (held["source"], held["page"], held["form_page"]) == ("scan-1.pdf", 3, 1)
    assert [(p["source"], p["page"], p["form_page"], p["sha256"]) for p in held["pages"]] == [
        ("scan-1.pdf", 3, 1, "1" * 64),
        ("scan-2.pdf", 7, 2, "2" * 64),
    ]
    assert list(held["fields"]) == list(FULL)
    assert {name: field["form_page"] for name, field in held["fields"].items()}["ky"] == 2


def test_form_of_one_page_has_no_pages_in_its_json(tmp_path: Path) -> None:
    export([row()], FORM, "jsonl", tmp_path / "r.jsonl")
    (held,) = lines(tmp_path / "r.jsonl")
    assert "pages" not in held and held["form_page"] == 1
    assert not any("form_page" in field for field in held["fields"].values())


def test_table_says_which_pages_were_there(tmp_path: Path) -> None:
    export([sheet_row(1, 2), sheet_row(2)], two_pages(), "csv", tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as stream:
        held = list(csv.DictReader(stream))
    assert [line["_form_pages"] for line in held] == ["1 2", "2"]
    assert list(held[0])[:7] == list(FULL)
    export([row()], FORM, "csv", tmp_path / "one.csv")
    assert "_form_pages" not in (tmp_path / "one.csv").read_text(encoding="utf-8-sig")


def test_changes_name_the_file_in_which_the_field_stands(tmp_path: Path) -> None:
    export([sheet_row(1, 2)], two_pages(), "xlsx", tmp_path / "r.xlsx", lang="en")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    changes = {line[5]: (line[2], line[3]) for line in book.worksheets[2].iter_rows(min_row=2, values_only=True)}
    assert (changes["ten"], changes["ky"]) == (("scan-1.pdf", 3), ("scan-2.pdf", 7))
    heads = [cell.value for cell in book.worksheets[0][1]]
    assert "Pages of the form" in heads
