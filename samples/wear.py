"""Wear as scanners and phones do it. Each kind also says where every point of the form went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Points = NDArray[np.float64]
DPI = 300
KINDS = ("clean", "scan", "grey", "bilevel", "turned", "photo", "dark", "faint")


@dataclass(frozen=True, slots=True, eq=False)
class Worn:
    """A worn page, where form mm (N, 2) lie on it (px, x and y, pixel centres whole), its dpi, how to save it."""

    image: Image
    to_page: Callable[[Points], Points]
    dpi: int
    suffix: str
    quality: int = 80


def wear(sheet: Image, kind: str, rng: np.random.Generator) -> Worn:
    """Wear a sheet, (rows, cols, 3) RGB at 300 dpi."""
    if kind == "clean":
        return Worn(sheet, lambda mm: mm * DPI / 25.4 - 0.5, DPI, ".png")
    if kind == "photo":
        return _photo(sheet, rng)
    worn = _scan(sheet, kind, rng)
    return _turned(worn, int(rng.integers(1, 4))) if kind == "turned" else worn


def _scan(sheet: Image, kind: str, rng: np.random.Generator) -> Worn:
    dpi = 200 if kind in ("grey", "bilevel") else DPI
    scale = dpi / DPI * rng.uniform(0.992, 1.008)
    turn = np.deg2rad(rng.uniform(-2.8, 2.8))
    rows, cols = round(sheet.shape[0] * dpi / DPI), round(sheet.shape[1] * dpi / DPI)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[0] *= rng.uniform(0.998, 1.002)
    centre = np.array([sheet.shape[1], sheet.shape[0]]) / 2
    shift = np.array([cols, rows]) / 2 + rng.normal(0, 8, 2) - matrix @ centre
    reduced = cv2.GaussianBlur(sheet, (0, 0), 0.7) if dpi < DPI else sheet
    moved = cv2.warpAffine(reduced, np.column_stack([matrix, shift]), (cols, rows), borderValue=(238, 238, 236))
    page = _paper(np.asarray(moved, np.uint8), kind, rng)

    def to_page(mm: Points) -> Points:
        return np.asarray((mm * DPI / 25.4 - 0.5) @ matrix.T + shift, np.float64)

    if kind == "bilevel":
        grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
        level = rng.uniform(150, 185)
        return Worn(np.where(grey > level, 255, 0).astype(np.uint8), to_page, dpi, ".tif")
    if kind in ("grey", "dark"):
        return Worn(np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.uint8), to_page, dpi, ".jpg", 72)
    return Worn(page, to_page, dpi, ".jpg", 82)


def _paper(page: Image, kind: str, rng: np.random.Generator) -> Image:
    """Blur, tone, shade and grain."""
    out = cv2.GaussianBlur(page, (0, 0), rng.uniform(0.6, 1.1)).astype(np.float32)
    tone = {"dark": rng.uniform(0.68, 0.8), "faint": 1.0}.get(kind, rng.uniform(0.94, 0.99))
    if kind == "faint":
        out = 255 - (255 - out) * rng.uniform(0.45, 0.6)
    rows, cols = out.shape[:2]
    shade = cv2.resize(rng.uniform(0.95, 1.0, (4, 3)).astype(np.float32), (cols, rows), interpolation=cv2.INTER_CUBIC)
    edge = 1 - 0.25 * np.exp(-np.arange(cols, dtype=np.float32) / rng.uniform(10, 60))
    out *= (tone * shade * edge)[..., None]
    out += rng.normal(0, rng.uniform(2, 6), out.shape[:2])[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)


def _turned(worn: Worn, quarters: int) -> Worn:
    rows, cols = worn.image.shape[:2]
    image = np.ascontiguousarray(np.rot90(worn.image, quarters))

    def to_page(mm: Points) -> Points:
        p, h, w = worn.to_page(mm), rows, cols
        for _ in range(quarters):
            p, h, w = np.stack([p[:, 1], w - 1 - p[:, 0]], axis=1), w, h
        return p

    return Worn(image, to_page, worn.dpi, worn.suffix, worn.quality)


def _photo(sheet: Image, rng: np.random.Generator) -> Worn:
    """A phone over a table: perspective, a gently curled sheet, uneven light, a colour cast."""
    rows, cols = sheet.shape[:2]
    margin = 160
    corners = np.array([[0, 0], [cols, 0], [cols, rows], [0, rows]], np.float64)
    turn = np.deg2rad(rng.uniform(-4, 4))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = rng.uniform(0.86, 0.98)
    seen = (corners - corners.mean(0)) @ spin.T * scale + corners.mean(0) + margin + rng.uniform(-70, 70, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32)).astype(np.float64)
    bend, phase, waves = rng.uniform(2, 9), rng.uniform(0, 6.28), rng.uniform(0.3, 0.8, 2)

    def curl(p: Points) -> Points:
        """Flat sheet px → where they lie on the curled sheet, px."""
        x, y = p[:, 0] / cols, p[:, 1] / rows
        across = 0.3 * bend * np.sin(2 * np.pi * waves[1] * y + phase)
        down = bend * np.sin(2 * np.pi * (waves[0] * x + 0.4 * y) + phase)
        return np.asarray(p + np.stack([across, down], 1), np.float64)

    def project(p: Points) -> Points:
        q = p @ matrix[:, :2].T + matrix[:, 2]
        return q[:, :2] / q[:, 2:]

    width, height = cols + 2 * margin, rows + 2 * margin
    step = 8
    grid = np.stack(np.meshgrid(np.arange(0, width + step, step), np.arange(0, height + step, step)), -1).astype(
        np.float64
    )
    back = np.linalg.inv(matrix)
    flat = grid.reshape(-1, 2) @ back[:, :2].T + back[:, 2]
    flat = flat[:, :2] / flat[:, 2:]
    source = flat.copy()
    for _ in range(12):  # where on the flat sheet lies what is seen here
        source += flat - curl(source)
    nodes = source.reshape(*grid.shape).astype(np.float32)
    shrink = np.array([[1 / step, 0, 0], [0, 1 / step, 0]])
    maps = [
        cv2.warpAffine(
            np.ascontiguousarray(nodes[..., k]), shrink, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        for k in (0, 1)
    ]
    table = tuple(int(v) for v in rng.integers(40, 140, 3))
    page = cv2.remap(sheet, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=table)
    light = cv2.resize(
        rng.uniform(0.72, 1.0, (3, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    out = (
        cv2.GaussianBlur(page, (0, 0), rng.uniform(0.8, 1.4)).astype(np.float32)
        * light[..., None]
        * rng.uniform(0.93, 1.0, 3)
    )
    out += rng.normal(0, rng.uniform(2, 5), out.shape)
    return Worn(np.clip(out, 0, 255).astype(np.uint8), lambda mm: project(curl(mm * DPI / 25.4 - 0.5)), 270, ".jpg", 84)
