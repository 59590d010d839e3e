"""Pages that must not be registered as the form as it is, or of which single fields must not.

Each kind makes a page from filled sheets and a seed. The truth maps each point of the form to where it really is; on a
page of another form it is nowhere (NaN).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from samples.drawn_forms import drawn_form
from samples.newspaper import on_a_newspaper
from samples.paper import MM, WHITE, Image, Points, Rng, Seen, Sheet, Truth, nowhere, scanned
from scanner.forms.blanks import render_blank


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """What wrong pages are made from: filled sheets (grey, 300 dpi), the blank, and its rows (top, bottom) in mm."""

    sheets: Sequence[Image]
    blank: Image
    rows: Sequence[tuple[float, float]]

    def one(self, rng: Rng) -> Image:
        """Any filled sheet."""
        return self.sheets[int(rng.integers(len(self.sheets)))]


def print_rows(blank: Image) -> list[tuple[float, float]]:
    """Where rows of print begin and end on a blank, mm: bands between white gaps."""
    inked = (blank < 160).sum(axis=1) > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(int), [0]])))
    bands = [(a / MM, b / MM) for a, b in edges.reshape(-1, 2)]
    out: list[tuple[float, float]] = []
    for top, bottom in bands:
        if out and (top - out[-1][1] < 1.2 or bottom - top < 1.0):
            out[-1] = (out[-1][0], bottom)
        else:
            out.append((top, bottom))
    return out


# --- other documents ---------------------------------------------------------------------------------


def other_form(stack: Stack, rng: Rng) -> Seen:
    """A form drawn from a seed: headings, text, dotted lines, combs, boxes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.pdf"
        drawn_form(path, int(rng.integers(1 << 30)))
        image = render_blank(path)
    return scanned(Sheet(_as_sheet(image), nowhere), rng)


def text_and_boxes(stack: Stack, rng: Rng) -> Seen:
    """Lines of words with a box at the end of each."""
    page = np.full((3508, 2480), 255, np.uint8)
    size, pitch = rng.uniform(1.0, 1.7), int(rng.integers(60, 130))
    left, box = int(rng.integers(120, 400)), int(rng.integers(30, 60))
    for y in range(220, 3350, pitch):
        words = " ".join("".join(rng.choice(list("abcdeghiklmnopqrstu"), 6)) for _ in range(5))
        cv2.putText(page, words, (left, y), cv2.FONT_HERSHEY_COMPLEX, size, 0, 3)
        cv2.rectangle(page, (2000, y - box), (2000 + box, y), 0, 3)
    return scanned(Sheet(page, nowhere), rng)


def newspaper(stack: Stack, rng: Rng) -> Seen:
    """A page full of words."""
    page, _ = on_a_newspaper(np.repeat(stack.one(rng)[..., None], 3, 2), 0.05)
    return scanned(Sheet(np.ascontiguousarray(page[..., 0]), nowhere), rng)


def _as_sheet(image: Image) -> Image:
    out = np.full((3508, 2480), 255, np.uint8)
    part = image[:3508, :2480]
    out[: part.shape[0], : part.shape[1]] = part
    return out


# --- another print of the same form ------------------------------------------------------------------


def _stacked(image: Image, bands: Sequence[tuple[float, float, float]]) -> Sheet:
    """A sheet put together from bands (top, bottom, new top) of an image, mm. What lies in no band is gone."""
    out = np.full_like(image, 255)
    for top, bottom, to in bands:
        a, b, c = (round(v * MM) for v in (top, bottom, to))
        part = image[a:b][: max(out.shape[0] - c, 0)]
        if c >= 0 and len(part):
            out[c : c + len(part)] = part

    def moved(points: Points) -> Points:
        where = np.full_like(points, np.nan)
        for top, bottom, to in bands:
            here = (points[:, 1] >= top) & (points[:, 1] < bottom)
            shift = round(to * MM) / MM - round(top * MM) / MM
            where[here] = points[here] + [0, shift]
        return where

    return Sheet(out, moved, printed=True)


def _blocks(stack: Stack) -> list[tuple[float, float]]:
    """The sheet cut in the white between rows of print: (top, bottom), without gaps."""
    cuts = [0.0, *((a[1] + b[0]) / 2 for a, b in pairwise(stack.rows)), 297.0]
    return list(pairwise(cuts))


def line_removed(stack: Stack, rng: Rng) -> Seen:
    """An older print without one of the rows: the rest moved up."""
    blocks = _blocks(stack)
    gone = int(rng.integers(2, len(blocks) - 3))
    height = blocks[gone][1] - blocks[gone][0]
    bands = [(a, b, a) for a, b in blocks[:gone]] + [(a, b, a - height) for a, b in blocks[gone + 1 :]]
    return scanned(_stacked(stack.one(rng), bands), rng)


def line_added(stack: Stack, rng: Rng) -> Seen:
    """A newer print with a row more: the rest moved down."""
    blocks = _blocks(stack)
    at = int(rng.integers(2, len(blocks) - 3))
    height = float(rng.uniform(5, 9))
    image = stack.one(rng)
    sheet = _stacked(image, [(a, b, a + (height if i >= at else 0)) for i, (a, b) in enumerate(blocks)])
    other = blocks[int(rng.integers(2, len(blocks) - 3))]
    a, b, c = round(other[0] * MM), round(min(other[1], other[0] + height) * MM), round(blocks[at][0] * MM)
    sheet.image[c : c + b - a] = stack.blank[a:b]
    return scanned(sheet, rng)


def order_swapped(stack: Stack, rng: Rng) -> Seen:
    """An older print in which two rows stand in the other order."""
    blocks = _blocks(stack)
    i, j = sorted(int(v) for v in rng.choice(np.arange(2, len(blocks) - 2), 2, replace=False))
    order = list(range(len(blocks)))
    order[i], order[j] = order[j], order[i]
    bands, y = [], 0.0
    for k in order:
        bands.append((*blocks[k], y))
        y += blocks[k][1] - blocks[k][0]
    return scanned(_stacked(stack.one(rng), bands), rng)


def other_spacing(stack: Stack, rng: Rng) -> Seen:
    """The same form at another layout: the white between rows is wider or narrower here and there."""
    bands, y, spread = [], 0.0, rng.uniform(0.2, 1.2)
    for a, b in _blocks(stack):
        bands.append((a, b, y))
        y += b - a + float(rng.normal(0, spread))
    return scanned(_stacked(stack.one(rng), bands), rng)


def other_body(stack: Stack, rng: Rng) -> Seen:
    """The same letterhead over the rows of the form in quite another order."""
    blocks = _blocks(stack)
    head = int(rng.integers(3, 8))
    order = [*range(head), *(int(v) for v in head + rng.permutation(len(blocks) - head))]
    bands, y = [], 0.0
    for k in order:
        bands.append((*blocks[k], y))
        y += blocks[k][1] - blocks[k][0]
    return scanned(_stacked(stack.one(rng), bands), rng)


def row_moved(stack: Stack, rng: Rng) -> Seen:
    """One row moved by 1 to 5 mm to the side, all the rest in its place."""
    return _patch_moved(stack, rng, whole_row=True)


def patch_moved(stack: Stack, rng: Rng) -> Seen:
    """A piece of print (an option, a box, a comb) moved by 1 to 5 mm, all the rest in its place."""
    return _patch_moved(stack, rng, whole_row=False)


def _patch_moved(stack: Stack, rng: Rng, *, whole_row: bool) -> Seen:
    a, b = stack.rows[int(rng.integers(2, len(stack.rows) - 1))]
    if whole_row:
        x0, x1 = 0.0, 210.0
    else:
        x0 = float(rng.uniform(18, 150))
        x1 = x0 + float(rng.uniform(8, 70))
    away = float(rng.uniform(1, 5)) * (1 if rng.random() < 0.5 else -1)
    shift = np.array([away, 0.0]) if whole_row or rng.random() < 0.7 else np.array([0.0, away])
    image = stack.one(rng).copy()
    r0, r1, c0, c1 = (round(v * MM) for v in (a - 0.3, b + 0.3, x0, min(x1, 209)))
    patch = image[r0:r1, c0:c1].copy()
    image[r0:r1, c0:c1] = 255
    dx, dy = round(shift[0] * MM), round(shift[1] * MM)
    _put(image, patch, r0 + dy, c0 + dx)

    def moved(points: Points) -> Points:
        inside = (points[:, 0] >= x0) & (points[:, 0] < x1) & (points[:, 1] >= a - 0.3) & (points[:, 1] < b + 0.3)
        return points + np.where(inside[:, None], np.array([dx, dy]) / MM, 0.0)

    return scanned(Sheet(image, moved, printed=True), rng)


def _put(image: Image, patch: Image, top: int, left: int) -> None:
    rows, cols = image.shape
    r0, c0, r1, c1 = max(top, 0), max(left, 0), min(top + patch.shape[0], rows), min(left + patch.shape[1], cols)
    piece = patch[r0 - top : r1 - top, c0 - left : c1 - left]
    image[r0:r1, c0:c1] = np.minimum(image[r0:r1, c0:c1], piece)


# --- sheets that suffered ----------------------------------------------------------------------------


def torn(stack: Stack, rng: Rng) -> Seen:
    """Torn across and pasted together off by 1 to 4 mm, sideways or lengthwise, straight or aslant."""
    image = stack.one(rng)
    level, lean = float(rng.uniform(25, 270)), float(rng.uniform(-0.15, 0.15))
    by = np.round(_direction(rng) * rng.uniform(1, 4) * MM)
    below = np.arange(3508)[:, None] >= (level + lean * (np.arange(2480)[None, :] / MM - 105)) * MM
    lower = np.roll(np.where(below, image, 255), (int(by[1]), int(by[0])), (0, 1))
    whole = np.minimum(np.where(below, 255, image), lower).astype(np.uint8)

    def moved(points: Points) -> Points:
        under = points[:, 1] >= level + lean * (points[:, 0] - 105)
        return points + np.where(under[:, None], by / MM, 0.0)

    return scanned(Sheet(whole, moved), rng)


def _direction(rng: Rng) -> Points:
    angle = float(rng.choice([0, 90, 180, 270])) if rng.random() < 0.6 else float(rng.uniform(0, 360))
    return np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])


def half_page(stack: Stack, rng: Rng) -> Seen:
    """Half of a sheet or a little more; the rest is bare, or of another sheet, shifted or upside down."""
    image = stack.one(rng).copy()
    part = float(rng.uniform(0.3, 0.7))
    upper, rest = part >= 0.5, int(rng.integers(3))
    row = round(part * 3508)
    gone = np.s_[row:] if upper else np.s_[:row]
    fill = np.full_like(image, WHITE)
    if rest == 1:
        fill = np.roll(stack.one(rng), int(rng.integers(60, 900)), 0)
    elif rest == 2:
        fill = np.ascontiguousarray(stack.one(rng)[::-1, ::-1])
    image[gone] = fill[gone]

    def moved(points: Points) -> Points:
        keep = (points[:, 1] < part * 297) == upper
        return np.where(keep[:, None], points, np.nan)

    return scanned(Sheet(image, moved), rng)


def skewed_half(stack: Stack, rng: Rng) -> Seen:
    """A sheet fed aslant, of which a corner to a half was never seen."""
    image = stack.one(rng).copy()
    angle, away = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 90))
    normal = np.array([np.cos(angle), np.sin(angle)])
    ys, xs = np.mgrid[0:3508, 0:2480]
    image[(xs / MM - 105) * normal[0] + (ys / MM - 148.5) * normal[1] > away] = WHITE

    def moved(points: Points) -> Points:
        keep = (points - [105, 148.5]) @ normal <= away
        return np.where(keep[:, None], points, np.nan)

    return scanned(Sheet(image, moved), rng)


def two_halves(stack: Stack, rng: Rng) -> Seen:
    """The upper half of one sheet and the lower half of another, joined off by up to 5 mm."""
    upper, lower = stack.one(rng), stack.one(rng)
    level = float(rng.uniform(60, 230))
    by = np.round(rng.uniform(-5, 5, 2) * MM)
    row = round(level * MM)
    image = np.full_like(upper, 255)
    image[:row] = upper[:row]
    rest = np.roll(lower, (int(by[1]), int(by[0])), (0, 1))
    image[row:] = rest[row:]

    def moved(points: Points) -> Points:
        return points + np.where((points[:, 1:] >= level), by / MM, 0.0)

    return scanned(Sheet(image, moved), rng)


def feeder_slip(stack: Stack, rng: Rng) -> Seen:
    """The feeder slips by 1 to 4 mm within a few mm to a few cm."""
    return scanned(Sheet(stack.one(rng)), rng, slip=_slip(rng, (5, 40)))


def slow_slip(stack: Stack, rng: Rng) -> Seen:
    """The same, drawn out over several cm: the hardest to see."""
    return scanned(Sheet(stack.one(rng)), rng, slip=_slip(rng, (15, 80)))


def _slip(rng: Rng, widths: tuple[float, float]) -> Truth:
    """Displacement that goes from 0 to ±1–4 mm, or there and back, along y or x."""
    by = float(rng.uniform(1, 4)) * (1 if rng.random() < 0.5 else -1)
    width = max(float(np.exp(rng.uniform(*np.log(widths)))), 1.4 * abs(by))
    axis = 1 if rng.random() < 0.75 else 0  # along which it runs
    at = float(rng.uniform(30, (297, 210)[axis] - 30))
    into, back = (axis if rng.random() < 0.6 else 1 - axis), bool(rng.random() < 0.4)

    def slip(points: Points) -> Points:
        t = (points[:, axis] - at) / width
        out = np.zeros_like(points)
        out[:, into] = by * np.exp(-2 * t * t) if back else by * (1 + np.tanh(2 * t)) / 2
        return out

    return slip


def wrong_scale(stack: Stack, rng: Rng) -> Seen:
    """The right form with the rows pulled apart or pushed together by 2 to 10 %, letters as they were."""
    stretch = 1 + float(rng.choice([-1, 1]) * rng.uniform(0.02, 0.1))
    bands = []
    for a, b in _blocks(stack):
        bands.append((a, b, 148.5 + ((a + b) / 2 - 148.5) * stretch - (b - a) / 2))
    bands = [band for band in bands if band[2] >= 0]
    return scanned(_stacked(stack.one(rng), bands), rng)


def mirrored(stack: Stack, rng: Rng) -> Seen:
    """Scanned from behind, or as a negative."""
    image = stack.one(rng)
    turned = 255 - image if rng.random() < 0.3 else image[:, ::-1]
    return scanned(Sheet(np.ascontiguousarray(turned), nowhere), rng)


def two_sheets(stack: Stack, rng: Rng) -> Seen:
    """Two filled sheets in one photo, the second laid over a part of the first. The truth is the one that is whole."""
    under, over = stack.one(rng), stack.one(rng)
    canvas = np.full((4600, 3600), int(rng.integers(60, 150)), np.uint8)
    at = np.array([int(rng.integers(40, 160)), int(rng.integers(40, 160))])
    then = at + np.array([int(rng.integers(300, 960)), int(rng.integers(200, 900))])
    canvas[at[1] : at[1] + 3508, at[0] : at[0] + 2480] = under
    canvas[then[1] : then[1] + 3508, then[0] : then[0] + 2480] = over
    turn = cv2.getRotationMatrix2D((1800, 2300), float(rng.uniform(-4, 4)), 0.62)
    page = cv2.warpAffine(canvas, turn, (3600, 4600), flags=cv2.INTER_AREA, borderValue=(90,))

    def to_page(mm: Points) -> Points:
        points = mm * MM - 0.5 + then
        return np.asarray(points @ turn[:, :2].T + turn[:, 2], np.float64)

    return Seen(np.ascontiguousarray(page), to_page, photo=True)


Maker = Callable[[Stack, Rng], Seen]
FITTED: Mapping[str, Maker] = {
    "other form": other_form, "line removed": line_removed, "line added": line_added, "row moved": row_moved,
    "torn": torn, "feeder slip": feeder_slip, "half page": half_page, "wrong scale": wrong_scale,
}  # fmt: skip
"""Kinds that the gate is fitted on, with some of their seeds."""
HELD_OUT: Mapping[str, Maker] = {
    "text and boxes": text_and_boxes, "newspaper": newspaper, "order swapped": order_swapped,
    "other spacing": other_spacing, "other body": other_body, "patch moved": patch_moved,
    "two halves": two_halves, "slow slip": slow_slip, "skewed half": skewed_half, "mirrored": mirrored,
    "two sheets": two_sheets,
}  # fmt: skip
"""Kinds that the fit never saw."""
