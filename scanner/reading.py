"""From crops and ticks to one reading a field: the value, how sure it is, and whether a person must look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.calibration import Calibration
from scanner.layout.checkboxes import read_marks, resolve
from scanner.layout.ink import InkPage
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
    Value,
)
from scanner.ocr.correction import correct
from scanner.ocr.engine import CELLS, ENGINE_FOR, LINE, PARTS, SECOND_LOOK, Engines
from scanner.values import clean_text, digits_value, parts_date, possible_date, score_features
from scanner.vietnam import lexicon
from scanner.vietnam.orthography import is_syllable

HARD_REASONS = frozenset({
    "nothing_recognised", "digits_and_cells", "cells_with_gaps", "date_incomplete", "impossible_date", "struck_out",
    "runs_out_of_field", "not_a_digit", "mark_unclear", "mark_cancelled", "several_marks", "signature_unclear",
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
    again: tuple[EngineReading, ...]

    @property
    def agree(self) -> bool:
        """Did both looks see the same?"""
        return [correct(clean_text(r.text))[0] for r in self.first] == [
            correct(clean_text(r.text))[0] for r in self.again
        ]


def read_fields(
    form: FormTemplate,
    page: InkPage,
    crops: Mapping[str, Crop],
    placed: Registration,
    engines: Engines,
    calibration: Calibration,
) -> tuple[FieldReading, ...]:
    """A reading for every field of the form, in its order."""
    looks = _ask(form, crops, engines)
    out = []
    for spec in form.fields:
        if spec.layout is FieldLayout.TICKS:
            out.append(_ticks(spec, read_marks(page, spec), calibration))
            continue
        crop = crops[spec.id]
        near = {"residual_mm": placed.local_mm.get(spec.id, placed.residual_mm)}
        if spec.kind is FieldKind.SIGNATURE:
            out.append(_signature(spec, crop, calibration))
        elif crop.ink is None:
            out.append(_empty(spec, crop, calibration))
        else:
            out.append(_written(spec, crop, looks[spec.id], near, calibration))
    return tuple(out)


# --- asking the engines ------------------------------------------------------------------------------


def _ask(form: FormTemplate, crops: Mapping[str, Crop], engines: Engines) -> dict[str, _Look]:
    """Give each engine all its crops of the page in one call."""
    looks: dict[str, _Look] = {}
    for name in (LINE, CELLS, PARTS):
        specs = [f for f in form.fields if ENGINE_FOR.get((f.kind, f.layout)) == name and crops[f.id].ink is not None]
        asked = [(spec.id, crop) for spec in specs for crop in _pieces(spec, crops[spec.id])]
        first = engines[name].read([crop for _, crop in asked])
        second = engines.get(SECOND_LOOK.get(name, ""))
        again = second.read([crop for _, crop in asked]) if second else first
        for spec in specs:
            mine = [i for i, (field, _) in enumerate(asked) if field == spec.id]
            looks[spec.id] = _Look(tuple(first[i] for i in mine), tuple(again[i] for i in mine))
    return looks


def _pieces(spec: FieldSpec, crop: Crop) -> Sequence[Crop]:
    return crop.cells if spec.layout is FieldLayout.PARTS else (crop,)


# --- one field ---------------------------------------------------------------------------------------


def _written(
    spec: FieldSpec, crop: Crop, look: _Look, near: Mapping[str, float], calibration: Calibration
) -> FieldReading:
    value, raw, reason = _value(spec, crop, look)
    chars = [c for reading in look.first for c in reading.chars]
    text = "" if value is None else str(value)
    features = {**score_features(chars, text), "agree": float(look.agree), "edge": float(crop.touches_edge), **near}
    kind = ENGINE_FOR[spec.kind, spec.layout]
    if kind == LINE:
        features |= _text_features(text, raw, crop)
    confidence, sure = calibration.judge(kind, features)
    if crop.struck:
        reason = Reason("struck_out")
    elif reason is None and crop.touches_edge:
        reason = Reason("runs_out_of_field")
    elif reason is None and isinstance(value, str) and spec.kind is FieldKind.DATE and not possible_date(value):
        reason = Reason("impossible_date")
    elif reason is None and not sure:
        reason = Reason("not_sure")
    others = _others(spec, look, text)
    engine = next((r.engine for r in look.first if r.text), look.first[0].engine)
    score = min((r.score for r in look.first if r.text), default=0.0)
    if reason is not None and reason.code != "not_sure":
        confidence = min(confidence, 0.5)
    review = reason is not None
    return FieldReading(spec.id, value, raw, score, confidence, review, engine, crop.box, others, reason, features)


def _value(spec: FieldSpec, crop: Crop, look: _Look) -> tuple[Value, str, Reason | None]:
    if spec.layout is FieldLayout.PARTS:
        parts = [
            reading if cell.ink is not None else None for reading, cell in zip(look.first, crop.cells, strict=True)
        ]
        return parts_date(parts)
    reading = look.first[0]
    if spec.kind is FieldKind.TEXT:
        text = correct(clean_text(reading.text))[0]
        return text or None, reading.text, None if text else reading.reason or Reason("nothing_recognised")
    value, reason = digits_value(spec, crop, reading)
    return value, reading.text, reason


def _text_features(text: str, raw: str, crop: Crop) -> dict[str, float]:
    words = [w for w in text.replace(",", " ").replace(".", " ").split() if w.isalpha()]
    unknown = sum(lexicon.key(w) not in lexicon.words() for w in words) / len(words) if words else 0.0
    _, steps = correct(clean_text(raw))
    legal = sum(is_syllable(w) for w in words) / len(words) if words else 1.0
    odd = sum(not (c.isalnum() or c in " ,.-/()'") for c in text)
    top, bottom, left, right = crop.ink or (0, 1, 0, 1)
    # print has about as many letters as its line is long and high; a scrawl read as three letters has not
    density = len(text) * (bottom - top) / max(right - left, 1)
    return {
        "illegal": 1 - legal,
        "unknown": unknown,
        "odd": float(odd),
        "density": min(density, 6.0),
        "corrected": float(len(steps)),
    }


def _others(spec: FieldSpec, look: _Look, value: str) -> tuple[str, ...]:
    if spec.layout is FieldLayout.PARTS:
        return ()
    first, again = look.first[0], look.again[0]
    found = [correct(clean_text(t))[0] for t in (again.text, *first.alternatives)]
    return tuple(dict.fromkeys(t for t in found if t and t != value))[:4]


def _empty(spec: FieldSpec, crop: Crop, calibration: Calibration) -> FieldReading:
    features = {"ink_mm2": crop.ink_mm2}
    confidence, sure = calibration.judge("empty", features)
    reason = None if sure else Reason("maybe_empty")
    return FieldReading(spec.id, None, "", 1.0, confidence, not sure, BLANK_ENGINE, spec.area, (), reason, features)


def _signature(spec: FieldSpec, crop: Crop, calibration: Calibration) -> FieldReading:
    signed = crop.ink_mm2 >= SIGNATURE_MM2
    doubtful = SIGNATURE_DOUBT_MM2 <= crop.ink_mm2 < SIGNATURE_MM2
    features = {"ink_mm2": crop.ink_mm2, "doubt": float(doubtful)}
    confidence, sure = calibration.judge("signature", features)
    reason = None if sure and not doubtful else Reason("signature_unclear")
    return FieldReading(
        spec.id, signed, "", 1.0, confidence, reason is not None, BLANK_ENGINE, spec.area, (), reason, features
    )


def _ticks(spec: FieldSpec, marks: tuple[Mark, ...], calibration: Calibration) -> FieldReading:
    chosen, score, reason = resolve(marks, spec.kind)
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
