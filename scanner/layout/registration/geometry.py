"""The mathematics of placing a form: homographies, quadrilaterals, and the smooth field. No images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]


def project(matrix: Matrix, points: Points) -> Points:
    """Points (N, 2) through a homography (3, 3)."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return moved[:, :2] / moved[:, 2:]


def inverse(matrix: Matrix) -> Matrix:
    """The homography the other way."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def scaling(factor: float) -> Matrix:
    """From pixels of a picture to those of the same picture resized by a factor; pixel centres have whole numbers."""
    shift = 0.5 * factor - 0.5
    return np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1]])


def sheet_corners(matrix: Matrix, sheet: tuple[float, float]) -> Points:
    """Where a homography puts the sheet's corners: top left, top right, bottom right, bottom left."""
    w, h = sheet
    return project(matrix, np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float64))


def area(corners: Points) -> float:
    """Of a polygon, (N, 2)."""
    x, y = corners[:, 0], corners[:, 1]
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def plausible(matrix: Matrix, sheet: tuple[float, float], shape: tuple[int, ...]) -> bool:
    """Does the sheet land as a convex, unmirrored quadrilateral of a sensible size on a page of shape (rows, cols)?"""
    corners = sheet_corners(matrix, sheet)
    if not np.isfinite(corners).all():
        return False
    edges = np.roll(corners, -1, axis=0) - corners
    turns = edges[:, 0] * np.roll(edges, -1, axis=0)[:, 1] - edges[:, 1] * np.roll(edges, -1, axis=0)[:, 0]
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    if not (turns > 0).all():
        return False
    opposite = max(lengths[0] / lengths[2], lengths[2] / lengths[0], lengths[1] / lengths[3], lengths[3] / lengths[1])
    return bool(0.1 < area(corners) / (shape[0] * shape[1]) < 2.5 and opposite < 2)


# --- the smooth field --------------------------------------------------------------------------------


def terms(degree: int) -> int:
    """How many products there are up to a total degree."""
    return (degree + 1) * (degree + 2) // 2


def smooth_basis(points: Points, sheet: tuple[float, float], degree: int) -> tuple[Points, Points]:
    """Legendre products up to a total degree over the sheet, (N, terms), and each term's degree."""
    u, v = points[:, 0] / sheet[0] * 2 - 1, points[:, 1] / sheet[1] * 2 - 1
    pu, pv = (np.polynomial.legendre.legvander(np.clip(t, -1.05, 1.05), degree) for t in (u, v))
    pairs = [(i, t - i) for t in range(degree + 1) for i in range(t + 1)]
    return np.stack([pu[:, i] * pv[:, j] for i, j in pairs], axis=1), np.array([i + j for i, j in pairs], float)


GRID_MM = 5.0
"""Between the nodes of a field that no polynomial can follow: beside a crease of 5 % it errs by 0.06 mm."""


def displacement(warp: Points, points: Points, sheet: tuple[float, float]) -> Points:
    """The field at form points (N, 2), mm: polynomial coefficients (terms, 2), or nodes on a grid (rows, cols, 2)."""
    if not warp.any():
        return np.zeros_like(points)
    if warp.ndim == 3:
        return _between_nodes(warp, points, sheet)
    basis, _ = smooth_basis(points, sheet, _degree(len(warp)))
    return basis @ warp


def grid_nodes(sheet: tuple[float, float]) -> Points:
    """The nodes of a field on a grid, row by row, (rows · cols, 2) mm; the last lie on the sheet's far edges."""
    cols, rows = (round(side / GRID_MM) + 1 for side in sheet)
    x, y = np.meshgrid(np.linspace(0, sheet[0], cols), np.linspace(0, sheet[1], rows))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _between_nodes(grid: Points, points: Points, sheet: tuple[float, float]) -> Points:
    """Bilinear; beyond the sheet as at its edge."""
    rows, cols = grid.shape[:2]
    u = np.clip(points[:, 0] / sheet[0] * (cols - 1), 0, cols - 1)
    v = np.clip(points[:, 1] / sheet[1] * (rows - 1), 0, rows - 1)
    c, r = np.minimum(u.astype(int), cols - 2), np.minimum(v.astype(int), rows - 2)
    s, t = (u - c)[:, None], (v - r)[:, None]
    upper = grid[r, c] * (1 - s) + grid[r, c + 1] * s
    lower = grid[r + 1, c] * (1 - s) + grid[r + 1, c + 1] * s
    return np.asarray(upper * (1 - t) + lower * t, np.float64)


def _degree(count: int) -> int:
    return int((np.sqrt(8 * count + 1) - 3) / 2 + 0.5)
