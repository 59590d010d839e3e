"""Texts that many people wrote: what fewer wrote stays in here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from scanner.model import Value
from scanner.store.base import StoreBase
from scanner.store.convert import row_value
from scanner.store.tables import BatchRow, KeyRow, ReadingRow, RecordRow
from scanner.vietnam.orthography import nfc


@dataclass(slots=True)
class _Held:
    """A text, ignoring case: whose answer it is (as many as matter), and how often it is spelt which way."""

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
        names = {field_id for _, field_id in fields}

        def answers(session: Session, _: BatchRow, heads: Sequence[str]) -> list[tuple[str, str, str, Value]]:
            return _answers(session, heads, names)

        of_forms = and_(RecordRow.verified.is_(True), RecordRow.form.in_({form for form, _ in fields}))
        for whose, form, field_id, value in self._in_order(None, of_forms, answers):
            text = nfc(value) if isinstance(value, str) and (form, field_id) in fields else ""
            if text:
                one = held[text.casefold()]
                one.spellings[text] += 1
                if len(one.people) < least:
                    one.people.add(whose)
        return tuple(one.usual() for _, one in sorted(held.items()) if len(one.people) >= least)


def _answers(session: Session, heads: Sequence[str], fields: Collection[str]) -> list[tuple[str, str, str, Value]]:
    """Whose, form, field, value: in these fields on all pages of some sheets. Who: a number, or else the sheet."""
    keys = select(KeyRow.record_id, func.min(KeyRow.digest)).where(KeyRow.record_id.in_(heads))
    whose = {r[0]: r[1] for r in session.execute(keys.group_by(KeyRow.record_id))}
    others = session.execute(select(RecordRow.id, RecordRow.head_id).where(RecordRow.head_id.in_(heads)))
    head_of = {head: head for head in heads} | {page: head or page for page, head in others}
    query = (
        select(ReadingRow.record_id, RecordRow.form, ReadingRow.field, ReadingRow.value)
        .join(RecordRow, RecordRow.id == ReadingRow.record_id)
        .where(ReadingRow.record_id.in_(head_of), ReadingRow.field.in_(fields))
    )
    rows = session.execute(query).all()
    return [(whose.get(head_of[r.record_id], head_of[r.record_id]), r.form, r.field, row_value(r.value)) for r in rows]
