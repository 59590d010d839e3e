"""Pages registered manually and set aside, through the views; `FakeRegistration` stands for the pipeline."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from desk import DOUBTED, Desk, FakeRegistration, open_desk

from scanner.model import PageStatus, Reason

POINTS = ["10,20", "180.5,21", "181,260", "12,259.25"]


@pytest.fixture
def page(desk: Desk) -> str:
    """The page that could not be placed."""
    return next(i.record_id for i in desk.store.pages_needing_a_person() if i.status is PageStatus.UNPLACED)


def test_review_desk_leads_to_the_pages_to_be_placed(desk: Desk, page: str) -> None:
    reviewer = desk.person("reviewer")
    assert "Trang chưa khớp mẫu (1)" in reviewer.get("/queue/").text
    listed = reviewer.get("/unplaced/").text
    assert "hong-0001.jpg" in listed and f'href="/unplaced/{page}"' in listed
    assert "hong-0002.jpg" not in listed  # a blank page has no form to be found
    assert f'href="/unplaced/{page}"' in desk.person("supervisor").get(f"/batches/{desk.batch}").text


def test_page_screen_shows_the_four_places_of_the_form(desk: Desk, page: str) -> None:
    reviewer = desk.person("reviewer")
    screen = reviewer.get(f"/unplaced/{page}").text
    assert screen.count("data-point=") == 4
    assert "Không tìm thấy mẫu phiếu trên trang này" in screen
    assert reviewer.get(f"/unplaced/{page}/blank.png").mimetype == "image/png"


def test_placed_page_is_read_and_goes_to_the_queue(desk: Desk, page: str, fake: FakeRegistration) -> None:
    reviewer = desk.person("reviewer")
    answer = reviewer.save(f"/unplaced/{page}/read", {"point": POINTS})
    assert answer.status_code == 200 and answer.json["next"] == f"/records/{page}"
    assert fake.given == [[(10.0, 20.0), (180.5, 21.0), (181.0, 260.0), (12.0, 259.25)]]
    item = next(i for i in desk.store.queue(desk.boss) if i.record_id == page)
    assert item.open_fields == len(DOUBTED)
    assert reviewer.get(f"/records/{page}").status_code == 200
    assert "hong-0001.jpg" in reviewer.get("/queue/").text
    assert reviewer.get(f"/unplaced/{page}").location == f"/records/{page}"


def test_page_the_gate_refuses_again_says_why_and_stays(desk: Desk, page: str, fake: FakeRegistration) -> None:
    fake.refusal = Reason("landmarks_missing", {"share": 21})
    answer = desk.person("reviewer").save(f"/unplaced/{page}/read", {"point": POINTS})
    assert answer.status_code == 422
    assert "Vẫn chưa đọc được" in answer.json["message"] and "21 %" in answer.json["message"]
    assert desk.store.record(page, desk.boss).status is PageStatus.UNPLACED


def test_second_of_two_is_told_who_was_faster_and_led_there(desk: Desk, page: str, fake: FakeRegistration) -> None:
    slow, fast = desk.person("reviewer"), desk.person("binh")
    read = fake.read

    def meanwhile(*given: object) -> object:
        fake.read = read  # type: ignore[method-assign]
        with ThreadPoolExecutor(1) as elsewhere:  # a request within this one would be taken for the same person's
            assert elsewhere.submit(fast.save, f"/unplaced/{page}/read", {"point": POINTS}).result().status_code == 200
        return read(*given)  # type: ignore[arg-type]

    fake.read = meanwhile  # type: ignore[method-assign, assignment]
    for late in (slow.save(f"/unplaced/{page}/read", {"point": POINTS}) for _ in range(2)):
        assert late.status_code == 409
        assert late.json["message"].startswith("Trần Văn Bình đã khớp trang này")
        assert late.json["next"] == f"/records/{page}"
    assert [act.by for act in desk.store.page_acts(page, desk.boss)] == ["Trần Văn Bình"]


@pytest.mark.parametrize(
    ("chosen", "words"), [("other", "Giấy tờ khác"), ("rescan", "Cần quét lại")], ids=["other", "rescan"]
)
def test_page_is_set_aside_listed_and_taken_back(desk: Desk, page: str, chosen: str, words: str) -> None:
    reviewer = desk.person("reviewer")
    assert reviewer.post(f"/unplaced/{page}/aside", {"as": chosen}).location == "/unplaced/"
    listed = reviewer.get("/unplaced/").text
    assert f"<td>{words}</td>" in listed and "<td>Nguyễn Văn Reviewer</td>" in listed
    assert f'href="/unplaced/{page}"' not in listed
    assert ">1 trang</a>" in desk.person("operator").get("/batches/").text  # the blank one is left
    assert "Đã để riêng 1 trang." in reviewer.get(f"/batches/{desk.batch}").text
    late = reviewer.save(f"/unplaced/{page}/read", {"point": POINTS})
    assert late.status_code == 409 and late.json["next"] == "/unplaced/"
    again = reviewer.post(f"/unplaced/{page}/aside", {"as": chosen}, follow_redirects=True).text
    assert "Nguyễn Văn Reviewer đã để riêng trang này" in again
    reviewer.post(f"/unplaced/{page}/back")
    assert f'href="/unplaced/{page}"' in reviewer.get("/unplaced/").text


@pytest.mark.parametrize("name", ["operator", "exporter"])
def test_only_who_may_correct_may_place(desk: Desk, page: str, name: str, fake: FakeRegistration) -> None:
    person = desk.person(name)
    assert person.get("/unplaced/").status_code == 403
    assert person.get(f"/unplaced/{page}").status_code == 403
    assert person.save(f"/unplaced/{page}/read", {"point": POINTS}).status_code == 403
    assert person.post(f"/unplaced/{page}/aside", {"as": "other"}).status_code == 403
    assert fake.given == [] and "/unplaced/" not in person.get(f"/batches/{desk.batch}").text


def test_page_of_another_commune_is_not_there(desk: Desk, page: str, fake: FakeRegistration) -> None:
    stranger = desk.person("xa-khac")
    assert "hong-0001.jpg" not in stranger.get("/unplaced/").text
    for answer in (
        stranger.get(f"/unplaced/{page}"),
        stranger.get(f"/unplaced/{page}/blank.png"),
        stranger.save(f"/unplaced/{page}/read", {"point": POINTS}),
        stranger.post(f"/unplaced/{page}/aside", {"as": "other"}),
        stranger.post(f"/unplaced/{page}/back"),
    ):
        assert answer.status_code == 404
    assert fake.given == []


@pytest.mark.parametrize(
    "points",
    [[], POINTS[:3], [*POINTS, "1,1"], [*POINTS[:3], "nan,1"], [*POINTS[:3], "1"], [*POINTS[:3], "x,y"]],
    ids=["none", "three", "five", "nan", "half", "words"],
)
def test_what_are_no_four_points_is_refused(desk: Desk, page: str, fake: FakeRegistration, points: list[str]) -> None:
    assert desk.person("reviewer").save(f"/unplaced/{page}/read", {"point": points}).status_code == 400
    assert fake.given == []


def test_app_without_manual_registration_does_not_offer_it(filled: Path, tmp_path: Path) -> None:
    desk = open_desk(shutil.copytree(filled, tmp_path / "bare"))
    page = desk.store.pages_needing_a_person()[0].record_id
    reviewer = desk.person("reviewer")
    assert f"/unplaced/{page}" not in reviewer.get("/unplaced/").text
    assert reviewer.get(f"/unplaced/{page}").status_code == 404
    desk.store.close()
