"""One page as JSON: what `sohoa read` prints a line, and the core of the JSON Lines export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scanner.messages import format_reason
from scanner.model import Box, FieldReading, Issue, PageStatus, Quality, Reason, Record, Registration, Step, Value

FIGURES = {"residual_mm": 3, "residual_p95_mm": 3, "rotation_deg": 2, "scale": 4, "perspective": 5}
"""Figures of a registration, with the decimals that mean something."""


def record_to_json(record: Record, lang: str = "en") -> dict[str, Any]:
    """One page as a dict of plain JSON types; reasons and messages are words in `lang`.

    Keys: source, page, sha256, form, form_page, form_version, status, reason, reason_code, quality, registration,
    fields, issues. A page that was not read has a reason and no fields. Boxes are mm from the sheet's
    top left: left, top, width, height. A field that knowledge changed has `steps`, from `raw` to the machine's value.
    """
    read = record.status is PageStatus.READ
    return {
        "source": record.ref.source,
        "page": record.ref.number,
        "sha256": record.ref.sha256,
        "form": record.form,
        "form_page": record.form_page,
        "form_version": record.form_version,
        "status": record.status.value,
        "reason": format_reason(record.reason, lang) if record.reason else None,
        "reason_code": record.reason.code if record.reason else None,
        "quality": quality_to_json(record.quality, lang),
        "registration": registration_to_json(record.registration),
        "fields": {reading.field: _reading(reading, lang) for reading in record.readings} if read else {},
        "issues": issues_to_json(record.issues, lang) if read else [],
    }


def value_to_json(value: Value) -> str | list[str] | bool | None:
    """A field's value: choices as a list, the rest as it is."""
    return list(value) if isinstance(value, tuple) else value


def box_to_json(box: Box | Iterable[float]) -> list[float]:
    """Left, top, width, height in mm, to a tenth of a pixel."""
    return [round(float(edge), 2) for edge in box]


def reasons_to_json(reasons: Sequence[Reason], lang: str) -> dict[str, Any]:
    """The first of some reasons in `reason` (words) and `reason_code`, all of them in `reasons`; else nothing."""
    told = [{"reason": format_reason(reason, lang), "reason_code": reason.code} for reason in reasons]
    return {**told[0], "reasons": told} if told else {}


def steps_to_json(steps: Iterable[Step]) -> dict[str, list[dict[str, str]]]:
    """{"steps": what was changed to what, and the code why} where anything was, else nothing."""
    told = [{"from": step.before, "to": step.after, "why": step.why} for step in steps]
    return {"steps": told} if told else {}


def issues_to_json(issues: Iterable[Issue], lang: str) -> list[dict[str, Any]]:
    """The rules that the page breaks."""
    return [{"rule": i.rule, "fields": list(i.fields), "message": format_reason(i.message, lang)} for i in issues]


def quality_to_json(quality: Quality | None, lang: str) -> dict[str, Any] | None:
    """What was measured of the image; None where it could not be opened."""
    if quality is None:
        return None
    return stored_quality_to_json(asdict(quality) | {"problems": quality.problems}, lang)


def stored_quality_to_json(row: Mapping[str, Any] | None, lang: str) -> dict[str, Any] | None:
    """The same from what a store kept: names to figures; problems as `Reason`s or {"code", "params"}."""
    if row is None:
        return None
    problems = [p if isinstance(p, Reason) else Reason(p["code"], p["params"]) for p in row["problems"]]
    return {
        "width_px": row["width_px"],
        "height_px": row["height_px"],
        "dpi": None if row["dpi"] is None else round(float(row["dpi"]), 1),
        "colour": row["colour"],
        "blur": round(float(row["blur"]), 3),
        "contrast": round(float(row["contrast"]), 3),
        "clipped": round(float(row["clipped"]), 4),
        "ink": round(float(row["ink"]), 4),
        "blank": bool(row["blank"]),
        "problems": [format_reason(problem, lang) for problem in problems],
    }


def registration_to_json(registration: Registration | None) -> dict[str, Any] | None:
    """How the form lies on the page and how well that fits; None where it was not placed."""
    if registration is None:
        return None
    names = ("residual_mm", "residual_p95_mm", "landmarks_found", "landmarks_tried")
    figures = {name: getattr(registration, name) for name in names}
    figures |= {name: getattr(registration.transform, name) for name in ("rotation_deg", "scale", "perspective")}
    return stored_registration_to_json(figures)


def stored_registration_to_json(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The same from what a store kept: names to figures."""
    if row is None:
        return None
    return {
        **{name: round(float(row[name]), places) for name, places in FIGURES.items()},
        "landmarks": {"found": int(row["landmarks_found"]), "tried": int(row["landmarks_tried"])},
    }


def _reading(reading: FieldReading, lang: str) -> Mapping[str, Any]:
    return {
        "value": value_to_json(reading.value),
        "raw": reading.raw,
        "confidence": round(float(reading.confidence), 4),
        "review": bool(reading.review),
        "engine": reading.engine,
        "box_mm": box_to_json(reading.box_mm),
        "alternatives": list(reading.alternatives),
        **steps_to_json(reading.steps),
        **reasons_to_json(reading.reasons, lang),
    }
