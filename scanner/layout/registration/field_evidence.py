"""The evidence for the place of one field: the print beside it, its own frames, and how the sheet bends there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.landmarks import LandmarkMatches
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.warping import DEGREE, RIDGE
from scanner.model import FieldSpec
from scanner.model.registration import Points, displacement, smooth_basis

NEAREST_TEXT, NEAR_MM = 3, 10.0
"""A field's print is its nearest landmarks of text, all within this distance (about a row),"""
ON_ROW, ROW_MM = 2, 1.0
"""and the nearest on its own row, however far: print is set in rows, and a row moves whole. Without these a line whose
label stands far to its left was held by the rows above and below it."""
NEAREST = 6
"""Landmarks, lines included, whose mean residual is the field's."""
FULL_FRAME = 0.7
"""Correlation of a frame with the blank's from which on it counts fully; ticked and blurred ones have 0.5, moved ones
below 0.2."""
STEP_MM = 1.0
"""Of the finite differences of the field: a fifth of the distance between nodes of a grid."""
TUKEY_MM = 0.1
"""Landmarks off by more than this have no weight when a field's place is predicted without its own print; on
curled photos they stay within 0.06 mm."""


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """Measures of one field's place, mm unless stated otherwise.

    missing  landmarks of text beside it that were not found again (a count)
    worst    the largest residual of those found
    near     mean residual of the six landmarks nearest to it, lines included
    frame    correlation of its worst frame with the blank's, None where it has none
    bend     how much more the fitted field stretches or shears there than over the whole sheet (mm a mm)
    apart    how far off the rest of the sheet would have placed it without the print beside it

    Folded paper (a field on a grid) bends by nature, and its residuals are already those of landmarks that were left
    out of the fit (`warping`): there `bend` and `apart` are 0.
    """

    missing: int
    worst: float
    near: float
    frame: float | None
    bend: float
    apart: float

    @property
    def features(self) -> Mapping[str, float]:
        """What the model of the field weighs: 0 for what good pages show, larger is worse; logarithms of lengths."""
        return {
            "worst": _log_ratio(self.worst, 0.06, 1.0),
            "near": _log_ratio(self.near, 0.03, 1.0),
            "frame": 0.0 if self.frame is None else max(FULL_FRAME - max(self.frame, 0.0), 0.0),
            "bend": _log_ratio(self.bend, 0.02, 0.3),
            "apart": _log_ratio(self.apart, 0.12, 3.0),
        }


def _log_ratio(value: float, low: float, high: float) -> float:
    return math.log10(min(max(value, low), high) / low)


def landmark_errors(matches: LandmarkMatches, residual: Points) -> NDArray[np.float64]:
    """(N,) mm of residuals (N, 2) mm: their length for text, their part across the line for a piece of line."""
    return np.asarray(np.where(matches.is_text, np.hypot(*residual.T), np.abs(residual[:, 1])), np.float64)


def field_evidence(
    matches: LandmarkMatches, residual: Points, warp: Points, reference: FormReference
) -> Mapping[str, FieldEvidence]:
    """The evidence for every field, by id. `residual` (N, 2) mm is what `warp` leaves at the landmarks found."""
    sheet, fields = reference.form.sheet, reference.form.fields
    if not fields:
        return {}
    error = landmark_errors(matches, residual)
    texts = reference.text_centres
    seen = {
        (float(x), float(y)): e
        for (x, y), e in zip(matches.centres[matches.is_text], error[matches.is_text], strict=True)
    }
    at_text = np.array([seen.get((float(x), float(y)), np.nan) for x, y in texts])
    outlines = np.stack([_outline(spec) for spec in fields])
    plain = warp.ndim == 2
    bends = _extra_slopes(warp, outlines, sheet) if plain else np.zeros(len(fields))
    rest = _LeaveOutFit(matches, residual, warp, sheet, outlines) if plain else None
    out = {}
    for n, spec in enumerate(fields):
        own = _own_landmarks(spec, texts)
        away = distance_to_field(spec, matches.centres)
        lost = np.isnan(at_text[own])
        frames = reference.frames.get(spec.id)
        out[spec.id] = FieldEvidence(
            missing=int(lost.sum()),
            worst=1.0 if lost.all() else float(np.nanmax(at_text[own])),
            near=float(error[np.argsort(away)[:NEAREST]].mean()),
            frame=min(f.agreement(matches.image) for f in frames) if frames else None,
            bend=float(bends[n]),
            apart=rest.apart(n, away <= NEAR_MM) if rest else 0.0,
        )
    return out


def _own_landmarks(spec: FieldSpec, texts: Points) -> NDArray[np.bool_]:
    """(N,) which landmarks of text at (N, 2) mm are evidence for a field."""
    away = distance_to_field(spec, texts)
    own = away <= NEAR_MM
    own[np.argsort(away)[:NEAREST_TEXT]] = True
    row = np.flatnonzero((texts[:, 1] > spec.area.y - ROW_MM) & (texts[:, 1] < spec.area.bottom + ROW_MM))
    own[row[np.argsort(away[row])[:ON_ROW]]] = True
    return np.asarray(own, np.bool_)


class _LeaveOutFit:
    """The polynomial fitted again without the landmarks beside a field: where would the rest place it?"""

    def __init__(
        self,
        matches: LandmarkMatches,
        residual: Points,
        warp: Points,
        sheet: tuple[float, float],
        outlines: NDArray[np.float64],
    ) -> None:
        self._basis, degrees = smooth_basis(matches.centres, sheet, DEGREE)
        self._at = smooth_basis(outlines.reshape(-1, 2), sheet, DEGREE)[0].reshape(*outlines.shape[:2], -1)
        ridge = RIDGE * np.maximum(degrees - 1, 0) ** 2 + 1e-6
        weight = matches.weight * np.clip(1 - (residual / TUKEY_MM) ** 2, 0, None) ** 2
        self._weighted = [self._basis * weight[:, axis : axis + 1] for axis in (0, 1)]
        self._system = [w.T @ self._basis + np.diag(ridge) for w in self._weighted]
        # changes of the field as it is: its own ridge pulls it back where nothing else is known
        self._pull = [-(self._weighted[a].T @ residual[:, a]) - ridge * warp[:, a] for a in (0, 1)]
        self._residual = residual

    def apart(self, field: int, without: NDArray[np.bool_]) -> float:
        """How far, mm, the field's outline moves when the landmarks marked in (N,) `without` are not known."""
        moved = []
        for axis in (0, 1):
            gone = self._weighted[axis][without]
            system = self._system[axis] - gone.T @ self._basis[without]
            pull = self._pull[axis] + gone.T @ self._residual[without, axis]
            moved.append(self._at[field] @ np.linalg.solve(system, pull))
        return float(np.hypot(*moved).max())


def _extra_slopes(warp: Points, outlines: NDArray[np.float64], sheet: tuple[float, float]) -> NDArray[np.float64]:
    """For each outline (fields, points, 2) mm how far the derivatives there differ from their median over the sheet.

    (fields,) mm a mm: the largest difference.
    """
    everywhere = _sheet_grid(sheet)
    points = np.vstack([everywhere, outlines.reshape(-1, 2)])
    steps = [np.array([STEP_MM, 0.0]), np.array([0.0, STEP_MM])]
    sides = [displacement(warp, points + s, sheet) - displacement(warp, points - s, sheet) for s in steps]
    slopes = np.hstack(sides) / (2 * STEP_MM)
    usual = np.median(slopes[: len(everywhere)], axis=0)
    return np.asarray(np.abs(slopes[len(everywhere) :] - usual).reshape(len(outlines), -1).max(axis=1), np.float64)


def _sheet_grid(sheet: tuple[float, float]) -> Points:
    x, y = np.meshgrid(np.linspace(0.07, 0.93, 10), np.linspace(0.04, 0.96, 14))
    return np.stack([x.ravel() * sheet[0], y.ravel() * sheet[1]], axis=1)


def _outline(spec: FieldSpec) -> Points:
    area = spec.area
    return np.array([(x, y) for x in (area.x, area.x + area.w / 2, area.right) for y in (area.y, area.bottom)])


def distance_to_field(spec: FieldSpec, points: Points) -> NDArray[np.float64]:
    """How far points (N, 2) mm lie from a field's area: (N,) mm, 0 within."""
    area = spec.area
    dx = np.maximum(np.maximum(area.x - points[:, 0], points[:, 0] - area.right), 0)
    dy = np.maximum(np.maximum(area.y - points[:, 1], points[:, 1] - area.bottom), 0)
    return np.hypot(dx, dy)
