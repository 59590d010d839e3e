"""Telling the writer's ink from the printed form on an aligned page.

The blank, blurred and toned as this page's own print is, predicts what the page would look like unwritten. Off the
print, what is dark is ink. On the print, ink is what is darker than predicted, and a dark run that goes through a
thin printed line and comes out of it, as in staff-line removal for music (Dalitz et al., 2008). This keeps the tone
mark under a letter that stands on the dotted line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.alignment import align, flatten_background
from scanner.model import PX_PER_MM, Box, Gray
from scanner.model.registration import PageTransform

Mask = NDArray[np.uint8]

PRINT_LEVEL = 200
"""Blank pixels darker than this are printed; anti-aliased edges of 300-dpi text start near 230."""
PRINT_MARGIN_PX = 2
"""Printed ink is widened by this: residual registration error (p95 0.4 px) plus the blur of a scan's edge."""
THIN_PX = 14
"""A printed line thinner than this (1.2 mm with slack) can be crossed by a stroke; lettering is not restored."""
SPECK_MM2 = 0.045
"""Smaller pieces of ink are dust or scanner noise: a full stop of a ball-point pen has about 0.12 mm²."""
SIGMAS = (0.5, 0.8, 1.1, 1.4, 1.8, 2.3)
"""Blurs tried for this page's print, px: clean renderings fit 0.5, scans 0.8–1.1, photos 1.4 and more."""
MIN_RESIDUAL = 0.28
"""Darker than predicted by this share of the print's contrast is ink on print; more where the print itself varies more
(1.3 times the 98th percentile of its residuals). Chosen."""
PEN_PX = 40
"""The pen's darkness is that of the 40th darkest pixel: a hair or a speck has fewer."""
MIN_PEN_CONTRAST = 26.0
"""Grey levels below the paper that a stroke must have: smoothed grain of a bad scan has 10, JPEG ringing 15."""
STRAIGHT_RUN_PX = 22
"""A straight run this long on print is the print itself out of place by a pixel: walls, rules; not letters."""
SAMPLES = 40
PATCH_PX = (44, 110)
"""Patches in which the tone of a page's print is measured, and their rows and columns: a word of 10 points each, as a
landmark. Chosen for time."""


@dataclass(frozen=True, slots=True, eq=False)
class PrintModel:
    """The blank and some printed patches of it, blurred once in several ways, to compare each page's print with."""

    blank: Gray = field(repr=False)
    printed: Mask = field(repr=False)
    corners: tuple[tuple[int, int], ...]  # (row, col) of each patch
    blurred: NDArray[np.float32] = field(repr=False)  # (len(SIGMAS), n) pixels near print
    near: NDArray[np.bool_] = field(repr=False)  # (SAMPLES·rows, cols): pixels near print


@dataclass(frozen=True, slots=True, eq=False)
class InkPage:
    """An aligned page (rows, cols at 300 dpi, paper about 245) and how its print came out.

    Predicted grey = gain · blur(blank, sigma) + offset, of 0 to 255; sigma in px. Darker than `level` is dark; darker
    than predicted by `residual_level` is ink on print.
    """

    grey: Gray = field(repr=False)
    model: PrintModel = field(repr=False)
    sigma: float
    gain: float
    offset: float
    level: float
    residual_level: float

    def window(self, box: Box) -> tuple[slice, slice]:
        """Rows and columns of a box (mm), clipped to the sheet."""
        rows, cols = self.grey.shape
        top, left = max(round(box.y * PX_PER_MM), 0), max(round(box.x * PX_PER_MM), 0)
        bottom, right = min(round(box.bottom * PX_PER_MM), rows), min(round(box.right * PX_PER_MM), cols)
        return slice(top, max(bottom, top)), slice(left, max(right, left))

    def ink_in(self, box: Box, *, walls: bool = False) -> InkWindow:
        """The writer's ink within a box (mm). With `walls`, ink that only touches a printed line ends there."""
        rows, cols = self.window(box)
        grey, printed = self.grey[rows, cols], self.model.printed[rows, cols]
        if not grey.size:
            return InkWindow(rows, cols, grey, grey, printed)
        blurred = cv2.GaussianBlur(self.model.blank[rows, cols], (0, 0), self.sigma)
        excess = self.gain * blurred.astype(np.float32) + self.offset - grey
        dark = self._dark(grey, excess, printed)
        outside = _remove_specks(dark & ~printed)
        if walls:
            outside = _remove_wall_shadows(outside, printed)
        residual = _remove_straight_runs(_mask(excess > self.residual_level) & printed)
        ink = _remove_specks(outside | _crossing_strokes(outside, dark, printed, walls) | residual)
        if walls:
            ink = _remove_print_only(ink, outside)
        # on print only what the print does not explain is drawn, elsewhere the page as it is
        contrast = max(self.gain * 255, 40.0)
        on_print = 255 - np.clip(excess, 0, None) * (255 / contrast)
        off_print = (grey.astype(np.float32) - 20) * (255 / 205)
        crossed = (ink & printed & ~residual) > 0
        picture = np.where((printed > 0) & ~crossed, on_print, off_print)
        return InkWindow(rows, cols, np.clip(picture, 0, 255).astype(np.uint8), ink, printed)

    def _dark(self, grey: Gray, excess: NDArray[np.float32], printed: Mask) -> Mask:
        """What is dark here: half way between the paper and the darkest strokes off the print, also of a faint pen.

        Where nothing stands out from the paper's grain, nothing is dark.
        """
        smooth = cv2.GaussianBlur(excess, (0, 0), 0.9)  # of what the print does not explain, its blurred edge included
        free = smooth[printed == 0]
        if free.size <= PEN_PX:
            return _mask(grey < self.level)
        pen = float(-np.partition(-free, PEN_PX)[PEN_PX])
        if pen < MIN_PEN_CONTRAST:
            return np.zeros_like(grey)
        usual = self.offset + self.gain * 255 - self.level
        return _mask(grey < self.level) if 0.45 * pen >= usual else _mask(smooth > 0.45 * pen)


@dataclass(frozen=True, slots=True, eq=False)
class InkWindow:
    """A piece of a page: its rows and columns there; (rows, cols) uint8 each: the ink without the print on white paper
    (`picture`), and the masks of ink and of print, 255 where set."""

    rows: slice
    cols: slice
    picture: Gray = field(repr=False)
    ink: Mask = field(repr=False)
    printed: Mask = field(repr=False)

    def masked(self, keep: Mask) -> Gray:
        """The picture with the kept ink and its soft edges on white paper, all else gone."""
        near = cv2.dilate(keep, np.ones((5, 5), np.uint8)) > 0
        return np.where(near, self.picture, np.uint8(255))


def build_print_model(blank: Gray, centres_mm: NDArray[np.float64]) -> PrintModel:
    """Prepare a blank (rows, cols at 300 dpi) with the centres (N, 2; x and y, mm) of printed patches to sample."""
    height, width = PATCH_PX
    chosen = centres_mm[np.linspace(0, len(centres_mm) - 1, min(SAMPLES, len(centres_mm))).astype(int)]
    corners = []
    for x, y in chosen:
        row, col = round(y * PX_PER_MM - height / 2), round(x * PX_PER_MM - width / 2)
        corners.append((min(max(row, 0), blank.shape[0] - height), min(max(col, 0), blank.shape[1] - width)))
    patches = _patches(blank, corners)
    near = cv2.dilate(_mask(patches < 128), np.ones((7, 7), np.uint8)) > 0
    whole = [cv2.GaussianBlur(blank, (0, 0), sigma) for sigma in SIGMAS]
    blurred = np.stack([_patches(np.asarray(image, np.uint8), corners)[near] for image in whole]).astype(np.float32)
    return PrintModel(blank, print_mask(blank), tuple(corners), blurred, near)


def print_mask(blank: Gray, slack: int = PRINT_MARGIN_PX) -> Mask:
    """Where the blank is printed, widened by slack px."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * slack + 1, 2 * slack + 1))
    return np.asarray(cv2.dilate(_mask(blank < PRINT_LEVEL), disc), np.uint8)


def extract_ink(aligned: Gray, model: PrintModel) -> InkPage:
    """How the print of an aligned page (rows, cols at 300 dpi) came out.

    Blur, gain and offset by least squares over the sampled patches.
    """
    seen = _patches(aligned, model.corners)[model.near].astype(np.float32)
    best: tuple[float, float, float, float, NDArray[np.float32]] | None = None
    for sigma, predicted in zip(SIGMAS, model.blurred, strict=True):
        gain, offset = np.polyfit(predicted, seen, 1)
        left = gain * predicted + offset - seen
        error = float(np.abs(left).mean())
        if best is None or error < best[0]:
            best = error, sigma, float(gain), float(offset), left.astype(np.float32)
    assert best is not None
    _, sigma, gain, offset, left = best
    contrast = max(gain * 255, 40.0)
    residual = max(MIN_RESIDUAL * contrast, 1.3 * float(np.percentile(left, 98)))
    # a little nearer the paper than the middle between it and print: pens are fainter than print
    level = float(np.clip(offset + 0.6 * contrast, 110, 205))
    return InkPage(aligned, model, sigma, gain, offset, level, residual)


def extract_page_ink(grey: Gray, transform: PageTransform, model: PrintModel) -> InkPage:
    """The same of a page (rows, cols) grey as it came, by where the form lies on it: aligned, background flattened."""
    return extract_ink(align(flatten_background(grey), transform), model)


def ink_box(mask: Mask) -> tuple[int, int, int, int] | None:
    """(row0, row1, col0, col1) around what is set; None where nothing is."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1


def px_to_mm2(pixels: float) -> float:
    """An area in pixels at 300 dpi, in mm²."""
    return float(pixels / PX_PER_MM**2)


def _patches(image: Gray, corners: tuple[tuple[int, int], ...] | list[tuple[int, int]]) -> Gray:
    height, width = PATCH_PX
    return np.concatenate([image[r : r + height, c : c + width] for r, c in corners])


def _mask(condition: NDArray[np.bool_]) -> Mask:
    return condition.view(np.uint8) * np.uint8(255)


def _remove_specks(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < SPECK_MM2 * PX_PER_MM**2
    small[0] = False
    return mask if count <= 1 or not small.any() else np.where(small[labels], np.uint8(0), mask)


def _remove_wall_shadows(outside: Mask, printed: Mask) -> Mask:
    """Ink without the thin shadow of a wall that was printed, or seen, a pixel out of place."""
    beside = outside & np.asarray(cv2.dilate(printed, np.ones((5, 5), np.uint8)), np.uint8)
    return outside & ~(beside ^ _remove_straight_runs(beside))


def _remove_print_only(ink: Mask, outside: Mask) -> Mask:
    """The components of ink that do not lie on print alone: what lies wholly on a wall is the wall."""
    _, labels = cv2.connectedComponents(ink, connectivity=8)
    real = np.zeros(int(labels.max()) + 1, bool)
    real[labels[outside > 0]] = True
    real[0] = False
    return np.where(real[labels], np.uint8(255), np.uint8(0))


def _crossing_strokes(outside: Mask, dark: Mask, printed: Mask, walls: bool) -> Mask:
    """Dark pixels on thin print that are connected with ink outside it, straight across the line.

    The ink must come out on the other side; only on lines that are written on may letters end within the line.
    """
    both = dark & printed
    kept = np.zeros_like(outside)
    for down in (True, False):
        along = (THIN_PX, 1) if down else (1, THIN_PX)
        thick = np.asarray(cv2.morphologyEx(printed, cv2.MORPH_OPEN, np.ones(along, np.uint8)), np.uint8)
        allowed = (both & ~thick) | outside
        one, other = (_grow_one_way(outside, allowed, down, back) for back in (False, True))
        kept |= one | other if down and not walls else one & other
    return kept & both


def _grow_one_way(seed: Mask, allowed: Mask, down: bool, back: bool) -> Mask:
    """The seed grown one way (down or right; with `back` up or left) within `allowed`, by at most THIN_PX."""
    kernel = np.array([0, 1, 1] if back else [1, 1, 0], np.uint8)  # dilation reads against the way it grows
    kernel = kernel.reshape(3, 1) if down else kernel.reshape(1, 3)
    front = seed
    for _ in range(THIN_PX):
        front = np.asarray(cv2.bitwise_and(cv2.dilate(front, kernel), allowed), np.uint8)
    return front


def _remove_straight_runs(residual: Mask) -> Mask:
    """Without long straight runs: a wall or rule printed a pixel out of place is no writing."""
    out = residual
    for shape in ((STRAIGHT_RUN_PX, 1), (1, STRAIGHT_RUN_PX)):
        runs = cv2.morphologyEx(residual, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        out = out & ~np.asarray(cv2.dilate(runs, np.ones((3, 3), np.uint8)), np.uint8)
    return out
