"""The gate: evidence that the form lies where it was found, over all and beside each field; or a refusal.

A page placed wrongly and silently would be read as nonsense. What the evidence is worth was fitted on placements that
were wrong on purpose (`gate_scale`; docs/developer/registration.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scanner.layout.registration.field_evidence import FieldEvidence, errors_of, field_evidence
from scanner.layout.registration.gate_scale import gate_scale
from scanner.layout.registration.geometry import Points, project
from scanner.layout.registration.landmarks import LandmarkMatches
from scanner.layout.registration.reference import FormReference
from scanner.model import NotRegistered, Reason, Registration

AGREED_MM = 0.15
"""A landmark this near to the smooth field speaks for it. Curled photos stay within 0.06 mm."""
WORST_MM = 0.25
"""Print beside a field that is off by more than this is torn, folded or slipped there, whatever else speaks for it."""
FEWEST = 8
"""Fewer landmarks than this are no evidence at all."""
BANDS = 4
FOUND, FOUND_PART = 0.55, 0.3
"""Below these a refusal speaks of print not found rather than of print that does not fit: words, not the threshold."""


@dataclass(frozen=True, slots=True)
class PlacementEvidence:
    """What speaks for a placement, over the whole sheet.

    found    share of the landmarks of text that were seen again
    agreed   share that was seen and lies within AGREED_MM of the smooth field
    least    the same in the worst of four bands down the sheet and four across; `part` is which, from 1
    peak     mean correlation of all landmarks of text, 0 where one was not seen
    median, p95    residual of the landmarks seen, mm
    """

    found: float
    agreed: float
    least: float
    part: int
    peak: float
    median: float
    p95: float

    @property
    def features(self) -> Mapping[str, float]:
        """What the scale weighs."""
        return {"agreed": self.agreed, "least": self.least, "peak": self.peak}

    @property
    def log_odds(self) -> float:
        """That the form lies here, against wrong placements made on purpose."""
        return gate_scale("page").log_odds(self.features)


NOTHING = PlacementEvidence(0.0, 0.0, 0.0, 1, 0.0, 1.0, 1.0)


def weigh_placement(found: LandmarkMatches, residual: Points, reference: FormReference) -> PlacementEvidence:
    """The evidence of one pass. `residual` (N, 2) is what the smooth field leaves unexplained, mm."""
    marks = np.array([m.centre for m in reference.landmarks if m.along_x])
    if len(found.centres) < FEWEST or not len(marks):
        return NOTHING
    error = errors_of(found, residual)
    agreed = found.text & (error <= AGREED_MM)
    part, least = _least(found.centres[agreed], marks)
    return PlacementEvidence(
        found=float(found.text.sum() / len(marks)),
        agreed=float(agreed.sum() / len(marks)),
        least=least,
        part=part,
        peak=float(found.weight[found.text, 1].sum() / len(marks)),
        median=float(np.median(error)),
        p95=float(np.percentile(error, 95)),
    )


def refuse(evidence: PlacementEvidence) -> NotRegistered | None:
    """The refusal with its reason, where the evidence does not reach the threshold."""
    if evidence.log_odds >= gate_scale("page").threshold:
        return None
    if evidence.found < FOUND:
        return NotRegistered(Reason("landmarks_missing", {"share": round(100 * evidence.found)}))
    if evidence.least < FOUND_PART:
        return NotRegistered(Reason("part_missing", {"part": evidence.part, "share": round(100 * evidence.least)}))
    return NotRegistered(Reason("residual_too_large", {"mm": round(evidence.p95, 2)}))


def judge_fields(
    evidence: PlacementEvidence,
    found: LandmarkMatches,
    residual: Points,
    matrix: NDArray[np.float64],
    warp: Points,
    reference: FormReference,
) -> Registration:
    """The registration with its evidence, and which fields' places are in doubt."""
    sheet = reference.form.sheet
    middle = np.array(
        [[sheet[0] / 2, sheet[1] / 2], [sheet[0] / 2 + 1, sheet[1] / 2], [sheet[0] / 2, sheet[1] / 2 + 1]]
    )
    here = project(matrix, middle)
    across, down = here[1] - here[0], here[2] - here[0]
    fields = field_evidence(found, residual, warp, reference)
    scale = gate_scale("field")
    return Registration(
        homography=matrix,
        warp=warp,
        sheet=sheet,
        residual_mm=evidence.median,
        residual_p95_mm=evidence.p95,
        landmarks_found=int(found.text.sum()),
        landmarks_tried=found.tried,
        rotation_deg=float(np.degrees(np.arctan2(across[1], across[0]))),
        scale=float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0]))),
        perspective=float(np.hypot(matrix[2, 0] * sheet[0], matrix[2, 1] * sheet[1])),
        local_mm={name: seen.near for name, seen in fields.items()},
        unseen=tuple(sorted(name for name, seen in fields.items() if seen.missing)),
        gate=evidence.log_odds,
        in_place={name: scale.probability(seen.features) for name, seen in fields.items()},
        unsure=tuple(sorted(name for name, seen in fields.items() if doubtful(seen))),
    )


def doubtful(seen: FieldEvidence) -> bool:
    """Does the evidence leave it open whether a field lies where it would be cut?"""
    scale = gate_scale("field")
    return seen.worst > WORST_MM or scale.log_odds(seen.features) < scale.threshold


def _least(seen: Points, marks: Points) -> tuple[int, float]:
    """Which of the bands down and across the sheet has the least of its landmarks, from 1, and what share."""
    worst, at, part = 1.0, 1, 0
    for axis in (1, 0):
        edges = np.linspace(marks[:, axis].min() - 1, marks[:, axis].max() + 1, BANDS + 1)
        for low, high in pairwise(edges):
            part += 1
            want = ((marks[:, axis] >= low) & (marks[:, axis] < high)).sum()
            got = ((seen[:, axis] >= low) & (seen[:, axis] < high)).sum()
            if want and got / want < worst:
                worst, at = float(got / want), part
    return at, worst
