"""What people's decisions say of the machine's readings: measures and right or wrong, never whose or what."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, select, true, tuple_

from scanner.store.base import StoreBase
from scanner.store.tables import SETTLED, BatchRow, ReadingRow, RecordRow
from scanner.store.views import DecidedReading, Viewer

READINGS_AT_A_TIME = 2000
"""Readings fetched at a time: those of a hundred records or more."""
DECIDED = and_(SETTLED, ReadingRow.manner.in_(("typed", "accepted")), RecordRow.verified.is_(True))
"""Not "unreadable": what is right is then not known."""


class Learning(StoreBase):
    """The part of the store that the machine can learn from."""

    def decided_readings(self, viewer: Viewer | None = None) -> Iterator[DecidedReading]:
        """Readings of verified records that a person accepted or corrected, record by record.

        Values are compared in here and stay: nothing that goes out says what a citizen wrote.
        """
        place = (ReadingRow.record_id, ReadingRow.position)
        columns = (
            RecordRow.form, ReadingRow.field, ReadingRow.reason, ReadingRow.features, ReadingRow.machine_value,
            ReadingRow.value,
        )  # fmt: skip
        query = select(*place, *columns).join(RecordRow, RecordRow.id == ReadingRow.record_id)
        query = query.join(BatchRow, BatchRow.id == RecordRow.batch_id).where(DECIDED)
        query = query.where(self._in_scope(viewer)).order_by(*place).limit(READINGS_AT_A_TIME)
        behind: ColumnElement[bool] = true()
        while True:
            with self._sessions.reading() as session:
                rows = session.execute(query.where(behind)).all()
            for r in rows:
                yield DecidedReading(
                    record_id=r.record_id,
                    form=r.form,
                    field=r.field,
                    reason=None if r.reason is None else r.reason["code"],
                    features=r.features,
                    right=r.machine_value == r.value,
                )
            if len(rows) < READINGS_AT_A_TIME:
                return
            behind = tuple_(*place) > tuple_(rows[-1].record_id, rows[-1].position)
