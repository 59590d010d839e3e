"""The pictures that people check forms by."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samples.drawn_forms import drawn_form
from scanner.forms.blanks import render_blank
from scanner.forms.loading import blank_image, load_form
from scanner.layout.detection.detect import detect
from scanner.layout.detection.draw import COLOURS, PALEST, draw_detected, draw_form
from scanner.model import PX_PER_MM, Box, FieldKind

FORM = "mau-so-03"


def test_every_box_is_outlined_in_the_colour_of_its_kind() -> None:
    form = load_form(FORM)
    picture = draw_form(form, blank_image(form))
    for spec in form.fields:
        for box in spec.all_boxes:
            assert _share(picture, box, COLOURS[spec.kind]) > 0.9, spec.id


def test_the_print_stays_legible_and_paler_than_the_boxes() -> None:
    form = load_form(FORM)
    blank = blank_image(form)
    picture = draw_form(form, blank)
    assert picture.shape == (*blank.shape, 3)
    untouched = (picture == picture[..., :1]).all(axis=2)
    assert picture[untouched].min() == PALEST


def test_a_form_that_is_not_there_yet_draws_as_its_blank() -> None:
    form = load_form(FORM)
    blank = blank_image(form)
    picture = draw_form(form.model_copy(update={"fields": ()}), blank)
    assert (picture[..., 0] == np.maximum(blank, PALEST)).all()


def test_what_was_found_and_by_what_is_drawn(tmp_path: Path) -> None:
    drawn_form(tmp_path / "form.pdf", 3)
    image = render_blank(tmp_path / "form.pdf")
    found = detect(image)
    picture = draw_detected(found, image)
    assert all(_share(picture, box, COLOURS[FieldKind.TEXT]) > 0.9 for box in found.lines)
    assert all(_share(picture, box, COLOURS[FieldKind.CHOICE]) > 0.9 for box in found.ticks)
    assert all(_share(picture, cell, COLOURS[FieldKind.DIGITS]) > 0.85 for comb in found.combs for cell in comb)


def _share(picture: np.ndarray, box: Box, colour: tuple[int, int, int]) -> float:
    """Share of a box's top and bottom edges, within a pixel, that have a colour."""
    x0, x1 = round(box.x * PX_PER_MM), round(box.right * PX_PER_MM)
    seen = []
    for y in (round(box.y * PX_PER_MM), round(box.bottom * PX_PER_MM)):
        band = (picture[y - 2 : y + 3, x0 + 1 : x1 - 1] == colour).all(axis=2)
        seen.append(band.any(axis=0).mean())
    return float(min(seen))
