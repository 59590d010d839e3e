"""The words of the form designer: kinds, layouts, roles and constants of checks, and what its script says."""

from __future__ import annotations

from dataclasses import replace

from review_ui.language import language
from review_ui.language import translate as _
from scanner.messages import format_reason, message
from scanner.model import FormTemplate, Reason
from scanner.rules import CHECKS

ROOM = "…"
"""Stands for a field or a constant that is not chosen yet."""


def kinds() -> dict[str, str]:
    """Kinds of fields as the screen names them."""
    return {
        "text": _("Text"),
        "digits": _("Digits"),
        "date": _("Date"),
        "choice": _("One choice"),
        "choices": _("Several choices"),
        "signature": _("Signature"),
    }


def layouts() -> dict[str, str]:
    """Layouts as the screen names them."""
    return {
        "line": _("One line"),
        "area": _("Free room"),
        "comb": _("Cells, one character each"),
        "parts": _("Parts (day / month / year)"),
        "ticks": _("Tick boxes"),
    }


def lists() -> dict[str, str]:
    """Word lists as the screen names them."""
    return {
        "names": _("Names of people"),
        "places": _("Places"),
        "ethnic": _("Ethnic groups"),
        "jobs": _("Jobs"),
        "majors": _("Fields of study"),
        "workplaces": _("Workplaces"),
    }


def parts_of_checks() -> dict[str, str]:
    """Roles and constants of the checks as the screen names them."""
    return {
        "number": _("Number"),
        "birth": _("Date of birth"),
        "sex": _("Sex"),
        "dates": _("Dates"),
        "earlier": _("Earlier date"),
        "later": _("Later dates"),
        "day": _("Day the age is counted to"),
        "when": _("Condition (a choice)"),
        "then": _("Fields it concerns"),
        "choices": _("Choices"),
        "text": _("Written text"),
        "name": _("Name of the group"),
        "lengths": _("Numbers of digits"),
        "male": _("Option for men"),
        "female": _("Option for women"),
        "least": _("Least age"),
        "most": _("Greatest age"),
        "values": _("Options that count"),
        "option": _("Option that is ticked"),
    }


def checks() -> dict[str, str]:
    """Every check in one sentence, with room for what a rule binds."""
    return {name: _sentence(name) for name in CHECKS}


def _sentence(name: str) -> str:
    named = CHECKS[name]
    parts = parts_of_checks()
    gaps = {
        part: f"[{parts[part].lower()}]" for part in (*named.roles, *named.params, *named.spare, *named.spare_params)
    }
    return message(f"rule.{name}", language(), **gaps)


def fault(reason: Reason, form: FormTemplate) -> str:
    """What is wrong with a form, in a sentence without the codes of its file: rules go by their numbers."""
    named = {"kind": kinds(), "layout": layouts(), "lacks": parts_of_checks(), "name": parts_of_checks()}
    params = {key: named[key].get(str(v), v) if key in named else v for key, v in reason.params.items()}
    numbers = {rule.rule: n for n, rule in enumerate(form.rules, 1)}
    if "rule" in params:
        params["rule"] = numbers.get(str(params["rule"]), params["rule"])
    if "field" in params and not params["field"]:
        params["field"] = ROOM
    return format_reason(replace(reason, params=params), language())


def busy() -> str:
    """Why nothing can be read this moment."""
    return _("Another sheet is being read just now. Try again in a moment.")


def unfit() -> str:
    """Why a file is no blank."""
    return _(
        "No form can be made of this file. Give a PDF at its true size, or a scan of the whole sheet that "
        "says its resolution (dpi)."
    )


def unfit_page() -> str:
    """Why a file is no blank of a page, or of these pages."""
    return _(
        "The page was not changed. Give a PDF at its true size, or a scan of the whole sheet that says its "
        "resolution (dpi); a new blank for one page must have one page; a form has at most 20."
    )


def script_texts() -> dict[str, str]:
    """What the designer's script says."""
    return {
        "saving": _("Saving…"),
        "saved": _("Saved as version %(n)s.", n="{n}"),
        "kept": _("Kept as a draft. %(n)s things to mend before it becomes a version.", n="{n}"),
        "unsaved": _("Not saved yet"),
        "offline": _("Not saved: no connection to the server. Your work is still here; save again."),
        "failed": _("Not saved: the server met an error. Your work is still here; save again."),
        "login": _("Your session has ended. Log in again in another tab, then save again here."),
        "conflict": _("Somebody else saved this form meanwhile. Reload the page to see it."),
        "reading": _("Reading the sheet…"),
        "unread": _("The sheet could not be read. Try again."),
        "mend": _("Mend the problems first, then try."),
        "field": _("Field"),
        "draw": _("Draw a box on the sheet with the mouse. Esc: stop."),
        "undone": _("Undone."),
        "nothing": _("There is nothing to undo."),
        "redone": _("Done again."),
        "nothing_again": _("There is nothing to do again."),
        "page": _("Page %(n)s", n="{n}"),
        "fields": _("%(n)s fields", n="{n}"),
        "new_blank": _("New empty sheet…"),
        "remove_page": _("Remove the page"),
        "ask_remove": _("Remove page %(n)s with its %(m)s fields?", n="{n}", m="{m}"),
        "keep_page": _("Keep it"),
        "changing": _("The pages are being changed…"),
        "same_as": _("Repeats the field"),
        "no_repeat": _("no, it stands here only"),
        "sheet_page": _("Page %(n)s of the file", n="{n}"),
        "is_page": _("is page %(n)s of the form", n="{n}"),
        "is_none": _("was not placed"),
        "id": _("Id"),
        "label": _("Label"),
        "no": _("Question number"),
        "kind": _("Kind"),
        "layout": _("Layout"),
        "cells": _("Number of cells"),
        "required": _("Must be filled in"),
        "lexicon": _("Word list"),
        "none": _("none"),
        "options": _("Options"),
        "box": _("Box (mm)"),
        "left": _("Left"),
        "top": _("Top"),
        "width": _("Width"),
        "height": _("Height"),
        "add_box": _("Add a box"),
        "add_option": _("Add an option"),
        "duplicate": _("Duplicate"),
        "delete": _("Delete"),
        "option": _("Option"),
        "rule": _("Rule"),
        "add_rule": _("Add a rule"),
        "choose": _("Choose a field on the sheet, or draw a new one."),
        "empty": _("empty"),
        "sure": _("%(n)s sure", n="{n}"),
        "numbers": _("numbers, with commas between"),
        "whole": _("Whole field"),
        "fine": _("No problems found."),
        "part": _("box %(n)s", n="{n}"),
    }
