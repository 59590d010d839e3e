"""From crops and ticks to one reading a field: the value, what speaks for it, and why a person must look at it.

How probable a value is, is said last and elsewhere (`scanner.confidence.calibration`), from the features kept here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scanner.confidence.calibration import Calibration
from scanner.layout.ink.extraction import InkPage
from scanner.layout.marks.checkboxes import read_marks, resolve_choice
from scanner.model import (
    Crop,
    EngineReading,
    FieldKind,
    FieldLayout,
    FieldReading,
    FieldSpec,
    FormTemplate,
    Mark,
    Reason,
    Registration,
    Step,
    Value,
)
from scanner.ocr.comb_line import comb_line
from scanner.ocr.engine import CELLS, ENGINE_FOR, HAND, LINE, PARTS, Engines
from scanner.recognition.digit_fields import DigitReading, read_digit_fields, sex_of
from scanner.recognition.line_fusion import Lists, fuse_line
from scanner.recognition.values import score_features
from scanner.vietnam import lexicon
from scanner.vietnam.dates import is_plausible_date
from scanner.vietnam.orthography import is_syllable

HARD_REASONS = frozenset({
    "nothing_recognised", "digits_and_cells", "cells_with_gaps", "date_incomplete", "impossible_date", "struck_out",
    "runs_out_of_field", "not_a_digit", "not_legible", "hand_reader_missing", "mark_unclear", "mark_cancelled",
    "mark_circled", "several_marks", "signature_unclear",
})  # fmt: skip
"""Reasons found in the field itself that send a reading to a person however sure the engine is."""
BLANK_ENGINE, TICK_ENGINE = "ink-1", "ticks-1"
SIGNATURE_MM2 = 3.0
"""A signature's ink: the smallest initials seen have 8 mm², a stray dot or fold under 1.5."""
SIGNATURE_DOUBT_MM2 = 0.6
FARTHEST_MARGIN = 3.0
"""Ink 20 times as much or as little as SIGNATURE_MM2 leaves no doubt; more says no more."""


@dataclass(frozen=True, slots=True)
class CropReadings:
    """What the engines say of one field, one entry a crop asked; of lines the reader of handwriting too, if there."""

    engine: tuple[EngineReading, ...]
    handwriting: tuple[EngineReading, ...] | None


def read_fields(
    form: FormTemplate,
    page: InkPage,
    crops: Mapping[str, Crop],
    placed: Registration,
    engines: Engines,
    calibration: Calibration,
    lists: Lists,
) -> tuple[FieldReading, ...]:
    """A reading for every field of the form, in its order; `calibrate` gives them their confidence.

    The calibration serves here only to weigh the ticked sex against the numbers that agree with it.
    """
    ticked = read_choices(form, page)
    asked = recognise(form, crops, engines)
    digits = read_digit_fields(
        form, crops, {f: said.engine for f, said in asked.items()}, _male(form, ticked, calibration)
    )
    out = []
    for spec in form.fields:
        crop = crops.get(spec.id)
        if spec.id in ticked or crop is None:
            reading = ticked[spec.id]
        elif spec.kind is FieldKind.SIGNATURE:
            reading = _signature(spec, crop)
        elif crop.ink is None:
            reading = _empty(spec, crop)
        elif spec.id in digits:
            reading = _digits(spec, crop, asked[spec.id], digits[spec.id])
        else:
            reading = _text(spec, crop, asked[spec.id], lists)
        near = placed.local_residual_mm.get(spec.id, placed.residual_mm)
        out.append(replace(reading, features={**reading.features, "residual_mm": near}))
    return tuple(out)


def read_choices(form: FormTemplate, page: InkPage) -> dict[str, FieldReading]:
    """A reading for every field of ticks, by id."""
    ticked = [f for f in form.fields if f.layout is FieldLayout.TICKS]
    squares = [o.box for f in ticked for o in f.options]
    return {f.id: _ticks(f, read_marks(page, f, squares)) for f in ticked}


def _male(form: FormTemplate, ticked: Mapping[str, FieldReading], calibration: Calibration) -> float | None:
    """The probability of a man by the ticks; None where they do not say."""
    bound = sex_of(form)
    reading = ticked.get(bound[0]) if bound else None
    if bound is None or reading is None or reading.value is None or reading.reasons:
        return None
    confidence, sure = calibration.judge("ticks", reading.features)
    if not sure:
        return None
    return confidence if reading.value == bound[1] else 1 - confidence


# --- asking the engines ------------------------------------------------------------------------------


def recognise(form: FormTemplate, crops: Mapping[str, Crop], engines: Engines) -> dict[str, CropReadings]:
    """What the engines say of every field that was written in, by id; each engine gets all its crops in one call."""
    out: dict[str, CropReadings] = {}
    for name in (LINE, CELLS, PARTS):
        specs = [f for f in form.fields if ENGINE_FOR.get((f.kind, f.layout)) == name and crops[f.id].ink is not None]
        pieces = [(spec.id, piece) for spec in specs for piece in _pieces(spec, crops[spec.id])]
        said = engines[name].read([piece for _, piece in pieces])
        by_hand = engines[HAND].read([piece for _, piece in pieces]) if name == LINE and HAND in engines else None
        for spec in specs:
            mine = [i for i, (field, _) in enumerate(pieces) if field == spec.id]
            out[spec.id] = CropReadings(
                tuple(said[i] for i in mine), None if by_hand is None else tuple(by_hand[i] for i in mine)
            )
    return out


def _pieces(spec: FieldSpec, crop: Crop) -> Sequence[Crop]:
    """The crops of a field that an engine reads one by one."""
    if spec.layout is FieldLayout.PARTS:
        return crop.cells
    if spec.kind is FieldKind.TEXT and spec.layout is FieldLayout.COMB:
        return (comb_line(crop),)
    return (crop,) if crop.standing is None else (crop.standing, crop)


# --- one field ---------------------------------------------------------------------------------------


def _reading(
    spec: FieldSpec,
    value: Value,
    raw: str,
    score: float,
    engine: str,
    features: Mapping[str, float],
    reasons: Sequence[Reason],
    crop: Crop | None = None,
    alternatives: Sequence[str] = (),
    steps: tuple[Step, ...] = (),
    marks: tuple[Mark, ...] = (),
) -> FieldReading:
    """A reading without a confidence yet: until it is calibrated it goes to a person."""
    return FieldReading(
        spec.id, value, raw, score, 0.0, True, engine, crop.box if crop else spec.area, tuple(alternatives),
        tuple(reasons), features, marks, steps=steps,
    )  # fmt: skip


def _text(spec: FieldSpec, crop: Crop, said: CropReadings, lists: Lists) -> FieldReading:
    """A line of print or handwriting, or letters in the cells of a comb."""
    if crop.standing is not None:
        return _corrected(spec, crop, said, lists)
    hand = said.handwriting[0] if said.handwriting else None
    choice = fuse_line(spec.lexicon, said.engine[0], hand, lists)
    reasons = [choice.reason] if choice.reason else [] if choice.text else [Reason("nothing_recognised")]
    return _reading(
        spec, choice.text or None, choice.raw, choice.features.get("hand_mean", said.engine[0].score), choice.engine,
        {**choice.features, **_shape_features(choice.text, crop)}, _reasons(crop, reasons), crop, choice.alternatives,
        choice.steps,
    )  # fmt: skip


def _corrected(spec: FieldSpec, crop: Crop, said: CropReadings, lists: Lists) -> FieldReading:
    """A line with something struck out: proposed is what stands; what is struck is kept beside it for the person."""
    stands, whole = (
        fuse_line(spec.lexicon, said.engine[i], said.handwriting[i] if said.handwriting else None, lists)
        for i in (0, 1)
    )
    written = crop.standing is not None and crop.standing.ink is not None
    value = stands.text if written else ""
    reasons = [choice.reason for choice in (stands if written else whole,) if choice.reason]
    others = dict.fromkeys(t for t in (*stands.alternatives, whole.text) if t and t != value)
    return _reading(
        spec, value or None, whole.raw, said.engine[0].score, stands.engine,
        {**stands.features, **_shape_features(value, crop)}, _reasons(crop, reasons), crop, tuple(others),
        (Step(whole.raw, value, "struck_left_out"),),
    )  # fmt: skip


def _digits(spec: FieldSpec, crop: Crop, said: CropReadings, found: DigitReading) -> FieldReading:
    """A comb or the parts of a date."""
    chars = [c for reading in said.engine for c in reading.chars]
    text = "" if found.value is None else str(found.value)
    reasons = list(_reasons(crop, [found.reason] if found.reason else []))
    if spec.kind is FieldKind.DATE and found.reason is None and text and not is_plausible_date(text):
        reasons.append(Reason("impossible_date"))
    others = said.engine[0].alternatives if spec.layout is not FieldLayout.PARTS else ()
    engine = next((r.engine for r in said.engine if r.text), said.engine[0].engine)
    score = min((r.score for r in said.engine if r.text), default=0.0)
    return _reading(
        spec, found.value, found.raw, score, engine,
        {**score_features(chars), **found.features, "settled": float(bool(found.steps))}, reasons, crop,
        tuple(t for t in others if t != text), found.steps,
    )  # fmt: skip


def _reasons(crop: Crop, of_engines: Sequence[Reason]) -> tuple[Reason, ...]:
    """Why a person must look however sure the engine is, the most important reason first."""
    struck = (Reason("struck_out"),) if crop.struck else ()
    beyond = (Reason("runs_out_of_field"),) if crop.touches_edge else ()
    return (*struck, *of_engines, *beyond)


def _shape_features(text: str, crop: Crop) -> dict[str, float]:
    words = [w for w in text.replace(",", " ").replace(".", " ").split() if w.isalpha()]
    unknown = sum(lexicon.key(w) not in lexicon.words() for w in words) / len(words) if words else 0.0
    legal = sum(is_syllable(w) for w in words) / len(words) if words else 1.0
    odd = sum(not (c.isalnum() or c in " ,.-/()'") for c in text)
    top, bottom, left, right = crop.ink or (0, 1, 0, 1)
    # a line has about as many letters as it is long and high; a scrawl read as three letters has not
    density = len(text) * (bottom - top) / max(right - left, 1)
    return {"illegal": 1 - legal, "unknown": unknown, "odd": float(odd), "density": min(density, 6.0)}


def _empty(spec: FieldSpec, crop: Crop) -> FieldReading:
    return _reading(spec, None, "", 1.0, BLANK_ENGINE, {"ink_mm2": crop.ink_mm2}, ())


def _signature(spec: FieldSpec, crop: Crop) -> FieldReading:
    """Signed or not, by how much ink there is; in between nobody can say."""
    ink = crop.ink_mm2
    reasons = (Reason("signature_unclear"),) if SIGNATURE_DOUBT_MM2 <= ink < SIGNATURE_MM2 else ()
    margin = min(abs(math.log(max(ink, 1e-3) / SIGNATURE_MM2)), FARTHEST_MARGIN)
    return _reading(spec, ink >= SIGNATURE_MM2, "", 1.0, BLANK_ENGINE, {"ink_mm2": ink, "ink_margin": margin}, reasons)


def _ticks(spec: FieldSpec, marks: tuple[Mark, ...]) -> FieldReading:
    chosen, score, reason = resolve_choice(marks, spec.kind)
    value: Value = chosen if spec.kind is FieldKind.CHOICES else (chosen[0] if len(chosen) == 1 else None)
    labels = {o.id: o.label for o in spec.options}
    raw = "; ".join(labels[m.option] for m in marks if m.state.value == "marked")
    return _reading(
        spec, value, raw, score, TICK_ENGINE, {"mark_score": score}, (reason,) if reason else (), marks=marks
    )
