"""The queue: records that need a person, and going from one to the next."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, store, viewer
from review_ui.batches import summary
from scanner.errors import NotThere
from scanner.model import PageStatus
from scanner.store.views import BatchSummary, QueueItem, Viewer

bp = Blueprint("queue", __name__, url_prefix="/queue")

LISTED = 200
"""Rows on the page; nobody reads a list of thousands."""


@bp.get("/")
@allow("review")
def index() -> ResponseReturnValue:
    """Records with open work, of one batch or of all."""
    batch_id = request.args.get("batch") or None
    items = store().queue(viewer(), batch_id, limit=LISTED)
    everything = store().batches(viewer())
    batches = [b for b in everything if b.open_records or b.id == batch_id]
    return render_template(
        "queue/index.html",
        items=items,
        total=sum(b.open_records for b in everything if batch_id in (None, b.id)),
        batches=batches,
        batch_id=batch_id,
        unplaced=sum(b.by_status.get(PageStatus.UNPLACED.value, 0) for b in everything),
        taken=lambda item: held_by_another(item, viewer()),
    )


@bp.get("/next")
@allow("review")
def following() -> ResponseReturnValue:
    """Go on to the next free record after the one named; a page saying that all is done where there is none."""
    batch_id = request.args.get("batch") or None
    chosen = store().next_record(viewer(), batch_id, after=request.args.get("after"))
    if chosen:
        return redirect(url_for("records.form", record_id=chosen.record_id, batch=batch_id))
    taken = sum(b.open_records for b in store().batches(viewer()) if batch_id in (None, b.id))
    return render_template("queue/done.html", batch=_batch_just_done(batch_id), one=batch_id, taken=taken)


def _batch_just_done(batch_id: str | None) -> BatchSummary | None:
    """The batch that was worked on: the one asked for, or the last record's."""
    after = request.args.get("after")
    if batch_id is None and after:
        try:
            batch_id = store().record(after, viewer()).batch_id
        except NotThere:
            return None
    return summary(batch_id) if batch_id else None


def held_by_another(item: QueueItem, person: Viewer) -> bool:
    """Whether somebody else has this record open."""
    return item.held_by is not None and item.held_by != person.display
