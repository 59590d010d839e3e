"""What people's decisions say of the machine's readings: measures and right or wrong, never whose or what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from scanner.store.base import StoreBase
from scanner.store.tables import BatchRow, ReadingRow, RecordRow
from scanner.store.views import DecidedReading, Viewer

CHUNK = 200
"""Records looked at at a time."""
DECIDED: tuple[ColumnElement[bool], ...] = (
    RecordRow.verified.is_(True),
    ReadingRow.manner.in_(("typed", "accepted")),
)
"""Not "unreadable": what is right is then not known."""


class Learning(StoreBase):
    """The part of the store that the machine can learn from."""

    def decided_readings(self, viewer: Viewer | None = None) -> Iterator[DecidedReading]:
        """Readings of verified records that a person accepted or corrected, record by record.

        Values are compared in here and stay: nothing that goes out says what a citizen wrote.
        """
        query = self._scoped(
            select(RecordRow.id).join(BatchRow, BatchRow.id == RecordRow.batch_id).join(ReadingRow).where(*DECIDED),
            viewer,
        )
        with self._sessions.reading() as session:
            ids = session.scalars(query.distinct().order_by(RecordRow.id)).all()
        for start in range(0, len(ids), CHUNK):
            yield from self._decided(query, ids[start : start + CHUNK])

    def _decided(self, fitting: Select[Any], ids: Sequence[str]) -> list[DecidedReading]:
        kept = (
            RecordRow.form,
            ReadingRow.field,
            ReadingRow.reason,
            ReadingRow.features,
            ReadingRow.machine_value,
            ReadingRow.value,
        )
        query = fitting.where(RecordRow.id.in_(ids)).with_only_columns(RecordRow.id, *kept)
        with self._sessions.reading() as session:
            rows = session.execute(query.order_by(RecordRow.id, ReadingRow.position)).all()
        return [
            DecidedReading(
                record_id=r.id,
                form=r.form,
                field=r.field,
                reason=None if r.reason is None else r.reason["code"],
                features=r.features,
                right=r.machine_value == r.value,
            )
            for r in rows
        ]
