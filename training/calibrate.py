"""Fit the confidence: from what was measured of each reading on drawn sheets to the probability that it is right.

    python -m training.calibrate --fit DIR [DIR …] [--check DIR …]

Each folder holds a set drawn by `samples.draw` (images and truth.jsonl). The models go to
scanner/data/calibration.json; the check sets, of other fonts and hands, only measure.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression

from scanner.calibration import Calibration, Model
from scanner.forms import list_forms, load_form
from scanner.model import FieldLayout, FieldReading, FormTemplate, PageRef, Record
from scanner.ocr.engine import ENGINE_FOR
from scanner.pipeline import build_reader, read_ref
from scanner.reading import HARD_REASONS
from scanner.settings import load_settings

FEATURES: Mapping[str, Sequence[str]] = {
    "line": (
        "worst", "mean", "doubt", "rival", "length", "agree", "illegal", "unknown", "odd", "density", "corrected",
    ),
    "cells": ("worst", "mean", "doubt", "rival"),
    "parts": ("worst", "mean", "doubt", "rival", "agree"),
    "ticks": ("worst",),
    "empty": ("ink_mm2",),
    "signature": ("doubt",),
}  # fmt: skip


TARGET = 0.004
TARGETS = {"line": 0.01, "cells": 0.008}
"""Silent errors aimed at, by kind: lines are a third of what is accepted, the rest hardly ever errs."""


@dataclass(frozen=True, slots=True)
class Case:
    """One reading with its truth."""

    kind: str
    features: Mapping[str, float]
    right: bool
    hard: bool  # goes to a person whatever the confidence


def kind_of(reading: FieldReading, form: FormTemplate) -> str:
    """The model a reading is judged by."""
    spec = form.field(reading.field)
    if spec.layout is FieldLayout.TICKS:
        return "ticks"
    if spec.layout is FieldLayout.AREA:
        return "signature"
    return "empty" if "ink_mm2" in reading.features else ENGINE_FOR[spec.kind, spec.layout]


def cases_of(record: Record, truth: Mapping[str, object], unclear: Iterable[str], form: FormTemplate) -> list[Case]:
    """Every reading of a page as a case. What no machine should be sure of counts as wrong."""
    out = []
    for reading in record.readings:
        value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
        right = value == truth[reading.field] and reading.field not in set(unclear)
        hard = reading.reason is not None and reading.reason.code in HARD_REASONS
        out.append(Case(kind_of(reading, form), dict(reading.features), right, hard))
    return out


def read_set(folder: Path) -> list[Case]:
    """Read a set with two processes."""
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(_read_some, [(folder, lines[i::2]) for i in range(2)])
        return [case for part in found for case in part]


def _read_some(job: tuple[Path, list[dict[str, object]]]) -> list[Case]:
    folder, lines = job
    cv2.setNumThreads(1)
    form = load_form(list_forms()[0])
    reader = build_reader(form, load_settings())
    out: list[Case] = []
    for line in lines:
        record = read_ref(PageRef(folder / str(line["file"]), int(str(line.get("page", 1)))), reader)
        out += cases_of(record, line["fields"], line.get("unclear", ()), form)  # type: ignore[arg-type]
    return out


def fit(cases: Sequence[Case], names: Sequence[str], target: float) -> Model:
    """A logistic model, and the lowest threshold at which the bound of the error among accepted meets the target."""
    usable = [c for c in cases if not c.hard]
    x = np.array([[c.features.get(n, 0.0) for n in names] for c in usable])
    y = np.array([c.right for c in usable])
    n = len(y)
    ceiling = (n + 1) / (n + 2)
    if y.all() or n < 20:
        # nothing went wrong: all that can be said is how often at most it does
        return Model(math.log(ceiling / (1 - ceiling)), {}, 0.9, ceiling)
    scale = x.std(axis=0) + 1e-6
    model = LogisticRegression(C=3.0, max_iter=5000).fit((x - x.mean(axis=0)) / scale, y)
    weights = model.coef_[0] / scale
    bias = float(model.intercept_[0] - (weights * x.mean(axis=0)).sum())
    p = 1 / (1 + np.exp(-np.clip(x @ weights + bias, -30, 30)))
    return Model(bias, dict(zip(names, map(float, weights), strict=True)), _threshold(p, y, target), ceiling)


def _threshold(p: np.ndarray, y: np.ndarray, target: float) -> float:
    order = np.argsort(-p)
    wrong = np.cumsum(~y[order])
    accepted = np.arange(1, len(p) + 1)
    bound = np.array([_upper(int(w), int(n)) for w, n in zip(wrong, accepted, strict=True)])
    fits = np.flatnonzero(bound <= target)
    return float(p[order][fits[-1]]) if len(fits) else 1.01


def _upper(wrong: int, n: int, z: float = 1.0) -> float:
    """Upper Wilson bound (one standard error) of a share of errors."""
    share = wrong / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle + spread) / (1 + z * z / n)


def report(calibration: Calibration, cases: Sequence[Case], title: str) -> None:
    """Accepted share, errors among accepted and calibration error, by kind."""
    print(f"{title}: kind, readings, right, accepted, wrong among accepted, calibration error")
    by_kind: defaultdict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    for case in cases:
        confidence, sure = calibration.judge(case.kind, case.features)
        by_kind[case.kind].append(
            (min(confidence, 0.5) if case.hard else confidence, sure and not case.hard, case.right)
        )
    everything = [row for kept in by_kind.values() for row in kept]
    for kind, rows in [*sorted(by_kind.items()), ("all", everything)]:
        p, sure, right = (np.array(column) for column in zip(*rows, strict=True))
        bins = np.digitize(p, [0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99])
        ece = sum((bins == b).mean() * abs(p[bins == b].mean() - right[bins == b].mean()) for b in set(bins))
        silent = int((sure & ~right).sum())
        share = silent / max(sure.sum(), 1)
        print(f"  {kind:10} {len(p):6} {right.mean():.4f} {sure.mean():.4f} {silent} ({share:.4f}) {ece:.4f}")


def main() -> None:
    """Fit, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=Path, nargs="+", required=True)
    parser.add_argument("--check", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    cases = [case for folder in options.fit for case in read_set(folder)]
    models = {}
    for kind, names in FEATURES.items():
        models[kind] = fit([c for c in cases if c.kind == kind], names, TARGETS.get(kind, TARGET))
    calibration = Calibration(models, ", ".join(folder.name for folder in options.fit))
    data = {
        "fitted_on": f"{len(cases)} readings of drawn sheets",
        "models": {
            k: {"bias": m.bias, "weights": dict(m.weights), "threshold": m.threshold, "ceiling": m.ceiling}
            for k, m in models.items()
        },
    }
    place = Path(__file__).parent.parent / "scanner" / "data" / "calibration.json"
    place.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    report(calibration, cases, "fitted on")
    for folder in options.check:
        report(calibration, read_set(folder), folder.name)


if __name__ == "__main__":
    main()
