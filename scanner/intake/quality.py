"""How good a page's image is: measured, kept with the page, told in words.

Blur and contrast are measured at full resolution on the places where most is printed, the rest on a copy of about
100 dpi. Thresholds stand beside what was measured: a form's blank, filled sheets, and both worn by a known amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import Gray, Page, Quality, Reason

Mask = NDArray[np.bool_]
Colour = Literal["colour", "grey", "bilevel"]

WORK_DPI = 100
SHEET_MM = 297.0
"""Long side of the sheet where the file claims no resolution: A4."""
DARK, FAINT, PALEST = 0.72, 0.80, 0.90
"""Ink against the local paper. DARK is counted as `ink`. FAINT is darker than what shines through from the back of a
sheet. PALEST is the form printed at a fifth of full contrast: so pale, it is told from the back by being sharp."""

LOW_DPI, TOO_LOW_DPI = 145, 120
"""Typed fields and ticks read right: 200 dpi 54/55, 52/52; 150: 55/55, 50/52; 130: 54/55, 50/52; 110: 54/55, 48/52,
one of them silently; 90: 48/55, 41/52."""
BLUR_PX, SAMPLED_PX = 4.2, 2.2
"""Clean 1.6, scans 2.1–2.5, photos 2.3–2.8. Typed fields read right: at 3.0 55/55, 3.7 53/55, 4.5 49/55, 5.4 36/55.
Few pixels alone make edges 1.6 px · 300 / dpi wide: that is the resolution's fault and is told as such."""
CONTRAST = 0.26
"""Scans 0.81–1, photos 0.72–0.86. Typed fields read right: at 0.41 55/55, 0.29 53/55, 0.24 47/55."""
CLIPPED = 0.05
"""Share of the sheet. Noise of 20 levels on light paper makes 0.02, a lamp a third of the sheet wide 0.11."""


def assess_quality(page: Page) -> Quality:
    """Measure blur, contrast, clipping, ink, resolution and colour of a page, and whether anything is on it."""
    height, width = page.image.shape[:2]
    dpi = page.dpi or max(height, width) / SHEET_MM * 25.4
    view = _view(page.image, dpi)
    tiles = [_tile(page.image, row, col, view.step) for row, col in _printed_places(view)]
    blur, contrast = _sharpness(tiles, dpi), _contrast(tiles, view.light)
    blank = view.light > NIGHT and not _holds_writing(view, blur)
    burnt, drowned = (0.0, 0.0) if blank else _clipped(view)
    colour = _colour(page.image)
    ink = float((view.relative < DARK).mean())
    problems = () if blank else _problems(dpi, blur, contrast, burnt, drowned)
    return Quality(width, height, round(dpi, 1), colour, blur, contrast, burnt + drowned, ink, blank, problems)


def _problems(dpi: float, blur: float, contrast: float, burnt: float, drowned: float) -> tuple[Reason, ...]:
    found = []
    if dpi < LOW_DPI:
        code = "resolution_low" if dpi >= TOO_LOW_DPI else "resolution_too_low"
        found.append(Reason(code, {"dpi": round(dpi)}))
    if blur > max(BLUR_PX, SAMPLED_PX * 300 / dpi):
        found.append(Reason("blurred", {"px": round(blur, 1)}))
    if contrast < CONTRAST:
        found.append(Reason("low_contrast", {"percent": round(100 * contrast)}))
    if burnt > CLIPPED:
        found.append(Reason("overexposed", {"percent": round(100 * burnt)}))
    if drowned > CLIPPED:
        found.append(Reason("underexposed", {"percent": round(100 * drowned)}))
    return tuple(found)


# --- the copy that most is measured on -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A page at about 100 dpi: grey, grey against the paper around it, and which is paper."""

    grey: Gray
    relative: NDArray[np.float32]
    on_paper: Mask
    light: float  # the sheet's paper level, 0–255
    dpi: float
    step: int  # page pixels a pixel


def _view(image: NDArray[np.uint8], dpi: float) -> _View:
    step = max(1, min(round(dpi / WORK_DPI), *image.shape[:2]))
    rows, cols = image.shape[0] // step, image.shape[1] // step
    whole = image[: rows * step, : cols * step]  # whole squares average three times faster
    grey = _grey(np.asarray(cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA), np.uint8))
    paper = _paper(grey)
    light = float(np.percentile(paper[::8, ::8], 75))
    smooth = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
    relative = np.divide(smooth, np.maximum(paper, 1), dtype=np.float32)
    rim = np.ones((1 + round(RIM_MM / 25.4 * dpi / step),) * 2, np.uint8)
    on_paper = cv2.erode((paper > SHADE * light).astype(np.uint8), rim) > 0
    return _View(grey, relative, on_paper, light, dpi / step, step)


SHADE = 0.45
"""What is darker than this share of the paper is no paper: a table, the scanner's lid."""
RIM_MM = 5.0
"""Along it, the paper's level is a mixture."""


def _paper(grey: Gray) -> Gray:
    """The paper's level around each pixel: writing of strokes up to 4 mm closed over, then smoothed."""
    size = (max(1, grey.shape[1] // 4), max(1, grey.shape[0] // 4))
    quarter = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    closed = cv2.GaussianBlur(cv2.morphologyEx(quarter, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)), (0, 0), 2)
    return np.asarray(cv2.resize(closed, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _grey(image: NDArray[np.uint8]) -> Gray:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def _colour(image: NDArray[np.uint8]) -> Colour:
    if image.ndim == 3:
        return "colour"
    sample = image[::5, ::5]
    return "bilevel" if bool(((sample < 8) | (sample > 247)).mean() > 0.999) else "grey"


# --- is anything on it -----------------------------------------------------------------------------------

NIGHT = 40
"""Paper this dark was not lit: whatever is on it cannot be seen, so it is not called blank."""
BLANK_MM2 = 12.0
"""Empty sheets: 0 with noise, pepper, dark edges, streaks, 9 with 1,500 specks of 0.6 mm, 10 with holes and a staple.
One written line has 90, a signature 110, the form alone 6,000."""
THROUGH_PX = 3.6
"""Edges of print that shines through are wider than 4.5 px, those of pale print 2.3–2.7."""
SPECK_MM, STREAK_MM, HOLE_MM = 1.0, (0.6, 60.0), (3.5, 9.0)
"""Dust is smaller than a letter; a streak or a fold is thin and long; a punched hole is a dark disc."""


def _holds_writing(view: _View, blur: float) -> bool:
    nothing_dark = float((view.relative < DARK).mean()) < 0.0002
    pale = nothing_dark and 0 < blur < THROUGH_PX and _written_mm2(view, PALEST) > 5 * BLANK_MM2
    return pale or _written_mm2(view, FAINT) >= BLANK_MM2


def _written_mm2(view: _View, level: float) -> float:
    """Area of what may have been printed or written: dark against the paper around it, and neither dust nor edge."""
    mask = ((view.relative < level) & view.on_paper).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, w, h, area = (stats[1:, k].astype(np.float64) for k in range(5))
    mm = 25.4 / view.dpi
    long_side, short_side = np.maximum(w, h) * mm, np.minimum(w, h) * mm
    edge = (x <= 1) | (y <= 1) | (x + w >= mask.shape[1] - 1) | (y + h >= mask.shape[0] - 1)
    streak = (short_side < STREAK_MM[0]) & (long_side > STREAK_MM[1])
    round_ = (short_side > HOLE_MM[0]) & (long_side < HOLE_MM[1]) & (short_side > 0.75 * long_side)
    hole = round_ & (area > 0.65 * w * h)
    counts = (long_side >= SPECK_MM) & ~edge & ~streak & ~hole
    return float(area[counts].sum() * mm * mm)


# --- blur and contrast, where most is printed --------------------------------------------------------------

GRID = (6, 4)
TILE_MM = 14.0
REACH_MM = 0.7
"""How far to both sides of an edge its swing is looked for: wider than a letter's stroke."""
PRINTED = 0.02
"""A tile is measured when this share of it is dark: less is a line or two, whose edges say little."""


def _printed_places(view: _View) -> list[tuple[int, int]]:
    """Top left corners, in view pixels, of the fullest tile in each part of the sheet."""
    side = max(4, round(TILE_MM / 25.4 * view.dpi))
    dark = ((view.relative < PALEST) & view.on_paper).astype(np.float32)
    if min(dark.shape) < 2 * side:
        return []
    share = cv2.boxFilter(dark, -1, (side, side), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    share = share[: dark.shape[0] - side, : dark.shape[1] - side]
    share[share > 0.5] = 0  # a picture or a shadow
    places = []
    for rows in np.array_split(np.arange(share.shape[0]), GRID[0]):
        for cols in np.array_split(np.arange(share.shape[1]), GRID[1]):
            part = share[rows[0] : rows[-1] + 1 : 4, cols[0] : cols[-1] + 1 : 4]
            row, col = divmod(int(part.argmax()), part.shape[1])
            if part[row, col] >= PRINTED:
                places.append((int(rows[0]) + 4 * row, int(cols[0]) + 4 * col))
    return places


def _tile(image: NDArray[np.uint8], row: int, col: int, step: int) -> Gray:
    top, left, side = row * step, col * step, round(TILE_MM / 25.4 * WORK_DPI) * step
    return _grey(np.ascontiguousarray(image[top : top + side, left : left + side]))


def _contrast(tiles: list[Gray], light: float) -> float:
    """Paper level minus ink level, 0–1: the median tile's darkest twentieth."""
    if not tiles:
        return 0.0
    return max(0.0, (light - float(np.median([np.percentile(t, 4) for t in tiles]))) / 255)


def _sharpness(tiles: list[Gray], dpi: float) -> float:
    """10–90 % width of printed edges, px at 300 dpi: of the less sharp direction, in the less sharp quarter of tiles.

    Swing over steepest slope at each edge (Marziliano et al., 2002); 0 where nothing is printed.
    """
    widths = []
    for tile in tiles:
        both = [w for w in (_edge_width(tile, dpi), _edge_width(np.ascontiguousarray(tile.T), dpi)) if w is not None]
        if both:
            widths.append(max(both))
    return float(np.percentile(widths, 75)) * 300 / dpi if widths else 0.0


def _edge_width(tile: Gray, dpi: float) -> float | None:
    """Median width of the edges along the rows, px; None where there are too few."""
    smooth = cv2.blur(tile, (1, 3)).astype(np.float32)  # along the edge: less noise, the same slope
    slope = np.zeros_like(smooth)
    slope[:, 1:-1] = np.abs(smooth[:, 2:] - smooth[:, :-2]) / 2
    reach = np.ones((1, 2 * max(2, round(REACH_MM / 25.4 * dpi)) + 1), np.uint8)
    swing = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, reach)
    steepest = slope >= cv2.dilate(slope, reach)
    edges = steepest & (swing > 0.5 * float(np.ptp(tile))) & (slope > 0.04 * swing)
    return 0.8 * float(np.median(swing[edges] / slope[edges])) if int(edges.sum()) >= 50 else None


# --- lost in white or in black -----------------------------------------------------------------------------


def _clipped(view: _View) -> tuple[float, float]:
    """Share of the sheet burnt to pure white though its paper is not, and share drowned in pure black."""
    if view.light <= NIGHT:
        return 0.0, 1.0
    burnt = float((view.grey >= 254)[view.on_paper].mean()) if view.light < 250 and view.on_paper.any() else 0.0
    side = max(3, round(4 / 25.4 * view.dpi))
    black = cv2.morphologyEx((view.grey <= 4).astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    inner = black[black.shape[0] // 20 : -black.shape[0] // 20, black.shape[1] // 20 : -black.shape[1] // 20]
    return burnt, float(inner.mean()) if inner.size else 0.0
