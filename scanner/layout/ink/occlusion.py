"""Occlusion by what lies on the sheet: a finger, a clip, a note, a slip of paper. A field under it is not empty.

Three signs, on a map of 50 dpi: print of the blank that is missing (also on grey pages, and under white paper); paper
of another colour than the sheet's own in any light; and dark areas thicker than any pen.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink.extraction import InkPage
from scanner.layout.ink.stamps import Stamp
from scanner.layout.registration.alignment import align
from scanner.layout.registration.reference import downsample
from scanner.model import Box, FieldSpec, Gray
from scanner.model.registration import PageTransform

Mask = NDArray[np.uint8]

MAP_DPI, PRINT_DPI = 50, 100
"""Resolutions of the map, half a millimetre a pixel, and of the comparison of print."""
WINDOW_MM = 5.0
"""Print is compared over windows of this side: a line of print is in each."""
MIN_PRINT = 15_000.0
"""Darkness (sum of squares at 100 dpi) of a window's print below which nothing can be found missing."""
MAX_OCCLUDED = 0.3
"""Of the page's usual: print this faint over a whole window is occluded."""
MIN_PAGE_VISIBILITY = 0.35
"""Share of the predicted darkness: on a page whose print is fainter on the whole missing print proves nothing."""
TINT = 0.16
"""Change of red or blue against green that another paper, or skin, makes; shadows and lamps stay below 0.08."""
DARK_LEVEL, THICK_MM = 150, 5.0
"""Darker than this grey level and thicker than this is no pen's: scribbled-out squares are 4.5 mm."""
BRIDGE_MM = 9.0
"""Gap between two areas of occluded print that is closed: the leading of a form."""
MIN_OBJECT_MM2 = 12.0
"""Smaller areas, 3.5 mm square, are left out. Chosen."""
MIN_SHARE = 0.07
"""Of one box, that must be occluded. Boxes are to be found from 15 % on (`benchmarks.covering`); the map is coarse, so
half of that must do."""


def occluded_fields(
    image: NDArray[np.uint8],
    transform: PageTransform,
    page: InkPage,
    fields: Iterable[FieldSpec],
    stamps: Iterable[Stamp],
) -> tuple[str, ...]:
    """Ids of fields of which a box lies under something.

    `image` is the page as it came, (rows, cols[, 3]); `transform` maps form mm to its px; `page` is its ink. Stamps are
    ink and no objects: they are left out.
    """
    cover = occlusion_map(image, transform, page)
    for stamp in stamps:
        centre = tuple(round(v / 25.4 * MAP_DPI) for v in stamp.centre)
        cv2.circle(cover, centre, round((stamp.radius + 2) / 25.4 * MAP_DPI), 0, -1)
    return tuple(f.id for f in fields if _is_occluded(cover, f))


def occlusion_map(image: NDArray[np.uint8], transform: PageTransform, page: InkPage) -> Mask:
    """1 where something lies on the sheet, (rows, cols) at MAP_DPI."""
    cover = _close_gaps(_occluded_print(page), BRIDGE_MM) | _thick_dark(downsample(page.grey, MAP_DPI))
    if image.ndim == 3:
        cover |= _other_paper(align(image, transform, MAP_DPI))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cover, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= MIN_OBJECT_MM2 * (MAP_DPI / 25.4) ** 2
    large[0] = False
    return np.asarray(large[labels] if count > 1 else cover, np.uint8)


def _is_occluded(cover: Mask, spec: FieldSpec) -> bool:
    boxes = [*spec.boxes, *(o.box.grown(0.4, 0.4) for o in spec.options)]
    return any(_occluded_share(cover, box) >= MIN_SHARE for box in boxes)


def _occluded_share(cover: Mask, box: Box) -> float:
    scale = MAP_DPI / 25.4
    part = cover[
        max(round(box.y * scale), 0) : round(box.bottom * scale),
        max(round(box.x * scale), 0) : round(box.right * scale),
    ]
    return float(part.mean()) if part.size else 0.0


def _occluded_print(page: InkPage) -> Mask:
    """1 where the blank's print is missing over a whole window. What is written over print only darkens it."""
    sigma = max(page.sigma * PRINT_DPI / 300, 0.5)
    blank = cv2.GaussianBlur(downsample(page.model.blank, PRINT_DPI), (0, 0), sigma).astype(np.float32)
    predicted = np.clip(page.gain * (255 - blank), 0, None)
    seen = page.offset + page.gain * 255 - cv2.GaussianBlur(downsample(page.grey, PRINT_DPI), (0, 0), 0.5)
    window = (round(WINDOW_MM / 25.4 * PRINT_DPI) | 1,) * 2
    strength = cv2.boxFilter(predicted * predicted, -1, window, normalize=False)
    # what is far darker than print could be is no proof of print: an edge of a finger, a clip
    found = cv2.boxFilter(predicted * np.minimum(seen, 1.5 * predicted + 20), -1, window, normalize=False)
    judged = strength > MIN_PRINT * page.gain**2
    visible = found / np.maximum(strength, 1)
    usual = float(np.median(visible[judged])) if judged.any() else 0.0
    if usual < MIN_PAGE_VISIBILITY:
        return np.zeros(_map_shape(page), np.uint8)
    gone = np.asarray(judged & (visible < MAX_OCCLUDED * usual), np.uint8)
    rows, cols = _map_shape(page)
    return np.asarray(cv2.resize(gone, (cols, rows), interpolation=cv2.INTER_NEAREST), np.uint8)


def _other_paper(sheet: NDArray[np.uint8]) -> Mask:
    """1 where paper (rows, cols, 3) has another colour than the sheet's own: ratios, so that shadows do not count."""
    kernel = np.ones((_map_px(2.5), _map_px(2.5)), np.uint8)
    paper = cv2.GaussianBlur(cv2.morphologyEx(sheet, cv2.MORPH_CLOSE, kernel), (0, 0), 1.0).astype(np.float32) + 8
    tint = np.stack([np.log(paper[..., 0] / paper[..., 1]), np.log(paper[..., 2] / paper[..., 1])], axis=-1)
    off = tint - _fit_tint(tint)
    return np.asarray((np.abs(off).max(axis=2) > TINT) & (paper[..., 1] > 30), np.uint8)


def _fit_tint(tint: NDArray[np.float32]) -> NDArray[np.float64]:
    """The sheet's own tint, (rows, cols, 2): a polynomial of degree 2 through most of it (trimmed least squares)."""
    rows, cols = tint.shape[:2]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    some, seen = basis[::6, ::6].reshape(-1, 6), tint[::6, ::6].reshape(-1, 2)
    fitted = np.zeros((6, 2))
    fitted[0] = np.median(seen, axis=0)
    for _ in range(6):
        off = np.abs(seen - some @ fitted).max(axis=1)
        near = off < max(2.5 * float(np.median(off)), 0.04)
        fitted = np.linalg.lstsq(some[near], seen[near], rcond=None)[0]
    return basis @ fitted


def _thick_dark(grey: Gray) -> Mask:
    side = _map_px(THICK_MM)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx((grey < DARK_LEVEL).astype(np.uint8), cv2.MORPH_OPEN, disc), np.uint8)


def _close_gaps(mask: Mask, mm: float) -> Mask:
    """Gaps up to some width closed, within a margin of paper, so that the sheet's edge closes nothing."""
    side = _map_px(mm)
    wide = cv2.copyMakeBorder(mask, side, side, side, side, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), np.uint8)[
        side:-side, side:-side
    ]


def _map_shape(page: InkPage) -> tuple[int, int]:
    grey = page.grey.shape
    return round(grey[0] * MAP_DPI / 300), round(grey[1] * MAP_DPI / 300)


def _map_px(mm: float) -> int:
    return max(round(mm / 25.4 * MAP_DPI), 1)
