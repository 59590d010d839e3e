"""The form behind the designer's screen: which one is worked on, as it was sent, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import cast

from flask import abort, current_app

from review_ui.access import settings
from review_ui.designer_texts import fault
from review_ui.trial_reading import TrialReading
from scanner.errors import Conflict, FormError, SohoaError
from scanner.forms.loading import form_of, list_forms, load_form
from scanner.forms.versions import all_faults, load_draft, stamp
from scanner.model import FormTemplate

AREA = "designer"
MAX_FORM = 1024 * 1024
"""Bytes of a form as it is saved; one of sixty fields has 20,000."""
saving = Lock()
"""Held from the check for another person's save until the own save is done."""
FIXED = {"id", "version", "sheet", "blank", "blank_page", "next_pages"}
"""Keys of a form that the screen does not change."""
BLANKS = (".pdf", ".png", ".jpg")


class Busy(Exception):
    """Another person's sheet is being read."""


def working_copy(form_id: str) -> tuple[FormTemplate, FormTemplate | None]:
    """The draft, or the version in force where there is no draft; and the version in force. 404 without either."""
    current = form_or_none(form_id) if form_id in list_forms(*settings().form_places) else None
    form = draft_of(form_id) or current
    if form is None or not re.fullmatch(r"[\w-]+", form_id):
        abort(404)
    return form, current


def form_or_none(form_id: str) -> FormTemplate | None:
    """The form; None where its file is wrong, which `sohoa forms check` reports."""
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
    """A token that changes with every save, so that a save over somebody else's is noticed."""
    return f"{stamp(form)}-{stamp(current)}"


def check_unchanged(seen: object, form: FormTemplate, current: FormTemplate | None) -> None:
    """Raise Conflict where somebody else has saved since the screen was opened."""
    if seen != state_of(form, current):
        raise Conflict("form_saved_by_other")


def form_from_json(data: object, before: FormTemplate) -> FormTemplate:
    """The form with the title, fields and rules that the screen sent. 400 where they are no form."""
    if not isinstance(data, dict) or not {"title", "fields", "rules"} >= set(data):
        abort(400)
    fixed = before.model_dump(mode="json", include=FIXED)
    try:
        return form_of({**data, **fixed}, before.folder, before.id)
    except FormError:
        abort(400)


def faults_of(form: FormTemplate) -> list[dict[str, str]]:
    """What is wrong with a form: a text each, with the field, option, rule or page it concerns."""
    places = ("field", "other", "rule", "page")
    return [
        {"text": fault(f, form), **{key: str(f.params[key]) for key in places if key in f.params}}
        for f in all_faults(form)
    ]


def trial_reading() -> TrialReading | None:
    """The trial reading of this app, if it has one."""
    return cast("TrialReading | None", current_app.extensions.get("sohoa_trial_reading"))


@contextmanager
def reserved_trial_reading() -> Iterator[TrialReading]:
    """The trial reading, for one person at a time. Raises Busy while somebody else has it."""
    trial = trial_reading()
    if trial is None:
        raise SohoaError("desk_without_reading")
    if not trial.busy.acquire(blocking=False):
        raise Busy
    try:
        yield trial
    finally:
        trial.busy.release()
