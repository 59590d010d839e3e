"""The form behind the designer's screen: which one is worked on, as it was sent, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, cast

from flask import abort, current_app

from review_ui.access import settings
from review_ui.designer_words import fault
from review_ui.trial_reading import TrialReading
from scanner.errors import Conflict, FormError, SohoaError
from scanner.forms.loading import form_of, list_forms, load_form
from scanner.forms.versions import all_faults, load_draft, stamp
from scanner.model import FormTemplate

ROOM = "designer"
MAX_FORM = 1024 * 1024
"""Bytes of a form as it is saved; one of sixty fields has 20,000."""
saving = Lock()
"""Held from looking whether somebody else saved until the save is done."""
FIXED = {"id", "version", "sheet", "blank", "blank_page", "next_pages"}
"""What the screen does not change by itself."""
BLANKS = (".pdf", ".png", ".jpg")


class Busy(Exception):
    """Somebody else's sheet is being read just now."""


def working_copy(form_id: str) -> tuple[FormTemplate, FormTemplate | None]:
    """The draft or else the version in force, and the version in force. 404 where there is neither."""
    current = sound(form_id) if form_id in list_forms(*settings().form_places) else None
    form = draft_of(form_id) or current
    if form is None or not re.fullmatch(r"[\w-]+", form_id):
        abort(404)
    return form, current


def sound(form_id: str) -> FormTemplate | None:
    """The form, or None where its file is wrong: `sohoa forms check` tells, the others go on."""
    try:
        return load_form(form_id, *settings().form_places)
    except FormError:
        return None


def draft_of(form_id: str) -> FormTemplate | None:
    """The draft of that id; None where there is none, or its file is wrong."""
    try:
        return load_draft(form_id, settings().drafts)
    except FormError:
        return None


def state_of(form: FormTemplate, current: FormTemplate | None) -> str:
    """Tells whether somebody else saved since the screen was opened."""
    return f"{stamp(form)}-{stamp(current)}"


def unchanged(seen: Any, form: FormTemplate, current: FormTemplate | None) -> None:
    """Raises Conflict where the screen shows what somebody else has changed since."""
    if seen != state_of(form, current):
        raise Conflict("form_saved_by_other")


def as_sent(data: Any, before: FormTemplate) -> FormTemplate:
    """The form as the screen has it: title, fields and rules; the rest stays as it was. 400 for what is no form."""
    if not isinstance(data, dict) or not {"title", "fields", "rules"} >= set(data):
        abort(400)
    fixed = before.model_dump(mode="json", include=FIXED)
    try:
        return form_of({**data, **fixed}, before.folder, before.id)
    except FormError:
        abort(400)


def faults_of(form: FormTemplate) -> list[dict[str, str]]:
    """What is wrong, each with the field, option or rule it is beside."""
    places = ("field", "other", "rule", "page")
    return [
        {"text": fault(f, form), **{key: str(f.params[key]) for key in places if key in f.params}}
        for f in all_faults(form)
    ]


def shop_at_hand() -> TrialReading | None:
    """What this desk has to ask of the pixels, if anything."""
    return cast("TrialReading | None", current_app.extensions.get("sohoa_workshop"))


@contextmanager
def workshop() -> Iterator[TrialReading]:
    """The workshop, for one person at a time. Raises Busy while somebody else has it."""
    shop = shop_at_hand()
    if shop is None:
        raise SohoaError("desk_without_reading")
    if not shop.busy.acquire(blocking=False):
        raise Busy
    try:
        yield shop
    finally:
        shop.busy.release()
