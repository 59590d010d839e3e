"""The texts of the form designer: kinds, layouts, roles and constants of checks, and its script's messages."""

from __future__ import annotations

from dataclasses import replace

from review_ui.language import language
from review_ui.language import translate as _
from scanner.messages import format_reason, message
from scanner.model import FormTemplate, Reason
from scanner.rules import CHECKS

PLACEHOLDER = "…"
"""For a field or a constant that is not chosen yet."""


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
        "area": _("Free area"),
        "comb": _("Comb (one character per cell)"),
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


def check_parts() -> dict[str, str]:
    """Roles and constants of the checks as the screen names them."""
    return {
        "number": _("Number"),
        "birth": _("Date of birth"),
        "sex": _("Sex"),
        "dates": _("Dates"),
        "earlier": _("Earlier date"),
        "later": _("Later dates"),
        "day": _("Date on which the age is computed"),
        "when": _("Condition (a choice)"),
        "then": _("Fields concerned"),
        "choices": _("Choices"),
        "text": _("Written text"),
        "name": _("Name of the ethnic group"),
        "lengths": _("Allowed numbers of digits"),
        "male": _("Option for men"),
        "female": _("Option for women"),
        "least": _("Minimum age"),
        "most": _("Maximum age"),
        "values": _("Options that meet the condition"),
        "option": _("Ticked option"),
    }


def checks() -> dict[str, str]:
    """A sentence for every check, with a placeholder for each role and constant."""
    return {name: _sentence(name) for name in CHECKS}


def _sentence(name: str) -> str:
    named = CHECKS[name]
    parts = check_parts()
    gaps = {
        part: f"[{parts[part].lower()}]" for part in (*named.roles, *named.params, *named.spare, *named.spare_params)
    }
    return message(f"rule.{name}", language(), **gaps)


def fault(reason: Reason, form: FormTemplate) -> str:
    """What is wrong with a form, in a sentence without the codes of its file: rules go by their numbers."""
    named = {"kind": kinds(), "layout": layouts(), "lacks": check_parts(), "name": check_parts()}
    params = {key: named[key].get(str(v), v) if key in named else v for key, v in reason.params.items()}
    numbers = {rule.rule: n for n, rule in enumerate(form.rules, 1)}
    if "rule" in params:
        params["rule"] = numbers.get(str(params["rule"]), params["rule"])
    if "field" in params and not params["field"]:
        params["field"] = PLACEHOLDER
    return format_reason(replace(reason, params=params), language())


def busy_message() -> str:
    """Why no sheet can be read at the moment."""
    return _("Another sheet is being read. Try again in a moment.")


def unusable_blank() -> str:
    """Why a file cannot be used as a blank."""
    return _(
        "No form can be made from this file. Use a PDF at its true size, or a scan of the whole sheet that "
        "states its resolution (dpi)."
    )


def unusable_page() -> str:
    """Why a file cannot be used as the blank of one page, or of more pages."""
    return _(
        "The page was not changed. Use a PDF at its true size, or a scan of the whole sheet that states its "
        "resolution (dpi). The new blank of one page must have one page; a form has at most 20 pages."
    )


def script_texts() -> dict[str, str]:
    """The messages of the designer's script, by name; {parts} are filled in by the script."""
    return {
        "saving": _("Saving…"),
        "saved": _("Saved as version %(n)s.", n="{n}"),
        "kept": _("Kept as a draft: %(n)s problems must be corrected before it can become a version.", n="{n}"),
        "unsaved": _("Not saved yet"),
        "offline": _("Not saved: no connection to the server. Your work is kept; save again."),
        "failed": _("Not saved: server error. Your work is kept; save again."),
        "fault": _("This page has a fault. Reload it; what was saved is safe."),
        "login": _("Your session has expired. Log in again in another tab, then save again here."),
        "conflict": _("Somebody else has saved this form. Reload the page to see their version."),
        "reading": _("Reading the sheet…"),
        "unread": _("The sheet could not be read. Try again."),
        "mend": _("Correct the problems first, then try again."),
        "field": _("Field"),
        "draw": _("Draw a box on the sheet with the mouse. Esc: stop."),
        "undone": _("Undone."),
        "nothing": _("There is nothing to undo."),
        "redone": _("Redone."),
        "nothing_again": _("There is nothing to redo."),
        "page": _("Page %(n)s", n="{n}"),
        "fields": _("%(n)s fields", n="{n}"),
        "new_blank": _("Replace the blank…"),
        "remove_page": _("Remove the page"),
        "ask_remove": _("Remove page %(n)s with its %(m)s fields?", n="{n}", m="{m}"),
        "keep_page": _("Keep it"),
        "changing": _("Changing the pages…"),
        "same_as": _("Repeats field"),
        "no_repeat": _("not repeated"),
        "sheet_page": _("Page %(n)s of the file", n="{n}"),
        "is_page": _("is page %(n)s of the form", n="{n}"),
        "is_none": _("is unplaced"),
        "id": _("ID"),
        "label": _("Label"),
        "no": _("Question number"),
        "kind": _("Type"),
        "layout": _("Layout"),
        "cells": _("Number of cells"),
        "required": _("Required"),
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
        "sure": _("confidence %(n)s", n="{n}"),
        "numbers": _("numbers separated by commas"),
        "whole": _("Whole field"),
        "fine": _("No problems found."),
        "part": _("box %(n)s", n="{n}"),
    }
