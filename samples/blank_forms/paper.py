"""A blank under the pen: everything that is drawn is remembered, so that the true fields are known.

Millimetres from the top left; y of text and of lines is the baseline. What counts as a field's true place:

line    the printed line from its first to its last ink; upwards the room one writes in, from 1 mm below the middle of
        the line to the lowest print above it, 7 mm at most and 3.5 mm at least
parts   the same for each of the short lines of a date
cells   the cells of a comb, or of a date in cells, at the middle of their walls
ticks   the squares' outer edges
box     a free box's inner edges; cells of a table that are to be filled are such boxes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont as Outlines
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from scanner.model import Box, FieldKind, FieldLayout

BELOW_MM, ROOM_MM, LEAST_MM = 1.0, 7.0, 3.5
AREA_MM = 14.0
"""A free box higher than this is an area."""
TYPED = {
    "full stops": ".",
    "spaced full stops": ". ",
    "ellipses": "…",
    "spaced ellipses": "… ",
    "underscores": "_",
}
STROKES: dict[str, tuple[float, float, tuple[float, ...], int, float]] = {  # lift (mm), points, dash, cap, grey
    "dots": (0.0, 0.75, (0.75, 0.75), 0, 0.1),
    "wide dots": (0.0, 0.8, (0.8, 3.2), 0, 0.1),
    "round dots": (0.0, 1.1, (0.01, 2.4), 1, 0.1),
    "fine dots": (0.0, 0.5, (0.5, 1.0), 0, 0.0),
    "dashes": (0.0, 0.75, (4, 2.5), 0, 0.1),
    "solid": (0.0, 0.5, (), 0, 0.1),
    "hairline": (0.0, 0.25, (), 0, 0.0),
    "grey": (0.0, 0.75, (), 0, 0.6),
}
LINE_STYLES = (*TYPED, *STROKES)


@dataclass(frozen=True, slots=True)
class TrueField:
    """A field as it was drawn."""

    kind: FieldKind
    layout: FieldLayout
    boxes: tuple[Box, ...]
    is_box: bool = False  # walls all round, not a line below


@dataclass(frozen=True, slots=True)
class _Line:
    """A printed line: first and last ink, height of its middle."""

    x0: float
    x1: float
    y: float


@cache
def register_font(path: str) -> str:
    """A font for the canvas, by its path."""
    name = Path(path).stem
    pdfmetrics.registerFont(TTFont(name, path))
    return name


@cache
def _outlines(path: str) -> Outlines:
    return Outlines(path)


@cache
def _ink(path: str, char: str) -> tuple[float, float, float, float]:
    """A character's ink in em from its origin on the baseline: left, top, right, bottom (down is positive)."""
    font = _outlines(path)
    glyph = font["glyf"][font.getBestCmap()[ord(char)]]
    em = font["head"].unitsPerEm
    if not glyph.numberOfContours:
        return 0.0, 0.0, 0.0, 0.0
    return glyph.xMin / em, -glyph.yMax / em, glyph.xMax / em, -glyph.yMin / em


@dataclass(slots=True)
class Paper:
    """A sheet: `font` is a TTF file, `points` its usual size."""

    path: Path
    font: str
    points: float
    size: tuple[float, float] = (210.0, 297.0)
    fields: list[tuple[FieldKind, FieldLayout, tuple[Box | _Line, ...]]] = field(default_factory=list)
    print_: list[Box] = field(default_factory=list)
    canvas: Canvas = field(init=False)

    def __post_init__(self) -> None:
        self.canvas = Canvas(str(self.path), pagesize=(self.size[0] * mm, self.size[1] * mm), invariant=True)

    # --- print ---

    def width(self, words: str, points: float | None = None) -> float:
        """How wide words come out."""
        return float(pdfmetrics.stringWidth(words, register_font(self.font), points or self.points) / mm)

    def text(self, x: float, y: float, words: str, points: float | None = None) -> float:
        """Print words; the x where they end."""
        size = points or self.points
        self.canvas.setFont(register_font(self.font), size)
        self.canvas.setFillGray(0.0)
        self.canvas.drawString(x * mm, self._up(y), words)
        end = x + self.width(words, size)
        if words.strip():
            em = size * 25.4 / 72
            low = max(_ink(self.font, char)[3] for char in words) * em
            high = max(-_ink(self.font, char)[1] for char in words) * em
            self.print_.append(Box(x, y - high, end - x, high + low))
        return end

    def centred(self, x: float, y: float, words: str, points: float | None = None) -> tuple[float, float]:
        """Print words around x; where they begin and end."""
        start = x - self.width(words, points) / 2
        return start, self.text(start, y, words, points)

    def stroke(self, x0: float, x1: float, y: float, style: str) -> _Line:
        """A line of one of LINE_STYLES, as inked."""
        line = self._typed(x0, x1, y, TYPED[style]) if style in TYPED else self._drawn(x0, x1, y, style)
        self.print_.append(Box(line.x0, line.y - 0.3, line.x1 - line.x0, 0.6))
        return line

    def _typed(self, x0: float, x1: float, y: float, unit: str) -> _Line:
        count = max(int((x1 - x0) / self.width(unit)), 1)
        self.canvas.setFont(register_font(self.font), self.points)
        self.canvas.setFillGray(0.0)
        self.canvas.drawString(x0 * mm, self._up(y), unit * count)
        em = self.points * 25.4 / 72
        left, top, right, bottom = (v * em for v in _ink(self.font, unit[0]))
        last = x0 + self.width(unit) * (count - 1)
        return _Line(x0 + left, last + right, y + (top + bottom) / 2)

    def _drawn(self, x0: float, x1: float, y: float, style: str) -> _Line:
        lift, points, dash, cap, grey = STROKES[style]
        c = self.canvas
        c.saveState()
        c.setLineWidth(points)
        c.setLineCap(cap)
        c.setStrokeGray(grey)
        c.setDash(list(dash))
        c.line(x0 * mm, self._up(y - lift), x1 * mm, self._up(y - lift))
        c.restoreState()
        return _Line(x0, x1, y - lift)

    def frame(self, box: Box, points: float = 0.6, radius: float = 0.0, dash: Sequence[float] = ()) -> None:
        """A rectangle whose walls' middles lie on the box's edges."""
        c = self.canvas
        c.saveState()
        c.setLineWidth(points)
        c.setDash(list(dash))
        c.setStrokeGray(0.0)
        if radius:
            c.roundRect(box.x * mm, self._up(box.bottom), box.w * mm, box.h * mm, radius * mm)
        else:
            c.rect(box.x * mm, self._up(box.bottom), box.w * mm, box.h * mm)
        c.restoreState()
        self.print_.append(Box(box.x, box.bottom - 0.15, box.w, 0.3))

    def block(self, box: Box) -> None:
        """A black rectangle."""
        self.canvas.setFillGray(0.0)
        self.canvas.rect(box.x * mm, self._up(box.bottom), box.w * mm, box.h * mm, stroke=0, fill=1)

    def wall(self, x0: float, y0: float, x1: float, y1: float, points: float = 0.6, dash: Sequence[float] = ()) -> None:
        """A straight stroke."""
        self.canvas.saveState()
        self.canvas.setLineWidth(points)
        self.canvas.setDash(list(dash))
        self.canvas.line(x0 * mm, self._up(y0), x1 * mm, self._up(y1))
        self.canvas.restoreState()

    # --- fields ---

    def answer(self, x0: float, x1: float, y: float, style: str) -> None:
        """A line to write on."""
        self.fields.append((FieldKind.TEXT, FieldLayout.LINE, (self.stroke(x0, x1, y, style),)))

    def date(self, x: float, y: float, style: str, between: Sequence[str], widths: Sequence[float]) -> float:
        """Short lines with words or slashes between them."""
        parts: list[Box | _Line] = []
        for number, width in enumerate(widths):
            line = self.stroke(x, x + width, y, style)
            parts.append(line)
            x = line.x1 + 0.3
            if number < len(between):
                x = self.text(x, y, between[number]) + 0.3
        self.fields.append((FieldKind.DATE, FieldLayout.PARTS, tuple(parts)))
        return x

    def cells(self, boxes: Sequence[Box], is_date: bool = False) -> None:
        """Remember a row of cells that was drawn."""
        kind = FieldKind.DATE if is_date else FieldKind.DIGITS
        self.fields.append((kind, FieldLayout.COMB, tuple(boxes)))

    def choice(self, boxes: Sequence[Box]) -> None:
        """Remember squares that were drawn as one choice."""
        self.fields.append((FieldKind.CHOICE, FieldLayout.TICKS, tuple(boxes)))

    def square(self, x: float, y: float, side: float, points: float = 0.75, radius: float = 0.0) -> Box:
        """A tick box standing on y; its outer edge."""
        half = points / mm / 2
        self.frame(Box(x, y - side, side, side), points, radius)
        return Box(x, y - side, side, side).grown(half, half)

    def glyph_square(self, x: float, y: float, char: str, font: str, points: float) -> Box:
        """A tick box that is a character; its outer edge."""
        self.canvas.setFont(register_font(font), points)
        self.canvas.drawString(x * mm, self._up(y), char)
        em = points * 25.4 / 72
        left, top, right, bottom = (v * em for v in _ink(font, char))
        return Box(x + left, y + top, right - left, bottom - top)

    def room(self, box: Box, points: float = 0.6, radius: float = 0.0, drawn: bool = False) -> None:
        """A free box to write in; `drawn` where its walls are there already."""
        if not drawn:
            self.frame(box, points, radius)
        half = points / mm / 2
        inner = box.grown(-half, -half)
        layout = FieldLayout.AREA if inner.h > AREA_MM else FieldLayout.LINE
        self.fields.append((FieldKind.TEXT, layout, (inner,)))

    def done(self) -> list[TrueField]:
        """Write the PDF; the true fields."""
        self.canvas.showPage()
        self.canvas.save()
        return [
            TrueField(
                kind, layout, tuple(map(self._place, places)), kind is FieldKind.TEXT and isinstance(places[0], Box)
            )
            for kind, layout, places in self.fields
        ]

    def _place(self, place: Box | _Line) -> Box:
        if isinstance(place, Box):
            return place
        bottom = place.y + BELOW_MM
        top = bottom - ROOM_MM
        for printed in self.print_:
            common = min(printed.right, place.x1) - max(printed.x, place.x0)
            if printed.bottom <= place.y - 0.5 and common > 0.05 * (place.x1 - place.x0):
                top = max(top, printed.bottom)
        top = min(top, bottom - LEAST_MM)
        return Box(place.x0, top, place.x1 - place.x0, bottom - top)

    def _up(self, y: float) -> float:
        return float((self.size[1] - y) * mm)
