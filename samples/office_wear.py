"""Pages that must be placed: every wear of `samples.wear`, and what offices do to sheets beside that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from samples.misplaced import Stack
from samples.paper import MM, Image, Points, Rng, Seen, Sheet, scanned
from samples.wear import KINDS, wear


def _worn(kind: str) -> Callable[[Stack, Rng], Seen]:
    def make(stack: Stack, rng: Rng) -> Seen:
        worn = wear(np.repeat(stack.one(rng)[..., None], 3, axis=2), kind, rng)
        return Seen(worn.image, worn.to_page, kind == "photo")

    return make


def low_resolution(stack: Stack, rng: Rng) -> Seen:
    """150 dpi."""
    return scanned(Sheet(stack.one(rng)), rng, dpi=150)


def printed_at_another_size(stack: Stack, rng: Rng) -> Seen:
    """Printed at 96 to 104 %, a little longer than wide."""
    size = float(rng.uniform(0.96, 1.04))
    return scanned(Sheet(stack.one(rng)), rng, size=(size * (1 + float(rng.uniform(-0.005, 0.005))), size))


def stretched(stack: Stack, rng: Rng) -> Seen:
    """The feeder or the drum runs up to 1 % fast or slow."""
    return scanned(
        Sheet(stack.one(rng)), rng, dpi=int(rng.choice([200, 300])), size=(1, float(rng.uniform(0.99, 1.01)))
    )


def margins_shifted(stack: Stack, rng: Rng) -> Seen:
    """Printed up to 6 mm off the middle of its sheet; what leaves the sheet is white margin."""
    by = rng.uniform(-6, 6, 2) * [1, 0.8]
    matrix = np.array([[1, 0, round(by[0] * MM)], [0, 1, round(by[1] * MM)]], np.float64)
    image = np.asarray(cv2.warpAffine(stack.one(rng), matrix, (2480, 3508), borderValue=(255,)), np.uint8)
    return scanned(Sheet(image, lambda mm: mm + matrix[:, 2] / MM), rng)


def faint(stack: Stack, rng: Rng) -> Seen:
    """Toner nearly used up."""
    weak = 255 - (255 - stack.one(rng).astype(np.float32)) * float(rng.uniform(0.3, 0.5))
    return scanned(Sheet(weak.astype(np.uint8)), rng)


def dirty_lines(stack: Stack, rng: Rng) -> Seen:
    """Dust on the glass of a feeder: up to four straight streaks down the page; a stain."""
    image = stack.one(rng).copy()
    for _ in range(int(rng.integers(1, 5))):
        x, wide = int(rng.integers(100, 2380)), int(rng.integers(1, 5))
        image[:, x : x + wide] = np.minimum(image[:, x : x + wide], int(rng.integers(60, 180)))
    spot = np.zeros_like(image)
    cv2.circle(spot, (int(rng.integers(0, 2480)), int(rng.integers(0, 3508))), int(rng.integers(60, 260)), 255, 12)
    image = np.where(spot > 0, np.minimum(image, 190), image).astype(np.uint8)
    return scanned(Sheet(image), rng)


def holes(stack: Stack, rng: Rng) -> Seen:
    """Punched in the left margin, and a staple's shadow."""
    image = stack.one(rng).copy()
    for y in (108.5, 188.5) if rng.random() < 0.6 else (28.5, 108.5, 188.5, 268.5):
        cv2.circle(image, (round(12 * MM), round(y * MM)), round(2.75 * MM), int(rng.integers(20, 120)), -1)
    cv2.line(image, (90, 100), (190, 60), 60, 7)
    return scanned(Sheet(image), rng)


def feeder_jitter(stack: Stack, rng: Rng) -> Seen:
    """Rollers out of round: waves of up to 0.15 mm, 40 to 120 mm long."""
    size, long, phase = float(rng.uniform(0.03, 0.15)), float(rng.uniform(40, 120)), float(rng.uniform(0, 6.28))

    def slip(points: Points) -> Points:
        return np.stack([np.zeros(len(points)), size * np.sin(2 * np.pi * points[:, 1] / long + phase)], 1)

    return scanned(Sheet(stack.one(rng)), rng, slip=slip)


def stamped(stack: Stack, rng: Rng) -> Seen:
    """An office's round stamp over the signature, and a line of pen in a margin."""
    image = stack.one(rng).copy()
    centre = (int(rng.integers(1500, 2100)), int(rng.integers(2950, 3200)))
    cv2.circle(image, centre, 190, 120, 12)
    cv2.putText(image, "UBND XA", (centre[0] - 150, centre[1]), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 120, 8)
    cv2.putText(image, "da nhap", (40, int(rng.integers(200, 3300))), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 60, 4)
    return scanned(Sheet(image), rng)


def soft(stack: Stack, rng: Rng) -> Seen:
    """Out of focus, saved as a poor JPEG."""
    seen = scanned(Sheet(stack.one(rng)), rng)
    image = cv2.GaussianBlur(seen.image, (0, 0), float(rng.uniform(1.0, 1.8)))
    packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 60))])[1]
    return Seen(np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8), seen.to_page)


def fed_aslant(stack: Stack, rng: Rng) -> Seen:
    """Turned by 3 to 8 degrees on a larger glass."""
    image: Image = stack.one(rng)
    turn = cv2.getRotationMatrix2D((1240, 1754), float(rng.choice([-1, 1]) * rng.uniform(3, 8)), 0.67)
    turn[:, 2] += [100, -250]
    page = cv2.warpAffine(cv2.GaussianBlur(image, (0, 0), 0.6), turn, (2500, 3100), borderValue=(235,))

    def to_page(mm: Points) -> Points:
        return np.asarray((mm * MM - 0.5) @ turn[:, :2].T + turn[:, 2], np.float64)

    return Seen(np.asarray(page, np.uint8), to_page)


GOOD: Mapping[str, Callable[[Stack, Rng], Seen]] = {
    **{kind: _worn(kind) for kind in KINDS},
    "150 dpi": low_resolution, "printed at 96–104 %": printed_at_another_size,
    "stretched by 1 %": stretched, "margins shifted": margins_shifted, "toner low": faint, "dirty lines": dirty_lines,
    "holes": holes, "feeder jitter": feeder_jitter, "stamped": stamped, "soft JPEG": soft, "fed aslant": fed_aslant,
}  # fmt: skip
