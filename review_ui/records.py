"""The record page: a record beside its sheet, corrected field by field. A sheet of several pages is one record."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, settings, store, viewer, wants_json
from review_ui.batches import summary
from review_ui.field_view import FieldCard, RefusedAnswer, field_card, field_cards, issue_notes, sheet_pictures
from review_ui.language import clock
from review_ui.language import translate as _
from review_ui.value_parser import MAX_LENGTH, InvalidValue, format_value, parse_value
from scanner.errors import Conflict
from scanner.forms.versions import load_version
from scanner.model import FieldSpec, FormTemplate
from scanner.store.views import FieldView, RecordView

bp = Blueprint("records", __name__, url_prefix="/records")

HOLD_SECONDS = 120
"""How long a lease on a record lasts after its page renewed it last."""


@bp.get("/<uuid:record_id>")
@allow("review")
def form(record_id: object) -> ResponseReturnValue:
    """The record page. Opening it takes a lease on the record, so that others get another one."""
    record = store().record(str(record_id), viewer())
    if record.head:
        return redirect(_address(record.head))
    if not record.fields:
        return redirect(url_for("batches.one", batch_id=record.batch_id))
    store().hold(record.id, viewer(), HOLD_SECONDS)
    return _page(record)


@bp.post("/<uuid:record_id>/fields/<field>")
@allow("review")
def save(record_id: object, field: str) -> ResponseReturnValue:
    """Save one field that was accepted, corrected, or marked as unreadable."""
    record = whole(str(record_id))
    sheet = form_of(record)
    spec, view = _field(record, sheet, field)
    unreadable = request.form.get("unreadable") == "1"
    try:
        seen = int(request.form.get("seen_revision", ""))
        value = None if unreadable else parse_value(spec, request.form.getlist("value"))
    except InvalidValue as problem:
        return _refused(record, spec, str(problem))
    except ValueError:
        abort(400)
    manner = "unreadable" if unreadable else ("accepted" if value == view.value else "typed")
    page = field_card(record, sheet, spec, view).page.record_id
    try:
        store().correct(page, field, value, viewer=viewer(), seen_revision=seen, manner=manner)
    except Conflict:
        return _conflict(record.id, spec)
    return _saved(record.id, field)


@bp.post("/<uuid:record_id>/issues/<issue_id>")
@allow("review")
def settle(record_id: object, issue_id: str) -> ResponseReturnValue:
    """A person checked what a rule reports: the values are as the sheet says."""
    record = whole(str(record_id))
    issue = next((i for i in record.issues if i.id == issue_id), None)
    if issue is None:
        abort(404)
    store().settle_issue(issue_id, viewer=viewer(), note=request.form.get("note", "")[:MAX_LENGTH])
    return _saved(record.id, issue.fields[-1] if issue.fields else "")


@bp.post("/<uuid:record_id>/hold")
@allow("review")
def hold(record_id: object) -> ResponseReturnValue:
    """Renew the lease: the page is still open."""
    store().hold(str(record_id), viewer(), HOLD_SECONDS)
    return "", 204


@bp.post("/<uuid:record_id>/release")
@allow("review")
def release(record_id: object) -> ResponseReturnValue:
    """End the lease: the page was left."""
    store().release(str(record_id), viewer())
    return "", 204


# --- answers -----------------------------------------------------------------------------------------


def whole(page_id: str) -> RecordView:
    """The record that a page belongs to, with all its pages."""
    record = store().record(page_id, viewer())
    return store().record(record.head, viewer()) if record.head else record


def form_of(record: RecordView) -> FormTemplate:
    """The form of a record, in the version that its first page was read with."""
    return load_version(record.form, record.form_version, *settings().form_places)


def _field(record: RecordView, sheet: FormTemplate, field: str) -> tuple[FieldSpec, FieldView]:
    view = next((f for f in record.fields if f.field == field), None)
    spec = next((s for s in sheet.fields if s.id == field), None)
    if view is None or spec is None:
        abort(404)
    return spec, view


def _page(record: RecordView, refused: RefusedAnswer | None = None) -> str:
    sheet = form_of(record)
    cards = field_cards(record, sheet, refused)
    notes = issue_notes(record, cards)
    return render_template(
        "records/form.html",
        record=record,
        sheet=sheet,
        cards=cards,
        page_views=sheet_pictures(record, sheet, cards),
        notes=notes,
        asking=sum(card.asks for card in cards) + len(notes),
        batch=summary(record.batch_id),
        queue_batch=request.args.get("batch"),
        next_url=_next_url(record.id),
    )


def _address(record_id: str) -> str:
    return url_for("records.form", record_id=record_id, batch=request.args.get("batch"))


def _next_url(record_id: str) -> str:
    return url_for("queue.following", batch=request.args.get("batch"), after=record_id)


def _saved(record_id: str, field: str) -> ResponseReturnValue:
    """The new state as JSON; without a script the page again, at the next open field."""
    record = store().record(record_id, viewer())
    cards = field_cards(record, form_of(record))
    if not wants_json():
        if record.verified:
            return redirect(_next_url(record_id))
        following = _next_asking(cards, field)
        return redirect(_address(record_id) + (f"#f-{following}" if following else "#notes"))
    now, notes = dt.datetime.now(dt.UTC), issue_notes(record, cards)
    return jsonify(
        saved=clock(now),
        verified=record.verified,
        left=sum(card.asks for card in cards) + len(notes),
        notes=render_template("records/_notes.html", record=record, notes=notes),
        fields={card.spec.id: _state(record, card) for card in cards},
    )


def _state(record: RecordView, card: FieldCard) -> dict[str, object]:
    return {
        "revision": card.view.revision,
        "open": card.view.open,
        "asks": card.asks,
        "line": render_template("records/_line.html", card=card),
        "notices": render_template("records/_notices.html", card=card, record=record),
    }


def _next_asking(cards: list[FieldCard], field: str) -> str:
    at = next((i for i, card in enumerate(cards) if card.spec.id == field), -1)
    turned = [*cards[at + 1 :], *cards[: at + 1]]
    return next((card.spec.id for card in turned if card.asks), "")


def _refused(record: RecordView, spec: FieldSpec, problem: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error="value", message=problem), 422
    return _page(record, RefusedAnswer(spec.id, tuple(request.form.getlist("value")), problem)), 422


def _conflict(record_id: str, spec: FieldSpec) -> ResponseReturnValue:
    """Somebody else changed the field first: show their value, keep what was typed, overwrite nothing."""
    record = store().record(record_id, viewer())
    sheet = form_of(record)
    card = field_card(record, sheet, *_field(record, sheet, spec.id))
    theirs = _("unreadable") if card.unreadable else (format_value(spec, card.view.value) or _("empty"))
    who = card.view.by or _("The machine")
    message = _("%(who)s changed this at %(time)s to: %(value)s", who=who, time=clock(card.view.at), value=theirs)
    if not wants_json():
        return _page(record, RefusedAnswer(spec.id, tuple(request.form.getlist("value")), message)), 409
    value = card.view.value
    plain = (
        list(value) if isinstance(value, tuple) else [str(value).lower() if isinstance(value, bool) else value or ""]
    )
    return jsonify(error="conflict", message=message, value=plain, state=_state(record, card)), 409
