"""Homographies and quadrilaterals: what is plausible as a sheet on a page. No images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scanner.model.registration import Matrix, PageTransform, Points, project

MIN_AREA, MAX_AREA, MAX_OPPOSITE = 0.1, 2.5, 2.0
"""A sheet's quadrilateral relative to the page's area, and the ratio of opposite sides. Chosen wide, not
measured: the gate decides, this only leaves out what no sheet can look like."""


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


def mean_scale(matrix: Matrix, sheet: tuple[float, float]) -> float:
    """Px a mm over the whole sheet, by a homography mm → px: the root of the ratio of areas."""
    return float(np.sqrt(area(sheet_corners(matrix, sheet)) / (sheet[0] * sheet[1])))


def resized(transform: PageTransform, factor: float) -> PageTransform:
    """The transform onto the same picture resized by a factor."""
    return replace(transform, homography=scaling(factor) @ transform.homography)


def area(corners: Points) -> float:
    """Area of a polygon by its corners (N, 2) in order."""
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
    return bool(MIN_AREA < area(corners) / (shape[0] * shape[1]) < MAX_AREA and opposite < MAX_OPPOSITE)
