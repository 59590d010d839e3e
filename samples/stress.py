"""Scans that are harder than `wear`'s: faxes, worn toner, dirty glass, show-through, other printers, holes, seals."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.wear import DPI, Image, Points, Worn, wear

KINDS = (
    "fax", "coarse", "low", "toner", "streaks", "through", "resized", "margins", "punched", "stamped", "stamped_grey",
)  # fmt: skip
RED = (206, 40, 52)


def stress(sheet: Image, kind: str, rng: np.random.Generator) -> Worn:
    """Wear a sheet, (rows, cols, 3) RGB at 300 dpi, in one of KINDS."""
    if kind == "fax":
        return _fax(sheet, (200.0, 200.0), rng)
    if kind == "coarse":
        return _fax(sheet, (204.0, 98.0), rng)
    if kind == "low":
        return _low(sheet, rng)
    if kind in ("stamped", "stamped_grey"):
        at = (rng.uniform(120, 175), rng.uniform(215, 275))
        return wear(stamp(sheet, at, rng), "scan" if kind == "stamped" else "dark", rng)
    if kind == "resized":
        return _resized(sheet, rng)
    if kind == "margins":
        return _margins(sheet, rng)
    dirty = {"toner": _toner, "through": _through, "punched": _punched}
    if kind in dirty:
        return wear(dirty[kind](sheet, rng), "scan", rng)
    if kind == "streaks":
        worn = wear(sheet, "scan", rng)
        return replace(worn, image=_streaks(worn.image, rng))
    raise ValueError(f"no such scan: {kind}")


def _moved(sheet: Image, scale: tuple[float, float], size: tuple[int, int], rng: np.random.Generator) -> Worn:
    """Turned by a little and laid in the middle of a page of size (rows, cols), scaled by (x, y)."""
    turn = np.deg2rad(rng.uniform(-2, 2))
    matrix = np.diag(scale) @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.array([sheet.shape[1], sheet.shape[0]]) / 2
    shift = np.array([size[1], size[0]]) / 2 + rng.normal(0, 6, 2) - matrix @ centre
    blur = [0.45 / s if s < 0.9 else 0.01 for s in scale]
    soft = cv2.GaussianBlur(sheet, (0, 0), sigmaX=blur[0], sigmaY=blur[1]) if max(blur) > 0.1 else sheet
    page = cv2.warpAffine(soft, np.column_stack([matrix, shift]), (size[1], size[0]), borderValue=(240, 240, 238))

    def to_page(mm: Points) -> Points:
        return np.asarray((mm * DPI / 25.4 - 0.5) @ matrix.T + shift, np.float64)

    return Worn(np.asarray(page, np.uint8), to_page, DPI, ".jpg")


def _fax(sheet: Image, dpi: tuple[float, float], rng: np.random.Generator) -> Worn:
    """Black or white, pixels of dpi (x, y), specks of the line."""
    size = (round(sheet.shape[0] * dpi[1] / DPI), round(sheet.shape[1] * dpi[0] / DPI))
    laid = _moved(sheet, (dpi[0] / DPI, dpi[1] / DPI), size, rng)
    grey = cv2.cvtColor(laid.image, cv2.COLOR_RGB2GRAY).astype(np.float32) + rng.normal(0, 12, size)
    out = np.where(grey > rng.uniform(140, 185), 255, 0).astype(np.uint8)
    specks = rng.random(size)
    out[specks < 0.0006] = 0
    for row in rng.integers(0, size[0], 3):  # a lost line
        out[row, rng.integers(size[1] // 2) :] = 255
    return Worn(out, laid.to_page, round(dpi[0]), ".tif")


def _low(sheet: Image, rng: np.random.Generator) -> Worn:
    size = (sheet.shape[0] // 2, sheet.shape[1] // 2)
    laid = _moved(sheet, (0.5, 0.5), size, rng)
    grey = cv2.cvtColor(laid.image, cv2.COLOR_RGB2GRAY).astype(np.float32) * rng.uniform(0.85, 1.0)
    grey += rng.normal(0, 4, size)
    return Worn(np.asarray(np.clip(grey, 0, 255), np.uint8), laid.to_page, 150, ".jpg", 70)


def _resized(sheet: Image, rng: np.random.Generator) -> Worn:
    """Printed at 96–104 %, and one way up to 1 % more than the other."""
    size, uneven = rng.uniform(0.96, 1.04), rng.uniform(0.99, 1.01)
    laid = _moved(sheet, (size, size * uneven), (sheet.shape[0], sheet.shape[1]), rng)
    return replace(wear(laid.image, "clean", rng), image=_grain(laid.image, rng), to_page=laid.to_page, suffix=".jpg")


def _margins(sheet: Image, rng: np.random.Generator) -> Worn:
    """Another printer: everything up to 6 mm aside, and what falls off the paper is lost."""
    shift = rng.uniform(-6, 6, 2) * DPI / 25.4
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    moved = cv2.warpAffine(sheet, matrix, (sheet.shape[1], sheet.shape[0]), borderValue=(255, 255, 255))
    edge = round(4 * DPI / 25.4)
    moved[:edge] = moved[-edge:] = 255
    moved[:, :edge] = moved[:, -edge:] = 255
    worn = wear(np.asarray(moved, np.uint8), "scan", rng)
    by = shift * 25.4 / DPI
    return replace(worn, to_page=lambda mm: worn.to_page(mm + by))


def _grain(page: Image, rng: np.random.Generator) -> Image:
    out = cv2.GaussianBlur(page, (0, 0), 0.9).astype(np.float32) * 0.96 + rng.normal(0, 4, page.shape[:2])[..., None]
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def _toner(sheet: Image, rng: np.random.Generator) -> Image:
    """Bands and patches where hardly any toner was left; the writer's pen came later and is as dark as ever."""
    rows, cols = sheet.shape[:2]
    bands = cv2.resize(rng.uniform(0.25, 1, (1, 14)).astype(np.float32), (cols, rows), interpolation=cv2.INTER_CUBIC)
    patches = cv2.resize(rng.uniform(0.3, 1, (12, 9)).astype(np.float32), (cols, rows), interpolation=cv2.INTER_CUBIC)
    strength = np.clip(np.minimum(bands, patches), 0.22, 1)[..., None]
    return np.asarray(np.clip(255 - (255 - sheet.astype(np.float32)) * strength, 0, 255), np.uint8)


def _streaks(page: Image, rng: np.random.Generator) -> Image:
    """Dirt on a feeder's glass: lines down the whole page, dark or light."""
    out = page.astype(np.float32)
    for _ in range(int(rng.integers(2, 7))):
        x, width = int(rng.integers(60, page.shape[1] - 60)), int(rng.integers(1, 5))
        depth = rng.uniform(-110, 60)
        out[:, x : x + width] += depth
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def _through(sheet: Image, rng: np.random.Generator) -> Image:
    """The back shines through, mirrored."""
    back = cv2.GaussianBlur(np.ascontiguousarray(sheet[:, ::-1]), (0, 0), 2.0).astype(np.float32)
    back = np.roll(back, tuple(int(v) for v in rng.integers(-60, 60, 2)), axis=(0, 1))
    return np.asarray(np.clip(sheet - (255 - back) * rng.uniform(0.1, 0.22), 0, 255), np.uint8)


def _punched(sheet: Image, rng: np.random.Generator) -> Image:
    """Two or four holes of 6 mm, dark or light behind; now and then punched too far in."""
    out = sheet.copy()
    x = rng.uniform(9, 13) if rng.random() < 0.7 else rng.uniform(18, 30)
    middle, gap = 148.5 + rng.uniform(-3, 3), 80.0
    shade = int(rng.choice([15, 60, 240]))
    for k in (-0.5, 0.5) if rng.random() < 0.6 else (-1.5, -0.5, 0.5, 1.5):
        at = (round(x * DPI / 25.4), round((middle + k * gap) * DPI / 25.4))
        cv2.circle(out, at, round(3 * DPI / 25.4), (shade,) * 3, -1, cv2.LINE_AA)
    return out


def stamp(sheet: Image, at: tuple[float, float], rng: np.random.Generator, radius_mm: float | None = None) -> Image:
    """A round red seal of an office with its centre at (x, y) mm: two rings, a star, letters round it, worn ink."""
    px = DPI / 25.4
    radius = (radius_mm or rng.uniform(16, 18)) * px
    size = round(2 * radius) + 40
    seal, c = np.zeros((size, size), np.float32), size / 2
    centre = (round(c), round(c))
    cv2.circle(seal, centre, round(radius), 1.0, round(0.9 * px), cv2.LINE_AA)
    cv2.circle(seal, centre, round(radius * 0.68), 1.0, round(0.35 * px), cv2.LINE_AA)
    tips = [(c + r * np.sin(a), c - r * np.cos(a)) for a, r in _star(radius * 0.3)]
    cv2.fillPoly(seal, [np.round(tips).astype(np.int32)], 1.0, cv2.LINE_AA)
    for k, letter in enumerate("UBND XA TRUNG MON * H YEN SON *"):
        a = 2 * np.pi * k / 31
        tile = np.zeros((90, 90), np.uint8)
        cv2.putText(tile, letter, (18, 66), cv2.FONT_HERSHEY_DUPLEX, 1.5, 255, 4, cv2.LINE_AA)
        turn = cv2.getRotationMatrix2D((45, 45), -np.degrees(a), 1.0)
        turn[:, 2] += (c + radius * 0.84 * np.sin(a) - 45, c - radius * 0.84 * np.cos(a) - 45)
        seal = np.maximum(seal, cv2.warpAffine(tile.astype(np.float32) / 255, turn, (size, size)))
    worn = cv2.resize(rng.uniform(0.45, 1, (9, 9)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    return _press(sheet, np.asarray(seal * np.clip(worn, 0.3, 0.95), np.float32), at)


def _star(radius: float) -> list[tuple[float, float]]:
    return [(np.pi * k / 5, radius if k % 2 == 0 else radius * 0.4) for k in range(10)]


def _press(sheet: Image, seal: NDArray[np.float32], at: tuple[float, float]) -> Image:
    """Red ink over what is there: dark ink under it stays dark."""
    out = sheet.copy()
    top, left = (round(v * DPI / 25.4 - seal.shape[0] / 2) for v in (at[1], at[0]))
    r0, c0, r1, c1 = max(top, 0), max(left, 0), min(top + len(seal), len(out)), min(left + len(seal), out.shape[1])
    part = out[r0:r1, c0:c1].astype(np.float32)
    cover = seal[r0 - top : r1 - top, c0 - left : c1 - left, None]
    out[r0:r1, c0:c1] = np.clip(part * (1 - cover + cover * np.array(RED, np.float32) / 255), 0, 255)
    return out
