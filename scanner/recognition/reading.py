"""From crops and ticks to one reading a field: the value, how sure it is, and whether a person must look."""

from __future__ import annotations

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
from scanner.ocr.engine import CELLS, ENGINE_FOR, LINE, PARTS, SECOND_LOOK, Engines
from scanner.recognition.digit_fields import DigitReading, read_digit_fields, sex_of
from scanner.recognition.line_fusion import Lists, fuse_line
from scanner.recognition.values import possible_date, score_features
from scanner.vietnam import lexicon
from scanner.vietnam.orthography import is_syllable

HARD_REASONS = frozenset({
    "nothing_recognised", "digits_and_cells", "cells_with_gaps", "date_incomplete", "impossible_date", "struck_out",
    "runs_out_of_field", "not_a_digit", "not_legible", "hand_reader_missing", "mark_unclear", "mark_cancelled",
    "mark_circled", "several_marks", "signature_unclear",
})  # fmt: skip
"""Reasons that send a reading to a person however sure the engine is."""
BLANK_ENGINE, TICK_ENGINE = "ink-1", "ticks-1"
SIGNATURE_MM2 = 3.0
"""A signature's ink: the smallest initials seen have 8 mm², a stray dot or fold under 1.5."""
SIGNATURE_DOUBT_MM2 = 0.6


@dataclass(frozen=True, slots=True)
class _Look:
    """What the engines said of one field: the main reading and the second look, one entry a crop asked."""

    first: tuple[EngineReading, ...]
    again: tuple[EngineReading, ...] | None

    @property
    def agree(self) -> bool:
        """Did both looks see the same?"""
        return self.again is not None and [r.text for r in self.first] == [r.text for r in self.again]


def read_fields(
    form: FormTemplate,
    page: InkPage,
    crops: Mapping[str, Crop],
    placed: Registration,
    engines: Engines,
    calibration: Calibration,
    lists: Lists,
) -> tuple[FieldReading, ...]:
    """A reading for every field of the form, in its order."""
    looks = _ask(form, crops, engines)
    ticked = read_choices(form, page, calibration)
    digits = read_digit_fields(form, crops, {f: look.first for f, look in looks.items()}, _male(form, ticked))
    out = []
    for spec in form.fields:
        near = {"residual_mm": placed.local_residual_mm.get(spec.id, placed.residual_mm)}
        if spec.id in ticked:
            out.append(replace(ticked[spec.id], features={**ticked[spec.id].features, **near}))
            continue
        crop = crops[spec.id]
        if spec.kind is FieldKind.SIGNATURE:
            out.append(_signature(spec, crop, near, calibration))
        elif crop.ink is None:
            out.append(_empty(spec, crop, near, calibration))
        elif spec.id in digits:
            out.append(_digits(spec, crop, looks[spec.id], digits[spec.id], near, calibration))
        else:
            out.append(_text(spec, crop, looks[spec.id], near, calibration, lists))
    return tuple(out)


def read_choices(form: FormTemplate, page: InkPage, calibration: Calibration) -> dict[str, FieldReading]:
    """A reading for every field of ticks, by id."""
    ticked = [f for f in form.fields if f.layout is FieldLayout.TICKS]
    squares = [o.box for f in ticked for o in f.options]
    return {f.id: _ticks(f, read_marks(page, f, squares), calibration) for f in ticked}


def _male(form: FormTemplate, ticked: Mapping[str, FieldReading]) -> float | None:
    """The probability of a man by the ticks; None where they do not say."""
    bound = sex_of(form)
    reading = ticked.get(bound[0]) if bound else None
    if bound is None or reading is None or reading.value is None or reading.review:
        return None
    return reading.confidence if reading.value == bound[1] else 1 - reading.confidence


# --- asking the engines ------------------------------------------------------------------------------


def _ask(form: FormTemplate, crops: Mapping[str, Crop], engines: Engines) -> dict[str, _Look]:
    """Give each engine all its crops of the page in one call."""
    looks: dict[str, _Look] = {}
    for name in (LINE, CELLS, PARTS):
        specs = [f for f in form.fields if ENGINE_FOR.get((f.kind, f.layout)) == name and crops[f.id].ink is not None]
        asked = [(spec.id, crop) for spec in specs for crop in _pieces(spec, crops[spec.id])]
        first = engines[name].read([crop for _, crop in asked])
        second = engines.get(SECOND_LOOK.get(name, ""))
        again = second.read([crop for _, crop in asked]) if second else None
        for spec in specs:
            mine = [i for i, (field, _) in enumerate(asked) if field == spec.id]
            looks[spec.id] = _Look(tuple(first[i] for i in mine), tuple(again[i] for i in mine) if again else None)
    return looks


def _pieces(spec: FieldSpec, crop: Crop) -> Sequence[Crop]:
    if spec.layout is FieldLayout.PARTS:
        return crop.cells
    return (crop,) if crop.standing is None else (crop.standing, crop)


# --- one field ---------------------------------------------------------------------------------------


def _text(
    spec: FieldSpec, crop: Crop, look: _Look, near: Mapping[str, float], calibration: Calibration, lists: Lists
) -> FieldReading:
    """A line of print or handwriting."""
    if crop.standing is not None:
        return _corrected(spec, crop, look, near, calibration, lists)
    choice = fuse_line(spec.lexicon, look.first[0], look.again[0] if look.again else None, lists)
    features = {**choice.features, **_shape_features(choice.text, crop), "edge": float(crop.touches_edge), **near}
    confidence, sure = calibration.judge(LINE, features)
    reason = choice.reason if choice.text else choice.reason or Reason("nothing_recognised")
    reason = _hard(crop, None, reason) or (None if sure else Reason("not_sure"))
    return FieldReading(
        spec.id, choice.text or None, choice.raw, features.get("hand_mean", look.first[0].score),
        _bounded(confidence, reason), reason is not None, choice.engine, crop.box, choice.alternatives, reason,
        features, steps=choice.steps,
    )  # fmt: skip


def _corrected(
    spec: FieldSpec, crop: Crop, look: _Look, near: Mapping[str, float], calibration: Calibration, lists: Lists
) -> FieldReading:
    """A line with something struck out: proposed is what stands; what is struck is kept beside it for the person."""
    stands, whole = (
        fuse_line(spec.lexicon, look.first[i], look.again[i] if look.again else None, lists) for i in (0, 1)
    )
    written = crop.standing is not None and crop.standing.ink is not None
    value = stands.text if written else ""
    features = {**stands.features, **_shape_features(value, crop), "edge": float(crop.touches_edge), **near}
    confidence, _ = calibration.judge(LINE, features)
    reason = Reason("struck_out")
    others = tuple(dict.fromkeys(t for t in (*stands.alternatives, whole.text) if t and t != value))
    return FieldReading(
        spec.id, value or None, whole.raw, look.first[0].score, _bounded(confidence if written else 0.5, reason), True,
        stands.engine, crop.box, others, reason, features, steps=(Step(whole.raw, value, "struck_left_out"),),
    )  # fmt: skip


def _digits(
    spec: FieldSpec, crop: Crop, look: _Look, found: DigitReading, near: Mapping[str, float], calibration: Calibration
) -> FieldReading:
    """A comb or the parts of a date."""
    chars = [c for reading in look.first for c in reading.chars]
    agree = {"agree": float(look.agree)} if look.again is not None else {}
    text = "" if found.value is None else str(found.value)
    features = {
        **score_features(chars, text), **found.features, **agree, "settled": float(bool(found.steps)),
        "edge": float(crop.touches_edge), **near,
    }  # fmt: skip
    confidence, sure = calibration.judge(ENGINE_FOR[spec.kind, spec.layout], features)
    reason = _hard(crop, found.value if spec.kind is FieldKind.DATE else None, found.reason)
    reason = reason or (None if sure else Reason("not_sure"))
    others = look.first[0].alternatives if spec.layout is not FieldLayout.PARTS else ()
    engine = next((r.engine for r in look.first if r.text), look.first[0].engine)
    score = min((r.score for r in look.first if r.text), default=0.0)
    return FieldReading(
        spec.id, found.value, found.raw, score, _bounded(confidence, reason), reason is not None, engine, crop.box,
        tuple(t for t in others if t != text), reason, features, steps=found.steps,
    )  # fmt: skip


def _hard(crop: Crop, date: Value, reason: Reason | None) -> Reason | None:
    """Why a person must look however sure the engine is."""
    if crop.struck:
        return Reason("struck_out")
    if reason is not None:
        return reason
    if crop.touches_edge:
        return Reason("runs_out_of_field")
    if isinstance(date, str) and not possible_date(date):
        return Reason("impossible_date")
    return None


def _bounded(confidence: float, reason: Reason | None) -> float:
    """No more than an even chance for what a person must see for another reason than doubt."""
    return confidence if reason is None or reason.code == "not_sure" else min(confidence, 0.5)


def _shape_features(text: str, crop: Crop) -> dict[str, float]:
    words = [w for w in text.replace(",", " ").replace(".", " ").split() if w.isalpha()]
    unknown = sum(lexicon.key(w) not in lexicon.words() for w in words) / len(words) if words else 0.0
    legal = sum(is_syllable(w) for w in words) / len(words) if words else 1.0
    odd = sum(not (c.isalnum() or c in " ,.-/()'") for c in text)
    top, bottom, left, right = crop.ink or (0, 1, 0, 1)
    # a line has about as many letters as it is long and high; a scrawl read as three letters has not
    density = len(text) * (bottom - top) / max(right - left, 1)
    return {"illegal": 1 - legal, "unknown": unknown, "odd": float(odd), "density": min(density, 6.0)}


def _empty(spec: FieldSpec, crop: Crop, near: Mapping[str, float], calibration: Calibration) -> FieldReading:
    features = {"ink_mm2": crop.ink_mm2, **near}
    confidence, sure = calibration.judge("empty", features)
    reason = None if sure else Reason("maybe_empty")
    return FieldReading(spec.id, None, "", 1.0, confidence, not sure, BLANK_ENGINE, spec.area, (), reason, features)


def _signature(spec: FieldSpec, crop: Crop, near: Mapping[str, float], calibration: Calibration) -> FieldReading:
    signed = crop.ink_mm2 >= SIGNATURE_MM2
    doubtful = SIGNATURE_DOUBT_MM2 <= crop.ink_mm2 < SIGNATURE_MM2
    features = {"ink_mm2": crop.ink_mm2, "doubt": float(doubtful), **near}
    confidence, sure = calibration.judge("signature", features)
    reason = None if sure and not doubtful else Reason("signature_unclear")
    return FieldReading(
        spec.id, signed, "", 1.0, confidence, reason is not None, BLANK_ENGINE, spec.area, (), reason, features
    )


def _ticks(spec: FieldSpec, marks: tuple[Mark, ...], calibration: Calibration) -> FieldReading:
    chosen, score, reason = resolve_choice(marks, spec.kind)
    value: Value = chosen if spec.kind is FieldKind.CHOICES else (chosen[0] if len(chosen) == 1 else None)
    features = {"worst": score, "problem": float(reason is not None)}
    confidence, sure = calibration.judge("ticks", features)
    if reason is not None:
        confidence = min(confidence, 0.5)
    elif not sure:
        reason = Reason("not_sure")
    labels = {o.id: o.label for o in spec.options}
    raw = "; ".join(labels[m.option] for m in marks if m.state.value == "marked")
    return FieldReading(
        spec.id, value, raw, score, confidence, reason is not None, TICK_ENGINE, spec.area, (), reason, features, marks
    )
