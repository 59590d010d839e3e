"""Forms of several printed pages: drafted from one PDF, taken apart into pages, checked as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scanner.drafting import draft_form
from scanner.errors import FormError
from scanner.form_versions import publish, versions
from scanner.forms import FILE, blank_image, check_form, files_of, load_form, pages_of, read_form, save_form
from scanner.model import FieldKind, FieldLayout, FormTemplate, NextPage, RuleSpec
from scanner.rules import CHECKS
from tests.layout.drawn_forms import Paper


@pytest.fixture
def two_pages(tmp_path: Path) -> FormTemplate:
    """A form of two pages, drafted from its PDF: a line and a comb on the first, a comb and ticks on the second."""
    paper = Paper(tmp_path / "form.pdf")
    paper.text(20, 30, "First page")
    paper.rule(30, 100, 50, "dots")
    paper.comb(30, 70, (5, 6), (12,), 0)
    paper.turn()
    paper.text(20, 30, "Second page")
    paper.comb(30, 60, (5, 6), (12,), 0)
    paper.choice([["yes", "no"]], 30, 90, 3, 40, 6.5)
    paper.done()
    return draft_form(tmp_path / "form.pdf", "drawn", tmp_path / "forms")


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
    house = tmp_path / "house"
    published = publish(two_pages, None, house)
    publish(published.model_copy(update={"title": "Anew"}), published, house)
    assert versions("drawn", house) == ["1", "2"]
    for name in files_of(two_pages):
        assert (house / "drawn" / "versions" / "v1" / name).is_file()


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
