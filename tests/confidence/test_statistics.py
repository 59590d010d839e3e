"""The logistic model and its fit, calibration error, the interval of a share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.confidence.statistics import (
    RIDGE,
    LogisticModel,
    bins_of,
    expected_calibration_error,
    fit_logistic,
    sigmoid,
    wilson_interval,
)


def drawn(count: int, weights: tuple[float, ...], bias: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Standard normal features, and outcomes that follow weights and a bias."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, len(weights)))
    return x, (rng.random(count) < sigmoid(x @ np.array(weights) + bias)).astype(float)


def slope_at(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The gradient of what `fit_logistic` makes least."""
    design = np.hstack([x, np.ones((len(x), 1))])
    return design.T @ (sigmoid(design @ w) - y) + RIDGE * np.append(w[:-1], 0.0)


def test_weights_of_the_truth_are_found() -> None:
    x, y = drawn(20_000, (2.0, -1.0, 0.0), 0.5, 1)
    assert fit_logistic(x, y) == pytest.approx([2.0, -1.0, 0.0, 0.5], abs=0.1)


def test_a_weight_that_would_have_the_wrong_sign_is_nothing_and_the_others_make_up_for_it() -> None:
    x, y = drawn(4000, (2.0, -1.0), 0.5, 2)
    held = fit_logistic(x, y, (1, 1))
    assert held[1] == 0.0
    assert held[[0, 2]] == pytest.approx(fit_logistic(x[:, :1], y), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.sampled_from((-1, 0, 1)), min_size=3, max_size=3))
def test_the_fit_is_the_best_that_the_signs_allow(seed: int, signs: list[int]) -> None:
    """Karush–Kuhn–Tucker: no slope along what is free, none that leads back in along what is held."""
    rng = np.random.default_rng(seed)
    x, y = drawn(300, tuple(rng.normal(0, 1.5, 3)), float(rng.normal(1, 1)), seed)
    x[:, 2] += x[:, 0]  # features go together
    w = fit_logistic(x, y, signs)
    slope = slope_at(x, y, w)
    for sign, weight, along in zip(signs, w, slope, strict=False):
        assert sign * weight >= 0
        assert along * sign >= -1e-4 if sign and weight == 0 else abs(along) < 1e-4
    assert abs(slope[-1]) < 1e-4


def test_outcomes_that_a_feature_parts_cleanly_have_a_finite_fit() -> None:
    x = np.linspace(-1, 1, 50)[:, None]
    w = fit_logistic(x, (x[:, 0] > 0).astype(float))
    assert np.isfinite(w).all() and w[0] > 1


def test_model_and_fit_mean_the_same_by_a_weight() -> None:
    model = LogisticModel(0.3, {"a": 2.0, "b": -1.0}, 0.9)
    assert model.probability({"a": 0.5, "b": 0.1}) == pytest.approx(1 / (1 + np.exp(-(0.3 + 1.0 - 0.1))))
    assert model.probability({}) == pytest.approx(float(sigmoid(np.array(0.3))))
    assert LogisticModel(9.0, {}, 0.9, 0.95).probability({}) == 0.95


def test_confidence_that_is_met_has_no_calibration_error() -> None:
    p, right = np.array([0.75] * 4), np.array([True, True, True, False])
    assert expected_calibration_error(p, right) == 0.0
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([True, False])) == 0.5
    assert expected_calibration_error(np.array([]), np.array([], bool)) == 0.0


def test_a_bin_holds_its_lower_edge_and_the_last_one_its_upper_edge_too() -> None:
    assert bins_of(np.array([0.0, 0.05, 0.1, 0.99, 1.0])).tolist() == [0, 0, 1, 11, 11]


def test_wilson_interval_agrees_with_published_figures() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 857–872, table I, method 3
    for (hits, n), (low, high) in {
        (81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718),
    }.items():  # fmt: skip
        assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(0, 300), st.integers(0, 300))
def test_wilson_interval_holds_the_share(hits: int, more: int) -> None:
    low, high = wilson_interval(hits, hits + more)
    assert 0 <= low <= high <= 1
    if hits + more:
        assert low <= hits / (hits + more) <= high
