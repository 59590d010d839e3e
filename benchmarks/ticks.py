"""How ticks are read under stress: drawn, worn, placed, and read without any reading of text.

    python -m benchmarks.ticks --seed S --sheets N [--family 0|1] [--plain] [--wears scan,grey,bilevel,photo]

Prints for each kind of slip its groups, how many had the right value (or were ambiguous and went to a person), how
many went to a person, and how many were accepted with a wrong value. With --plain sheets are filled without slips.
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
from samples.draw import FORM, Pen, Stock, draw_sheet, load_stock
from samples.people import People
from samples.slips import KINDS, Slip, draw_slip, draw_tail, tails_of
from samples.wear import wear
from scanner.confidence.calibration import calibrate, load_calibration
from scanner.forms.loading import blank_image, load_form
from scanner.layout.ink.extraction import PrintModel, build_print_model
from scanner.layout.registration.reference import FormReference, build_reference
from scanner.model import FieldKind, FieldLayout, FieldReading, FormTemplate
from scanner.recognition.reading import read_choices

PLAIN_SHARE = 0.3
"""Of the groups, that are marked without a slip."""
ORDINARY = ("plain", "none", "choice", "choices")


@dataclass(frozen=True, slots=True)
class Bench:
    """What drawing and reading need."""

    form: FormTemplate
    blank: NDArray[np.uint8]
    reference: FormReference
    printed: PrintModel


def make_bench() -> Bench:
    """Load the form once."""
    form = load_form(FORM)
    blank = blank_image(form)
    reference = build_reference(form, blank)
    return Bench(form, blank, reference, build_print_model(blank, reference.text_centres))


def draw_stress(
    bench: Bench, stock: Stock, rng: np.random.Generator, family: int
) -> tuple[NDArray[np.uint8], dict[str, tuple[str, Slip]]]:
    """A sheet with writing and a slip in most groups: its image, and (kind, truth) a field of ticks."""
    form = bench.form
    hand = stock.hand(str(rng.choice(["typed", "font"])), rng)
    answers = People(form, rng).draw().answers
    groups = [f for f in form.fields if f.layout is FieldLayout.TICKS]
    written = draw_sheet(form, bench.blank, {**answers, **{f.id: None for f in groups}}, hand)
    pen = Pen(bench.blank, hand)
    pen.sheet = written.image.astype(np.float32)
    width = int(rng.integers(3, 8))
    truth: dict[str, tuple[str, Slip]] = {}
    tails = tails_of(form)
    for k in rng.permutation(len(tails))[:2]:
        tail = tails[int(k)]
        if tail.field in truth or tail.over_field in truth:
            continue
        draw_tail(pen, tail, width, family)
        spec = form.field(tail.field)
        truth[tail.field] = "tail", Slip(tail.option.id if spec.kind is FieldKind.CHOICE else (tail.option.id,))
        if tail.over_field != tail.field:
            slip = draw_slip(pen, form, form.field(tail.over_field), "plain", width, family, tail.over.id)
            truth[tail.over_field] = "tail_over", slip
    for spec in groups:
        if spec.id not in truth:
            kind = "plain" if rng.random() < PLAIN_SHARE else str(rng.choice(sorted(KINDS)))
            truth[spec.id] = kind, draw_slip(pen, form, spec, kind, width, family)
    return pen.image, truth


def draw_plain(
    bench: Bench, stock: Stock, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], dict[str, tuple[str, Slip]]]:
    """An ordinary sheet; its groups by kind of field."""
    hand = stock.hand(str(rng.choice(["typed", "font"])), rng)
    answers = People(bench.form, rng).draw().answers
    sheet = draw_sheet(bench.form, bench.blank, answers, hand)
    truth = {}
    for spec in bench.form.fields:
        if spec.layout is FieldLayout.TICKS:
            value = sheet.truth[spec.id]
            several = spec.kind is FieldKind.CHOICES
            truth[spec.id] = spec.kind.value, Slip(tuple(value or ()) if several else value)
    return sheet.image, truth


@dataclass(slots=True)
class Row:
    """Counts of one kind."""

    groups: int = 0
    right: int = 0
    reviewed: int = 0
    silent: int = 0

    def add(self, reading: FieldReading, slip: Slip) -> str:
        """Count a reading; "" where it was right, else what went wrong."""
        same = reading.value == slip.value
        right = same or (slip.ambiguous and reading.review)
        silent = not reading.review and (not same or slip.ambiguous)
        self.groups += 1
        self.right += right
        self.reviewed += reading.review
        self.silent += silent
        return "" if right and not silent else "silent" if silent else "wrong"


def show(rows: Mapping[str, Row]) -> None:
    """Print the table."""
    print(f"{'kind':16} groups  right   share  reviewed  silent")
    total = Row()
    for row in rows.values():
        for name in ("groups", "right", "reviewed", "silent"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    for kind, row in [*sorted(rows.items()), ("all", total)]:
        share, seen = row.right / max(row.groups, 1), row.reviewed / max(row.groups, 1)
        print(f"{kind:16} {row.groups:6} {row.right:6}  {share:.4f}    {seen:.4f}  {row.silent:6}")


def run(seed: int, sheets: int, family: int, wears: Sequence[str], *, plain: bool, fonts: Path | None) -> list[Any]:
    """Draw and read; prints the table, returns what went wrong."""
    cv2.setNumThreads(1)
    bench, stock, calibration = make_bench(), load_stock(fonts, None, None), load_calibration()
    rows: defaultdict[str, Row] = defaultdict(Row)
    wrong: list[Any] = []
    unplaced = 0
    for n in range(sheets):
        rng = np.random.default_rng([seed, n])
        image, truth = draw_plain(bench, stock, rng) if plain else draw_stress(bench, stock, rng, family)
        worn_as = wears[n % len(wears)]
        worn = wear(image, worn_as, rng)
        found = placed_ink(worn.image, worn.dpi, bench.reference, bench.printed)
        if found is None:
            unplaced += 1
            continue
        _, page = found
        for reading in calibrate(read_choices(bench.form, page).values(), bench.form, calibration):
            kind, slip = truth[reading.field]
            fault = rows[kind].add(reading, slip)
            if fault or (reading.review and kind in ORDINARY):
                marks = {m.option: [m.state.value, *(round(v, 3) for v in m.measures.values())] for m in reading.marks}
                wrong.append([n, worn_as, kind, reading.field, fault, slip.value, reading.value, marks])
    show(rows)
    print(f"{sheets - unplaced} sheets read, {unplaced} not placed")
    return wrong


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheets", type=int, default=50)
    parser.add_argument("--family", type=int, choices=(0, 1), default=0)
    parser.add_argument("--wears", default="scan,grey,bilevel,photo")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--fonts", type=Path)
    parser.add_argument("--wrong", type=Path, help="write what went wrong, a JSON line each")
    options = parser.parse_args()
    wrong = run(
        options.seed,
        options.sheets,
        options.family,
        options.wears.split(","),
        plain=options.plain,
        fonts=options.fonts,
    )
    if options.wrong:
        options.wrong.write_text("".join(json.dumps(line) + "\n" for line in wrong), encoding="utf-8")


if __name__ == "__main__":
    main()
