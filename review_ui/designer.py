"""The form designer: a blank becomes a form, on the screen; every save without faults is a version of its own."""

from __future__ import annotations

import base64
import json
import logging
import re
from threading import Lock
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, settings, viewer
from review_ui.cards import reason_words
from review_ui.designer_words import checks, fault, kinds, layouts, lists, parts_of_checks, script_texts
from review_ui.language import percent
from review_ui.language import translate as _
from review_ui.typed import shown
from review_ui.uploads import MAX_UPLOAD, kind_of, set_aside
from review_ui.workshop import Workshop
from scanner.errors import Conflict, FormError, SohoaError
from scanner.form_versions import (
    all_faults,
    blank_picture,
    drop_draft,
    is_form_id,
    keep_draft,
    list_drafts,
    load_draft,
    publish,
    stamp,
    versions,
)
from scanner.forms import LAYOUTS, form_of, list_forms, load_form
from scanner.model import FormTemplate, Record, Unreadable
from scanner.rules import CHECKS, CONSTANTS, MANY

bp = Blueprint("designer", __name__, url_prefix="/forms")
log = logging.getLogger(__name__)

ROOM = "designer"
MAX_FORM = 1024 * 1024
"""Bytes of a form as it is saved; one of sixty fields has 20,000."""
LIMITS = {"designer.upload": MAX_UPLOAD, "designer.attempt": MAX_UPLOAD + MAX_FORM,
          "designer.save": MAX_FORM, "designer.check": MAX_FORM}  # fmt: skip
BLANKS = (".pdf", ".png", ".jpg")
_saving = Lock()


# --- the list ----------------------------------------------------------------------------------------


@bp.get("/")
@allow(ROOM)
def index() -> ResponseReturnValue:
    """The forms and drafts there are, and the way to a new one."""
    return _list()


@bp.post("/")
@allow(ROOM)
def upload() -> ResponseReturnValue:
    """A blank becomes a draft: its fields are found."""
    given = {key: " ".join(request.form.get(key, "").split()) for key in ("id", "title")}
    problem = _stands_against(given)
    sent = request.files.get("blank")
    suffix = kind_of(sent)
    if not problem and suffix not in BLANKS:
        problem = _("Choose the blank as a PDF, PNG or JPEG file.")
    if problem or sent is None or suffix is None:
        return _list(problem, given)
    problem = _drafted(sent, suffix, given)
    if problem:
        return _list(problem, given)
    log.info("user %s drafted a form", viewer().id)
    return redirect(url_for("designer.edit", form_id=given["id"]))


def _stands_against(given: dict[str, str]) -> str:
    if not is_form_id(given["id"]):
        return _("The id may hold small letters a–z, digits and hyphens only, 40 at most.")
    if given["id"] in {*list_forms(*settings().form_places), *list_drafts(settings().drafts)}:
        return _("There is a form of this id already. Choose another id, or open that form in the list.")
    if not 0 < len(given["title"]) <= 200:
        return _("Give the form a title of at most 200 characters.")
    return ""


def _drafted(sent: Any, suffix: str, given: dict[str, str]) -> str:
    """Make the draft; what stood against it otherwise."""
    shop = _workshop()
    if not shop.busy.acquire(blocking=False):
        return _("Another sheet is being read just now. Try again in a moment.")
    try:
        with set_aside(sent, suffix) as path:
            made = shop.draft(path, given["id"], given["title"])
    except FormError:
        return _(
            "No form can be made of this file. Give a PDF at its true size, or a scan of the whole sheet that "
            "says its resolution (dpi)."
        )
    finally:
        shop.busy.release()
    return reason_words(made.reason) if isinstance(made, Unreadable) else ""


def _list(problem: str = "", given: dict[str, str] | None = None) -> ResponseReturnValue:
    known = list_forms(*settings().form_places)
    forms = [_sound(form_id) for form_id in known]
    drafts = [d for d in list_drafts(settings().drafts) if d not in known]
    page = render_template(
        "designer/index.html",
        forms=[(f, len(versions(f.id, settings().own_forms))) for f in forms if f],
        drafts=[d for d in map(_draft, drafts) if d],
        changed=set(list_drafts(settings().drafts)) & set(known),
        problem=problem,
        given=given or {},
        ready=_shop() is not None,
    )
    return page, 422 if problem else 200


# --- one form ----------------------------------------------------------------------------------------


@bp.get("/<form_id>")
@allow(ROOM)
def edit(form_id: str) -> ResponseReturnValue:
    """The blank with the form's boxes over it."""
    form, current = _working_copy(form_id)
    return render_template(
        "designer/edit.html",
        form=form,
        is_draft=form is not current,
        current=current,
        kept=versions(form.id, settings().own_forms),
        data={
            "form": form.model_dump(mode="json", include={"title", "fields", "rules"}, exclude_defaults=True),
            "sheet": form.sheet,
            "seen": _seen(form, current),
            "faults": _faults(form),
            "layouts": {kind.value: [name for name in layouts() if name in fit] for kind, fit in LAYOUTS.items()},
            "checks": {name: {"roles": c.roles, "params": c.params, "spare": c.spare, "spareParams": c.spare_params}
                       for name, c in CHECKS.items()},
            "many": sorted(MANY),
            "constants": dict(CONSTANTS),
            "names": {"kind": kinds(), "layout": layouts(), "list": lists(), "part": parts_of_checks(),
                      "check": checks()},
            "texts": script_texts(),
        },
    )  # fmt: skip


@bp.get("/<form_id>/blank")
@allow(ROOM)
def blank(form_id: str) -> ResponseReturnValue:
    """The blank as a picture."""
    response = Response(blank_picture(_working_copy(form_id)[0]), mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/<form_id>/check")
@allow(ROOM)
def check(form_id: str) -> ResponseReturnValue:
    """What is wrong with the form as it is on the screen; nothing is saved."""
    return jsonify(faults=_faults(_sent(request.get_json(), _working_copy(form_id)[0])))


@bp.post("/<form_id>/save")
@allow(ROOM)
def save(form_id: str) -> ResponseReturnValue:
    """A new version, where nothing is wrong; else the work is kept as a draft and what is wrong is told."""
    sent = request.get_json()
    with _saving:
        before, current = _working_copy(form_id)
        if not isinstance(sent, dict) or sent.get("seen") != _seen(before, current):
            raise Conflict("Somebody else saved the form.", "Reload the page.")
        form = _sent(sent.get("form"), before)
        faults = _faults(form)
        if faults:
            keep_draft(form, settings().drafts)
        else:
            form = current = publish(form, current, settings().own_forms)
            drop_draft(form_id, settings().drafts)
            log.info("user %s saved version %s of a form", viewer().id, form.version)
    return jsonify(faults=faults, version=None if faults else form.version, seen=_seen(form, current))


@bp.post("/<form_id>/discard")
@allow(ROOM)
def discard(form_id: str) -> ResponseReturnValue:
    """Forget a draft. The versions stay."""
    _working_copy(form_id)
    drop_draft(form_id, settings().drafts)
    flash(_("The draft was discarded."))
    return redirect(url_for("designer.index"))


@bp.post("/<form_id>/try")
@allow(ROOM)
def attempt(form_id: str) -> ResponseReturnValue:
    """Read one filled sheet with the form as it is on the screen. Nothing of the sheet is kept."""
    try:
        form = _sent(json.loads(request.form.get("form", "")), _working_copy(form_id)[0])
    except ValueError:
        abort(400)
    sent = request.files.get("sheet")
    suffix = kind_of(sent)
    if _faults(form):
        return jsonify(message=_("Mend the problems first, then try.")), 422
    if sent is None or suffix is None:
        return jsonify(message=_("Choose a filled sheet as a PDF, PNG, JPEG or TIFF file.")), 422
    shop = _workshop()
    if not shop.busy.acquire(blocking=False):
        return jsonify(message=_("Another sheet is being read just now. Try again in a moment.")), 503
    try:
        with set_aside(sent, suffix) as path:
            record, picture = shop.read(path, form)
    finally:
        shop.busy.release()
    return jsonify(_trial(record, picture, form))


def _trial(record: Record, picture: bytes | None, form: FormTemplate) -> dict[str, Any]:
    """What was read, in words, with the picture of the page inside: it has no address anybody could open later."""
    return {
        "placed": record.registration is not None,
        "message": reason_words(record.reason),
        "picture": base64.b64encode(picture).decode() if picture else "",
        "issues": [reason_words(issue.message) for issue in record.issues],
        "readings": [
            {
                "field": r.field,
                "label": form.field(r.field).label,
                "value": shown(form.field(r.field), r.value),
                "sure": percent(r.confidence),
                "review": r.review,
                "reason": reason_words(r.reason),
            }
            for r in record.readings
        ],
    }


# --- the form behind the screen ----------------------------------------------------------------------


def _working_copy(form_id: str) -> tuple[FormTemplate, FormTemplate | None]:
    """The draft or else the version in force, and the version in force. 404 where there is neither."""
    current = _sound(form_id) if form_id in list_forms(*settings().form_places) else None
    form = _draft(form_id) or current
    if form is None or not re.fullmatch(r"[\w-]+", form_id):
        abort(404)
    return form, current


def _sound(form_id: str) -> FormTemplate | None:
    """The form, or None where its file is wrong: `sohoa forms check` tells, the others go on."""
    try:
        return load_form(form_id, *settings().form_places)
    except FormError:
        return None


def _draft(form_id: str) -> FormTemplate | None:
    try:
        return load_draft(form_id, settings().drafts)
    except FormError:
        return None


def _seen(form: FormTemplate, current: FormTemplate | None) -> str:
    return f"{stamp(form)}-{stamp(current)}"


def _sent(data: Any, before: FormTemplate) -> FormTemplate:
    """The form as the screen has it: title, fields and rules; the rest stays as it was. 400 for what is no form."""
    if not isinstance(data, dict) or not {"title", "fields", "rules"} >= set(data):
        abort(400)
    fixed = before.model_dump(mode="json", include={"id", "version", "sheet", "blank"})
    try:
        return form_of({**data, **fixed}, before.folder, before.id)
    except FormError:
        abort(400)


def _faults(form: FormTemplate) -> list[dict[str, str]]:
    """What is wrong, each with the field, option or rule it is beside."""
    places = ("field", "other", "rule")
    return [
        {"text": fault(f, form), **{key: str(f.params[key]) for key in places if key in f.params}}
        for f in all_faults(form)
    ]


def _shop() -> Workshop | None:
    return cast("Workshop | None", current_app.extensions.get("sohoa_workshop"))


def _workshop() -> Workshop:
    shop = _shop()
    if shop is None:
        raise SohoaError("This desk was started without the reading.", "Start it with sohoa serve.")
    return shop
