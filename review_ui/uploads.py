"""Files that people send: how large they may be, what they may be, and where they lie while they are looked at."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, request
from werkzeug.datastructures import FileStorage

from review_ui.access import may, settings

MAX_UPLOAD = 32 * 1024 * 1024
"""Bytes of one scan: an A4 sheet at 300 dpi in colour is 26 MB without any compression."""
SIGNS = {b"%PDF": ".pdf", b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"II*\0": ".tif", b"MM\0*": ".tif"}
"""How files begin. A name from outside says nothing and is never used."""


def set_up_uploads(app: Flask, room: str, limits: Mapping[str, int]) -> None:
    """Let the views named take larger requests, from people who may enter the room; for all others nothing changes.

    Runs before the CSRF check, which reads the form.
    """

    @app.before_request
    def _make_room() -> None:
        most = limits.get(request.endpoint or "")
        if most is not None and may(room):
            request.max_content_length = most


def kind_of(sent: FileStorage | None) -> str | None:
    """The suffix of what was sent, by its first bytes; None for what is neither PDF nor a picture."""
    if sent is None:
        return None
    head = sent.stream.read(8)
    sent.stream.seek(0)
    return next((suffix for sign, suffix in SIGNS.items() if head.startswith(sign)), None)


@contextmanager
def set_aside(sent: FileStorage, suffix: str) -> Iterator[Path]:
    """The file in a folder of its own for as long as it is needed, and not a moment longer."""
    folder = Path(tempfile.mkdtemp(prefix="upload-", dir=settings().ready().data))
    try:
        path = folder / f"sheet{suffix}"
        sent.save(path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
