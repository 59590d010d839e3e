"""OMRChecker (GPL-3.0, not on PyPI), run from a checkout named in SOHOA_OMRCHECKER; nothing of it is in this project.

The interface of its main branch: `main.py -i DIR -o DIR`, where DIR holds template.json, config.json, the blank for
its FeatureBasedAlignment, and the pages. It runs in the checkout's own `.venv`, if there is one.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.form_peers.scoring import Answer, Outcome, Skipped
from benchmarks.form_peers.sheets import Points, Sheet, choices
from scanner.forms.loading import blank_image
from scanner.model import Box, FieldKind, FieldSpec, FormTemplate
from scanner.model.registration import project

VARIABLE = "SOHOA_OMRCHECKER"
PROBE = Path(__file__).with_name("probe_omrchecker.py")
PX_PER_MM = 150 / 25.4
"""Its sheets are read at 150 dpi: its defaults, 666 × 820 px, leave 11 px to a box."""
INSET_MM = 0.4
"""Its bubbles are measured inside the printed frame."""
FEATURES = 4000
GOOD_SHARE = 0.15
"""Its own default; shares of 0.1 and 0.3 and 1,000 or 8,000 features were no better on seed 5."""
SECONDS = 900


def read(sheets: Sequence[Sheet], form: FormTemplate, folder: Path) -> Outcome:
    """Its answers. A page at which it stops counts as not placed, and it is started again after it."""
    checkout = find_checkout(os.environ.get(VARIABLE))
    pages, out = folder / "in", folder / "out"
    lay_out(sheets, form, pages)
    log: list[dict[str, Any]] = []
    left = sorted(sheet.file.name for sheet in sheets)
    while left:
        log += run(checkout, pages, out, folder / "log.jsonl")
        done = results(out)
        stopped = next((name for name in left if name not in done), None)
        for name in [name for name in left if name in done or name == stopped]:
            (pages / name).unlink()
        left = [name for name in left if name not in done and name != stopped]
        if not done:
            raise Skipped("it reads none of the pages")
    matrices = {entry["file"]: np.array(entry["matrix"]) for entry in log if entry["matrix"] is not None}
    read_pages = results(out)
    answers = {
        sheet.file.name: _answer(read_pages[sheet.file.name], matrices.get(sheet.file.name), sheet, form)
        for sheet in sheets
        if sheet.file.name in read_pages
    }
    return Outcome("OMRChecker", answers, pace(log))


def find_checkout(named: str | None) -> Path:
    """The checkout that the variable names. Raises Skipped."""
    if not named:
        raise Skipped(f"not on PyPI; set {VARIABLE} to a checkout")
    checkout = Path(named)
    if not (checkout / "main.py").is_file():
        raise Skipped(f"{VARIABLE} names no checkout: there is no main.py")
    return checkout


# --- what it is given --------------------------------------------------------------------------------


def lay_out(sheets: Iterable[Sheet], form: FormTemplate, folder: Path) -> None:
    """A folder as it wants one."""
    folder.mkdir()
    (folder / "template.json").write_text(json.dumps(template(form), indent=1), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(config(form), indent=1), encoding="utf-8")
    Image.fromarray(blank_image(form)).save(folder / "reference.png")
    for sheet in sheets:
        shutil.copyfile(sheet.file, folder / sheet.file.name)


def size(form: FormTemplate) -> tuple[int, int]:
    """Width and height of a page as it is read, px."""
    return round(form.sheet[0] * PX_PER_MM), round(form.sheet[1] * PX_PER_MM)


def config(form: FormTemplate) -> dict[str, Any]:
    """Its config.json: no windows, pages as large as the template."""
    width, height = size(form)
    sides = {"processing_width": width, "processing_height": height, "display_width": width, "display_height": height}
    return {"dimensions": sides, "outputs": {"show_image_level": 0, "save_image_level": 0, "save_detections": True}}


def template(form: FormTemplate) -> dict[str, Any]:
    """Its template.json: each choice is a custom label over runs of bubbles.

    It wants bubbles evenly spaced in a row, so that a choice's row is cut into runs that are; its letters say which
    options are ticked ("AC": the first and the third).
    """
    fields = choices(form)
    sides = [min(o.box.w, o.box.h) for spec in fields for o in spec.options]
    side = int((min(sides) - 2 * INSET_MM) * PX_PER_MM)
    blocks: dict[str, Any] = {}
    labels: dict[str, list[str]] = {}
    for spec in fields:
        for number, run_ in enumerate(even_runs([o.box for o in spec.options]), 1):
            name = f"{spec.id}_b{number}"
            labels.setdefault(spec.id, []).append(name)
            blocks[name] = _block(name, spec, run_, side)
    reference = {"reference": "reference.png", "maxFeatures": FEATURES, "goodMatchPercent": GOOD_SHARE, "2d": False}
    return {
        "pageDimensions": list(size(form)),
        "bubbleDimensions": [side, side],
        "preProcessors": [{"name": "FeatureBasedAlignment", "options": reference}],
        "customLabels": labels,
        "outputColumns": [spec.id for spec in fields],
        "fieldBlocks": blocks,
        "emptyValue": "",
    }


def _block(name: str, spec: FieldSpec, run_: Sequence[int], side: int) -> dict[str, Any]:
    lefts = [_corner(spec.options[i].box, side) for i in run_]
    gap = (lefts[-1][0] - lefts[0][0]) / (len(run_) - 1) if len(run_) > 1 else side
    return {
        "origin": [round(lefts[0][0]), round(lefts[0][1])],
        "direction": "horizontal",
        "bubbleValues": [ascii_uppercase[i] for i in run_],
        "fieldLabels": [name],
        "bubblesGap": round(gap, 3),
        "labelsGap": side,
    }


def _corner(box: Box, side: int) -> tuple[float, float]:
    """Top left of a bubble in the middle of a box, px."""
    return (box.x + box.w / 2) * PX_PER_MM - side / 2, (box.y + box.h / 2) * PX_PER_MM - side / 2


def even_runs(boxes: Sequence[Box], slack_mm: float = 0.15) -> list[list[int]]:
    """Numbers of boxes that follow each other in a row at one pitch; two are always even, one is a run of its own."""
    runs: list[list[int]] = []
    at = 0
    while at < len(boxes):
        end = at + 1
        while end < len(boxes) and _is_even([boxes[i] for i in range(at, end + 1)], slack_mm):
            end += 1
        runs.append(list(range(at, end)))
        at = end
    return runs


def _is_even(boxes: Sequence[Box], slack_mm: float) -> bool:
    x, y = (np.array(list(axis)) for axis in zip(*map(_middle, boxes), strict=True))
    steps = np.linspace(x[0], x[-1], len(x))
    return bool(np.ptp(y) <= slack_mm and (np.diff(x) > 0).all() and np.abs(x - steps).max() <= slack_mm)


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.w / 2, box.y + box.h / 2


# --- running it --------------------------------------------------------------------------------------


def run(checkout: Path, pages: Path, out: Path, log: Path) -> list[dict[str, Any]]:
    """Run it over a folder. Of each page the probe saw: file, homography, seconds since its start. Raises Skipped."""
    own = checkout / ".venv" / "bin" / "python"
    log.unlink(missing_ok=True)
    command = [str(own if own.exists() else sys.executable), "-I", str(PROBE), str(checkout), str(log)]
    ended = subprocess.run(
        [*command, "-i", str(pages), "-o", str(out)],
        cwd=checkout,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if not log.exists():
        raise Skipped(why_it_failed(ended.stderr))
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def why_it_failed(stderr: str) -> str:
    """The last line of a traceback, as a reason to skip."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    missing = next((line for line in lines if "ModuleNotFoundError" in line), None)
    if missing:
        return f"its requirements are not installed ({missing.split(':', 1)[1].strip()})"
    return f"it does not run ({lines[-1][:90]})" if lines else "it does not run"


def pace(log: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of one core a page, from page to page: without its start, whatever it was stopped by."""
    steps = [b["seconds"] - a["seconds"] for a, b in pairwise(log) if b["seconds"] > a["seconds"]]
    return float(np.mean(steps)) if steps else float("nan")


# --- what it says ------------------------------------------------------------------------------------


def results(out: Path) -> dict[str, dict[str, str]]:
    """Its rows by file name, from the file of results and the one it may set multi-marked pages apart in."""
    files = [*out.glob("**/Results/Results_*.csv"), *out.glob("**/Manual/MultiMarkedFiles*.csv")]
    return {row["file_id"]: row for file in files for row in _rows(file)}


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def ticked(spec: FieldSpec, letters: str) -> frozenset[str]:
    """ "AC" → the ids of the first and the third option."""
    return frozenset(spec.options[ascii_uppercase.index(letter)].id for letter in letters)


def _answer(line: Mapping[str, str], matrix: np.ndarray | None, sheet: Sheet, form: FormTemplate) -> Answer:
    groups = {spec.id: ticked(spec, line[spec.id]) for spec in choices(form)}
    # it has no confidence; two marks where one is asked for are all that can be seen to need a person
    single = {spec.id for spec in choices(form) if spec.kind is not FieldKind.CHOICES}
    asked = frozenset(group for group in single if len(groups[group]) > 1)
    return Answer(groups, asked, None if matrix is None else off_mm(matrix, sheet, form))


def off_mm(matrix: np.ndarray, sheet: Sheet, form: FormTemplate) -> Points:
    """How far from their true places its homography lays the page's points on the form, mm.

    It goes from the page, resized to the size of processing, to the blank resized alike.
    """
    with Image.open(sheet.file) as image:
        resized = np.array(size(form)) / np.array(image.size)
    found = project(matrix, (sheet.px + 0.5) * resized - 0.5)  # pixel centres are whole numbers
    return np.asarray(np.hypot(*((found + 0.5) / (np.array(size(form)) / np.array(form.sheet)) - sheet.mm).T))
