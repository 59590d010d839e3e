"""Error pages: what happened and what to do, in the person's language, without personal data."""

from __future__ import annotations

import logging

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from review_ui.access import wants_json
from review_ui.language import language
from review_ui.language import translate as _
from scanner.errors import Conflict, NotThere, SettingsError, SohoaError, StorageFull

log = logging.getLogger(__name__)


def set_up_problems(app: Flask) -> None:
    """Answer every error with one error page, or as JSON where a script asked."""
    app.register_error_handler(CSRFError, lambda error: answer(400, "csrf"))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Conflict, lambda error: answer(409))
    app.register_error_handler(NotThere, lambda error: answer(404))
    app.register_error_handler(SohoaError, _known)
    app.register_error_handler(Exception, _unknown)


def answer(status: int, code: str = "") -> ResponseReturnValue:
    """The error of an HTTP status as a page or as JSON."""
    return _page(status, *title_and_advice(status, code), code)


def _page(status: int, title: str, text: str, code: str = "") -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=code or str(status), message=f"{title}. {text}"), status
    return render_template("problem.html", status=status, title=title, text=text), status


def title_and_advice(status: int, code: str = "") -> tuple[str, str]:
    """Title and advice of an error page."""
    if code == "csrf":
        return _("This page has expired"), _("Reload the page and try again.")
    if code == "full":
        return _("The server's disk is full"), _("Nothing was saved. Contact the administrator of the server.")
    known = {
        400: (_("Invalid request"), _("Go back and try again.")),
        401: (_("You are not logged in"), _("Log in and try again.")),
        403: (_("You have no access to this page"), _("Your role does not include this page. Ask the administrator.")),
        404: (
            _("Page not found"),
            _("The address is wrong, or the record belongs to another commune."),
        ),
        405: (_("This cannot be done here"), _("Go back and try again.")),
        409: (
            _("Somebody else has just changed this value"),
            _("Go back, look at the new value, and enter yours again if it is still needed."),
        ),
        413: (_("The request is too large"), _("Shorten the text or choose a smaller file, and try again.")),
        422: (_("This value cannot be saved"), _("Go back and correct what was typed.")),
        429: (_("Too many attempts"), _("Wait one minute, then try again.")),
    }
    fallback = (
        _("Internal error"),
        _("What was saved is safe. Try again; if the error persists, contact the administrator of the server."),
    )
    return known.get(status, fallback)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    return answer(error.code or 500)


def _known(error: SohoaError) -> ResponseReturnValue:
    """An error of ours in the person's language. Its sentences hold no values, so they may go to the log as well."""
    log.error("%s at %s: %s", type(error).__name__, request.endpoint, error)
    if isinstance(error, StorageFull):
        return answer(507, "full")
    if isinstance(error, SettingsError):  # for the administrator alone: it names folders of the server
        return answer(500)
    text = error.text(language())
    return _page(500, text.problem.removesuffix("."), text.action)


def _unknown(error: Exception) -> ResponseReturnValue:
    """Any other error: only its place goes to the log, because its text could hold a person's data."""
    places = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    log.error("%s at %s\n  %s", type(error).__name__, request.endpoint, "\n  ".join(places))
    return answer(500)
