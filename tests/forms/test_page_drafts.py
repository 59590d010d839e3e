"""Forms of several printed pages: drafted from one PDF, taken apart into pages, checked as a whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from samples.drawn_forms import Paper
from scanner.errors import FormError
from scanner.forms.checking import check_form
from scanner.forms.drafting import draft_form
from scanner.forms.loading import FILE, blank_image, files_of, load_form, pages_of, read_form, save_form
from scanner.forms.page_drafts import add_pages, remove_page, replace_blank
from scanner.forms.versions import load_draft, publish, versions
from scanner.model import FieldKind, FieldLayout, FormTemplate, NextPage, RuleSpec
from scanner.rules import CHECKS


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> FormTemplate:
    """A form of two pages, drafted from its PDF: a line and a comb on the first, a comb and ticks on the second."""
    folder = tmp_path_factory.mktemp("drafted")
    paper = Paper(folder / "form.pdf")
    paper.text(20, 30, "First page")
    paper.rule(30, 100, 50, "dots")
    paper.comb(30, 70, (5, 6), (12,), 0)
    paper.turn()
    paper.text(20, 30, "Second page")
    paper.comb(30, 60, (5, 6), (12,), 0)
    paper.choice([["yes", "no"]], 30, 90, 3, 40, 6.5)
    paper.done()
    return draft_form(folder / "form.pdf", "drawn", folder / "forms")


@pytest.fixture
def two_pages(drafted: FormTemplate, tmp_path: Path) -> FormTemplate:
    """The drafted form in a folder of its own."""
    shutil.copytree(drafted.folder, tmp_path / "forms" / "drawn")
    return drafted.model_copy(update={"folder": tmp_path / "forms" / "drawn"})


def codes(form: FormTemplate) -> list[str]:
    """The codes of a form's faults."""
    return [fault.code for fault in check_form(form, CHECKS)]


def test_every_page_of_a_blank_is_drafted(two_pages: FormTemplate) -> None:
    assert two_pages.page_count == 2
    assert [f.page for f in two_pages.fields] == [1, 1, 2, 2]
    assert [f.id for f in two_pages.fields] == ["f01", "f02", "f03", "f04"]
    assert codes(load_form("drawn", two_pages.folder.parent)) == []


def test_each_page_is_a_form_with_its_own_blank_and_fields(two_pages: FormTemplate) -> None:
    first, second = pages_of(two_pages)
    assert (first.page, second.page) == (1, 2)
    assert [f.id for f in second.fields] == ["f03", "f04"]
    assert second.page_count == 1
    assert not np.array_equal(blank_image(first), blank_image(second))
    assert blank_image(second).shape == blank_image(first).shape
    (two_pages.folder / "blank-2.png").unlink()  # without its rendering the PDF's own page is rendered
    assert abs(float(blank_image(second).mean()) - float(blank_image(pages_of(two_pages)[1]).mean())) < 0.5
    with pytest.raises(IndexError):
        two_pages.of_page(3)


def test_a_form_of_one_page_is_that_page(form: FormTemplate) -> None:
    assert pages_of(form) == [form]
    assert form.of_page(1) is form


def test_rules_go_with_the_page_that_has_all_their_fields(two_pages: FormTemplate) -> None:
    here = RuleSpec(rule="a", check="digits", fields={"number": "f02"})
    across = RuleSpec(rule="b", check="same", fields={"fields": ("f02", "f03")})
    form = two_pages.model_copy(update={"rules": (here, across)})
    assert [r.rule for r in form.of_page(1).rules] == ["a"]
    assert form.of_page(2).rules == ()


def test_pages_survive_the_file(two_pages: FormTemplate) -> None:
    fields = tuple(f.model_copy(update={"same_as": "f02"}) if f.id == "f03" else f for f in two_pages.fields)
    save_form(two_pages.model_copy(update={"fields": fields}), two_pages.folder / FILE)
    loaded = read_form(two_pages.folder / FILE)
    assert loaded.next_pages == (NextPage(sheet=(210.0, 297.0), blank="blank.pdf", blank_page=2),)
    assert loaded.field("f03").same_as == "f02"
    assert codes(loaded) == []


def test_faults_of_pages_are_told(two_pages: FormTemplate) -> None:
    def with_field(name: str, **update: object) -> FormTemplate:
        fields = tuple(f.model_copy(update=update) if f.id == name else f for f in two_pages.fields)
        return two_pages.model_copy(update={"fields": fields})

    assert "no_such_page" in codes(with_field("f01", page=3))
    assert "same_as_unfit" in codes(with_field("f03", same_as="f04"))  # on its own page
    assert "same_as_unfit" in codes(with_field("f03", same_as="nobody"))
    assert "same_as_unfit" in codes(with_field("f03", same_as="f01"))  # of another kind
    assert "page_without_fields" in codes(two_pages.model_copy(update={"fields": two_pages.fields[:2]}))
    missing = NextPage(sheet=(210.0, 297.0), blank="blank.pdf", blank_page=9)
    gone = two_pages.model_copy(update={"next_pages": (*two_pages.next_pages, missing)})
    assert "blank_unfit" in codes(gone)


def test_one_place_on_two_pages_is_no_overlap(two_pages: FormTemplate) -> None:
    line = {"kind": FieldKind.TEXT, "layout": FieldLayout.LINE, "boxes": two_pages.field("f01").boxes, "options": ()}
    fields = tuple(f.model_copy(update=line) if f.id == "f04" else f for f in two_pages.fields)
    assert codes(two_pages.model_copy(update={"fields": fields})) == []


def test_a_version_keeps_the_blanks_of_all_its_pages(two_pages: FormTemplate, tmp_path: Path) -> None:
    site = tmp_path / "site"
    published = publish(two_pages, None, site)
    publish(published.model_copy(update={"title": "Anew"}), published, site)
    assert versions("drawn", site) == ["1", "2"]
    for name in files_of(two_pages):
        assert (site / "drawn" / "versions" / "v1" / name).is_file()


def test_a_blank_of_too_many_pages_is_refused(tmp_path: Path) -> None:
    paper = Paper(tmp_path / "form.pdf")
    for _ in range(24):
        paper.turn()
    paper.done()
    with pytest.raises(FormError, match="pages"):
        draft_form(tmp_path / "form.pdf", "drawn", tmp_path / "forms")


def test_a_file_cannot_say_which_page_it_is(two_pages: FormTemplate) -> None:
    path = two_pages.folder / FILE
    path.write_text(path.read_text().replace('"version"', '"page": 2, "version"'))
    with pytest.raises(FormError, match="no such entry"):
        read_form(path)


# --- pages added, given another blank, taken out -----------------------------------------------------


def one_page(path: Path, dots_to: float = 120) -> Path:
    """A blank of one page with one line."""
    paper = Paper(path)
    paper.text(20, 30, "Another page")
    paper.rule(30, dots_to, 80, "dots")
    paper.done()
    return path


def repeated(form: FormTemplate) -> FormTemplate:
    """The form with its third field saying that it repeats the second."""
    fields = tuple(f.model_copy(update={"same_as": "f02"}) if f.id == "f03" else f for f in form.fields)
    return form.model_copy(update={"fields": fields})


def test_added_pages_come_last_with_fields_of_free_ids(two_pages: FormTemplate, tmp_path: Path) -> None:
    made = add_pages(two_pages, one_page(tmp_path / "more.pdf"), tmp_path / "drafts")
    assert made.page_count == 3
    assert [(f.id, f.page) for f in made.fields[4:]] == [("f05", 3)]
    assert made.fields[:4] == two_pages.fields
    kept = load_draft("drawn", tmp_path / "drafts")
    assert kept is not None and codes(kept) == []
    assert blank_image(kept.of_page(3)).shape == blank_image(kept.of_page(1)).shape


def test_a_new_blank_keeps_the_boxes_and_is_the_page_from_then_on(two_pages: FormTemplate, tmp_path: Path) -> None:
    before = blank_image(two_pages.of_page(2)).copy()
    made = replace_blank(two_pages, 2, one_page(tmp_path / "other.pdf"), tmp_path / "drafts")
    assert made.fields == two_pages.fields
    assert not np.array_equal(blank_image(made.of_page(2)), before)
    assert np.array_equal(blank_image(made.of_page(1)), blank_image(two_pages.of_page(1)))
    assert codes(made) == []


def test_a_version_with_a_new_blank_is_in_force_with_it_and_the_old_keeps_its_own(
    two_pages: FormTemplate, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    first = publish(two_pages, None, site)
    before = (site / "drawn" / "blank-2.png").read_bytes()
    made = replace_blank(first, 2, one_page(tmp_path / "other.pdf"), tmp_path / "drafts")
    second = publish(made, first, site)
    assert codes(second) == [] and second.version == "2"
    assert (site / "drawn" / "blank-2.png").read_bytes() != before
    assert (site / "drawn" / "versions" / "v1" / "blank-2.png").read_bytes() == before


@pytest.mark.parametrize(("number", "left"), [(1, ["f03", "f04"]), (2, ["f01", "f02"])])
def test_a_page_goes_with_its_fields_and_the_next_move_up(
    two_pages: FormTemplate, tmp_path: Path, number: int, left: list[str]
) -> None:
    stays = blank_image(two_pages.of_page(3 - number)).copy()
    made = remove_page(repeated(two_pages), number, tmp_path / "drafts")
    assert [f.id for f in made.fields] == left and {f.page for f in made.fields} == {1}
    assert all(f.same_as is None for f in made.fields)
    assert np.array_equal(blank_image(made), stays)
    assert codes(made) == []


def test_a_draft_is_changed_in_its_own_folder(two_pages: FormTemplate, tmp_path: Path) -> None:
    drafts = two_pages.folder.parent
    made = add_pages(two_pages, one_page(tmp_path / "more.pdf"), drafts)
    made = remove_page(made, 1, drafts)
    assert [p.name for p in drafts.iterdir()] == ["drawn"]
    assert (made.page_count, codes(made)) == (2, [])


def test_what_cannot_be_a_page_changes_nothing(two_pages: FormTemplate, tmp_path: Path) -> None:
    drafts = two_pages.folder.parent
    before = sorted((p.name, p.read_bytes()) for p in two_pages.folder.iterdir())
    several = two_pages.folder / "blank.pdf"
    with pytest.raises(FormError, match="more than one page"):
        replace_blank(two_pages, 1, several, drafts)
    with pytest.raises(IndexError):
        replace_blank(two_pages, 3, one_page(tmp_path / "other.pdf"), drafts)
    with pytest.raises(FormError, match="at least one page"):
        remove_page(two_pages.of_page(1), 1, drafts)
    (tmp_path / "text.pdf").write_text("no blank")
    with pytest.raises(FormError):
        add_pages(two_pages, tmp_path / "text.pdf", drafts)
    assert sorted((p.name, p.read_bytes()) for p in two_pages.folder.iterdir()) == before
