"""Form files: what is read, what is refused and where it says so, what is saved, and the blank."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import FormError
from scanner.forms.checking import check_form
from scanner.forms.loading import (
    FILE,
    RENDERED,
    blank_image,
    forms_folder,
    list_forms,
    load_form,
    read_form,
    save_form,
)
from scanner.model import Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, Gray, Option, RuleSpec
from scanner.rules import CHECKS
from tests.forms.conftest import FORM, Json, Spoil, codes, spoil

# --- the shipped forms -------------------------------------------------------------------------------


def test_every_shipped_form_loads_and_has_no_faults() -> None:
    assert FORM in list_forms()
    for form_id in list_forms():
        form = load_form(form_id)
        assert form.id == form_id
        assert check_form(form, CHECKS) == []


def test_the_shipped_form_has_the_official_sheet_combs_and_parts() -> None:
    form = load_form(FORM)
    assert form.sheet == (210.0, 297.0)
    assert [len(form.field(f).boxes) for f in ("ngay_sinh", "so_dinh_danh", "ma_bhxh")] == [8, 12, 10]
    assert [len(form.field(f).boxes) for f in ("ngay_hop_dong", "ngay_lap", "chu_ky")] == [3, 3, 1]
    assert len(form.fields) == 30
    assert sum(len(f.options) for f in form.fields) == 55


def rim(image: Gray) -> Gray:
    """The two outermost rows and columns."""
    return np.concatenate([part.ravel() for part in (image[:2], image[-2:], image[:, :2], image[:, -2:])])


def test_tick_boxes_of_the_shipped_form_frame_their_printed_squares() -> None:
    form = load_form(FORM)
    blank = blank_image(form)
    for spec in form.fields:
        for option in spec.options:
            x0, y0, x1, y1 = (round(v * 300 / 25.4) for v in (*option.box[:2], option.box.right, option.box.bottom))
            inside, around = blank[y0:y1, x0:x1], blank[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4]
            walls = np.concatenate(
                [inside[:2].ravel(), inside[-2:].ravel(), inside[:, :2].ravel(), inside[:, -2:].ravel()]
            )
            assert walls.mean() < 60, option.id  # the outermost two pixels are wall …
            rim = np.concatenate(
                [around[:2].ravel(), around[-2:].ravel(), around[:, :2].ravel(), around[:, -2:].ravel()]
            )
            assert rim.mean() > 235, option.id  # … and beyond is paper


# --- reading -----------------------------------------------------------------------------------------


def test_an_unknown_form_names_the_known_ones(folder: Path) -> None:
    with pytest.raises(FormError, match=r'no form "x"\. Known forms: mau-so-03'):
        load_form("x", folder)


@pytest.mark.parametrize("form_id", ["..", "../mau-so-03", "", ".", "mau-so-03/../mau-so-03"])
def test_a_form_id_is_no_path(folder: Path, form_id: str) -> None:
    with pytest.raises(FormError, match="no form"):
        load_form(form_id, folder)


FAULTS: list[tuple[Spoil, str]] = [
    (lambda d: d["fields"][4].pop("label"), r'mau-so-03/form\.json is wrong at fields "ho_ten" label: Field required'),
    (lambda d: d["fields"][5].update(kind="dates"), 'fields "ngay_sinh" kind: Input should be'),
    (lambda d: d["fields"][0]["boxes"][0].pop(), 'fields "tinh" boxes number 1 number 4: Field required'),
    (lambda d: d["fields"][0].update(requird=True), 'fields "tinh" requird: there is no such entry'),
    (lambda d: d["fields"][6]["options"][1].update(lable="x"), 'fields "gioi_tinh" options "nu" lable: there is no'),
    (lambda d: d["rules"][0].update(param={}), 'rules "muc_bat_buoc" param: there is no such entry'),
    (lambda d: d.update(folder="/"), "at folder: there is no such entry"),
    (lambda d: d["fields"][0]["boxes"][0].__setitem__(2, float("inf")), "number is not finite"),
    (lambda d: d["fields"][0]["boxes"][0].__setitem__(2, float("nan")), "number is not finite"),
    (lambda d: d.update(sheet=[0, 297]), "at sheet: a side must be 30 to 600 mm long"),
    (lambda d: d.update(sheet=[210, 1e9]), "at sheet: a side must be"),
    (lambda d: d.update(blank="../blank.pdf"), "at blank: it must be the name of a file"),
    (lambda d: d.update(blank="C:\\blank.pdf"), "at blank: it must be the name of a file"),
    (lambda d: d.update(blank=""), "at blank: it must be the name of a file"),
    (lambda d: d.update(fields="all"), "at fields: Input should be a valid tuple"),
    (lambda d: d.update(id="other"), 'has the id "other"'),
]


@pytest.mark.parametrize(("change", "words"), FAULTS, ids=[words[:50] for _, words in FAULTS])
def test_a_wrong_form_file_is_one_sentence_with_file_and_place(folder: Path, change: Spoil, words: str) -> None:
    spoil(folder, change)
    with pytest.raises(FormError, match=words) as caught:
        load_form(FORM, folder)
    assert "\n" not in caught.value.problem
    assert caught.value.problem.count(". ") == 0


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1, 2]", "null", "3", '{"id": "mau-so-03"}', "[" * 100_000, "\ud800".encode("utf-16", "surrogatepass")],
)
def test_a_file_that_holds_no_form_is_refused(folder: Path, text: str | bytes) -> None:
    path = folder / FORM / FILE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FormError, match=r"mau-so-03/form\.json"):
        load_form(FORM, folder)


def test_a_form_file_saved_by_notepad_with_a_mark_is_read(folder: Path) -> None:
    path = folder / FORM / FILE
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_form(FORM, folder).id == FORM


def test_a_form_folder_in_place_of_the_file_is_refused(folder: Path) -> None:
    path = folder / FORM / FILE
    path.unlink()
    path.mkdir()
    with pytest.raises(FormError, match="cannot be opened"):
        load_form(FORM, folder)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["id", "version", "title", "sheet", "blank", "fields", "rules", "extra"])


@settings(max_examples=150, deadline=None)
@given(changes=st.dictionaries(KEYS, JSON, min_size=1, max_size=3))
def test_any_json_is_read_or_refused_with_a_form_error(tmp_path_factory: pytest.TempPathFactory, changes: Json) -> None:
    place = tmp_path_factory.getbasetemp() / "any"
    place.mkdir(exist_ok=True)
    data = json.loads((forms_folder() / FORM / FILE).read_text(encoding="utf-8"))
    (place / FILE).write_text(json.dumps({**data, **changes}), encoding="utf-8")
    try:
        form = read_form(place / FILE)
    except FormError as error:
        assert error.problem.startswith("any/form.json")
    else:
        check_form(form, CHECKS)  # whatever was read can be checked


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, 29), key=st.sampled_from(["id", "kind", "layout", "boxes", "options", "no", "x"]), value=JSON
)
def test_any_field_is_read_or_refused_with_a_form_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, key: str, value: Any
) -> None:
    folder = tmp_path_factory.getbasetemp() / "field"
    folder.mkdir(exist_ok=True)
    data = json.loads((forms_folder() / FORM / FILE).read_text(encoding="utf-8"))
    data["fields"][place][key] = value
    (folder / FILE).write_text(json.dumps(data), encoding="utf-8")
    try:
        check_form(read_form(folder / FILE), CHECKS)
    except FormError as error:
        assert "form.json is wrong at fields" in error.problem or "not valid JSON" in error.problem


# --- saving ------------------------------------------------------------------------------------------

MM = st.floats(0, 290, allow_nan=False).map(lambda v: round(v, 2))
BOXES = st.builds(Box, MM, MM, MM, MM)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FIELDS = st.builds(
    FieldSpec,
    id=NAMES,
    label=NAMES,
    kind=st.sampled_from(FieldKind),
    layout=st.sampled_from(FieldLayout),
    no=NAMES,
    required=st.booleans(),
    boxes=st.lists(BOXES, max_size=3).map(tuple),
    options=st.lists(st.builds(Option, id=NAMES, label=NAMES, box=BOXES), max_size=3).map(tuple),
    lexicon=st.none() | NAMES,
    thresholds=st.dictionaries(NAMES, st.floats(0, 1, allow_nan=False), max_size=2),
)
FORMS = st.builds(
    FormTemplate,
    id=NAMES,
    version=NAMES,
    title=NAMES,
    sheet=st.tuples(st.floats(30, 600), st.floats(30, 600)).map(lambda s: (round(s[0], 2), round(s[1], 2))),
    blank=st.just("blank.pdf"),
    fields=st.lists(FIELDS, max_size=4).map(tuple),
    rules=st.just(()),
)


@settings(max_examples=60, deadline=None)
@given(form=FORMS)
def test_what_is_saved_is_read_back(tmp_path_factory: pytest.TempPathFactory, form: FormTemplate) -> None:
    path = tmp_path_factory.getbasetemp() / FILE
    save_form(form, path)
    assert read_form(path) == form.model_copy(update={"folder": path.parent})
    again = path.read_bytes()
    save_form(read_form(path), path)
    assert path.read_bytes() == again


def test_the_shipped_form_file_is_as_the_tool_writes_it(tmp_path: Path) -> None:
    shipped = forms_folder() / FORM / FILE
    save_form(read_form(shipped), tmp_path / FILE)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8")


def test_boxes_are_saved_to_a_hundredth_of_a_millimetre_and_ages_and_thresholds_as_they_are(tmp_path: Path) -> None:
    spec = FieldSpec(
        id="a", label="A", kind=FieldKind.TEXT, layout=FieldLayout.LINE, boxes=(Box(1.23456, 2, 3, 4),),
        thresholds={"empty": 0.0123},
    )  # fmt: skip
    rule = RuleSpec(rule="r", check="age", fields={"birth": "a"}, params={"least": 15, "share": 0.0042})
    form = FormTemplate(
        id="a", version="1", title="", sheet=(210, 297), blank="b.pdf", fields=(spec,), rules=(rule,), folder=tmp_path
    )
    save_form(form, tmp_path / FILE)
    assert "[1.23, 2.0, 3.0, 4.0]" in (tmp_path / FILE).read_text(encoding="utf-8")
    back = read_form(tmp_path / FILE)
    assert back.fields[0].thresholds == {"empty": 0.0123}
    assert back.rules == (rule,)


def test_a_form_without_a_kept_rendering_reads_its_pdf(folder: Path) -> None:
    (folder / FORM / RENDERED).unlink()
    form = load_form(FORM, folder)
    assert codes(form) == []
    drawn, kept = blank_image(form), blank_image(load_form(FORM))
    near = [cv2.erode(image, np.ones((5, 5), np.uint8)) < 170 for image in (drawn, kept)]
    assert (drawn < 128).sum() > 400_000  # all of the print, within two pixels of where the kept picture has it
    assert ((drawn < 128) & ~near[1]).sum() == 0 and ((kept < 128) & ~near[0]).sum() == 0


# --- the blank ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [75, 100, 150, 200, 300, 400])
def test_the_blank_has_exactly_the_sheets_size(dpi: int) -> None:
    form = load_form(FORM)
    image = blank_image(form, dpi)
    assert image.shape == (round(297 * dpi / 25.4), round(210 * dpi / 25.4))
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert image.min() < 40


def test_the_blank_is_shared_and_cannot_be_written_to() -> None:
    form = load_form(FORM)
    assert blank_image(form) is blank_image(form)
    with pytest.raises(ValueError, match="read-only"):
        blank_image(form)[0, 0] = 0


def test_a_damaged_rendering_is_a_form_error(folder: Path) -> None:
    kept = folder / FORM / RENDERED
    kept.write_bytes(kept.read_bytes()[:5000])
    with pytest.raises(FormError, match=r"blank\.png is damaged"):
        blank_image(load_form(FORM, folder))
    kept.write_bytes(b"nothing")
    with pytest.raises(FormError, match=r"blank\.png is damaged"):
        blank_image(load_form(FORM, folder))


def test_a_missing_blank_is_a_form_error(folder: Path) -> None:
    (folder / FORM / RENDERED).unlink()
    (folder / FORM / "blank.pdf").unlink()
    with pytest.raises(FormError, match=r"blank\.pdf is missing"):
        blank_image(load_form(FORM, folder))


def test_reading_the_blank_needs_no_pdf_program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert blank_image(load_form(FORM, folder)).shape == (3508, 2480)
    assert codes(load_form(FORM, folder)) == []


def test_the_committed_rendering_stays_small() -> None:
    assert (forms_folder() / FORM / RENDERED).stat().st_size < 300_000
