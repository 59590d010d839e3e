"""Batches: the progress of each, and its pages that could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from review_ui.access import allow, store, viewer
from review_ui.language import language
from review_ui.language import translate as _
from scanner.messages import format_reason
from scanner.model import SET_ASIDE, PageStatus
from scanner.store.views import BatchSummary, PageItem

bp = Blueprint("batches", __name__, url_prefix="/batches")

LISTED = 200
"""Pages shown with their pictures; what is dealt with makes room for the next."""


@dataclass(frozen=True, slots=True)
class BatchPageCard:
    """A page that needs a person: its state, the reason, and what to do, in words."""

    item: PageItem
    state: str
    reason: str
    action: str


@bp.get("/")
@allow("batches")
def index() -> ResponseReturnValue:
    """All batches that the person may see, newest first."""
    found = sorted(store().batches(viewer()), key=lambda b: b.created_at, reverse=True)
    return render_template("batches/index.html", batches=found, unread_pages=_unread_pages)


@bp.get("/<uuid:batch_id>")
@allow("batches")
def one(batch_id: object) -> ResponseReturnValue:
    """One batch with its pages that need a person."""
    batch = summary(str(batch_id))
    if batch is None:
        abort(404)
    pages = [page_card(item) for item in store().pages_needing_a_person(viewer(), batch.id, limit=LISTED)]
    aside = sum(batch.by_status.get(status.value, 0) for status in SET_ASIDE)
    return render_template("batches/one.html", batch=batch, pages=pages, waiting=_unread_pages(batch), aside=aside)


def summary(batch_id: str) -> BatchSummary | None:
    """The batch with that id, if the person may see it."""
    return store().batch(batch_id, viewer())


def _unread_pages(batch: BatchSummary) -> int:
    """How many pages of the batch were neither read nor set aside."""
    return sum(n for status, n in batch.by_status.items() if status not in (PageStatus.READ, *SET_ASIDE))


def page_card(item: PageItem) -> BatchPageCard:
    """State, reason and advice for a page that needs a person."""
    state, action = {
        PageStatus.UNPLACED: (
            _("Unplaced"),
            _("Check that it is the right form; scan the whole sheet again, flat and straight."),
        ),
        PageStatus.BLANK: (
            _("Blank page"),
            _("Check whether the wrong side was scanned; ignore the page if it is blank."),
        ),
        PageStatus.UNREADABLE: (_("Unreadable file"), _("Check whether the file is damaged; scan the page again.")),
    }[PageStatus(item.status)]
    return BatchPageCard(item, state, format_reason(item.reason, language()) if item.reason else "", action)
