"""The sheets that come with the project: which, from which seed, worn how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from samples.draw import FORM, Sheet, draw_sheet, load_stock, save
from samples.people import People
from samples.wear import Worn, wear
from scanner.forms.loading import blank_image, load_form

SEED = 2024
SINGLE = (
    ("01-typed-clean", "typed", "clean"), ("02-typed-scan", "typed", "scan"), ("03-hand-scan", "font", "scan"),
    ("04-hand-turned", "font", "turned"), ("05-typed-turned", "typed", "turned"),
    ("06-hand-grey-200dpi", "font", "grey"),
    ("07-typed-fax", "typed", "bilevel"), ("08-hand-photo", "font", "photo"), ("09-typed-dark", "typed", "dark"),
    ("10-hand-slips", "slips", "scan"),
)  # fmt: skip
PILE = ("typed", "font", "typed", "font", "slips")
"""The 6-page PDF: these five sheets, and a blank page where the feeder took an empty sheet."""
SHIPPED_FONTS = ("patrick-hand", "mali", "itim")


def ship(folder: Path, fonts: Path | None) -> None:
    """Draw the shipped sheets and their truth into a folder."""
    form = load_form(FORM)
    blank = np.array(blank_image(form))
    rng = np.random.default_rng(SEED)
    people = People(form, rng)
    stock = load_stock(fonts, None, None)
    stock.handlike = {n: p for n, p in stock.handlike.items() if n in SHIPPED_FONTS} or stock.handlike
    lines = []

    def one(kind: str) -> Sheet:
        hand = stock.hand("font" if kind == "slips" else kind, rng)
        return draw_sheet(form, blank, people.draw().answers, hand, slips=kind == "slips")

    for name, kind, worn_as in SINGLE:
        sheet = one(kind)
        worn = wear(sheet.image, worn_as, rng)
        save(_lighter(worn), folder / (name + worn.suffix))
        lines.append(_line(name + worn.suffix, sheet, kind, worn_as))
    pages = []
    for number, kind in enumerate(PILE, 1):
        sheet = one(kind)
        pages.append(Image.fromarray(wear(sheet.image, "grey" if number % 2 else "scan", rng).image).convert("L"))
        lines.append(_line("11-pile.pdf", sheet, kind, "scan") | {"page": number if number < 4 else number + 1})
    empty = np.clip(rng.normal(243, 2, (2339, 1654)), 0, 255).astype(np.uint8)
    pages.insert(3, Image.fromarray(empty))
    _pdf(pages, folder / "11-pile.pdf")
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _line(name: str, sheet: Sheet, kind: str, worn_as: str) -> dict[str, Any]:
    line = {"file": name, "hand": "font" if kind == "slips" else kind, "wear": worn_as, "fields": sheet.truth}
    return line | ({"unclear": list(sheet.unclear)} if sheet.unclear else {})


def _lighter(worn: Worn) -> Worn:
    """The repository keeps its samples small: coarser JPEG, no colour where none is seen."""
    return Worn(worn.image, worn.to_page, worn.dpi, worn.suffix, min(worn.quality, 62))


def _pdf(pages: list[Image.Image], path: Path) -> None:
    """An image-only PDF, as a scanner's feeder makes it."""
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=200, quality=55, producer="", creator="")
