"""Between the model's values and the database's rows."""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from scanner.model import Box, FieldReading, Issue, Mark, MarkState, Quality, Reason, Record, Registration, Step, Value
from scanner.store.stored_json import (
    StoredMark,
    StoredQuality,
    StoredReason,
    StoredReasons,
    StoredRegistration,
    StoredStep,
    StoredValue,
)
from scanner.store.tables import MACHINE, IssueRow, ReadingRow

# --- plain values ------------------------------------------------------------------------------------


def plain(value: object) -> Any:
    """The same of plain JSON types: NumPy's scalars as Python's, what is no number (NaN, ∞) as None.

    The one `Any` of the store: the type of what comes out is that of what goes in, and the callers state it.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return plain_text(value) if isinstance(value, str) else value


def plain_text(text: str) -> str:
    """Text that every database can keep: no NUL, and a mark where a file's name was no text (a lone surrogate)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def share(value: float) -> float:
    """A score or probability; 0 where it is no number."""
    return plain(float(value)) or 0.0


def measures(values: Mapping[str, float]) -> dict[str, float]:
    """Measures by name, without those that are no number."""
    return {name: value for name, value in plain(values).items() if value is not None}


def value_row(value: Value) -> StoredValue:
    """A field's value as JSON. Raises TypeError for what no field can hold."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return [plain_text(part) for part in value]
    if value is None or isinstance(value, bool):
        return value
    raise TypeError("a field's value is text, several texts, yes or no, or nothing")


def row_value(value: StoredValue) -> Value:
    """The value kept as JSON."""
    return tuple(value) if isinstance(value, list) else value


def reason_row(reason: Reason | None) -> StoredReason | None:
    """A reason as JSON."""
    return None if reason is None else _reason_row(reason)


def _reason_row(reason: Reason) -> StoredReason:
    return {"code": reason.code, "params": plain(reason.params)}


def reason_value(row: StoredReason | None) -> Reason | None:
    """The reason kept as JSON."""
    return None if row is None else Reason(row["code"], row["params"])


def reasons_row(reasons: Sequence[Reason]) -> StoredReasons | None:
    """A reading's reasons as JSON: the first as `reason_row` has it, the others in a list beside it."""
    if not reasons:
        return None
    first, *others = (_reason_row(reason) for reason in reasons)
    row: StoredReasons = {"code": first["code"], "params": first["params"]}
    if others:
        row["others"] = others
    return row


def reason_values(row: StoredReasons | None) -> tuple[Reason, ...]:
    """The reasons kept as JSON. A row of before there could be several has one and no list."""
    return () if row is None else tuple(Reason(r["code"], r["params"]) for r in (row, *row.get("others", ())))


# --- pages -------------------------------------------------------------------------------------------


def quality_row(quality: Quality | None) -> StoredQuality | None:
    """Quality as JSON."""
    if quality is None:
        return None
    measured = plain({**asdict(quality), "problems": [_reason_row(p) for p in quality.problems]})
    return cast("StoredQuality", measured)


def registration_row(placed: Registration | None) -> StoredRegistration | None:
    """Registration as JSON, with the way back to the page's pixels."""
    if placed is None:
        return None
    transform = placed.transform
    return {
        "residual_mm": plain(placed.residual_mm),
        "residual_p95_mm": plain(placed.residual_p95_mm),
        "landmarks_found": plain(placed.landmarks_found),
        "landmarks_tried": plain(placed.landmarks_tried),
        "rotation_deg": plain(transform.rotation_deg),
        "scale": plain(transform.scale),
        "perspective": plain(transform.perspective),
        "gate": plain(placed.gate_log_odds),
        "homography": plain(transform.homography),
        "warp": plain(_short(transform.warp)),
        "local_mm": plain(placed.local_residual_mm),
        "in_place": plain(placed.place_probability),
    }


def _short(warp: NDArray[np.float64]) -> NDArray[np.float64]:
    """A field on a grid to a thousandth of a millimetre: it has thousands of numbers. Coefficients as they are."""
    return np.round(warp, 3) if warp.ndim == 3 else warp


# --- readings ----------------------------------------------------------------------------------------


def reading_row(record_id: str, position: int, reading: FieldReading) -> ReadingRow:
    """A new row for a machine reading."""
    row = ReadingRow(record_id=record_id, field=reading.field, position=position)
    set_machine(row, reading)
    row.value, row.revision, row.manner, row.open = row.machine_value, 0, MACHINE, row.review
    return row


def set_machine(row: ReadingRow, reading: FieldReading) -> None:
    """Write what the machine read into a row; what a person entered is not touched."""
    row.machine_value, row.raw = value_row(reading.value), plain_text(reading.raw)
    row.score, row.confidence, row.review = share(reading.score), share(reading.confidence), bool(reading.review)
    row.engine, row.box = reading.engine, plain(reading.box_mm)
    row.alternatives, row.reason = plain(reading.alternatives), reasons_row(reading.reasons)
    row.features, row.marks = measures(reading.features), [_mark_row(m) for m in reading.marks]
    row.steps, row.crop = [_step_row(s) for s in reading.steps], reading.crop


def _mark_row(mark: Mark) -> StoredMark:
    return {
        "option": mark.option, "state": mark.state.value, "score": share(mark.score),
        "box": plain(mark.box), "measures": measures(mark.measures),
    }  # fmt: skip


def mark_value(row: StoredMark) -> Mark:
    """The mark kept as JSON."""
    return Mark(row["option"], MarkState(row["state"]), row["score"], Box(*row["box"]), row["measures"])


def _step_row(step: Step) -> StoredStep:
    return {"before": plain_text(step.before), "after": plain_text(step.after), "why": step.why}


def step_value(row: StoredStep) -> Step:
    """The step kept as JSON."""
    return Step(row["before"], row["after"], row["why"])


def box_of(row: ReadingRow) -> Box:
    """The field's box, mm."""
    return Box(*row.box)


def read_values(record: Record) -> dict[str, Value]:
    """Field id → value, as the machine read it and the store keeps it."""
    return {r.field: row_value(value_row(r.value)) for r in record.readings}


# --- issues and duplicates ---------------------------------------------------------------------------


IssueKey = tuple[str, tuple[str, ...], str, str]
"""What makes two findings one issue: rule, fields, code of the message, fingerprint. Not the message's measures: how
many others hold a number can change while the values here stand."""


def issue_key(issue: Issue, values: Mapping[str, Value]) -> IssueKey:
    """By what an issue of these values is known."""
    return issue.rule, issue.fields, issue.message.code, fingerprint(issue, values)


def issue_row(record_id: str, issue: Issue, seen: str) -> IssueRow:
    """A new row for an issue."""
    return IssueRow(
        record_id=record_id, rule=issue.rule, fields=list(issue.fields), message=message_row(issue), seen=seen
    )


def message_row(issue: Issue) -> StoredReason:
    """An issue's message as JSON."""
    return _reason_row(issue.message)


def fingerprint(issue: Issue, values: Mapping[str, Value]) -> str:
    """A hash of the values an issue speaks of, to see whether they changed."""
    seen = [(field, value_row(values.get(field))) for field in issue.fields]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()


def same_value(value: str) -> str:
    """What two writings of one value have in common: letters and digits, without spaces, dots, quotes and case."""
    return "".join(c for c in unicodedata.normalize("NFKC", value).casefold() if c.isalnum())


def digest(form: str, field: str, value: Value) -> str | None:
    """The index entry of a value that may stand once only; None where there is nothing to compare.

    A plain SHA-256 and no HMAC: it is there for a short index of one width, not to hide the number, which stands
    in clear in `readings` beside it. And databases of two communes can be merged, which a key of each would prevent.
    """
    compared = same_value(value) if isinstance(value, str) else ""
    return hashlib.sha256(f"{form}\0{field}\0{compared}".encode()).hexdigest() if compared else None
