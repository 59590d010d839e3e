"""A form of two pages made in a real browser, a sheet read with it, and exported; its pages changed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from desk import Desk, open_desk
from PIL import Image
from playwright.sync_api import Page, expect

from samples.any_form import draw_person
from samples.designing import READING_MS, Designer, Named, whole_trial_reading
from samples.draw import load_stock
from samples.drawn_forms import Paper
from scanner.cli import main
from scanner.forms.loading import load_form
from scanner.forms.versions import list_drafts
from scanner.model import FormTemplate
from scanner.settings import Settings
from scanner.trial_reading import draft_from_blank

FIELDS = (
    Named("1. Họ và tên", lexicon="names", required=True),
    Named("2. Số thẻ"),
    Named("Số thẻ (ghi lại)", same_as="Số thẻ"),
    Named("3. Đang làm việc", ("Có", "Không")),
)
ANSWERS = {"ho_va_ten": "Nguyễn Thị Hoa", "so_the": "0081", "so_the_ghi_lai": "0081", "dang_lam_viec": "khong"}


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The blank: a name and a number on the first page, the number again and a choice on the second."""
    path = tmp_path_factory.mktemp("blank") / "blank.pdf"
    paper = Paper(path, points=12)
    for page, words in enumerate(("Work card of the household", "Second side, to be kept with the first")):
        paper.text(20, 25, words, 18)
        for line in range(16):
            paper.text(
                20, 130 + 9 * line, f"{line + 1 + 16 * page}. Fill in with block letters; leave the margin free."
            )
        if page == 0:
            paper.text(20, 51, "Full name")
            paper.rule(60, 180, 52, "dots")
            paper.text(20, 76, "Number")
            paper.comb(60, 70, (6, 7), (4,), 0)
            paper.turn()
    paper.text(20, 51, "Number")
    paper.comb(60, 45, (6, 7), (4,), 0)
    paper.choice([["yes", "no"]], 60, 76, 4, 40, 6.5)
    paper.done()
    return path


def small(path: Path, words: str) -> Path:
    """A blank of one page that says something and has one line."""
    paper = Paper(path, points=12)
    paper.text(20, 30, words)
    paper.rule(60, 180, 80, "dots")
    paper.done()
    return path


@pytest.fixture
def desk(filled: Path, tmp_path: Path) -> Iterator[Desk]:
    """The desk as `sohoa serve` opens it: with what finds fields and reads sheets."""
    data = shutil.copytree(filled, tmp_path / "data")
    opened = open_desk(data, trial_reading=whole_trial_reading(Settings(data=data)))
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def drafted(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the draft that comes of the blank."""
    made = draft_from_blank(Settings(data=tmp_path_factory.mktemp("drafted")), blank, "hai-trang", "Phiếu hai trang")
    assert isinstance(made, FormTemplate)
    return made.folder


@pytest.fixture
def designer(desk: Desk, sit_down: Callable[..., Page], drafted: Path) -> Designer:
    """An administrator who has opened the draft."""
    shutil.copytree(drafted, desk.settings.drafts / "hai-trang")
    at_work = Designer(sit_down("admin"))
    at_work.page.goto("/forms/hai-trang")
    at_work.ready()
    return at_work


def filled_sheet(form: FormTemplate, path: Path) -> Path:
    """A sheet of both pages filled by a typewriter, the second page first, as one PDF."""
    rng = np.random.default_rng(3)
    drawn = draw_person(form, ANSWERS, load_stock(None, None, None), "typed", rng)
    second, first = (Image.fromarray(sheet.image).convert("L") for sheet in reversed(drawn))
    second.save(path, save_all=True, append_images=[first], resolution=300)
    return path


def test_two_pages_are_designed_tried_read_and_exported(
    desk: Desk, sit_down: Callable[..., Page], blank: Path, tmp_path: Path
) -> None:
    designer = Designer(sit_down("admin"))
    page = designer.page
    designer.begin("Phiếu hai trang", "hai-trang", blank)
    expect(page.locator("svg g.f")).to_have_count(2)
    expect(page.locator("#pages button")).to_have_count(2)
    designer.name(FIELDS)
    expect(page.locator("#pages [aria-pressed=true]")).to_have_text("2")  # names went on to the second page
    designer.detail(FIELDS)
    assert "phiên bản 1" in designer.save()
    form = load_form("hai-trang", *desk.settings.form_places)
    assert [(f.id, f.page, f.no, f.same_as) for f in form.fields] == [
        ("ho_va_ten", 1, "1", None), ("so_the", 1, "2", None), ("so_the_ghi_lai", 2, "", "so_the"),
        ("dang_lam_viec", 2, "3", None),
    ]  # fmt: skip
    assert [o.id for o in form.fields[3].options] == ["co", "khong"] and form.fields[0].required

    designer.choose("Họ và tên")
    page.fill("#f-label", "Tên đầy đủ")
    expect(page.locator("#f-id")).to_have_value("ho_va_ten")  # the version in force knows it by this id
    page.fill("#f-label", "Họ và tên")

    sheet = filled_sheet(form, tmp_path / "filled.pdf")
    page.click("[data-mode=try]")
    page.set_input_files("#attempt input[type=file]", sheet)
    page.click("#attempt button")
    expect(page.locator(".tried")).to_have_text(
        ["Trang 1 của tệp là trang 2 của mẫu phiếu", "Trang 2 của tệp là trang 1 của mẫu phiếu"], timeout=READING_MS
    )
    expect(page.locator("#pages [aria-pressed=true]")).to_have_text("2")
    page.locator(".reading[data-field=ho_va_ten]", has_text="Nguyễn Thị Hoa").click()
    expect(page.locator("#pages [aria-pressed=true]")).to_have_text("1")
    expect(page.locator("svg g.here")).to_have_attribute("aria-label", "Họ và tên (Chữ)")
    expect(page.locator(".page-view canvas")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.locator(".tried[aria-pressed=true]")).to_contain_text("Trang 1 của tệp")

    run = ["--data", str(desk.settings.data)]
    CliRunner().invoke(
        main, [*run, "scan", str(sheet), "--form", "hai-trang", "--batch", "Hai trang", "--workers", "1"]
    )
    out = tmp_path / "out.csv"
    wanted = ["--format", "csv", "--out", str(out), "--form", "hai-trang", "--status", "all", "--batch", "Hai trang"]
    assert CliRunner().invoke(main, [*run, "export", *wanted]).exit_code == 0
    cells = [cell for row in csv.reader(out.read_text(encoding="utf-8-sig").splitlines()) for cell in row]
    assert "Nguyễn Thị Hoa" in cells and "0081" in cells


def test_pages_are_added_given_another_blank_and_taken_out_and_nothing_typed_is_lost(
    designer: Designer, desk: Desk, tmp_path: Path
) -> None:
    page = designer.page
    page.locator("svg g.f").first.locator("rect").first.click()
    page.fill("#f-label", "Họ và tên")
    page.click("[data-tab=form]")
    with page.expect_file_chooser() as chosen:
        page.click("#add-page")
    chosen.value.set_files(small(tmp_path / "third.pdf", "A third page"))
    expect(page.locator("#pages button")).to_have_count(3, timeout=READING_MS)
    designer.ready()
    expect(page.locator("#pages [aria-pressed=true]")).to_have_text("3")
    expect(page.locator("svg g.f")).to_have_count(1)

    before = page.evaluate("fetch('/forms/hai-trang/blank/3').then((r) => r.text())")
    page.click("[data-tab=form]")
    with page.expect_file_chooser() as chosen:
        page.locator("#page-list li", has_text="Trang 3").get_by_text("Thay mẫu trắng").click()
    with page.expect_navigation(timeout=READING_MS):
        chosen.value.set_files(small(tmp_path / "other.pdf", "Another third page"))
    designer.ready()
    assert page.evaluate("fetch('/forms/hai-trang/blank/3').then((r) => r.text())") != before
    expect(page.locator("svg g.f")).to_have_count(1)

    page.click("[data-tab=form]")
    page.locator("#page-list li", has_text="Trang 2").get_by_text("Bỏ trang").click()
    expect(page.locator("#page-list .asked")).to_contain_text("Bỏ trang 2 cùng 2 trường")
    page.keyboard.press("Enter")  # keeping it is what has the focus
    expect(page.locator("#page-list .asked")).to_have_count(0)
    page.locator("#page-list li", has_text="Trang 2").get_by_text("Bỏ trang").click()
    with page.expect_navigation(timeout=READING_MS):
        page.locator("#page-list .asked").get_by_text("Bỏ trang này").click()
    designer.ready()
    expect(page.locator("#pages button")).to_have_count(2)
    assert list_drafts(desk.settings.drafts) == ["hai-trang"]
    page.keyboard.press("PageUp")
    page.locator("svg g.f").first.locator("rect").first.click()
    expect(page.locator("#f-label")).to_have_value("Họ và tên")


def test_what_is_no_blank_is_told_and_the_page_stays(designer: Designer, tmp_path: Path) -> None:
    page = designer.page
    page.click("[data-tab=form]")
    with page.expect_file_chooser() as chosen:
        page.click("#add-page")
    (tmp_path / "text.pdf").write_text("%PDF no blank")
    chosen.value.set_files(tmp_path / "text.pdf")
    expect(page.locator("#status.wrong")).not_to_be_empty(timeout=READING_MS)
    expect(page.locator("#pages button")).to_have_count(2)


def test_undo_and_redo_return_to_the_page_where_it_was_done(designer: Designer) -> None:
    page = designer.page
    page.keyboard.press("PageDown")
    page.locator("svg g.f").first.locator("rect").first.click()
    page.keyboard.press("Delete")
    expect(page.locator("svg g.f")).to_have_count(1)
    page.keyboard.press("PageUp")
    page.keyboard.press("Control+z")
    expect(page.locator("#pages [aria-pressed=true]")).to_have_text("2")
    expect(page.locator("svg g.f")).to_have_count(2)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("svg g.f")).to_have_count(1)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    expect(page.locator("svg g.f")).to_have_count(1)
    page.keyboard.press("Control+y")
    expect(page.locator("#status")).to_have_text("Không có gì để làm lại.")
