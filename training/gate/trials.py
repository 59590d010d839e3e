"""Trials: a page placed as `register` does it, or from a wrong guess; the evidence is kept beside the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.draw import FORM, draw_sheet, load_stock
from samples.misplaced import FITTED, HELD_OUT, Stack, print_rows
from samples.office_wear import GOOD
from samples.paper import Seen, Truth
from samples.people import People
from scanner.forms.loading import blank_image, load_form
from scanner.layout.registration.alignment import flatten_background, to_grey
from scanner.layout.registration.field_evidence import FieldEvidence, field_evidence
from scanner.layout.registration.gate import NO_EVIDENCE, PlacementEvidence
from scanner.layout.registration.geometry import mean_scale, plausible, resized, scaling
from scanner.layout.registration.reference import LANDMARK_DPI, FormReference, build_reference
from scanner.layout.registration.register import RegistrationStart, initial_guess, passes
from scanner.layout.registration.warping import identity_warp
from scanner.model import FieldLayout, FormTemplate, Gray
from scanner.model.registration import Matrix, PageTransform

MAKERS = {**GOOD, **FITTED, **HELD_OUT}
SHEETS = 24
"""Filled sheets that trials are made from."""
HOPELESS = 0.3
"""Where so few landmarks agree the fields are not measured: every threshold in question is higher."""
LANDMARK_PX = 160 / 25.4
"""Pages are reduced to this many px a mm before wrong guesses are tried on them, so that aligning them is cheap."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One placement: where it came from, the evidence of each pass, and how far each field's corners are off.

    `off` is in mm, ∞ where the field is not on the page.
    """

    kind: str
    seed: int
    guess: str  # "found" by key points, or which wrong guess it began from
    photo: bool
    passes: tuple[PlacementEvidence, ...] = ()  # none where key points found nothing to begin with
    fields: tuple[FieldEvidence, ...] = ()
    off: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What all trials need."""

    reference: FormReference
    stack: Stack

    @property
    def form(self) -> FormTemplate:
        """The form under trial."""
        return self.reference.form


def make_bench(seed: int, fonts: Path | None) -> Bench:
    """The first shipped form and SHEETS filled sheets of it, drawn from a seed."""
    form = load_form(FORM)
    blank = np.array(blank_image(form))
    stock, rng = load_stock(fonts, None, None), np.random.default_rng(seed)
    people, sheets = People(form, rng), []
    for n in range(SHEETS):
        hand = stock.hand("font" if stock.handlike and n % 2 else "typed", rng)
        sheets.append(np.asarray(to_grey(draw_sheet(form, blank, people.draw().answers, hand).image), np.uint8))
    return Bench(build_reference(form, blank), Stack(sheets, blank, print_rows(blank)))


def try_page(bench: Bench, kind: str, seed: int, guesses: int) -> list[Trial]:
    """A page of a kind, placed as it would be, and then `guesses` times from wrong first guesses."""
    rng = np.random.default_rng([seed, sorted(MAKERS).index(kind)])
    seen = MAKERS[kind](bench.stack, rng)
    grey = to_grey(seen.image)
    start = initial_guess(grey, bench.reference)
    if isinstance(start, RegistrationStart):
        out = [_refined(bench, start, seen, (kind, seed, "found"))]
    else:
        out = [Trial(kind, seed, "found", seen.photo)]
    if guesses:
        flat = flatten_background(grey)
        if isinstance(start, RegistrationStart):
            centre = scaling(1 / start.factor) @ start.transform.homography
        else:
            centre = _filling(bench, grey)
        small, matrix = _reduced(flat, centre, bench.form.sheet)
        factor = small.shape[0] / grey.shape[0]
        for name, wrong in _wrong_guesses(bench, matrix, rng, guesses):
            if plausible(wrong, bench.form.sheet, small.shape):
                wrong_start = RegistrationStart(small, factor, PageTransform(bench.form.sheet, wrong, identity_warp()))
                out.append(_refined(bench, wrong_start, seen, (kind, seed, name)))
            else:
                out.append(Trial(kind, seed, name, seen.photo))
    return out


def _refined(bench: Bench, start: RegistrationStart, seen: Seen, name: tuple[str, int, str]) -> Trial:
    """As `register` does it, with the evidence of the last pass for the fields, refused or not."""
    looks = list(passes(start, bench.reference))
    if not looks:
        return Trial(*name, seen.photo, (NO_EVIDENCE,))
    last = looks[-1]
    evidence = tuple(look.evidence for look in looks)
    if last.evidence.agreed < HOPELESS:
        return Trial(*name, seen.photo, evidence)
    transform = resized(last.transform, 1 / start.factor)
    fields = field_evidence(last.matches, last.residual, transform.warp, bench.reference)
    off = field_errors(bench.form, seen, transform.to_page, mean_scale(transform.homography, transform.sheet))
    return Trial(*name, seen.photo, evidence, tuple(fields.values()), tuple(off.values()))


def moved_frames(bench: Bench, kind: str, seed: int) -> list[FieldEvidence]:
    """Fields with frames as they look where their boxes alone were printed 1 to 5 mm elsewhere, one each.

    The page is a good one, so all other evidence is for its place; its picture is shifted under the frames.
    """
    rng = np.random.default_rng([seed, sorted(MAKERS).index(kind)])
    seen = MAKERS[kind](bench.stack, rng)
    start = initial_guess(to_grey(seen.image), bench.reference)
    looks = list(passes(start, bench.reference)) if isinstance(start, RegistrationStart) else []
    if not looks:
        return []
    last = looks[-1]
    out = []
    for field, evidence in field_evidence(last.matches, last.residual, last.transform.warp, bench.reference).items():
        if evidence.frame is not None:
            far, angle = rng.uniform(1, 5) * LANDMARK_DPI / 25.4, float(rng.choice([0, 90, 180, 270]))
            by = np.round(far * np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])).astype(int)
            image = np.roll(last.matches.image, tuple(by), axis=(0, 1))
            worst = min(frame.agreement(image) for frame in bench.reference.frames[field])
            out.append(replace(evidence, frame=worst))
    return out


def field_errors(form: FormTemplate, seen: Seen, placed: Truth, scale: float) -> dict[str, float]:
    """For each field how far the worst corner of its boxes is off, mm; ∞ where it is not on the page.

    Of a free area, as for a signature, the middle counts.

    `placed` maps form mm to where they were found on the page (px), `scale` is px a mm.
    """
    out = {}
    for spec in form.fields:
        boxes = spec.all_boxes
        if spec.layout is FieldLayout.AREA:  # no print of its own shows where its edges are
            boxes = tuple(box.grown(-box.w / 2, -box.h / 2) for box in boxes)
        points, truth = (np.vstack(side) for side in zip(*map(seen.corners, boxes), strict=True))
        away = np.hypot(*(placed(points) - truth).T) / scale
        out[spec.id] = float(np.where(np.isfinite(away), away, np.inf).max())
    return out


# --- wrong first guesses -----------------------------------------------------------------------------


def _filling(bench: Bench, grey: Gray) -> Matrix:
    """The sheet filling the page."""
    rows, cols = grey.shape
    return np.diag([cols / bench.form.sheet[0], rows / bench.form.sheet[1], 1.0])


def _reduced(grey: Gray, matrix: Matrix, sheet: tuple[float, float]) -> tuple[Gray, Matrix]:
    factor = min(1.0, LANDMARK_PX / mean_scale(matrix, sheet))
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scaling(small.shape[0] / grey.shape[0]) @ matrix


def _wrong_guesses(
    bench: Bench, matrix: Matrix, rng: np.random.Generator, count: int
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Guesses that are wrong by a row or an option, by size, turn, reflection, or near the truth at random."""
    w, h = bench.form.sheet
    pitches = np.diff([a for a, _ in bench.stack.rows])
    steps, first = _option_steps(bench.form), int(rng.integers(7))
    for n in range(count):
        name = ("row", "option", "turned", "scale", "jitter", "far jitter", "row and option")[(first + n) % 7]
        move = np.eye(3)
        if name in ("row", "row and option"):
            move[1, 2] = float(rng.choice(pitches)) * int(rng.choice([-2, -1, 1, 2])) + rng.normal(0, 0.3)
        if name in ("option", "row and option"):
            move[0, 2] = float(rng.choice(steps)) * int(rng.choice([-1, 1])) + rng.normal(0, 0.3)
        if name == "turned":
            move = np.array([[-1, 0, w], [0, -1, h], [0, 0, 1.0]])
            move[:2, 2] += rng.normal(0, 4, 2)
        if name == "scale":
            size = float(rng.choice([0.9, 1.1, rng.uniform(0.85, 0.97), rng.uniform(1.03, 1.15)]))
            move = np.array([[size, 0, w / 2 * (1 - size)], [0, size, h / 2 * (1 - size)], [0, 0, 1.0]])
        if name.endswith("jitter"):
            corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
            spread = rng.uniform(2, 8) if name == "jitter" else rng.uniform(8, 40)
            away = (corners + rng.normal(0, spread, (4, 2))).astype(np.float32)
            move = cv2.getPerspectiveTransform(corners, away).astype(np.float64)
        yield name, matrix @ move


def _option_steps(form: FormTemplate) -> list[float]:
    return [b.box.x - a.box.x for spec in form.fields for a, b in pairwise(spec.options) if abs(a.box.y - b.box.y) < 1]
