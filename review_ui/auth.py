"""Log in, log out, one's own password, and the language of the screens."""

from __future__ import annotations

import logging

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user
from flask_wtf.csrf import generate_csrf

from review_ui.access import CurrentUser, home, store, viewer
from review_ui.language import COOKIE, LANGUAGES, YEAR, language, own_path
from review_ui.language import translate as _
from scanner.errors import UserError

bp = Blueprint("auth", __name__)
log = logging.getLogger(__name__)

MAX_PASSWORD = 256


@bp.get("/")
def start() -> ResponseReturnValue:
    """Redirect to the person's start page."""
    return redirect(home() if current_user.is_authenticated else url_for("auth.login"))


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """The log-in page. It does not say whether the name or the password was wrong."""
    target = own_path(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(target or home())
    name = request.form.get("name", "").strip()
    if request.method == "POST":
        password = request.form.get("password", "")
        found = store().authenticate(name, password) if len(password) <= MAX_PASSWORD else None
        if found:
            session.clear()  # a session that somebody planted before the log-in is worth nothing after it
            session.permanent = True
            login_user(CurrentUser(found))
            log.info("user %s logged in", found.id)
            return redirect(target or home())
        log.warning("a log-in failed from %s", request.remote_addr)
        return render_template("auth/login.html", failed=True, name=name, target=target), 401
    return render_template("auth/login.html", failed=False, name="", target=target)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session and clear what the browser stored of it."""
    logout_user()
    session.clear()
    response = redirect(url_for("auth.login"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.post("/language")
def switch_language() -> ResponseReturnValue:
    """Change the language of the screens and return to the page."""
    chosen = request.form.get("language", "")
    response = redirect(own_path(request.form.get("back")) or url_for("auth.start"))
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, chosen, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


@bp.route("/password", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def password() -> ResponseReturnValue:
    """Change one's own password; the present one must be given."""
    problem = ""
    if request.method == "POST":
        problem = _change_password(request.form)
        if not problem:
            flash(_("The password was changed."))
            return redirect(home())
    return render_template("auth/password.html", problem=problem), 422 if problem else 200


def _change_password(form: dict[str, str]) -> str:
    """Change it; the problem in words where that fails, else ""."""
    old, new, again = (form.get(key, "") for key in ("old", "new", "again"))
    if new != again:
        return _("The new passwords do not match.")
    if len(new) > MAX_PASSWORD:
        return _("This password is too long.")
    if not store().authenticate(viewer().name, old):
        return _("The current password is wrong.")
    try:
        store().set_password(viewer().name, new)
    except UserError as error:
        return error.sentences(language())
    changed = store().viewer(viewer().id)
    if changed:
        login_user(CurrentUser(changed))  # this session goes on; every other one ended with the old password
    return ""


@bp.get("/token")
@login_required  # type: ignore[untyped-decorator]
def token() -> ResponseReturnValue:
    """A fresh CSRF token for a page whose session ended, so that typed text is not lost."""
    return {"csrf": generate_csrf()}
