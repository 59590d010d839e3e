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

ROOMS: dict[str, tuple[str, ...]] = {
    "batches": ("operator", "reviewer", "supervisor", "admin"),
    "review": ("reviewer", "supervisor", "admin"),
    "exports": ("exporter", "supervisor", "admin"),
    "users": ("admin",),
    "designer": ("admin",),
}
"""Which roles may enter which part of the desk."""

HOME = {"batches": "batches.index", "review": "queue.index", "exports": "exports.index", "users": "users.index"}


class CurrentUser(UserMixin):  # type: ignore[misc]
    """The person who is logged in, as Flask-Login wants them."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        """What the session cookie keeps: who, and under which password."""
        return f"{self.viewer.id}.{self.viewer.stamp}"


def set_up_access(app: Flask, store: Store, settings: Settings) -> None:
    """Make the store and the person at hand for the views.

    A disabled user is out at their next request, and so is every session that began under another password.
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
            return jsonify(error="login", message=_("Your session has ended. Log in again in another tab.")), 401
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


def may(room: str) -> bool:
    """May the person enter this part of the desk?"""
    return bool(current_user.is_authenticated) and viewer().role in ROOMS[room]


def home() -> str:
    """The address where the person's work begins."""
    order = ("review", "batches", "exports") if viewer().role == "reviewer" else ("batches", "exports")
    room = next(room for room in order if may(room))
    return url_for(HOME[room])


def allow(room: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """A view for people whose role may enter that part of the desk: 403 for others, log-in for strangers."""

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return cast(ResponseReturnValue, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
            if not may(room):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return guard


def wants_json() -> bool:
    """Was this asked for by our script rather than by a page?"""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
