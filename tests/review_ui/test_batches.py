"""Batches and the pages that nothing could be read from."""

from __future__ import annotations

import re

from desk import BATCH, DOUBTED, Desk


def test_batch_shows_its_progress_and_what_is_left(desk: Desk) -> None:
    page = desk.person("operator").get("/batches/").text
    assert BATCH in page
    assert "0/2 phiếu" in page
    assert re.search(r'<progress[^>]* value="0" max="2"', page)
    assert f">{2 * len(DOUBTED)}</td>" in page
    assert ">2 trang</a>" in page


def test_pages_that_need_a_person_show_why_and_what_to_do_with_their_picture(desk: Desk) -> None:
    operator = desk.person("operator")
    page = operator.get(f"/batches/{desk.batch}").text
    assert "Không khớp mẫu" in page and "Không tìm thấy mẫu phiếu trên trang này" in page
    assert "quét lại cả tờ" in page
    assert "Trang trắng" in page
    pictures = re.findall(r'<img[^>]* src="(/files/[^"]+)"', page)
    assert len(pictures) == 2
    for picture in pictures:
        assert operator.get(picture).mimetype == "image/jpeg"


def test_page_that_was_not_read_leads_to_its_batch_not_to_an_empty_form(desk: Desk) -> None:
    item = desk.store.pages_needing_a_person(desk.boss)[0]
    answer = desk.person("reviewer").get(f"/records/{item.record_id}")
    assert answer.status_code == 302
    assert answer.location == f"/batches/{desk.batch}"


def test_operator_is_not_offered_the_review(desk: Desk) -> None:
    for path in ("/batches/", f"/batches/{desk.batch}"):
        assert "/queue/" not in desk.person("operator").get(path).text
        assert f"/queue/next?batch={desk.batch}" in desk.person("supervisor").get(path).text
