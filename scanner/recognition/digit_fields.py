"""Fields of digits: what the cells hold, alone and together with the other fields that speak of the same person."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scanner.model import Crop, EngineReading, FieldKind, FieldLayout, FieldSpec, FormTemplate, Reason, Step, Value
from scanner.recognition.joint_inference import Cells, Joint, cells_of, read_date, read_person
from scanner.recognition.values import digits_value, parts_date

IDENTITY_DIGITS = 12
SETTLED = "settled_by_other_fields"
SUREST = 9.0


@dataclass(frozen=True, slots=True)
class DigitReading:
    """What a field of digits says: its value, the digits as read, the probability that all are right."""

    value: Value = field(repr=False)
    raw: str = field(repr=False)
    reason: Reason | None
    probability: float
    steps: tuple[Step, ...] = field(default=(), repr=False)

    @property
    def features(self) -> dict[str, float]:
        """The probability as log-odds, for the calibration."""
        p = min(max(self.probability, 1e-9), 1 - 1e-9)
        return {"joint": max(-SUREST, min(SUREST, math.log(p / (1 - p))))}


def read_digit_fields(
    form: FormTemplate,
    crops: Mapping[str, Crop],
    looks: Mapping[str, tuple[EngineReading, ...]],
    male: float | None,
) -> dict[str, DigitReading]:
    """Every field of digits that was written. `male` is the probability of a man by the ticks, None where unknown."""
    found: dict[str, DigitReading] = {}
    cells: dict[str, Cells] = {}
    for spec in form.fields:
        if spec.id not in looks or spec.kind not in (FieldKind.DIGITS, FieldKind.DATE):
            continue
        found[spec.id] = _alone(spec, crops[spec.id], looks[spec.id])
        probs = _cells(looks[spec.id])
        if probs is not None and found[spec.id].reason is None:
            cells[spec.id] = probs
    for spec in form.fields:
        if spec.id in cells:
            found[spec.id] = _settled(found[spec.id], spec, _of_its_kind(spec, cells[spec.id]))
    number, birth = _person(form)
    if number in cells and len(cells[number]) == IDENTITY_DIGITS:
        date = cells.get(birth or "")
        together = read_person(cells[number], date if date is not None and len(date) in (4, 8) else None, male)
        found[number] = _settled(found[number], form.field(number), together[0])
        if birth and together[1] is not None:
            found[birth] = _settled(found[birth], form.field(birth), together[1])
    return found


def _person(form: FormTemplate) -> tuple[str, str | None]:
    """The fields of the number and of the date of birth that the form's rules hold against each other."""
    for rule in form.rules:
        if rule.check == "identity_matches_birth":
            return str(rule.fields["number"]), str(rule.fields["birth"])
    return "", None


def sex_of(form: FormTemplate) -> tuple[str, str] | None:
    """(field of the sex, its option for men) by the form's rules."""
    for rule in form.rules:
        if rule.check == "identity_matches_sex":
            return str(rule.fields["sex"]), str(rule.params["male"])
    return None


def _alone(spec: FieldSpec, crop: Crop, readings: tuple[EngineReading, ...]) -> DigitReading:
    if spec.layout is FieldLayout.PARTS:
        parts = [reading if cell.ink is not None else None for reading, cell in zip(readings, crop.cells, strict=True)]
        value, raw, reason = parts_date(parts)
    else:
        raw = readings[0].text
        value, reason = digits_value(spec, crop, readings[0])
    scores = [c.score for r in readings for c in r.chars]
    return DigitReading(value, raw, reason, math.prod(scores) if scores else 0.0)


def _cells(readings: tuple[EngineReading, ...]) -> Cells | None:
    """The cells of all parts of a field, in order."""
    chars = tuple(c for r in readings for c in r.chars)
    if not chars or any(r.reason is not None for r in readings):
        return None
    return cells_of(replace(readings[0], chars=chars))


def _of_its_kind(spec: FieldSpec, probs: Cells) -> Joint:
    if spec.kind is FieldKind.DATE and len(probs) in (4, 8):
        return read_date(probs)
    if spec.kind is FieldKind.DATE:  # a day or month of one digit
        return Joint("".join(map(str, probs.argmax(axis=1))), float(probs.max(axis=1).prod()))
    best = probs.argmax(axis=1)
    return Joint("".join(map(str, best)), float(probs.max(axis=1).prod()))


def _settled(before: DigitReading, spec: FieldSpec, joint: Joint) -> DigitReading:
    """The field with digits as the evidence together has them; what changed is a step."""
    plain = "".join(c for c in str(before.value) if c.isdigit())
    if joint.text == plain or len(joint.text) != len(plain):
        return replace(before, probability=joint.probability)
    value = joint.text
    if spec.kind is FieldKind.DATE and len(value) == 8:
        value = f"{value[:2]}/{value[2:4]}/{value[4:]}"
    steps = (Step(str(before.value), value, SETTLED),)
    return replace(before, value=value, probability=joint.probability, steps=steps)
