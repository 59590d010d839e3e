"""Which form, which page: every page finds its own among the forms that are read, or is refused with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from samples.drawn_forms import drawn_form
from scanner.batch import read_here, scan
from scanner.cli import main
from scanner.commands.common import chosen_forms
from scanner.errors import FormError
from scanner.evaluation import evaluate
from scanner.export import record_to_json
from scanner.form_catalogue import FormCatalogue, PageMatch
from scanner.forms.blanks import render_blank
from scanner.forms.drafting import draft_form
from scanner.forms.loading import blank_image, pages_of
from scanner.manual_registration import ManualReader
from scanner.model import FormTemplate, PageRef, PageStatus, Reason, Record, Unreadable
from scanner.pipeline import PageReader, build_reader, read_page
from scanner.settings import Settings
from scanner.store.views import RecordView
from scanner.store_factory import open_store
from tests.conftest import Desk, as_page

DAY = date(2024, 11, 1)
Image_ = NDArray[np.uint8]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, form: FormTemplate) -> Path:
    """A folder of forms: the one that ships, and one of two printed pages that share letterhead and labels."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(form.folder, folder / "forms" / form.id)
    pages = []
    for seed in (9, 14):
        drawn_form(folder / "page.pdf", seed)
        pages.append(Image.fromarray(render_blank(folder / "page.pdf", 1)))
    pages[0].save(folder / "both.pdf", save_all=True, append_images=pages[1:], resolution=300)
    draft_form(folder / "both.pdf", "drawn", folder / "forms")
    return folder


@pytest.fixture(scope="module")
def settings(site: Path) -> Settings:
    """Both forms are installed."""
    return Settings(data=site / "data", forms=site / "forms", workers=1)


@pytest.fixture(scope="module")
def forms(settings: Settings) -> list[FormTemplate]:
    """Both, in order."""
    return chosen_forms(settings, None)


@pytest.fixture(scope="module")
def both(forms: list[FormTemplate], settings: Settings) -> PageReader:
    """A reader of both."""
    return build_reader(forms, settings)


@pytest.fixture(scope="module")
def pile(site: Path, forms: list[FormTemplate], desk_of_sheets: Desk) -> Path:
    """A folder of pages, mixed: the drawn form's second page upside down, a filled sheet, the drawn form's first."""
    folder = site / "pile"
    folder.mkdir()
    first, second = (np.array(blank_image(page)) for page in pages_of(forms[0]))
    for name, image in (
        ("a.png", np.rot90(second, 2)), ("b.png", desk_of_sheets.draw(91).image), ("c.png", first),
    ):  # fmt: skip
        Image.fromarray(np.ascontiguousarray(image)).save(folder / name, dpi=(300, 300))
    return folder


def told(records: list[Record]) -> list[tuple[str, int, PageStatus]]:
    """What each page was taken for."""
    return [(r.form, r.form_page, r.status) for r in records]


def stripped(blank: Image_, *rows_mm: tuple[float, float]) -> Image_:
    """A print without what stands in some bands."""
    out = np.array(blank)
    for top, bottom in rows_mm:
        out[round(top * 300 / 25.4) : round(bottom * 300 / 25.4)] = 255
    return out


def print_of(image: Image_, form_id: str, folder: Path) -> FormTemplate:
    """A form drafted from a picture of its blank."""
    Image.fromarray(image).save(folder / f"{form_id}.png", dpi=(300, 300))
    return draft_form(folder / f"{form_id}.png", form_id, folder / "forms")


# --- found -------------------------------------------------------------------------------------------


def test_pages_of_two_forms_in_one_pile_are_each_read_with_their_own(both: PageReader, pile: Path, forms) -> None:
    pages = [as_page(np.array(Image.open(path).convert("RGB"))) for path in sorted(pile.iterdir())]
    records = [read_page(page, both, DAY)[0] for page in pages]
    assert told(records) == [
        ("drawn", 2, PageStatus.READ), ("mau-so-03", 1, PageStatus.READ), ("drawn", 1, PageStatus.READ),
    ]  # fmt: skip
    for record in records:
        form = next(f for f in forms if f.id == record.form).of_page(record.form_page)
        assert [r.field for r in record.readings] == [f.id for f in form.fields]
        assert record_to_json(record)["form_page"] == record.form_page


def test_page_read_among_several_forms_is_the_same_record_as_read_alone(both, reader, desk_of_sheets: Desk) -> None:
    page = as_page(desk_of_sheets.worn(92, "scan")[1].image)
    alone, among = (record_to_json(read_page(page, r, DAY)[0]) for r in (reader, both))
    assert among == alone


@pytest.mark.parametrize("number", [1, 2])
def test_pages_of_one_form_are_told_apart_upside_down_and_worn(forms, both: PageReader, number: int) -> None:
    from samples.wear import wear

    sheet = np.repeat(np.array(blank_image(forms[0].of_page(number)))[..., None], 3, axis=2)
    worn = wear(sheet, "scan", np.random.default_rng(number)).image
    found = both.catalogue.register(as_page(np.rot90(worn, 2).copy()))
    assert found.registration and (found.form_page.form.id, found.form_page.form.page) == ("drawn", number)
    assert abs(found.registration.transform.rotation_deg) > 170


def test_one_form_of_one_page_needs_no_index(both: PageReader, reader: PageReader, desk_of_sheets: Desk) -> None:
    assert reader.catalogue.index is None and both.catalogue.index is not None
    assert reader.catalogue.register(as_page(desk_of_sheets.draw(93).image)).registration


def test_only_the_latest_printed_pages_are_kept_ready(forms) -> None:
    several = FormCatalogue(forms, {}, kept=2)
    made = [several.at(number) for number in range(3)]
    assert several.at(2) is made[2] and several.at(1) is made[1]
    assert several.at(0) is not made[0]


# --- refused -----------------------------------------------------------------------------------------


def test_page_of_a_form_that_is_not_read_fits_none_and_keeps_the_likeliest(both: PageReader, tmp_path: Path) -> None:
    drawn_form(tmp_path / "other.pdf", 24)
    record = read_page(as_page(render_blank(tmp_path / "other.pdf", 1)), both, DAY)[0]
    assert record.status is PageStatus.UNPLACED and record.reason is not None
    assert record.reason.code == "no_form_fits"
    assert (record.form, record.form_page) == (record.reason.params["form"], record.reason.params["page"])
    assert record.form == "drawn"


def test_blank_and_unreadable_pages_are_of_no_form_where_they_could_be_of_any(
    both: PageReader, forms, settings
) -> None:
    empty = read_page(as_page(np.full((3508, 2480), 245, np.uint8)), both)[0]
    gone = Unreadable(PageRef(Path("x.png")), Reason("file_empty"))
    assert told([empty, *read_here([gone], forms, settings), *read_here([gone], forms[1], settings)]) == [
        ("", 1, PageStatus.BLANK), ("", 1, PageStatus.UNREADABLE), ("mau-so-03", 1, PageStatus.UNREADABLE),
    ]  # fmt: skip


# --- prints that are nearly the same -------------------------------------------------------------------


@pytest.fixture(scope="module")
def find_among(form: FormTemplate, blank: Image_, tmp_path_factory) -> Callable[[Image_, Image_], PageMatch]:
    """Find a page among the form that ships and another print of it."""
    catalogues: dict[bytes, FormCatalogue] = {}

    def find(other: Image_, page: Image_) -> PageMatch:
        key = other.tobytes()
        if key not in catalogues:
            catalogues[key] = FormCatalogue([form, print_of(other, "other", tmp_path_factory.mktemp("print"))], {})
        return catalogues[key].register(as_page(page))

    return find


def test_print_with_less_on_it_is_told_from_the_one_with_more(find_among, blank: Image_, desk_of_sheets: Desk) -> None:
    less = stripped(blank, (255, 290))
    assert find_among(less, desk_of_sheets.draw(94).image).form_page.form.id == "mau-so-03"
    found = find_among(less, less)
    assert found.registration and found.form_page.form.id == "other"


def test_two_forms_of_one_print_are_left_to_a_person(find_among, blank: Image_, desk_of_sheets: Desk) -> None:
    found = find_among(np.array(blank), desk_of_sheets.draw(95).image)
    assert not found.registration and found.registration.reason.code == "form_ambiguous"
    assert {found.registration.reason.params[name] for name in ("form", "other_form")} == {"mau-so-03", "other"}


# --- the commands, the database, a person's hand ---------------------------------------------------------


def test_command_without_a_form_reads_with_all_and_with_one_with_that_alone(
    pile: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOHOA_FORMS", str(settings.forms))

    def read(*more: str) -> list[tuple[str, int, str]]:
        command = ["--data", str(settings.data), "read", str(pile / "a.png"), str(pile / "b.png"), *more]
        done = CliRunner().invoke(main, command)
        assert done.exit_code == (3 if more else 0), done.output
        return [(d["form"], d["form_page"], d["status"]) for d in map(json.loads, done.stdout.splitlines())]

    assert read() == [("drawn", 2, "read"), ("mau-so-03", 1, "read")]
    assert read("--form", "mau-so-03") == [("mau-so-03", 1, "unplaced"), ("mau-so-03", 1, "read")]


@pytest.fixture(scope="module")
def stored(pile: Path, settings: Settings, forms: list[FormTemplate]) -> list[RecordView]:
    """The records of the pile, read by a worker into the database, in the order of the pile."""
    with open_store(settings) as store:
        seen: list[Record] = []
        scan([pile / "a.png", pile / "b.png"], store, forms, settings, batch="mixed", tick=lambda r: seen.append(r))
        rows = {row.source: row.record_id for row in store.export_rows("all")}
        return [store.record(rows[record.ref.source], None) for record in seen]


def test_workers_read_each_page_with_its_own_form(stored: list[RecordView]) -> None:
    assert [(r.form, r.status) for r in stored] == [("drawn", PageStatus.READ), ("mau-so-03", PageStatus.READ)]


def test_person_may_say_which_form_and_which_page_it_is(stored, settings: Settings, forms) -> None:
    rescuer, held = ManualReader(settings), replace(stored[0], form="mau-so-03")
    guide = rescuer.guide("drawn", 2)
    assert guide.sheet == forms[0].of_page(2).sheet
    with pytest.raises(FormError, match="no page 3"):
        rescuer.guide("drawn", 3)
    width, height = (side * 300 / 25.4 for side in guide.sheet)
    upside_down = [(width - 1 - x * 300 / 25.4, height - 1 - y * 300 / 25.4) for x, y in guide.points]
    assert told([rescuer.read(held, upside_down, "drawn", 2)]) == [("drawn", 2, PageStatus.READ)]
    refused = rescuer.read(held, upside_down)  # of the form that it was held for
    assert told([refused]) == [("mau-so-03", 1, PageStatus.UNPLACED)]


# --- measured ------------------------------------------------------------------------------------------


def test_evaluation_takes_each_page_for_the_form_it_is(tmp_path: Path, forms: list[FormTemplate]) -> None:
    first = {f.id: None for f in forms[0].of_page(1).fields if f.kind.value in ("text", "digits")}
    lines = [{"file": "1.png", "fields": first}, {"file": "2.png", "form": "drawn", "form_page": 1, "fields": first}]
    truth = tmp_path / "truth.jsonl"
    truth.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    for line in lines:
        (tmp_path / str(line["file"])).touch()

    def read(ref: PageRef) -> Record:
        page = 1 if ref.source == "1.png" else 2
        return Record(ref, "drawn", "1", PageStatus.READ, form_page=page)

    found = evaluate(truth, None, forms, read)
    assert [form.id for form in found.forms] == ["drawn"]
    assert [(p.file, p.reason.params) for p in found.misidentified if p.reason] == [
        ("2.png", {"form": "drawn", "page": 2})
    ]
    assert {item.right for item in found.items if item.file == "1.png"} == {True}
    assert {item.right for item in found.items if item.file == "2.png"} == {False}
