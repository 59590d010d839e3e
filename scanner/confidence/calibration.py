"""From what the engines and measures say to the probability that the delivered value is right.

One small logistic model a kind of reading, fitted on drawn sheets by `training/calibrate.py` and kept as data with
the thresholds chosen from a target error. Scores of engines mean different things; probabilities do not.

A site may have a calibration of its own in its data folder (written by `scanner.confidence.recalibration`): the shipped
models on another scale. It holds for the shipped models that it was made from and for no others.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from scanner.confidence.statistics import LogisticModel
from scanner.errors import SettingsError
from scanner.model import FieldKind, FieldLayout, FieldReading, FieldSpec, FormTemplate, Reason
from scanner.ocr.engine import ENGINE_FOR

DATA = "calibration.json"
MADE_FROM = "made_from"
"""In a site's own file: which shipped calibration it is a scaling of."""
NOT_SURE, MAYBE_EMPTY = "not_sure", "maybe_empty"
DOUBTS = frozenset({NOT_SURE, MAYBE_EMPTY})
"""Reasons that say no more than that the confidence is below the threshold."""
EVEN = 0.5
"""The most that is said of a value that a person must see for another reason than doubt."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model a kind of reading ("line", "cells", "parts", "ticks", "empty", "signature")."""

    models: Mapping[str, LogisticModel]
    fitted_on: str
    of_site: bool = False  # from the data folder, not the one that ships

    def judge(self, kind: str, features: Mapping[str, float]) -> tuple[float, bool]:
        """(confidence, sure enough to be accepted without a person). A kind never fitted is never accepted."""
        model = self.models.get(kind)
        if model is None:
            return 0.0, False
        confidence = model.probability(features)
        return confidence, confidence >= model.threshold


def kind_of(spec: FieldSpec, features: Mapping[str, float]) -> str | None:
    """The model that judges a reading of a field, by the features that were measured; None where there is none."""
    if spec.layout is FieldLayout.TICKS:
        return "ticks"
    if spec.kind is FieldKind.SIGNATURE:
        return "signature"
    return "empty" if "ink_mm2" in features else ENGINE_FOR.get((spec.kind, spec.layout))


def calibrate(
    readings: Iterable[FieldReading], form: FormTemplate, calibration: Calibration
) -> tuple[FieldReading, ...]:
    """Readings with the probability that their value is right, and the reason of those that are not sure enough."""
    return tuple(_calibrated(reading, form.field(reading.field), calibration) for reading in readings)


def _calibrated(reading: FieldReading, spec: FieldSpec, calibration: Calibration) -> FieldReading:
    kind = kind_of(spec, reading.features) or ""
    confidence, sure = calibration.judge(kind, reading.features)
    doubt = Reason(MAYBE_EMPTY if kind == "empty" else NOT_SURE)
    reasons = reading.reasons or (() if sure else (doubt,))
    return replace(reading, confidence=_bounded(confidence, reading.reasons), review=bool(reasons), reasons=reasons)


def _bounded(confidence: float, reasons: Sequence[Reason]) -> float:
    """No more than an even chance for what a person must see for another reason than doubt."""
    return min(confidence, EVEN) if reasons else confidence


def load_calibration(data: Path | None = None) -> Calibration:
    """The calibration in use: the site's own where its data folder holds one, else the one that ships.

    A site's file made from other shipped models (Sohoa was updated since) is passed over: its scale means nothing for
    these. No threshold is below the shipped one, whatever the file says. Raises SettingsError for a damaged file.
    """
    shipped = parse_calibration(_shipped())
    own = None if data is None else _of_site(data / DATA, shipped)
    return own or shipped


def shipped_mark() -> str:
    """What the shipped calibration is known by."""
    return hashlib.sha256(_shipped().encode()).hexdigest()[:16]


def _shipped() -> str:
    return resources.files("scanner").joinpath("data", DATA).read_text(encoding="utf-8")


def _of_site(path: Path, shipped: Calibration) -> Calibration | None:
    """The site's own calibration; None where it has none, or one of other shipped models."""
    try:
        text = path.read_text(encoding="utf-8")
        made_from = json.loads(text)[MADE_FROM]
        own = parse_calibration(text)
        if made_from != shipped_mark():
            return None
        models = {kind: _no_lower(own.models[kind], model.threshold) for kind, model in shipped.models.items()}
        return Calibration(models, own.fitted_on, of_site=True)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        raise SettingsError("calibration_unreadable", path=path) from None
    except (SettingsError, ValueError, KeyError, TypeError):
        raise SettingsError("site_calibration_damaged", path=path) from None


def _no_lower(model: LogisticModel, threshold: float) -> LogisticModel:
    return replace(model, threshold=max(model.threshold, threshold))


def parse_calibration(text: str) -> Calibration:
    """Calibration data as JSON → Calibration. Raises SettingsError."""
    try:
        data = json.loads(text)
        return Calibration({kind: _model(row) for kind, row in data["models"].items()}, str(data["fitted_on"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise SettingsError("calibration_damaged") from None


def _model(row: Mapping[str, object]) -> LogisticModel:
    held = row["weights"]
    if not isinstance(held, dict):
        raise TypeError
    weights = {name: _number(weight) for name, weight in held.items()}
    return LogisticModel(_number(row["bias"]), weights, _number(row["threshold"]), _number(row["ceiling"]))


def _number(value: object) -> float:
    """JSON also lets through text, yes and no, NaN and ∞, with which every confidence would be wrong in silence."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)
