"""Where a form lies on a page: a homography and a displacement field, the way back, and the evidence.

A form point p (x, y in mm from the sheet's top left) lies on the page at H · (p + d(p)), in pixels (x, y), a pixel's
centre having whole numbers. H is a homography (Hartley & Zisserman, 2nd ed., ch. 4). d is how far the paper differs
from a plane: a polynomial over the sheet, or for folded paper a grid of displacements. Fitting both is the work of
`scanner.layout.registration`; this module only evaluates them and needs no images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as hidden

import numpy as np
from numpy.typing import NDArray

from scanner.model.page import Reason

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]

DPI = 300
PX_PER_MM = DPI / 25.4
"""Resolution of the aligned page, the frame in which every field is cut."""

GRID_MM = 5.0
"""Between the nodes of a displacement grid. Between nodes it is bilinear: beside a crease that changes the slope by
5 % it is off by a quarter of that slope times this distance at most, 0.06 mm."""
POLYNOMIAL_LIMIT = 1.05
"""Beyond this (1 is the sheet's edge) a polynomial stays as it is there: it would grow without bound outside."""
INVERSE_MM, INVERSE_STEPS = 1e-6, 60
"""The inverse stops where a step moves no point by more than this, and after so many steps at most: each step leaves
of the error the field's slope, so that a slope of 0.6 (paper on edge; folds that are placed have 0.06) needs 35."""


@dataclass(frozen=True, slots=True, eq=False)
class PageTransform:
    """Form millimetres ↔ page pixels; both (N, 2) float64, x and y.

    sheet        width and height, mm
    homography   (3, 3) float64
    warp         the displacement field d, mm: coefficients of Legendre products up to a total degree, (terms, 2), or
                 values at the nodes of `grid_nodes`, (rows, cols, 2), linear between them and constant outside
    """

    sheet: tuple[float, float]
    homography: Matrix = hidden(repr=False)
    warp: Points = hidden(repr=False)

    @classmethod
    def identity(cls, sheet: tuple[float, float]) -> PageTransform:
        """A page of one pixel a millimetre on which the form lies as it is."""
        return cls(sheet, np.eye(3), np.zeros((1, 2)))

    def to_page(self, points: Points) -> Points:
        """Form mm (N, 2) → page px (N, 2)."""
        return project(self.homography, points + displacement(self.warp, points, self.sheet))

    def to_form(self, points: Points) -> Points:
        """Page px (N, 2) → form mm (N, 2), by fixed-point iteration p ← H⁻¹·q − d(p).

        It converges where d changes by less than a millimetre a millimetre, as on any paper that does not lie double.
        NaN for points at which it does not.
        """
        plane = project(np.asarray(np.linalg.inv(self.homography), np.float64), points)
        found = plane.copy()
        for _ in range(INVERSE_STEPS):
            before, found = found, plane - displacement(self.warp, np.nan_to_num(found), self.sheet)
            moved = np.abs(found - before).max(axis=1, initial=0.0)
            if not (moved > INVERSE_MM).any():
                return found
        return np.where((moved <= INVERSE_MM)[:, None], found, np.nan)

    @property
    def rotation_deg(self) -> float:
        """Clockwise turn of the sheet on the page at its middle, (-180, 180]."""
        across, _ = self._steps()
        return float(np.degrees(np.arctan2(across[1], across[0])))

    @property
    def scale(self) -> float:
        """Page pixels a millimetre at the sheet's middle."""
        across, down = self._steps()
        return float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0])))

    @property
    def perspective(self) -> float:
        """Relative change of scale over the sheet; 0 for a flat scan, 0.01 for a photo taken one degree askew."""
        return float(np.hypot(self.homography[2, 0] * self.sheet[0], self.homography[2, 1] * self.sheet[1]))

    def _steps(self) -> tuple[Points, Points]:
        """How far one millimetre across and one down the sheet's middle reach on the page, (2,) px each."""
        x, y = self.sheet[0] / 2, self.sheet[1] / 2
        here = project(self.homography, np.array([[x, y], [x + 1, y], [x, y + 1]]))
        return here[1] - here[0], here[2] - here[0]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where the form lies on the page, and the evidence for that.

    Residuals are those of the printed landmarks after the fit, mm on the form. The two groups of fields go to a
    person: those beside which print was not found again (covered, folded over, cut off), and those whose place is in
    doubt for another reason.
    """

    transform: PageTransform
    residual_mm: float  # median over landmarks
    residual_p95_mm: float
    landmarks_found: int
    landmarks_tried: int
    local_residual_mm: Mapping[str, float] = hidden(default_factory=dict)  # near each field, by id
    gate_log_odds: float = 0.0  # that the form lies here, against placements made wrong on purpose
    print_missing_fields: tuple[str, ...] = ()  # ids
    place_probability: Mapping[str, float] = hidden(default_factory=dict)  # that a field lies where it is cut, by id
    place_doubtful_fields: tuple[str, ...] = ()  # ids of fields for which that is too low

    @property
    def review_fields(self) -> frozenset[str]:
        """Ids of the fields that go to a person because of their place."""
        return frozenset({*self.print_missing_fields, *self.place_doubtful_fields})

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """The form was not found on the page (falsy). An answer, not an error."""

    reason: Reason

    def __bool__(self) -> bool:
        return False


def project(matrix: Matrix, points: Points) -> Points:
    """Points (N, 2) through a homography (3, 3)."""
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return moved[:, :2] / moved[:, 2:]


# --- the displacement field --------------------------------------------------------------------------


def terms(degree: int) -> int:
    """How many products there are up to a total degree."""
    return (degree + 1) * (degree + 2) // 2


def smooth_basis(points: Points, sheet: tuple[float, float], degree: int) -> tuple[Points, Points]:
    """Legendre products up to a total degree over the sheet at points (N, 2) mm: (N, terms), and (terms,) degrees."""
    u, v = points[:, 0] / sheet[0] * 2 - 1, points[:, 1] / sheet[1] * 2 - 1
    pu, pv = (np.polynomial.legendre.legvander(np.clip(t, -POLYNOMIAL_LIMIT, POLYNOMIAL_LIMIT), degree) for t in (u, v))
    pairs = [(i, t - i) for t in range(degree + 1) for i in range(t + 1)]
    return np.stack([pu[:, i] * pv[:, j] for i, j in pairs], axis=1), np.array([i + j for i, j in pairs], float)


def displacement(warp: Points, points: Points, sheet: tuple[float, float]) -> Points:
    """The field (`PageTransform.warp`) at form points (N, 2) mm: (N, 2) mm."""
    if not warp.any():
        return np.zeros_like(points)
    if warp.ndim == 3:
        return _bilinear(warp, points, sheet)
    basis, _ = smooth_basis(points, sheet, _degree(len(warp)))
    return basis @ warp


def grid_nodes(sheet: tuple[float, float]) -> Points:
    """The nodes of a field on a grid, row by row, (rows · cols, 2) mm; the last lie on the sheet's far edges."""
    rows, cols = grid_shape(sheet)
    x, y = np.meshgrid(np.linspace(0, sheet[0], cols), np.linspace(0, sheet[1], rows))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def grid_shape(sheet: tuple[float, float]) -> tuple[int, int]:
    """Rows and columns of a grid over a sheet of (width, height) mm."""
    return round(sheet[1] / GRID_MM) + 1, round(sheet[0] / GRID_MM) + 1


def _bilinear(grid: Points, points: Points, sheet: tuple[float, float]) -> Points:
    """Between the nodes of a grid; beyond the sheet as at its edge."""
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
