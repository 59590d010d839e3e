"""Covered fields and seals: how many are sent to a person, and how many fields of ordinary sheets are as well.

    python -m benchmarks.covering --seed 911 --sheets 20 [--kinds scan,dark,photo] [--ordinary scan,grey,…]

Things are laid on drawn sheets (a finger, a clip, a note, a slip of white paper), the sheets worn, placed, and looked
at. A field counts as covered where 15 % of one of its boxes is. Seconds are CPU time of one thread for the look.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Sequence
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

MIN_SHARE, TOUCHED = 0.15, 0.01
"""Share of one box from which on a field counts as covered, and below which it counts as free."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found of a page: occluded fields, fields with print missing beside them, and fields under stamps."""

    covered: frozenset[str]
    missing: frozenset[str]
    stamped: frozenset[str]
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A sheet with something on it: fields that are covered by it, and all that it touches."""

    image: NDArray[np.uint8]
    covered: frozenset[str]
    touched: frozenset[str]


@dataclass(slots=True)
class Row:
    """Counts of one thing in one wear."""

    pages: int = 0
    placed: int = 0
    covered: int = 0
    flagged: int = 0
    flagged_or_missing: int = 0
    needless: int = 0
    seconds: float = 0.0


def find(worn: Worn, reference: FormReference, printed: PrintModel) -> Found | None:
    """Place a page and find what lies on it; None where it could not be placed."""
    page = Page(PageRef(Path("drawn"), 1, "0" * 64), worn.image, worn.dpi)
    placed = register(page, reference)
    if not isinstance(placed, Registration):
        return None
    start = time.process_time()
    fields, transform = reference.form.fields, placed.transform
    stamps = red_stamps(page.image, transform)
    spent = time.process_time() - start
    ink = extract_page_ink(remove_stamps(page.image, transform, stamps), transform, printed)
    start = time.process_time()
    stamps = stamps or (grey_stamps(ink, fields) if page.image.ndim == 2 else ())
    covered = frozenset(occluded_fields(page.image, transform, ink, fields, stamps))
    spent += time.process_time() - start
    missing = frozenset({*placed.print_missing_fields, *occluded_line_fields(ink, fields)})
    return Found(covered, missing, stamped_fields(stamps, fields), spent)


def share_covered(mask: NDArray[np.bool_], spec: FieldSpec) -> float:
    """The largest share of one of a field's boxes that a mask (300 dpi) covers."""
    shares = []
    for box in spec.all_boxes:
        r0, r1, c0, c1 = (round(v * PX_PER_MM) for v in (box.y, box.bottom, box.x, box.right))
        shares.append(float(mask[max(r0, 0) : r1, max(c0, 0) : c1].mean()))
    return max(shares)


def lay(sheet: NDArray[np.uint8], thing: str, fields: Sequence[FieldSpec], rng: np.random.Generator) -> Laid:
    """Lay a thing anywhere on a sheet; "nothing" leaves it as it is."""
    at = (rng.uniform(20, 190), rng.uniform(20, 275))
    if thing == "seal":
        image, under = stamp(sheet, at, rng), stamped_fields([Stamp(at, 17.0, True)], fields)
        return Laid(image, under, under)
    if thing == "nothing":
        return Laid(sheet, frozenset(), frozenset())
    image, mask = objects.lay(sheet, thing, at, rng)
    shares = {f.id: share_covered(mask, f) for f in fields}
    covered, touched = (frozenset(f for f, v in shares.items() if v >= share) for share in (MIN_SHARE, TOUCHED))
    return Laid(image, covered, touched)


def count(row: Row, laid: Laid, found: Found | None, thing: str) -> tuple[frozenset[str], frozenset[str]]:
    """Count one page; the fields that were missed, and those that were flagged for nothing."""
    row.pages += 1
    if found is None:
        return frozenset(), frozenset()
    flagged = found.stamped if thing == "seal" else found.covered
    needless = (found.covered | found.stamped) - laid.touched
    row.placed += 1
    row.covered += len(laid.covered)
    row.flagged += len(laid.covered & flagged)
    row.flagged_or_missing += len(laid.covered & (flagged | found.missing))
    row.needless += len(needless)
    row.seconds += found.seconds
    return laid.covered - flagged - found.missing, needless


def measure(seed: int, sheets: int, kinds: Sequence[str], ordinary: Sequence[str], *, show: bool) -> dict[str, Row]:
    """Draw, cover, wear, place and look; one row for each thing and wear."""
    form = load_form(FORM)
    blank = blank_image(form)
    reference, stock = build_reference(form, blank), load_stock(None, None, None)
    printed = build_print_model(blank, reference.text_centres)
    jobs = [(kind, thing) for thing in (*objects.KINDS, "seal") for kind in kinds]
    jobs += [(kind, "nothing") for kind in ordinary]
    rows = {f"{thing} | {kind}": Row() for kind, thing in jobs}
    for number in range(sheets):
        rng = np.random.default_rng((seed, number))
        sheet = draw_sheet(form, blank, People(form, rng).draw().answers, stock.hand("typed", rng)).image
        for kind, thing in jobs:
            chance = np.random.default_rng((seed, number, zlib.crc32(f"{kind}{thing}".encode())))
            laid = lay(sheet, thing, form.fields, chance)
            found = find(worn_sheet(laid.image, kind, chance), reference, printed)
            missed, needless = count(rows[f"{thing} | {kind}"], laid, found, thing)
            if show and (missed or needless):
                print("#", number, kind, thing, "missed", sorted(missed), "for nothing", sorted(needless))
    return rows


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--sheets", type=int, default=10)
    parser.add_argument("--kinds", default="scan,dark,photo,shadow")
    parser.add_argument("--ordinary", default="scan,grey,bilevel,turned,photo,dark,faint,lamp,shadow")
    parser.add_argument("--show", action="store_true", help="name the fields that were missed or flagged for nothing")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    kinds, ordinary = options.kinds.split(","), options.ordinary.split(",")
    rows = measure(options.seed, options.sheets, kinds, ordinary, show=options.show)
    print("| on the sheet | wear | pages | placed | covered | flagged | or print missing | for nothing | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, row in rows.items():
        print(
            f"| {name} | {row.pages} | {row.placed} | {row.covered} | {row.flagged} | {row.flagged_or_missing} "
            f"| {row.needless} | {row.seconds / max(row.placed, 1):.2f} |"
        )


if __name__ == "__main__":
    main()
