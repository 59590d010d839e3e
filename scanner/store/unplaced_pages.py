"""Pages that the registration refused, in a person's hands: placed from four points, set aside, taken back."""

from __future__ import annotations

from collections.abc import Sequence, Set

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from scanner import model
from scanner.errors import Conflict
from scanner.model import SET_ASIDE, PageStatus
from scanner.store import convert
from scanner.store.base import may_review
from scanner.store.intake import must_be_same_page
from scanner.store.locks import lock_sheets
from scanner.store.sheets import Sheets, keep_act
from scanner.store.tables import PUT_ASIDE, BatchRow, PageActRow, RecordRow
from scanner.store.views import PageActView, PageItem, Viewer


class UnplacedPages(Sheets):
    """The part of the store for pages that could not be placed. A page is one row, and so always one record."""

    def place(
        self, record_id: str, record: model.Record, *, viewer: Viewer, points: Sequence[tuple[float, float]] = ()
    ) -> None:
        """A page that could not be placed was read from a person's four points: it is a record like any other now, and
        on its sheet where that is clear.

        Of two who place one page at once the second gets Conflict and nothing changes. Raises NotThere; UserError for
        the role; StoreError for another page's reading; ValueError for a reading that did not place the page.
        """
        may_review(viewer)
        if record.status is not PageStatus.READ:
            raise ValueError("only a page that was read is placed")
        with self._sessions.writing() as session:
            self._lock(session, [record_id], (record.form, record.form_version, convert.read_values(record)))
            row = self._record(session, record_id, viewer)
            must_be_same_page(row, record)
            _must_be(row, {PageStatus.UNPLACED})
            keep_act(session, row, PageStatus.READ, viewer, points)
            self._take_reading(session, row, record)
        self.assemble(row.batch_id)

    def set_aside(self, record_id: str, status: PageStatus, *, viewer: Viewer) -> None:
        """A person says that an unplaced page is another document, or must be scanned again.

        Raises Conflict where it is not unplaced any more, NotThere, UserError for the role, ValueError for any other
        status.
        """
        may_review(viewer)
        if status not in SET_ASIDE:
            raise ValueError("a page is set aside as another document or to be scanned again")
        self._move(record_id, {PageStatus.UNPLACED}, status, viewer)

    def take_back(self, record_id: str, *, viewer: Viewer) -> None:
        """A page that was set aside needs a person again; one that had been read is a record again, as it was.

        Raises Conflict where it is not set aside; as `set_aside`.
        """
        may_review(viewer)
        with self._sessions.writing() as session:
            self._lock(session, [record_id])
            row = self._record(session, record_id, viewer)
            _must_be(row, SET_ASIDE)
            acts = select(PageActRow.before).where(PageActRow.record_id == row.id, PageActRow.after == row.status)
            before = session.scalars(acts.order_by(PageActRow.at.desc()).limit(1)).first()
            after = PageStatus.READ if before == PageStatus.READ else PageStatus.UNPLACED
            keep_act(session, row, after, viewer)
            row.status = after.value
            if after is PageStatus.READ:
                self._recheck(session, row, None)
        if after is PageStatus.READ:
            self.assemble(row.batch_id)

    def pages_set_aside(self, viewer: Viewer | None = None, *, limit: int | None = None) -> list[PageItem]:
        """Pages that people set aside, the latest first, each with who did it and when; at most `limit` of them."""
        columns = (
            RecordRow.id, BatchRow.name, RecordRow.source, RecordRow.number, RecordRow.status, RecordRow.reason,
            RecordRow.image, PageActRow.user_id, PageActRow.at,
        )  # fmt: skip
        later = aliased(PageActRow)
        once_more = exists().where(
            later.record_id == PageActRow.record_id, later.after == PageActRow.after, later.at > PageActRow.at
        )
        query = (
            select(*columns)
            .join(RecordRow, RecordRow.id == PageActRow.record_id)
            .join(BatchRow, BatchRow.id == RecordRow.batch_id)
            .where(PUT_ASIDE, PageActRow.after == RecordRow.status, ~once_more)
            .order_by(PageActRow.at.desc(), PageActRow.id)
            .limit(limit)
        )
        with self._sessions.reading() as session:
            names = self._names(session)
            return [
                PageItem(
                    r.id, r.name, r.source, r.number, PageStatus(r.status), convert.reason_value(r.reason), r.image,
                    by=names.get(r.user_id), at=r.at,
                ) for r in session.execute(query.where(self._in_scope(viewer)))
            ]  # fmt: skip

    def page_acts(self, record_id: str, viewer: Viewer | None) -> list[PageActView]:
        """The trail of a page, oldest first. Raises NotThere."""
        with self._sessions.reading() as session:
            self._record(session, record_id, viewer)
            names = self._names(session)
            query = select(PageActRow).where(PageActRow.record_id == record_id).order_by(PageActRow.at, PageActRow.id)
            return [
                PageActView(
                    PageStatus(a.before), PageStatus(a.after), names.get(a.user_id, ""), a.at,
                    tuple((float(x), float(y)) for x, y in a.points or ()), a.did,
                ) for a in session.scalars(query)
            ]  # fmt: skip

    def _move(self, record_id: str, allowed: Set[PageStatus], status: PageStatus, viewer: Viewer) -> None:
        with self._sessions.writing() as session:
            lock_sheets(session, [record_id])
            row = self._record(session, record_id, viewer)
            _must_be(row, allowed)
            keep_act(session, row, status, viewer)
            row.status = status.value


def _must_be(row: RecordRow, allowed: Set[PageStatus]) -> None:
    if row.status not in allowed:
        raise Conflict("page_dealt_with")
