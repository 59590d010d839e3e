"""A new form from its blank alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samples.drawn_forms import Paper, drawn_form
from scanner.errors import FormError
from scanner.forms.blanks import render_blank
from scanner.forms.checking import check_form
from scanner.forms.drafting import draft_form
from scanner.forms.loading import FILE, RENDERED, blank_image, forms_folder, load_form
from scanner.model import Box, FieldKind, FieldLayout, FieldSpec

FORM = "mau-so-03"


def shape(spec: FieldSpec) -> tuple[FieldLayout, int]:
    """How a field is laid out, and in how many boxes."""
    return spec.layout, len(spec.boxes) or len(spec.options)


def test_the_draft_of_the_official_blank_has_the_fields_of_its_form_file(tmp_path: Path) -> None:
    named = load_form(FORM)
    draft = draft_form(named.folder / named.blank, "draft", tmp_path)
    written = [f for f in named.fields if f.layout is not FieldLayout.AREA]  # room for a signature has no print
    assert draft.sheet == named.sheet
    assert [shape(f) for f in draft.fields] == [shape(f) for f in written]
    for drafted, spec in zip(draft.fields, written, strict=True):
        for p, q in zip(drafted.all_boxes, spec.all_boxes, strict=True):  # an edge moves by a pixel between renderers
            edges = ((p.x, q.x), (p.y, q.y), (p.right, q.right), (p.bottom, q.bottom))
            assert max(abs(x - y) for x, y in edges) < 0.1, spec.id
        assert drafted.kind is (FieldKind.CHOICE if spec.kind is FieldKind.CHOICES else spec.kind)


@pytest.mark.parametrize("seed", [2, 8, 13])
def test_a_draft_can_be_loaded_and_has_no_faults(tmp_path: Path, seed: int) -> None:
    drawn_form(tmp_path / "form.pdf", seed)
    draft = draft_form(tmp_path / "form.pdf", "drawn", tmp_path / "forms")
    loaded = load_form("drawn", tmp_path / "forms")
    assert check_form(loaded) == []
    assert [f.id for f in loaded.fields] == [f"f{i:02}" for i in range(1, len(draft.fields) + 1)]
    assert np.array_equal(blank_image(loaded) < 128, blank_image(draft) < 128)
    assert [p.name for p in (tmp_path / "forms").iterdir()] == ["drawn"]  # nothing half-made beside it


def test_fields_are_numbered_down_the_page_and_from_the_left(tmp_path: Path) -> None:
    paper = Paper(tmp_path / "form.pdf")
    paper.comb(120, 41.2, (5, 6), (9,), 0)
    paper.rule(30, 100, 40, "dots")
    paper.choice([["yes", "no"]], 30, 50, 3, 40, 6.5)
    paper.rule(30, 100, 62, "dots")
    paper.done()
    draft = draft_form(tmp_path / "form.pdf", "drawn", tmp_path / "forms")
    layouts = [f.layout for f in draft.fields]
    assert layouts == [FieldLayout.LINE, FieldLayout.COMB, FieldLayout.TICKS, FieldLayout.LINE]


def test_cells_in_two_two_and_four_are_drafted_as_a_date(tmp_path: Path) -> None:
    paper = Paper(tmp_path / "form.pdf")
    paper.comb(30, 40, (5, 6), (2, 2, 4), 3.4, separator="/")
    paper.comb(30, 55, (5, 6), (8,), 0)
    paper.comb(30, 70, (5, 6), (4, 4), 3.4)
    paper.done()
    draft = draft_form(tmp_path / "form.pdf", "drawn", tmp_path / "forms")
    assert [f.kind for f in draft.fields] == [FieldKind.DATE, FieldKind.DIGITS, FieldKind.DIGITS]


def test_boxes_are_drafted_as_lines_or_areas_by_their_height(tmp_path: Path) -> None:
    paper = Paper(tmp_path / "form.pdf")
    paper.box(Box(30, 30, 100, 8))
    paper.box(Box(30, 50, 100, 40))
    paper.done()
    draft = draft_form(tmp_path / "form.pdf", "drawn", tmp_path / "forms")
    assert [f.layout for f in draft.fields] == [FieldLayout.LINE, FieldLayout.AREA]
    assert check_form(draft) == []


def test_a_blank_given_as_a_picture_is_kept_beside_its_rendering(tmp_path: Path) -> None:
    drawn_form(tmp_path / "form.pdf", 13)
    Image.fromarray(render_blank(tmp_path / "form.pdf")).save(tmp_path / "form.png", dpi=(300, 300))
    draft = draft_form(tmp_path / "form.png", "picture", tmp_path / "forms")
    assert (draft.folder / draft.blank).read_bytes() == (tmp_path / "form.png").read_bytes()
    assert draft.blank != RENDERED
    assert check_form(load_form("picture", tmp_path / "forms")) == []


@pytest.mark.parametrize("form_id", ["", "..", "a/b", "a\\b", ".hidden", "-x", "a b", "C:"])
def test_an_id_that_is_no_folder_name_is_refused(tmp_path: Path, form_id: str) -> None:
    with pytest.raises(FormError, match="cannot be the id"):
        draft_form(forms_folder() / FORM / "blank.pdf", form_id, tmp_path / "forms")
    assert not (tmp_path / "forms").exists()


def test_a_form_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    shutil.copytree(forms_folder() / FORM, tmp_path / FORM)
    before = (tmp_path / FORM / FILE).read_bytes()
    with pytest.raises(FormError, match="exists already"):
        draft_form(forms_folder() / FORM / "blank.pdf", FORM, tmp_path)
    assert (tmp_path / FORM / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "forms").write_text("a file in the way")
    with pytest.raises(FormError, match="could not be written"):
        draft_form(forms_folder() / FORM / "blank.pdf", "x", tmp_path / "forms")
    assert [p.name for p in tmp_path.iterdir()] == ["forms"]


def test_a_blank_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "b.pdf").write_text("no pdf")
    with pytest.raises(FormError, match="not a PDF"):
        draft_form(tmp_path / "b.pdf", "x", tmp_path / "forms")
    assert not (tmp_path / "forms").exists()
