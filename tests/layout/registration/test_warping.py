"""The field over the sheet: smooth paper stays smooth, creases are followed, wrong landmarks have no weight."""

from __future__ import annotations

import numpy as np
import pytest

from scanner.layout.registration.warping import fit_folded, fit_smooth, needs_nonrigid
from scanner.model.registration import Points, displacement

SHEET = (210.0, 297.0)


@pytest.fixture(scope="module")
def centres() -> Points:
    """Where landmarks lie: 300 places, none near the lower right corner."""
    points = np.random.default_rng(3).uniform((15, 10), (198, 285), (330, 2))
    return points[~((points[:, 0] > 150) & (points[:, 1] > 265))][:300]


def folded(points: Points, slope: float, at: float) -> Points:
    """A sheet that runs on shorter below a crease, and a little to the side."""
    beyond = np.maximum(points[:, 1] - at, 0)
    return np.stack([0.3 * slope * beyond, slope * beyond], axis=1)


def seen(centres: Points, truth: Points) -> tuple[Points, Points]:
    """Landmarks as they are found: 0.01 mm of noise, full weight."""
    return truth + np.random.default_rng(4).normal(0, 0.01, truth.shape), np.ones_like(centres)


@pytest.mark.parametrize("slope", [0.02, 0.06])
@pytest.mark.parametrize("at", [99.0, 150.0, 221.0])
def test_a_crease_is_followed_where_a_polynomial_cannot(centres: Points, slope: float, at: float) -> None:
    target, weight = seen(centres, folded(centres, slope, at))
    smooth, creased = fit_smooth(centres, target, weight, SHEET), fit_folded(centres, target, weight, SHEET)
    points = np.random.default_rng(5).uniform((20, 15), (190, 260), (500, 2))
    off = [np.abs(displacement(f.warp, points, SHEET) - folded(points, slope, at)) for f in (smooth, creased)]
    assert off[1].max() < 0.13
    assert np.percentile(off[1], 95) < min(0.04, np.percentile(off[0], 95))


def test_a_sheet_that_only_curls_is_left_to_the_polynomial(centres: Points) -> None:
    curl = 0.8 * np.stack([np.sin(centres[:, 1] / 60), np.cos(centres[:, 0] / 70)], axis=1)
    target, weight = seen(centres, curl)
    assert not needs_nonrigid(fit_smooth(centres, target, weight, SHEET).residual, np.ones(len(centres), bool))


def test_a_folded_sheet_is_known_as_one(centres: Points) -> None:
    target, weight = seen(centres, folded(centres, 0.06, 150))
    assert needs_nonrigid(fit_smooth(centres, target, weight, SHEET).residual, np.ones(len(centres), bool))


def test_landmarks_found_in_the_wrong_place_are_outvoted_and_shown(centres: Points) -> None:
    target, weight = seen(centres, folded(centres, 0.04, 150))
    wrong = np.arange(5, 300, 50)
    target[wrong] += (1.1, -0.9)
    fit = fit_folded(centres, target, weight, SHEET)
    off = np.abs(displacement(fit.warp, centres, SHEET) - folded(centres, 0.04, 150)).max(axis=1)
    assert off[wrong].max() < 0.3
    assert np.abs(fit.residual[wrong]).max(axis=1).min() > 0.6


def test_a_line_that_slides_along_itself_says_nothing_to_the_side(centres: Points) -> None:
    target, weight = seen(centres, folded(centres, 0.04, 150))
    weight[:100, 0] = 0
    target[:100, 0] = 7.0
    fit = fit_folded(centres, target, weight, SHEET)
    assert np.abs(displacement(fit.warp, centres, SHEET) - folded(centres, 0.04, 150)).max() < 0.2
