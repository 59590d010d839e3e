"""Slips of the pen in ticks: struck out, circled, beside their squares, strokes that stray.

Everything is drawn over a sheet by a `Pen` and random from its hand, so that a seed draws the same sheet again. Each
slip comes in two families of style (0 and 1), one to tune with and one to report on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.draw import Pen
from scanner.model import PX_PER_MM, Box, FieldKind, FieldSpec, FormTemplate, Option

CLEAN = ("check", "cross", "slash", "large", "shifted", "scrawl")
"""Marks that somebody cancels; a filled square that is crossed out looks like a filled square."""


def stroke(pen: Pen, points: NDArray[np.float64], width: int, wobble: float = 0.0) -> None:
    """A smooth stroke through points (N, 2; x and y, mm on the sheet); `wobble` mm is how far a hand shakes."""
    t = np.linspace(0, len(points) - 1, 16 * (len(points) - 1) + 1)
    line = np.stack([_spline(points[:, k], t) for k in (0, 1)], 1)
    if wobble:
        knots = pen.rng.normal(0, wobble, (max(3, len(points) + 1), 2))
        line += np.stack([np.interp(t, np.linspace(0, len(points) - 1, len(knots)), knots[:, k]) for k in (0, 1)], 1)
    px = line * PX_PER_MM
    low = np.floor(px.min(axis=0)) - width - 2
    size = np.ceil(px.max(axis=0) - low).astype(int) + width + 2
    ink = np.zeros((size[1], size[0]), np.float32)
    fixed = np.round((px - low) * 8).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(ink, [fixed], False, 1.0, width, cv2.LINE_AA, 3)
    pen.put(ink, low[0], low[1])


def _spline(values: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Catmull–Rom through the values at whole t; straight between two."""
    if len(values) == 2:
        return np.asarray(np.interp(t, [0, 1], values))
    p = np.concatenate([[2 * values[0] - values[1]], values, [2 * values[-1] - values[-2]]])
    k = np.minimum(t.astype(int), len(values) - 2)
    u = t - k
    a, b, c, d = p[k], p[k + 1], p[k + 2], p[k + 3]
    return np.asarray(0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3))


# --- ticks -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip in a group of ticks leaves as the true value; `ambiguous` where nobody could tell."""

    value: Any
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class _Scene:
    """One group about to be marked."""

    pen: Pen
    spec: FieldSpec
    right: Option
    wrong: Option
    width: int
    family: int
    others: tuple[Option, ...] = ()  # every other square of the form

    def tick(self, option: Option, styles: Sequence[str] | None = None) -> None:
        """An ordinary mark of this hand."""
        self.pen.tick(option.box, str(self.pen.rng.choice(styles)) if styles else None)

    def at(self, box: Box, *points: Sequence[float]) -> NDArray[np.float64]:
        """Points in sides of a square from its top left → mm."""
        return np.array([(box.x + x * box.w, box.y + y * box.h) for x, y in points])


def _struck(s: _Scene) -> None:
    """A line through a tick; through its label too now and then."""
    s.tick(s.wrong, CLEAN)
    rng, box = s.pen.rng, s.wrong.box
    reach = rng.uniform(0.45, 1.2) if rng.random() < 0.7 else rng.uniform(1.5, 5.0)
    back, tilt = rng.uniform(0.4, 1.0), rng.normal(0, 0.12)
    if s.family == 0 and rng.random() < 0.3:  # aslant, against the tick's tail
        stroke(s.pen, s.at(box, (-0.5, rng.uniform(-0.5, -0.2)), (1.5, rng.uniform(1.2, 1.5))), s.width, 0.05)
        return
    lines = 1 if s.family == 0 else int(rng.integers(1, 4))
    for k in range(lines):
        y = 0.5 + rng.uniform(-0.15, 0.15) + (0.22 * (k - (lines - 1) / 2))
        middle = (0.5, y + (rng.normal(0, 0.08) if s.family else 0))
        stroke(s.pen, s.at(box, (-back, y - tilt), middle, (1 + reach, y + tilt)), s.width, 0.06)


def _scribbled(s: _Scene) -> None:
    """A tick scribbled over."""
    s.tick(s.wrong, CLEAN)
    rng, box = s.pen.rng, s.wrong.box
    if s.family == 0:
        turns = int(rng.integers(9, 16))
        xs = np.where(np.arange(turns) % 2, 1.25, -0.25) + rng.normal(0, 0.12, turns)
        ys = np.linspace(-0.1, 1.1, turns) + rng.normal(0, 0.05, turns)
        points = np.stack([xs, ys], 1)
        points = points[:, ::-1] if rng.random() < 0.3 else points
    else:
        turns = int(rng.integers(22, 44))
        angle = np.cumsum(rng.uniform(0.7, 1.2, turns))
        radius = rng.uniform(0.3, 0.75, turns)
        drift = np.linspace(-0.25, 0.25, turns)
        points = np.stack([0.5 + drift + radius * np.cos(angle), 0.5 + radius * np.sin(angle)], 1)
    stroke(s.pen, s.at(box, *points), s.width, 0.03)


def _crossed(s: _Scene) -> None:
    """An X over a tick."""
    rng, box = s.pen.rng, s.wrong.box
    s.tick(s.wrong, ("check", "large", "shifted") if s.family == 0 else ("check", "large", "slash", "shifted"))
    half = rng.uniform(0.75, 1.15)
    dx, dy = rng.normal(0, 0.1, 2)
    for way in (-1, 1):
        bend = rng.normal(0, 0.08, 2) if s.family else np.zeros(2)
        ends = ((0.5 - half + dx, 0.5 - way * half + dy), (0.5 + dx + bend[0], 0.5 + dy + bend[1]))
        stroke(s.pen, s.at(box, *ends, (0.5 + half + dx, 0.5 + way * half + dy)), s.width, 0.05)


def _ring(s: _Scene, box: Box, room: float) -> None:
    rng = s.pen.rng
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * rng.uniform(0.97, 1.15), 14)
    spiral = np.linspace(1.0, rng.uniform(0.92, 1.12), 14) + (rng.normal(0, 0.025, 14) if s.family else 0)
    rx, ry = box.w / 2 + room * rng.uniform(0.9, 1.5), box.h / 2 + room * rng.uniform(0.8, 1.2)
    x = box.x + box.w / 2 + rng.normal(0, 0.3) + rx * spiral * np.cos(angle)
    y = box.y + box.h / 2 + rng.normal(0, 0.2) + ry * spiral * np.sin(angle)
    stroke(s.pen, np.stack([x, y], 1), s.width, 0.05)


def _circled_box(s: _Scene) -> None:
    """A wrong tick struck, the right square circled."""
    _struck(s)
    _ring(s, s.right.box, 1.9)


def _circled_label(s: _Scene) -> None:
    """A wrong tick struck, the right square and its label circled."""
    _struck(s)
    _ring(s, _labelled(s.right), 1.9)


def _circled_only(s: _Scene) -> None:
    """No tick: the right answer circled."""
    _ring(s, s.right.box if s.pen.rng.random() < 0.5 else _labelled(s.right), 1.9)


def _circled_over(s: _Scene) -> None:
    """A wrong tick left standing, the right answer ticked as well and circled."""
    s.tick(s.wrong, CLEAN)
    s.tick(s.right, CLEAN)
    _ring(s, s.right.box, 2.0)


def _labelled(option: Option) -> Box:
    """A square with its label, as long as its letters are: 1.75 mm a letter in the form's type."""
    return option.box._replace(w=option.box.w + 1.0 + 1.72 * len(option.label.split("(")[0]))


def _beside(s: _Scene) -> None:
    """A mark left of its square, or on the label; nothing in it."""
    rng, box = s.pen.rng, s.right.box
    away = -rng.uniform(1.1, 1.4) if rng.random() < 0.6 else rng.uniform(1.3, 2.4)
    moved = box._replace(x=box.x + away * box.w, y=box.y + rng.normal(0, 0.3))
    s.pen.tick(moved, str(rng.choice(("check", "cross", "slash", "scrawl"))))


def _disc(s: _Scene, box: Box, radius: float) -> None:
    x, y = box.x + box.w * s.pen.rng.uniform(0.3, 0.7), box.y + box.h * s.pen.rng.uniform(0.3, 0.7)
    size = round(2 * radius * PX_PER_MM) + 5
    ink = np.zeros((size, size), np.float32)
    centre = round(size / 2 * 8)
    cv2.circle(ink, (centre, centre), round(radius * PX_PER_MM * 8), 1.0, -1, cv2.LINE_AA, 3)
    s.pen.put(ink, x * PX_PER_MM - size / 2, y * PX_PER_MM - size / 2)


def _rest_dot(s: _Scene) -> None:
    """A tick, and a dot where the pen rested in another square."""
    s.tick(s.right)
    _disc(s, s.wrong.box, s.pen.rng.uniform(0.12, 0.3))


def _dot(s: _Scene) -> None:
    """A deliberate dot is the answer."""
    _disc(s, s.right.box, s.pen.rng.uniform(0.5, 0.95))


def _stray(s: _Scene) -> None:
    """A tick, and a long stroke that passes through another square on its way."""
    s.tick(s.right)
    for _ in range(40):  # it passes through no other square: whose group would it be a slip of?
        points = _path(s)
        on = np.linspace(points[0], points[1], 40), np.linspace(points[1], points[2], 40)
        hit = [o for o in s.others if any(_in(o.box.grown(0.8, 0.8), p) for p in np.concatenate(on))]
        if not hit:
            break
    stroke(s.pen, points, s.width, 0.08)


def _in(box: Box, point: NDArray[np.float64]) -> bool:
    return bool(box.x <= point[0] <= box.right and box.y <= point[1] <= box.bottom)


def _path(s: _Scene) -> NDArray[np.float64]:
    rng, box = s.pen.rng, s.wrong.box
    to = np.array([box.x + box.w * rng.uniform(0.25, 0.75), box.y + box.h * rng.uniform(0.25, 0.75)])
    before = np.array([rng.uniform(-14, 14), -rng.uniform(5, 12)])
    points = np.stack([to + before, to, to - before * rng.uniform(0.35, 1.1)])
    if s.family:
        points[0] += rng.normal(0, 1.5, 2)
    return points


def _descender(s: _Scene) -> None:
    """A tick, and the tail of a letter above that hangs into another square."""
    s.tick(s.right)
    rng, box = s.pen.rng, s.wrong.box
    if s.family == 0:
        word = str(rng.choice(("g", "y", "gà", "ngay", "ty", "ngg")))
        ink, _ = replace(s.pen.hand, size_mm=rng.uniform(4.6, 6.0)).text(word, PX_PER_MM)
        rows, cols = np.nonzero(ink > 0.3)
        foot = cols[rows >= rows.max() - 6].mean()
        top = (box.y + box.h * rng.uniform(0.25, 0.6)) * PX_PER_MM - rows.max()
        s.pen.put(ink, (box.x + box.w * rng.uniform(0.3, 0.7)) * PX_PER_MM - foot, top)
        return
    x, depth = rng.uniform(0.4, 0.9), rng.uniform(0.3, 0.75)
    loop = ((x + 0.2, -1.6), (x + 0.1, -0.6), (x, depth - 0.15), (x - 0.35, depth), (x - 0.5, depth - 0.45))
    stroke(s.pen, s.at(box, *loop, (x + 0.6, -1.0)), s.width, 0.04)


def _filled(s: _Scene) -> None:
    """A filled square is the only mark."""
    _fill(s, s.right.box)


def _filled_beside(s: _Scene) -> None:
    """A filled square and a tick: the filled one was cancelled."""
    s.tick(s.right, ("check", "cross", "slash", "large", "shifted"))
    _fill(s, s.wrong.box)


def _fill(s: _Scene, box: Box) -> None:
    rng = s.pen.rng
    turns = 18 if s.family == 0 else 26
    xs = np.where(np.arange(turns) % 2, 1.02, -0.02) + rng.normal(0, 0.03, turns)
    ys = np.linspace(0.0, 1.0, turns)
    points = np.stack([xs, ys] if s.family == 0 else [ys, xs], 1)
    stroke(s.pen, s.at(box, *points), max(s.width, 4))


def _plain(s: _Scene) -> None:
    """An ordinary mark."""
    s.tick(s.right)


def _two(s: _Scene) -> None:
    """Two marks where one is expected: nobody can tell."""
    s.tick(s.right, CLEAN)
    s.tick(s.wrong, CLEAN)


def _cancelled_only(s: _Scene) -> None:
    """One tick, taken back, and nothing instead."""
    (_struck, _scribbled, _crossed)[int(s.pen.rng.integers(3))](s)


def _none(_: _Scene) -> None:
    """Nothing."""


KINDS: dict[str, Callable[[_Scene], None]] = {
    "plain": _plain, "none": _none, "struck": _struck, "scribbled": _scribbled, "crossed": _crossed,
    "circled_box": _circled_box, "circled_label": _circled_label, "circled_only": _circled_only,
    "circled_over": _circled_over, "beside": _beside, "rest_dot": _rest_dot, "dot": _dot, "stray": _stray,
    "descender": _descender, "filled": _filled, "filled_beside": _filled_beside, "two": _two,
    "cancelled_only": _cancelled_only,
}  # fmt: skip
"""What may happen in a group of ticks. `draw_tail` is one more, over two groups."""
WITH_RIGHT = frozenset({"struck", "scribbled", "crossed"})
"""Slips of the wrong square beside which the right one is ticked."""
AMBIGUOUS = frozenset({"two", "cancelled_only"})
NOTHING = frozenset({"none", "cancelled_only"})


def draw_slip(
    pen: Pen, form: FormTemplate, spec: FieldSpec, kind: str, width: int, family: int, avoid: str = ""
) -> Slip:
    """Draw one kind of slip into a group; the option `avoid` is neither right nor wrong."""
    free = [o for o in spec.options if o.id != avoid]
    first = int(pen.rng.integers(len(free)))
    second = (first + 1 + int(pen.rng.integers(max(len(free) - 1, 1)))) % len(free)
    others = tuple(o for f in form.fields for o in f.options if o.box != free[second].box)
    scene = _Scene(pen, spec, free[first], free[second], width, family, others)
    if kind in WITH_RIGHT:
        scene.tick(scene.right)
    KINDS[kind](scene)
    if spec.kind is FieldKind.CHOICE:
        return Slip(None if kind in NOTHING else scene.right.id, kind in AMBIGUOUS)
    several = {scene.right.id, scene.wrong.id} if kind == "two" else {scene.right.id}
    chosen = () if kind in NOTHING else tuple(o.id for o in spec.options if o.id in several)
    # where several may be ticked, the filled or the circled square may be one of two answers
    return Slip(chosen, kind in ("cancelled_only", "filled_beside", "circled_over"))


@dataclass(frozen=True, slots=True)
class Tail:
    """A tick whose tail crosses another square: the ticked option and the crossed one, each with its field."""

    field: str
    option: Option
    over_field: str
    over: Option


def tails_of(form: FormTemplate) -> list[Tail]:
    """Squares above and a little to the right of others, within reach of a large tick's tail."""
    every = [(f.id, o) for f in form.fields for o in f.options]
    out = []
    for field, option in every:
        for over_field, over in every:
            dx, dy = over.box.x - option.box.x, over.box.y - option.box.y
            if -14 < dy < -4 and -0.6 <= dx < 12:
                out.append(Tail(field, option, over_field, over))
    return out


def draw_tail(pen: Pen, tail: Tail, width: int, family: int) -> None:
    """A large tick that ends in, or runs on through, the square above."""
    rng, box, over = pen.rng, tail.option.box, tail.over.box
    steep = over.x - box.x < 2.0  # straight above: the tail leans as far as it can and still crosses it
    target = np.array(
        [over.x + over.w * rng.uniform(0.5 if steep else 0.25, 0.9), over.y + over.h * rng.uniform(0.2, 0.8)]
    )
    turn = np.array([box.x + box.w * rng.uniform(0.2, 0.5), box.y + box.h * rng.uniform(0.7, 0.95)])
    start = np.array([turn[0] - box.w * rng.uniform(0.25, 0.5), box.y + box.h * rng.uniform(0.2, 0.6)])
    way = (target - turn) / np.linalg.norm(target - turn)
    end = target + way * rng.uniform(0, 4)
    stroke(pen, np.stack([start, turn]), width, 0.02)
    points = [turn, end] if family == 0 else [turn, (turn + end) / 2 + rng.normal(0, 0.35, 2), end]
    stroke(pen, np.stack(points), width, 0.03)
