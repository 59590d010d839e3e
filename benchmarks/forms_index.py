"""How well and how fast a page finds its printed page among many, and what that costs a worker.

python -m benchmarks.forms_index [--out out/forms-index]

Forms are drawn from seeds: the shipped one, its revisions with a row taken out or put in, others under its letterhead,
and forms of other offices. Pages are filled and worn. Each count of printed pages runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samples.draw import FORM, Pen, load_stock
from samples.drawn_forms import drawn_form
from samples.hands import Hand
from samples.wear import wear
from scanner.form_catalogue import FormCatalogue
from scanner.forms.drafting import draft_form
from scanner.forms.loading import FILE, blank_image, load_form, read_form
from scanner.intake.pages import Limits, open_page
from scanner.layout.registration.index import rank_pages
from scanner.model import PX_PER_MM, FieldLayout, FormTemplate, Page, PageRef

COUNTS = (1, 2, 5, 20, 50)
WEARS = ("scan", "fax", "upside down", "photo")
FOREIGN = 4
"""Forms beyond the largest count: their pages fit none and must be refused."""
ASKED = 12
"""Printed pages whose sheets come in, of those that are loaded."""
LETTERHEAD_MM, ROW_MM = 62.0, 7.5
"""Height of the shipped form's letterhead and of one of its rows."""

Gray = NDArray[np.uint8]


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/forms-index"))
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.alone:
        print(json.dumps(measure_count(options.alone, options.out)))
        return
    forms = make_forms(max(options.counts) + FOREIGN, options.out / "forms")
    for number, form in enumerate(forms):
        if number in numbers_with_pages(forms, options.counts):
            draw_pages(form, number, options.out / "pages")
    print("| printed pages | index, s | found, s | refused in, s | first | first two | right | refused | wrong |"
          " foreign refused | start, s | memory, MB |")  # fmt: skip
    print("| ---: " * 12 + "|", flush=True)
    for count in options.counts:
        command = [sys.executable, "-m", "benchmarks.forms_index", "--out", str(options.out), "--alone", str(count)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print("| " + " | ".join(str(v) for v in json.loads(done.stdout.splitlines()[-1])) + " |", flush=True)


def numbers_with_pages(forms: Sequence[FormTemplate], counts: Sequence[int]) -> set[int]:
    """The forms whose sheets are drawn."""
    wanted = set(range(len(forms) - FOREIGN, len(forms)))
    for count in counts:
        wanted |= numbers_asked(count)
    return wanted


def numbers_asked(count: int) -> set[int]:
    """Of so many forms those whose sheets come in, the shipped one and its relatives among them."""
    near = set(range(min(count, 5)))
    return near | {int(n) for n in np.linspace(0, count - 1, min(count, ASKED))}


def measure_count(count: int, out: Path) -> list[str]:
    """One row of the table: so many printed pages loaded in this process."""
    known = [read_form(path) for path in sorted((out / "forms").glob(f"*/{FILE}"))]
    started = time.process_time()
    catalogue = FormCatalogue(known[:count], {})
    start = time.process_time() - started
    first = two = right = refused = wrong = turned_away = foreign = pages = 0
    ranking: list[float] = []
    finding: list[float] = []
    turning_away: list[float] = []
    for number in sorted({*numbers_asked(count), *range(len(known) - FOREIGN, len(known))}):
        for wear_kind in WEARS:
            page = open_sheet(out / "pages" / f"{number:02d}-{wear_kind.replace(' ', '-')}.jpg")
            before = time.process_time()
            order = [c.number for c in rank_pages(page, catalogue.index)] if catalogue.index else [0]
            ranked = time.process_time()
            found = catalogue.register(page)
            (turning_away if number >= count else finding).append(time.process_time() - ranked)
            if number >= count:
                foreign += 1
                turned_away += not found.registration
                continue
            ranking.append(ranked - before)
            pages += 1
            first += order[0] == number
            two += number in order[:2]
            refused += not found.registration
            hit = found.form_page.form.id == known[number].id
            right += bool(found.registration) and hit
            if not (found.registration and hit):
                print(
                    known[number].id, wear_kind, order[:3], found.form_page.form.id, found.registration, file=sys.stderr
                )
            wrong += bool(found.registration) and not hit
    memory = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    return [
        str(count), f"{np.median(ranking) if count > 1 else 0:.3f}", f"{np.median(finding):.3f}",
        f"{np.median(turning_away):.3f}", f"{first}/{pages}", f"{two}/{pages}", f"{right}/{pages}", str(refused),
        str(wrong), f"{turned_away}/{foreign}", f"{start:.2f}", f"{memory:.0f}",
    ]  # fmt: skip


def open_sheet(path: Path) -> Page:
    """A page as any is opened."""
    page = open_page(PageRef(path), Limits())
    assert isinstance(page, Page)
    return page


# --- forms -------------------------------------------------------------------------------------------


def make_forms(count: int, folder: Path) -> list[FormTemplate]:
    """So many forms, drafted from blanks drawn here: the shipped one first, then its relatives, then others."""
    folder.mkdir(parents=True, exist_ok=True)
    shipped = np.array(blank_image(load_form(FORM)))
    forms = []
    for number in range(count):
        name = f"form-{number:02d}"
        if not (folder / name / FILE).is_file():
            blank = folder / f"{name}.png"
            Image.fromarray(_blank(number, shipped, folder)).save(blank, dpi=(300, 300))
            draft_form(blank, name, folder)
            blank.unlink()
        forms.append(read_form(folder / name / FILE))
    return forms


def _blank(number: int, shipped: Gray, folder: Path) -> Gray:
    """Numbers 0 to 2 are the shipped form and its two revisions, 3 to 9 others under its letterhead."""
    if number == 0:
        return shipped
    if number in (1, 2):
        return revised(shipped, taken_out=number == 1)
    if number > 9:
        return _drawn(number, folder)
    top, rest = round(LETTERHEAD_MM * PX_PER_MM), np.full_like(shipped, 255)
    other = next(b for b in (_drawn(100 * number + k, folder) for k in range(99)) if b.shape == shipped.shape)
    rest[:top] = shipped[:top]
    rest[top:] = other[top:]
    return rest


def revised(blank: Gray, *, taken_out: bool) -> Gray:
    """A later print of a form: one row less in the middle, or a new row at the foot of it."""
    row, out = round(ROW_MM * PX_PER_MM), blank.copy()
    middle = round(150 * PX_PER_MM)
    if taken_out:
        out[middle:-row] = blank[middle + row :]
        out[-row:] = 255
        return out
    foot = np.flatnonzero((blank < 128).any(axis=1)).max() + row
    out[foot : foot + row] = blank[middle : middle + row]
    return out


def _drawn(seed: int, folder: Path) -> Gray:
    path = folder / "drawn.pdf"
    drawn_form(path, seed)
    form = draft_form(path, "scratch", folder / ".scratch")
    picture = np.array(blank_image(form))
    for left in sorted((folder / ".scratch").rglob("*"), reverse=True):
        left.unlink() if left.is_file() else left.rmdir()
    path.unlink()
    return picture


# --- pages -------------------------------------------------------------------------------------------


def draw_pages(form: FormTemplate, number: int, folder: Path) -> None:
    """A filled sheet of a form in every wear."""
    folder.mkdir(parents=True, exist_ok=True)
    for turn, kind in enumerate(WEARS):
        path = folder / f"{number:02d}-{kind.replace(' ', '-')}.jpg"
        if path.is_file():
            continue
        rng = np.random.default_rng(1000 * number + turn)
        sheet = fill_sheet(form, load_stock(None, None, None).hand("typed", rng, "DejaVu Serif"))
        worn = wear(sheet, {"fax": "bilevel", "upside down": "scan"}.get(kind, kind), rng)
        image = np.rot90(worn.image, 2) if kind == "upside down" else worn.image
        Image.fromarray(np.ascontiguousarray(image)).save(path, quality=82, dpi=(worn.dpi, worn.dpi))


def fill_sheet(form: FormTemplate, hand: Hand) -> NDArray[np.uint8]:
    """A sheet with something in most fields, whatever they are; (rows, cols, 3) at 300 dpi."""
    pen = Pen(np.array(blank_image(form)), hand)
    for spec in form.fields:
        if hand.rng.random() < 0.2:
            continue
        if spec.layout is FieldLayout.TICKS:
            pen.tick(spec.options[int(hand.rng.integers(len(spec.options)))].box)
        elif spec.layout is FieldLayout.COMB:
            for cell in spec.boxes:
                pen.write_digit(str(hand.rng.integers(10)), cell)
        else:
            for box in spec.boxes:
                pen.write("12" if box.w < 20 else "Written here", box)
    return pen.image


if __name__ == "__main__":
    main()
