"""A page registered manually in a real browser, with the real pipeline behind it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from desk import BATCH, FORM, Desk, jpeg, open_desk
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from samples.any_form import Filler, draw_person
from samples.draw import load_stock
from samples.newspaper import on_a_newspaper
from scanner.batch import scan
from scanner.forms.loading import load_form
from scanner.manual_registration import ManualReader
from scanner.model import PageStatus
from scanner.settings import Settings
from scanner.store_factory import open_store
from tests.conftest import Desk as Drawer

SCALE = 0.6


def sheet(drawer: Drawer) -> NDArray[np.uint8]:
    """A filled sheet whose number and date of birth disagree, so that a person has something left to settle."""
    answers = drawer.person(71)
    answers["ngay_sinh"] = "01/02/1950"
    answers["so_dinh_danh"] = "008" + ("0" if answers["gioi_tinh"] == "nam" else "1") + "61123456"
    return drawer.draw(71, answers).image


@pytest.fixture
def desk(filled: Path, tmp_path: Path, desk_of_sheets: Drawer) -> Iterator[Desk]:
    """A desk with a page that the machine refused: the sheet lies small on a newspaper."""
    folder = shutil.copytree(filled, tmp_path / "data")
    image, _ = on_a_newspaper(sheet(desk_of_sheets), SCALE)
    (tmp_path / "bao.jpg").write_bytes(jpeg(Image.fromarray(image)))
    settings = Settings(data=folder, workers=1)
    with open_store(settings) as store:
        done = scan([tmp_path / "bao.jpg"], store, FORM, settings, batch=BATCH)
    assert done.by_status == {"unplaced": 1}
    opened = open_desk(folder, ManualReader(settings))
    yield opened
    opened.store.close()


@pytest.fixture
def places(desk_of_sheets: Drawer, desk: Desk) -> list[tuple[float, float]]:
    """Where the form's four points truly lie on the page, px."""
    _, to_page = on_a_newspaper(sheet(desk_of_sheets), SCALE)
    points = ManualReader(desk.settings).guide(FORM.id).points
    return [(float(x), float(y)) for x, y in to_page(np.array(points))]


def refused(desk: Desk) -> str:
    return next(i.record_id for i in desk.store.pages_needing_a_person() if i.source == "bao.jpg")


def open_page(page: Page) -> None:
    """From the queue to the page, as a person goes."""
    page.get_by_role("link", name="Trang chưa khớp mẫu").click()
    page.locator("li", has_text="bao.jpg").get_by_role("link", name="Khớp thủ công").click()
    page.wait_for_selector("body[data-ready]")


def click(page: Page, x: float, y: float) -> None:
    """Click a place of the scanned page, given in its pixels."""
    box = page.locator("#page").bounding_box()
    assert box is not None
    scale = page.evaluate("document.getElementById('page').clientWidth / document.getElementById('page').width")
    page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
    expect(page.locator("#loupe")).to_be_visible()
    page.mouse.click(box["x"] + x * scale, box["y"] + y * scale)


def read(desk: Desk, record: str) -> bool:
    return desk.store.record(record, desk.boss).status is PageStatus.READ


def test_page_is_registered_with_four_clicks_and_stands_in_the_queue(
    desk: Desk, places: list[tuple[float, float]], sit_down: Callable[..., Page]
) -> None:
    record, page = refused(desk), sit_down("reviewer")
    open_page(page)
    expect(page.locator("#read")).to_be_disabled()
    for n, (x, y) in enumerate(places):
        expect(page.locator("#step")).to_contain_text(f"Điểm {n + 1}/4")
        click(page, x, y)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{record}")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#status")).to_contain_text("trang nay là một phiếu")
    assert read(desk, record) and record in {i.record_id for i in desk.store.queue(desk.boss)}
    page.goto("/queue/")
    expect(page.locator("tbody")).to_contain_text("bao.jpg")
    expect(page.get_by_role("link", name="Trang chưa khớp mẫu (1)")).to_be_visible()
    view = desk.store.record(record, desk.boss)
    assert view.image and view.aligned and view.registration
    found = np.array(view.registration["homography"])
    assert found.shape == (3, 3) and cv2.determinant(found) > 0


def test_keys_set_move_and_take_back_points_and_wrong_ones_are_refused_with_the_reason(
    desk: Desk, places: list[tuple[float, float]], sit_down: Callable[..., Page]
) -> None:
    record, page = refused(desk), sit_down("reviewer")
    open_page(page)
    for _ in range(4):
        page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Vẫn chưa đọc được trang này.")
    assert not read(desk, record)
    for _ in range(4):
        page.keyboard.press("Backspace")
    expect(page.locator("#step")).to_contain_text("Điểm 1/4")
    for x, y in places:
        click(page, x + 25, y + 1)
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{record}")
    acts = desk.store.page_acts(record, desk.boss)
    given = np.array(acts[0].points)
    assert np.abs(given - np.array(places)).max() < 4  # half a pixel of the screen, which is six of the page


def test_click_beyond_the_fourth_moves_the_nearest_point(
    desk: Desk, places: list[tuple[float, float]], sit_down: Callable[..., Page]
) -> None:
    record, page = refused(desk), sit_down("reviewer")
    open_page(page)
    for x, y in places:
        click(page, x + 150, y + 90)
    for x, y in places:
        click(page, x, y)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{record}")
    assert np.abs(np.array(desk.store.page_acts(record, desk.boss)[0].points) - np.array(places)).max() < 4


def test_turned_page_is_pointed_at_where_it_is_seen(
    desk: Desk, places: list[tuple[float, float]], sit_down: Callable[..., Page]
) -> None:
    record, page = refused(desk), sit_down("reviewer")
    open_page(page)
    page.get_by_role("button", name="Xoay").click()
    height = page.evaluate("document.getElementById('page').width")
    for x, y in places:
        click(page, height - y, x)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Đọc lại trang").click()
    page.wait_for_url(f"**/records/{record}")
    assert read(desk, record)


def test_page_of_another_form_is_read_as_the_page_that_the_person_says(
    desk: Desk, sit_down: Callable[..., Page], tmp_path: Path
) -> None:
    form = load_form("cung-lao-dong")
    rng = np.random.default_rng(3)
    drawn = draw_person(form, Filler(form, rng).draw(), load_stock(None, None, None), "typed", rng)[1]
    image, to_page = on_a_newspaper(drawn.image, SCALE)
    (tmp_path / "khac.jpg").write_bytes(jpeg(Image.fromarray(image)))
    scan([tmp_path / "khac.jpg"], desk.store, FORM, desk.settings, batch=BATCH)
    record = next(i.record_id for i in desk.store.pages_needing_a_person() if i.source == "khac.jpg")
    assert desk.store.record(record, desk.boss).form == FORM.id

    page = sit_down("reviewer")
    page.goto(f"/unplaced/{record}")
    page.wait_for_selector("body[data-ready]")
    page.select_option("#form-page", label=f"{form.title}, trang 2")
    with page.expect_navigation():
        page.get_by_role("button", name="Xem").click()
    page.wait_for_selector("body[data-ready]")
    for x, y in to_page(np.array(ManualReader(desk.settings).guide(form.id, 2).points)):
        click(page, float(x), float(y))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/records/{record}")
    assert desk.store.record(record, desk.boss).form == form.id
    values = next(row.values for row in desk.store.export_rows("all") if row.record_id == record)
    said = {k: tuple(v) if isinstance(v, list) else v for k, v in drawn.truth.items()}
    assert {k: v for k, v in values.items() if k in said} == said


def test_page_set_aside_is_listed_with_the_person_and_taken_back(desk: Desk, sit_down: Callable[..., Page]) -> None:
    record, page = refused(desk), sit_down("reviewer", script=False)
    page.goto(f"/unplaced/{record}")
    page.get_by_role("button", name="Giấy tờ khác").click()
    row = page.locator("tbody tr", has_text="bao.jpg")
    expect(row).to_contain_text("Nguyễn Văn Reviewer")
    row.get_by_role("button", name="Lấy lại").click()
    expect(page.locator("li", has_text="bao.jpg")).to_be_visible()
    assert len(desk.store.page_acts(record, desk.boss)) == 2
