"""The worst readings as the report shows them: each with its picture, what was read and what is true."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from scanner.evaluation.pictures import SHOWN
from scanner.evaluation.run import Evaluation
from scanner.evaluation.scores import WRITTEN, JudgedField
from scanner.evaluation.table import evaluation_text, format_number, kind_name
from scanner.model import FieldSpec, Value

Marked = Sequence[tuple[str, bool]]
"""A text in pieces: (piece, does it differ from the other text?)."""


@dataclass(frozen=True, slots=True)
class WorstReading:
    """One wrong reading. `picture` is a JPEG in base64, "" where there is none; `label` names the field."""

    silent: bool
    label: str
    picture: str
    truth: Marked
    value: Marked
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class WorstReadings:
    """The worst `SHOWN` readings under their title."""

    title: str
    readings: Sequence[WorstReading]


def worst_readings(evaluation: Evaluation, lang: str) -> WorstReadings:
    """The worst `SHOWN` readings, silent errors first; none where everything is right."""
    wrong = evaluation.worst
    shown = wrong[:SHOWN]
    readings = [_reading(item, evaluation.spec(item), evaluation.pictures.get(item.place), lang) for item in shown]
    silent = sum(item.silent for item in wrong)
    return WorstReadings(evaluation_text("worst_title", lang, shown=len(shown), n=len(wrong), silent=silent), readings)


def _reading(item: JudgedField, spec: FieldSpec, picture: bytes | None, lang: str) -> WorstReading:
    truth, value = _compared(item, spec, lang)
    data = base64.b64encode(picture).decode("ascii") if picture else ""
    return WorstReading(item.silent, spec.label, data, truth, value, _facts(item, spec, lang))


def _facts(item: JudgedField, spec: FieldSpec, lang: str) -> list[str]:
    """Whether a person was asked, the confidence, which field, and of which page in which hand and wear."""
    asked = evaluation_text("asked" if item.review else "silent_one", lang)
    confidence = f"{evaluation_text('head.confidence', lang)} {format_number(item.confidence, lang, 3)}"
    tags = [tag for tag in (item.hand, item.wear) if tag]
    return [asked, confidence, f"{spec.label} ({item.field})", f"{item.file} ({item.page})", *tags]


def _compared(item: JudgedField, spec: FieldSpec, lang: str) -> tuple[Marked, Marked]:
    """What is written and what was read. In writing what differs is marked; an option differs as a whole."""
    truth, value = item.truth, item.value
    if item.unclear:
        return [(kind_name("unclear", lang), False)], [(_shown(value, spec, lang), False)]
    if item.kind not in WRITTEN or not (isinstance(truth, str) and isinstance(value, str)):
        return [(_shown(truth, spec, lang), False)], [(_shown(value, spec, lang), False)]
    steps = [step for step in Levenshtein.opcodes(truth, value) if step.tag != "equal"]
    return (
        mark_spans(truth, ((step.src_start, step.src_end) for step in steps)),
        mark_spans(value, ((step.dest_start, step.dest_end) for step in steps)),
    )


def mark_spans(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text in pieces, those of the ordered spans (start, end) marked; an empty span marks nothing."""
    pieces, done = [], 0
    for start, end in spans:
        if end > start:
            pieces += [(text[done:start], False), (text[start:end], True)]
            done = end
    return [(piece, differs) for piece, differs in [*pieces, (text[done:], False)] if piece]


def _shown(value: Value, spec: FieldSpec, lang: str) -> str:
    """A value in words: options by their printed labels."""
    if value is None or value == ():
        return evaluation_text("nothing", lang)
    if isinstance(value, bool):
        return evaluation_text("yes" if value else "no", lang)
    labels = {option.id: option.label for option in spec.options}
    return ", ".join(labels.get(one, one) for one in (value if isinstance(value, tuple) else (value,)))
