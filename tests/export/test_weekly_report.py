"""The weekly report: counts of a week in Việt Nam's time, and nothing but counts."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from scanner.errors import SettingsError
from scanner.export.weekly_report import PageCounts, Week, WeeklyReport, count_pages, weekly_report, write_weekly_report
from scanner.model import (
    Box,
    FieldKind,
    FieldLayout,
    FieldReading,
    FieldSpec,
    FormTemplate,
    Issue,
    Option,
    PageRef,
    PageStatus,
    Reason,
    Record,
    Value,
)
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.views import PageRow, Viewer

BOX = Box(10, 10, 50, 6)
OPTIONS = (Option(id="co", label="Có việc làm", box=BOX), Option(id="khong", label="Thất nghiệp", box=BOX))
FORM = FormTemplate(
    id="phieu",
    version="1",
    title="Phiếu thử",
    sheet=(210, 297),
    blank="blank.pdf",
    fields=(
        FieldSpec(id="ten", label="Họ và tên", kind=FieldKind.TEXT, layout=FieldLayout.LINE, boxes=(BOX,)),
        FieldSpec(id="viec", label="Việc làm", kind=FieldKind.CHOICE, layout=FieldLayout.TICKS, options=OPTIONS),
        FieldSpec(id="dien", label="Diện", kind=FieldKind.CHOICES, layout=FieldLayout.TICKS, options=OPTIONS),
    ),
)
WEEK = Week(2024, 41)  # 7 to 13 October


class Town:
    """A real store with pages of two communes, on days of our choosing."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "sohoa.db"
        self.store = Store.open(f"sqlite:///{self._file}", PictureStore(folder / "files"))
        self.batches = {
            xa: self.store.ensure_batch(f"Đợt {xa}", xa=xa or None, form="phieu") for xa in ("Bình Xa", "Minh Xuân", "")
        }
        self._pages = 0

    def page(
        self,
        xa: str,
        arrived: str,
        status: PageStatus = PageStatus.READ,
        values: Mapping[str, Value] | None = None,
        *,
        review: bool = False,
        issues: tuple[Issue, ...] = (),
        verified: str | None = None,
    ) -> None:
        """Keep a page that arrived (and was verified) at a moment of Việt Nam's time."""
        self._pages += 1
        sha = f"{self._pages:064x}"
        readings = tuple(FieldReading(f, v, "", 1, 1, review, "fake", BOX) for f, v in (values or {}).items())
        ref = PageRef(Path(f"{self._pages}.jpg"), 1, sha)
        assert self.store.add_record(
            self.batches[xa], Record(ref, "phieu", "1", status, readings=readings, issues=issues)
        )
        with sqlite3.connect(self._file) as database:
            database.execute("update records set created_at = ? where sha256 = ?", (_utc(arrived), sha))
            database.execute(
                "update records set verified_at = ? where sha256 = ? and verified", (_utc(verified or arrived), sha)
            )
        database.close()

    def report(self, week: Week = WEEK, viewer: Viewer | None = None) -> WeeklyReport:
        return weekly_report(
            self.store, week, viewer, forms={"phieu": FORM}.__getitem__, now=moment("2024-10-14 08:00")
        )


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+07:00")


def _utc(text: str) -> str:
    return f"{moment(text).astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    held = Town(tmp_path)
    yield held
    held.store.close()


def test_pages_are_counted_by_commune_day_and_state(town: Town) -> None:
    town.page("Bình Xa", "2024-10-08 09:00", values={"viec": "co"})
    town.page("Bình Xa", "2024-10-08 10:00", values={"viec": "co"}, review=True)
    town.page("Bình Xa", "2024-10-08 11:00", PageStatus.BLANK)
    town.page("Bình Xa", "2024-10-09 11:00", PageStatus.UNPLACED)
    town.page("Minh Xuân", "2024-10-08 11:00", PageStatus.UNREADABLE)
    town.page("", "2024-10-08 12:00", values={"viec": None})
    tuesday, wednesday = dt.date(2024, 10, 8), dt.date(2024, 10, 9)
    assert town.report().arrivals == (
        PageCounts("", tuesday, pages=1, read=1, unplaced=0, blank=0, unreadable=0, verified=1, open=0),
        PageCounts("Bình Xa", tuesday, pages=3, read=2, unplaced=0, blank=1, unreadable=0, verified=1, open=1),
        PageCounts("Bình Xa", wednesday, pages=1, read=0, unplaced=1, blank=0, unreadable=0, verified=0, open=0),
        PageCounts("Minh Xuân", tuesday, pages=1, read=0, unplaced=0, blank=0, unreadable=1, verified=0, open=0),
    )


def test_sheet_of_several_pages_is_one_record_of_several_pages() -> None:
    came = moment("2024-10-08 09:00")
    row = PageRow("Bình Xa", "Đợt", "hai-trang", PageStatus.READ, True, came, came, 0)
    rows = [row, replace(row, joined=True), replace(row, verified=False), replace(row, status=PageStatus.UNPLACED)]
    (counts,) = count_pages(rows)
    assert (counts.pages, counts.read, counts.verified, counts.open, counts.unplaced) == (4, 2, 1, 1, 1)


def test_a_week_runs_from_monday_to_sunday_in_viet_nam_time(town: Town) -> None:
    for arrived in ("2024-10-06 23:59", "2024-10-07 00:00", "2024-10-13 23:59", "2024-10-14 00:00"):
        town.page("Bình Xa", arrived, PageStatus.BLANK)
    assert [counts.day for counts in town.report().arrivals] == [dt.date(2024, 10, 7), dt.date(2024, 10, 13)]


def test_answers_of_the_records_verified_in_the_week_are_counted(town: Town) -> None:
    monday, last_week, next_week = "2024-10-07 08:00", "2024-10-01 08:00", "2024-10-15 08:00"
    town.page("Bình Xa", monday, values={"viec": "co", "dien": ("co", "khong")})
    town.page("Minh Xuân", last_week, values={"viec": "co", "dien": ()}, verified=monday)
    town.page("Minh Xuân", monday, values={"viec": None, "dien": ("co",)})
    town.page("Minh Xuân", monday, values={"viec": "khong", "dien": ()}, verified=next_week)
    town.page("Minh Xuân", monday, values={"viec": "khong", "dien": ()}, review=True)
    report = town.report()
    assert report.verified == 3
    job, rights = report.answers
    assert (job.field.id, dict(job.total)) == ("viec", {"co": 2, None: 1})
    assert {xa: dict(counts) for xa, counts in job.by_xa.items()} == {
        "Bình Xa": {"co": 1},
        "Minh Xuân": {"co": 1, None: 1},
    }
    assert (rights.field.id, dict(rights.total)) == ("dien", {"co": 2, "khong": 1, None: 1})


def test_issues_are_counted_by_rule(town: Town) -> None:
    issues = tuple(Issue(rule, ("ten",), Reason("no_such_date")) for rule in ("tuoi", "so"))
    town.page("Bình Xa", "2024-10-08 09:00", values={"ten": "A"}, issues=issues)
    town.page("Bình Xa", "2024-10-08 09:00", values={"ten": "A"}, issues=issues[:1])
    assert [(i.xa, i.rule, i.open, i.settled) for i in town.report().issues] == [
        ("Bình Xa", "so", 1, 0),
        ("Bình Xa", "tuoi", 2, 0),
    ]


def test_a_viewer_gets_the_counts_of_their_communes_only(town: Town) -> None:
    for xa in ("Bình Xa", "Minh Xuân"):
        town.page(xa, "2024-10-08 09:00", values={"viec": "co"}, issues=())
    report = town.report(viewer=Viewer("1", "lan", "Lan", "supervisor", ("Minh Xuân",)))
    assert (report.communes, report.verified) == (("Minh Xuân",), 1)


def full(town: Town) -> WeeklyReport:
    wrong = (Issue("tuoi", ("ten",), Reason("no_such_date")),)
    town.page("Bình Xa", "2024-10-08 09:00", values={"ten": "Nguyễn Văn Bí Mật", "viec": "co"})
    town.page("Bình Xa", "2024-10-09 09:00", values={"ten": "Nguyễn Văn Bí Mật", "viec": "khong"})
    town.page("Minh Xuân", "2024-10-09 09:00", values={"ten": "Nguyễn Văn Bí Mật"}, issues=wrong)
    town.page("Minh Xuân", "2024-10-09 09:00", PageStatus.UNPLACED)
    return town.report()


def test_workbook_holds_the_counts(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "out" / "week.xlsx"
    write_weekly_report(full(town), out)
    book = openpyxl.load_workbook(out)
    held = {name: [list(line) for line in book[name].iter_rows(values_only=True)] for name in book.sheetnames}
    assert list(held) == ["Theo xã", "Theo xã và ngày", "Câu trả lời", "Lỗi do quy tắc phát hiện", "Giải thích"]
    assert held["Theo xã"] == [
        [
            "Xã",
            "Trang đưa vào",
            "Phiếu đọc được",
            "Không nhận ra mẫu",
            "Trang trắng",
            "Không mở được",
            "Giấy tờ khác",
            "Cần quét lại",
            "Đã duyệt",
            "Chưa duyệt",
        ],
        ["Bình Xa", 2, 2, 0, 0, 0, 0, 0, 2, 0],
        ["Minh Xuân", 2, 1, 1, 0, 0, 0, 0, 0, 1],
        ["Tổng cộng", 4, 3, 1, 0, 0, 0, 0, 2, 1],
    ]
    assert held["Theo xã và ngày"][1][:3] == ["Bình Xa", dt.datetime(2024, 10, 8), 1]
    assert held["Câu trả lời"][:4] == [
        ["Câu hỏi", "Trả lời", "Tổng", "Bình Xa", "Minh Xuân"],
        ["Việc làm", "Có việc làm", 1, 1, 0],
        ["Việc làm", "Thất nghiệp", 1, 1, 0],
        ["Diện", "Có việc làm", 0, 0, 0],
    ]
    assert held["Câu trả lời"][-1] == ["Diện", "(không trả lời)", 2, 2, 0]
    assert held["Lỗi do quy tắc phát hiện"][1] == ["Minh Xuân", "tuoi", 1, 0]
    assert "07/10/2024" in str(held["Giải thích"][1][0])


@pytest.mark.parametrize("suffix", [".html", ".xlsx"])
def test_no_value_of_a_sheet_is_in_the_report(town: Town, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"week{suffix}"
    write_weekly_report(full(town), out)
    if suffix == ".html":
        text = out.read_text(encoding="utf-8")
    else:
        book = openpyxl.load_workbook(out)
        text = repr([list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets])
    assert "Bình Xa" in text
    assert "report." not in text  # every code has its words
    assert "Bí Mật" not in text


def test_page_holds_the_counts_and_fetches_nothing(town: Town, tmp_path: Path) -> None:
    out = tmp_path / "week.html"
    write_weekly_report(full(town), out, "en")
    text = out.read_text(encoding="utf-8")
    assert "Weekly report 2024-W41" in text
    assert "From 07/10/2024 to 13/10/2024. Made at 14/10/2024 08:00" in text
    assert '<td>Total</td><td class="n">4</td><td class="n">3</td>' in text
    assert [mark for mark in ("<script", "<link", "src=", "href=", "url(") if mark in text] == []


def test_pages_that_people_set_aside_are_counted_by_themselves(town: Town) -> None:
    town.page("Bình Xa", "2024-10-08 11:00", PageStatus.OTHER)
    town.page("Bình Xa", "2024-10-08 11:00", PageStatus.RESCAN)
    (counts,) = town.report().arrivals
    assert (counts.pages, counts.other, counts.rescan, counts.read, counts.unplaced) == (2, 1, 1, 0, 0)


def test_an_empty_week_is_a_report_of_noughts(town: Town, tmp_path: Path) -> None:
    for suffix in (".html", ".xlsx"):
        write_weekly_report(town.report(), tmp_path / f"week{suffix}")
    sheet = openpyxl.load_workbook(tmp_path / "week.xlsx")["Theo xã"]
    assert [cell.value for cell in sheet[2]] == ["Tổng cộng", *[0] * 9]


def test_another_suffix_is_one_sentence(town: Town, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be written as week\.pdf"):
        write_weekly_report(town.report(), tmp_path / "week.pdf")
    assert not (tmp_path / "week.pdf").exists()


@pytest.mark.parametrize("text", ["2024-W41", "2024W41", " 2024-w41 "])
def test_weeks_are_written_as_iso_weeks(text: str) -> None:
    assert Week.parse(text) == WEEK
    assert str(WEEK) == "2024-W41"
    assert WEEK.days[0] == dt.date(2024, 10, 7)


@pytest.mark.parametrize("text", ["2024-W53", "2024-W00", "2024-10", "week 41", "", "0000-W01", "２０２４-W41"])
def test_what_is_no_week_is_one_sentence(text: str) -> None:
    with pytest.raises(SettingsError, match="not a week"):
        Week.parse(text)


def test_the_current_week_is_that_of_viet_nam() -> None:
    assert Week.current(dt.datetime(2024, 10, 6, 16, 59, tzinfo=dt.UTC)) == Week(2024, 40)
    assert Week.current(dt.datetime(2024, 10, 6, 17, 0, tzinfo=dt.UTC)) == Week(2024, 41)
    assert Week.current(dt.datetime(2024, 12, 30, 0, 0, tzinfo=dt.UTC)) == Week(2025, 1)
