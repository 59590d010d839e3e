"""The pages of a form in the designer: add pages, replace the blank of one, remove one.

The form on the screen is sent with the request and kept as a draft; the screen is then opened anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, viewer
from review_ui.designer_forms import (
    AREA,
    BLANKS,
    MAX_FORM,
    Busy,
    check_unchanged,
    form_from_json,
    reserved_trial_reading,
    saving,
    working_copy,
)
from review_ui.designer_texts import busy_message, unusable_page
from review_ui.field_view import reason_words
from review_ui.language import translate as _
from review_ui.trial_reading import TrialReading
from review_ui.uploads import MAX_UPLOAD, suffix_of, temporary_file
from scanner.errors import FormError
from scanner.model import FormTemplate, Unreadable

bp = Blueprint("designer_pages", __name__, url_prefix="/forms")
log = logging.getLogger(__name__)

LIMITS = {"designer_pages.add": MAX_UPLOAD + MAX_FORM, "designer_pages.blank": MAX_UPLOAD + MAX_FORM,
          "designer_pages.remove": MAX_FORM}  # fmt: skip


@bp.post("/<form_id>/pages")
@allow(AREA)
def add(form_id: str) -> ResponseReturnValue:
    """Add the pages of another blank at the end."""
    before = working_copy(form_id)[0]
    return _with_blank(form_id, before.page_count + 1, lambda trial, form, path: trial.add(form, path))


@bp.post("/<form_id>/pages/<int:number>/blank")
@allow(AREA)
def blank(form_id: str, number: int) -> ResponseReturnValue:
    """Replace the blank of one page; its boxes stay where they are."""
    _there(form_id, number)
    return _with_blank(form_id, number, lambda trial, form, path: trial.replace(form, number, path))


@bp.post("/<form_id>/pages/<int:number>/remove")
@allow(AREA)
def remove(form_id: str, number: int) -> ResponseReturnValue:
    """Remove one page with its fields."""
    if _there(form_id, number).page_count == 1:
        return jsonify(message=_("A form has at least one page. Replace its blank instead.")), 422
    return _changed(form_id, max(number - 1, 1), lambda trial, form: trial.remove(form, number))


def _there(form_id: str, number: int) -> FormTemplate:
    form = working_copy(form_id)[0]
    if not 1 <= number <= form.page_count:
        abort(404)
    return form


def _with_blank(
    form_id: str, page: int, change: Callable[[TrialReading, FormTemplate, Path], FormTemplate | Unreadable]
) -> ResponseReturnValue:
    sent = request.files.get("blank")
    suffix = suffix_of(sent)
    if sent is None or suffix not in BLANKS:
        return jsonify(message=_("Choose the blank as a PDF, PNG or JPEG file.")), 422
    with temporary_file(sent, suffix) as path:
        return _changed(form_id, page, lambda trial, form: change(trial, form, path))


def _changed(
    form_id: str, page: int, change: Callable[[TrialReading, FormTemplate], FormTemplate | Unreadable]
) -> ResponseReturnValue:
    """Change the form on the screen and keep it as a draft; answers its address, or why it was not changed."""
    try:
        with saving, reserved_trial_reading() as trial:
            before, current = working_copy(form_id)
            check_unchanged(request.form.get("seen"), before, current)
            made = change(trial, form_from_json(json.loads(request.form.get("form", "")), before))
    except ValueError:
        abort(400)
    except Busy:
        return jsonify(message=busy_message()), 503
    except FormError:
        return jsonify(message=unusable_page()), 422
    if isinstance(made, Unreadable):
        return jsonify(message=reason_words(made.reason)), 422
    log.info("user %s changed the pages of a form", viewer().id)
    return jsonify(next=url_for("designer.edit", form_id=form_id, page=page))
