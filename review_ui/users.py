"""Users: add, disable, set a new password."""

from __future__ import annotations

import logging

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from review_ui.access import allow, store, viewer
from review_ui.language import language
from review_ui.language import translate as _
from scanner.errors import UserError

bp = Blueprint("users", __name__, url_prefix="/users")
log = logging.getLogger(__name__)


def roles() -> dict[str, str]:
    """The roles as the screen names them."""
    return {
        "operator": _("Operator (scans)"),
        "reviewer": _("Reviewer"),
        "supervisor": _("Supervisor"),
        "exporter": _("Exporter"),
        "admin": _("Administrator"),
    }


@bp.get("/")
@allow("users")
def index() -> ResponseReturnValue:
    """All users, and the form for a new one."""
    return _page()


@bp.post("/")
@allow("users")
def add() -> ResponseReturnValue:
    """Add a user; a problem is shown above the form, and what was typed stays."""
    given = {key: request.form.get(key, "").strip() for key in ("name", "display", "role", "communes")}
    communes = tuple(given["communes"].replace(",", " ").split())
    if given["role"] not in roles():
        return _page(_("Choose a role."), given)
    try:
        store().add_user(
            given["name"],
            given["display"] or given["name"],
            given["role"],
            request.form.get("password", ""),
            communes,
            viewer=viewer(),
        )
    except UserError as error:
        return _page(error.sentences(language()), given)
    log.info("user %s added a user", viewer().id)
    flash(_("The user was added."))
    return redirect(url_for("users.index"))


@bp.post("/disable")
@allow("users")
def disable() -> ResponseReturnValue:
    """Disable a user. Nobody can disable themselves."""
    name = request.form.get("name", "")
    if name == viewer().name:
        return _page(_("You cannot disable yourself."))
    try:
        store().disable_user(name, viewer=viewer())
    except UserError as error:
        return _page(error.sentences(language()))
    flash(_("The user was disabled."))
    return redirect(url_for("users.index"))


@bp.post("/password")
@allow("users")
def password() -> ResponseReturnValue:
    """Set a user's password."""
    try:
        store().set_password(request.form.get("name", ""), request.form.get("password", ""), viewer=viewer())
    except UserError as error:
        return _page(error.sentences(language()))
    flash(_("The password was changed."))
    return redirect(url_for("users.index"))


def _page(problem: str = "", given: dict[str, str] | None = None) -> ResponseReturnValue:
    page = render_template(
        "users/index.html", users=store().users(viewer=viewer()), roles=roles(), problem=problem, given=given or {}
    )
    return page, 422 if problem else 200
