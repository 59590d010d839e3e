"""The form designer in a real browser, from the empty sheet to a read one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from desk import FORM, PERSON, Desk, drawn_sheet, open_desk
from playwright.sync_api import Page, expect

from review_ui.trial_reading import TrialReading
from scanner.forms.loading import load_form
from scanner.forms.versions import load_version
from scanner.model import Box, FieldKind
from scanner.settings import Settings
from scanner.trial_reading import add_to_draft, draft_from_blank, read_trial, remove_from_draft, replace_in_draft

READING_MS = 60_000


def whole_trial_reading(settings: Settings) -> TrialReading:
    """Everything that the designer asks of the pixels, as `sohoa serve` hands it over."""
    tools = (draft_from_blank, read_trial, add_to_draft, replace_in_draft, remove_from_draft)
    return TrialReading(*(partial(tool, settings) for tool in tools))


@pytest.fixture
def desk(filled: Path, tmp_path: Path) -> Iterator[Desk]:
    """The desk as `sohoa serve` opens it: with what finds fields and reads sheets."""
    data = shutil.copytree(filled, tmp_path / "data")
    settings = Settings(data=data)
    opened = open_desk(data, trial_reading=whole_trial_reading(settings))
    yield opened
    opened.store.close()


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready]")


def begin(page: Page) -> None:
    """Upload the blank; the designer opens with what was found."""
    page.goto("/forms/")
    page.fill("#d-title", "Phiếu thử")
    page.fill("#d-id", "phieu-thu")
    page.set_input_files("#d-blank", FORM.folder / FORM.blank)
    page.get_by_text("Tìm các trường").click(timeout=READING_MS)
    ready(page)


def choose(page: Page, number: int) -> None:
    page.locator("svg g.f").nth(number).locator("rect").first.click()


def draw(page: Page, box: Box) -> None:
    """Draw a box of the sheet's millimetres with the mouse."""
    page.locator(".scroller").evaluate("(s, y) => s.scrollTo(0, y)", 0)
    frame = page.locator(".page-view svg").bounding_box()
    assert frame
    scale = frame["width"] / FORM.sheet[0]
    page.mouse.move(frame["x"] + box.x * scale, frame["y"] + box.y * scale)
    page.mouse.down()
    page.mouse.move(frame["x"] + box.right * scale, frame["y"] + box.bottom * scale, steps=4)
    page.mouse.up()


def place(page: Page) -> list[float]:
    """Left, top, width and height in the panel."""
    return [float(i.input_value()) for i in page.locator("#panel .four input").all()]


def test_from_an_empty_sheet_to_a_second_version_and_a_read_sheet(
    desk: Desk, sit_down: Callable[..., Page], tmp_path: Path
) -> None:
    page = sit_down("admin")
    begin(page)
    expect(page.locator("svg g.f")).to_have_count(29)

    choose(page, 4)
    page.fill("#f-label", "Họ và tên")
    page.fill("#f-id", "ho_va_ten")
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_contain_text("phiên bản 1")

    page.get_by_text("+ Trường mới").click()
    draw(page, Box(20, 30, 30, 8))
    expect(page.locator("svg g.f")).to_have_count(30)
    page.fill("#f-label", "Chữ ký")
    page.select_option(".f-kind select", "signature")
    page.keyboard.press("Control+s")
    expect(page.locator("#version")).to_contain_text("phiên bản 2")

    form = load_form("phieu-thu", *desk.settings.form_places)
    assert (form.version, form.fields[4].label, form.fields[4].id) == ("2", "Họ và tên", "ho_va_ten")
    drawn = form.fields[-1]
    assert drawn.kind is FieldKind.SIGNATURE and drawn.label == "Chữ ký"
    assert abs(drawn.boxes[0].x - 20) < 0.5 and abs(drawn.boxes[0].w - 30) < 0.7
    assert len(load_version("phieu-thu", "1", *desk.settings.form_places).fields) == 29

    drawn_sheet(PERSON).save(tmp_path / "filled.png", dpi=(150, 150))
    page.click("[data-mode=try]")
    page.set_input_files("#attempt input[type=file]", tmp_path / "filled.png")
    page.click("#attempt button")
    expect(page.locator(".reading")).to_have_count(30, timeout=READING_MS)
    expect(page.locator(".reading", has_text="13/09/1993")).to_be_visible()
    expect(page.locator(".page-view canvas")).to_be_visible()
    page.locator(".reading[data-field=ho_va_ten]").click()
    expect(page.locator("svg g.here")).to_have_attribute("aria-label", "Họ và tên (Chữ)")


def test_boxes_are_moved_stretched_copied_and_removed_and_all_is_taken_back(
    desk: Desk, sit_down: Callable[..., Page]
) -> None:
    page = sit_down("admin")
    page.goto(f"/forms/{FORM.id}")
    ready(page)
    choose(page, 0)
    before = place(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert place(page) == pytest.approx([before[0] + 0.1, before[1] + 1, *before[2:]])

    handle = page.locator(".handle.e").bounding_box()
    assert handle
    page.mouse.move(handle["x"] + 4, handle["y"] + 4)
    page.mouse.down()
    page.mouse.move(handle["x"] + 34, handle["y"] + 4, steps=4)
    page.mouse.up()
    assert place(page)[2] > before[2] + 5

    page.click("#duplicate")
    expect(page.locator("svg g.f")).to_have_count(31)
    page.locator("svg g.here").focus()
    page.keyboard.press("Delete")
    expect(page.locator("svg g.f")).to_have_count(30)
    for _ in range(5):
        page.keyboard.press("Control+z")
    expect(page.locator("svg g.f")).to_have_count(30)
    choose(page, 0)
    assert place(page) == pytest.approx(before)


def test_tab_goes_from_field_to_field_and_enter_into_its_boxes(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("admin")
    page.goto(f"/forms/{FORM.id}")
    ready(page)
    choose(page, 4)
    expect(page.locator("#f-id")).to_have_value("ho_ten")
    page.keyboard.press("Tab")
    expect(page.locator("#f-id")).to_have_value("ngay_sinh")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#panel legend")).to_have_text("Khung (mm), khung 2")
    page.keyboard.press("Escape")
    expect(page.locator("#panel legend")).to_have_text("Khung (mm), cả trường")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#f-id")).to_have_value("ho_ten")


def test_what_is_wrong_is_told_beside_the_field_and_a_save_keeps_a_draft(
    desk: Desk, sit_down: Callable[..., Page]
) -> None:
    page = sit_down("admin")
    page.goto(f"/forms/{FORM.id}")
    ready(page)
    choose(page, 0)
    page.fill("#f-id", "Tỉnh Mới")
    expect(page.locator("#panel .faults")).to_contain_text("chỉ được gồm chữ thường")
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_contain_text("Đã giữ bản nháp")
    assert load_form(FORM.id, *desk.settings.form_places).version == FORM.version
    page.reload()
    ready(page)
    expect(page.locator("#count")).to_be_visible()


def test_a_rule_is_made_by_choosing_a_check_and_its_fields(desk: Desk, sit_down: Callable[..., Page]) -> None:
    page = sit_down("admin")
    page.goto(f"/forms/{FORM.id}")
    ready(page)
    page.click("[data-tab=rules]")
    page.select_option("#add-rule", "length")
    rule = page.locator(".ruled").last  # it opens by itself
    rule.locator("select").select_option("ma_bhxh")
    rule = page.locator(".ruled").last
    rule.locator("input").fill("10, 13")
    rule.locator("input").blur()
    page.keyboard.press("Control+s")
    expect(page.locator("#status")).to_contain_text("2022.2")
    made = load_form(FORM.id, *desk.settings.form_places).rules[-1]
    assert (made.check, made.fields, made.params) == ("length", {"number": "ma_bhxh"}, {"lengths": [10, 13]})
