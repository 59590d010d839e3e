"""What every part of the store shares: sessions, scope, and keeping a record's state true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from scanner.errors import NotThere
from scanner.files import FileStore
from scanner.model import Issue, PageStatus, Value
from scanner.store.connection import Sessions
from scanner.store.convert import digest, fingerprint, issue_row, row_value
from scanner.store.tables import Batch, Key, Reading, Record, RuleIssue, User, now
from scanner.store.views import Viewer

Rules = Callable[[str, str, Mapping[str, Value], Callable[[str, str], int]], Iterable[Issue]]
"""(form id, form version, values, count of other records with the same value) → issues."""
UniqueFields = Callable[[str, str], Sequence[str]]
"""(form id, form version) → ids of the fields whose value must be unique."""


Q = TypeVar("Q")


class Base:
    """Sessions and the rules that are run when a record's values change."""

    files: FileStore
    _engine: Engine

    def __init__(self, sessions: Sessions, files: FileStore, rules: Rules | None, unique: UniqueFields | None) -> None:
        self._sessions, self.files, self._rules, self._unique = sessions, files, rules, unique

    # --- scope ---

    @staticmethod
    def _scoped(query: Q, viewer: Viewer | None) -> Q:
        """Only what a viewer may see; the query, a select, joins Batch."""
        if viewer is None or not viewer.communes:
            return query
        return cast("Q", cast("Any", query).where(Batch.xa.in_(viewer.communes)))

    def _record(self, session: Session, record_id: str, viewer: Viewer | None, *, lock: bool = False) -> Record:
        query = self._scoped(select(Record).join(Batch).where(Record.id == record_id), viewer)
        if lock:
            query = query.with_for_update(of=Record)
        record = session.scalars(query).one_or_none()
        if record is None:
            raise NotThere
        return record

    @staticmethod
    def _names(session: Session) -> dict[str, str]:
        """User id → the name shown."""
        return {row.id: row.display for row in session.execute(select(User.id, User.display))}

    # --- a record's state ---

    def _settle_state(self, session: Session, record: Record, user_id: str | None) -> None:
        """Count what is open and say whether the record is verified: the one place that decides it."""
        session.flush()
        mine = Reading.record_id == record.id
        record.open_fields = session.scalar(select(func.count()).select_from(Reading).where(mine, Reading.open)) or 0
        issues = select(func.count()).select_from(RuleIssue).where(RuleIssue.record_id == record.id, RuleIssue.open)
        record.open_issues = session.scalar(issues) or 0
        done = record.status == PageStatus.READ and not record.open_fields and not record.open_issues
        if done and not record.verified:
            record.verified_at, record.verified_by = now(), user_id or self._last_person(session, record.id)
        elif not done:
            record.verified_at = record.verified_by = None
        record.verified = done

    @staticmethod
    def _last_person(session: Session, record_id: str) -> str | None:
        changed = select(Reading.changed_by).where(Reading.record_id == record_id, Reading.changed_by.is_not(None))
        return session.scalars(changed.order_by(Reading.changed_at.desc()).limit(1)).first()

    @staticmethod
    def _values(session: Session, record_id: str) -> dict[str, Value]:
        rows = session.execute(select(Reading.field, Reading.value).where(Reading.record_id == record_id))
        return {field: row_value(value) for field, value in rows}

    # --- rules ---

    def _set_keys(self, session: Session, record: Record, values: Mapping[str, Value]) -> set[tuple[str, str]]:
        """Keep the hashes of unique values current; returns the (field, digest) pairs that came or went."""
        changed: set[tuple[str, str]] = set()
        for field in self._unique(record.form, record.form_version) if self._unique else ():
            value = values.get(field)
            wanted = digest(record.form, field, value) if isinstance(value, str) and value else None
            row = session.get(Key, (record.id, field))
            if (row.digest if row else None) == wanted:
                continue
            if row:
                changed.add((field, row.digest))
                session.delete(row)
                session.flush()
            if wanted:
                changed.add((field, wanted))
                session.add(Key(record_id=record.id, field=field, digest=wanted))
        session.flush()
        return changed

    def _run_rules(self, session: Session, record: Record) -> None:
        """Open what is newly broken, close what no longer is; what was settled stays so while its values stand."""
        if self._rules is None:
            return
        values = self._values(session, record.id)

        def count(field: str, value: str) -> int:
            same = (
                select(func.count())
                .select_from(Key)
                .where(Key.field == field, Key.digest == digest(record.form, field, value), Key.record_id != record.id)
            )
            return session.scalar(same) or 0

        broken = {}
        for issue in self._rules(record.form, record.form_version, values, count):
            broken[issue.rule, issue.fields, fingerprint(issue, values)] = issue
        for row in session.scalars(select(RuleIssue).where(RuleIssue.record_id == record.id)).all():
            known = (row.rule, tuple(row.fields), row.seen)
            if known in broken:
                del broken[known]
            else:
                session.delete(row)
        for (_, _, seen), issue in broken.items():
            session.add(issue_row(record.id, issue, seen))
        session.flush()

    def _rerun_for(self, session: Session, changed: set[tuple[str, str]], but: str) -> None:
        """Other records that hold a value which came or went have an issue more or less."""
        for field, hashed in changed:
            others = select(Key.record_id).where(Key.field == field, Key.digest == hashed, Key.record_id != but)
            for other_id in session.scalars(others).all():
                other = session.get_one(Record, other_id)
                self._run_rules(session, other)
                self._settle_state(session, other, None)
