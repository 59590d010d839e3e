"""The queue: records that need a person, and going from one to the next."""

from __future__ import annotations

from collections.abc import Sequence

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
    items = store().queue(viewer(), batch_id)
    everything = store().batches(viewer())
    batches = [b for b in everything if b.open_records or b.id == batch_id]
    return render_template(
        "queue/index.html",
        items=items[:LISTED],
        total=len(items),
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
    items = store().queue(viewer(), batch_id)
    chosen = next_free(items, request.args.get("after"), viewer())
    if chosen:
        return redirect(url_for("records.form", record_id=chosen.record_id, batch=batch_id))
    return render_template("queue/done.html", batch=_batch_just_done(batch_id), one=batch_id, taken=len(items))


def _batch_just_done(batch_id: str | None) -> BatchSummary | None:
    """The batch that was worked on: the one asked for, or the last record's."""
    after = request.args.get("after")
    if batch_id is None and after:
        try:
            batch_id = store().record(after, viewer()).batch_id
        except NotThere:
            return None
    return summary(batch_id) if batch_id else None


def next_free(items: Sequence[QueueItem], after: str | None, person: Viewer) -> QueueItem | None:
    """The first record after `after` that nobody else has open; after the end it begins at the start."""
    places = [i for i, item in enumerate(items) if item.record_id == after]
    start = places[0] + 1 if places else 0
    turned = [*items[start:], *items[:start]]
    return next((i for i in turned if i.record_id != after and not held_by_another(i, person)), None)


def held_by_another(item: QueueItem, person: Viewer) -> bool:
    """Whether somebody else has this record open."""
    return item.held_by is not None and item.held_by != person.display
