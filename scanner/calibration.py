"""From what the engines and measures say to the probability that the delivered value is right.

One small logistic model a kind of reading, fitted on drawn sheets by `training/calibrate.py` and kept as data with
the thresholds chosen from a target error. Scores of engines mean different things; probabilities do not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from scanner.errors import SettingsError

DATA = "calibration.json"


@dataclass(frozen=True, slots=True)
class Model:
    """p = 1 / (1 + exp(-(bias + Σ weight·feature))), no surer than `ceiling`; missing features count 0.

    `ceiling` is the upper end of what the fitting sample can show (rule of succession).
    """

    bias: float
    weights: Mapping[str, float]
    threshold: float
    ceiling: float

    def probability(self, features: Mapping[str, float]) -> float:
        """Probability that the value is right."""
        z = self.bias + sum(w * features.get(name, 0.0) for name, w in self.weights.items())
        return min(self.ceiling, 1 / (1 + math.exp(-max(-30.0, min(30.0, z)))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model a kind of reading ("text", "cells", "parts", "ticks", "empty", "signature")."""

    models: Mapping[str, Model]
    fitted_on: str

    def judge(self, kind: str, features: Mapping[str, float]) -> tuple[float, bool]:
        """(confidence, sure enough to be accepted without a person). A kind never fitted is never accepted."""
        model = self.models.get(kind)
        if model is None:
            return 0.0, False
        confidence = model.probability(features)
        return confidence, confidence >= model.threshold


def load_calibration() -> Calibration:
    """The calibration that ships with the program."""
    text = resources.files("scanner").joinpath("data", DATA).read_text(encoding="utf-8")
    return parse_calibration(text)


def parse_calibration(text: str) -> Calibration:
    """Calibration data as JSON → Calibration. Raises SettingsError."""
    try:
        data = json.loads(text)
        models = {
            kind: Model(m["bias"], dict(m["weights"]), m["threshold"], m["ceiling"])
            for kind, m in data["models"].items()
        }
        return Calibration(models, str(data["fitted_on"]))
    except (ValueError, KeyError, TypeError):
        raise SettingsError(
            "The calibration data is damaged.", "Install Sohoa again, or fit it anew with make calibrate."
        ) from None
