"""Who is logged in and what their role may do."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import Flask, abort, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from review_ui.language import translate as _
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.views import Viewer

P = ParamSpec("P")

ROLES: dict[str, tuple[str, ...]] = {
    "batches": ("operator", "reviewer", "supervisor", "admin"),
    "review": ("reviewer", "supervisor", "admin"),
    "exports": ("exporter", "supervisor", "admin"),
    "users": ("admin",),
    "designer": ("admin",),
}
"""The roles that may use each area of the UI."""

HOME = {"batches": "batches.index", "review": "queue.index", "exports": "exports.index", "users": "users.index"}


class CurrentUser(UserMixin):  # type: ignore[misc]
    """The person who is logged in, as Flask-Login needs it."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        """What the session cookie holds: the user's id and a stamp of the password."""
        return f"{self.viewer.id}.{self.viewer.stamp}"


def set_up_access(app: Flask, store: Store, settings: Settings) -> None:
    """Give the views access to the store and to the person who is logged in.

    A disabled user is logged out at the next request; so is every session that began under another password.
    """
    app.extensions["sohoa"] = (store, settings)
    manager = LoginManager(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def _load(session_id: str) -> CurrentUser | None:
        found = store.viewer(session_id.partition(".")[0])
        person = CurrentUser(found) if found else None
        return person if person and hmac.compare_digest(person.get_id(), session_id) else None

    @manager.unauthorized_handler  # type: ignore[untyped-decorator]
    def _unknown() -> ResponseReturnValue:
        if wants_json():
            return jsonify(error="login", message=_("Your session has expired. Log in again in another tab.")), 401
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?") if request.method == "GET" else None))

    app.context_processor(lambda: {"may": may})


def store() -> Store:
    """The store of this app."""
    return cast(Store, current_app.extensions["sohoa"][0])


def settings() -> Settings:
    """The settings of this app."""
    return cast(Settings, current_app.extensions["sohoa"][1])


def viewer() -> Viewer:
    """The person who is logged in."""
    return cast(CurrentUser, current_user).viewer


def may(area: str) -> bool:
    """Whether the person's role may use this area."""
    return bool(current_user.is_authenticated) and viewer().role in ROLES[area]


def home() -> str:
    """The address of the person's start page."""
    order = ("review", "batches", "exports") if viewer().role == "reviewer" else ("batches", "exports")
    return url_for(HOME[next(area for area in order if may(area))])


def allow(area: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """A view for people whose role may use that area: 403 for others, the log-in page for who is not logged in."""

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return cast(ResponseReturnValue, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
            if not may(area):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return guard


def wants_json() -> bool:
    """Whether the request comes from a script rather than from a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
