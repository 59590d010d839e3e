"""The pages of one sheet: add a loose page of the same batch, or take off a page that belongs to another sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, store, viewer
from review_ui.language import translate as _
from review_ui.records import form_of, whole
from review_ui.value_parser import format_value
from scanner.errors import Conflict
from scanner.model import FormTemplate
from scanner.store.views import FieldView, SheetPage

INCOMPLETE = frozenset({"page_missing", "page_doubled"})
"""Issues of a sheet that may only be a second scan of pages that are there."""
SHOWN_VALUES = 2
"""Values shown of a page where the form repeats none: enough to see whose it is."""

bp = Blueprint("sheets", __name__, url_prefix="/sheets")


@dataclass(frozen=True, slots=True)
class SheetPageCard:
    """A page, with values that show whose it is: label and value."""

    page: SheetPage
    values: tuple[tuple[str, str], ...]


@bp.get("/<uuid:record_id>")
@allow("review")
def index(record_id: object) -> ResponseReturnValue:
    """The pages of the sheet, and the loose pages that could belong to it."""
    record = whole(str(record_id))
    form = form_of(record)
    there = {page.form_page for page in record.pages}
    return render_template(
        "sheets/index.html",
        record=record,
        form=form,
        pages=[_card(page, record.fields, form) for page in record.pages],
        missing=[n for n in range(1, form.page_count + 1) if n not in there],
        loose=[_card(found.page, found.fields, form) for found in store().unmatched_pages(record.id, viewer())],
        incomplete=any(issue.rule in INCOMPLETE for issue in record.issues),
        batch=request.args.get("batch"),
    )


@bp.post("/<uuid:record_id>/join")
@allow("review")
def join(record_id: object) -> ResponseReturnValue:
    """Add a loose page to the sheet."""
    try:
        found = store().join(request.form.get("page", ""), str(record_id), viewer=viewer())
    except Conflict:
        flash(_("The page or the sheet has been changed by somebody else. Check it again."))
        return redirect(_here(str(record_id)))
    flash(_("The page was added to this sheet."))
    return redirect(url_for("records.form", record_id=found, batch=request.args.get("batch")))


@bp.post("/<uuid:record_id>/split")
@allow("review")
def split(record_id: object) -> ResponseReturnValue:
    """Take a page off the sheet; it is a record of its own then."""
    try:
        left = store().split(request.form.get("page", ""), viewer=viewer())
    except Conflict:
        flash(_("The page or the sheet has been changed by somebody else. Check it again."))
        left = str(record_id)
    else:
        flash(_("The page was removed from the sheet; it is now an unassigned page."))
    return redirect(_here(left))


@bp.post("/<uuid:record_id>/aside")
@allow("review")
def aside(record_id: object) -> ResponseReturnValue:
    """Set the sheet's pages aside, for example as scanned twice; they can be taken back."""
    try:
        store().leave_out(str(record_id), viewer=viewer())
    except Conflict:
        flash(_("The page or the sheet has been changed by somebody else. Check it again."))
        return redirect(_here(str(record_id)))
    flash(_("The sheet was set aside. You can restore it from the list of pages set aside."))
    return redirect(url_for("queue.index", batch=request.args.get("batch")))


def _card(page: SheetPage, fields: Sequence[FieldView], form: FormTemplate) -> SheetPageCard:
    """The values that pages of the form repeat; where it repeats none, the first of the page."""
    here = {spec.id: spec for spec in form.fields if spec.page == page.form_page}
    repeated = {spec.same_as for spec in form.fields} | {spec.id for spec in form.fields if spec.same_as}
    values = {view.field: view.value for view in fields}
    shown_here = {name: (spec.label, format_value(spec, values[name])) for name, spec in here.items() if name in values}
    repeated_here = [pair for name, pair in shown_here.items() if name in repeated]
    return SheetPageCard(page, tuple(repeated_here or list(shown_here.values())[:SHOWN_VALUES]))


def _here(record_id: str) -> str:
    return url_for("sheets.index", record_id=record_id, batch=request.args.get("batch"))
