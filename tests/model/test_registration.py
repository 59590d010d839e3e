"""From the form to the page and back: every field value keeps its way to the pixels it came from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.layout.registration.warping import Crease
from scanner.model.registration import PageTransform, Points, displacement, grid_nodes, grid_shape, terms

SHEETS = ((210.0, 297.0), (148.0, 210.0), (215.9, 279.4))
RETURN_MM = 0.01


@st.composite
def homographies(draw: st.DrawFn, sheet: tuple[float, float]) -> np.ndarray:
    """A sheet photographed or scanned: turned any way, up to 24 px a mm, each corner off by up to an eighth."""
    w, h = sheet
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]])
    off = np.array(draw(st.lists(st.floats(-0.125, 0.125), min_size=8, max_size=8))).reshape(4, 2)
    turn, scale = np.deg2rad(draw(st.floats(-180, 180))), draw(st.floats(2, 24))
    spin = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    target = (corners + off * (w, h)) @ spin.T + np.array(draw(st.tuples(*[st.floats(-2000, 2000)] * 2)))
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))
    return np.asarray(matrix, np.float64)


@st.composite
def smooth_fields(draw: st.DrawFn) -> Points:
    """Curled paper, lenses, feeders: polynomials of degree 5, up to 6 mm, steepest at the rim."""
    size = np.array([0.5**degree for degree in range(6) for _ in range(degree + 1)])
    seed, largest = draw(st.integers(0, 2**32 - 1)), draw(st.floats(0, 4))
    return largest * size[:, None] * np.random.default_rng(seed).uniform(-1, 1, (terms(5), 2))


@st.composite
def folded_fields(draw: st.DrawFn, sheet: tuple[float, float]) -> Points:
    """Sheets folded along up to four lines, each of which changes the slope by up to 15 %, on a grid."""
    nodes = grid_nodes(sheet)
    field = np.zeros_like(nodes)
    for _ in range(draw(st.integers(1, 4))):
        level, at = draw(st.booleans()), draw(st.floats(0.1, 0.9))
        crease = Crease(0.0, 1.0, at * sheet[1]) if level else Crease(1.0, 0.0, at * sheet[0])
        slopes = np.array(draw(st.tuples(*[st.floats(-15, 15)] * 2)))
        field += crease.columns(nodes)[:, :1] * slopes
    return field.reshape(*grid_shape(sheet), 2)


@st.composite
def transforms(draw: st.DrawFn, *, folded: bool) -> PageTransform:
    """How a form may lie on a page."""
    sheet = draw(st.sampled_from(SHEETS))
    warp = draw(folded_fields(sheet)) if folded else draw(smooth_fields())
    return PageTransform(sheet, draw(homographies(sheet)), warp)


def over(sheet: tuple[float, float]) -> Points:
    """Points all over a sheet, its edges among them, and a little beyond."""
    x, y = np.meshgrid(np.linspace(-0.02, 1.02, 23), np.linspace(-0.02, 1.02, 31))
    return np.stack([x.ravel() * sheet[0], y.ravel() * sheet[1]], axis=1)


@settings(max_examples=150)
@given(transforms(folded=False))
def test_a_point_comes_back_from_the_page_of_a_curled_sheet(transform: PageTransform) -> None:
    points = over(transform.sheet)
    assert np.abs(transform.to_form(transform.to_page(points)) - points).max() < RETURN_MM


@settings(max_examples=150)
@given(transforms(folded=True))
def test_a_point_comes_back_from_the_page_of_a_folded_sheet(transform: PageTransform) -> None:
    points = over(transform.sheet)
    assert np.abs(transform.to_form(transform.to_page(points)) - points).max() < RETURN_MM


def test_a_field_too_steep_to_invert_gives_no_number_rather_than_a_wrong_one() -> None:
    """A field that changes by more than a millimetre a millimetre, as no paper's does, below the middle of a sheet."""
    sheet = SHEETS[0]
    nodes = grid_nodes(sheet)
    steep = np.stack([np.zeros(len(nodes)), 1.5 * np.maximum(nodes[:, 1] - 150, 0)], axis=1)
    transform = PageTransform(sheet, np.eye(3), steep.reshape(*grid_shape(sheet), 2))
    points = np.array([[100.0, 40.0], [100.0, 200.0]])
    back = transform.to_form(transform.to_page(points))
    assert np.abs(back[0] - points[0]).max() < RETURN_MM
    assert np.isnan(back[1]).all()


def test_identity_leaves_points_and_knows_its_figures() -> None:
    transform = PageTransform.identity(SHEETS[0])
    points = over(SHEETS[0])
    assert np.array_equal(transform.to_page(points), points)
    assert np.array_equal(transform.to_form(points), points)
    assert (transform.rotation_deg, transform.scale, transform.perspective) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("degrees", [-170.0, -3.0, 0.5, 90.0])
def test_turn_and_scale_are_those_of_the_homography(degrees: float) -> None:
    turn = 11.81 * np.exp(1j * np.deg2rad(degrees))
    matrix = np.array([[turn.real, -turn.imag, 900], [turn.imag, turn.real, 400], [0, 0, 1]])
    transform = PageTransform(SHEETS[0], matrix, np.zeros((1, 2)))
    assert transform.rotation_deg == pytest.approx(degrees)
    assert transform.scale == pytest.approx(11.81)


@pytest.mark.parametrize("shape", ["polynomial", "grid"])
def test_a_field_is_constant_beyond_the_sheet(shape: str) -> None:
    sheet, rng = SHEETS[0], np.random.default_rng(2)
    size = (terms(5), 2) if shape == "polynomial" else (*grid_shape(sheet), 2)
    warp = rng.normal(0, 0.2, size)
    far, farther = (np.array([[sheet[0] * by, sheet[1] * by]]) for by in (1.2, 9.0))
    assert np.array_equal(displacement(warp, far, sheet), displacement(warp, farther, sheet))


def test_nodes_of_a_grid_lie_on_the_sheets_edges_and_hold_their_values() -> None:
    sheet = SHEETS[2]
    nodes = grid_nodes(sheet)
    assert nodes[0].tolist() == [0, 0] and nodes[-1].tolist() == list(sheet)
    warp = np.random.default_rng(3).normal(0, 1, (*grid_shape(sheet), 2))
    assert np.allclose(displacement(warp, nodes, sheet), warp.reshape(-1, 2))
