"""formHTR (MIT, on PyPI): its way of laying a page onto the template and of seeing ticks, without its cloud services.

Its command wants the keys of a cloud service for text, so that its own two functions are called instead. It is fetched
into an environment of its own under `out/peers/`, never into Sohoa's.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.form_peers.scoring import Answer, Outcome, Skipped
from benchmarks.form_peers.sheets import Points, Sheet, choices
from scanner.forms.loading import blank_image
from scanner.model import DPI, FieldKind, FormTemplate
from scanner.model.registration import project

PINNED = "formhtr==0.5.0"
NEEDED = ("numpy", "opencv-python-headless")
"""All that the two functions import; the cloud services' clients are left out."""
PLACE = Path("out") / "peers" / "formhtr"
RUNNER = Path(__file__).with_name("run_formhtr.py")
SECONDS = 180


def read(sheets: Sequence[Sheet], form: FormTemplate, folder: Path, by_hand: bool = False) -> Outcome:
    """Its answers. `by_hand`: it is told where four points lie, as its manual alignment is, here without any error."""
    python = environment(PLACE)
    (folder / "job.json").write_text(json.dumps(job(sheets, form, folder, by_hand)), encoding="utf-8")
    ended = _run([str(python), "-I", str(RUNNER), str(folder / "job.json")], SECONDS * 5)
    if ended.returncode:
        raise Skipped(f"it does not run ({(ended.stderr.strip().splitlines() or ['no reason given'])[-1][:90]})")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    by_name = {sheet.file.name: sheet for sheet in sheets}
    answers = {line["file"]: answer(line, by_name[line["file"]], form) for line in lines if line["placed"]}
    name = f"formHTR {PINNED.split('==')[1]}" + (", placed by hand" if by_hand else "")
    return Outcome(name, answers, sum(line["seconds"] for line in lines) / len(lines))


def environment(place: Path) -> Path:
    """The Python of an environment that has formHTR; it is made where it is missing. Raises Skipped."""
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        venv.create(place, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--timeout", "15", "--retries", "1"]
        ended = _run([*pip, PINNED, *NEEDED], SECONDS)
        if ended.returncode:
            raise Skipped("it cannot be fetched (no network, or no such package)")
        (place / "ready").touch()
    return python


def _run(command: Sequence[str], seconds: int) -> subprocess.CompletedProcess[str]:
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    alone.pop("PYTHONPATH", None)
    try:
        return subprocess.run(command, env=alone, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Skipped(f"it took more than {seconds} s") from None


def job(sheets: Sequence[Sheet], form: FormTemplate, folder: Path, by_hand: bool) -> dict[str, Any]:
    """What the runner is told: the blank at 300 dpi, each option's box in its px, the pages, four points of each."""
    Image.fromarray(blank_image(form)).convert("RGB").save(folder / "blank.png")
    scale = DPI / 25.4
    boxes = {
        spec.id: {o.id: [round(v * scale) for v in (o.box.x, o.box.y, o.box.right, o.box.bottom)] for o in spec.options}
        for spec in choices(form)
    }
    pages = []
    for sheet in sheets:
        four = outermost(sheet.mm)
        points = {"template": (sheet.mm[four] * scale - 0.5).tolist(), "page": sheet.px[four].tolist()}
        pages.append({"file": str(sheet.file), "points": points if by_hand else None})
    return {"blank": str(folder / "blank.png"), "boxes": boxes, "pages": pages}


def outermost(mm: Points) -> list[int]:
    """Which points lie furthest out: top left, top right, bottom right, bottom left."""
    u, v = mm.sum(axis=1), mm[:, 0] - mm[:, 1]
    return [int(u.argmin()), int(v.argmax()), int(u.argmax()), int(v.argmin())]


def answer(line: Mapping[str, Any], sheet: Sheet, form: FormTemplate) -> Answer:
    """What the runner says of a page. Like OMRChecker it can be doubted only where it ticked more than one may be."""
    groups = {group: frozenset(options) for group, options in line["ticked"].items()}
    single = {spec.id for spec in choices(form) if spec.kind is not FieldKind.CHOICES}
    return Answer(
        ticked=groups,
        asked=frozenset(group for group in single if len(groups[group]) > 1),
        off_mm=off_mm(np.array(line["matrix"]), np.array(line["resized"]), sheet),
    )


def off_mm(matrix: np.ndarray, resized: np.ndarray, sheet: Sheet) -> Points:
    """How far from their true places its homography lays the page's points, mm.

    `resized` (2,) is by how much the page's width and height were multiplied before. Pixel centres are whole numbers.
    """
    found = project(matrix, (sheet.px + 0.5) * resized - 0.5)
    return np.asarray(np.hypot(*((found + 0.5) * 25.4 / DPI - sheet.mm).T))
