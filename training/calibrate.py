"""Fit the confidence: from what was measured of each reading on drawn sheets to the probability that it is right.

    python -m training.calibrate --fit DIR [DIR …] [--check DIR …]

Each folder holds a set drawn by `python -m samples draw` (images and truth.jsonl). The models go to
scanner/data/calibration.json; the check sets, of other fonts and hands, only measure.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from scanner.confidence.calibration import Calibration
from scanner.confidence.fitting import FittingCase, as_data, calibration_error, fit
from scanner.forms.loading import load_form
from scanner.model import FieldLayout, FieldReading, FormTemplate, PageRef, Record
from scanner.ocr.engine import ENGINE_FOR
from scanner.pipeline import build_reader, read_ref
from scanner.recognition.reading import HARD_REASONS
from scanner.settings import load_settings

FEATURES: Mapping[str, Sequence[str]] = {
    "line": (
        "print_worst", "print_mean", "print_trust", "print_agrees", "print_apart", "trusted_apart", "hand_worst",
        "hand_mean", "hand_agrees", "hand_apart", "both_agree", "ink_each", "given_up", "margin", "levels",
        "words_mean", "words_worst", "digits", "length", "illegal", "unknown", "odd", "density", "residual_mm",
    ),
    "cells": ("joint", "worst", "rival", "settled", "residual_mm"),
    "parts": ("joint", "worst", "agree", "residual_mm"),
    "ticks": ("worst",),
    "empty": ("ink_mm2",),
    "signature": ("doubt",),
}  # fmt: skip

TARGET = 0.004
TARGETS = {"line": 0.008, "cells": 0.006}
"""Silent errors aimed at, by kind, as upper bounds: lines are a third of what is accepted, ticks hardly ever err."""


def kind_of(reading: FieldReading, form: FormTemplate) -> str:
    """The model a reading is judged by."""
    spec = form.field(reading.field)
    if spec.layout is FieldLayout.TICKS:
        return "ticks"
    if spec.layout is FieldLayout.AREA:
        return "signature"
    return "empty" if "ink_mm2" in reading.features else ENGINE_FOR[spec.kind, spec.layout]


def cases_of(
    record: Record, truth: Mapping[str, object], unclear: Iterable[str], form: FormTemplate
) -> list[FittingCase]:
    """Every reading of a page as a case. What no machine should be sure of counts as wrong."""
    out = []
    for reading in record.readings:
        value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
        right = value == truth[reading.field] and reading.field not in set(unclear)
        hard = reading.reason is not None and reading.reason.code in HARD_REASONS
        out.append(FittingCase(kind_of(reading, form), dict(reading.features), right, hard, record.ref.source))
    return out


def read_set(folder: Path) -> list[FittingCase]:
    """Read a set with two processes."""
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(_read_some, [(folder, lines[i::2]) for i in range(2)])
        return [case for part in found for case in part]


def _read_some(job: tuple[Path, list[dict[str, object]]]) -> list[FittingCase]:
    folder, lines = job
    cv2.setNumThreads(1)
    form = load_form("mau-so-03")
    reader = build_reader(form, load_settings())
    out: list[FittingCase] = []
    for line in lines:
        record = read_ref(PageRef(folder / str(line["file"]), int(str(line.get("page", 1)))), reader)
        out += cases_of(record, line["fields"], line.get("unclear", ()), form)  # type: ignore[arg-type]
    return out


def report(calibration: Calibration, cases: Sequence[FittingCase], title: str) -> None:
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
        ece = calibration_error(p.astype(float), right.astype(bool))
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
    calibration = Calibration(models, f"{len(cases)} readings of drawn sheets")
    place = Path(__file__).parent.parent / "scanner" / "data" / "calibration.json"
    place.write_text(json.dumps(as_data(calibration), indent=1) + "\n", encoding="utf-8")
    report(calibration, cases, "fitted on")
    for folder in options.check:
        report(calibration, read_set(folder), folder.name)


if __name__ == "__main__":
    main()
