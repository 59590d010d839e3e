"""What lies on a sheet covers its fields; wear, shadows and writing never do."""

from __future__ import annotations

import numpy as np
import pytest

from samples.objects import lay
from samples.photo import photograph
from samples.wear import wear
from scanner.layout.ink.extraction import extract_page_ink
from scanner.layout.ink.occlusion import occluded_fields
from scanner.layout.registration.alignment import to_grey
from scanner.messages import all_messages
from scanner.model import FieldLayout, FieldSpec
from scanner.pipeline import PageReader
from tests.conftest import Desk
from tests.layout.placing import place


def flagged(image: np.ndarray, reader: PageReader) -> set[str]:
    """Fields that are called occluded."""
    transform = place(image, reader.reference).transform
    page = extract_page_ink(to_grey(image), transform, reader.print_model)
    return set(occluded_fields(image, transform, page, reader.form.fields, ()))


def first(reader: PageReader, layout: FieldLayout) -> FieldSpec:
    """The first field of a layout."""
    return next(f for f in reader.form.fields if f.layout is layout)


@pytest.mark.parametrize("layout", [FieldLayout.TICKS, FieldLayout.COMB, FieldLayout.LINE])
@pytest.mark.parametrize(("thing", "kind"), [("finger", "scan"), ("note", "scan"), ("slip", "dark"), ("clip", "dark")])
def test_a_field_under_a_thing_is_covered(
    desk_of_sheets: Desk, reader: PageReader, layout, thing: str, kind: str
) -> None:
    spec, rng = first(reader, layout), np.random.default_rng(6)
    box = spec.options[0].box if spec.options else spec.boxes[len(spec.boxes) // 2]
    sheet, _ = lay(desk_of_sheets.draw(86).image, thing, (box.x + box.w / 2, box.y + box.h / 2), rng)
    assert spec.id in flagged(wear(sheet, kind, rng).image, reader)


@pytest.mark.parametrize("kind", ["scan", "bilevel", "photo", "faint", "shadow", "lamp"])
def test_nothing_covers_an_ordinary_sheet(desk_of_sheets: Desk, reader: PageReader, kind: str) -> None:
    rng = np.random.default_rng(7)
    draw = photograph if kind in ("shadow", "lamp") else wear
    assert flagged(draw(desk_of_sheets.draw(87).image, kind, rng).image, reader) == set()


def test_reviewer_sees_why_in_both_languages() -> None:
    words = all_messages()
    assert all(set(words[code]) == {"en", "vi"} for code in ("field_covered", "stamp_over", "two_sheets"))
