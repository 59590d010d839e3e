"""How many of the fields of unseen blanks does `sohoa forms new` find?

    python -m benchmarks.form_drafting --seed 1000 --forms 40 [--fonts DIR] [--show DIR]

Every form is looked at three times: as the PDF that an office sends, as a scan of its print (up to 0.4° askew, noisy,
JPEG), and as a copier's black and white at 200 dpi (up to 1° askew). A field is found where one of the draft has as
many boxes and each lies on its true one with an IoU of 0.8 or more. A false field is one that lies on no true box at
all. The last row is the shipped form, against its form file.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from samples.blank_forms.forms import draw_form
from samples.blank_forms.paper import TrueField
from samples.draw import FORM
from samples.hands import system_font
from scanner.forms.blanks import render_blank
from scanner.forms.drafting import draft
from scanner.forms.loading import load_form
from scanner.layout.detection.detect import detect
from scanner.layout.detection.draw import draw_detected
from scanner.model import PX_PER_MM, Box, FieldKind, FieldLayout, FieldSpec, Gray

GOOD = 0.8
"""IoU of two boxes from which they are the same: a box of 7 mm is off by less than 1 mm."""
TOUCH = 0.1
"""IoU above which a drafted box is not false, only inexact."""
TURN_DEG, COPY_TURN_DEG = 0.4, 1.0
"""Skew of a scan and of a copy, at most."""
SYSTEM = ("DejaVu Sans", "DejaVu Serif", "Liberation Serif", "Noto Sans", "Noto Serif")
KINDS = ("lines", "dates on lines", "cells", "ticks", "boxes")


@dataclass(slots=True)
class Count:
    """What was found of what was drawn."""

    fields: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right_kind: int = 0
    false: int = 0
    drafted: int = 0
    boxes: int = 0
    boxes_found: int = 0
    forms: int = 0

    def add(self, truth: Sequence[TrueField], drafted: Sequence[FieldSpec]) -> list[TrueField]:
        """Count one form; the fields that were missed."""
        places = [spec.all_boxes for spec in drafted]
        every = [box for boxes in places for box in boxes]
        true = [box for one in truth for box in one.boxes]
        missed = []
        for one in truth:
            self.fields[name_of(one)] += 1
            hit = next((i for i, boxes in enumerate(places) if same(one.boxes, boxes)), None)
            if hit is None:
                missed.append(one)
            else:
                self.found[name_of(one)] += 1
                self.right_kind += (drafted[hit].kind, drafted[hit].layout) == (one.kind, one.layout)
        self.false += sum(not any(iou(a, b) > TOUCH for a in boxes for b in true) for boxes in places)
        self.boxes += len(true)
        self.boxes_found += sum(any(iou(a, b) >= GOOD for b in every) for a in true)
        self.drafted += len(places)
        self.forms += 1
        return missed

    def cells(self, name: str) -> tuple[str, ...]:
        """A row of the table."""
        total, found = self.fields.total(), self.found.total()
        each = (f"{self.found[k]}/{self.fields[k]}" for k in KINDS)
        return (
            name,
            f"{found} of {total} ({100 * found / total:.1f} %)",
            *each,
            f"{100 * self.boxes_found / self.boxes:.1f} %",
            f"{self.right_kind} of {found}",
            f"{self.false / self.forms:.2f}",
        )


def iou(a: Box, b: Box) -> float:
    """Area in common over area covered."""
    common = a.overlap(b)
    return common / (a.w * a.h + b.w * b.h - common)


def same(a: Sequence[Box], b: Sequence[Box]) -> bool:
    """As many boxes, each on its own."""
    return len(a) == len(b) and all(iou(x, y) >= GOOD for x, y in zip(a, b, strict=True))


def name_of(one: TrueField) -> str:
    """Which column a field is counted in."""
    if one.layout is FieldLayout.PARTS:
        return "dates on lines"
    if one.layout in (FieldLayout.COMB, FieldLayout.TICKS):
        return "cells" if one.layout is FieldLayout.COMB else "ticks"
    return "boxes" if one.is_box else "lines"


def scanned(image: Gray, seed: int) -> tuple[Gray, np.ndarray]:
    """A scanner's grey, softness, noise and JPEG, a little askew; the matrix (2, 3) px → px."""
    rng = np.random.default_rng(seed)
    turned, matrix = _turned(image, float(rng.uniform(-TURN_DEG, TURN_DEG)))
    soft = cv2.GaussianBlur(turned, (0, 0), rng.uniform(0.6, 1.0)) * (228 / 255) + 8
    noisy = np.clip(soft + rng.normal(0, rng.uniform(3, 7), image.shape), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8), matrix


def copied(image: Gray, seed: int) -> tuple[Gray, np.ndarray]:
    """Black and white at 200 dpi, more askew, as `render_blank` gives it back at 300 dpi."""
    rng = np.random.default_rng(seed)
    turned, matrix = _turned(image, float(rng.uniform(-COPY_TURN_DEG, COPY_TURN_DEG)))
    size = (round(image.shape[1] * 2 / 3), round(image.shape[0] * 2 / 3))
    small = cv2.resize(cv2.GaussianBlur(turned, (0, 0), 0.7), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    level = rng.uniform(150, 200)
    bilevel = np.where(small + rng.normal(0, 6, small.shape) > level, 255, 0).astype(np.uint8)
    back = Image.fromarray(bilevel).resize((image.shape[1], image.shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(back, np.uint8), matrix


def _turned(image: Gray, degrees: float) -> tuple[Gray, np.ndarray]:
    rows, cols = image.shape
    matrix = cv2.getRotationMatrix2D((cols / 2, rows / 2), degrees, 1)
    turned = cv2.warpAffine(image, matrix, (cols, rows), flags=cv2.INTER_LINEAR, borderValue=(255,))
    return np.asarray(turned, np.uint8), matrix


def moved(truth: Iterable[TrueField], matrix: np.ndarray) -> list[TrueField]:
    """The true fields where a scan has them: each box about its middle, still upright."""

    def place(box: Box) -> Box:
        x, y = matrix @ np.array([(box.x + box.w / 2) * PX_PER_MM, (box.y + box.h / 2) * PX_PER_MM, 1.0]) / PX_PER_MM
        return Box(float(x) - box.w / 2, float(y) - box.h / 2, box.w, box.h)

    return [TrueField(t.kind, t.layout, tuple(map(place, t.boxes)), t.is_box) for t in truth]


def shipped() -> Count:
    """The shipped form's blank against its form file; room for a signature has no print and is left out."""
    form = load_form(FORM)
    truth = [
        TrueField(FieldKind.CHOICE if spec.options else spec.kind, spec.layout, spec.all_boxes)
        for spec in form.fields
        if spec.layout is not FieldLayout.AREA
    ]
    count = Count()
    count.add(truth, draft([render_blank(form.folder / form.blank)], "shipped", form.blank).fields)
    return count


def measure(seeds: Iterable[int], fonts: Sequence[str], glyphs: str, show: Path | None) -> dict[str, Count]:
    """Draw each form, draft it from the PDF, from a scan and from a copy."""
    counts = {name: Count() for name in ("PDF", "scan", "copy")}
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            path = Path(folder) / f"{seed}.pdf"
            truth = draw_form(path, seed, fonts, glyphs)
            image = render_blank(path)
            (scan, by), (copy, copied_by) = scanned(image, seed), copied(image, seed)
            looks = (image, truth), (scan, moved(truth, by)), (copy, moved(truth, copied_by))
            for (name, count), (picture, true) in zip(counts.items(), looks, strict=True):
                missed = count.add(true, draft([picture], "drawn", path.name).fields)
                if show and missed:
                    _show(show / f"{seed}-{name}.png", picture, missed)
    return counts


def _show(path: Path, picture: Gray, missed: Sequence[TrueField]) -> None:
    """What was found, and in red what was missed."""
    drawn = draw_detected(detect(picture), picture).copy()
    scale = drawn.shape[1] / (picture.shape[1] / PX_PER_MM)
    for box in (box for one in missed for box in one.boxes):
        start, end = ((round(x * scale), round(y * scale)) for x, y in ((box.x, box.y), (box.right, box.bottom)))
        cv2.rectangle(drawn, start, end, (255, 0, 0), 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1000, help="of the first form; the next ones follow")
    parser.add_argument("--forms", type=int, default=40)
    parser.add_argument("--fonts", type=Path, help="a folder of further TTF files with Vietnamese letters")
    parser.add_argument("--show", type=Path, help="a folder for pictures of forms with missed fields")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    found = [str(path) for name in SYSTEM if (path := system_font(name)) and path.suffix == ".ttf"]
    fonts = found + (sorted(map(str, options.fonts.glob("*.ttf"))) if options.fonts else [])
    squares = system_font("DejaVu Sans")
    if squares is None:
        parser.error("the font DejaVu Sans is not installed")
    counts = measure(range(options.seed, options.seed + options.forms), fonts, str(squares), options.show)
    heads = ("blank", "fields found", *KINDS, "single boxes", "kind right", "false fields a form")
    table = Table(*heads, title=f"{options.forms} unseen forms from seed {options.seed}, IoU of at least {GOOD}")
    for name, count in (*counts.items(), ("shipped form", shipped())):
        table.add_row(*count.cells(name))
    Console(width=170).print(table)


if __name__ == "__main__":
    main()
