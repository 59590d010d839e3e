"""How struck-out entries are noticed and what is proposed: drawn, worn, placed, cut, and with --read also read.

    python -m benchmarks.strikes --seed S --sheets N [--family 0|1] [--plain] [--read] [--hands typed,font,real]

With --plain nothing is struck: lines and rows of cells taken for struck ones are false alarms. With --full neither, and
every wide line is a real one, every cell holds a real digit.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.placing import placed_ink
from samples.corrections import correct_line, strike_cell
from samples.draw import FORM, Pen, Stock, draw_sheet, load_stock, write_real_line
from samples.people import People
from samples.wear import wear
from scanner.confidence.calibration import calibrate
from scanner.forms.loading import load_form
from scanner.layout.ink.field_crops import cut_fields
from scanner.model import FieldLayout, FieldReading, FormTemplate
from scanner.pipeline import PageReader, build_reader
from scanner.recognition.reading import read_fields
from scanner.settings import load_settings

SHARE = 0.5
"""Of the lines, that are corrected."""
WIDE_MM = 70.0
"""A real line fits into a room this wide without being shrunk much."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a written field: how it was struck ("" where it was not), where the right value is, its truth."""

    style: str
    place: str
    value: Any


def draw_struck(
    form: FormTemplate, blank: NDArray[np.uint8], stock: Stock, kind: str, rng: np.random.Generator, family: int
) -> tuple[NDArray[np.uint8], dict[str, Entry]]:
    """A sheet on which about half of the lines, and one row of cells, were corrected."""
    hand = stock.hand(kind, rng)
    people = People(form, rng)
    answers, wrong = people.draw().answers, people.draw().answers
    lines = [f for f in form.fields if f.layout is FieldLayout.LINE]
    struck = {f.id for f in lines if answers[f.id] and rng.random() < SHARE}
    sheet = draw_sheet(form, blank, {k: None if k in struck else v for k, v in answers.items()}, hand)
    pen = Pen(blank, hand)
    pen.sheet = sheet.image.astype(np.float32)
    out = {f.id: Entry("", "", sheet.truth[f.id]) for f in form.fields if f.layout is not FieldLayout.TICKS}
    for spec in lines:
        if spec.id in struck:
            above = bool(rng.random() < 0.4)
            right = str(answers[spec.id])
            old = str(wrong[spec.id] or "Nguyễn Văn An")
            style = correct_line(pen, spec.boxes[0], old, right, family, above)
            out[spec.id] = Entry(style, "above" if above else "beside", right)
    combs = [f for f in form.fields if f.layout is FieldLayout.COMB and answers[f.id]]
    spec = combs[int(rng.integers(len(combs)))]
    filled = [b for b, _ in zip(spec.boxes, str(answers[spec.id]).replace("/", ""), strict=False)]
    if len(filled) > 4:
        strike_cell(pen, filled[int(rng.integers(len(filled)))], int(rng.integers(3, 7)), family)
        out[spec.id] = Entry("cell", "", None)
    return pen.image, out


def draw_unstruck(
    form: FormTemplate, blank: NDArray[np.uint8], stock: Stock, kind: str, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], dict[str, Entry]]:
    """An ordinary sheet."""
    sheet = draw_sheet(form, blank, People(form, rng).draw().answers, stock.hand(kind, rng))
    written = [f for f in form.fields if f.layout is not FieldLayout.TICKS and sheet.truth[f.id]]
    return sheet.image, {f.id: Entry("", "", sheet.truth[f.id]) for f in written}


def draw_full(
    form: FormTemplate, blank: NDArray[np.uint8], stock: Stock, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], dict[str, Entry]]:
    """A sheet full of real lines and real digits, without sense: only where they are taken for struck ones counts."""
    pen = Pen(blank, stock.hand("real", rng))
    out: dict[str, Entry] = {}
    for spec in form.fields:
        if spec.layout is FieldLayout.LINE and spec.boxes[0].w >= WIDE_MM:
            out[spec.id] = Entry("", "", write_real_line(pen, spec.boxes[0]))
        elif spec.layout is FieldLayout.COMB:
            digits = [str(rng.integers(10)) for _ in spec.boxes]
            for digit, cell in zip(digits, spec.boxes, strict=True):
                pen.write_digit(digit, cell)
            out[spec.id] = Entry("", "", "".join(digits))
    return pen.image, out


@dataclass(slots=True)
class Row:
    """Counts of one kind of entry."""

    entries: int = 0
    noticed: int = 0
    reviewed: int = 0
    right: int = 0
    silent: int = 0


def read_sheet(image: NDArray[np.uint8], dpi: float, reader: PageReader, *, read: bool) -> Mapping[str, Any] | None:
    """Field → (struck?, its reading or None); None where the sheet could not be placed."""
    seen = placed_ink(image, dpi, reader.reference, reader.print_model)
    if seen is None:
        return None
    placed, page = seen
    crops = cut_fields(page, reader.form.fields)
    found: dict[str, FieldReading] = {}
    if read:
        readings = read_fields(reader.form, page, crops, placed, reader.engines, reader.calibration, reader.lists)
        found = {r.field: r for r in calibrate(readings, reader.form, reader.calibration)}
    return {f: (c.struck, found.get(f)) for f, c in crops.items()}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheets", type=int, default=20)
    parser.add_argument("--family", type=int, choices=(0, 1), default=0)
    parser.add_argument("--hands", default="typed,font")
    parser.add_argument("--wears", default="scan,grey,bilevel,photo")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--read", action="store_true")
    for name in ("fonts", "digits", "handwriting", "wrong"):
        parser.add_argument(f"--{name}", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    stock = load_stock(options.fonts, options.digits, options.handwriting, (271, 302), None, (57_500, 60_000))
    wrong = run(options, stock)
    if options.wrong:
        options.wrong.write_text("".join(json.dumps(w, ensure_ascii=False) + "\n" for w in wrong), encoding="utf-8")


def run(options: argparse.Namespace, stock: Stock) -> list[Any]:
    """Draw, read, count; prints the table, returns what went wrong."""
    form = load_form(FORM)
    reader = build_reader(form, load_settings())
    rows: defaultdict[str, Row] = defaultdict(Row)
    wrong: list[Any] = []
    hands: Sequence[str] = options.hands.split(",")
    wears: Sequence[str] = options.wears.split(",")
    for n in range(options.sheets):
        rng = np.random.default_rng([options.seed, n])
        kind, worn_as = hands[n % len(hands)], wears[(n // len(hands)) % len(wears)]
        if options.full:
            image, entries = draw_full(form, reader.print_model.blank, stock, rng)
        elif options.plain:
            image, entries = draw_unstruck(form, reader.print_model.blank, stock, kind, rng)
        else:
            image, entries = draw_struck(form, reader.print_model.blank, stock, kind, rng, options.family)
        worn = wear(image, worn_as, rng)
        seen = read_sheet(worn.image, worn.dpi, reader, read=options.read)
        for field, entry in entries.items():
            if seen is None:
                break
            struck, reading = seen[field]
            name = f"{kind} {form.field(field).layout.value} {entry.style or 'unstruck'} {entry.place}"
            row = rows[name]
            row.entries += 1
            row.noticed += struck
            if reading is not None:
                row.reviewed += reading.review
                row.right += reading.value == entry.value
                row.silent += not reading.review and reading.value != entry.value
            if struck != bool(entry.style) or (struck and reading is not None and reading.value != entry.value):
                said = [reading.value, reading.raw, reading.review] if reading else []
                wrong.append([n, kind, worn_as, field, entry.style, entry.place, struck, entry.value, said])
    print(f"{'entries':36} count  noticed  reviewed  right  silent")
    for name, row in sorted(rows.items()):
        print(f"{name:36} {row.entries:5}  {row.noticed:7}  {row.reviewed:8}  {row.right:5}  {row.silent:6}")
    return wrong


if __name__ == "__main__":
    main()
