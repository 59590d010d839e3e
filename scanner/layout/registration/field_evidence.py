"""What speaks for the place of one field: the print beside it, its own frames, and how the sheet bends there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.geometry import Points, displacement, smooth_basis
from scanner.layout.registration.landmarks import LandmarkMatches
from scanner.layout.registration.reference import FormReference
from scanner.layout.registration.warping import DEGREE, RIDGE
from scanner.model import FieldSpec

BESIDE, BESIDE_MM = 3, 10.0
"""A field's print: its nearest landmarks of text, and all within this distance,"""
ON_ROW, ROW_MM = 2, 1.0
"""and the nearest on its own row, however far: print is set in rows, and a row moves whole. Without these a line whose
label stands far to its left was held by the rows above and below it."""
NEAREST = 6
FRAME_SEEN = 0.7
"""A frame that agrees so well with the blank's speaks fully; ticked and blurred ones have 0.5, moved ones below 0.2."""
STEP_MM = 1.0
TUKEY_MM = 0.1
"""Landmarks off by more than this say nothing when a field's place is foretold without its own print."""


@dataclass(frozen=True, slots=True)
class FieldEvidence:
    """Measures of one field's place, mm unless said otherwise.

    missing  landmarks of text beside it that were not found again (a count)
    worst    the largest residual of those found
    near     mean residual of the six landmarks nearest to it, lines included
    frame    correlation of its worst frame with the blank's, None where it has none
    bend     how far the smooth field stretches or shears there beyond the whole sheet's (mm a mm)
    apart    how far off the rest of the sheet would have placed it without the print beside it

    Folded paper (a field on a grid) bends by nature, and its residuals are already those of landmarks that were left
    out of the fit (`warping`): there `bend` and `apart` say nothing.
    """

    missing: int
    worst: float
    near: float
    frame: float | None
    bend: float
    apart: float

    @property
    def features(self) -> Mapping[str, float]:
        """What the scale weighs: 0 for what good pages show, larger is worse. Lengths count by their logarithm."""
        return {
            "worst": _log(self.worst, 0.06, 1.0),
            "near": _log(self.near, 0.03, 1.0),
            "frame": 0.0 if self.frame is None else max(FRAME_SEEN - max(self.frame, 0.0), 0.0),
            "bend": _log(self.bend, 0.02, 0.3),
            "apart": _log(self.apart, 0.12, 3.0),
        }


def _log(value: float, low: float, high: float) -> float:
    return math.log10(min(max(value, low), high) / low)


def errors_of(found: LandmarkMatches, residual: Points) -> NDArray[np.float64]:
    """Each landmark's residual, mm: its length for text, across the line for a piece of line."""
    return np.asarray(np.where(found.text, np.hypot(*residual.T), np.abs(residual[:, 1])), np.float64)


def field_evidence(
    found: LandmarkMatches, residual: Points, warp: Points, reference: FormReference
) -> Mapping[str, FieldEvidence]:
    """The evidence for every field, by id. `residual` is what `warp` leaves unexplained at the landmarks found."""
    sheet, fields = reference.form.sheet, reference.form.fields
    if not fields:
        return {}
    error = errors_of(found, residual)
    texts = np.array([m.centre for m in reference.landmarks if m.along_x])
    seen = {(float(x), float(y)): e for (x, y), e in zip(found.centres[found.text], error[found.text], strict=True)}
    at_text = np.array([seen.get((float(x), float(y)), np.nan) for x, y in texts])
    outlines = np.stack([_outline(spec) for spec in fields])
    plain = warp.ndim == 2
    bends = _bends(warp, outlines, sheet) if plain else np.zeros(len(fields))
    foretell = _Foretold(found, residual, warp, sheet, outlines) if plain else None
    out = {}
    for n, spec in enumerate(fields):
        beside = _beside(spec, texts)
        to_found = distance(spec, found.centres)
        lost = np.isnan(at_text[beside])
        frames = reference.frames.get(spec.id)
        out[spec.id] = FieldEvidence(
            missing=int(lost.sum()),
            worst=1.0 if lost.all() else float(np.nanmax(at_text[beside])),
            near=float(error[np.argsort(to_found)[:NEAREST]].mean()),
            frame=min(f.agreement(found.image) for f in frames) if frames else None,
            bend=float(bends[n]),
            apart=foretell.apart(n, to_found <= BESIDE_MM) if foretell else 0.0,
        )
    return out


def _beside(spec: FieldSpec, texts: Points) -> NDArray[np.bool_]:
    """Which landmarks of text (N, 2) speak for a field."""
    away = distance(spec, texts)
    beside = away <= BESIDE_MM
    beside[np.argsort(away)[:BESIDE]] = True
    row = np.flatnonzero((texts[:, 1] > spec.area.y - ROW_MM) & (texts[:, 1] < spec.area.bottom + ROW_MM))
    beside[row[np.argsort(away[row])[:ON_ROW]]] = True
    return np.asarray(beside, np.bool_)


class _Foretold:
    """The smooth field fitted once more without the landmarks beside a field: where would the rest place it?"""

    def __init__(
        self,
        found: LandmarkMatches,
        residual: Points,
        warp: Points,
        sheet: tuple[float, float],
        outlines: NDArray[np.float64],
    ) -> None:
        self._basis, degrees = smooth_basis(found.centres, sheet, DEGREE)
        self._at = smooth_basis(outlines.reshape(-1, 2), sheet, DEGREE)[0].reshape(*outlines.shape[:2], -1)
        ridge = RIDGE * np.maximum(degrees - 1, 0) ** 2 + 1e-6
        weight = found.weight * np.clip(1 - (residual / TUKEY_MM) ** 2, 0, None) ** 2
        self._weighted = [self._basis * weight[:, axis : axis + 1] for axis in (0, 1)]
        self._system = [w.T @ self._basis + np.diag(ridge) for w in self._weighted]
        # changes of the field as it is: its own ridge pulls it back where nothing else is known
        self._pull = [-(self._weighted[a].T @ residual[:, a]) - ridge * warp[:, a] for a in (0, 1)]
        self._residual = residual

    def apart(self, field: int, without: NDArray[np.bool_]) -> float:
        """How far, mm, the field's outline moves when these landmarks (N,) are not known."""
        moved = []
        for axis in (0, 1):
            gone = self._weighted[axis][without]
            system = self._system[axis] - gone.T @ self._basis[without]
            pull = self._pull[axis] + gone.T @ self._residual[without, axis]
            moved.append(self._at[field] @ np.linalg.solve(system, pull))
        return float(np.hypot(*moved).max())


def _bends(warp: Points, outlines: NDArray[np.float64], sheet: tuple[float, float]) -> NDArray[np.float64]:
    """For each outline (fields, points, 2) how far the field's derivatives there differ from the whole sheet's."""
    everywhere = _everywhere(sheet)
    points = np.vstack([everywhere, outlines.reshape(-1, 2)])
    steps = [np.array([STEP_MM, 0.0]), np.array([0.0, STEP_MM])]
    sides = [displacement(warp, points + s, sheet) - displacement(warp, points - s, sheet) for s in steps]
    slopes = np.hstack(sides) / (2 * STEP_MM)
    usual = np.median(slopes[: len(everywhere)], axis=0)
    return np.asarray(np.abs(slopes[len(everywhere) :] - usual).reshape(len(outlines), -1).max(axis=1), np.float64)


def _everywhere(sheet: tuple[float, float]) -> Points:
    x, y = np.meshgrid(np.linspace(0.07, 0.93, 10), np.linspace(0.04, 0.96, 14))
    return np.stack([x.ravel() * sheet[0], y.ravel() * sheet[1]], axis=1)


def _outline(spec: FieldSpec) -> Points:
    area = spec.area
    return np.array([(x, y) for x in (area.x, area.x + area.w / 2, area.right) for y in (area.y, area.bottom)])


def distance(spec: FieldSpec, points: Points) -> NDArray[np.float64]:
    """How far points (N, 2) lie from a field's area, mm; 0 within."""
    area = spec.area
    dx = np.maximum(np.maximum(area.x - points[:, 0], points[:, 0] - area.right), 0)
    dy = np.maximum(np.maximum(area.y - points[:, 1], points[:, 1] - area.bottom), 0)
    return np.hypot(dx, dy)
