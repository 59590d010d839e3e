"""Session cookie, CSRF protection, security headers, and the rate limit on log-in."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

SESSION_HOURS = 8
"""A working day; after that long without a request a person logs in again."""
MAX_BODY = 64 * 1024
"""Bytes of one request; the longest is one field's text."""
LOG_IN_LIMIT, ADDRESS_LIMIT = "10 per minute", "60 per minute"
"""For one name from one address, and for all names from one address (an office often shares one)."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _Sessions(SecureCookieSessionInterface):
    """The session cookie is marked Secure whenever the page came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def protect(app: Flask, key: bytes) -> None:
    """Set up cookies, CSRF tokens on every form and request that changes something, and headers."""
    app.config.update(
        SECRET_KEY=key,
        SESSION_COOKIE_NAME="sohoa_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=dt.timedelta(hours=SESSION_HOURS),
        MAX_CONTENT_LENGTH=MAX_BODY,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a token must not expire while somebody types
    )
    app.session_interface = _Sessions()
    CSRFProtect(app)
    app.after_request(_add_headers)


def throttle(app: Flask, endpoint: str) -> None:
    """Limit the rate of attempts at a log-in view; counts are kept in memory."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", strategy="fixed-window")
    view: Callable[..., object] = app.view_functions[endpoint]
    view = limiter.limit(LOG_IN_LIMIT, key_func=_address_and_name, methods=["POST"])(view)
    view = limiter.limit(ADDRESS_LIMIT, methods=["POST"])(view)
    app.view_functions[endpoint] = view  # type: ignore[assignment]


def _address_and_name() -> str:
    name = request.form.get("name", "").strip().casefold()
    return hashlib.sha256(f"{get_remote_address()}|{name}".encode()).hexdigest()


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
