"""Texts that many people wrote: what fewer wrote stays in here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select

from scanner.store.base import StoreBase
from scanner.store.tables import KeyRow, ReadingRow, RecordRow
from scanner.vietnam.orthography import nfc

FETCHED = 1000
"""Answers fetched at a time."""


@dataclass(slots=True)
class _Held:
    """A text, whatever its case: whose answer it is (as many as matter), and how often it is written how."""

    people: set[str] = field(default_factory=set, repr=False)
    spellings: Counter[str] = field(default_factory=Counter, repr=False)

    def usual(self) -> str:
        """The commonest spelling; one all in capitals only where there is no other."""
        return min(self.spellings, key=lambda text: (text.isupper(), -self.spellings[text], text))


class FrequentValues(StoreBase):
    """The part of the store that tells what people's answers have in common."""

    def shared_texts(self, fields: Collection[tuple[str, str]], least: int) -> tuple[str, ...]:
        """Texts that stand in these fields, (form id, field id), in verified records of at least `least` people.

        Case and Unicode form make no difference; each text comes once, as it is most often written. Records that hold
        the same number (see `unique` of `Store.open`) are one person's, and so are a record's own fields.
        """
        held: defaultdict[str, _Held] = defaultdict(_Held)
        with self._sessions.reading() as session:
            for whose, form, field_id, value in session.execute(_answers(fields)).yield_per(FETCHED):
                text = nfc(value) if isinstance(value, str) and (form, field_id) in fields else ""
                if text:
                    one = held[text.casefold()]
                    one.spellings[text] += 1
                    if len(one.people) < least:
                        one.people.add(whose)
        return tuple(one.usual() for _, one in sorted(held.items()) if len(one.people) >= least)


def _answers(fields: Collection[tuple[str, str]]) -> Select[Any]:
    """Whose, form, field, value: of these fields and perhaps some of the same id on another form."""
    sheet = func.coalesce(RecordRow.head_id, RecordRow.id)
    number = select(func.min(KeyRow.digest)).where(KeyRow.record_id == sheet).correlate(RecordRow).scalar_subquery()
    return (
        select(func.coalesce(number, sheet), RecordRow.form, ReadingRow.field, ReadingRow.value)
        .join(ReadingRow, ReadingRow.record_id == RecordRow.id)
        .where(RecordRow.verified, RecordRow.form.in_({form for form, _ in fields}))
        .where(ReadingRow.field.in_({field_id for _, field_id in fields}))
    )
