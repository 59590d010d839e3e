"""Things that lie on a sheet when it is scanned or photographed: fingers, clips, notes, slips of paper."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.wear import DPI, Image

KINDS = ("finger", "clip", "note", "slip")
SKIN = ((232, 190, 165), (205, 150, 118), (168, 112, 82), (120, 78, 58))
NOTES = ((250, 238, 130), (250, 170, 190), (150, 215, 245), (170, 230, 150), (252, 186, 110))
PX = DPI / 25.4


def lay(sheet: Image, kind: str, at: tuple[float, float], rng: np.random.Generator) -> tuple[Image, NDArray[np.bool_]]:
    """Lay a thing onto a sheet (300 dpi RGB) so that it covers the point `at` (mm); where it covers, (rows, cols)."""
    cover = {"finger": _finger, "clip": _clip, "note": _note, "slip": _slip}[kind]
    colour, mask = cover(sheet.shape[:2], at, rng)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)[..., None]
    dim = cv2.GaussianBlur(np.roll(mask, (10, 6), (0, 1)).astype(np.float32), (0, 0), 9)[..., None]
    out = sheet * (1 - 0.3 * dim) * (1 - soft) + colour * soft
    return np.asarray(np.clip(out, 0, 255), np.uint8), mask


def _finger(
    shape: tuple[int, int], at: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """From the nearer side of the sheet, its tip a little beyond the point."""
    cols = shape[1]
    width = rng.uniform(14, 20) * PX
    side = -width if at[0] * PX < cols / 2 else cols + width
    tip = np.array([at[0], at[1]]) * PX + np.array([-np.sign(side) * 2.0, rng.uniform(-2, 2)]) * PX
    foot = np.array([side, tip[1] + rng.uniform(10, 60) * PX])
    canvas = np.zeros(shape, np.uint8)
    cv2.line(canvas, _whole(tip), _whole(foot), 255, round(width), cv2.LINE_AA)
    skin = np.array(SKIN[int(rng.integers(len(SKIN)))], np.float32)
    depth = cv2.distanceTransform(canvas, cv2.DIST_L2, 3) / (width / 2)
    colour = skin * (0.72 + 0.28 * np.sqrt(np.clip(depth, 0, 1)))[..., None]
    nail = np.zeros(shape, np.uint8)
    along = (foot - tip) / np.linalg.norm(foot - tip)
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    cv2.ellipse(nail, (_whole(tip + along * 0.1 * width), (width * 0.75, width * 0.55), angle), 255, -1)
    colour = np.where(nail[..., None] > 0, colour * 0.6 + np.array([245, 215, 205]) * 0.4, colour)
    return np.asarray(colour, np.float32), canvas > 127


def _clip(
    shape: tuple[int, int], at: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A fold-back clip: a body of steel over the nearest edge of the sheet, up to the point."""
    rows, cols = shape
    x, y = at[0] * PX, at[1] * PX
    half = rng.uniform(9, 16) * PX
    to_left = x < cols / 2
    x0, x1 = (0.0, x + 2 * PX) if to_left else (x - 2 * PX, float(cols))
    canvas = np.zeros(shape, np.uint8)
    cv2.rectangle(canvas, _whole((x0, y - half)), _whole((x1, y + half)), 255, -1)
    shade = rng.uniform(25, 190)
    across = np.arange(rows, dtype=np.float32)[:, None]
    shine = 40 * np.exp(-(((across - y) / (0.3 * half)) ** 2))
    return np.repeat((shade + np.broadcast_to(shine, shape))[..., None], 3, 2).astype(np.float32), canvas > 0


def _note(
    shape: tuple[int, int], at: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    size = rng.uniform(25, 60, 2) if rng.random() < 0.6 else np.array([50.0, 15.0])
    return _sheetlet(shape, at, size, np.array(NOTES[int(rng.integers(len(NOTES)))], np.float32), rng)


def _slip(
    shape: tuple[int, int], at: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """White paper as the sheet's own."""
    return _sheetlet(shape, at, rng.uniform(20, 60, 2), np.full(3, rng.uniform(235, 255), np.float32), rng)


def _sheetlet(
    shape: tuple[int, int], at: tuple[float, float], size: NDArray[np.float64], colour: NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:  # fmt: skip
    centre = np.array(at) + rng.uniform(-0.3, 0.3, 2) * size
    corners = cv2.boxPoints((tuple(centre * PX), tuple(size * PX), float(rng.uniform(-12, 12))))
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.round(corners).astype(np.int32)], 255)
    return np.broadcast_to(colour, (*shape, 3)).astype(np.float32), canvas > 0


def _whole(point: NDArray[np.float64] | tuple[float, float]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
