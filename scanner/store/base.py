"""What every part of the store shares: scope, rules, and keeping a record's state true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Engine,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from scanner.errors import NotThere, UserError
from scanner.model import FormTemplate, Issue, PageStatus, Reason, Value
from scanner.store.connection import Sessions
from scanner.store.convert import IssueKey, digest, issue_key, issue_row, message_row, row_value
from scanner.store.locks import lock_names, lock_sheets, needs_locks, number_names
from scanner.store.pictures import PictureStore
from scanner.store.tables import SHEET, BatchRow, IssueRow, KeyRow, ReadingRow, RecordRow, UserRow, now
from scanner.store.views import REVIEWING, Viewer

Rules = Callable[[str, str, Mapping[str, Value], Callable[[str, str], int]], Iterable[Issue]]
"""(form id, form version, values, count of other records with the same value) → issues."""
UniqueFields = Callable[[str, str], Sequence[str]]
"""(form id, form version) → ids of the fields whose value must be unique."""
Forms = Callable[[str, str], FormTemplate | None]
"""(form id, form version) → the form with all its pages; None where it is not installed."""

PAGE_MISSING, PAGE_DOUBLED = "page_missing", "page_doubled"
"""Rules that every form of several pages has: each page is there, and there once. A person may let them stand."""

MOST_SHARING = 50
"""Records with the same unique value whose issues are updated when one changes. Where more share it (a number that a
scanner or a clerk puts where there is none) each has its issue already; only the count in its message is out of date.
"""

CHUNK = 200
"""Records fetched at a time: an export of 600,000 records stays small in memory."""

R = TypeVar("R")


class PlaceInBatch(NamedTuple):
    """Where a record lies in its batch; its columns are those of the indexes that records are read by."""

    source: str
    number: int
    id: str


PLACE = (RecordRow.source, RecordRow.number, RecordRow.id)


def behind(place: PlaceInBatch | None) -> ColumnElement[bool]:
    """The condition for records that lie behind a place in their batch; all where it is None."""
    return true() if place is None else tuple_(*PLACE) > tuple_(*place)


def may_review(viewer: Viewer) -> None:
    """Raises UserError where the role may not correct."""
    if viewer.role not in REVIEWING:
        raise UserError("role_may_not_correct")


def holder(user_id: str | None, until: datetime | None, names: Mapping[str, str], moment: datetime) -> str | None:
    """The name of who has a record open; None where nobody has any more."""
    return None if user_id is None or until is None or until < moment else names.get(user_id)


class StoreBase:
    """Sessions and the rules that are run when a record's values change.

    A record is a sheet. Of its pages the first that is there stands for all, the head: it has the counts, the issues
    and the unique values, and is what methods here call a record unless they say a page.
    """

    files: PictureStore
    _engine: Engine

    def __init__(
        self,
        sessions: Sessions,
        files: PictureStore,
        rules: Rules | None,
        unique: UniqueFields | None,
        forms: Forms | None,
    ) -> None:
        self._sessions, self.files = sessions, files
        self._rules, self._unique, self._forms = rules, unique, forms

    # --- scope ---

    @staticmethod
    def _in_scope(viewer: Viewer | None) -> ColumnElement[bool]:
        """What a viewer may see, of a query that joins Batch. Nobody (None) is the machine's own operator."""
        return true() if viewer is None or not viewer.communes else BatchRow.xa.in_(viewer.communes)

    def _record(self, session: Session, record_id: str, viewer: Viewer | None) -> RecordRow:
        """A record within a viewer's scope. Raises NotThere for one outside it as for none."""
        joined = select(RecordRow).join(BatchRow, BatchRow.id == RecordRow.batch_id)
        query = joined.where(RecordRow.id == record_id, self._in_scope(viewer))
        record = session.scalars(query).one_or_none()
        if record is None:
            raise NotThere
        return record

    @staticmethod
    def _names(session: Session) -> dict[str, str]:
        """User id → the name shown."""
        return {row.id: row.display for row in session.execute(select(UserRow.id, UserRow.display))}

    # --- records in order, page by page of the index ---

    def _batches(self, session: Session, viewer: Viewer | None, *where: ColumnElement[bool]) -> list[BatchRow]:
        """The batches that a viewer may see, oldest first."""
        query = select(BatchRow).where(*where, self._in_scope(viewer))
        return list(session.scalars(query.order_by(BatchRow.created_at, BatchRow.id)))

    def _in_order(
        self,
        viewer: Viewer | None,
        where: ColumnElement[bool],
        fetch: Callable[[Session, BatchRow, Sequence[str]], Iterable[R]],
        batches: ColumnElement[bool] | None = None,
    ) -> Iterator[R]:
        """What `fetch` gives for the records that fulfil a condition, by batch, source and page. It gets the ids of at
        most CHUNK of them, with a session that sees them at the same moment; between two chunks none is open."""
        with self._sessions.reading() as session:
            found = self._batches(session, viewer, *(() if batches is None else (batches,)))
        for batch in found:
            place: PlaceInBatch | None = None
            size = CHUNK
            while size == CHUNK:
                query = select(*PLACE).where(RecordRow.batch_id == batch.id, SHEET, where, behind(place))
                with self._sessions.reading() as session:
                    places = [PlaceInBatch(*row) for row in session.execute(query.order_by(*PLACE).limit(CHUNK))]
                    fetched = list(fetch(session, batch, [row.id for row in places])) if places else []
                yield from fetched
                size, place = len(places), places[-1] if places else None

    # --- locks ---

    def _lock(self, session: Session, page_ids: Collection[str], *new: tuple[str, str, Mapping[str, Value]]) -> None:
        """Before anything is read of sheets whose values may change: see `locks`. `new` are values to come, each with
        the form's id and version."""
        if not needs_locks(session):
            return
        numbers = self._numbers(session, page_ids)
        for form, version, values in new:
            for field in self._unique(form, version) if self._unique else ():
                if hashed := digest(form, field, values.get(field)):
                    numbers.add((field, hashed))
        lock_names(session, *number_names(numbers))
        sharing: set[str] = set()
        for field, hashed in numbers:
            ids = _holders(session, field, hashed)
            sharing |= set(ids) if len(ids) <= MOST_SHARING + 1 else set()
        lock_sheets(session, {*page_ids, *sharing})

    def _numbers(self, session: Session, page_ids: Collection[str]) -> set[tuple[str, str]]:
        """Unique values, as (field, digest), that the sheets of some pages hold or would hold once they are parted."""
        heads = set(
            session.scalars(select(func.coalesce(RecordRow.head_id, RecordRow.id)).where(RecordRow.id.in_(page_ids)))
        )
        keys = select(KeyRow.field, KeyRow.digest).where(KeyRow.record_id.in_(heads))
        found = {(field, hashed) for field, hashed in session.execute(keys)}
        on_sheets = or_(RecordRow.id.in_(heads), RecordRow.head_id.in_(heads))
        forms = session.execute(select(RecordRow.form, RecordRow.form_version).where(on_sheets).distinct()).all()
        for form, version in forms:
            unique = self._unique(form, version) if self._unique else ()
            of_form = and_(on_sheets, RecordRow.form == form, ReadingRow.field.in_(unique) if unique else false())
            held = select(ReadingRow.field, ReadingRow.value).join(RecordRow, RecordRow.id == ReadingRow.record_id)
            for field, value in session.execute(held.where(of_form)):
                if hashed := digest(form, field, row_value(value)):
                    found.add((field, hashed))
        return found

    # --- the pages of a sheet ---

    @staticmethod
    def _head(session: Session, page: RecordRow) -> RecordRow:
        """The page that stands for a page's sheet."""
        return page if page.head_id is None else session.get_one(RecordRow, page.head_id)

    @staticmethod
    def _pages(session: Session, head: RecordRow) -> list[RecordRow]:
        """The pages of a sheet, in the form's order."""
        if head.sheet_pages == 1:
            return [head]
        query = select(RecordRow).where(or_(RecordRow.id == head.id, RecordRow.head_id == head.id))
        return list(session.scalars(query.order_by(RecordRow.form_page, RecordRow.id)))

    @staticmethod
    def _make_sheet(session: Session, pages: Sequence[RecordRow]) -> RecordRow:
        """Make pages, given in the form's order, one sheet, taking them off others; returns the head.

        The caller runs `_recheck` on it, and on what is left of the sheets that they were of.
        """
        head, rest = pages[0], pages[1:]
        head.head_id, head.sheet_pages = None, len(pages)
        for page in rest:
            page.head_id, page.sheet_pages, page.open_fields, page.open_issues = head.id, 1, 0, 0
        session.flush()
        others = [page.id for page in rest]
        if others:
            current = (IssueRow.record_id.in_(others), IssueRow.closed_at.is_(None))
            session.execute(update(IssueRow).where(*current).values(record_id=head.id))
            session.execute(delete(KeyRow).where(KeyRow.record_id.in_(others)))
        return head

    def _detach(self, session: Session, page: RecordRow) -> list[RecordRow]:
        """Take a page off its sheet: the heads of what is two sheets now. Issues go with the fields they speak of."""
        head = self._head(session, page)
        rest = [other for other in self._pages(session, head) if other is not page]
        if not rest:
            return [page]
        mine = set(session.scalars(select(ReadingRow.field).where(ReadingRow.record_id == page.id)))
        current = select(IssueRow).where(IssueRow.record_id == head.id, IssueRow.closed_at.is_(None))
        issues = session.scalars(current).all()
        self._make_sheet(session, [page])
        left = self._make_sheet(session, rest)
        for issue in issues:
            issue.record_id = page.id if set(issue.fields) <= mine else left.id
        session.flush()
        return [page, left]

    # --- a record's state ---

    def _settle_state(self, session: Session, record: RecordRow, person: str | None, *, changed: bool = False) -> None:
        """Count what is open, say whether the record is verified, and since when and by whom.

        `person` is the id of who acted just now; `changed` says that the machine's own reading changed a value.
        """
        session.flush()
        pages = self._pages(session, record)
        ids = [page.id for page in pages]
        fields = select(func.count()).select_from(ReadingRow).where(ReadingRow.record_id.in_(ids), ReadingRow.open)
        issues = select(func.count()).select_from(IssueRow).where(IssueRow.record_id.in_(ids), IssueRow.open)
        record.open_fields = session.scalar(fields) or 0
        record.open_issues = session.scalar(issues) or 0
        done = is_verified(record.status, record.open_fields, record.open_issues)
        if not done:
            record.verified_at = record.verified_by = None
        elif person or changed or not record.verified:
            record.verified_at, record.verified_by = now(), person or self._last_person(session, ids)
        record.verified = done
        for page in pages[1:]:
            page.verified, page.verified_at, page.verified_by = done, record.verified_at, record.verified_by

    @staticmethod
    def _last_person(session: Session, ids: Sequence[str]) -> str | None:
        """Who last settled a field or an issue of some pages; None where only the machine did."""
        acts = union_all(
            select(ReadingRow.changed_at.label("at"), ReadingRow.changed_by.label("by")).where(
                ReadingRow.record_id.in_(ids), ReadingRow.changed_by.is_not(None)
            ),
            select(IssueRow.settled_at, IssueRow.settled_by).where(
                IssueRow.record_id.in_(ids), IssueRow.settled_by.is_not(None)
            ),
        ).subquery()
        return session.scalars(select(acts.c.by).order_by(acts.c.at.desc()).limit(1)).first()

    @staticmethod
    def _values(session: Session, *pages: RecordRow) -> dict[str, Value]:
        rows = session.execute(
            select(ReadingRow.field, ReadingRow.value).where(ReadingRow.record_id.in_([page.id for page in pages]))
        )
        return {field: row_value(value) for field, value in rows}

    # --- rules ---

    def _recheck(self, session: Session, page: RecordRow, person: str | None, *, changed: bool = False) -> None:
        """A page's values may have changed: its sheet's issues and state, and those of others with the same number."""
        record = self._head(session, page)
        moved = self._set_keys(session, record, self._values(session, *self._pages(session, record)))
        self._run_rules(session, record)
        self._settle_state(session, record, person, changed=changed)
        for other in self._sharing(session, moved, record.id):
            self._run_rules(session, other)
            self._settle_state(session, other, None)

    def _set_keys(self, session: Session, record: RecordRow, values: Mapping[str, Value]) -> set[tuple[str, str]]:
        """Keep the hashes of unique values current; returns the (field, digest) pairs that came or went."""
        there = {row.field: row for row in session.scalars(select(KeyRow).where(KeyRow.record_id == record.id))}
        wanted: dict[str, str] = {}
        if record.status == PageStatus.READ:
            for field in self._unique(record.form, record.form_version) if self._unique else ():
                if hashed := digest(record.form, field, values.get(field)):
                    wanted[field] = hashed
        before = {(field, row.digest) for field, row in there.items()}
        moved = before ^ set(wanted.items())
        for field in {field for field, _ in moved}:
            if field in there and field in wanted:
                there[field].digest = wanted[field]
            elif field in there:
                session.delete(there[field])
            else:
                session.add(KeyRow(record_id=record.id, field=field, digest=wanted[field]))
        session.flush()
        return moved

    @staticmethod
    def _same(session: Session, form: str, field: str, value: Value, but: str | None) -> int:
        """How many records, but for one, hold the same value in a field."""
        hashed = digest(form, field, value)
        if hashed is None:
            return 0
        same = select(func.count()).select_from(KeyRow).where(KeyRow.field == field, KeyRow.digest == hashed)
        return session.scalar(same if but is None else same.where(KeyRow.record_id != but)) or 0

    def _run_rules(self, session: Session, record: RecordRow) -> None:
        """Open what is newly broken, close what no longer is; what was settled stays so while its values stand."""
        if record.status != PageStatus.READ:
            return
        pages = self._pages(session, record)
        self._report_missing(session, record, {page.form_page for page in pages})
        if self._rules is None:
            return
        values = self._values(session, *pages)

        def count(field: str, value: str) -> int:
            return self._same(session, record.form, field, value, record.id)

        found = self._rules(record.form, record.form_version, values, count)
        self._update_issues(session, record, {issue_key(issue, values): issue for issue in found})

    def _report_missing(self, session: Session, record: RecordRow, there: set[int]) -> None:
        """An issue for each page of the form that the sheet lacks; it speaks of the fields that stand on that page."""
        form = self._forms(record.form, record.form_version) if self._forms else None
        if form is None or form.page_count == 1:
            return
        broken = {}
        for page in sorted(set(range(1, form.page_count + 1)) - there):
            fields = tuple(spec.id for spec in form.fields if spec.page == page)
            issue = Issue(PAGE_MISSING, fields, Reason("sheet_page_missing", {"page": page, "pages": form.page_count}))
            broken[issue_key(issue, {})] = issue
        self._update_issues(session, record, broken, PAGE_MISSING)

    @staticmethod
    def _update_issues(session: Session, record: RecordRow, broken: dict[IssueKey, Issue], rule: str = "") -> None:
        """Make a record's current issues those given, of one rule or of all that forms have; one that was there
        already keeps its state."""
        own = IssueRow.rule == rule if rule else IssueRow.rule.not_in((PAGE_MISSING, PAGE_DOUBLED))
        current = select(IssueRow).where(IssueRow.record_id == record.id, IssueRow.closed_at.is_(None), own)
        for row in session.scalars(current.order_by(IssueRow.open)).all():  # of two that are alike the settled one
            still = broken.pop((row.rule, tuple(row.fields), row.message["code"], row.seen), None)
            if still is not None:
                row.message = message_row(still)  # how many others hold the number may have changed
            elif rule and row.settled_by is None:
                session.delete(row)  # pages come one by one: that the next was not there yet is no part of the trail
            else:
                row.open, row.closed_at = False, now()
        for (*_, seen), issue in broken.items():
            session.add(issue_row(record.id, issue, seen))
        session.flush()

    @staticmethod
    def _sharing(session: Session, moved: set[tuple[str, str]], but: str) -> list[RecordRow]:
        """Other records that hold a value which came or went."""
        found: dict[str, RecordRow] = {}
        for field, hashed in sorted(moved):
            ids = [other for other in _holders(session, field, hashed) if other != but]
            if len(ids) <= MOST_SHARING:
                found.update((other, session.get_one(RecordRow, other)) for other in ids if other not in found)
        return list(found.values())


def _holders(session: Session, field: str, hashed: str) -> list[str]:
    """Ids of records that hold a unique value; of a crowd too many to bring up to date, not all."""
    query = select(KeyRow.record_id).where(KeyRow.field == field, KeyRow.digest == hashed)
    return list(session.scalars(query.order_by(KeyRow.record_id).limit(MOST_SHARING + 2)))


def is_verified(status: str, open_fields: int, open_issues: int) -> bool:
    """The one place that says what verified means: read, each field accepted by machine or person, no issue open."""
    return status == PageStatus.READ and not open_fields and not open_issues
