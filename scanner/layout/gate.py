"""The gate: evidence that the form lies where it was found, over all and beside each field; or a refusal.

A page placed wrongly and silently would be read as nonsense.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scanner.layout.geometry import Points, project
from scanner.layout.landmarks import Found
from scanner.layout.reference import FormReference
from scanner.model import FieldSpec, NotRegistered, Reason, Registration

GATE_FOUND = 0.55
GATE_FOUND_PART = 0.3
GATE_RESIDUAL_MM = 0.35
GATE_P95_MM = 0.3
"""Scans and curled photos of the right print stay below 0.06 mm; a sheet pasted together off by 3 mm has 0.46."""
BESIDE, BESIDE_MM = 3, 10.0
"""A field's own print: its nearest landmarks, and all within this distance. On 40 worn sheets every one was found."""
LOCAL_MM = 0.15
"""Print beside a field that disagrees by more than this is torn or folded there; good sheets stay below 0.06."""


def too_few(found: Found, reference: FormReference) -> NotRegistered | None:
    """Refuse when too little of the print is where it should be, over all or in one part of the sheet."""
    marks = np.array([m.centre for m in reference.landmarks if m.along_x])
    seen = found.centres[found.text]
    share = len(seen) / max(len(marks), 1)
    if share < GATE_FOUND:
        return NotRegistered(Reason("landmarks_missing", {"share": round(100 * share)}))
    part = 0
    for axis in (1, 0):  # four bands down the sheet, then four columns across it
        edges = np.linspace(marks[:, axis].min() - 1, marks[:, axis].max() + 1, 5)
        for low, high in pairwise(edges):
            part += 1
            want = ((marks[:, axis] >= low) & (marks[:, axis] < high)).sum()
            got = ((seen[:, axis] >= low) & (seen[:, axis] < high)).sum()
            if want and got / want < GATE_FOUND_PART:
                return NotRegistered(Reason("part_missing", {"part": part, "share": round(100 * float(got / want))}))
    return None


def judge(
    found: Found, residual: Points, matrix: NDArray[np.float64], warp: Points, reference: FormReference
) -> Registration | NotRegistered:
    """The registration with its evidence, or a refusal when the landmarks do not agree with each other."""
    sheet = reference.form.sheet
    error = np.where(found.text, np.hypot(residual[:, 0], residual[:, 1]), np.abs(residual[:, 1]))
    median, p95 = (float(np.percentile(error, q)) for q in (50, 95))
    if median > GATE_RESIDUAL_MM or p95 > GATE_P95_MM:
        return NotRegistered(Reason("residual_too_large", {"mm": round(max(median, p95), 2)}))
    middle = np.array(
        [[sheet[0] / 2, sheet[1] / 2], [sheet[0] / 2 + 1, sheet[1] / 2], [sheet[0] / 2, sheet[1] / 2 + 1]]
    )
    here = project(matrix, middle)
    across, down = here[1] - here[0], here[2] - here[0]
    local = {spec.id: _nearby(spec, found.centres, error) for spec in reference.form.fields}
    return Registration(
        homography=matrix,
        warp=warp,
        sheet=sheet,
        residual_mm=median,
        residual_p95_mm=p95,
        landmarks_found=int(found.text.sum()),
        landmarks_tried=found.tried,
        rotation_deg=float(np.degrees(np.arctan2(across[1], across[0]))),
        scale=float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0]))),
        perspective=float(np.hypot(matrix[2, 0] * sheet[0], matrix[2, 1] * sheet[1])),
        local_mm=local,
        unseen=tuple(sorted({*_unseen(found, reference), *(f for f, mm in local.items() if mm > LOCAL_MM)})),
    )


def _nearby(spec: FieldSpec, centres: Points, error: NDArray[np.float64]) -> float:
    """Mean residual of the six landmarks nearest to a field, mm."""
    return float(error[np.argsort(_distance(spec, centres))[:6]].mean())


def _unseen(found: Found, reference: FormReference) -> tuple[str, ...]:
    """Fields beside which print is missing: under a note or a fold an answer looks like an empty field."""
    marks = np.array([m.centre for m in reference.landmarks if m.along_x])
    seen = {(float(x), float(y)) for x, y in found.centres[found.text]}
    missing = np.array([(float(x), float(y)) not in seen for x, y in marks])
    unseen = []
    for spec in reference.form.fields:
        away = _distance(spec, marks)
        beside = away <= BESIDE_MM
        beside[np.argsort(away)[:BESIDE]] = True
        if missing[beside].any():
            unseen.append(spec.id)
    return tuple(unseen)


def _distance(spec: FieldSpec, points: Points) -> NDArray[np.float64]:
    """How far points (N, 2) lie from a field's area, mm; 0 within."""
    area = spec.area
    dx = np.maximum(np.maximum(area.x - points[:, 0], points[:, 0] - area.right), 0)
    dy = np.maximum(np.maximum(area.y - points[:, 1], points[:, 1] - area.bottom), 0)
    return np.hypot(dx, dy)
