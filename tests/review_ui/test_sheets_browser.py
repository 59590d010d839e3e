"""Sheets of several pages in a real browser, worked with the keyboard alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk import Desk, open_desk
from playwright.sync_api import Page, expect
from sheets_desk import fill_sheets, ids


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


def at(page: Page, field: str) -> None:
    """Wait until the caret stands in that field."""
    page.wait_for_function("f => document.activeElement.closest('.field')?.dataset.field === f", arg=field)


def shown(page: Page) -> list[str]:
    """The pages of the sheet whose pictures are shown."""
    return page.eval_on_selector_all(".page-view:not([hidden])", "all => all.map(p => p.dataset.formPage)")


def test_picture_turns_with_the_field_and_the_sheet_is_done_from_the_keyboard(
    desk: Desk, sit_down: Callable[..., Page]
) -> None:
    a1 = ids()[0]
    page = sit_down("reviewer")
    # a browser gives the focus with the first frame it draws, mostly some milliseconds after the page has loaded
    expect(page.get_by_role("link", name="Bắt đầu duyệt")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{a1}")
    at(page, "ten")
    assert shown(page) == ["1"]
    page.keyboard.press("Alt+PageDown")
    assert shown(page) == ["2"], "the other page can be looked at meanwhile"
    page.keyboard.press("Alt+PageUp")
    page.keyboard.press("Enter")
    at(page, "nghe")
    assert shown(page) == ["2"]
    expect(page.locator("rect.here")).to_be_visible()
    expect(page.locator(".tools [data-form-page='2']")).to_have_attribute("aria-pressed", "true")
    page.keyboard.type(" xây")
    page.keyboard.press("Shift+Enter")
    at(page, "ten")
    assert shown(page) == ["1"]
    page.keyboard.press("Enter")
    at(page, "nghe")
    page.keyboard.press("Enter")
    at(page, "ky")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: a1 not in url)
    assert desk.store.record(a1, desk.boss).verified


def test_missing_page_is_found_among_the_loose_ones_from_the_keyboard(
    desk: Desk, sit_down: Callable[..., Page]
) -> None:
    _, _, b1, _, b2 = ids()
    page = sit_down("reviewer")
    page.goto(f"/records/{b1}")
    note = page.locator(".note")
    expect(note).to_contain_text("thiếu trang 2/2")
    expect(note.locator("a")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("Alt+T")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sheets/{b1}")
    expect(page.get_by_role("button", name="Ghép vào phiếu này")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{b1}")
    expect(page.locator(".flash").first).to_contain_text("Đã ghép trang")
    assert [p.record_id for p in desk.store.record(b1, desk.boss).pages] == [b1, b2]


def test_sheet_without_its_second_page_is_let_stand_and_the_next_record_comes(
    desk: Desk, sit_down: Callable[..., Page]
) -> None:
    a1, _, b1, _, _ = ids()
    page = sit_down("reviewer")
    page.goto(f"/records/{b1}")
    expect(page.locator(".note a")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("tờ giấy chỉ có một trang")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{a1}")
    assert desk.store.record(b1, desk.boss).verified


def test_last_field_leads_to_what_is_left_of_the_sheet(desk: Desk, sit_down: Callable[..., Page]) -> None:
    b2 = ids()[4]
    page = sit_down("reviewer")
    page.goto(f"/records/{b2}")
    page.wait_for_selector("body[data-ready]")
    page.keyboard.press("F4")
    for field in ("nghe", "so_lai", "ky"):
        at(page, field)
        page.keyboard.press("Enter")
    expect(page.locator(".note a")).to_be_focused()
    page.keyboard.press("Alt+g")
    page.wait_for_url(lambda url: b2 not in url)
    assert desk.store.record(b2, desk.boss).verified


def test_without_script_all_pages_are_shown_and_saved(desk: Desk, sit_down: Callable[..., Page]) -> None:
    a1 = ids()[0]
    page = sit_down("reviewer", script=False)
    page.goto(f"/records/{a1}")
    assert page.locator(".page-view").count() == 2
    page.locator("#f-nghe button.accept").click()
    page.wait_for_url(f"**/records/{a1}#f-ky")
    assert len([f for f in desk.store.record(a1, desk.boss).fields if f.open]) == 2
