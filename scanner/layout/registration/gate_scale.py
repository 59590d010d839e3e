"""What the gate's evidence is worth: two small logistic models, fitted by `training.gate` and kept as data.

`page` weighs a placement, `field` the place of one field. Both give log-odds that it is right against wrong ones made
on purpose, and a threshold. A feature goes in through its name; what a model does not name counts nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

DATA = "gate.json"


@dataclass(frozen=True, slots=True)
class GateScale:
    """log-odds = bias + Σ weight·feature; below `threshold` it does not pass."""

    bias: float
    weights: Mapping[str, float]
    threshold: float

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Log-odds that a place is right."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def probability(self, features: Mapping[str, float]) -> float:
        """The same as a probability."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.log_odds(features)))))


@cache
def gate_scale(name: str) -> GateScale:
    """The scale that ships: "page" or "field"."""
    row = json.loads(resources.files("scanner").joinpath("data", DATA).read_text(encoding="utf-8"))[name]
    return GateScale(float(row["bias"]), {k: float(v) for k, v in row["weights"].items()}, float(row["threshold"]))
