"""Manual registration: for a page that the machine could not place, a person marks four points or sets it aside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, settings, store, viewer
from review_ui.batches import LISTED, page_card
from review_ui.language import clock, day, language
from review_ui.language import translate as _
from review_ui.page_reader import ManualRegistration, Point, manual_registration
from review_ui.records import HOLD_SECONDS
from scanner.errors import Conflict, FormError
from scanner.forms.loading import list_forms, load_form
from scanner.messages import format_reason
from scanner.model import SET_ASIDE, FormTemplate, PageStatus, Record
from scanner.store.views import PageItem, RecordView

bp = Blueprint("manual_registration", __name__, url_prefix="/unplaced")

MAX_COORDINATE = 20_000
"""Of a point, px; no stored page is as large."""


@dataclass(frozen=True, slots=True)
class FormPageChoice:
    """One printed page of an installed form, which an unplaced page may be."""

    form: str
    page: int
    title: str  # in words

    @property
    def key(self) -> str:
        """Its value in addresses and forms."""
        return f"{self.form}/{self.page}"


@dataclass(frozen=True, slots=True)
class SetAsideCard:
    """A page that somebody set aside, and as what, in words."""

    item: PageItem
    state: str


@bp.get("/")
@allow("review")
def index() -> ResponseReturnValue:
    """The unplaced pages, and those that were set aside."""
    waiting = store().pages_needing_a_person(viewer(), status=PageStatus.UNPLACED, limit=LISTED)
    return render_template(
        "manual_registration/index.html",
        pages=[page_card(item) for item in waiting],
        waiting=store().count_pages(PageStatus.UNPLACED, viewer()),
        aside=[SetAsideCard(item, _state(item.status)) for item in store().pages_set_aside(viewer(), limit=LISTED)],
        me=viewer().display,
    )


@bp.get("/<uuid:record_id>")
@allow("review")
def page(record_id: object) -> ResponseReturnValue:
    """The page beside the blank. Opening it takes a lease on the page, so that others see who works on it."""
    record = store().record(str(record_id), viewer())
    if record.status is not PageStatus.UNPLACED:
        return redirect(_address_now(record))
    registration = _registration_for(record)
    choices = _form_page_choices()
    chosen = _chosen(record, choices, request.args.get("as"))
    store().hold(record.id, viewer(), HOLD_SECONDS)
    return render_template(
        "manual_registration/page.html",
        record=record,
        form_pages=choices,
        chosen=chosen,
        guide=registration.guide(chosen.form, chosen.page),
        reason=format_reason(record.reason, language()) if record.reason else "",
        corners=(_("top left"), _("top right"), _("bottom right"), _("bottom left")),
    )


@bp.get("/<uuid:record_id>/blank.png")
@allow("review")
def blank(record_id: object) -> ResponseReturnValue:
    """The blank of the form page that was chosen."""
    record = store().record(str(record_id), viewer())
    chosen = _chosen(record, _form_page_choices(), request.args.get("as"))
    response = Response(_registration_for(record).guide(chosen.form, chosen.page).blank, mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@bp.post("/<uuid:record_id>/read")
@allow("review")
def read(record_id: object) -> ResponseReturnValue:
    """Read the page again from four points. JSON: where to go on, or why the page was refused."""
    points = _points(request.form.getlist("point"))
    page = store().record(str(record_id), viewer())
    if page.status is not PageStatus.UNPLACED:
        return _conflict(page)
    chosen = _chosen(page, _form_page_choices(), request.form.get("as"))
    found = _registration_for(page).read(page, points, chosen.form, chosen.page)
    if found.status is not PageStatus.READ:
        return _refused(found)
    try:
        store().place(page.id, found, viewer=viewer(), points=points)
    except Conflict:
        return _conflict(store().record(page.id, viewer()))
    said = _("The page was registered and read; it is now a record.")
    return jsonify(said=said, next=url_for("records.form", record_id=page.id))


@bp.post("/<uuid:record_id>/aside")
@allow("review")
def aside(record_id: object) -> ResponseReturnValue:
    """Set the page aside as another document, or to be scanned again."""
    chosen = next((s for s in SET_ASIDE if s.value == request.form.get("as")), None)
    if chosen is None:
        abort(400)
    try:
        store().set_aside(str(record_id), chosen, viewer=viewer())
        flash(_("The page was set aside: %(state)s.", state=_state(chosen)))
    except Conflict:
        flash(_last_act(str(record_id)))
    return redirect(url_for("manual_registration.index"))


@bp.post("/<uuid:record_id>/back")
@allow("review")
def back(record_id: object) -> ResponseReturnValue:
    """Take a page back that was set aside: it is unplaced again."""
    try:
        store().take_back(str(record_id), viewer=viewer())
        flash(_("The page was restored to the unplaced pages."))
    except Conflict:
        flash(_last_act(str(record_id)))
    return redirect(url_for("manual_registration.index"))


# --- parts -------------------------------------------------------------------------------------------


def _registration_for(record: RecordView) -> ManualRegistration:
    """What reads the page again. 404 where the app has none, or the page no picture."""
    found = manual_registration()
    if found is None or record.image is None:
        abort(404)
    return found


def _form_page_choices() -> list[FormPageChoice]:
    """Every printed page of every installed form."""
    found = []
    for form in filter(None, map(_form_or_none, list_forms(*settings().form_places))):
        many = form.page_count > 1
        for n in range(1, form.page_count + 1):
            title = _("%(form)s, page %(n)s", form=form.title, n=n) if many else form.title
            found.append(FormPageChoice(form.id, n, title))
    return found


def _form_or_none(form_id: str) -> FormTemplate | None:
    try:
        return load_form(form_id, *settings().form_places)
    except FormError:
        return None


def _chosen(record: RecordView, choices: Sequence[FormPageChoice], key: str | None) -> FormPageChoice:
    """The form page that a person chose, else the one the machine assumed. 404 for what is not installed."""
    if not choices:
        abort(404)
    if key is None:
        same_form = [p for p in choices if p.form == record.form]
        return next((p for p in same_form if p.page == record.form_page), (same_form or list(choices))[0])
    named = [p for p in choices if p.key == key]
    return named[0] if named else abort(404)


def _points(given: list[str]) -> list[Point]:
    """Four points written "x,y". 400 for anything else."""
    try:
        pairs = [tuple(float(part) for part in text.split(",")) for text in given]
    except ValueError:
        abort(400)
    points = [
        (p[0], p[1]) for p in pairs if len(p) == 2 and all(math.isfinite(v) and abs(v) < MAX_COORDINATE for v in p)
    ]
    if len(pairs) != 4 or len(points) != 4:
        abort(400)
    return points


def _state(status: PageStatus) -> str:
    return _("Other document") if status is PageStatus.OTHER else _("To be scanned again")


def _address_now(record: RecordView) -> str:
    if record.status is PageStatus.READ:
        return url_for("records.form", record_id=record.id)
    return url_for("manual_registration.index")


def _refused(found: Record) -> ResponseReturnValue:
    why = format_reason(found.reason, language()) if found.reason else ""
    message = _("The page still cannot be read. %(why)s Check the four points, or set the page aside.", why=why)
    return jsonify(error="refused", message=message), 422


def _conflict(record: RecordView) -> ResponseReturnValue:
    """Somebody else changed the page first: their change stays, and the answer says where the page is now."""
    message = _last_act(record.id)
    return jsonify(error="conflict", message=message, next=_address_now(record)), 409


def _last_act(record_id: str) -> str:
    """The last action on a page, in words."""
    acts = store().page_acts(record_id, viewer())
    if not acts:
        return _("Somebody else has just processed this page.")
    did = {
        PageStatus.READ: _("registered this page; it is now a record in the review queue"),
        PageStatus.OTHER: _("set this page aside as another document"),
        PageStatus.RESCAN: _("set this page aside to be scanned again"),
    }.get(acts[-1].after, _("restored this page"))
    return _("%(who)s %(did)s (%(time)s).", who=acts[-1].by, did=did, time=f"{clock(acts[-1].at)} {day(acts[-1].at)}")
