"""Fit the confidence: from what was measured of each reading on drawn sheets to the probability that it is right.

    python -m training.calibrate [--count N] [--fonts DIR] [--digits DIR] [--handwriting DIR]
    python -m training.calibrate --fit DIR [DIR …] [--check DIR …]

The first draws the sheets itself, from seeds, into out/calibration/: one set to fit on and a smaller one, of the other
half of the fonts, that only measures. The models go to out/calibration/calibration.json, because without a collection
of hand-like fonts, real digits and real lines the sheets hold only print. The second fits on sets drawn before
(`python -m samples draw`: images and truth.jsonl) and writes what ships, scanner/data/calibration.json. `--out` names
another file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from samples.draw import load_stock, make_set
from samples.wear import KINDS as WEARS
from scanner.confidence.calibration import DOUBTS, EVEN, Calibration, kind_of
from scanner.confidence.fitting import FittingCase, as_data, fit
from scanner.confidence.statistics import expected_calibration_error
from scanner.forms.loading import load_form
from scanner.model import FormTemplate, PageRef, Record
from scanner.pipeline import build_reader, read_ref
from scanner.recognition.reading import HARD_REASONS
from scanner.settings import load_settings

SHIPPED = Path(__file__).parent.parent / "scanner" / "data" / "calibration.json"
DRAWN = Path("out/calibration")
SETS = (("fit", 201, 1.0, (0, 39), (55_000, 57_499)), ("check", 202, 0.2, (40, 59), (57_500, 59_999)))
"""The sets that are drawn: name, seed, share of the sheets asked for, real lines of these sheets, these real digits."""

MORE, LESS, EITHER = 1, -1, 0
SIGNS: Mapping[str, Mapping[str, int]] = {
    "line": {
        "print_mean": MORE, "print_trust": MORE, "print_apart": LESS, "trusted_apart": LESS, "hand_worst": MORE,
        "hand_mean": MORE, "hand_agrees": MORE, "margin": MORE, "levels": MORE, "words_mean": MORE, "length": LESS,
        "unknown": LESS, "density": EITHER,
    },
    "cells": {"joint": MORE, "rival": LESS, "residual_mm": LESS},
    "parts": {"joint": MORE},
    "ticks": {"mark_score": MORE},
    "empty": {"ink_mm2": LESS},
    "signature": {"ink_margin": MORE},
}  # fmt: skip
"""The features of each kind of reading, and whether more of one speaks for the value or against it, where that is
known: a line's density has no better end. Left out is what came to weigh nothing beside these with its sign held
(of lines: least score and agreement of the reader of print, share of unlawful syllables, the log-likelihood gap to the
likeliest candidate, ink and residual; of digits: the least score, and whether other fields settled one)."""
DOUBTFUL: Mapping[str, Mapping[str, float]] = {
    "ticks": {"mark_score": 0.5},
    "empty": {"ink_mm2": 0.35},
    "signature": {"ink_margin": 0.0},
}
"""Where a reading of the kind is at its least sure: a square that may be marked or not, the most ink that a field
taken for empty holds, ink that is as much as a signature's least."""
TARGET = 0.004
TARGETS = {"line": 0.008, "cells": 0.008}
"""Silent errors aimed at, by kind, as upper bounds: lines are a third of what is accepted, ticks hardly ever err. With
the cells of 456 sheets no threshold has a bound of 0.6 %."""


def cases_of(
    record: Record, truth: Mapping[str, object], unclear: Iterable[str], form: FormTemplate
) -> list[FittingCase]:
    """Every reading of a page as a case. What no machine should be sure of counts as wrong."""
    out = []
    for reading in record.readings:
        value = list(reading.value) if isinstance(reading.value, tuple) else reading.value
        right = value == truth[reading.field] and reading.field not in set(unclear)
        codes = {reason.code for reason in reading.reasons}
        hard, seen = bool(codes & HARD_REASONS), bool(codes - HARD_REASONS - DOUBTS)
        kind = kind_of(form.field(reading.field), reading.features) or ""
        out.append(FittingCase(kind, dict(reading.features), right, hard, seen, record.ref.source))
    return out


def read_set(folder: Path) -> list[FittingCase]:
    """Read a set with two processes."""
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    # spawned: OpenCV's threads, which drawing has started, do not survive a fork
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
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


def fit_all(cases: Sequence[FittingCase]) -> Calibration:
    """A model of each kind."""
    models = {
        kind: fit([c for c in cases if c.kind == kind], signs, TARGETS.get(kind, TARGET), DOUBTFUL.get(kind))
        for kind, signs in SIGNS.items()
    }
    sheets = len({case.group for case in cases})
    return Calibration(models, f"{len(cases)} readings of {sheets} drawn sheets")


def report(calibration: Calibration, cases: Sequence[FittingCase], title: str) -> None:
    """Accepted share, errors among accepted and calibration error, by kind."""
    print(f"{title}: kind, readings, right, accepted, wrong among accepted, calibration error")
    by_kind: defaultdict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    for case in cases:
        confidence, sure = calibration.judge(case.kind, case.features)
        by_kind[case.kind].append(
            (min(confidence, EVEN) if case.hard else confidence, sure and not case.hard | case.seen, case.right)
        )
    everything = [row for kept in by_kind.values() for row in kept]
    for kind, rows in [*sorted(by_kind.items()), ("all", everything)]:
        p = np.array([confidence for confidence, _, _ in rows])
        accepted = np.array([taken for _, taken, _ in rows], bool)
        right = np.array([true for _, _, true in rows], bool)
        ece = expected_calibration_error(p, right)
        silent = int((accepted & ~right).sum())
        share = silent / max(int(accepted.sum()), 1)
        print(f"  {kind:10} {len(p):6} {right.mean():.4f} {accepted.mean():.4f} {silent} ({share:.4f}) {ece:.4f}")


def draw_sets(
    folder: Path, count: int, fonts: Path | None, digits: Path | None, handwriting: Path | None
) -> list[Path]:
    """Draw a set of `count` sheets to fit on, and a fifth as many with other fonts, digits and lines to check with."""
    out = []
    for half, (name, seed, sheets, lines, images) in enumerate(SETS):
        stock = load_stock(fonts, digits, handwriting, lines, half, images)
        kinds = ["typed", *(["font"] if fonts else []), *(["real"] if digits or handwriting else [])]
        shutil.rmtree(folder / name, ignore_errors=True)
        make_set(folder / name, max(1, round(count * sheets)), seed, stock, kinds, WEARS, slips=True)
        out.append(folder / name)
    return out


def main() -> None:
    """Draw where no sets are named; fit, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=Path, nargs="+", help="sets to fit on; without them sheets are drawn")
    parser.add_argument("--check", type=Path, nargs="*", default=[], help="sets that only measure")
    parser.add_argument("--out", type=Path, help="where the models go")
    parser.add_argument("--count", type=int, default=300, help="sheets to draw and fit on")
    parser.add_argument("--fonts", type=Path, help="folder of hand-like fonts to draw with")
    parser.add_argument("--digits", type=Path, help="folder of real digits (MNIST) to draw with")
    parser.add_argument("--handwriting", type=Path, help="folder of real lines to draw with")
    options = parser.parse_args()
    out = options.out or (SHIPPED if options.fit else DRAWN / "calibration.json")
    if not options.fit:
        fitted, checked = draw_sets(DRAWN, options.count, options.fonts, options.digits, options.handwriting)
        options.fit, options.check = [fitted], [*options.check, checked]
    cases = [case for folder in options.fit for case in read_set(folder)]
    calibration = fit_all(cases)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(as_data(calibration), indent=1) + "\n", encoding="utf-8")
    report(calibration, cases, "fitted on")
    for folder in options.check:
        report(calibration, read_set(folder), folder.name)
    print(f"Written: {out}")


if __name__ == "__main__":
    main()
