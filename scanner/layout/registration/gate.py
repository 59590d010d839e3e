"""The gate: evidence that the form lies where it was found, over all and beside each field; or a refusal.

A page placed wrongly without a warning would be read as nonsense. The weights of the evidence were fitted on placements
made wrong on purpose (`gate_scale`; docs/developer/registration.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scanner.layout.registration.field_evidence import FieldEvidence, field_evidence, landmark_errors
from scanner.layout.registration.gate_scale import gate_scale
from scanner.layout.registration.landmarks import LandmarkMatches
from scanner.layout.registration.reference import FormReference
from scanner.model import NotRegistered, Reason, Registration
from scanner.model.registration import PageTransform, Points

AGREED_MM = 0.15
"""A landmark this near to the fitted field agrees with it. Curled photos stay within 0.06 mm."""
WORST_MM = 0.25
"""Print beside a field that is off by more than this is torn, folded or slipped there, whatever the other evidence."""
MIN_LANDMARKS = 8
"""Fewer landmarks than this are no evidence at all: twice what fixes a homography."""
BANDS = 4
"""Down the sheet and across it: a quarter of the sheet that is missing empties one of them."""
REASON_FOUND, REASON_BAND = 0.55, 0.3
"""Below these shares a refusal says that print was not found, or not in one part, rather than that it does not fit.
They choose the sentence and not the outcome: half a page finds half of its print."""


@dataclass(frozen=True, slots=True)
class PlacementEvidence:
    """The evidence for a placement, over the whole sheet.

    found    share of the landmarks of text that were found again
    agreed   share that was found and lies within AGREED_MM of the fitted field
    least    the same in the worst of four bands down the sheet and four across; `part` is which, from 1
    peak     mean correlation of all landmarks of text, 0 where one was not found
    median, p95    residual of the landmarks found, mm
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
        """What the model of the page weighs."""
        return {"agreed": self.agreed, "least": self.least, "peak": self.peak}

    @property
    def log_odds(self) -> float:
        """Log-odds that the form lies here, against wrong placements made on purpose."""
        return gate_scale("page").log_odds(self.features)


NO_EVIDENCE = PlacementEvidence(0.0, 0.0, 0.0, 1, 0.0, 1.0, 1.0)
"""Of a page on which no landmark was found."""


def measure_placement(matches: LandmarkMatches, residual: Points, reference: FormReference) -> PlacementEvidence:
    """The evidence of one pass. `residual` (N, 2) is what the fitted field leaves unexplained, mm."""
    landmarks = reference.text_centres
    if len(matches.centres) < MIN_LANDMARKS or not len(landmarks):
        return NO_EVIDENCE
    error = landmark_errors(matches, residual)
    agreed = matches.is_text & (error <= AGREED_MM)
    part, least = _worst_band(matches.centres[agreed], landmarks)
    return PlacementEvidence(
        found=float(matches.is_text.sum() / len(landmarks)),
        agreed=float(agreed.sum() / len(landmarks)),
        least=least,
        part=part,
        peak=float(matches.weight[matches.is_text, 1].sum() / len(landmarks)),
        median=float(np.median(error)),
        p95=float(np.percentile(error, 95)),
    )


def refuse(evidence: PlacementEvidence) -> NotRegistered | None:
    """The refusal with its reason, where the evidence does not reach the threshold."""
    if evidence.log_odds >= gate_scale("page").threshold:
        return None
    if evidence.found < REASON_FOUND:
        return NotRegistered(Reason("landmarks_missing", {"share": round(100 * evidence.found)}))
    if evidence.least < REASON_BAND:
        return NotRegistered(Reason("part_missing", {"part": evidence.part, "share": round(100 * evidence.least)}))
    return NotRegistered(Reason("residual_too_large", {"mm": round(evidence.p95, 2)}))


def judge_fields(
    evidence: PlacementEvidence,
    matches: LandmarkMatches,
    residual: Points,
    transform: PageTransform,
    reference: FormReference,
) -> Registration:
    """The registration with its evidence, and which fields' places are in doubt.

    `transform` maps form mm to page px; `residual` (N, 2) mm is what it leaves unexplained at the landmarks found.
    """
    fields = field_evidence(matches, residual, transform.warp, reference)
    scale = gate_scale("field")
    return Registration(
        transform=transform,
        residual_mm=evidence.median,
        residual_p95_mm=evidence.p95,
        landmarks_found=int(matches.is_text.sum()),
        landmarks_tried=matches.tried,
        local_residual_mm={name: of.near for name, of in fields.items()},
        gate_log_odds=evidence.log_odds,
        print_missing_fields=tuple(sorted(name for name, of in fields.items() if of.missing)),
        place_probability={name: scale.probability(of.features) for name, of in fields.items()},
        place_doubtful_fields=tuple(sorted(name for name, of in fields.items() if is_doubtful(of))),
    )


def is_doubtful(evidence: FieldEvidence) -> bool:
    """Does the evidence leave it open whether a field lies where it would be cut?"""
    scale = gate_scale("field")
    return evidence.worst > WORST_MM or scale.log_odds(evidence.features) < scale.threshold


def _worst_band(agreed: Points, landmarks: Points) -> tuple[int, float]:
    """Which of the bands down and across the sheet has the least of its landmarks, from 1, and what share.

    `agreed` (M, 2) mm are those of the `landmarks` (N, 2) that agree with the field.
    """
    worst, at, part = 1.0, 1, 0
    for axis in (1, 0):
        edges = np.linspace(landmarks[:, axis].min() - 1, landmarks[:, axis].max() + 1, BANDS + 1)
        for low, high in pairwise(edges):
            part += 1
            want = ((landmarks[:, axis] >= low) & (landmarks[:, axis] < high)).sum()
            got = ((agreed[:, axis] >= low) & (agreed[:, axis] < high)).sum()
            if want and got / want < worst:
                worst, at = float(got / want), part
    return at, worst
