"""Blank forms drawn from seeds, with the truth about everything they offer to write in (mm from the top left)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import reportlab
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from scanner.model import Box

LINE_STYLES = ("dots", "wide dots", "round dots", "dashes", "solid", "periods", "spaced periods", "underscores", "grey")
LEADING_MM = 7.0
"""From line to line; a box to write in is as high at most."""
WORDS = (
    "Full name", "Address", "Mobile", "Occupation", "Place of work", "Ethnic group", "Village", "Issued by",
    "Main skill", "Household", "Filled in by", "District", "Diploma", "Office", "Nationality", "Remarks",
)  # fmt: skip
RUNNING = (
    "I declare that the above is right, i.e. complete and signed in person; missing items are marked below.",
    "(Fill in with block letters. Items in italics ... are filled in by the office, in ink, within five days.)",
)


@dataclass(frozen=True)
class Truth:
    """What one drawn form offers."""

    lines: list[Box] = field(default_factory=list)
    parts: list[tuple[Box, ...]] = field(default_factory=list)
    combs: list[tuple[Box, ...]] = field(default_factory=list)
    choices: list[tuple[Box, ...]] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


@cache
def _font() -> str:
    pdfmetrics.registerFont(TTFont("Vera", str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")))
    return "Vera"


class Paper:
    """A sheet under the pen; everything in mm from the top left, y of text and lines is the baseline."""

    def __init__(self, path: Path, size: tuple[float, float] = (210, 297), points: float = 10) -> None:
        self.size, self.points, self.truth = size, points, Truth()
        self._canvas = Canvas(str(path), pagesize=(size[0] * mm, size[1] * mm), invariant=True)

    def text(self, x: float, y: float, words: str, points: float | None = None) -> float:
        """Print words; the x where they end."""
        size = points or self.points
        self._canvas.setFont(_font(), size)
        self._canvas.drawString(x * mm, self._up(y), words)
        return x + float(pdfmetrics.stringWidth(words, _font(), size) / mm)

    def centred(self, y: float, words: str, points: float) -> tuple[float, float]:
        """Print words in the middle of the sheet; their first and last x."""
        width = float(pdfmetrics.stringWidth(words, _font(), points)) / mm
        x = (self.size[0] - width) / 2
        return x, self.text(x, y, words, points)

    def rule(self, x0: float, x1: float, y: float, style: str = "solid") -> tuple[float, float, float]:
        """A line to write on, in one of LINE_STYLES; its first and last x and its height as inked."""
        c = self._canvas
        if style in ("periods", "spaced periods", "underscores"):
            unit = {"periods": ".", "spaced periods": ". ", "underscores": "_"}[style]
            step = float(pdfmetrics.stringWidth(unit, _font(), self.points)) / mm
            count = int((x1 - x0) / step)
            end = self.text(x0, y, unit * count)
            em = self.points * 25.4 / 72
            if style == "underscores":
                return x0, end, y + 0.21 * em
            return x0 + 0.107 * em, end - 0.107 * em - (step / 2 if style == "spaced periods" else 0), y - 0.062 * em
        dash: tuple[float, ...] = {
            "dots": (0.75, 0.75), "wide dots": (0.8, 3.2), "round dots": (0.01, 2.4), "dashes": (4, 2.5),
        }.get(style, ())  # fmt: skip
        c.saveState()
        c.setLineWidth({"round dots": 1.1, "solid": 0.5}.get(style, 0.75))
        c.setLineCap(1 if style == "round dots" else 0)
        c.setStrokeGray(0.6 if style == "grey" else 0.1)
        c.setDash(dash)
        c.line(x0 * mm, self._up(y), x1 * mm, self._up(y))
        c.restoreState()
        return x0, x1, y

    def square(self, x: float, y: float, side: float, points: float = 0.75) -> Box:
        """A tick box standing on the baseline y; its outer edge."""
        half = points / mm / 2
        self.frame(Box(x, y - side, side, side), points)
        return Box(x, y - side, side, side).grown(half, half)

    def frame(self, box: Box, points: float = 0.6, dash: Sequence[float] = (), grey: float = 0.0) -> None:
        """A rectangle whose walls' middles lie on the box's edges."""
        self._canvas.saveState()
        self._canvas.setLineWidth(points)
        self._canvas.setDash(*([list(dash)] if dash else []))
        self._canvas.setStrokeGray(grey)
        self._canvas.rect(box.x * mm, self._up(box.bottom), box.w * mm, box.h * mm)
        self._canvas.restoreState()

    def wall(self, x: float, y0: float, y1: float, points: float = 0.6) -> None:
        """An upright stroke."""
        self._canvas.setLineWidth(points)
        self._canvas.line(x * mm, self._up(y0), x * mm, self._up(y1))

    def turn(self) -> None:
        """Go on to the next page."""
        self._canvas.showPage()

    def done(self) -> Truth:
        """Write the PDF."""
        self._canvas.showPage()
        self._canvas.save()
        return self.truth

    def _up(self, y: float) -> float:
        return float((self.size[1] - y) * mm)

    # --- what can be filled in; each draws and remembers the truth ---

    def answer(self, x0: float, x1: float, y: float, style: str, height: float = LEADING_MM) -> None:
        self.truth.lines.append(writing_box(*self.rule(x0, x1, y, style), height))

    def date(self, x: float, y: float, style: str, between: Sequence[str], widths: Sequence[float]) -> float:
        """Short lines with words or slashes between them."""
        parts = []
        for number, width in enumerate(widths):
            first, last, level = self.rule(x, x + width, y, style)
            parts.append(writing_box(first, last, level, LEADING_MM))
            x = last + 0.4
            if number < len(between):
                x = self.text(x, y, between[number]) + 0.4
        self.truth.parts.append(tuple(parts))
        return x

    def comb(
        self, x: float, y: float, cell: tuple[float, float], groups: Sequence[int], gap: float, inner: float = 0.0,
        separator: str = "", dash: Sequence[float] = (), grey: float = 0.0,
    ) -> float:  # fmt: skip
        """Cells standing on y, `inner` mm apart, groups `gap` mm apart with an optional separator between."""
        cells = []
        for number, count in enumerate(groups):
            for _ in range(count):
                cells.append(Box(x, y - cell[1], *cell))
                self.frame(cells[-1], dash=dash, grey=grey)
                x += cell[0] + inner
            if number < len(groups) - 1:
                if separator:
                    width = float(pdfmetrics.stringWidth(separator, _font(), self.points)) / mm
                    self.text(x - inner + (gap - width) / 2, y - 1.3, separator)
                x += gap - inner
        self.truth.combs.append(tuple(cells))
        return x

    def open_comb(self, x: float, y: float, pitch: float, count: int, height: float) -> None:
        """A base line with short upright strokes, open at the top."""
        self.rule(x, x + pitch * count, y, "solid")
        for i in range(count + 1):
            self.wall(x + pitch * i, y - height, y)
        self.truth.combs.append(tuple(Box(x + pitch * i, y - height, pitch, height) for i in range(count)))

    def choice(self, rows: Sequence[Sequence[str]], x: float, y: float, side: float, step: float, pitch: float) -> None:
        """Squares with a label to the right of each, in rows; one group."""
        boxes = []
        for r, labels in enumerate(rows):
            for c, label in enumerate(labels):
                boxes.append(self.square(x + c * step, y + r * pitch, side))
                self.text(x + c * step + side + 1.2, y + r * pitch, label)
        self.truth.choices.append(tuple(boxes))

    def box(self, box: Box) -> None:
        self.frame(box)
        self.truth.boxes.append(box)


def writing_box(x0: float, x1: float, y: float, height: float) -> Box:
    """The convention used here: up to the print above a line, at most 7 mm, and to 1 mm below it."""
    height = min(height, LEADING_MM)
    return Box(x0, y + 1.0 - height, x1 - x0, height)


# --- a whole form from a seed ------------------------------------------------------------------------


def drawn_form(path: Path, seed: int) -> Truth:
    """A one-page form: headings, running text and about thirty fields in the style that the seed chose."""
    chance = random.Random(seed)
    size = chance.choice([(210.0, 297.0), (215.9, 279.4), (148.0, 210.0)])
    paper = Paper(path, size, points=chance.choice([8.5, 9.5, 11]))
    style, side = chance.choice(LINE_STYLES), chance.uniform(2.6, 4.6)
    cell = (chance.uniform(4.2, 6.5), chance.uniform(5.0, 7.5))
    pitch = chance.uniform(max(7.4, cell[1] + 1.6), 10.5)
    left, right = 15.0, size[0] - 15.0
    y = _heading(paper, chance)
    rows: list[Callable[[float], float]] = [
        lambda y: _one_line(paper, chance, left, right, y, style),
        lambda y: _two_lines(paper, chance, left, right, y, style),
        lambda y: _ticks(paper, chance, left, right, y, side, pitch),
        lambda y: _comb(paper, chance, left, y, cell),
        lambda y: _date(paper, chance, left, y, style),
    ]
    number = 0
    while y < size[1] - 22 - 2 * pitch:
        y = rows[number % len(rows) if number < len(rows) else chance.randrange(len(rows))](y) + pitch
        number += 1
    paper.text(left, size[1] - 12, RUNNING[0][: int(size[0] / 2.4)], 7)
    return paper.done()


def _heading(paper: Paper, chance: random.Random) -> float:
    x0, x1 = paper.centred(16, "REPUBLIC OF EXAMPLES", 11)
    paper.rule(x0, x1, 17.2)  # an underline
    x0, x1 = paper.centred(22, "Freedom - Order - Paper", 9.5)
    paper.rule((x0 + x1) / 2 - 15, (x0 + x1) / 2 + 15, 24.4)  # an ornament
    paper.centred(32, chance.choice(["DECLARATION OF WORK", "INFORMATION SHEET"]), 14)
    paper.text(15, 39, RUNNING[1][: int(paper.size[0] / 2.4)], 7.5)
    return 49.0


def _one_line(paper: Paper, chance: random.Random, left: float, right: float, y: float, style: str) -> float:
    x = paper.text(left, y, f"{chance.randint(1, 19)}. {chance.choice(WORDS)}: ")
    paper.answer(x, right, y, style)
    return y


def _two_lines(paper: Paper, chance: random.Random, left: float, right: float, y: float, style: str) -> float:
    middle = (left + right) / 2 + chance.uniform(-8, 8)
    x = paper.text(left, y, f"{chance.choice(WORDS)}: ")
    paper.answer(x, middle - 2, y, style)
    x = paper.text(middle, y, f"{chance.choice(WORDS)}: ")
    paper.answer(x, right, y, style)
    return y


def _ticks(
    paper: Paper, chance: random.Random, left: float, right: float, y: float, side: float, pitch: float
) -> float:
    paper.text(left, y, f"{chance.randint(1, 19)}. {chance.choice(WORDS)} (one answer):")
    step = (right - left - 10) / 3
    rows = [["Yes, it is", "No, it is not", "Other"]] * chance.choice([1, 2])
    paper.choice(rows, left + 5, y + pitch, side, step, pitch)
    return y + pitch * len(rows)


def _comb(paper: Paper, chance: random.Random, left: float, y: float, cell: tuple[float, float]) -> float:
    groups, gap, separator = chance.choice(
        [((9,), 0.0, ""), ((3, 3, 3), 2.5, ""), ((2, 2, 4), 3.4, "/"), ((10,), 0, "")]
    )
    x = paper.text(left, y, f"{chance.choice(WORDS)}: ")
    paper.comb(x + 2, y + 1.2, cell, groups, gap, chance.choice([0.0, 0.0, 1.0]), separator)
    return y + 1.2


def _date(paper: Paper, chance: random.Random, left: float, y: float, style: str) -> float:
    words = chance.choice([(" / ", " / "), ("month", "year"), ("/", "/")])
    x = paper.text(left, y, "Date: ")
    paper.date(x, y, style, words, (chance.uniform(9, 12), chance.uniform(9, 12), chance.uniform(13, 18)))
    return y
