"""Serve the review UI with waitress: one process, several threads, on Linux and Windows."""

from __future__ import annotations

import waitress

from review_ui import create_app
from review_ui.designer import LIMITS
from review_ui.page_reader import ManualRegistration
from review_ui.trial_reading import TrialReading
from scanner.settings import Settings
from scanner.store_factory import open_store

THREADS = 8
"""Requests are short and mostly wait for the disk; eight threads serve an office of thirty reviewers."""


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8000,
    registration: ManualRegistration | None = None,
    trial_reading: TrialReading | None = None,
) -> None:
    """Serve until interrupted; `registration` and `trial_reading` as for `create_app`.

    Raises OSError when the port is taken, SohoaError when the store cannot open.
    """
    store = open_store(settings)
    try:
        waitress.serve(
            create_app(settings, store, registration, trial_reading),
            host=host,
            port=port,
            threads=THREADS,
            ident=None,  # no Server header
            max_request_body_size=2 * max(LIMITS.values()),  # beyond that waitress answers; below it our 413 page
            clear_untrusted_proxy_headers=True,
        )
    finally:
        store.close()
