"""Sheets of several pages: put together by what the pages say, joined and split by people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from scanner.errors import Conflict
from scanner.model import FormTemplate, Issue, PageStatus, Reason
from scanner.sheets.assembling import BatchPage, assemble
from scanner.sheets.match_keys import MatchKey, match_keys_of
from scanner.store.base import PAGE_DOUBLED, PAGE_MISSING, may_review
from scanner.store.convert import issue_key
from scanner.store.intake import Intake
from scanner.store.row_mapping import field_views, page_view
from scanner.store.tables import JOINED, SETTLED, SPLIT, UNMATCHED, IssueRow, PageActRow, ReadingRow, RecordRow
from scanner.store.views import UnmatchedPage, Viewer

ROUNDS = 8
"""How often a batch is looked at again because people changed every sheet in question meanwhile; the next run does what
is left."""
OFFERED = 60
"""Unmatched pages that a person is shown to choose from, the nearest in the batch first."""


class _People(NamedTuple):
    """What people did that no assembling undoes, by ids of pages."""

    worked: frozenset[str]  # they settled a field or an issue there
    joined: frozenset[str]  # they put it on its sheet, or something on or off the sheet that it stands for
    parted: frozenset[str]  # they took it off its sheet
    ended: frozenset[str]  # they said that the sheet has no more pages

    def of(self, pages: Set[str]) -> _People:
        """The same of some pages alone."""
        return _People(*(found & pages for found in self))


class _PageState(NamedTuple):
    """What assembling knows of a page, but for its values."""

    id: str
    head: str  # the page that stands for its sheet
    form: str
    form_page: int
    status: str


@dataclass(frozen=True, slots=True)
class _Step:
    """Pages, in the form's order, to be made one sheet; `doubled`: they are there a second time.

    `states` and `people` are what was known of all pages of the sheets that they are on: only while that is so may the
    step be taken.
    """

    pages: tuple[str, ...]
    doubled: bool
    states: frozenset[_PageState]
    people: _People


class Sheets(Intake):
    """The part of the store that knows which pages are one sheet."""

    def assemble(self, batch_id: str) -> None:
        """Put the pages of a batch together anew, by their order and by the values that they repeat.

        Run it after pages came in: it finds the same sheets however they came. What people joined, split or worked on
        stays as it is, and only gains pages. Does nothing where no form of the batch has several pages.

        The batch is looked at without any lock. Each sheet is then made in a transaction of its own, unless people
        changed something there meanwhile: then the batch is looked at again.
        """
        refused = 0
        while refused < ROUNDS:
            with self._sessions.reading() as session:
                steps = self._steps(session, batch_id)
            taken = [self._try(step) for step in steps]
            if all(taken):
                return
            refused = 0 if any(taken) else refused + 1

    def _steps(self, session: Session, batch_id: str) -> list[_Step]:
        """What is to be done in a batch. What takes sheets apart comes first: the pages are needed elsewhere."""
        forms = self._forms_of(session, batch_id)
        if not forms:
            return []
        counts = {form: max(t.page_count for (f, _), t in forms.items() if f == form) for form, _ in forms}
        states = {state.id: state for state in _states(session, RecordRow.batch_id == batch_id)}
        of_batch = RecordRow.batch_id == batch_id
        people = _people(session, of_batch, of_batch)
        sheets: dict[str, set[str]] = defaultdict(set)
        for state in states.values():
            sheets[state.head].add(state.id)
        doubled = _doubled_before(session, batch_id)
        steps: list[tuple[bool, _Step]] = []
        for sheet in assemble(_batch_pages(session, batch_id, forms, sheets, people), counts):
            ids = tuple(page.id for page in sheet.pages)
            now_on = {states[page].head for page in ids}
            if now_on != {ids[0]} or sheets[ids[0]] != set(ids) or sheet.doubled != (ids[0] in doubled):
                touched = set().union(*(sheets[head] for head in now_on))
                known = frozenset(states[page] for page in touched)
                single = all(len(sheets[head]) == 1 for head in now_on)
                steps.append((single, _Step(ids, sheet.doubled, known, people.of(touched))))
        return [step for _, step in sorted(steps, key=lambda found: found[0])]

    def _try(self, step: _Step) -> bool:
        """Make one sheet; False where something is not as it was when that was planned."""
        touched = {state.id for state in step.states}
        with self._sessions.writing() as session:
            self._lock(session, touched)
            on_these = or_(RecordRow.id.in_(touched), RecordRow.head_id.in_(touched))
            acts = or_(PageActRow.record_id.in_(touched), PageActRow.other_id.in_(touched))
            people = _people(session, on_these, acts).of(touched)
            if step.states != frozenset(_states(session, on_these)) or step.people != people:
                return False
            self._take(session, step)
        return True

    def _take(self, session: Session, step: _Step) -> None:
        """Make pages one sheet if they are not, and tell whether they are there a second time."""
        head = session.get_one(RecordRow, step.pages[0])
        if head.head_id is not None or [page.id for page in self._pages(session, head)] != list(step.pages):
            self._put_together(session, step.pages)
        self._report_doubled(session, step.pages[0], doubled=step.doubled)

    def _put_together(self, session: Session, ids: Sequence[str]) -> None:
        """Make pages, in the form's order, one sheet. Pages that they leave behind are on no sheet with others then."""
        rows = [session.get_one(RecordRow, page) for page in ids]
        heads = {head.id: head for head in (self._head(session, row) for row in rows)}
        left = [page for head in heads.values() for page in self._pages(session, head) if page.id not in ids]
        for page in left:
            self._make_sheet(session, [page])
        self._recheck(session, self._make_sheet(session, rows), None, changed=True)
        for page in left:
            self._recheck(session, page, None, changed=True)

    def _forms_of(self, session: Session, batch_id: str) -> dict[tuple[str, str], FormTemplate]:
        """Forms of several pages that pages of a batch are of, by id and version."""
        query = select(RecordRow.form, RecordRow.form_version).where(RecordRow.batch_id == batch_id).distinct()
        found = {}
        for form, version in session.execute(query):
            template = self._forms(form, version) if self._forms else None
            if template is not None and template.page_count > 1:
                found[form, version] = template
        return found

    def _report_doubled(self, session: Session, record_id: str, *, doubled: bool) -> None:
        reported = select(IssueRow.id).where(IssueRow.record_id == record_id, IssueRow.rule == PAGE_DOUBLED)
        if not doubled and session.scalars(reported.where(IssueRow.closed_at.is_(None))).first() is None:
            return
        record = session.get_one(RecordRow, record_id)
        issue = Issue(PAGE_DOUBLED, (), Reason("sheet_page_doubled", {"page": record.form_page}))
        self._update_issues(session, record, {issue_key(issue, {}): issue} if doubled else {}, PAGE_DOUBLED)
        self._settle_state(session, record, None)

    # --- by hand ---

    def join(self, page_id: str, record_id: str, *, viewer: Viewer) -> str:
        """A person puts an unmatched page on a sheet; returns the record of the sheet, which may be that page.

        Raises Conflict where the page is on a sheet already or the sheet has such a page; NotThere; UserError for the
        role; ValueError for pages of different batches or forms.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            self._lock(session, [page_id, record_id])
            page = self._record(session, page_id, viewer)
            head = self._head(session, self._record(session, record_id, viewer))
            pages = self._pages(session, head)
            if (page.batch_id, page.form) != (head.batch_id, head.form):
                raise ValueError("pages of one sheet are of one batch and one form")
            _must_be_free(page, pages)
            keep_act(session, page, PageStatus.READ, viewer, did=JOINED, other_id=head.id)
            found = self._make_sheet(session, sorted([*pages, page], key=lambda row: row.form_page))
            self._recheck(session, found, viewer.id, changed=True)
            self._update_issues(session, found, {}, PAGE_DOUBLED)
            self._settle_state(session, found, viewer.id)
            return found.id

    def split(self, page_id: str, *, viewer: Viewer) -> str:
        """A person takes a page off its sheet; returns the record of what is left. The page stays on no
        sheet with others.

        Raises Conflict where it is on no sheet of several pages; NotThere; UserError for the role.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            self._lock(session, [page_id])
            page = self._record(session, page_id, viewer)
            heads = self._detach(session, page)
            if len(heads) < 2:
                raise Conflict("page_on_no_sheet")
            keep_act(session, page, PageStatus.READ, viewer, did=SPLIT, other_id=heads[1].id)
            for head in heads:
                self._recheck(session, head, viewer.id, changed=True)
            return heads[1].id

    def leave_out(self, record_id: str, *, viewer: Viewer) -> None:
        """A person sets a sheet aside that lacks a page or is there twice; `take_back` brings its pages back.

        Raises Conflict where it neither lacks one nor is there twice; NotThere; UserError for the role.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            self._lock(session, [record_id])
            head = self._head(session, self._record(session, record_id, viewer))
            batch_id = head.batch_id
            reported = select(IssueRow.id).where(IssueRow.record_id == head.id, IssueRow.closed_at.is_(None))
            reported = reported.where(IssueRow.rule.in_((PAGE_MISSING, PAGE_DOUBLED)))
            if head.status != PageStatus.READ or session.scalars(reported).first() is None:
                raise Conflict("sheet_changed")
            for page in self._pages(session, head):
                keep_act(session, page, PageStatus.OTHER, viewer)
                self._make_sheet(session, [page])
                page.status = PageStatus.OTHER.value
                self._close_issues(session, page)
                self._recheck(session, page, None)
        self.assemble(batch_id)

    def unmatched_pages(self, record_id: str, viewer: Viewer | None) -> list[UnmatchedPage]:
        """Pages of a record's batch that could be put on its sheet: on no sheet with others, and of a page that it
        lacks; the nearest in the batch first, of as near a one before it and one behind. Raises NotThere."""
        order = (RecordRow.source, RecordRow.sha256, RecordRow.number)
        with self._sessions.reading() as session:
            head = self._head(session, self._record(session, record_id, viewer))
            there = {page.form_page for page in self._pages(session, head)}
            query = select(RecordRow).where(RecordRow.batch_id == head.batch_id, RecordRow.form == head.form, UNMATCHED)
            query = query.where(RecordRow.form_page.not_in(there)).limit(OFFERED)
            here = tuple_(head.source, head.sha256, head.number)
            backwards = query.where(tuple_(*order) < here).order_by(*(column.desc() for column in order))
            forwards = query.where(tuple_(*order) > here).order_by(*order)
            before, behind = session.scalars(backwards).all(), session.scalars(forwards).all()
            found = [row for pair in zip_longest(before, behind) for row in pair if row is not None][:OFFERED]
            fields = field_views(session, [row.id for row in found], self._names(session))
            return [UnmatchedPage(page_view(row), fields.get(row.id, ())) for row in found]


def _must_be_free(page: RecordRow, pages: Sequence[RecordRow]) -> None:
    taken = page in pages or page.form_page in {other.form_page for other in pages}
    states = {row.status for row in (page, *pages)}
    if taken or page.head_id is not None or page.sheet_pages > 1 or states != {PageStatus.READ.value}:
        raise Conflict("sheet_changed")


def keep_act(
    session: Session,
    row: RecordRow,
    after: PageStatus,
    viewer: Viewer,
    points: Sequence[tuple[float, float]] = (),
    did: str = "",
    other_id: str | None = None,
) -> None:
    """Add to the trail of a page what a person is about to do with it; nobody has it open any more."""
    act = PageActRow(
        record_id=row.id, before=row.status, after=after.value, did=did, other_id=other_id, user_id=viewer.id
    )
    act.points = [[float(x), float(y)] for x, y in points] or None
    session.add(act)
    row.held_by = row.held_until = None


def _states(session: Session, where: ColumnElement[bool]) -> list[_PageState]:
    head = func.coalesce(RecordRow.head_id, RecordRow.id)
    query = select(RecordRow.id, head, RecordRow.form, RecordRow.form_page, RecordRow.status).where(where)
    return [_PageState(*row) for row in session.execute(query)]


def _batch_pages(
    session: Session,
    batch_id: str,
    forms: Mapping[tuple[str, str], FormTemplate],
    sheets: Mapping[str, Set[str]],
    people: _People,
) -> list[BatchPage]:
    """Every page of a batch. `sheets`: the page that stands for a sheet → the pages of that."""
    columns = (
        RecordRow.id, RecordRow.source, RecordRow.sha256, RecordRow.number, RecordRow.form, RecordRow.form_version,
        RecordRow.form_page, RecordRow.status, RecordRow.head_id, RecordRow.created_at,
    )  # fmt: skip
    keys, found = _match_keys(session, batch_id, forms), []
    for row in session.execute(select(*columns).where(RecordRow.batch_id == batch_id)):
        head = row.head_id or row.id
        sheet = sheets[head]
        kept = len(sheet) > 1 and bool((people.worked | people.joined) & sheet)
        read = row.status == PageStatus.READ and (row.form, row.form_version) in forms
        found.append(
            BatchPage(
                id=row.id,
                source=row.source,
                file=row.sha256,
                number=row.number,
                form=row.form if read else "",
                form_page=row.form_page,
                match_keys=keys.get(row.id, {}) if read else {},
                arrived=row.created_at.timestamp(),
                blank=row.status == PageStatus.BLANK,
                pinned_group=head if kept else "",
                joins_nothing=head in people.ended or (row.id in people.parted and len(sheet) == 1),
            )
        )
    return found


def _match_keys(
    session: Session, batch_id: str, forms: Mapping[tuple[str, str], FormTemplate]
) -> dict[str, dict[str, MatchKey]]:
    """Page's id → the values on it that other pages repeat. What a person settled is certain."""
    names = {key: match_keys_of(form) for key, form in forms.items()}
    kinds = {(*key, spec.id): spec.kind for key, form in forms.items() for spec in form.fields}
    fields = {field for found in names.values() for field in found}
    columns = (
        ReadingRow.record_id, ReadingRow.field, ReadingRow.value, ReadingRow.confidence, ReadingRow.manner,
        RecordRow.form, RecordRow.form_version,
    )  # fmt: skip
    query = select(*columns).join(RecordRow, RecordRow.id == ReadingRow.record_id)
    query = query.where(RecordRow.batch_id == batch_id, ReadingRow.field.in_(fields))
    found: dict[str, dict[str, MatchKey]] = defaultdict(dict)
    for r in session.execute(query):
        name = names.get((r.form, r.form_version), {}).get(r.field)
        if name is not None and isinstance(r.value, str):
            sure = 1.0 if r.manner in ("typed", "accepted") else r.confidence
            found[r.record_id][name] = MatchKey(r.value, sure, kinds[r.form, r.form_version, r.field])
    return found


def _doubled_before(session: Session, batch_id: str) -> set[str]:
    """Records reported as being there twice, by an issue that is open or settled."""
    query = select(IssueRow.record_id).join(RecordRow, RecordRow.id == IssueRow.record_id)
    query = query.where(RecordRow.batch_id == batch_id, IssueRow.rule == PAGE_DOUBLED, IssueRow.closed_at.is_(None))
    return set(session.scalars(query))


def _people(session: Session, where: ColumnElement[bool], acts_where: ColumnElement[bool]) -> _People:
    """What people did with some pages: conditions on the pages, and on the acts that concern them."""
    settled = (
        select(IssueRow.record_id)
        .join(RecordRow, RecordRow.id == IssueRow.record_id)
        .where(where, IssueRow.settled_by.is_not(None), IssueRow.closed_at.is_(None))
    )
    fields = select(ReadingRow.record_id).join(RecordRow, RecordRow.id == ReadingRow.record_id).where(where, SETTLED)
    acts = (
        select(PageActRow.record_id, PageActRow.did, PageActRow.other_id)
        .join(RecordRow, RecordRow.id == PageActRow.record_id)
        .where(acts_where, PageActRow.did != "")
        .order_by(PageActRow.at, PageActRow.id)
    )
    latest: dict[str, str] = {}
    joined: set[str] = set()
    for record_id, did, other_id in session.execute(acts):
        latest[record_id] = did
        joined.add(other_id or record_id)
    joined |= {page for page, did in latest.items() if did == JOINED}
    return _People(
        frozenset({*session.scalars(settled), *session.scalars(fields.distinct())}),
        frozenset(joined),
        frozenset(page for page, did in latest.items() if did == SPLIT),
        frozenset(session.scalars(settled.where(IssueRow.rule == PAGE_MISSING))),
    )
