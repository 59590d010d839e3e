"""The two scales of the gate, fitted on one half of the trials."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from scanner.confidence.statistics import LogisticModel, fit_logistic
from scanner.layout.registration.field_evidence import FieldEvidence
from training.gate.cases import RIGHT_MM, fields_of, for_fitting, is_good, is_wrong, score, tail
from training.gate.trials import Trial

PAGE = ("agreed", "least", "peak")
FIELD = ("worst", "near", "frame", "bend", "apart")
FALSE_ACCEPT, FALSE_REFUSE, FIELD_DOUBT = 1e-5, 1 / 2000, 1 / 1000
"""Aimed at on the fitted tails; ten times stricter than what is promised, since tails are extrapolated."""
NEARER_GOOD = 0.3
"""Where between the two tails the threshold of a page stands, 1 at the good ones'."""
ASSUMED_OFF = 0.01
"""Share of fields that lie elsewhere on pages that pass: more than will be, so that a probability promises less."""
OFF_MM = 0.7
"""A field further off than this counts as off for the fit."""
DATA = Path(__file__).parents[2] / "scanner" / "data" / "gate.json"


def fit_page(trials: Sequence[Trial]) -> LogisticModel:
    """The scale of placements. The threshold lies between the tail of the wrong and the tail of the good."""
    used = [t for t in trials if for_fitting(t) and t.passes]
    good, wrong = [t for t in used if is_good(t)], [t for t in used if is_wrong(t)]
    rows = [t.passes[-1].features for t in (*good, *wrong)]
    right = np.array([1.0] * len(good) + [0.0] * len(wrong))
    scale = _logistic(rows, right, PAGE, 1)
    highest = tail([score(t, scale) for t in wrong], FALSE_ACCEPT)
    lowest = -tail([-score(t, scale) for t in good], FALSE_REFUSE)
    print(f"page: {len(good)} good, {len(wrong)} wrong; tails: wrong {highest:.2f}, good {lowest:.2f}")
    return LogisticModel(scale.bias, scale.weights, highest + NEARER_GOOD * (lowest - highest))


def fit_field(trials: Sequence[Trial], moved: Sequence[FieldEvidence], page: LogisticModel) -> LogisticModel:
    """The scale of fields beside which all print was found; of pages refused too, or wrong ones would be too few.

    `moved` are more fields that are off: boxes printed elsewhere.
    """
    used = [t for t in trials if for_fitting(t) and t.fields]
    cases = [c for t in used for c in fields_of(t) if not c.evidence.missing]
    bad = [c.evidence for c in cases if c.off > OFF_MM]
    bad += list(moved)[:: max(len(moved) // len(bad), 1)]  # as many of one sort as of the other
    # right fields of good pages alone: beyond what those show a field is to be flagged, even if it lies right
    fine = [
        c.evidence for t in used if is_good(t) for c in fields_of(t) if not c.evidence.missing and c.off <= RIGHT_MM
    ]
    right = np.array([1.0] * len(fine) + [0.0] * len(bad))
    scale = _logistic([e.features for e in (*fine, *bad)], right, FIELD, -1)
    # the sample holds as many wrong fields as could be made; among accepted pages far fewer are
    shift = math.log(len(bad) / len(fine)) + math.log((1 - ASSUMED_OFF) / ASSUMED_OFF)
    scale = LogisticModel(scale.bias + shift, scale.weights, 0.0)
    placed = [t for t in used if is_good(t) and score(t, page) >= page.threshold]
    kept = [c.evidence for t in placed for c in fields_of(t) if not c.evidence.missing and c.off <= RIGHT_MM]
    good = [scale.log_odds(evidence.features) for evidence in kept]
    threshold = -tail([-s for s in good], FIELD_DOUBT, top=0.02)
    print(f"field: {len(fine)} in place, {len(bad)} not; threshold {threshold:.2f}")
    return LogisticModel(scale.bias, scale.weights, threshold)


def write(page: LogisticModel, field: LogisticModel, note: str, path: Path = DATA) -> None:
    """Keep both as data."""
    rows: dict[str, object] = {"fitted_on": note}
    for name, scale in (("page", page), ("field", field)):
        weights = {k: round(v, 4) for k, v in scale.weights.items()}
        rows[name] = {"bias": round(scale.bias, 4), "weights": weights, "threshold": round(scale.threshold, 2)}
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _logistic(rows: Sequence[Mapping[str, float]], right: np.ndarray, names: Sequence[str], sign: int) -> LogisticModel:
    """A logistic model in which every feature may only speak one way; one that would speak the other is left out."""
    x = np.array([[row[n] for n in names] for row in rows])
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    fitted = fit_logistic((x - centre) / spread, right, [sign] * len(names))
    slopes = fitted[:-1] / spread
    kept = {name: float(slope) for name, slope in zip(names, slopes, strict=True) if slope}
    return LogisticModel(float(fitted[-1] - slopes @ centre), kept, 0.0)
