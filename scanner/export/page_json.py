"""One page as JSON: what `sohoa read` prints a line, and the core of the JSON Lines export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from scanner.messages import format_reason
from scanner.model import Box, FieldReading, Issue, PageStatus, Quality, Reason, Record, Registration, Step, Value
from scanner.store.stored_json import StoredQuality, StoredRegistration

ValueJson = str | list[str] | bool | None
"""A field's value: choices are a list."""


class ReasonJson(TypedDict):
    """Why a person must look: in words, and as a code."""

    reason: str
    reason_code: str


class ReasonsJson(TypedDict, total=False):
    """The most important reason and all of them; empty where there is none."""

    reason: str
    reason_code: str
    reasons: list[ReasonJson]


class StepsJson(TypedDict, total=False):
    """What knowledge changed ("from", "to", "why"), in order; empty where nothing was."""

    steps: list[dict[str, str]]


class FieldJson(ReasonsJson, StepsJson):
    """A field of a page; `box_mm` is left, top, width, height."""

    value: ValueJson
    raw: str
    confidence: float
    review: bool
    engine: str
    box_mm: list[float]
    alternatives: list[str]


class IssueJson(TypedDict):
    """A rule that the page breaks, and the ids of the fields."""

    rule: str
    fields: list[str]
    message: str


class QualityJson(TypedDict):
    """What was measured of the image; units as in `scanner.model.Quality`."""

    width_px: int
    height_px: int
    dpi: float | None
    colour: str
    blur: float | None
    contrast: float | None
    clipped: float | None
    ink: float | None
    blank: bool
    problems: list[str]


class LandmarksJson(TypedDict):
    """How many printed landmarks were looked for, and how many found."""

    found: int
    tried: int


class RegistrationJson(TypedDict):
    """How the form lies on the page and how well that fits, with the decimals that mean something."""

    residual_mm: float | None
    residual_p95_mm: float | None
    rotation_deg: float | None
    scale: float | None
    perspective: float | None
    landmarks: LandmarksJson


class PageJson(TypedDict):
    """One page, as `sohoa read` writes it."""

    source: str
    page: int
    sha256: str
    form: str
    form_page: int
    form_version: str
    status: str
    reason: str | None
    reason_code: str | None
    quality: QualityJson | None
    registration: RegistrationJson | None
    fields: dict[str, FieldJson]
    issues: list[IssueJson]


def record_to_json(record: Record, lang: str = "en") -> PageJson:
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


def value_to_json(value: Value) -> ValueJson:
    """A field's value: choices as a list, the rest as it is."""
    return list(value) if isinstance(value, tuple) else value


def box_to_json(box: Box | Iterable[float]) -> list[float]:
    """Left, top, width, height in mm, to a tenth of a pixel."""
    return [round(float(edge), 2) for edge in box]


def reasons_to_json(reasons: Sequence[Reason], lang: str) -> ReasonsJson:
    """The first of some reasons in `reason` (words) and `reason_code`, all of them in `reasons`; else nothing."""
    told: list[ReasonJson] = [{"reason": format_reason(reason, lang), "reason_code": reason.code} for reason in reasons]
    return {**told[0], "reasons": told} if told else {}


def steps_to_json(steps: Iterable[Step]) -> StepsJson:
    """{"steps": what was changed to what, and the code why} where anything was, else nothing."""
    told = [{"from": step.before, "to": step.after, "why": step.why} for step in steps]
    return {"steps": told} if told else {}


def issues_to_json(issues: Iterable[Issue], lang: str) -> list[IssueJson]:
    """The rules that the page breaks."""
    return [{"rule": i.rule, "fields": list(i.fields), "message": format_reason(i.message, lang)} for i in issues]


def quality_to_json(quality: Quality | None, lang: str) -> QualityJson | None:
    """What was measured of the image; None where it could not be opened."""
    if quality is None:
        return None
    return {
        "width_px": quality.width_px,
        "height_px": quality.height_px,
        "dpi": _rounded(quality.dpi, 1),
        "colour": quality.colour,
        "blur": _rounded(quality.blur, 3),
        "contrast": _rounded(quality.contrast, 3),
        "clipped": _rounded(quality.clipped, 4),
        "ink": _rounded(quality.ink, 4),
        "blank": bool(quality.blank),
        "problems": [format_reason(problem, lang) for problem in quality.problems],
    }


def stored_quality_to_json(row: StoredQuality | None, lang: str) -> QualityJson | None:
    """The same from what a store kept."""
    if row is None:
        return None
    return {
        "width_px": row["width_px"],
        "height_px": row["height_px"],
        "dpi": _rounded(row["dpi"], 1),
        "colour": row["colour"],
        "blur": _rounded(row["blur"], 3),
        "contrast": _rounded(row["contrast"], 3),
        "clipped": _rounded(row["clipped"], 4),
        "ink": _rounded(row["ink"], 4),
        "blank": bool(row["blank"]),
        "problems": [format_reason(Reason(p["code"], p["params"]), lang) for p in row["problems"]],
    }


def registration_to_json(registration: Registration | None) -> RegistrationJson | None:
    """How the form lies on the page and how well that fits; None where it was not placed."""
    if registration is None:
        return None
    transform = registration.transform
    return {
        "residual_mm": _rounded(registration.residual_mm, 3),
        "residual_p95_mm": _rounded(registration.residual_p95_mm, 3),
        "rotation_deg": _rounded(transform.rotation_deg, 2),
        "scale": _rounded(transform.scale, 4),
        "perspective": _rounded(transform.perspective, 5),
        "landmarks": {"found": int(registration.landmarks_found), "tried": int(registration.landmarks_tried)},
    }


def stored_registration_to_json(row: StoredRegistration | None) -> RegistrationJson | None:
    """The same from what a store kept."""
    if row is None:
        return None
    return {
        "residual_mm": _rounded(row["residual_mm"], 3),
        "residual_p95_mm": _rounded(row["residual_p95_mm"], 3),
        "rotation_deg": _rounded(row["rotation_deg"], 2),
        "scale": _rounded(row["scale"], 4),
        "perspective": _rounded(row["perspective"], 5),
        "landmarks": {"found": int(row["landmarks_found"]), "tried": int(row["landmarks_tried"])},
    }


def _rounded(figure: float | None, places: int) -> float | None:
    return None if figure is None else round(float(figure), places)


def _reading(reading: FieldReading, lang: str) -> FieldJson:
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
