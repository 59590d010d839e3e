"""The pages of a form in the designer: another is added, one gets a new blank, one is taken out.

What the screen shows is sent along and kept with the pages as a draft; the screen is then opened anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, viewer
from review_ui.designer_forms import BLANKS, MAX_FORM, ROOM, Busy, as_sent, saving, unchanged, working_copy, workshop
from review_ui.designer_words import busy, unfit_page
from review_ui.field_view import reason_words
from review_ui.language import translate as _
from review_ui.trial_reading import TrialReading
from review_ui.uploads import MAX_UPLOAD, kind_of, set_aside
from scanner.errors import FormError
from scanner.model import FormTemplate, Unreadable

bp = Blueprint("designer_pages", __name__, url_prefix="/forms")
log = logging.getLogger(__name__)

LIMITS = {"designer_pages.add": MAX_UPLOAD + MAX_FORM, "designer_pages.blank": MAX_UPLOAD + MAX_FORM,
          "designer_pages.remove": MAX_FORM}  # fmt: skip


@bp.post("/<form_id>/pages")
@allow(ROOM)
def add(form_id: str) -> ResponseReturnValue:
    """The pages of another blank come behind the form's last."""
    before = working_copy(form_id)[0]
    return _with_blank(form_id, before.page_count + 1, lambda shop, form, path: shop.add(form, path))


@bp.post("/<form_id>/pages/<int:number>/blank")
@allow(ROOM)
def blank(form_id: str, number: int) -> ResponseReturnValue:
    """One page gets another blank; its boxes stay where they are."""
    _there(form_id, number)
    return _with_blank(form_id, number, lambda shop, form, path: shop.replace(form, number, path))


@bp.post("/<form_id>/pages/<int:number>/remove")
@allow(ROOM)
def remove(form_id: str, number: int) -> ResponseReturnValue:
    """One page is taken out with its fields."""
    if _there(form_id, number).page_count == 1:
        return jsonify(message=_("A form has at least one page. Give it another blank instead.")), 422
    return _changed(form_id, max(number - 1, 1), lambda shop, form: shop.remove(form, number))


def _there(form_id: str, number: int) -> FormTemplate:
    form = working_copy(form_id)[0]
    if not 1 <= number <= form.page_count:
        abort(404)
    return form


def _with_blank(
    form_id: str, page: int, change: Callable[[TrialReading, FormTemplate, Path], FormTemplate | Unreadable]
) -> ResponseReturnValue:
    sent = request.files.get("blank")
    suffix = kind_of(sent)
    if sent is None or suffix not in BLANKS:
        return jsonify(message=_("Choose the blank as a PDF, PNG or JPEG file.")), 422
    with set_aside(sent, suffix) as path:
        return _changed(form_id, page, lambda shop, form: change(shop, form, path))


def _changed(
    form_id: str, page: int, change: Callable[[TrialReading, FormTemplate], FormTemplate | Unreadable]
) -> ResponseReturnValue:
    """The form as the screen shows it, changed and kept as a draft: where to see it, or what stood against it."""
    try:
        with saving, workshop() as shop:
            before, current = working_copy(form_id)
            unchanged(request.form.get("seen"), before, current)
            made = change(shop, as_sent(json.loads(request.form.get("form", "")), before))
    except ValueError:
        abort(400)
    except Busy:
        return jsonify(message=busy()), 503
    except FormError:
        return jsonify(message=unfit_page()), 422
    if isinstance(made, Unreadable):
        return jsonify(message=reason_words(made.reason)), 422
    log.info("user %s changed the pages of a form", viewer().id)
    return jsonify(next=url_for("designer.edit", form_id=form_id, page=page))
