"""What the screens say when something fails: the connection, the server's consent, or the script itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from desk import FORM, Desk
from playwright.sync_api import Page, expect

NO_CONNECTION = "mất kết nối"
FAULT = {"vi": "Trang này gặp lỗi. Hãy tải lại trang", "en": "This page has a fault. Reload it"}
UNUSABLE = {
    "a conflict without its state": (409, '{"error": "conflict", "message": "?"}'),
    "a save without its fields": (200, "{}"),
    "null": (200, "null"),
}
"""Answers that no part of the server gives: a script that gets one stands for a script with a mistake in it."""


def speak(page: Page, language: str) -> None:
    if language == "en":
        page.get_by_role("button", name="English").click()


def set_four_points(page: Page) -> None:
    for _ in range(4):
        page.keyboard.press("Space")


def unplaced(desk: Desk) -> str:
    return next(i.record_id for i in desk.store.pages_needing_a_person(desk.boss) if i.status == "unplaced")


@pytest.mark.parametrize("answer", UNUSABLE)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_record_page_owns_up_to_a_fault_of_its_script_and_keeps_what_was_typed(
    desk: Desk, sit_down: Callable[..., Page], answer: str, language: str
) -> None:
    page = sit_down("reviewer", faulty=True)
    speak(page, language)
    page.goto(f"/records/{desk.records[0]}")
    page.wait_for_selector("body[data-ready]")
    status, body = UNUSABLE[answer]
    page.route("**/fields/*", lambda route: route.fulfill(status=status, body=body, content_type="application/json"))
    page.keyboard.press("Control+A")
    page.keyboard.type("Phạm Thúy Xuyến")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text(FAULT[language])
    expect(page.locator("#status")).not_to_contain_text(NO_CONNECTION)
    assert page.input_value("#v-ho_ten") == "Phạm Thúy Xuyến"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_page_for_registration_by_hand_owns_up_to_a_fault_of_its_script(
    desk: Desk, sit_down: Callable[..., Page], language: str
) -> None:
    page = sit_down("reviewer", faulty=True)
    speak(page, language)
    page.goto(f"/unplaced/{unplaced(desk)}")
    page.wait_for_selector("body[data-ready]")
    page.route("**/read", lambda route: route.fulfill(status=200, body="null", content_type="application/json"))
    set_four_points(page)
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text(FAULT[language])


@pytest.mark.parametrize("language", ["vi", "en"])
def test_designer_owns_up_to_a_fault_of_its_script(desk: Desk, sit_down: Callable[..., Page], language: str) -> None:
    page = sit_down("admin", faulty=True)
    speak(page, language)
    page.goto(f"/forms/{FORM.id}")
    page.wait_for_selector("body[data-ready]")
    page.route("**/save", lambda route: route.fulfill(status=200, body="null", content_type="application/json"))
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_contain_text(FAULT[language])


def test_fault_outside_any_request_is_said_too(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer", faulty=True)
    page.goto(f"/records/{desk.records[0]}")
    page.wait_for_selector("body[data-ready]")
    page.evaluate("document.querySelector('#f-ho_ten .hint').remove()")  # the script writes into it
    page.keyboard.press("Control+A")
    page.keyboard.type("X")
    expect(page.locator("#status")).to_contain_text(FAULT["vi"])


@pytest.mark.parametrize("path", ["/records", "/unplaced", "/forms"])
def test_lost_connection_is_called_so_on_every_screen(desk: Desk, sit_down: Callable[..., Page], path: str) -> None:
    page = sit_down("admin")
    name = {"/records": desk.records[0], "/unplaced": unplaced(desk), "/forms": FORM.id}[path]
    page.goto(f"{path}/{name}")
    page.wait_for_selector("body[data-ready]")
    if path == "/unplaced":
        set_four_points(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+s" if path == "/forms" else "Enter")
    expect(page.locator("#message" if path == "/unplaced" else "#status")).to_contain_text(
        NO_CONNECTION, ignore_case=True
    )


@pytest.mark.parametrize("path", ["/records", "/unplaced", "/forms"])
def test_refusal_is_told_in_the_servers_own_words(desk: Desk, sit_down: Callable[..., Page], path: str) -> None:
    page = sit_down("admin")
    name = {"/records": desk.records[0], "/unplaced": unplaced(desk), "/forms": FORM.id}[path]
    page.goto(f"{path}/{name}")
    page.wait_for_selector("body[data-ready]")
    if path == "/unplaced":
        set_four_points(page)
    full = '{"error": "full", "message": "Ổ đĩa máy chủ đã đầy. Chưa lưu gì cả."}'
    page.route(
        lambda url: url.endswith(("/save", "/read")) or "/fields/" in url,
        lambda route: route.fulfill(status=507, body=full, content_type="application/json"),
    )
    page.keyboard.press("Control+s" if path == "/forms" else "Enter")
    expect(page.locator("#message" if path == "/unplaced" else "#status")).to_contain_text("Ổ đĩa máy chủ đã đầy")
