"""Where the form lies on a page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from samples.wear import wear
from scanner.layout.registration.alignment import align
from scanner.layout.registration.reference import build_reference
from scanner.layout.registration.register import register
from scanner.model import DPI, NotRegistered, Registration
from tests.conftest import Desk, as_page
from tests.layout.placing import corner_errors


@pytest.mark.parametrize("kind", ["clean", "scan", "grey", "bilevel", "turned", "dark", "faint", "photo"])
def test_every_wear_is_placed_within_two_pixels(desk_of_sheets: Desk, reference, form, kind: str) -> None:
    _, worn = desk_of_sheets.worn(71, kind)
    placed = register(as_page(worn.image), reference)
    assert isinstance(placed, Registration)
    found = corner_errors(placed, worn.to_page, form)
    assert np.percentile(found, 95) <= 1.0
    assert found.max() <= 2.0


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("skew", [-10, 10])
def test_any_quarter_turn_and_ten_degrees_of_skew_are_placed(
    desk_of_sheets: Desk, reference, form, quarters, skew
) -> None:
    sheet = desk_of_sheets.draw(72).image
    rows, cols = sheet.shape[:2]
    turn = np.deg2rad(skew)
    matrix = 0.93 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.array([cols, rows]) / 2
    shift = centre + 250 - matrix @ centre
    page = cv2.warpAffine(sheet, np.column_stack([matrix, shift]), (cols + 500, rows + 500), borderValue=(235,) * 3)
    page = np.ascontiguousarray(np.rot90(page, quarters))

    def truth(mm: np.ndarray) -> np.ndarray:
        points = (mm * DPI / 25.4 - 0.5) @ matrix.T + shift
        width, height = cols + 500, rows + 500
        for _ in range(quarters):
            points = np.stack([points[:, 1], width - 1 - points[:, 0]], axis=1)
            width, height = height, width
        return points

    placed = register(as_page(page), reference)
    assert isinstance(placed, Registration)
    assert corner_errors(placed, truth, form).max() <= 2.0


def test_rotation_and_scale_are_known(reference, desk_of_sheets: Desk) -> None:
    sheet = np.ascontiguousarray(np.rot90(desk_of_sheets.draw(73).image, 2))
    placed = register(as_page(sheet), reference)
    assert isinstance(placed, Registration)
    assert abs(abs(placed.transform.rotation_deg) - 180) < 0.1
    assert placed.transform.scale == pytest.approx(DPI / 25.4, rel=0.001)


def other_form() -> np.ndarray:
    """Another form with the same kind of print: text, dotted lines, boxes."""
    page = np.full((3508, 2480), 255, np.uint8)
    rng = np.random.default_rng(5)
    for row in range(30):
        text = " ".join("".join(rng.choice(list("abcdeghiklmnopqrstu"), 6)) for _ in range(5))
        cv2.putText(page, text, (200, 250 + 100 * row), cv2.FONT_HERSHEY_COMPLEX, 1.4, 0, 3)
        cv2.rectangle(page, (1900, 220 + 100 * row), (1940, 260 + 100 * row), 0, 3)
    return page


def test_another_form_is_refused(reference) -> None:
    assert isinstance(register(as_page(other_form()), reference), NotRegistered)


@pytest.mark.parametrize("part", ["upper", "lower"])
def test_half_a_page_is_refused_with_the_reason(desk_of_sheets: Desk, reference, part: str) -> None:
    sheet = desk_of_sheets.draw(74).image.copy()
    middle = sheet.shape[0] // 2
    sheet[: middle if part == "lower" else 0] = 250
    sheet[middle if part == "upper" else sheet.shape[0] :] = 250
    refused = register(as_page(sheet), reference)
    assert isinstance(refused, NotRegistered)
    assert refused.reason.code in ("landmarks_missing", "part_missing", "form_not_found")
    assert not refused


@pytest.mark.parametrize("image", [np.full((900, 700), 255, np.uint8), np.zeros((900, 700), np.uint8)])
def test_nothing_is_found_on_nothing(reference, image) -> None:
    assert isinstance(register(as_page(image), reference), NotRegistered)


def test_aligned_page_is_exactly_the_sheet(reference, desk_of_sheets: Desk, form) -> None:
    _, worn = desk_of_sheets.worn(75, "scan")
    placed = register(as_page(worn.image), reference)
    assert isinstance(placed, Registration)
    assert align(worn.image, placed.transform, 300).shape == (3508, 2480, 3)
    assert set(placed.local_residual_mm) == {f.id for f in form.fields}
    assert placed.residual_p95_mm < 0.1


def test_same_page_is_placed_the_same_way_twice(reference, desk_of_sheets: Desk) -> None:
    _, worn = desk_of_sheets.worn(76, "photo")
    first, second = (register(as_page(worn.image), reference) for _ in range(2))
    assert isinstance(first, Registration) and isinstance(second, Registration)
    assert np.array_equal(first.transform.homography, second.transform.homography)


def test_sheet_with_no_print_has_no_landmarks(form) -> None:
    bare = build_reference(form, np.full((3508, 2480), 255, np.uint8))
    assert bare.landmarks == ()
    assert isinstance(register(as_page(other_form()), bare), NotRegistered)


def test_print_shifted_by_one_line_is_not_taken_for_the_form(reference, blank) -> None:
    shifted = np.vstack([blank[:1200], blank[1120:3428]])
    placed = register(as_page(np.ascontiguousarray(shifted)), reference)
    assert isinstance(placed, NotRegistered)


def test_wear_says_truly_where_it_put_the_sheet(desk_of_sheets: Desk, blank) -> None:
    image = np.repeat(np.array(blank)[..., None], 3, axis=2)
    worn = wear(image, "scan", np.random.default_rng(3))
    x, y = worn.to_page(np.array([[105.0, 148.5]]))[0]
    assert abs(x - worn.image.shape[1] / 2) < 60
    assert abs(y - worn.image.shape[0] / 2) < 60
