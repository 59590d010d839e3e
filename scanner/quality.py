"""How good a page's image is: measured, kept with the page, told in words."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.model import Gray, Page, Quality, Reason

WORK_PX = 1750
"""Measures are taken on a copy of about 150 dpi (A4): 12 ms a page instead of 60."""
SHEET_MM = 297.0
LOW_DPI = 140
"""Scans at 150 dpi still read; a sheet of 120 dpi has capitals of 13 px and loses tone marks."""
BLUR_PX = 5.2
"""Edge width at 300 dpi: clean scans 1.8–2.6, photos 2.5–3.5, unreadable ones above 5.5."""
CONTRAST = 0.28
CLIPPED = 0.25
INK = 0.0016
"""Share of dark pixels: the form alone has 0.07, faintly printed 0.02, a blank sheet with dust below 0.0008."""


def assess(page: Page) -> Quality:
    """Measure blur, contrast, clipping, ink and resolution of a page."""
    image = page.image
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    factor = min(1.0, WORK_PX / max(grey.shape))
    small = (
        grey
        if factor == 1
        else np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    )
    height, width = image.shape[:2]
    dpi = page.dpi or max(height, width) / SHEET_MM * 25.4
    inner = small[small.shape[0] // 25 : -small.shape[0] // 25, small.shape[1] // 25 : -small.shape[1] // 25]
    paper = _paper(inner)
    relative = inner / np.maximum(paper, 30)
    ink = float((relative < 0.72).mean())
    dark = float(np.percentile(inner, 0.5)) / 255
    light = float(np.median(paper)) / 255
    contrast = max(0.0, light - dark)
    clipped = _clipped(inner, ink)
    blur = _edge_width(grey, paper_level=light * 255)
    blank = ink < INK
    colour = _colour(image)
    problems = _problems(dpi, blur, contrast, clipped, light, colour) if not blank else ()
    return Quality(width, height, round(dpi, 1), colour, blur, contrast, clipped, ink, blank, problems)


def _problems(
    dpi: float, blur: float, contrast: float, clipped: float, light: float, colour: str
) -> tuple[Reason, ...]:
    found = []
    if dpi < LOW_DPI:
        found.append(Reason("resolution_low", {"dpi": round(dpi)}))
    if blur > BLUR_PX:
        found.append(Reason("blurred", {"px": round(blur, 1)}))
    if contrast < CONTRAST:
        found.append(Reason("low_contrast"))
    if clipped > CLIPPED and colour != "bilevel":
        found.append(Reason("overexposed" if light > 0.5 else "underexposed"))
    return tuple(found)


def _paper(grey: Gray) -> Gray:
    """The local paper level: print closed over, then smoothed, at an eighth of the size."""
    eighth = cv2.resize(grey, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    closed = cv2.GaussianBlur(cv2.morphologyEx(eighth, cv2.MORPH_CLOSE, np.ones((7, 7))), (0, 0), 2)
    return np.asarray(cv2.resize(closed, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _clipped(grey: Gray, ink: float) -> float:
    """Share of pixels at pure black beyond the ink, or of ink that drowned in pure white paper."""
    black = float((grey <= 2).mean())
    return max(0.0, black - 2 * ink)


def _edge_width(grey: Gray, paper_level: float) -> float:
    """Median 10–90 % width of the strongest edges, px at 300 dpi: contrast over slope (Marziliano et al., 2002)."""
    height, width = grey.shape
    piece = grey[height // 4 : 3 * height // 4, width // 8 : 7 * width // 8]
    scale = max(grey.shape) / (SHEET_MM / 25.4 * 300)
    slope = np.abs(piece[:, 2:].astype(np.int16) - piece[:, :-2]) / 2
    strong = slope[slope >= max(float(np.percentile(slope, 99)), 4)]
    if not strong.size:
        return 99.0
    steepest = float(np.percentile(strong, 60))
    swing = max(paper_level - float(np.percentile(piece, 1)), 1.0)
    return float(0.8 * swing / steepest / max(scale, 0.1))


def _colour(image: NDArray[np.uint8]) -> Literal["colour", "grey", "bilevel"]:
    if image.ndim == 3:
        return "colour"
    sample = image[::5, ::5]
    extremes = float(((sample < 8) | (sample > 247)).mean())
    return "bilevel" if extremes > 0.999 else "grey"
