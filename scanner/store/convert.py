"""Between the model's values and the database's rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scanner.model import Box, FieldReading, Issue, Mark, Quality, Reason, Record, Registration, Value
from scanner.store.tables import Reading, RuleIssue


def reason_row(reason: Reason | None) -> dict[str, Any] | None:
    """A reason as JSON."""
    return None if reason is None else {"code": reason.code, "params": dict(reason.params)}


def reason_value(row: Mapping[str, Any] | None) -> Reason | None:
    """The reason kept as JSON."""
    return None if row is None else Reason(row["code"], row["params"])


def value_row(value: Value) -> Any:
    """A field's value as JSON."""
    return list(value) if isinstance(value, tuple) else value


def row_value(value: Any) -> Value:
    """The value kept as JSON."""
    return tuple(value) if isinstance(value, list) else value


def quality_row(quality: Quality | None) -> dict[str, Any] | None:
    """Quality as JSON."""
    if quality is None:
        return None
    return {**asdict(quality), "problems": [reason_row(p) for p in quality.problems]}


def registration_row(placed: Registration | None) -> dict[str, Any] | None:
    """Registration as JSON, with the way back to the page's pixels."""
    if placed is None:
        return None
    names = (
        "residual_mm",
        "residual_p95_mm",
        "landmarks_found",
        "landmarks_tried",
        "rotation_deg",
        "scale",
        "perspective",
    )
    row: dict[str, Any] = {name: getattr(placed, name) for name in names}
    row["homography"], row["warp"] = placed.homography.tolist(), placed.warp.tolist()
    row["local_mm"] = dict(placed.local_mm)
    return row


def reading_row(record_id: str, position: int, reading: FieldReading) -> Reading:
    """A new row for a machine reading."""
    row = Reading(record_id=record_id, field=reading.field, position=position)
    set_machine(row, reading)
    row.value, row.revision, row.manner, row.open = row.machine_value, 0, "machine", reading.review
    return row


def set_machine(row: Reading, reading: FieldReading) -> None:
    """Write what the machine read into a row; what a person entered is not touched."""
    row.machine_value, row.raw = value_row(reading.value), reading.raw
    row.score, row.confidence, row.review = reading.score, reading.confidence, reading.review
    row.engine, row.box = reading.engine, list(reading.box_mm)
    row.alternatives, row.reason = list(reading.alternatives), reason_row(reading.reason)
    row.features, row.marks = dict(reading.features), [_mark_row(m) for m in reading.marks]
    row.crop = reading.crop


def _mark_row(mark: Mark) -> dict[str, Any]:
    return {
        "option": mark.option, "state": mark.state.value, "score": mark.score,
        "box": list(mark.box), "measures": dict(mark.measures),
    }  # fmt: skip


def issue_row(record_id: str, issue: Issue, seen: str) -> RuleIssue:
    """A new row for an issue."""
    return RuleIssue(
        record_id=record_id, rule=issue.rule, fields=list(issue.fields), message=reason_row(issue.message), seen=seen
    )


def fingerprint(issue: Issue, values: Mapping[str, Value]) -> str:
    """A hash of the values an issue speaks of, to see whether they changed."""
    seen = [(field, value_row(values.get(field))) for field in issue.fields]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()


def digest(form: str, field: str, value: str) -> str:
    """A hash of a value that must be unique: equal values are found by an index that shows no number."""
    return hashlib.sha256(f"{form}\0{field}\0{value}".encode()).hexdigest()


def box_of(row: Reading) -> Box:
    """The field's box, mm."""
    return Box(*row.box)


def read_values(record: Record) -> dict[str, Value]:
    """Field id → value, as the machine read it."""
    return {r.field: r.value for r in record.readings}
