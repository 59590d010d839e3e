"""Serve the desk with waitress: one process, several threads, on Linux and Windows alike."""

from __future__ import annotations

import waitress

from review_ui import create_app
from review_ui.placer import Placer
from review_ui.security import MAX_BODY
from scanner.opening import open_store
from scanner.settings import Settings

THREADS = 8
"""Pages are short and wait for the disk; eight answer an office of thirty reviewers."""


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8000, placer: Placer | None = None) -> None:
    """Serve until interrupted; `placer` as for `create_app`.

    Raises OSError when the port is taken, SohoaError when the store cannot open.
    """
    store = open_store(settings)
    try:
        waitress.serve(
            create_app(settings, store, placer),
            host=host,
            port=port,
            threads=THREADS,
            ident=None,  # no Server header
            max_request_body_size=4 * MAX_BODY,  # beyond that waitress itself answers; below it our 413 page does
            clear_untrusted_proxy_headers=True,
        )
    finally:
        store.close()
