"""Sheets of paper with a truth: what was printed where, how it was moved about, and how it went through a scanner.

A sheet is an image at 300 dpi with the place of every point of the blank form on it (mm → mm, NaN where it is gone).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import Box

Image = NDArray[np.uint8]
Points = NDArray[np.float64]
Truth = Callable[[Points], Points]
Rng = np.random.Generator
MM = 300 / 25.4
SHEET = (210.0, 297.0)
WHITE = 250
"""Grey level of bare paper."""
FOOT_MM = 1.0
"""A line is printed so far above the lower edge of its box."""


def same(points: Points) -> Points:
    """Nothing moved."""
    return points


def nowhere(points: Points) -> Points:
    """Nothing of the form is on it."""
    return np.full_like(points, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A grey sheet (rows, cols) at 300 dpi, and where points of the form (mm) lie on it (mm).

    `printed` where it was printed so: then a box moves whole with its lower edge, where its line or frame is.
    """

    image: Image
    moved: Truth = same
    printed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A page as a scanner or a phone gave it, and where points of the sheet (mm) lie on it (px)."""

    image: Image
    to_page: Truth
    photo: bool = False
    sheet: Sheet | None = None

    def corners(self, box: Box) -> tuple[Points, Points]:
        """A box's corners on the form (mm) and where they truly are on the page (px), (4, 2) each."""
        points = np.array(box.corners)
        if self.sheet is None:
            return points, self.to_page(points)
        if not self.sheet.printed:
            return points, self.to_page(self.sheet.moved(points))
        foot = np.stack([points[:, 0], np.full(4, box.bottom - FOOT_MM)], axis=1)
        return points, self.to_page(points + self.sheet.moved(foot) - foot)


@cache
def _grain() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 1, (2600, 2600)).astype(np.float32)


def scanned(
    sheet: Sheet, rng: Rng, dpi: int = 200, slip: Truth | None = None, size: tuple[float, float] = (1.0, 1.0)
) -> Seen:
    """A flat scan, a little turned and shifted, printed at `size`; `slip` is how far page points (mm) were displaced.

    A slip belongs to the feeder: it stretches what is seen, and is a smooth function of where on the page it is seen.
    """
    scale = dpi / 25.4
    turn = np.deg2rad(rng.uniform(-2, 2))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.diag(size)
    middle, shift = np.array(SHEET) / 2, rng.normal(0, 1, 2)
    cols, rows = round(SHEET[0] * scale), round(SHEET[1] * scale)
    back = np.linalg.inv(spin)

    def source(page: Points) -> Points:
        """Page mm → sheet mm."""
        unslipped = page if slip is None else page - slip(page)
        return (unslipped - middle - shift) @ back.T + middle

    step = 8
    xs, ys = np.meshgrid(np.arange(0, cols + step, step), np.arange(0, rows + step, step))
    seen = np.asarray((np.stack([xs, ys], -1).reshape(-1, 2) + 0.5) / scale, np.float64)
    nodes = source(seen).reshape(*xs.shape, 2) * MM - 0.5
    shrink = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    to_x, to_y = (
        cv2.warpAffine(np.ascontiguousarray(nodes[..., k].astype(np.float32)), shrink, (cols, rows), flags=flags)
        for k in (0, 1)
    )
    soft = cv2.GaussianBlur(sheet.image, (0, 0), 0.45 * 300 / dpi)
    page = cv2.remap(soft, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(238,))
    page = _toned(np.asarray(page, np.uint8), rng)

    def to_page(mm: Points) -> Points:
        """Sheet mm → page px."""
        want = (mm - middle) @ spin.T + middle + shift
        page_mm = want.copy()
        if slip is not None:
            for _ in range(60):
                page_mm = want + np.nan_to_num(slip(page_mm))
        return np.asarray(page_mm * scale - 0.5, np.float64)

    return Seen(page, to_page, sheet=sheet)


def _toned(page: Image, rng: Rng) -> Image:
    """Paper tone, ink strength, grain."""
    rows, cols = page.shape
    top, left = int(rng.integers(0, 2600 - min(rows, 2599))), int(rng.integers(0, 2600 - min(cols, 2599)))
    noise = _grain()[top : top + rows, left : left + cols]
    if noise.shape != page.shape:
        noise = np.resize(noise, page.shape)
    ink = rng.uniform(0.7, 1.0)
    out = (255 - (255 - page.astype(np.float32)) * ink) * rng.uniform(0.85, 0.99) + noise * rng.uniform(2, 6)
    return np.asarray(np.clip(out, 0, 255), np.uint8)
