"""The form designer: a form is made from a blank on the screen; every save without faults is a new version."""

from __future__ import annotations

import base64
import json
import logging

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from review_ui.access import allow, settings, viewer
from review_ui.designer_forms import (
    AREA,
    BLANKS,
    MAX_FORM,
    Busy,
    check_unchanged,
    draft_of,
    faults_of,
    form_from_json,
    form_or_none,
    reserved_trial_reading,
    saving,
    state_of,
    trial_reading,
    working_copy,
)
from review_ui.designer_texts import (
    busy_message,
    check_parts,
    checks,
    kinds,
    layouts,
    lists,
    script_texts,
    unusable_blank,
)
from review_ui.field_view import reason_words
from review_ui.language import percent
from review_ui.language import translate as _
from review_ui.uploads import MAX_UPLOAD, suffix_of, temporary_file
from review_ui.value_parser import format_value
from scanner.errors import FormError
from scanner.forms.checking import LAYOUTS
from scanner.forms.loading import list_forms, pages_of
from scanner.forms.versions import blank_picture, drop_draft, is_form_id, keep_draft, list_drafts, publish, versions
from scanner.model import FormTemplate, Record, Unreadable
from scanner.rules import CHECKS, CONSTANTS, MANY

bp = Blueprint("designer", __name__, url_prefix="/forms")
log = logging.getLogger(__name__)

LIMITS = {"designer.upload": MAX_UPLOAD, "designer.attempt": MAX_UPLOAD + MAX_FORM,
          "designer.save": MAX_FORM, "designer.check": MAX_FORM}  # fmt: skip


# --- the list ----------------------------------------------------------------------------------------


@bp.get("/")
@allow(AREA)
def index() -> ResponseReturnValue:
    """The list of forms and drafts, and the form for a new one."""
    return _list()


@bp.post("/")
@allow(AREA)
def upload() -> ResponseReturnValue:
    """Find the fields of a blank and keep them as a draft."""
    given = {key: " ".join(request.form.get(key, "").split()) for key in ("id", "title")}
    problem = _upload_problem(given)
    sent = request.files.get("blank")
    suffix = suffix_of(sent)
    if not problem and suffix not in BLANKS:
        problem = _("Choose the blank as a PDF, PNG or JPEG file.")
    if problem or sent is None or suffix is None:
        return _list(problem, given)
    problem = _make_draft(sent, suffix, given)
    if problem:
        return _list(problem, given)
    log.info("user %s drafted a form", viewer().id)
    return redirect(url_for("designer.edit", form_id=given["id"]))


def _upload_problem(given: dict[str, str]) -> str:
    if not is_form_id(given["id"]):
        return _("The ID may contain only the letters a–z, digits and hyphens, at most 40.")
    if given["id"] in {*list_forms(*settings().form_places), *list_drafts(settings().drafts)}:
        return _("There is already a form with this ID. Choose another ID, or open that form in the list.")
    if not 0 < len(given["title"]) <= 200:
        return _("Give the form a title of at most 200 characters.")
    return ""


def _make_draft(sent: FileStorage, suffix: str, given: dict[str, str]) -> str:
    """Make the draft; the problem in words where that fails, else ""."""
    try:
        with temporary_file(sent, suffix) as path, reserved_trial_reading() as trial:
            made = trial.draft(path, given["id"], given["title"])
    except Busy:
        return busy_message()
    except FormError:
        return unusable_blank()
    return reason_words(made.reason) if isinstance(made, Unreadable) else ""


def _list(problem: str = "", given: dict[str, str] | None = None) -> ResponseReturnValue:
    known = list_forms(*settings().form_places)
    forms = [form_or_none(form_id) for form_id in known]
    drafts = [d for d in list_drafts(settings().drafts) if d not in known]
    page = render_template(
        "designer/index.html",
        forms=[(f, len(versions(f.id, settings().own_forms))) for f in forms if f],
        drafts=[d for d in map(draft_of, drafts) if d],
        changed=set(list_drafts(settings().drafts)) & set(known),
        problem=problem,
        given=given or {},
        ready=trial_reading() is not None,
    )
    return page, 422 if problem else 200


# --- one form ----------------------------------------------------------------------------------------


@bp.get("/<form_id>")
@allow(AREA)
def edit(form_id: str) -> ResponseReturnValue:
    """The designer: the blank with the form's boxes over it."""
    form, current = working_copy(form_id)
    return render_template(
        "designer/edit.html",
        form=form,
        pages=pages_of(form),
        ready=trial_reading() is not None,
        is_draft=form is not current,
        current=current,
        kept=versions(form.id, settings().own_forms),
        data={
            "form": form.model_dump(mode="json", include={"title", "fields", "rules"}, exclude_defaults=True),
            "pages": [{"sheet": page.sheet, "blank": url_for("designer.blank", form_id=form.id, number=page.page)}
                      for page in pages_of(form)],
            "kept": _ids_of(current) if current else [],
            "seen": state_of(form, current),
            "faults": faults_of(form),
            "layouts": {kind.value: [name for name in layouts() if name in fit] for kind, fit in LAYOUTS.items()},
            "checks": {name: {"roles": c.roles, "params": c.params, "spare": c.spare, "spareParams": c.spare_params}
                       for name, c in CHECKS.items()},
            "many": sorted(MANY),
            "constants": dict(CONSTANTS),
            "names": {"kind": kinds(), "layout": layouts(), "list": lists(), "part": check_parts(),
                      "check": checks()},
            "texts": script_texts(),
        },
    )  # fmt: skip


def _ids_of(form: FormTemplate) -> list[str]:
    return [name for f in form.fields for name in (f.id, *(f"{f.id}/{o.id}" for o in f.options))]


@bp.get("/<form_id>/blank/<int:number>")
@allow(AREA)
def blank(form_id: str, number: int) -> ResponseReturnValue:
    """The blank of one page as a picture."""
    form = working_copy(form_id)[0]
    if not 1 <= number <= form.page_count:
        abort(404)
    response = Response(blank_picture(form.of_page(number)), mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/<form_id>/check")
@allow(AREA)
def check(form_id: str) -> ResponseReturnValue:
    """The faults of the form as it is on the screen; nothing is saved."""
    return jsonify(faults=faults_of(form_from_json(request.get_json(), working_copy(form_id)[0])))


@bp.post("/<form_id>/save")
@allow(AREA)
def save(form_id: str) -> ResponseReturnValue:
    """Save a new version; where something is wrong, keep a draft and report the faults."""
    sent = request.get_json()
    with saving:
        before, current = working_copy(form_id)
        if not isinstance(sent, dict):
            abort(400)
        check_unchanged(sent.get("seen"), before, current)
        form = form_from_json(sent.get("form"), before)
        faults = faults_of(form)
        if faults:
            keep_draft(form, settings().drafts)
        else:
            form = current = publish(form, current, settings().own_forms)
            drop_draft(form_id, settings().drafts)
            log.info("user %s saved version %s of a form", viewer().id, form.version)
    return jsonify(faults=faults, version=None if faults else form.version, seen=state_of(form, current))


@bp.post("/<form_id>/discard")
@allow(AREA)
def discard(form_id: str) -> ResponseReturnValue:
    """Delete a draft. The versions stay."""
    working_copy(form_id)
    drop_draft(form_id, settings().drafts)
    flash(_("The draft was discarded."))
    return redirect(url_for("designer.index"))


@bp.post("/<form_id>/try")
@allow(AREA)
def attempt(form_id: str) -> ResponseReturnValue:
    """Read a filled sheet with the form as it is on the screen. Nothing of the sheet is kept."""
    try:
        form = form_from_json(json.loads(request.form.get("form", "")), working_copy(form_id)[0])
    except ValueError:
        abort(400)
    sent = request.files.get("sheet")
    suffix = suffix_of(sent)
    if faults_of(form):
        return jsonify(message=_("Correct the problems first, then try again.")), 422
    if sent is None or suffix is None:
        return jsonify(message=_("Choose a filled sheet as a PDF, PNG, JPEG or TIFF file.")), 422
    try:
        with temporary_file(sent, suffix) as path, reserved_trial_reading() as trial:
            found = trial.read(path, form)
    except Busy:
        return jsonify(message=busy_message()), 503
    return jsonify(pages=[_trial(record, picture, form) for record, picture in found])


def _trial(record: Record, picture: bytes | None, form: FormTemplate) -> dict[str, object]:
    """What was read, in words. The picture is part of the answer, so that it has no address to open later."""
    return {
        "number": record.ref.number,
        "page": record.form_page if record.registration is not None else None,
        "message": reason_words(record.reason),
        "picture": base64.b64encode(picture).decode() if picture else "",
        "issues": [reason_words(issue.message) for issue in record.issues],
        "readings": [
            {
                "field": r.field,
                "label": form.field(r.field).label,
                "value": format_value(form.field(r.field), r.value),
                "sure": percent(r.confidence),
                "review": r.review,
                "reason": "; ".join(reason_words(reason) for reason in r.reasons),
            }
            for r in record.readings
        ],
    }
