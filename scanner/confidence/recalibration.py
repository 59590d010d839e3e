"""A site's own scale of confidence, learnt from what its people decided.

The shipped models were fitted on drawn sheets. They tell surer readings from less sure ones; how often a reading of
some sureness is right depends on the hands and the scanner of the site. So each model is put on another scale by two
numbers (Platt, 1999): log-odds' = a · log-odds + b.

Why the scale is learnt and the threshold is not: a threshold is a promise about readings that nobody looks at, and of
those a site's records say nothing, since a silent error is silent. What people decided are the doubtful readings,
those below the threshold. A scale can be learnt from them, since which readings they are depended on nothing but the
log-odds that it is fitted over. It lets more be accepted only where people did decide how such readings come out;
otherwise it sends more to people.

For the same reason only readings count that came to a person because the machine itself was not sure. A broken rule, a
poor picture or a chance look bring those to light in which something is wrong: they would show the machine worse than
it is. What goes to a person whatever the confidence was not in the shipped fit either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scanner.confidence.calibration import DATA, DOUBTS, MADE_FROM, Calibration, kind_of, shipped_mark
from scanner.confidence.fitting import FOLDS, as_data
from scanner.confidence.statistics import (
    LogisticModel,
    Vector,
    expected_calibration_error,
    fit_logistic,
    sigmoid,
)
from scanner.errors import SettingsError
from scanner.files import replacing
from scanner.model import FormTemplate
from scanner.store.views import DecidedReading

BEFORE = f"{DATA}.before"
FEWEST, FEWEST_OF_EACH = 200, 15
"""Readings of a kind, and among them wrong ones and right ones. With 15 wrong of 200 the standard error of b is 0.3."""
SHALLOWEST, STEEPEST = 0.2, 2.0
"""Bounds of a. Beyond them the shipped model does not fit the site at all, and no scale would mend it."""
PULL, PULLED_AT = 20, 2.0
"""The ridge: as many readings at log-odds −2 and +2 that come out just as the shipped model says. They hold a to
1 ± 0.24 and b to 0 ± 0.49, so that few readings change little; a thousand readings outweigh them."""
FAR = 10.0
"""Log-odds are fitted as if none were farther out, lest a single odd reading turn the scale."""

Forms = Callable[[str], FormTemplate | None]


@dataclass(slots=True)
class DecidedReadings:
    """A kind's decided readings: the shipped model's log-odds, whether the machine was right, and the record."""

    log_odds: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.right)

    @property
    def enough(self) -> bool:
        """Can a scale be learnt from them?"""
        rights = sum(self.right)
        return self.count >= FEWEST and min(rights, self.count - rights) >= FEWEST_OF_EACH


@dataclass(slots=True)
class DecidedSample:
    """DecidedReadings readings by kind, and counts of those that nothing can be learnt from."""

    kinds: dict[str, DecidedReadings]
    not_doubted: int = 0  # a person saw them for another reason than the machine's doubt
    no_form: int = 0  # of forms or fields that are not installed, so that nobody knows their kind
    other_version: int = 0  # read before the shipped models were what they are: measures are missing


@dataclass(frozen=True, slots=True)
class ConfidenceScale:
    """log-odds' = a · log-odds + b."""

    a: float = 1.0
    b: float = 0.0

    def of(self, model: LogisticModel) -> LogisticModel:
        """The model on this scale; its threshold, a probability, and its ceiling stand."""
        weights = {name: self.a * weight for name, weight in model.weights.items()}
        return replace(model, bias=self.a * model.bias + self.b, weights=weights)


@dataclass(frozen=True, slots=True)
class RecalibrationOutcome:
    """What came out for a kind; without a scale it keeps the shipped model."""

    kind: str
    decided: int
    right: int
    scale: ConfidenceScale | None = None
    error_before: float | None = None  # expected calibration error on pages left out of the fit
    error_after: float | None = None

    @property
    def wrong(self) -> int:
        """Readings that a person corrected."""
        return self.decided - self.right


# --- what people decided -----------------------------------------------------------------------------


def gather(readings: Iterable[DecidedReading], forms: Forms, shipped: Calibration) -> DecidedSample:
    """Sort decided readings by kind. `forms` gives a form by id, None where it is not installed."""
    sample = DecidedSample({kind: DecidedReadings() for kind in shipped.models})
    for reading in readings:
        if reading.reason not in DOUBTS:
            sample.not_doubted += 1
            continue
        kind = _kind(reading, forms(reading.form))
        model = shipped.models.get(kind or "")
        if kind is None or model is None:
            sample.no_form += 1
        elif not model.weights.keys() <= reading.features.keys():
            sample.other_version += 1
        else:
            held = sample.kinds[kind]
            held.log_odds.append(model.log_odds(reading.features))
            held.right.append(reading.right)
            held.pages.append(reading.record_id)
    return sample


def _kind(reading: DecidedReading, form: FormTemplate | None) -> str | None:
    spec = next((f for f in form.fields if f.id == reading.field), None) if form else None
    return kind_of(spec, reading.features) if spec else None


# --- the scale ---------------------------------------------------------------------------------------


def learn(sample: DecidedSample, shipped: Calibration) -> list[RecalibrationOutcome]:
    """The scale of every kind that has enough decided readings, measured on pages left out of the fit."""
    return [_outcome(kind, held, shipped.models[kind]) for kind, held in sample.kinds.items()]


def _outcome(kind: str, held: DecidedReadings, model: LogisticModel) -> RecalibrationOutcome:
    rights = sum(held.right)
    if not held.enough:
        return RecalibrationOutcome(kind, held.count, rights)
    z, right = np.array(held.log_odds, float), np.array(held.right, bool)
    before = expected_calibration_error(_confidence(z, model), right)
    after = expected_calibration_error(_confidence(_left_out(z, right, held.pages), model), right)
    return RecalibrationOutcome(kind, held.count, rights, fit_scale(z, right), before, after)


def fit_scale(log_odds: Vector, right: NDArray[np.bool_]) -> ConfidenceScale:
    """The likeliest scale, pulled to a = 1 and b = 0."""
    pull = np.repeat([-PULLED_AT, PULLED_AT], PULL)
    z = np.concatenate([np.clip(log_odds, -FAR, FAR), pull])
    y = np.concatenate([right.astype(float), sigmoid(pull)])
    slope, shift = fit_logistic(z[:, None], y, ridge=0.0)  # a ridge would pull a to 0
    a = float(np.clip(slope, SHALLOWEST, STEEPEST))
    return ConfidenceScale(a, float(shift) if a == slope else _shift(a * z, y))


def _shift(z: Vector, y: Vector) -> float:
    """The likeliest b where a is at its bound, by bisection: there as many are right as are expected to be."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(z + middle).sum() < y.sum() else (low, middle)
    return (low + high) / 2


def _left_out(z: Vector, right: NDArray[np.bool_], pages: list[str]) -> Vector:
    """Each reading's log-odds on a scale that did not see its page."""
    place = {page: i for i, page in enumerate(sorted(set(pages)))}
    fold = np.array([place[page] % FOLDS for page in pages])
    out = np.zeros(len(z))
    for k in range(FOLDS):
        scale = fit_scale(z[fold != k], right[fold != k])
        out[fold == k] = scale.a * z[fold == k] + scale.b
    return out


def _confidence(log_odds: Vector, model: LogisticModel) -> Vector:
    return np.minimum(sigmoid(log_odds), model.ceiling)


# --- the site's own file ----------------------------------------------------------------------------


def calibration_of(
    outcomes: Iterable[RecalibrationOutcome], shipped: Calibration, day: date, xa: str | None = None
) -> Calibration:
    """The shipped calibration with each kind on the scale found for it."""
    models, count = dict(shipped.models), 0
    for outcome in outcomes:
        if outcome.scale is not None:
            models[outcome.kind] = outcome.scale.of(shipped.models[outcome.kind])
            count += outcome.decided
    where = "" if xa is None else f" of commune {xa.strip()}"
    return Calibration(models, f"{count} decided readings{where}, {day.isoformat()}", of_site=True)


def keep(calibration: Calibration, data: Path) -> Path:
    """Write the site's own calibration, keeping the one before beside it; returns where. Raises SohoaError."""
    path = data / DATA
    if path.exists():
        _write(data / BEFORE, path.read_bytes())
    text = json.dumps({MADE_FROM: shipped_mark(), **as_data(calibration)}, indent=1) + "\n"
    _write(path, text.encode())
    return path


def reset(data: Path) -> bool:
    """Go back to the shipped calibration; False where it is in use already. Raises SettingsError."""
    try:
        (data / DATA).unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        raise SettingsError("calibration_not_removed", path=data / DATA) from None
    return True


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as partial:
        partial.write_bytes(content)
