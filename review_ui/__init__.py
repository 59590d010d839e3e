"""The review desk: a small Flask app in which people look at what the machine was not sure of.

One module is one blueprint with its folder of templates: auth, batches, queue, records, sheets (of several
pages), rescue, exports, files, users, and designer (of forms).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for

from review_ui.access import set_up_access
from review_ui.field_view import reason_words
from review_ui.language import set_up_language
from review_ui.page_reader import ManualRegistration, set_up_manual_registration
from review_ui.problems import set_up_problems
from review_ui.security import protect, throttle
from review_ui.trial_reading import TrialReading
from review_ui.uploads import set_up_uploads
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store_factory import open_store

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    store: Store | None = None,
    placer: ManualRegistration | None = None,
    workshop: TrialReading | None = None,
) -> Flask:
    """The app over a store; without one it opens the database that the settings name.

    `placer` reads pages that a person places by hand; without one the desk does not offer that.
    `workshop` is what finds fields and reads sheets for the form designer; without it forms can only be edited.

    Raises SettingsError when the data folder cannot be used and StoreError when the database cannot.
    """
    from review_ui import (
        auth,
        batches,
        designer,
        designer_forms,
        designer_pages,
        exports,
        files,
        queue,
        records,
        sheets,
        users,
    )
    from review_ui import manual_registration as rescue

    app = Flask(__name__)
    set_up_uploads(app, designer_forms.ROOM, {**designer.LIMITS, **designer_pages.LIMITS})
    protect(app, settings.secret_key())
    set_up_language(app)
    set_up_access(app, store or open_store(settings), settings)
    set_up_manual_registration(app, placer)
    app.extensions["sohoa_workshop"] = workshop
    set_up_problems(app)
    for room in (auth, batches, queue, records, sheets, rescue, exports, files, users, designer, designer_pages):
        app.register_blueprint(room.bp)
    throttle(app, "auth.login")
    app.template_global("asset")(_asset)
    app.template_global("words")(reason_words)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # `asset` puts the content's hash into the address
    return app


def _asset(name: str) -> str:
    return url_for("static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:12]
