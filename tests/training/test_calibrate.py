"""What ships as calibration has plausible signs, and what a reading measures is what the calibration weighs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.confidence.calibration import load_calibration
from scanner.forms.loading import load_form
from scanner.model import PageRef, PageStatus, Reason, Record
from tests.store.conftest import record
from training.calibrate import SHIPPED, SIGNS, cases_of

FORM = load_form("mau-so-03")
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("kind", SIGNS)
def test_no_measure_that_ships_weighs_against_its_known_direction(kind: str) -> None:
    weights = load_calibration().models[kind].weights
    assert set(weights) <= set(SIGNS[kind])
    assert [name for name, weight in weights.items() if SIGNS[kind][name] * weight < 0] == []


@pytest.mark.parametrize("kind", SIGNS)
def test_no_measure_is_named_that_weighs_nothing(kind: str) -> None:
    assert {name for name, weight in load_calibration().models[kind].weights.items() if weight} == set(SIGNS[kind])


def test_more_print_out_of_place_never_raises_confidence() -> None:
    for model in load_calibration().models.values():
        near, far = ({"residual_mm": mm} for mm in (0.0, 0.3))
        assert model.log_odds(far) <= model.log_odds(near)


def test_cases_know_what_goes_to_a_person_and_why() -> None:
    read = record()
    reasons = {"ho_ten": (Reason("struck_out"),), "xa": (Reason("not_sure"),), "thon": (Reason("rule_broken"),)}
    readings = tuple(replace(r, reasons=reasons.get(r.field, ())) for r in read.readings)
    page = Record(PageRef(read.ref.path), FORM.id, FORM.version, PageStatus.READ, readings=readings)
    truth = {r.field: list(r.value) if isinstance(r.value, tuple) else r.value for r in readings}
    cases = dict(zip((r.field for r in readings), cases_of(page, truth, ["huyen"], FORM), strict=True))
    assert [(c.hard, c.seen) for c in map(cases.__getitem__, ("ho_ten", "xa", "thon", "tinh"))] == [
        (True, False), (False, False), (False, True), (False, False),
    ]  # fmt: skip
    assert cases["tinh"].right and not cases["huyen"].right, "what no machine should be sure of counts as wrong"


def test_without_sets_it_draws_its_own_fits_and_leaves_what_ships_alone(tmp_path: Path) -> None:
    shipped = SHIPPED.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "training.calibrate", "--count", "2"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    drawn = tmp_path / "out" / "calibration"
    assert len((drawn / "fit" / "truth.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert len((drawn / "check" / "truth.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert set(json.loads((drawn / "calibration.json").read_text(encoding="utf-8"))["models"]) == set(SIGNS)
    assert "fitted on" in done.stdout and SHIPPED.read_bytes() == shipped
