"""The review UI: a Flask app in which people check the fields that the machine is not sure of.

One module is one blueprint with its folder of templates: auth, batches, queue, records, sheets (of several
pages), manual_registration, exports, files, users, and designer (of forms).
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
    registration: ManualRegistration | None = None,
    trial_reading: TrialReading | None = None,
) -> Flask:
    """The app over a store; without one it opens the database that the settings name.

    `registration` reads a page again from a person's four points; without it the UI does not offer that.
    `trial_reading` finds fields and reads sheets for the form designer; without it forms can only be edited.

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
        manual_registration,
        queue,
        records,
        sheets,
        users,
    )

    # the content's hash is in the path: modules import each other by relative paths, and browsers keep them for ever
    app = Flask(__name__, static_url_path=f"/static/{_static_hash()}")
    set_up_uploads(app, designer_forms.AREA, {**designer.LIMITS, **designer_pages.LIMITS})
    protect(app, settings.secret_key())
    set_up_language(app)
    set_up_access(app, store or open_store(settings), settings)
    set_up_manual_registration(app, registration)
    app.extensions["sohoa_trial_reading"] = trial_reading
    set_up_problems(app)
    views = (
        auth,
        batches,
        queue,
        records,
        sheets,
        manual_registration,
        exports,
        files,
        users,
        designer,
        designer_pages,
    )
    for module in views:
        app.register_blueprint(module.bp)
    throttle(app, "auth.login")
    app.template_global("asset")(_asset)
    app.template_global("reason_text")(reason_words)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600
    return app


def _asset(name: str) -> str:
    return url_for("static", filename=name)


@cache
def _static_hash() -> str:
    """A hash over the names and contents of all static files."""
    folder = Path(__file__).parent / "static"
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
