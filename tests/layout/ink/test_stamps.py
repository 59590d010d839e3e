"""Stamps: red ones are removed and the pen under them stays; grey ones are found; nothing else is taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from samples.stress import stamp
from samples.wear import wear
from scanner.layout.ink.extraction import extract_page_ink
from scanner.layout.ink.stamps import grey_stamps, red_stamps, remove_stamps, stamped_fields
from scanner.model import PX_PER_MM
from scanner.pipeline import PageReader
from tests.conftest import Desk
from tests.layout.placing import place

AT = (150.0, 240.0)
RADIUS = 17.0


@pytest.fixture(scope="module")
def stamped(desk_of_sheets: Desk) -> np.ndarray:
    """A sheet with a seal, a blue stroke through the seal, and red handwriting beside it."""
    sheet = stamp(desk_of_sheets.draw(88).image, AT, np.random.default_rng(2), RADIUS)
    x, y = (round(v * PX_PER_MM) for v in AT)
    cv2.line(sheet, (x - 150, y + 60), (x + 150, y + 90), (30, 40, 140), 6)
    cv2.line(sheet, (700, 700), (1100, 720), (200, 30, 40), 6)
    return sheet


def test_a_red_seal_is_found_where_it_is(stamped: np.ndarray, reader: PageReader) -> None:
    (seal,) = red_stamps(stamped, place(stamped, reader.reference).transform)
    assert np.hypot(seal.centre[0] - AT[0], seal.centre[1] - AT[1]) < 1.5
    assert abs(seal.radius - RADIUS) < 1.5


def test_red_ring_goes_and_the_blue_stroke_and_red_writing_stay(stamped: np.ndarray, reader: PageReader) -> None:
    placed = place(stamped, reader.reference)
    grey = remove_stamps(stamped, placed.transform, red_stamps(stamped, placed.transform))
    x, y = (round(v * PX_PER_MM) for v in AT)
    ring = grey[y - round(RADIUS * PX_PER_MM) - 4 : y - round(RADIUS * PX_PER_MM) + 5, x - 3 : x + 4]
    assert ring.min() > 225
    assert grey[y + 75, x] < 110
    assert grey[710, 900] < 140


@pytest.mark.parametrize("kind", ["dark", "grey", "bilevel"])
def test_a_grey_seal_puts_the_fields_under_it_in_doubt(stamped: np.ndarray, reader: PageReader, kind: str) -> None:
    image = wear(stamped, kind, np.random.default_rng(4)).image
    placed = place(image, reader.reference)
    seals = grey_stamps(extract_page_ink(image, placed.transform, reader.print_model), reader.form.fields)
    under = stamped_fields(seals, reader.form.fields)
    x, y = AT
    boxes = {f.id: f.all_boxes for f in reader.form.fields}
    hit = {i for i, bs in boxes.items() if any(b.x < x + 12 and b.right > x - 12 and b.y < y + 12 and b.bottom > y - 12 for b in bs)}  # fmt: skip  # noqa: E501
    assert hit and hit <= under


@pytest.mark.parametrize("kind", ["scan", "dark", "bilevel"])
def test_an_ordinary_sheet_has_no_seal(desk_of_sheets: Desk, reader: PageReader, kind: str) -> None:
    image = desk_of_sheets.worn(89, kind)[1].image
    placed = place(image, reader.reference)
    assert red_stamps(image, placed.transform) == ()
    if image.ndim == 2:
        page = extract_page_ink(image, placed.transform, reader.print_model)
        assert grey_stamps(page, reader.form.fields) == ()
