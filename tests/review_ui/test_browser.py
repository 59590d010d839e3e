"""The desk in a real browser, worked with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browsers import log_in
from desk import Desk
from playwright.sync_api import Page, expect

WANTED = {
    "ho_ten": "Phạm Thúy Xuyến",
    "ngay_sinh": "13/09/1993",
    "doi_tuong_uu_tien": ("ho_can_ngheo", "dan_toc_thieu_so"),
    "noi_lam_viec": "Trường mầm non Hoa Sen",
    "loai_hinh": "khu_vuc_nha_nuoc",
}


def open_record(page: Page, record: str) -> None:
    page.goto(f"/records/{record}")
    page.wait_for_selector("body[data-ready]")


def here(page: Page) -> str | None:
    return page.evaluate("document.activeElement.closest('.field')?.dataset.field ?? null")


def at(page: Page, field: str) -> None:
    """Wait until the caret stands in that field."""
    page.wait_for_function("f => document.activeElement.closest('.field')?.dataset.field === f", arg=field)


def value(desk: Desk, record: str, field: str) -> object:
    return next(f.value for f in desk.store.record(record, desk.boss).fields if f.field == field)


def correct_all(page: Page) -> None:
    """Put every open field right: suggestion, typing, digit keys, plain Enter, and a warning settled."""
    at(page, "ho_ten")
    page.keyboard.press("Alt+1")
    page.keyboard.press("Enter")
    at(page, "ngay_sinh")
    page.keyboard.press("Control+A")
    page.keyboard.type("13091993")
    page.keyboard.press("Enter")
    at(page, "doi_tuong_uu_tien")
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    at(page, "noi_lam_viec")
    page.keyboard.press("Control+A")
    page.keyboard.type("Trường mầm non Hoa Sen")
    page.keyboard.press("Enter")
    at(page, "loai_hinh")
    page.keyboard.press("8")
    page.keyboard.press("Enter")


def test_every_open_field_is_corrected_with_the_keyboard_alone(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    page.wait_for_url("**/queue/")
    expect(page.get_by_role("link", name="Bắt đầu duyệt")).to_be_focused()
    page.keyboard.press("Enter")
    for record in desk.records:
        page.wait_for_url(f"**/records/{record}")
        page.wait_for_selector("body[data-ready]")
        correct_all(page)
    page.wait_for_url("**/queue/next**")
    expect(page.locator("h1")).to_have_text("Xong")
    expect(page.locator("main")).to_contain_text("2/2 phiếu")
    for record in desk.records:
        view = desk.store.record(record, desk.boss)
        assert view.verified
        assert {f.field: f.value for f in view.fields if f.field in WANTED} == WANTED
        assert {f.by for f in view.fields if f.field in WANTED} == {"Nguyễn Văn Reviewer"}
    assert desk.store.queue(desk.boss) == []


def test_saved_time_is_told_and_the_field_folds(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    at(page, "ho_ten")
    page.keyboard.press("Enter")
    at(page, "ngay_sinh")
    expect(page.locator("#status")).to_contain_text("Đã lưu")
    assert page.locator("#f-ho_ten").get_attribute("open") is None
    assert page.locator("rect.here").get_attribute("data-field") == "ngay_sinh"


def test_two_people_on_one_field_cannot_overwrite_each_other(desk: Desk, sit_down: Callable[..., Page]) -> None:
    first, second = sit_down("reviewer"), sit_down("binh")
    for page in (first, second):
        open_record(page, desk.records[0])
    first.keyboard.press("Alt+1")
    first.keyboard.press("Enter")
    at(first, "ngay_sinh")
    second.keyboard.press("Control+A")
    second.keyboard.type("Phạm Thùy Xuyên")
    second.keyboard.press("Enter")
    hint = second.locator("#h-ho_ten")
    expect(hint).to_contain_text("Nguyễn Văn Reviewer vừa sửa")
    expect(hint).to_contain_text("Phạm Thúy Xuyến")
    assert second.input_value("#v-ho_ten") == "Phạm Thùy Xuyên", "what was typed is still there"
    assert here(second) == "ho_ten"
    assert value(desk, desk.records[0], "ho_ten") == "Phạm Thúy Xuyến"
    second.keyboard.press("Alt+l")
    assert second.input_value("#v-ho_ten") == "Phạm Thúy Xuyến"
    second.keyboard.press("Enter")
    at(second, "ngay_sinh")
    assert value(desk, desk.records[0], "ho_ten") == "Phạm Thúy Xuyến"


def test_lost_connection_keeps_what_was_typed(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    page.keyboard.press("Control+A")
    page.keyboard.type("Phạm Thúy Xuyến")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("Chưa lưu: mất kết nối")
    assert page.input_value("#v-ho_ten") == "Phạm Thúy Xuyến"
    assert here(page) == "ho_ten"
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    at(page, "ngay_sinh")
    assert value(desk, desk.records[0], "ho_ten") == "Phạm Thúy Xuyến"


def test_session_that_ended_is_resumed_from_another_tab(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    page.keyboard.press("Alt+1")
    page.wait_for_load_state("networkidle")  # a picture still on its way would bring the session back
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("phiên làm việc đã hết hạn")
    tab = page.context.new_page()
    log_in(tab, "reviewer")
    page.bring_to_front()
    page.keyboard.press("Enter")
    at(page, "ngay_sinh")
    assert value(desk, desk.records[0], "ho_ten") == "Phạm Thúy Xuyến"


def test_escape_marks_unreadable_and_shift_enter_goes_back(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    page.keyboard.press("Enter")
    at(page, "ngay_sinh")
    page.keyboard.press("Shift+Enter")
    at(page, "ho_ten")
    page.keyboard.press("Enter")
    at(page, "ngay_sinh")
    page.focus("#v-noi_lam_viec")
    page.keyboard.press("Escape")
    at(page, "loai_hinh")
    expect(page.locator("#f-noi_lam_viec summary")).to_contain_text("không đọc được")
    view = next(f for f in desk.store.record(desk.records[0], desk.boss).fields if f.field == "noi_lam_viec")
    assert (view.value, view.manner) == (None, "unreadable")
    page.keyboard.press("Shift+Enter")
    at(page, "noi_lam_viec")
    page.keyboard.press("Enter")  # looked again: it can be read after all
    at(page, "loai_hinh")
    assert value(desk, desk.records[0], "noi_lam_viec") == "Trường mầm non Hoa Sẽn"


def test_f4_opens_every_field_for_editing(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    assert page.locator(".field[open]").count() < page.locator(".field").count()
    page.keyboard.press("F4")
    assert page.locator(".field[open]").count() == page.locator(".field").count()
    page.focus("#v-thon")
    page.keyboard.press("Control+A")
    page.keyboard.type("Lập Bình 2")
    page.keyboard.press("Enter")
    at(page, "ho_ten")
    assert value(desk, desk.records[0], "thon") == "Lập Bình 2"
    page.keyboard.press("F4")
    assert page.locator(".field[open]").count() < page.locator(".field").count()


def test_impossible_date_is_asked_about_once(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    page.focus("#v-ngay_sinh")
    page.keyboard.press("Control+A")
    page.keyboard.type("31/02/1993")
    page.keyboard.press("Enter")
    expect(page.locator("#h-ngay_sinh")).to_contain_text("Không có ngày này")
    assert value(desk, desk.records[0], "ngay_sinh") == "13/09/1983"
    page.keyboard.press("Enter")
    expect(page.locator("#f-ngay_sinh")).to_have_attribute("data-revision", "1")
    assert value(desk, desk.records[0], "ngay_sinh") == "31/02/1993"


def test_enter_never_settles_a_warning_but_alt_g_does(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    record = desk.records[0]
    open_record(page, record)
    for name in ("ho_ten", "ngay_sinh", "doi_tuong_uu_tien", "noi_lam_viec", "loai_hinh"):
        page.focus(f"#f-{name} .edit input:not([type=hidden])")
        page.keyboard.press("Enter")
        expect(page.locator(f"#f-{name}")).to_have_attribute("data-revision", "1")
    for _ in range(12):
        page.keyboard.press("Enter")
        page.wait_for_timeout(40)
    view = desk.store.record(record, desk.boss)
    left = [issue for issue in view.issues if issue.open]
    assert left and not view.verified, "Enter went on, but the warnings stand"
    for _ in left:
        page.keyboard.press("Alt+g")
        page.wait_for_timeout(300)
    page.wait_for_url(f"**/records/{desk.records[1]}")
    assert desk.store.record(record, desk.boss).verified


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (700, 900)])
def test_no_page_scrolls_sideways(desk: Desk, sit_down: Callable[..., Page], size: tuple[int, int]) -> None:
    page = sit_down("admin", size=size)
    for path in (
        "/batches/",
        f"/batches/{desk.batch}",
        "/queue/",
        f"/records/{desk.records[0]}",
        "/exports/",
        "/users/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_lit_field_is_in_sight_on_the_sheet(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    page.focus("#f-loai_hinh input[type=radio]")
    box = page.locator("rect.here").bounding_box()
    frame = page.locator(".scroller").bounding_box()
    assert box and frame
    assert frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"]
    page.keyboard.press("Alt+=")
    expect(page.locator(".tools output")).to_have_text("125 %")


def test_without_script_a_field_is_still_saved(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("reviewer", script=False)
    page.goto(f"/records/{desk.records[0]}")
    page.fill("#v-ho_ten", "Phạm Thúy Xuyến")
    page.press("#v-ho_ten", "Enter")
    page.wait_for_url("**#f-ngay_sinh")
    assert value(desk, desk.records[0], "ho_ten") == "Phạm Thúy Xuyến"


def test_screenshots_for_the_reader(desk: Desk, sit_down: Callable[..., Page], tmp_path: Path) -> None:
    """The form page is drawn in full: its pictures are there, not broken."""
    page = sit_down("reviewer")
    open_record(page, desk.records[0])
    page.wait_for_load_state("networkidle")
    broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
    assert broken == []
    seen = page.screenshot(path=tmp_path / "form.png")
    assert len(seen) > 50_000
