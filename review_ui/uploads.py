"""Uploaded files: size limits, accepted kinds, and the temporary folder that holds one while it is read."""

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
"""The first bytes of accepted files. A file's name is never used: anybody can choose it."""


def set_up_uploads(app: Flask, area: str, limits: Mapping[str, int]) -> None:
    """Allow larger requests to the views named, from people who may use the area.

    Runs before the CSRF check, which reads the form.
    """

    @app.before_request
    def _raise_limit() -> None:
        most = limits.get(request.endpoint or "")
        if most is not None and may(area):
            request.max_content_length = most


def suffix_of(sent: FileStorage | None) -> str | None:
    """The suffix that the first bytes of a file call for; None where it is neither a PDF nor a picture."""
    if sent is None:
        return None
    head = sent.stream.read(8)
    sent.stream.seek(0)
    return next((suffix for sign, suffix in SIGNS.items() if head.startswith(sign)), None)


@contextmanager
def temporary_file(sent: FileStorage, suffix: str) -> Iterator[Path]:
    """The file in a folder of its own, which is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="upload-", dir=settings().ready().data))
    try:
        path = folder / f"sheet{suffix}"
        sent.save(path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
