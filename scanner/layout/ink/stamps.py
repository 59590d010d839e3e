"""Round stamps of offices over a form: red ones are removed where the page has colour, grey ones are only found.

Red ink is as light as paper in the red channel, blue and black ink stay dark there. Only what makes up a ring of a
stamp's size is removed: a red pen's strokes stay. Without colour a ring is searched for where the blank has no print.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner.layout.ink.extraction import InkPage
from scanner.layout.registration.alignment import align, to_grey
from scanner.layout.registration.reference import downsample
from scanner.model import Box, FieldLayout, FieldSpec, Gray
from scanner.model.registration import PageTransform

STAMP_RADII_MM = (11.0, 26.0)
"""Stamps of Vietnamese offices have 16 to 18."""
MAP_DPI = 50
"""Half a millimetre a pixel: the ring of a stamp is 0.9 mm wide."""
MIN_REDNESS = 0.22
"""log(R/G) and log(R/B) of red ink relative to the paper's. Chosen."""
MIN_RED = 0.0005
"""Share of a sheet (31 mm² of A4) below which no stamp is searched for: a ring has 90 mm²."""
SECTORS, MIN_FILLED_SECTORS = 24, 0.7
"""Of a ring's sectors so many must hold ink of it. Chosen: a stamp may be inked in part."""
RED_LOSS = 0.35
"""Red ink takes a fifth of the red light and four fifths of the rest: this share of the difference is given back."""
RING_DPI = 25.4
"""One pixel a mm: rings are searched for with a kernel for each radius."""
RING_SHARE, RING_OUTSIDE = 0.6, 0.3
"""Inked share of a ring where the form has neither print nor answers; and by how much less there must be just outside
it. Stamps have 0.67 and more, signatures reach 0.48."""
GREY_MARGIN_MM = 4.0
"""The ring found may be the inner one, a little to the side: a grey stamp is taken to be larger by this."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A round stamp on the form: its centre (x, y) and radius, mm; `red` where it was found by its colour."""

    centre: tuple[float, float]
    radius: float
    red: bool

    def overlaps(self, box: Box) -> bool:
        """Does it reach into a box?"""
        dx = max(box.x - self.centre[0], self.centre[0] - box.right, 0.0)
        dy = max(box.y - self.centre[1], self.centre[1] - box.bottom, 0.0)
        return bool(np.hypot(dx, dy) < self.radius + 0.5)


def stamped_fields(stamps: Iterable[Stamp], fields: Iterable[FieldSpec]) -> frozenset[str]:
    """Ids of fields that a stamp reaches into."""
    known = tuple(stamps)
    return frozenset(f.id for f in fields if any(s.overlaps(b) for s in known for b in f.all_boxes))


def red_stamps(image: NDArray[np.uint8], transform: PageTransform) -> tuple[Stamp, ...]:
    """Red rings of a stamp's size on a page (rows, cols, 3) RGB; none on a grey one."""
    if image.ndim == 2:
        return ()
    sheet = cv2.GaussianBlur(align(image, transform, MAP_DPI), (0, 0), 0.8).astype(np.float32) + 8
    red = np.log(sheet[..., 0] / np.maximum(sheet[..., 1], sheet[..., 2]))
    mask = np.asarray(red - np.median(red) > MIN_REDNESS, np.uint8)
    if mask.mean() < MIN_RED:
        return ()
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = [
        _fit_ring(np.argwhere((labels == k) & (mask > 0))[:, ::-1])
        for k in range(1, count)
        if _has_stamp_size(stats[k])
    ]
    return tuple(s for s in found if s is not None)


def remove_stamps(image: NDArray[np.uint8], transform: PageTransform, stamps: Iterable[Stamp]) -> Gray:
    """The page (rows, cols) in grey; within red stamps as the red channel has it, as light as the paper around."""
    grey = to_grey(image)
    for stamp in stamps:
        if not stamp.red or image.ndim == 2:
            continue
        turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        rim = np.array(stamp.centre) + (stamp.radius + 1.2) * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        corners = np.round(transform.to_page(rim)).astype(np.int32)
        x, y, w, h = cv2.boundingRect(corners)
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, grey.shape[1]), min(y + h, grey.shape[0])
        if x1 <= x0 or y1 <= y0:
            continue
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [corners - [x0, y0]], 1)
        part, old = image[y0:y1, x0:x1, 0], grey[y0:y1, x0:x1]
        ratio = float(np.percentile(old, 90)) / max(float(np.percentile(part, 90)), 1)
        redness = cv2.subtract(part, np.max(image[y0:y1, x0:x1, 1:], axis=2)).astype(np.float32)
        light = np.clip((part.astype(np.float32) + RED_LOSS * redness) * ratio, 0, 255).astype(np.uint8)
        grey[y0:y1, x0:x1] = np.where(mask > 0, np.maximum(light, old), old)
    return grey


def grey_stamps(page: InkPage, fields: Iterable[FieldSpec]) -> tuple[Stamp, ...]:
    """The clearest ring of a stamp's size in ink that is not the form's, on a page without colour, if there is any.

    Boxes for answers are left out, for digits are round too; the area of a signature is searched.
    """
    small = downsample(page.grey, RING_DPI * 2)
    paper = page.offset + page.gain * 255
    ink = np.asarray(small < paper - 0.12 * 245, np.uint8)
    blank = np.asarray(downsample(page.model.blank, RING_DPI * 2) < 235, np.uint8)
    printed = np.asarray(cv2.dilate(blank, np.ones((3, 3), np.uint8)), np.uint8)
    free = 1 - printed
    for spec in fields:
        for box in spec.boxes if spec.layout is not FieldLayout.AREA else ():
            x0, y0, x1, y1 = (max(round(v / 25.4 * RING_DPI * 2), 0) for v in (box.x, box.y - 1, box.right, box.bottom))
            free[y0:y1, x0:x1] = 0
    size = (round(small.shape[1] / 2), round(small.shape[0] / 2))
    dark = cv2.resize(cv2.dilate(ink & free, np.ones((2, 2), np.uint8)), size, interpolation=cv2.INTER_AREA)
    known = cv2.resize(free, size, interpolation=cv2.INTER_AREA)
    dark, known = (np.asarray(m > 0, np.float32) for m in (dark, known))
    best, stamp = 0.0, None
    shares = {r: _ring_share(dark, known, r) for r in range(round(STAMP_RADII_MM[0]), round(STAMP_RADII_MM[1]) + 4)}
    for r in range(round(STAMP_RADII_MM[0]), round(STAMP_RADII_MM[1])):
        gain = np.where(shares[r + 3] < shares[r] - RING_OUTSIDE, shares[r], 0)
        y, x = (int(v) for v in np.unravel_index(int(gain.argmax()), gain.shape))
        if gain[y, x] > max(best, RING_SHARE):
            best, stamp = float(gain[y, x]), Stamp((x + 0.5, y + 0.5), r + GREY_MARGIN_MM, False)
    return (stamp,) if stamp else ()


def _ring_share(dark: NDArray[np.float32], known: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """For each place as centre the inked share of the ring of a radius (px), where the form has no print; 0 to 1."""
    kernel = np.zeros((2 * radius + 3,) * 2, np.float32)
    cv2.circle(kernel, (radius + 1, radius + 1), radius, 1.0, 1)
    ink = cv2.filter2D(dark * known, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    area = cv2.filter2D(known, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.where(area > 0.4 * kernel.sum(), ink / np.maximum(area, 1), 0).astype(np.float32)


def _has_stamp_size(stats: NDArray[np.int32]) -> bool:
    least, most = (2 * r / 25.4 * MAP_DPI for r in STAMP_RADII_MM)
    sides = stats[[cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return bool(least <= sides.max() <= 1.3 * most and sides.min() > 0.4 * sides.max())


def _fit_ring(points: NDArray[np.int64]) -> Stamp | None:
    """The smallest circle around red points (N, 2) px of the map, if they lie all around it."""
    (x, y), radius = cv2.minEnclosingCircle(points.astype(np.float32))
    away = points - [x, y]
    rim = np.hypot(away[:, 0], away[:, 1]) > 0.8 * radius
    angles = np.arctan2(away[rim, 1], away[rim, 0])
    sectors = np.unique(np.floor((angles + np.pi) / (2 * np.pi) * SECTORS * 0.9999))
    if len(sectors) < MIN_FILLED_SECTORS * SECTORS:
        return None
    mm = 25.4 / MAP_DPI
    return Stamp(((x + 0.5) * mm, (y + 0.5) * mm), radius * mm, True)
