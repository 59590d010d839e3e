"""Covered fields and seals: how many are sent to a person, and how many fields of ordinary sheets are as well.

    python -m benchmarks.covering --seed 911 --sheets 20 [--kinds scan,dark,photo] [--ordinary scan,grey,…]

Things are laid on drawn sheets (a finger, a clip, a note, a slip of white paper), the sheets worn, placed, and looked
at. A field counts as covered where 15 % of one of its boxes is. Seconds are CPU time of one thread for the look.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.placing import worn_sheet
from samples import objects
from samples.draw import FORM, draw_sheet, load_stock
from samples.people import People
from samples.stress import stamp
from samples.wear import Worn
from scanner.forms.loading import blank_image, load_form
from scanner.layout.ink.extraction import PrintModel, build_print_model, extract_page_ink
from scanner.layout.ink.line_occlusion import occluded_line_fields
from scanner.layout.ink.occlusion import occluded_fields
from scanner.layout.ink.stamps import Stamp, grey_stamps, red_stamps, remove_stamps, stamped_fields
from scanner.layout.registration.reference import FormReference, build_reference
from scanner.layout.registration.register import register
from scanner.model import PX_PER_MM, FieldSpec, Page, PageRef, Registration

ENOUGH = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was found of a page: occluded fields, fields with print missing beside them, and fields under stamps."""

    covered: frozenset[str]
    missing: frozenset[str]
    seals: tuple[Stamp, ...]
    stamped: frozenset[str]
    seconds: float


def look(worn: Worn, reference: FormReference, printed: PrintModel) -> Looked | None:
    """Place a page and look for what lies on it; None where it could not be placed."""
    page = Page(PageRef(Path("drawn"), 1, "0" * 64), worn.image, worn.dpi)
    placed = register(page, reference)
    if not isinstance(placed, Registration):
        return None
    start = time.process_time()
    transform = placed.transform
    seals = red_stamps(page.image, transform)
    spent = time.process_time() - start
    ink = extract_page_ink(remove_stamps(page.image, transform, seals), transform, printed)
    start = time.process_time()
    seals = seals or (grey_stamps(ink, reference.form.fields) if page.image.ndim == 2 else ())
    fields = reference.form.fields
    covered = frozenset(occluded_fields(page.image, transform, ink, fields, seals))
    spent += time.process_time() - start
    missing = frozenset({*placed.print_missing_fields, *occluded_line_fields(ink, fields)})
    return Looked(covered, missing, seals, stamped_fields(seals, fields), spent)


def share_covered(mask: NDArray[np.bool_], spec: FieldSpec) -> float:
    """The largest share of one of a field's boxes that a mask (300 dpi) covers."""
    shares = []
    for box in spec.all_boxes:
        r0, r1, c0, c1 = (round(v * PX_PER_MM) for v in (box.y, box.bottom, box.x, box.right))
        shares.append(float(mask[max(r0, 0) : r1, max(c0, 0) : c1].mean()))
    return max(shares)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--sheets", type=int, default=10)
    parser.add_argument("--kinds", default="scan,dark,photo,shadow")
    parser.add_argument("--ordinary", default="scan,grey,bilevel,turned,photo,dark,faint,lamp,shadow")
    parser.add_argument("--show", action="store_true", help="name the fields that were missed or doubted for nothing")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    form = load_form(FORM)
    blank = blank_image(form)
    reference, stock = build_reference(form, blank), load_stock(None, None, None)
    printed = build_print_model(blank, reference.text_centres)
    rows: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0, 0])
    for number in range(options.sheets):
        rng = np.random.default_rng((options.seed, number))
        sheet = draw_sheet(form, blank, People(form, rng).draw().answers, stock.hand("typed", rng)).image
        jobs = [(k, o) for o in (*objects.KINDS, "seal") for k in options.kinds.split(",")]
        jobs += [(k, "nothing") for k in options.ordinary.split(",")]
        for kind, thing in jobs:
            chance = np.random.default_rng((options.seed, number, zlib.crc32(f"{kind}{thing}".encode())))
            mask = np.zeros(sheet.shape[:2], bool)
            laid = sheet
            at = (chance.uniform(20, 190), chance.uniform(20, 275))
            if thing == "seal":
                laid = stamp(sheet, at, chance)
                true = stamped_fields([Stamp(at, 17.0, True)], form.fields)
            elif thing != "nothing":
                laid, mask = objects.lay(sheet, thing, at, chance)
                true = frozenset(f.id for f in form.fields if share_covered(mask, f) >= ENOUGH)
            else:
                true = frozenset()
            found = look(worn_sheet(laid, kind, chance), reference, printed)
            row = rows[f"{thing} | {kind}"]
            row[0] += 1
            if found is None:
                continue
            flagged = found.stamped if thing == "seal" else found.covered
            touched = true if thing == "seal" else {f.id for f in form.fields if share_covered(mask, f) > 0.01}
            wrong = (found.covered | found.stamped) - touched
            row[1] += 1
            row[2] += len(true)
            row[3] += len(true & flagged)
            row[4] += len(true & (flagged | found.missing))
            row[5] += len(wrong)
            row[6] += found.seconds
            if options.show and (true - flagged or wrong):
                print(
                    "#",
                    number,
                    kind,
                    thing,
                    "missed",
                    sorted(true - flagged - found.missing),
                    "for nothing",
                    sorted(wrong),
                )
    print("| on the sheet | wear | pages | placed | covered | flagged | or print missing | for nothing | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (pages, placed, covered, sent, either, needless, seconds) in rows.items():
        print(
            f"| {name} | {pages:.0f} | {placed:.0f} | {covered:.0f} | {sent:.0f} | {either:.0f} | {needless:.0f} "
            f"| {seconds / max(placed, 1):.2f} |"
        )


if __name__ == "__main__":
    main()
