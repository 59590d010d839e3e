"""The form page over Flask's client: what it shows, what it saves, what it refuses."""

from __future__ import annotations

import logging
import re
import uuid
from html import unescape

import pytest
from desk import DOUBTED, FORM, MENDED, Desk, read_record, without

from scanner.store.views import FieldView, RecordView


def now(desk: Desk, record_id: str) -> RecordView:
    return desk.store.record(record_id, desk.boss)


def field(desk: Desk, record_id: str, name: str) -> FieldView:
    return next(f for f in now(desk, record_id).fields if f.field == name)


def save_path(record_id: str, name: str) -> str:
    return f"/records/{record_id}/fields/{name}"


def test_page_opens_doubted_fields_and_folds_sure_ones(desk: Desk) -> None:
    page = desk.person("reviewer").get(f"/records/{desk.records[0]}").text
    opened = set(re.findall(r'<details class="field" id="f-(\w+)"[^>]* open>', page))
    folded = set(re.findall(r'<details class="field" id="f-(\w+)"[^>]*>', page)) - opened
    assert set(DOUBTED) <= opened
    assert {"tinh", "ho_ten", "chu_ky"} & folded == {"tinh", "chu_ky"}
    assert opened | folded == {spec.id for spec in FORM.fields}


def test_page_shows_ink_value_percent_reason_and_alternatives(desk: Desk) -> None:
    page = desk.person("reviewer").get(f"/records/{desk.records[0]}").text
    card = unescape(page[page.index('id="f-ho_ten"') : page.index('id="f-ngay_sinh"')])
    assert f'src="/files/{desk.records[0]}/field/ho_ten"' in card
    assert 'value="Phạm Thúy Xuyên"' in card
    assert "72 %" in card
    assert "Máy chưa đủ chắc chắn." in card
    assert 'data-value="Phạm Thúy Xuyến"' in card
    assert card.index("/field/ho_ten") < card.index('value="Phạm Thúy Xuyên"'), "the ink stands above the input"


def test_changed_value_shows_what_the_machine_read_and_why(desk: Desk) -> None:
    page = desk.person("reviewer").get(f"/records/{desk.records[0]}").text
    lines = re.findall(r'<p class="read".*?</p>', page)
    assert len(lines) == len(MENDED)
    (line,) = [line for line in lines if "r-noi_lam_viec" in line]
    assert "Máy đọc:" in line and "Trướng mấm non Hoa Sẽn" in line
    assert "cụm từ này thường gặp hơn; từ đã đọc không có" in line


def test_field_without_snippet_is_cut_from_the_page(desk: Desk) -> None:
    record = without(read_record(desk.store.files, 9), "ho_ten")
    assert desk.store.add_record(desk.batch, record)
    added = next(i for i in desk.store.queue(desk.boss) if i.source == "quet-0009.pdf").record_id
    page = desk.person("reviewer").get(f"/records/{added}").text
    card = page[page.index('id="f-ho_ten"') : page.index('id="f-ngay_sinh"')]
    box = FORM.field("ho_ten").area
    assert f'viewBox="{round(box.x - 2, 2)} ' in card
    assert f"/files/{added}/aligned" in card


def test_rule_that_is_broken_is_shown_at_every_field_it_concerns(desk: Desk) -> None:
    view = now(desk, desk.records[0])
    issue = next(i for i in view.issues if i.open and len(i.fields) > 1)
    page = desk.person("reviewer").get(f"/records/{desk.records[0]}").text
    for name in issue.fields:
        card = page[page.index(f'id="f-{name}"') :].split("</details>")[0]
        assert f"/issues/{issue.id}" in card
        assert "Phiếu ghi đúng như vậy" in card


def test_correction_is_saved_at_once_with_its_author_and_answers_in_json(desk: Desk) -> None:
    answer = desk.person("reviewer").save(
        save_path(desk.records[0], "ho_ten"), {"value": "  Phạm  Thúy Xuyến ", "seen_revision": 0}
    )
    assert answer.status_code == 200
    assert re.fullmatch(r"\d\d:\d\d:\d\d", answer.json["saved"])
    assert answer.json["fields"]["ho_ten"]["asks"] is False
    saved = field(desk, desk.records[0], "ho_ten")
    assert (saved.value, saved.manner, saved.by) == ("Phạm Thúy Xuyến", "typed", "Nguyễn Văn Reviewer")
    assert saved.machine_value == "Phạm Thúy Xuyên"


def test_unchanged_value_is_kept_as_accepted(desk: Desk) -> None:
    desk.person("reviewer").save(
        save_path(desk.records[0], "noi_lam_viec"), {"value": "Trường mầm non Hoa Sẽn", "seen_revision": 0}
    )
    saved = field(desk, desk.records[0], "noi_lam_viec")
    assert (saved.manner, saved.open) == ("accepted", False)


def test_unreadable_field_is_empty_and_says_so(desk: Desk) -> None:
    answer = desk.person("reviewer").save(
        save_path(desk.records[0], "noi_lam_viec"), {"value": "dở dang", "seen_revision": 0, "unreadable": "1"}
    )
    saved = field(desk, desk.records[0], "noi_lam_viec")
    assert (saved.value, saved.manner, saved.open) == (None, "unreadable", False)
    assert "không đọc được" in answer.json["fields"]["noi_lam_viec"]["line"]


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("ngay_sinh", "13 9 1993", "13/09/1993"),
        ("ngay_sinh", "13091993", "13/09/1993"),
        ("ngay_sinh", "13-09-1993", "13/09/1993"),
        ("ngay_sinh", " 1993 ", "1993"),
        ("so_dinh_danh", "008 193 418 359", "008193418359"),
        ("ho_ten", "Phạm Thu\u0301y", "Phạm Thúy"),
        ("ho_ten", "   ", None),
        ("loai_hinh", "dn_fdi", "dn_fdi"),
        ("loai_hinh", "", None),
        ("doi_tuong_uu_tien", ["dan_toc_thieu_so", "khuyet_tat"], ("khuyet_tat", "dan_toc_thieu_so")),
        ("doi_tuong_uu_tien", [], ()),
        ("chu_ky", "false", False),
    ],
)
def test_typed_values_take_the_form_of_their_kind(desk: Desk, name: str, typed: object, kept: object) -> None:
    answer = desk.person("reviewer").save(save_path(desk.records[0], name), {"value": typed, "seen_revision": 0})
    assert answer.status_code == 200
    assert field(desk, desk.records[0], name).value == kept


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("ngay_sinh", "mười ba", "ngày/tháng/năm"),
        ("ngay_sinh", "13/9/93", "ngày/tháng/năm"),
        ("so_dinh_danh", "00819341835O", "chỉ gồm chữ số"),
        ("so_dinh_danh", "٠١٢", "chỉ gồm chữ số"),
        ("loai_hinh", "khong_co_y_nay", "không có ý đó"),
        ("loai_hinh", ["dn_fdi", "hop_tac_xa"], "Chỉ chọn được một ý"),
        ("ho_ten", "x" * 501, "Dài quá"),
        ("ho_ten", "a\u0007b", "không hiển thị được"),
    ],
)
def test_what_cannot_be_the_value_is_refused_with_a_reason(desk: Desk, name: str, typed: object, why: str) -> None:
    reviewer = desk.person("reviewer")
    answer = reviewer.save(save_path(desk.records[0], name), {"value": typed, "seen_revision": 0})
    assert answer.status_code == 422
    assert why in answer.json["message"]
    assert field(desk, desk.records[0], name).revision == 0


def test_second_writer_gets_a_conflict_that_shows_who_and_what(desk: Desk) -> None:
    path = save_path(desk.records[0], "ho_ten")
    first, second = desk.person("reviewer"), desk.person("binh")
    assert first.save(path, {"value": "Phạm Thúy Xuyến", "seen_revision": 0}).status_code == 200
    answer = second.save(path, {"value": "Phạm Thùy Xuyên", "seen_revision": 0})
    assert answer.status_code == 409
    assert "Nguyễn Văn Reviewer" in answer.json["message"] and "Phạm Thúy Xuyến" in answer.json["message"]
    assert answer.json["value"] == ["Phạm Thúy Xuyến"]
    assert answer.json["state"]["revision"] == 1
    assert field(desk, desk.records[0], "ho_ten").value == "Phạm Thúy Xuyến"


def test_conflict_without_script_keeps_what_was_typed(desk: Desk) -> None:
    path = save_path(desk.records[0], "ho_ten")
    desk.person("reviewer").save(path, {"value": "Phạm Thúy Xuyến", "seen_revision": 0})
    answer = desk.person("binh").post(path, {"value": "Phạm Thùy Xuyên", "seen_revision": 0})
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert 'value="Phạm Thùy Xuyên"' in page
    assert "vừa sửa lúc" in page


def test_without_script_a_save_comes_back_to_the_next_open_field(desk: Desk) -> None:
    answer = desk.person("reviewer").post(
        save_path(desk.records[0], "ngay_sinh"), {"value": "13/09/1993", "seen_revision": 0}
    )
    assert answer.status_code == 302
    assert answer.location.endswith(f"/records/{desk.records[0]}#f-doi_tuong_uu_tien")


def test_settled_issue_stays_with_who_looked(desk: Desk) -> None:
    issue = next(i for i in now(desk, desk.records[0]).issues if i.open)
    answer = desk.person("reviewer").save(f"/records/{desk.records[0]}/issues/{issue.id}", {})
    assert answer.status_code == 200
    settled = next(i for i in now(desk, desk.records[0]).issues if i.id == issue.id)
    assert (settled.open, settled.settled_by) == (False, "Nguyễn Văn Reviewer")


def test_issue_of_another_record_cannot_be_settled_from_here(desk: Desk) -> None:
    issue = next(i for i in now(desk, desk.records[1]).issues if i.open)
    answer = desk.person("reviewer").save(f"/records/{desk.records[0]}/issues/{issue.id}", {})
    assert answer.status_code == 404
    assert next(i for i in now(desk, desk.records[1]).issues if i.id == issue.id).open


def test_record_is_verified_when_the_last_open_field_is_done(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    record_id = desk.records[0]
    values = {**{k: v[0] for k, v in DOUBTED.items()}, "ngay_sinh": "13/09/1993"}
    for name, value in values.items():
        sent = list(value) if isinstance(value, tuple) else value
        answer = reviewer.save(save_path(record_id, name), {"value": sent, "seen_revision": 0})
        assert answer.status_code == 200
    for issue in now(desk, record_id).issues:
        answer = reviewer.save(f"/records/{record_id}/issues/{issue.id}", {})
    assert answer.json["verified"] is True and answer.json["left"] == 0
    assert now(desk, record_id).verified


def test_record_of_another_commune_looks_as_if_it_were_not_there(desk: Desk) -> None:
    other = desk.person("xa-khac")
    record_id = desk.records[0]
    assert other.get(f"/records/{record_id}").status_code == 404
    assert other.get(f"/files/{record_id}/aligned").status_code == 404
    assert other.get(f"/files/{record_id}/field/ho_ten").status_code == 404
    assert other.save(save_path(record_id, "ho_ten"), {"value": "X", "seen_revision": 0}).status_code == 404
    assert other.get(f"/batches/{desk.batch}").status_code == 404
    assert "quet-0001" not in other.get("/queue/").text
    assert field(desk, record_id, "ho_ten").revision == 0


@pytest.mark.parametrize(
    "path", ["/records/{}", "/records/{}/fields/khong_co", "/files/{}/field/khong_co", "/files/{}/etc"]
)
def test_what_is_not_there_answers_404_in_vietnamese(desk: Desk, path: str) -> None:
    reviewer = desk.person("reviewer")
    if "khong_co" in path or "etc" in path:
        address = path.format(desk.records[0])
        answer = reviewer.post(address, {"seen_revision": 0}) if "/fields/" in path else reviewer.get(address)
    else:
        answer = reviewer.get(path.format(uuid.uuid4()))
    assert answer.status_code == 404
    assert "Không tìm thấy trang" in answer.text


def test_pictures_are_private_and_asked_for_again(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    first = reviewer.get(f"/files/{desk.records[0]}/aligned")
    assert first.mimetype == "image/jpeg" and first.data.startswith(b"\xff\xd8")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = reviewer.get(f"/files/{desk.records[0]}/aligned", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""
    assert desk.stranger().get(f"/files/{desk.records[0]}/aligned").status_code == 302
    assert desk.person("exporter").get(f"/files/{desk.records[0]}/aligned").status_code == 404


def test_operator_cannot_open_or_change_a_record(desk: Desk) -> None:
    operator = desk.person("operator")
    assert operator.get(f"/records/{desk.records[0]}").status_code == 403
    answer = operator.save(save_path(desk.records[0], "ho_ten"), {"value": "X", "seen_revision": 0})
    assert answer.status_code == 403
    assert field(desk, desk.records[0], "ho_ten").revision == 0
    assert operator.get(f"/files/{desk.records[0]}/aligned").status_code == 404
    assert operator.get(f"/files/{desk.records[0]}/field/ho_ten").status_code == 404


def test_too_long_a_request_is_refused(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    answer = reviewer.post(save_path(desk.records[0], "ho_ten"), {"value": "x" * 70_000, "seen_revision": 0})
    assert answer.status_code == 413
    assert "Nội dung gửi lên quá lớn" in answer.text


def test_neither_logs_nor_addresses_hold_personal_values(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    reviewer = desk.person("reviewer")
    with caplog.at_level(logging.DEBUG):
        page = reviewer.get(f"/records/{desk.records[0]}").text
        reviewer.save(save_path(desk.records[0], "ho_ten"), {"value": "Phạm Thúy Xuyến", "seen_revision": 0})
        reviewer.save(save_path(desk.records[0], "ho_ten"), {"value": "Phạm Thúy Xuyến", "seen_revision": 0})
    assert "Xuyến" not in caplog.text
    for address in re.findall(r'(?:href|src|action)="([^"]+)"', unescape(page)):
        assert "Phạm" not in address and "0081934183" not in address
