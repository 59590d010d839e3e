"""The sheets that all readers get: drawn from a seed, with the right answers and the place of every point."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samples.draw import load_stock, make_set
from scanner.model import FieldSpec, FormTemplate

WEARS = ("scan", "grey", "bilevel", "turned", "photo")
SEED = 4711
"""Nothing was tuned on the sheets of this seed: settings of the peers were chosen on seed 5."""
Points = NDArray[np.float64]
Groups = Mapping[str, frozenset[str]]
"""A choice's id → the ids of its ticked options."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One page: a PNG or JPEG that every reader can open, its ticks, and form mm → page px (N, 2) each."""

    file: Path
    wear: str
    ticked: Groups = field(repr=False)
    mm: Points = field(repr=False)
    px: Points = field(repr=False)


def choices(form: FormTemplate) -> list[FieldSpec]:
    """The fields that are answered with ticks."""
    return [spec for spec in form.fields if spec.options]


def draw_sheets(folder: Path, count: int, seed: int, form: FormTemplate, wears: Sequence[str] = WEARS) -> list[Sheet]:
    """Draw sheets filled in by typewriter, worn in turn; only fonts of the system are needed."""
    share = [count // len(wears) + (i < count % len(wears)) for i in range(len(wears))]
    sheets = []
    for number, (wear, some) in enumerate(zip(wears, share, strict=True)):
        if some:
            make_set(folder / wear, some, seed + number, load_stock(None, None, None), ("typed",), (wear,))
            sheets += load_sheets(folder / wear, form)
    return sheets


def load_sheets(folder: Path, form: FormTemplate) -> list[Sheet]:
    """The sheets of one drawn set."""
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [_sheet(folder, json.loads(line), form) for line in lines]


def _sheet(folder: Path, truth: Mapping[str, object], form: FormTemplate) -> Sheet:
    file = folder / str(truth["file"])
    values = truth["fields"]
    assert isinstance(values, Mapping)
    with np.load(file.with_suffix(".geom.npz")) as kept:
        mm, px = kept["mm"], kept["px"]
    inside = _among_fields(mm, form)
    ticked = {spec.id: as_ticked(values[spec.id]) for spec in choices(form)}
    return Sheet(_readable(file), str(truth["wear"]), ticked, mm[inside], px[inside])


def as_ticked(value: object) -> frozenset[str]:
    """The value of a choice (an option's id, several, or none) as a set."""
    if value is None:
        return frozenset()
    if isinstance(value, str):
        return frozenset({value})
    assert isinstance(value, Iterable)
    return frozenset(map(str, value))


def _among_fields(mm: Points, form: FormTemplate) -> NDArray[np.bool_]:
    """Which points lie where the form has something to fill in."""
    boxes = [box for spec in form.fields for box in spec.all_boxes]
    low = np.array([min(b.x for b in boxes), min(b.y for b in boxes)])
    high = np.array([max(b.right for b in boxes), max(b.bottom for b in boxes)])
    return np.asarray(((mm >= low) & (mm <= high)).all(axis=1))


def _readable(file: Path) -> Path:
    """The page as PNG where it is a TIFF: not every reader opens one."""
    if file.suffix != ".tif":
        return file
    with Image.open(file) as image:
        image.convert("L").save(file.with_suffix(".png"), dpi=image.info.get("dpi", (300, 300)))
    return file.with_suffix(".png")
