"""How well pages are placed: sheets drawn and worn on the fly, true geometry known, one table by kind of wear.

    python -m benchmarks.placing --seed 901 --sheets 20 [--kinds scan,folded,…] [--keep DIR]

Errors are those of every corner of every box and tick box, px at 300 dpi. A page is placed wrongly where a corner is
off by more than 2 mm in a field that is not in doubt (of a free area, as for a signature, its middle). Seconds are of
one thread's CPU. `--keep` saves the worst page of each kind with its boxes drawn.
"""

from __future__ import annotations

import argparse
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samples import photo, stress
from samples import wear as worn_as
from samples.draw import FORM, draw_sheet, load_stock
from samples.people import People
from samples.wear import Worn, wear
from scanner.forms.loading import blank_image, load_form
from scanner.layout.ink.extraction import InkPage, PrintModel, extract_page_ink
from scanner.layout.registration.alignment import to_grey
from scanner.layout.registration.reference import FormReference, build_reference
from scanner.layout.registration.register import register
from scanner.model import DPI, FieldLayout, FormTemplate, Page, PageRef, Registration

KINDS = (*worn_as.KINDS, *stress.KINDS, *photo.KINDS)
WRONG_PX = 2 * DPI / 25.4
"""A corner off by more, 2 mm, is wrong: a third of a row."""


@dataclass(slots=True)
class Row:
    """What became of the pages of one kind."""

    pages: int = 0
    placed: int = 0
    wrong: int = 0
    errors: list[NDArray[np.float64]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    doubted: int = 0
    reasons: list[str] = field(default_factory=list)
    worst: float = -1.0


def _off(points: NDArray[np.float64], found: Registration, worn: Worn) -> NDArray[np.float64]:
    """How far from their true places form points (N, 2; mm) are found, px at 300 dpi."""
    away = found.transform.to_page(points) - worn.to_page(points)
    return np.asarray(np.hypot(away[:, 0], away[:, 1]) * (DPI / 25.4) / found.transform.scale)


def _wrongly(form: FormTemplate, found: Registration, worn: Worn) -> bool:
    """Is a field that is not in doubt off by more than 2 mm? Of a free area the middle counts: it has no print."""
    for spec in form.fields:
        points = spec.corners
        if spec.layout is FieldLayout.AREA:
            points = points.mean(axis=0, keepdims=True)
        if spec.id not in found.review_fields and _off(points, found, worn).max() > WRONG_PX:
            return True
    return False


def worn_sheet(sheet: NDArray[np.uint8], kind: str, rng: np.random.Generator) -> Worn:
    """A sheet worn as any kind does it, and as its file would be read again."""
    if kind in photo.KINDS:
        worn = photo.photograph(sheet, kind, rng)
    elif kind in stress.KINDS:
        worn = stress.stress(sheet, kind, rng)
    else:
        worn = wear(sheet, kind, rng)
    if worn.suffix != ".jpg":
        return worn
    bgr = worn.image[..., ::-1] if worn.image.ndim == 3 else worn.image
    coded = cv2.imencode(".jpg", np.ascontiguousarray(bgr), [cv2.IMWRITE_JPEG_QUALITY, worn.quality])[1]
    image: Any = cv2.imdecode(coded, cv2.IMREAD_UNCHANGED)
    image = np.ascontiguousarray(image[..., ::-1]) if image.ndim == 3 else image
    return Worn(image, worn.to_page, worn.dpi, worn.suffix, worn.quality)


def placed_ink(
    image: NDArray[np.uint8], dpi: float, reference: FormReference, printed: PrintModel
) -> tuple[Registration, InkPage] | None:
    """Where the form lies on a drawn page and the page's ink; None where it could not be placed."""
    placed = register(Page(PageRef(Path("drawn.png"), 1, "0" * 64), image, dpi), reference)
    if not isinstance(placed, Registration):
        return None
    return placed, extract_page_ink(to_grey(image), placed.transform, printed)


def place(worn: Worn, reference: FormReference, row: Row, keep: Path | None) -> None:
    """Place one page and count it."""
    page = Page(PageRef(Path("drawn"), 1, "0" * 64), worn.image, worn.dpi)
    start = time.process_time()
    found = register(page, reference)
    row.seconds.append(time.process_time() - start)
    row.pages += 1
    if not isinstance(found, Registration):
        row.reasons.append(found.reason.code)
        if keep:
            _save(keep.with_name(f"{keep.name}-unplaced-{len(row.reasons)}.jpg"), worn.image)
        return
    away = _off(reference.form.corners, found, worn)
    row.placed += 1
    row.errors.append(away)
    row.doubted += len(found.review_fields)
    row.wrong += _wrongly(reference.form, found, worn)
    if away.max() > row.worst:
        row.worst = float(away.max())
        if keep:
            _save(keep.with_name(f"{keep.name}-worst.jpg"), _with_boxes(worn.image, found, reference.form))


def _with_boxes(image: NDArray[np.uint8], found: Registration, form: FormTemplate) -> NDArray[np.uint8]:
    out = image.copy() if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    for spec in form.fields:
        for box in spec.all_boxes:
            square = np.array([(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)])
            cv2.polylines(out, [np.round(found.transform.to_page(square)).astype(np.int32)], True, (220, 0, 0), 2)
    return out


def _save(path: Path, image: NDArray[np.uint8]) -> None:
    cv2.imwrite(str(path), image[..., ::-1] if image.ndim == 3 else image)


def measure(seed: int, sheets: int, kinds: list[str], keep: Path | None) -> dict[str, Row]:
    """Draw, wear and place; one row a kind. A page's wear hangs on the seed, its number and the kind alone."""
    form = load_form(FORM)
    blank = blank_image(form)
    reference, stock = build_reference(form, blank), load_stock(None, None, None)
    rows = {kind: Row() for kind in kinds}
    for number in range(sheets):
        rng = np.random.default_rng((seed, number))
        sheet = draw_sheet(form, blank, People(form, rng).draw().answers, stock.hand("typed", rng)).image
        for kind, row in rows.items():
            chance = np.random.default_rng((seed, number, zlib.crc32(kind.encode())))
            place(worn_sheet(sheet, kind, chance), reference, row, keep / f"{kind}" if keep else None)
    return rows


def line(kind: str, row: Row) -> str:
    """One line of the table."""
    every = np.concatenate(row.errors) if row.errors else np.full(1, np.nan)
    p50, p95, most = (float(np.percentile(every, q)) for q in (50, 95, 100))
    why = ", ".join(f"{row.reasons.count(r)} {r}" for r in sorted(set(row.reasons)))
    return (
        f"| {kind} | {row.pages} | {row.placed} | {row.wrong} | {p50:.2f} | {p95:.2f} | {most:.2f} "
        f"| {row.doubted} | {np.mean(row.seconds):.2f} | {why} |"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--sheets", type=int, default=10)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--keep", type=Path, help="a folder for the worst pages")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    rows = measure(options.seed, options.sheets, options.kinds.split(","), options.keep)
    print("| kind | pages | placed | wrong | p50 px | p95 px | max px | fields in doubt | s | not placed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind, row in rows.items():
        print(line(kind, row))


if __name__ == "__main__":
    main()
