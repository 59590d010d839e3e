"""The weights of the gate's evidence: two small logistic models, fitted by `training.gate` and kept as data.

`page` weighs a placement, `field` the place of one field. Both give log-odds that it is right against wrong ones made
on purpose, and a threshold. Features are taken by name; those that a model does not name have no weight.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from scanner.confidence.statistics import LogisticModel

DATA = "gate.json"


@cache
def gate_scale(name: str) -> LogisticModel:
    """The scale that ships: "page" or "field"."""
    row = json.loads(resources.files("scanner").joinpath("data", DATA).read_text(encoding="utf-8"))[name]
    return LogisticModel(float(row["bias"]), {k: float(v) for k, v in row["weights"].items()}, float(row["threshold"]))
