"""The queue and the way from one record to the next."""

from __future__ import annotations

from desk import Desk


def test_queue_lists_records_with_open_work(desk: Desk) -> None:
    page = desk.person("reviewer").get("/queue/").text
    assert "2 phiếu cần người duyệt." in page
    for record in desk.records:
        assert f"/records/{record}" in page


def test_open_record_is_shown_as_taken_and_others_are_led_past_it(desk: Desk) -> None:
    reviewer, other = desk.person("reviewer"), desk.person("binh")
    assert reviewer.get("/queue/next").location == f"/records/{desk.records[0]}"
    reviewer.get(f"/records/{desk.records[0]}")
    assert "Nguyễn Văn Reviewer" in other.get("/queue/").text
    assert other.get("/queue/next").location == f"/records/{desk.records[1]}"
    reviewer.post(f"/records/{desk.records[0]}/release")
    assert other.get("/queue/next").location == f"/records/{desk.records[0]}"


def test_next_stays_in_its_batch(desk: Desk) -> None:
    location = desk.person("reviewer").get(f"/queue/next?batch={desk.batch}").location
    assert location == f"/records/{desk.records[0]}?batch={desk.batch}"


def test_when_all_is_open_at_others_the_page_says_so(desk: Desk) -> None:
    reviewer = desk.person("reviewer")
    for record in desk.records:
        reviewer.get(f"/records/{record}")
    page = desk.person("binh").get("/queue/next").text
    assert "Xong" in page and "Các phiếu còn lại (2) đang có người khác duyệt." in page
