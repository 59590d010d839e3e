"""Pictures of pages and fields, addressed by record; a request never names a path."""

from __future__ import annotations

import mimetypes

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from review_ui.access import may, store, viewer
from scanner.errors import StoreError
from scanner.model import PageStatus

bp = Blueprint("files", __name__, url_prefix="/files")

KINDS = ("page", "aligned")


@bp.get("/<uuid:record_id>/<kind>")
@login_required  # type: ignore[untyped-decorator]
def page(record_id: object, kind: str) -> ResponseReturnValue:
    """The scanned page, or the aligned one. Roles that do not review see only pages that were not read."""
    if not (may("batches") or may("review")) or kind not in KINDS:
        abort(404)
    pictures = store().page_pictures(str(record_id), viewer())
    if pictures.status is PageStatus.READ and not may("review"):
        abort(404)
    return _picture(pictures.image if kind == "page" else pictures.aligned)


@bp.get("/<uuid:record_id>/field/<field>")
@login_required  # type: ignore[untyped-decorator]
def snippet(record_id: object, field: str) -> ResponseReturnValue:
    """The picture of the ink in one field."""
    if not may("review"):
        abort(404)
    return _picture(store().snippet(str(record_id), field, viewer()))


def _picture(key: str | None) -> Response:
    """The stored picture. A browser may cache it, but must ask each time whether it may still show it."""
    if key is None:
        abort(404)
    response = Response()
    mark = key.rsplit("/", 1)[-1].split(".")[0]
    response.set_etag(mark)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if mark in request.if_none_match:
        response.status_code = 304
        return response
    try:
        response.data = store().files.read(key)
    except StoreError:
        abort(404)
    response.mimetype = mimetypes.guess_type(key)[0] or "application/octet-stream"
    return response
