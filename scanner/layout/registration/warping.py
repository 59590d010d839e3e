"""How the paper differs from a plane: the field of displacements over the sheet, fitted to landmarks that were found.

Three layers, each only as strong as the landmarks require. A polynomial with a ridge that grows with the degree follows
feeders, lenses and curls (iteratively reweighted least squares, Tukey weights). Hinges follow creases: a folded sheet
changes its slope along a straight line and does not tear (as in multivariate adaptive regression splines, Friedman
1991, chosen one by one). What is left and correlated over some distance is interpolated by kriging (Gaussian
process; Rasmussen & Williams 2006, ch. 2). There a landmark's residual is its distance from what the others predict
without it (leave-one-out; ibid., eq. 5.12).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.model.registration import Points, grid_nodes, grid_shape, smooth_basis, terms

Values = NDArray[np.float64]

DEGREE, SEARCH_DEGREE = 5, 4
"""While creases are looked for, a high degree would only bend around them."""
RIDGE = 0.02
"""Times (degree - 1)²: planes and shears are free, and without landmarks a term of high degree goes to 0. Chosen."""
HINGE_RIDGE = (0.0001, 0.001, 0.01)
"""Of the three columns of a crease: its opening costs least, its curvature most. Chosen."""
NOISE_MM = 0.02
"""Standard deviation of a landmark's place: 0.12 px at 150 dpi."""
NONRIGID_MM = 0.03
"""Median residual, or half the 95th percentile, above which a polynomial is not enough. Scans leave 0.01, photos of
sheets that are curled and not folded 0.02."""
CURL_MM, LOCAL_MM, LOCAL_SHARE = 90.0, 22.0, 1.0
"""Correlation lengths of what a polynomial leaves: of curls, and of what is local; and the power of the latter relative
to the former."""
MAX_CREASES, MIN_GAIN = 5, 0.12
"""A sheet folded in eight has four creases. One must explain this share of what was left, or it is none (chosen)."""
MIN_CREASED_MM = 0.08
"""Root mean square of what is left, above which there are creases to be found; curls leave less."""
STEP_MM, RIM_MM = 5.0, 12.0
"""Between creases that are tried (they are refined by 1 mm); and how far within the outermost landmark."""
FOLD_MM = 0.25
"""Spread of the biweight that is always allowed where paper may be folded: beyond a crease is no outlier."""
OUTLIER_SIGMAS = 6.0
"""A landmark off by more than this many standard deviations from what the others predict is given less weight."""
OUTLIER_MM2 = 0.25
"""A squared residual above this (half a millimetre) is a wrong landmark's and is capped when creases are chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class WarpFit:
    """A field, (terms, 2) or (rows, cols, 2), and what it leaves unexplained at each landmark (N, 2), mm."""

    warp: Points
    residual: Points


@dataclass(frozen=True, slots=True)
class Crease:
    """A line a·x + b·y = c on the sheet (mm) beyond which the paper runs on in another direction."""

    a: float
    b: float
    c: float

    def columns(self, points: Points) -> Points:
        """The hinge, and how it opens along the crease and away from it: (N, 3)."""
        beyond = np.maximum(self.a * points[:, 0] + self.b * points[:, 1] - self.c, 0) / 100
        along = (self.b * points[:, 0] - self.a * points[:, 1]) / 150
        return np.stack([beyond, beyond * along, beyond**2], axis=1)

    def neighbours(self) -> list[Crease]:
        """The same a little to the side or askew, to be tried in its place."""
        offsets, slopes = np.arange(-4.0, 4.1, 1.0), (-0.04, -0.02, 0.0, 0.02, 0.04)
        level = self.b == 1
        return [
            Crease(w, 1.0, self.c + by + w * 100) if level else Crease(1.0, w, self.c + by + w * 150)
            for w in slopes
            for by in offsets
        ]


def identity_warp() -> Points:
    """The field of a plane sheet."""
    return np.zeros((terms(DEGREE), 2))


def fit_smooth(centres: Points, target: Points, weight: Points, sheet: tuple[float, float]) -> WarpFit:
    """The polynomial through displacements `target` at `centres`, robustly; all (N, 2), mm and weights in x and y."""
    basis, ridge = _basis(centres, sheet, DEGREE)
    fitted = np.stack([_robust(basis, target[:, k], weight[:, k], ridge)[0] for k in (0, 1)], axis=1)
    return WarpFit(fitted, basis @ fitted - target)


def fit_folded(
    centres: Points, target: Points, weight: Points, sheet: tuple[float, float], noise: float = NOISE_MM
) -> WarpFit:
    """Polynomial, creases and what is correlated beside them, as a field on a grid. `noise` is a landmark's, mm.

    `centres`, displacements `target` and `weight` are (N, 2).
    """
    stiff = (noise / NOISE_MM) ** 2  # the less a landmark knows, the less it may bend
    creases = _creases(centres, target, weight, sheet, noise)
    basis, ridge = _basis(centres, sheet, DEGREE)
    nodes = grid_nodes(sheet)
    there, _ = smooth_basis(nodes, sheet, DEGREE)
    basis, there = (np.hstack([b, *(c.columns(p) for c in creases)]) for b, p in ((basis, centres), (there, nodes)))
    ridge = stiff * np.concatenate([ridge, *[HINGE_RIDGE] * len(creases)])
    near, far = _covariance(centres, centres), _covariance(nodes, centres)
    field, residual = np.zeros((len(nodes), 2)), np.zeros((len(centres), 2))
    for k in (0, 1):
        known = weight[:, k] > 0
        fitted, _ = _robust(basis, target[:, k], weight[:, k], ridge, FOLD_MM)
        left = (target[:, k] - basis @ fitted)[known]
        weights, alone = _interpolate(near[np.ix_(known, known)], left, noise / weight[known, k])
        field[:, k] = there @ fitted + far[:, known] @ weights
        residual[known, k] = -alone
    return WarpFit(field.reshape(*grid_shape(sheet), 2), residual)


def needs_nonrigid(residual: Points, text: NDArray[np.bool_]) -> bool:
    """Does the polynomial leave more than landmarks are uncertain by? `residual` (N, 2) mm, `text` (N,)."""
    error = np.hypot(residual[text, 0], residual[text, 1])
    return bool(error.size) and bool(max(np.median(error), np.percentile(error, 95) / 2) > NONRIGID_MM)


def _basis(centres: Points, sheet: tuple[float, float], degree: int) -> tuple[Points, Values]:
    basis, degrees = smooth_basis(centres, sheet, degree)
    return basis, RIDGE * np.maximum(degrees - 1, 0) ** 2 + 1e-9


def _robust(basis: Points, target: Values, base: Values, ridge: Values, least: float = 0.02) -> tuple[Values, Values]:
    """Coefficients and final weights of a ridge regression without outliers (Tukey's biweight, 12 reweightings).

    `least` is the spread (mm) that is always allowed.
    """
    weight: Values = base.copy()
    fitted: Values = np.zeros(basis.shape[1])
    known = base > 0
    for _ in range(12):
        weighted = basis * weight[:, None]
        fitted = np.asarray(np.linalg.solve(basis.T @ weighted + np.diag(ridge), weighted.T @ target), np.float64)
        off = np.abs(basis @ fitted - target)
        spread = max(1.4826 * float(np.median(off[known])), least) if known.any() else least
        weight = base * np.clip(1 - (off / (4.7 * spread)) ** 2, 0, None) ** 2
    return fitted, weight


# --- creases -----------------------------------------------------------------------------------------


def _creases(centres: Points, target: Points, weight: Points, sheet: tuple[float, float], noise: float) -> list[Crease]:
    """The creases that explain most, one after the other, until one explains too little."""
    basis, ridge = _basis(centres, sheet, SEARCH_DEGREE)
    ridge = ridge * (noise / NOISE_MM) ** 2
    more = (noise / NOISE_MM) ** 2 * np.array(HINGE_RIDGE)
    trust = np.stack([_robust(basis, target[:, k], weight[:, k], ridge, FOLD_MM)[1] for k in (0, 1)], axis=1)
    trust = np.maximum(trust, 0.3 * weight)  # what lies beyond a crease is no outlier: it keeps some weight
    chosen: list[Crease] = []
    every = _candidates(centres)
    while len(chosen) < MAX_CREASES:
        before, costs = _costs(basis, ridge, [c.columns(centres) for c in every], target, trust, more)
        if costs.min() > (1 - MIN_GAIN) * before or before < weight.sum() * max(MIN_CREASED_MM, noise) ** 2:
            break
        nearby = every[int(costs.argmin())].neighbours()
        _, costs = _costs(basis, ridge, [c.columns(centres) for c in nearby], target, trust, more)
        chosen.append(nearby[int(costs.argmin())])
        basis = np.hstack([basis, chosen[-1].columns(centres)])
        ridge = np.concatenate([ridge, more])
    return chosen


def _candidates(centres: Points) -> list[Crease]:
    """Creases straight across and down the sheet."""
    low, high = centres.min(axis=0) + RIM_MM, centres.max(axis=0) - RIM_MM
    level = [Crease(0.0, 1.0, float(c)) for c in np.arange(low[1], high[1], STEP_MM)]
    return level + [Crease(1.0, 0.0, float(c)) for c in np.arange(low[0], high[0], STEP_MM)]


def _costs(
    basis: Points, ridge: Values, columns: list[Points], target: Points, weight: Points, more: Values
) -> tuple[float, Values]:
    """What the basis leaves (squares, capped), and what it leaves with each candidate's columns beside it.

    The basis is projected out of target and candidates at once (Frisch–Waugh).
    """
    before, costs = 0.0, np.zeros(len(columns))
    stacked = np.hstack(columns)
    for k in (0, 1):
        w = weight[:, k]
        weighted = basis * w[:, None]
        away = np.linalg.solve(basis.T @ weighted + np.diag(ridge), weighted.T)
        rest = target[:, k] - basis @ (away @ target[:, k])
        free = (stacked - basis @ (away @ stacked)).reshape(len(rest), -1, len(more))
        pull = free * w[:, None, None]
        system = np.stack([(pull[:, :, i, None] * free).sum(axis=0) for i in range(len(more))], axis=1) + np.diag(more)
        gained = np.linalg.solve(system, np.tensordot(rest, pull, 1)[..., None])[..., 0]
        off = rest[:, None] - (free * gained).sum(axis=2)
        costs += (w[:, None] * np.minimum(off**2, OUTLIER_MM2)).sum(axis=0)
        before += float((w * np.minimum(rest**2, OUTLIER_MM2)).sum())
    return before, costs


# --- what is correlated beside them ---------------------------------------------------------------------


def _interpolate(between: Points, left: Values, seen: Values) -> tuple[Values, Values]:
    """Weights (N,) of the covariances (N, N) that interpolate `left` (N,) mm; and (N,) mm its leave-one-out residuals.

    `seen` (N,) mm is how surely each landmark is found.
    """
    least = seen**2
    power = max(float(np.minimum(left**2, OUTLIER_MM2 + np.median(left**2)).mean()), float(np.median(least)))
    noise = least
    for _ in range(3):
        inverse = np.linalg.inv(power * between + np.diag(noise))
        weights = inverse @ left
        alone = weights / np.diag(inverse)
        expected = np.maximum(1 / np.diag(inverse) - noise, 0) + least
        noise = least * np.clip(alone**2 / (OUTLIER_SIGMAS**2 * expected), 1, 1e4)
    return power * weights, alone


def _covariance(a: Points, b: Points) -> Points:
    """Between points (N, 2) and (M, 2) mm: (N, M), a Gaussian for curls and a Matérn 3/2 for what is local."""
    square = (a[:, None, 0] - b[None, :, 0]) ** 2 + (a[:, None, 1] - b[None, :, 1]) ** 2
    away = np.sqrt(square) * (np.sqrt(3) / LOCAL_MM)
    return np.asarray(np.exp(square * (-0.5 / CURL_MM**2)) + LOCAL_SHARE * (1 + away) * np.exp(-away))
