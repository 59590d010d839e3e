"""Draw filled sheets onto the blank itself, wear them, and write down the truth.

Real digits and real lines are used where their folders are given. The same seed draws the same sheets.
`samples/__main__.py` is the command line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samples.hands import INKS, TICKS, Hand, Ink, find_fonts, knows, load_digits, load_lines, system_font, tick
from samples.people import People
from samples.photographed import line_ink
from samples.wear import Worn, wear
from scanner.forms.loading import blank_image, load_form
from scanner.model import PX_PER_MM, Box, FieldLayout, FieldSpec, FormTemplate

TYPED = ("DejaVu Serif", "DejaVu Sans", "Noto Sans", "Noto Serif", "Liberation Serif", "Tinos")
HANDLIKE = (
    "patrick-hand", "pangolin", "mali", "itim", "sriracha", "playpen-sans", "dancing-script", "square-peg", "oooh-baby",
)  # fmt: skip
FORM = "mau-so-03"
ADDRESS = ("noi_thuong_tru", "noi_o_hien_tai", "dia_chi_lam_viec")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawn sheet: RGB (rows, cols, 3) at 300 dpi, its truth, and the fields no machine should be sure of."""

    image: NDArray[np.uint8] = field(repr=False)
    truth: dict[str, Any]
    unclear: tuple[str, ...] = ()


class Pen:
    """Puts ink on a sheet."""

    def __init__(self, blank: NDArray[np.uint8], hand: Hand) -> None:
        self.sheet = np.repeat(blank[..., None], 3, axis=2).astype(np.float32)
        self.hand, self.rng = hand, hand.rng

    def put(self, ink: Ink, x: float, y: float) -> None:
        """Ink with its top left at (x, y) px; what falls off the sheet is lost."""
        rows, cols = ink.shape
        top, left = round(y), round(x)
        r0, c0 = max(top, 0), max(left, 0)
        r1, c1 = min(top + rows, self.sheet.shape[0]), min(left + cols, self.sheet.shape[1])
        if r1 <= r0 or c1 <= c0:
            return
        cover = ink[r0 - top : r1 - top, c0 - left : c1 - left, None] * self.hand.strength
        colour = np.array(self.hand.ink, np.float32)
        self.sheet[r0:r1, c0:c1] = (
            self.sheet[r0:r1, c0:c1] * (1 - cover) + np.minimum(self.sheet[r0:r1, c0:c1], colour) * cover
        )

    def write(self, text: str, box: Box, *, indent: float = 2.0) -> float:
        """Text on the line of a box, shrunk where it would run out; returns where it ends (mm)."""
        hand = self.hand
        for shrink in (1.0, 0.93, 0.86, 0.78, 0.7, 0.62, 0.55):
            ink, base = replace(hand, size_mm=hand.size_mm * shrink).text(text, PX_PER_MM)
            if ink.shape[1] <= (box.w - indent + 1.5) * PX_PER_MM:
                break
        x = (box.x + indent + self.rng.uniform(-0.7, 0.7)) * PX_PER_MM
        line = (box.bottom - 1.0 - self.rng.uniform(0.5, 1.4)) * PX_PER_MM
        self.put(ink, x - hand.size_mm * PX_PER_MM / 2, line - base)
        return float((x + ink.shape[1]) / PX_PER_MM)

    def write_digit(self, digit: str, cell: Box) -> None:
        """A digit near the middle of a cell."""
        ink = self.hand.digit(digit, PX_PER_MM)
        loose = 0.0 if self.hand.kind == "typed" else 0.45
        x = (cell.x + cell.w / 2 + self.rng.normal(0, loose)) * PX_PER_MM - ink.shape[1] / 2
        y = (cell.y + cell.h / 2 + self.rng.normal(0, loose * 0.8)) * PX_PER_MM - ink.shape[0] / 2
        self.put(ink, x, y)

    def tick(self, box: Box, style: str | None = None) -> None:
        """A mark in a square, in one of the hand's styles."""
        chosen = style or str(self.rng.choice(self.hand.ticks))
        ink, (dx, dy) = tick(chosen, box.w * PX_PER_MM, self.rng)
        self.put(ink, box.x * PX_PER_MM + dx, box.y * PX_PER_MM + dy)

    def scribble_out(self, box: Box) -> None:
        """Cross a square out so that nobody takes it for an answer."""
        for _ in range(3):
            self.tick(box.grown(0.6, 0.6), "filled")

    def strike(self, box: Box, end_mm: float) -> None:
        """Strike through what was written on a line."""
        y = (box.bottom - 2.6) * PX_PER_MM
        length = max(60, round((end_mm - box.x - 1.5) * PX_PER_MM))
        ink = np.zeros((30, length), np.float32)
        cv2.line(
            ink,
            (2, 15 + int(self.rng.integers(-4, 5))),
            (length - 2, 15 + int(self.rng.integers(-4, 5))),
            1.0,
            4,
            cv2.LINE_AA,
        )
        self.put(ink, (box.x + 1.5) * PX_PER_MM, y - 15)

    def sign(self, box: Box) -> None:
        """A signature: one running stroke."""
        steps = self.rng.normal(0, 1, (26, 2)).cumsum(axis=0) * [30, 10] + [[14 * i, 0] for i in range(26)]
        points = steps - steps.min(axis=0) + 8
        size = np.ceil(points.max(axis=0)).astype(int) + 8
        ink = np.zeros((size[1], size[0]), np.float32)
        cv2.polylines(ink, [np.round(points).astype(np.int32).reshape(-1, 1, 2)], False, 1.0, 4, cv2.LINE_AA)
        scale = min(1.0, box.w * 0.7 * PX_PER_MM / size[0], box.h * 0.7 * PX_PER_MM / size[1])
        ink = np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
        self.put(ink, (box.x + box.w * 0.15) * PX_PER_MM, (box.y + 2) * PX_PER_MM)

    @property
    def image(self) -> NDArray[np.uint8]:
        """The sheet so far."""
        return np.clip(self.sheet, 0, 255).astype(np.uint8)


def draw_sheet(
    form: FormTemplate, blank: NDArray[np.uint8], answers: dict[str, Any], hand: Hand, *, slips: bool = False
) -> Sheet:
    """Fill the blank with a person's answers. With `slips`, now and then something is struck out or cancelled."""
    pen, truth, unclear = Pen(blank, hand), dict(answers), []
    for spec in form.fields:
        value = truth[spec.id]
        if spec.layout is FieldLayout.TICKS:
            if _draw_ticks(pen, spec, value, slips and hand.rng.random() < 0.05):
                unclear.append(spec.id)
        elif value in (None, False):
            continue
        elif spec.layout is FieldLayout.AREA:
            pen.sign(spec.boxes[0])
        elif spec.layout is FieldLayout.COMB:
            for digit, cell in zip(*_in_cells(str(value), spec), strict=True):
                pen.write_digit(digit, cell)
        elif spec.layout is FieldLayout.PARTS:
            parts = str(value).split("/")
            for part, box in zip(parts, spec.boxes[-len(parts) :], strict=True):
                pen.write(part, box, indent=1.2)
        elif spec.id in ADDRESS and hand.lines:
            truth[spec.id] = write_real_line(pen, spec.boxes[0])
        else:
            end = pen.write(str(value), spec.boxes[0])
            if slips and hand.rng.random() < 0.04:
                pen.strike(spec.boxes[0], end)
                unclear.append(spec.id)
    return Sheet(pen.image, truth, tuple(unclear))


def _in_cells(value: str, spec: FieldSpec) -> tuple[str, Sequence[Box]]:
    digits = value.replace("/", "")
    # a year alone stands in the last four cells of a date
    return digits, spec.boxes[-len(digits) :] if spec.kind.value == "date" else spec.boxes[: len(digits)]


def _draw_ticks(pen: Pen, spec: FieldSpec, value: Any, slip: bool) -> bool:
    chosen = [value] if isinstance(value, str) else list(value or [])
    for option in spec.options:
        if option.id in chosen:
            pen.tick(option.box)
    wrong = [o for o in spec.options if o.id not in chosen]
    if slip and chosen and wrong:
        pen.tick(wrong[0].box)
        pen.scribble_out(wrong[0].box)
        return True
    return False


def write_real_line(pen: Pen, box: Box) -> str:
    """One of the hand's real lines, shrunk where none fits; returns its text."""
    room = (box.w - 3) * PX_PER_MM
    order = pen.rng.permutation(len(pen.hand.lines))
    for k in order:
        path, text = pen.hand.lines[int(k)]
        ink = line_ink(path, round(pen.rng.uniform(5.6, 7.2) * PX_PER_MM))
        if ink.shape[1] <= room:
            break
    else:
        path, text = pen.hand.lines[int(order[0])]
        ink = line_ink(path, round(6.0 * PX_PER_MM))
        ink = np.asarray(cv2.resize(ink, (int(room), ink.shape[0]), interpolation=cv2.INTER_AREA), np.float32)
    y = (box.bottom - 0.2) * PX_PER_MM - ink.shape[0] + pen.rng.uniform(-6, 6)
    pen.put(ink, (box.x + 1.5) * PX_PER_MM, y)
    return text


# --- sets --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stock:
    """The fonts and real writing that hands are made of."""

    typed: dict[str, Path]
    handlike: dict[str, Path]
    digits: dict[int, NDArray[np.uint8]]
    lines: list[tuple[Path, str]]

    def hand(self, kind: str, rng: np.random.Generator, name: str | None = None) -> Hand:
        """A new person's hand of a kind: "typed", "font" or "real"."""
        fonts = self.typed if kind == "typed" else self.handlike
        chosen = name or str(rng.choice(sorted(fonts)))
        ink = INKS[0] if kind == "typed" else INKS[int(rng.integers(len(INKS)))]
        size = rng.uniform(3.7, 4.5) if kind == "typed" else rng.uniform(4.3, 5.6)
        ticks = tuple(str(t) for t in rng.choice(TICKS, 2, replace=False))
        real = kind == "real"
        return Hand(
            kind, fonts[chosen], rng, float(size), float(rng.normal(0, 0.08)), ink, float(rng.uniform(0.85, 1.0)),
            ticks, self.digits if real else {}, self.lines if real else [],
        )  # fmt: skip


def make_set(
    out: Path, count: int, seed: int, stock: Stock, hands: Sequence[str], wears: Sequence[str], *, slips: bool = False
) -> None:
    """Draw and wear `count` sheets into a folder, with truth.jsonl and the true geometry of each (NAME.geom.npz)."""
    out.mkdir(parents=True, exist_ok=True)
    form = load_form(FORM)
    blank = blank_image(form)
    rng = np.random.default_rng(seed)
    people = People(form, rng)
    with (out / "truth.jsonl").open("w", encoding="utf-8") as truth:
        for n in range(count):
            kind, worn_as = hands[n % len(hands)], str(wears[int(rng.integers(len(wears)))])
            sheet = draw_sheet(form, blank, people.draw().answers, stock.hand(kind, rng), slips=slips)
            worn = wear(sheet.image, worn_as, rng)
            name = f"{n:04}_{kind}_{worn_as}"
            save(worn, out / (name + worn.suffix))
            grid = np.stack(np.meshgrid(np.arange(5, 206, 10.0), np.arange(5, 293, 10.0)), -1).reshape(-1, 2)
            np.savez(out / f"{name}.geom.npz", mm=grid, px=worn.to_page(grid))
            line = {"file": name + worn.suffix, "hand": kind, "wear": worn_as, "fields": sheet.truth}
            truth.write(
                json.dumps(line | ({"unclear": sheet.unclear} if sheet.unclear else {}), ensure_ascii=False) + "\n"
            )


def save(worn: Worn, path: Path) -> None:
    """Write a worn page as its kind is kept: PNG, JPEG, bilevel TIFF."""
    image = Image.fromarray(worn.image)
    if path.suffix == ".tif":
        image.convert("1").save(path, compression="group4", dpi=(worn.dpi, worn.dpi))
    elif path.suffix == ".jpg":
        image.save(path, quality=worn.quality, dpi=(worn.dpi, worn.dpi))
    else:
        image.save(path, dpi=(worn.dpi, worn.dpi))


def load_stock(
    fonts: Path | None,
    digits: Path | None,
    handwriting: Path | None,
    sheets: tuple[int, int] = (0, 999),
    odd: int | None = None,
    images: tuple[int, int] = (0, 60_000),
    hand_fonts: Path | None = None,
) -> Stock:
    """What is at hand. `odd` keeps every other font only (0 or 1), so that sets can be drawn with different ones."""
    test = "Nguyễn Ỷ Đắk ượ ỗ 0123456789,/"
    typed = {
        name: path for name in TYPED if (path := system_font(name)) and path.suffix == ".ttf" and knows(path, test)
    }
    handlike = find_fonts(fonts, list(HANDLIKE)) if fonts else {}
    if fonts:
        typed |= find_fonts(fonts, ["tinos"])
    handlike = {name: path for name, path in handlike.items() if knows(path, test)}
    if odd is not None:
        typed = dict(sorted(typed.items())[odd::2]) or typed
        handlike = dict(sorted(handlike.items())[odd::2]) or handlike
    if hand_fonts:
        handlike = {path.stem: path for path in sorted(hand_fonts.glob("*.ttf"))}
    return Stock(
        typed,
        handlike or typed,
        load_digits(digits, *images) if digits else {},
        load_lines(handwriting, *sheets) if handwriting else [],
    )
