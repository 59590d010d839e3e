"""The probability that a value is right: what is said last of a reading, and of which value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.confidence.calibration import EVEN, Calibration, calibrate, load_calibration, parse_calibration
from scanner.confidence.statistics import LogisticModel
from scanner.errors import SettingsError
from scanner.forms.loading import load_form
from scanner.model import Box, FieldLayout, FieldReading, Reason

FORM = load_form("mau-so-03")
LINE = next(f.id for f in FORM.fields if f.layout is FieldLayout.LINE)
SURE = Calibration({kind: LogisticModel(4.0, {"z": 1.0}, 0.9, 0.999) for kind in ("line", "empty")}, "a test")


def reading(*reasons: str, **features: float) -> FieldReading:
    """A reading of a line as the engines leave it."""
    box = Box(0, 0, 1, 1)
    return FieldReading(
        LINE, "Hoa", "Hoa", 0.9, 0.0, True, "t", box, reasons=tuple(map(Reason, reasons)), features=features
    )


def test_a_sure_reading_without_a_reason_is_accepted() -> None:
    (done,) = calibrate([reading(z=0.0)], FORM, SURE)
    assert (done.review, done.reasons) == (False, ()) and 0.98 < done.confidence < 0.99


def test_a_doubtful_reading_says_that_it_is_not_sure() -> None:
    (line,) = calibrate([reading(z=-3.0)], FORM, SURE)
    assert line.review and [r.code for r in line.reasons] == ["not_sure"]
    (empty,) = calibrate([reading(z=-3.0, ink_mm2=0.2)], FORM, SURE)
    assert empty.review and [r.code for r in empty.reasons] == ["maybe_empty"]


def test_what_a_person_must_see_anyway_is_never_likelier_than_not() -> None:
    (done,) = calibrate([reading("struck_out", "runs_out_of_field", z=2.0)], FORM, SURE)
    assert done.confidence == EVEN
    assert done.review and [r.code for r in done.reasons] == ["struck_out", "runs_out_of_field"]
    (unlikely,) = calibrate([reading("struck_out", z=-9.0)], FORM, SURE)
    assert unlikely.confidence < 0.01


def test_the_less_surely_a_mark_was_seen_the_lower_is_the_confidence() -> None:
    """The models that ship: ticks, empty fields and signatures too."""
    shipped = load_calibration()
    for kind, sure, doubtful in (
        ("ticks", {"mark_score": 1.0}, {"mark_score": 0.6}),
        ("empty", {"ink_mm2": 0.0}, {"ink_mm2": 0.3}),
        ("signature", {"ink_margin": 3.0}, {"ink_margin": 0.1}),
    ):
        assert shipped.judge(kind, sure)[0] > shipped.judge(kind, doubtful)[0], kind


def test_shipped_calibration_judges_every_kind() -> None:
    calibration = load_calibration()
    assert set(calibration.models) == {"line", "cells", "parts", "ticks", "empty", "signature"}
    assert all(0.5 < m.threshold <= 1.01 and 0.9 < m.ceiling < 1 for m in calibration.models.values())


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_confidence_is_a_probability_below_its_ceiling(bias: float, feature: float) -> None:
    model = LogisticModel(bias, {"a": 1.0}, 0.9, 0.99)
    assert 0 <= model.probability({"a": feature}) <= 0.99


def test_kind_that_was_never_fitted_is_never_accepted() -> None:
    assert Calibration({}, "nothing").judge("line", {}) == (0.0, False)


@pytest.mark.parametrize("text", ["{", "{}", json.dumps({"models": {"line": {}}, "fitted_on": ""})])
def test_damaged_calibration_is_told(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_calibration(text)
