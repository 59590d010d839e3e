"""From an engine's text to a field's value, in the form the exports use; what does not fit says why."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from scanner.model import CharReading, Crop, EngineReading, FieldKind, FieldSpec, Reason, Value
from scanner.vietnam.dates import date_text


def clean_text(text: str) -> str:
    """NFC, single-spaced, without the leaders and stray quotes that engines see in dotted lines."""
    flat = " ".join(unicodedata.normalize("NFC", text).split())
    return flat.strip(" _|~`'\"“”‘’")


def _digits(text: str) -> str:
    """0–9 only: engines also know ² and ①, which Python calls digits and cannot count with."""
    return "".join(c for c in text if c.isascii() and c.isdigit())


def digits_value(spec: FieldSpec, crop: Crop, reading: EngineReading) -> tuple[Value, Reason | None]:
    """Digits read from cells. Cells filled and digits read must agree, and the row must be filled from its start."""
    filled = [cell.ink is not None for cell in crop.cells]
    text = _digits(reading.text)
    if not text:
        return None, reading.reason or Reason("nothing_recognised")
    if crop.cells and len(text) != sum(filled):
        return text, Reason("digits_and_cells", {"digits": len(text), "cells": sum(filled)})
    if crop.cells and not _one_run(filled):
        return text, Reason("cells_with_gaps", {"cells": sum(filled)})
    if spec.kind is FieldKind.DATE:
        return _comb_date(spec, filled, text)
    return text, None


def _one_run(filled: Sequence[bool]) -> bool:
    return "".join("x" if f else " " for f in filled).strip().find(" ") < 0


def _comb_date(spec: FieldSpec, filled: Sequence[bool], text: str) -> tuple[Value, Reason | None]:
    if all(filled) and len(text) == 8:
        return date_text(text[:2], text[2:4], text[4:]), None
    if not any(filled[:4]) and len(text) == 4:
        return text, None
    return text, Reason("date_incomplete", {"digits": len(text)})


def parts_date(parts: Sequence[EngineReading | None]) -> tuple[Value, str, Reason | None]:
    """Day, month and year read apart (None where nothing is written) → (value, raw, reason)."""
    texts = [_digits(p.text) if p else "" for p in parts]
    raw = "/".join(p.text if p else "" for p in parts)
    if len(texts) != 3:
        return raw, raw, Reason("date_incomplete", {"digits": len("".join(texts))})
    day, month, year = texts
    if len(year) == 4 and not day and not month and parts[0] is None and parts[1] is None:
        return year, raw, None
    if (date := date_text(day, month, year)) is not None:
        return date, raw, None
    return raw, raw, Reason("date_incomplete", {"digits": len("".join(texts))})


def score_features(chars: Sequence[CharReading]) -> dict[str, float]:
    """Measures of an engine's certainty over characters: its least score, and the most it gives another character."""
    scores = [c.score for c in chars if c.char.strip()] or [0.0]
    return {"worst": min(scores), "rival": max((s for c in chars for _, s in c.alternatives), default=0.0)}
