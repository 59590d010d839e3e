"""The pages of one sheet: a loose page of the same batch is put on it, or a page that is not its own is taken off."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, store, viewer
from review_ui.language import translate as _
from review_ui.records import form_of, whole
from scanner.errors import Conflict

bp = Blueprint("sheets", __name__, url_prefix="/sheets")


@bp.get("/<uuid:record_id>")
@allow("review")
def index(record_id: object) -> ResponseReturnValue:
    """The pages that are on the sheet, and those that could be."""
    record = whole(str(record_id))
    form = form_of(record)
    there = {page.form_page for page in record.pages}
    return render_template(
        "sheets/index.html",
        record=record,
        form=form,
        missing=[n for n in range(1, form.page_count + 1) if n not in there],
        loose=store().loose_pages(record.id, viewer()),
        batch=request.args.get("batch"),
    )


@bp.post("/<uuid:record_id>/join")
@allow("review")
def join(record_id: object) -> ResponseReturnValue:
    """Put a loose page on the sheet."""
    try:
        found = store().join(request.form.get("page", ""), str(record_id), viewer=viewer())
    except Conflict:
        flash(_("The page or the sheet has changed meanwhile; look again."))
        return redirect(_here(str(record_id)))
    flash(_("The page is on this sheet now."))
    return redirect(url_for("records.form", record_id=found, batch=request.args.get("batch")))


@bp.post("/<uuid:record_id>/split")
@allow("review")
def split(record_id: object) -> ResponseReturnValue:
    """Take a page off the sheet; it is a record of its own then."""
    try:
        left = store().split(request.form.get("page", ""), viewer=viewer())
    except Conflict:
        flash(_("The page or the sheet has changed meanwhile; look again."))
        left = str(record_id)
    else:
        flash(_("The page was taken off; it is among the loose pages now."))
    return redirect(_here(left))


def _here(record_id: str) -> str:
    return url_for("sheets.index", record_id=record_id, batch=request.args.get("batch"))
