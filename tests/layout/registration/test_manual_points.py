"""Where the form lies on a page, beginning from four points that a person clicked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samples.newspaper import on_a_newspaper
from scanner.layout.registration.manual_points import manual_points
from scanner.layout.registration.reference import FormReference, build_reference
from scanner.layout.registration.register import register, register_from_points
from scanner.model import DPI, FormTemplate, NotRegistered, Page, Registration
from tests.conftest import Desk, as_page
from tests.layout.placing import corner_errors
from tests.layout.registration.test_register import other_form

KINDS = ("scan", "turned", "dark", "faint", "photo")
TREMBLE = 8.0
"""How far off a click may be in x and in y, px at 300 dpi."""


def apart(one: Registration, other: Registration, form: FormTemplate) -> np.ndarray:
    """How far two placings put every corner of every box from each other, px at 300 dpi."""
    return corner_errors(one, other.transform.to_page, form)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A worn page, where the machine put the form on it, and where it truly lies."""

    page: Page
    by_machine: Registration
    to_page: Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module", params=KINDS)
def placed(request: pytest.FixtureRequest, desk_of_sheets: Desk, reference: FormReference) -> Placed:
    """A page of each kind of wear."""
    _, worn = desk_of_sheets.worn(81 + KINDS.index(request.param), request.param)
    page = as_page(worn.image)
    found = register(page, reference)
    assert isinstance(found, Registration)
    return Placed(page, found, worn.to_page)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(clicks=st.lists(st.floats(-TREMBLE, TREMBLE), min_size=8, max_size=8))
def test_trembling_clicks_lead_where_the_machine_would_have_put_the_form(
    placed: Placed, reference: FormReference, form: FormTemplate, clicks: list[float]
) -> None:
    points = placed.to_page(manual_points(reference)) + np.array(clicks).reshape(4, 2)
    manual = register_from_points(placed.page, reference, points)
    assert isinstance(manual, Registration)
    assert np.percentile(apart(manual, placed.by_machine, form), 95) <= 1.0
    assert np.percentile(corner_errors(manual, placed.to_page, form), 95) <= 1.0


def test_worst_tremble_of_all_four_clicks_is_forgiven(placed: Placed, reference, form) -> None:
    """All off to the same side, or drawing the sheet apart or together."""
    true = placed.to_page(manual_points(reference))
    away = np.sign(true - true.mean(axis=0)) * TREMBLE
    for points in (true + TREMBLE, true - TREMBLE, true + away, true - away):
        manual = register_from_points(placed.page, reference, points)
        assert isinstance(manual, Registration)
        assert np.percentile(apart(manual, placed.by_machine, form), 95) <= 1.0


@pytest.mark.parametrize("scale", [0.6, 0.4])
def test_page_the_machine_cannot_find_is_placed_by_hand(desk_of_sheets: Desk, reference, form, scale: float) -> None:
    image, truth = on_a_newspaper(desk_of_sheets.draw(92).image, scale)
    page = as_page(image)
    assert isinstance(register(page, reference), NotRegistered)
    clicks = np.random.default_rng(3).uniform(-TREMBLE, TREMBLE, (4, 2)) * scale
    placed = register_from_points(page, reference, truth(manual_points(reference)) + clicks)
    assert isinstance(placed, Registration)
    assert np.percentile(corner_errors(placed, truth, form), 95) <= 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: p[[1, 0, 3, 2]],
        lambda p: p[[0, 2, 1, 3]],
        lambda p: p[[1, 2, 3, 0]],
        lambda p: p[[2, 3, 0, 1]],
        lambda p: p + np.array([90.0, 0.0]),
        lambda p: p + np.array([0.0, 160.0]),
        lambda p: p.mean(axis=0) + 0.85 * (p - p.mean(axis=0)),
        lambda p: p[[0, 0, 0, 0]],
        lambda p: np.linspace(p[0], p[2], 4),
        lambda p: p * np.array([1.0, np.nan]),
        lambda p: p + 1e6,
    ],
    ids=[
        "mirrored", "crossed", "quarter turn", "upside down", "8 mm aside", "two lines below", "too small", "one place",
        "one line", "no number", "off the page",
    ],
)  # fmt: skip
def test_wrong_points_are_refused(desk_of_sheets: Desk, reference, wrong) -> None:
    _, worn = desk_of_sheets.worn(93, "scan")
    refused = register_from_points(as_page(worn.image), reference, wrong(worn.to_page(manual_points(reference))))
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code in ("points_wrong", "landmarks_missing", "part_missing", "residual_too_large")


@pytest.mark.parametrize("image", [other_form(), np.full((900, 700), 255, np.uint8)], ids=["other form", "bare paper"])
def test_hand_cannot_place_the_form_where_it_is_not(reference, image) -> None:
    rows, cols = image.shape
    scale = np.array([cols, rows]) / np.array(reference.form.sheet)
    assert isinstance(register_from_points(as_page(image), reference, manual_points(reference) * scale), NotRegistered)


def test_half_a_sheet_is_refused_by_the_same_gate(desk_of_sheets: Desk, reference) -> None:
    sheet = desk_of_sheets.draw(94).image.copy()
    sheet[sheet.shape[0] // 2 :] = 250
    refused = register_from_points(as_page(sheet), reference, manual_points(reference) * DPI / 25.4 - 0.5)
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code in ("landmarks_missing", "part_missing")


def test_points_to_look_for_lie_on_print_and_far_apart(reference, form) -> None:
    points, (width, height) = manual_points(reference), form.sheet
    for x, y in points * DPI / 25.4:
        around = reference.blank[round(y) - 4 : round(y) + 5, round(x) - 4 : round(x) + 5]
        assert around.min() < 128
    assert cv2.contourArea(points.astype(np.float32)) > 0.5 * width * height
    assert all(not (b.x < x < b.right and b.y < y < b.bottom) for f in form.fields for b in f.boxes for x, y in points)


def test_points_are_chosen_on_any_blank(form) -> None:
    """A table's border gives its corners; a sheet without print its own; dirt and lone rules give none."""
    blank = np.full((3508, 2480), 255, np.uint8)
    bare = form.model_copy(update={"fields": ()})
    assert np.allclose(manual_points(build_reference(bare, blank)), [[0, 0], [210, 0], [210, 297], [0, 297]])
    cv2.rectangle(blank, (300, 400), (2100, 3000), 0, 5)
    cv2.circle(blank, (100, 100), 4, 0, -1)
    cv2.line(blank, (100, 3400), (2400, 3400), 0, 3)
    expected = np.array([[300, 400], [2100, 400], [2100, 3000], [300, 3000]]) * 25.4 / DPI
    assert np.abs(manual_points(build_reference(bare, blank)) - expected).max() < 0.5
