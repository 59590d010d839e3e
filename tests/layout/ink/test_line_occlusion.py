"""A line under a fold or a note is found by its missing dots; wear and writing never look like that."""

from __future__ import annotations

import numpy as np
import pytest

from scanner.layout.ink.extraction import InkPage, extract_page_ink
from scanner.layout.ink.line_occlusion import occluded_line_fields
from scanner.layout.registration.alignment import to_grey
from scanner.model import PX_PER_MM, FieldLayout
from scanner.pipeline import PageReader
from tests.conftest import Desk
from tests.layout.placing import place


def ink_of(image: np.ndarray, reader: PageReader) -> InkPage:
    return extract_page_ink(to_grey(image), place(image, reader.reference).transform, reader.print_model)


@pytest.mark.parametrize("kind", ["clean", "scan", "grey", "bilevel", "photo", "dark", "faint"])
def test_a_worn_sheet_hides_nothing(desk_of_sheets: Desk, reader: PageReader, kind: str) -> None:
    _, worn = desk_of_sheets.worn(81, kind)
    assert occluded_line_fields(ink_of(worn.image, reader), reader.form.fields) == ()


@pytest.mark.parametrize("place", [0.0, 0.4, 0.8])
def test_a_note_over_part_of_a_line_is_found(desk_of_sheets: Desk, reader: PageReader, place: float) -> None:
    image = desk_of_sheets.draw(82).image.copy()
    line = max((f for f in reader.form.fields if f.layout is FieldLayout.LINE), key=lambda f: f.boxes[0].w)
    box = line.boxes[0]
    left, top = round((box.x + place * box.w) * PX_PER_MM), round((box.y - 1) * PX_PER_MM)
    width, height = round(max(0.2 * box.w, 14) * PX_PER_MM), round((box.h + 3) * PX_PER_MM)
    image[top : top + height, left : left + width] = 245
    assert line.id in occluded_line_fields(ink_of(image, reader), reader.form.fields)
