"""Sheets of several pages: put together by what the pages say, joined and split by people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scanner.errors import Conflict
from scanner.model import FormTemplate, Issue, PageStatus, Reason
from scanner.sheets.assembling import BatchPage, assemble
from scanner.sheets.match_keys import MatchKey, match_keys_of
from scanner.store.base import PAGE_DOUBLED, PAGE_MISSING, may_review
from scanner.store.convert import issue_key
from scanner.store.intake import Intake
from scanner.store.row_mapping import page_view
from scanner.store.tables import IssueRow, PageActRow, ReadingRow, RecordRow
from scanner.store.views import SheetPage, Viewer

JOINED, SPLIT = "joined", "split"
AT_ONCE = 25
"""Sheets put together in one transaction: others who write wait a second, not a minute."""
OFFERED = 60
"""Loose pages that a person is shown to choose from, the nearest in the pile first."""


class _People(NamedTuple):
    """What people did that no assembling undoes, by ids of pages."""

    worked: set[str]  # they settled a field or an issue there
    joined: set[str]  # they put it on its sheet, or something on or off the sheet that it stands for
    apart: set[str]  # they took it off its sheet
    ended: set[str]  # they said that the sheet has no more pages


class _Step(NamedTuple):
    """Pages, in the form's order, to be made one sheet; `doubled`: they are there a second time."""

    pages: tuple[str, ...]
    doubled: bool


class Sheets(Intake):
    """The part of the store that knows which pages are one sheet."""

    def assemble(self, batch_id: str) -> None:
        """Put the pages of a batch together anew, by their order and by the values that they repeat.

        Run it after pages came in: it finds the same sheets however they came. What people joined, split or worked on
        stays as it is, and only gains pages. Does nothing where no form of the batch has several pages.
        """
        more = True
        while more:
            with self._sessions.writing() as session:
                later = self._assemble(session, batch_id)
            more = bool(later)
            for start in range(0, len(later), AT_ONCE):
                with self._sessions.writing() as session:
                    for step in later[start : start + AT_ONCE]:
                        if self._are_loose(session, step.pages):
                            self._take(session, step)

    def _assemble(self, session: Session, batch_id: str) -> list[_Step]:
        """Put together what is not yet, at most so many sheets in one transaction; returns what is left to do.

        What takes sheets apart comes first: that must be done as long as nobody can have worked on them since.
        """
        forms = self._forms_of(session, batch_id)
        if not forms:
            return []
        pages = {form: max(t.page_count for (f, _), t in forms.items() if f == form) for form, _ in forms}
        leaves, now_of = self._leaves(session, batch_id, forms)
        doubled = _doubled_before(session, batch_id)
        steps: list[tuple[bool, _Step]] = []
        for sheet in assemble(leaves, pages):
            ids = tuple(leaf.id for leaf in sheet.leaves)
            sizes = {now_of[page] for page in ids}
            if sizes != {(ids[0], len(ids))} or sheet.doubled != (ids[0] in doubled):
                steps.append((all(size == 1 for _, size in sizes), _Step(ids, sheet.doubled)))
        steps.sort(key=lambda step: step[0])
        for _, step in steps[:AT_ONCE]:
            self._take(session, step)
        return [step for _, step in steps[AT_ONCE:]]

    def _are_loose(self, session: Session, pages: Sequence[str]) -> bool:
        """Are pages still on no sheet with others? Between two transactions people work."""
        loose = (RecordRow.status == PageStatus.READ.value, RecordRow.head_id.is_(None), RecordRow.sheet_pages == 1)
        query = select(func.count()).select_from(RecordRow).where(RecordRow.id.in_(pages), *loose)
        return session.scalar(query) == len(pages)

    def _take(self, session: Session, step: _Step) -> None:
        """Make pages one sheet if they are not, and tell whether they are there a second time."""
        head = session.get_one(RecordRow, step.pages[0])
        if head.head_id is not None or [page.id for page in self._pages(session, head)] != list(step.pages):
            self._put_together(session, step.pages)
        self._tell_doubled(session, step.pages[0], doubled=step.doubled)

    def _put_together(self, session: Session, ids: Sequence[str]) -> None:
        """Make pages, in the form's order, one sheet. What they leave behind is loose until its own turn comes."""
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

    def _tell_doubled(self, session: Session, record_id: str, *, doubled: bool) -> None:
        told = select(IssueRow.id).where(IssueRow.record_id == record_id, IssueRow.rule == PAGE_DOUBLED)
        if not doubled and session.scalars(told.where(IssueRow.closed_at.is_(None))).first() is None:
            return
        record = session.get_one(RecordRow, record_id)
        issue = Issue(PAGE_DOUBLED, (), Reason("sheet_page_doubled", {"page": record.form_page}))
        self._bring_issues(session, record, {issue_key(issue, {}): issue} if doubled else {}, PAGE_DOUBLED)
        self._settle_state(session, record, None)

    # --- what is known of the pages ---

    def _leaves(
        self, session: Session, batch_id: str, forms: Mapping[tuple[str, str], FormTemplate]
    ) -> tuple[list[BatchPage], dict[str, tuple[str, int]]]:
        """Every page of a batch, and by its id which record it is of now and how many pages that has."""
        columns = (
            RecordRow.id,
            RecordRow.source,
            RecordRow.sha256,
            RecordRow.number,
            RecordRow.form,
            RecordRow.form_version,
        )
        states = (RecordRow.form_page, RecordRow.status, RecordRow.head_id, RecordRow.sheet_pages, RecordRow.created_at)
        rows = session.execute(select(*columns, *states).where(RecordRow.batch_id == batch_id)).all()
        clues, people = _clues(session, batch_id, forms), _people(session, batch_id)
        sheets: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            sheets[row.head_id or row.id].append(row.id)
        leaves = []
        for row in rows:
            head = row.head_id or row.id
            sheet = sheets[head]
            kept = len(sheet) > 1 and bool((people.worked | people.joined) & set(sheet))
            read = row.status == PageStatus.READ and (row.form, row.form_version) in forms
            leaves.append(
                BatchPage(
                    row.id, row.source, row.sha256, row.number, row.form if read else "", row.form_page,
                    clues.get(row.id, {}) if read else {}, row.created_at.timestamp(), row.status == PageStatus.BLANK,
                    bond=head if kept else "",
                    apart=head in people.ended or (row.id in people.apart and len(sheet) == 1),
                )
            )  # fmt: skip
        now_of = {page: (head, len(sheet)) for head, sheet in sheets.items() for page in sheet}
        return leaves, now_of

    # --- by hand ---

    def join(self, page_id: str, record_id: str, *, viewer: Viewer) -> str:
        """A person puts a loose page on a sheet; returns the record of the sheet, which may be that page.

        Raises Conflict where the page is on a sheet already or the sheet has such a page; NotThere; UserError for the
        role; ValueError for pages of different batches or forms.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            page = self._record(session, page_id, viewer)
            head = self._head(session, self._record(session, record_id, viewer))
            pages = self._pages(session, head)
            if (page.batch_id, page.form) != (head.batch_id, head.form):
                raise ValueError("pages of one sheet are of one batch and one form")
            _must_be_free(page, pages)
            keep_act(session, page, PageStatus.READ, viewer, did=JOINED, other_id=head.id)
            found = self._make_sheet(session, sorted([*pages, page], key=lambda row: row.form_page))
            self._recheck(session, found, viewer.id, changed=True)
            self._bring_issues(session, found, {}, PAGE_DOUBLED)
            self._settle_state(session, found, viewer.id)
            return found.id

    def split(self, page_id: str, *, viewer: Viewer) -> str:
        """A person takes a page off its sheet; returns the record of what is left. The page is loose and stays so.

        Raises Conflict where it is on no sheet of several pages; NotThere; UserError for the role.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            page = self._record(session, page_id, viewer)
            heads = self._part(session, page)
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
            head = self._head(session, self._record(session, record_id, viewer))
            told = select(IssueRow.id).where(IssueRow.record_id == head.id, IssueRow.closed_at.is_(None))
            told = told.where(IssueRow.rule.in_((PAGE_MISSING, PAGE_DOUBLED)))
            if head.status != PageStatus.READ or session.scalars(told).first() is None:
                raise Conflict("sheet_changed")
            for page in self._pages(session, head):
                keep_act(session, page, PageStatus.OTHER, viewer)
                self._make_sheet(session, [page])
                page.status = PageStatus.OTHER.value
                self._close_issues(session, page)
                self._recheck(session, page, None)
            self._assemble(session, head.batch_id)

    def loose_pages(self, record_id: str, viewer: Viewer | None) -> list[SheetPage]:
        """Pages of a record's batch that could be put on its sheet: loose, and of a page that it lacks; the nearest in
        the pile first. Raises NotThere."""
        with self._sessions.reading() as session:
            head = self._head(session, self._record(session, record_id, viewer))
            pages = self._pages(session, head)
            query = select(RecordRow).where(
                RecordRow.batch_id == head.batch_id,
                RecordRow.form == head.form,
                RecordRow.status == PageStatus.READ.value,
            )
            there = {page.form_page for page in pages}
            pile = session.scalars(query.order_by(RecordRow.source, RecordRow.sha256, RecordRow.number)).all()
            at = min(n for n, row in enumerate(pile) if row.id == head.id)
            loose = [
                (abs(n - at), row)
                for n, row in enumerate(pile)
                if row.head_id is None and row.sheet_pages == 1 and row.form_page not in there
            ]
            nearest = sorted(loose, key=lambda found: found[0])[:OFFERED]
            return [page_view(row) for _, row in nearest]


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


def _clues(
    session: Session, batch_id: str, forms: Mapping[tuple[str, str], FormTemplate]
) -> dict[str, dict[str, MatchKey]]:
    """Page's id → the values on it that other pages repeat. What a person settled is certain."""
    names = {key: match_keys_of(form) for key, form in forms.items()}
    kinds = {(*key, spec.id): spec.kind for key, form in forms.items() for spec in form.fields}
    fields = {field for found in names.values() for field in found}
    columns: Any = (ReadingRow.record_id, ReadingRow.field, ReadingRow.value, ReadingRow.confidence, ReadingRow.manner)
    query = select(*columns, RecordRow.form, RecordRow.form_version).join(
        RecordRow, RecordRow.id == ReadingRow.record_id
    )
    query = query.where(RecordRow.batch_id == batch_id, ReadingRow.field.in_(fields))
    found: dict[str, dict[str, MatchKey]] = defaultdict(dict)
    for r in session.execute(query):
        name = names.get((r.form, r.form_version), {}).get(r.field)
        if name is not None and isinstance(r.value, str):
            sure = 1.0 if r.manner in ("typed", "accepted") else r.confidence
            found[r.record_id][name] = MatchKey(r.value, sure, kinds[r.form, r.form_version, r.field])
    return found


def _doubled_before(session: Session, batch_id: str) -> set[str]:
    """Records that are told to be there twice, by an issue that is open or settled."""
    query = select(IssueRow.record_id).join(RecordRow, RecordRow.id == IssueRow.record_id)
    query = query.where(RecordRow.batch_id == batch_id, IssueRow.rule == PAGE_DOUBLED, IssueRow.closed_at.is_(None))
    return set(session.scalars(query))


def _people(session: Session, batch_id: str) -> _People:
    def here(query: Any, column: Any) -> set[str]:
        return set(session.scalars(query.join(RecordRow, RecordRow.id == column).where(RecordRow.batch_id == batch_id)))

    settled = select(IssueRow.record_id).where(IssueRow.settled_by.is_not(None), IssueRow.closed_at.is_(None))
    fields = select(ReadingRow.record_id).where(ReadingRow.changed_by.is_not(None)).distinct()
    acts = select(PageActRow.record_id, PageActRow.did, PageActRow.other_id).join(
        RecordRow, RecordRow.id == PageActRow.record_id
    )
    acts = acts.where(RecordRow.batch_id == batch_id, PageActRow.did != "").order_by(PageActRow.at, PageActRow.id)
    latest: dict[str, str] = {}
    joined: set[str] = set()
    for record_id, did, other_id in session.execute(acts):
        latest[record_id] = did
        joined.add(other_id or record_id)
    joined |= {page for page, did in latest.items() if did == JOINED}
    return _People(
        here(settled, IssueRow.record_id) | here(fields, ReadingRow.record_id),
        joined,
        {page for page, did in latest.items() if did == SPLIT},
        here(settled.where(IssueRow.rule == PAGE_MISSING), IssueRow.record_id),
    )
