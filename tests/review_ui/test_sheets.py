"""Sheets of several pages at the desk: one record, its pages found, put on and taken off."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, open_desk
from sheets_desk import BATCH, fill_sheets, ids

from samples.two_pages import NAMES, TWO, number_of


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with sheets of two pages, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("sheets") / "data"
    fill_sheets(folder)
    return folder


@pytest.fixture
def desk(sheets: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk with sheets of two pages."""
    opened = open_desk(shutil.copytree(sheets, tmp_path / "data"))
    yield opened
    opened.store.close()


def test_queue_has_one_line_a_sheet(desk: Desk) -> None:
    page = desk.person("reviewer").get("/queue/").text
    assert "3 phiếu cần người duyệt" in page
    assert page.count("phiếu 2 trang") == 1


def test_page_of_a_sheet_leads_to_its_record(desk: Desk) -> None:
    a1, a2 = ids()[:2]
    answer = desk.person("reviewer").get(f"/records/{a2}?batch={desk.batch}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/records/{a1}?batch={desk.batch}"


def test_record_shows_the_fields_and_pictures_of_all_its_pages(desk: Desk) -> None:
    a1, a2 = ids()[:2]
    text = desk.person("reviewer").get(f"/records/{a1}").text
    order = [text.index(f'id="f-{spec.id}"') for spec in TWO.fields]
    assert order == sorted(order)
    assert f"/files/{a1}/aligned" in text and f"/files/{a2}/aligned" in text
    assert f"/records/{a2}/fields/nghe" in text and f"/records/{a1}/fields/ten" in text
    assert text.count('class="page-view"') == 2


def test_field_of_the_second_page_is_saved_there_and_counts_for_the_sheet(desk: Desk) -> None:
    a1, a2 = ids()[:2]
    reviewer = desk.person("reviewer")
    answer = reviewer.save(f"/records/{a2}/fields/nghe", {"value": "thợ xây", "seen_revision": "0"})
    assert answer.status_code == 200 and answer.json
    assert (answer.json["left"], answer.json["verified"]) == (2, False)
    assert set(answer.json["fields"]) == {spec.id for spec in TWO.fields}
    for page, field, value in ((a1, "ten", NAMES["a"]), (a2, "ky", "co")):
        answer = reviewer.save(f"/records/{page}/fields/{field}", {"value": value, "seen_revision": "0"})
    assert answer.json and answer.json["verified"]
    view = desk.store.record(a1, desk.boss)
    assert view.verified and {f.field: f.value for f in view.fields}["nghe"] == "thợ xây"


def test_missing_page_is_told_and_can_be_let_stand_with_a_note(desk: Desk) -> None:
    b1 = ids()[2]
    reviewer = desk.person("reviewer")
    text = reviewer.get(f"/records/{b1}").text
    assert "Phiếu này thiếu trang 2/2" in text
    (issue,) = desk.store.record(b1, desk.boss).issues
    answer = reviewer.save(f"/records/{b1}/issues/{issue.id}", {"note": "tờ giấy chỉ có một trang"})
    assert answer.json and (answer.json["verified"], answer.json["left"], answer.json["notes"].strip()) == (True, 0, "")
    assert desk.store.record(b1, desk.boss).issues[0].settled_by == "Nguyễn Văn Reviewer"


def test_loose_page_is_offered_and_put_on_the_sheet(desk: Desk) -> None:
    _, _, b1, _, b2 = ids()
    reviewer = desk.person("reviewer")
    text = reviewer.get(f"/sheets/{b1}").text
    assert text.count("Ghép vào phiếu này") == 1 and f"/files/{b2}/aligned" in text
    answer = reviewer.post(f"/sheets/{b1}/join", {"page": b2})
    assert answer.headers["Location"] == f"/records/{b1}"
    view = desk.store.record(b1, desk.boss)
    assert [p.record_id for p in view.pages] == [b1, b2] and view.verified
    again = reviewer.post(f"/sheets/{b1}/join", {"page": b2}, follow_redirects=True)
    assert "vừa thay đổi" in again.text


def test_page_of_somebody_else_is_taken_off(desk: Desk) -> None:
    a1, a2 = ids()[:2]
    reviewer = desk.person("reviewer")
    answer = reviewer.post(f"/sheets/{a1}/split", {"page": a2}, follow_redirects=True)
    assert "Đã tách trang ra" in answer.text and "Thiếu trang này" in answer.text
    assert [p.record_id for p in desk.store.record(a1, desk.boss).pages] == [a1]
    assert "vừa thay đổi" in reviewer.post(f"/sheets/{a1}/split", {"page": a2}, follow_redirects=True).text


def test_sheet_that_is_there_already_is_set_aside(desk: Desk) -> None:
    b2 = ids()[4]
    reviewer = desk.person("reviewer")
    assert "Để riêng" not in reviewer.get(f"/sheets/{ids()[0]}").text
    answer = reviewer.post(f"/sheets/{b2}/aside", follow_redirects=True)
    assert "có thể lấy lại" in answer.text and "2 phiếu cần người duyệt" in answer.text
    assert [item.record_id for item in desk.store.pages_set_aside(desk.boss)] == [b2]
    assert reviewer.post(f"/unplaced/{b2}/back").status_code == 302
    assert len(desk.store.queue(desk.boss)) == 3


def test_pages_are_shown_with_the_values_that_they_repeat(desk: Desk) -> None:
    text = desk.person("reviewer").get(f"/sheets/{ids()[0]}").text
    assert text.count(f"<dd>{number_of('a')}</dd>") == 2


def test_who_may_not_review_sees_no_pages(desk: Desk) -> None:
    assert desk.person("exporter").get(f"/sheets/{ids()[0]}").status_code == 403


def test_batch_counts_pages_and_sheets(desk: Desk) -> None:
    text = desk.person("admin").get(f"/batches/{desk.batch}").text
    assert "<b>0/3</b>" in text and "<b>5</b>" in text


def test_exports_offer_the_forms_that_have_records_and_give_one_line_a_sheet(desk: Desk) -> None:
    exporter = desk.person("exporter")
    assert f'<input type="hidden" name="form" value="{TWO.id}">' in exporter.get("/exports/").text
    answer = exporter.post("/exports/", {"form": TWO.id, "batch": "", "status": "all", "format": "csv"})
    held = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(line["ten"], line["_form_pages"], line["_batch"]) for line in held] == [
        (NAMES["a"], "1 2", BATCH),
        (NAMES["b"], "1", BATCH),
        ("", "2", BATCH),
    ]
