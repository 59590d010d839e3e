"""Of several forms and pages a person says which one an unplaced page is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import FORM, Desk, FakeRegistration
from playwright.sync_api import Page, expect

from scanner.forms.versions import publish
from scanner.model import NextPage, PageStatus

POINTS = ["10,20", "180.5,21", "181,260", "12,259.25"]
TITLE = "Phiếu hai trang"


@pytest.fixture
def page(desk: Desk) -> str:
    """The page that could not be placed, at a site that has made a form of two pages."""
    form = FORM.model_copy(
        update={"id": "hai-trang", "title": TITLE, "next_pages": (NextPage(sheet=FORM.sheet, blank=FORM.blank),)}
    )
    publish(form, None, desk.settings.own_forms)
    return next(i.record_id for i in desk.store.pages_needing_a_person() if i.status is PageStatus.UNPLACED)


def test_every_printed_page_of_every_form_can_be_chosen(desk: Desk, page: str, fake: FakeRegistration) -> None:
    reviewer = desk.person("reviewer")
    screen = reviewer.get(f"/unplaced/{page}").text
    assert f"{TITLE}, trang 1</option>" in screen and f"{TITLE}, trang 2</option>" in screen
    assert f'value="{FORM.id}/1" selected' in screen  # what the machine held it for
    assert fake.asked == [(FORM.id, 1)]
    chosen = reviewer.get(f"/unplaced/{page}?as=hai-trang/2").text
    assert 'value="hai-trang/2" selected' in chosen and "blank.png?as=hai-trang/2" in chosen
    assert reviewer.get(f"/unplaced/{page}/blank.png?as=hai-trang/2").status_code == 200
    assert fake.asked[1:] == [("hai-trang", 2)] * 2


def test_a_page_is_read_as_what_the_person_said(desk: Desk, page: str, fake: FakeRegistration) -> None:
    answer = desk.person("reviewer").save(f"/unplaced/{page}/read", {"point": POINTS, "as": "hai-trang/2"})
    assert answer.status_code == 200 and fake.asked == [("hai-trang", 2)]


@pytest.mark.parametrize("key", ["hai-trang/3", "hai-trang/0", "khong-co/1", "../x/1", "hai-trang", ""])
def test_what_is_not_installed_cannot_be_chosen(desk: Desk, page: str, fake: FakeRegistration, key: str) -> None:
    reviewer = desk.person("reviewer")
    assert reviewer.get(f"/unplaced/{page}", query_string={"as": key}).status_code == 404
    assert reviewer.save(f"/unplaced/{page}/read", {"point": POINTS, "as": key}).status_code == 404
    assert fake.given == [] and desk.store.record(page, desk.boss).status is PageStatus.UNPLACED


def test_in_the_browser_the_choice_brings_its_blank_and_goes_along(
    desk: Desk, page: str, fake: FakeRegistration, sit_down: Callable[..., Page]
) -> None:
    screen = sit_down("reviewer")
    screen.goto(f"/unplaced/{page}")
    screen.wait_for_selector("body[data-ready]")
    screen.locator("#form-page").focus()
    screen.keyboard.press("ArrowUp")
    screen.keyboard.press("Tab")
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    screen.wait_for_selector("body[data-ready]")
    expect(screen.locator("#form-page option:checked")).to_have_text(f"{TITLE}, trang 2")
    expect(screen.locator("#blank")).to_have_attribute("src", f"/unplaced/{page}/blank.png?as=hai-trang/2")
    item = next(i for i in desk.store.pages_needing_a_person() if i.record_id == page)
    assert item.held_by  # opening it anew does not let it go
    screen.locator(".scroller").focus()
    for _ in range(4):
        screen.keyboard.press("Space")
    screen.select_option("#form-page", index=0)
    with screen.expect_navigation():
        screen.click("#read")  # the points are those of another page than the one chosen since: that is shown first
    screen.wait_for_selector("body[data-ready]")
    assert fake.given == []
    screen.goto(f"/unplaced/{page}?as=hai-trang/2")
    screen.wait_for_selector("body[data-ready]")
    for _ in range(4):
        screen.keyboard.press("Space")
    screen.keyboard.press("Enter")
    screen.wait_for_url(f"**/records/{page}")
    assert fake.asked[-1] == ("hai-trang", 2) and len(fake.given[0]) == 4
