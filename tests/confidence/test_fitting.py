"""Fitting: probabilities mean what they say, thresholds hold for groups not seen, little data gives little trust."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.confidence.calibration import Calibration, parse_calibration
from scanner.confidence.fitting import FittingCase, as_data, fit, threshold
from scanner.confidence.statistics import expected_calibration_error


def drawn(count: int, seed: int, *, slope: float = 3.0) -> list[FittingCase]:
    """Readings whose chance of being right follows one feature."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(count):
        x = float(rng.normal(1.2, 1.0))
        right = bool(rng.random() < 1 / (1 + np.exp(-slope * x)))
        out.append(FittingCase("line", {"margin": x, "noise": float(rng.normal())}, right, group=f"page {i // 10}"))
    return out


def test_the_probability_is_that_of_being_right() -> None:
    model = fit(drawn(4000, 1), {"margin": 1, "noise": 0}, 0.01)
    fresh = drawn(4000, 2)
    p = np.array([model.probability(c.features) for c in fresh])
    assert expected_calibration_error(p, np.array([c.right for c in fresh])) < 0.02
    assert abs(model.weights["noise"]) < 0.1 * model.weights["margin"]


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_threshold_keeps_its_target_on_pages_not_seen(seed: int) -> None:
    model = fit(drawn(5000, seed), {"margin": 1, "noise": 0}, 0.01)
    fresh = [c for c in drawn(20_000, seed + 100) if model.probability(c.features) >= model.threshold]
    assert len(fresh) > 3000
    assert np.mean([not c.right for c in fresh]) <= 0.011


def test_hard_cases_do_not_count() -> None:
    spoilt = [FittingCase("line", {"margin": 9.0}, False, hard=True) for _ in range(500)]
    one, two = fit(drawn(2000, 6), {"margin": 1}, 0.01), fit(drawn(2000, 6) + spoilt, {"margin": 1}, 0.01)
    assert one == two


def test_few_readings_are_no_licence() -> None:
    assert fit([FittingCase("line", {}, True)] * 20, {"margin": 1}, 0.004).threshold > 1
    assert fit([FittingCase("line", {}, True)] * 4000, {"margin": 1}, 0.004).threshold < 1


def test_a_reader_that_hardly_errs_is_taken_at_its_own_probability() -> None:
    model = fit([FittingCase("parts", {"joint": 3.0}, True)] * 300, {"joint": 1, "worst": 1}, 0.004)
    assert model.probability({"joint": 0.0}) == 0.5 < model.threshold < model.probability({"joint": 4.0})


def test_nothing_is_surer_than_the_sample_can_show() -> None:
    model = fit([FittingCase("line", {}, True)] * 300, {"margin": 1}, 0.004)
    assert model.probability({}) <= 301 / 302


def test_a_measure_that_chance_turned_round_weighs_nothing() -> None:
    """More residual never makes a value likelier, whatever a small sample says."""
    rng = np.random.default_rng(8)
    cases = [replace(c, features={**c.features, "residual_mm": float(c.right) + rng.normal()}) for c in drawn(2000, 8)]
    assert fit(cases, {"margin": 1, "residual_mm": 0}, 0.01).weights["residual_mm"] > 0
    held = fit(cases, {"margin": 1, "residual_mm": -1}, 0.01)
    assert "residual_mm" not in held.weights and held.weights["margin"] > 0


def test_a_measure_weighs_before_anything_went_wrong() -> None:
    cases = [FittingCase("ticks", {"score": 1.0 - 0.2 * (i % 20 == 0)}, True, group=f"page {i}") for i in range(2000)]
    assert fit(cases, {"score": 1}, 0.004).weights == {}
    model = fit(cases, {"score": 1}, 0.004, {"score": 0.5})
    p = [model.probability({"score": s}) for s in (1.0, 0.65, 0.5)]
    assert p[0] > p[1] > model.threshold > p[2]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300))
def test_what_a_threshold_accepts_is_within_the_target(rows: list[tuple[float, bool]]) -> None:
    p, right = np.array([a for a, _ in rows]), np.array([b for _, b in rows])
    chosen = p >= threshold(p, right, 0.3)
    # ties at the threshold may bring more in than were counted
    if chosen.any() and len(set(p.tolist())) == len(p):
        assert (~right[chosen]).mean() <= 0.3


def test_a_calibration_survives_being_written() -> None:
    made = Calibration({"line": fit(drawn(500, 7), {"margin": 1}, 0.05)}, "500 readings")
    assert parse_calibration(json.dumps(as_data(made))) == made
