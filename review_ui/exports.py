"""Download records as CSV, XLSX or JSON Lines."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from review_ui.access import allow, settings, store, viewer
from review_ui.language import VIETNAM, language
from scanner import export
from scanner.forms.loading import list_forms, load_form

bp = Blueprint("exports", __name__, url_prefix="/exports")
log = logging.getLogger(__name__)

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}
CHUNK = 1 << 16


@bp.get("/")
@allow("exports")
def index() -> ResponseReturnValue:
    """The export page: forms with records, and the progress of each batch."""
    known = list_forms(*settings().form_places)
    counts = store().forms_going(viewer=viewer())
    forms = [load_form(form_id, *settings().form_places) for form_id in known if form_id in counts or not counts]
    return render_template("exports/index.html", batches=store().batches(viewer()), forms=forms, counts=counts)


@bp.post("/")
@allow("exports")
def download() -> ResponseReturnValue:
    """Write a temporary file and send it; it is deleted when the response ends."""
    form_id, fmt, status = (request.form.get(key, "") for key in ("form", "format", "status"))
    if fmt not in TYPES or status not in ("verified", "all") or form_id not in list_forms(*settings().form_places):
        abort(400)
    batch = _batch_name(request.form.get("batch", ""))
    rows = store().export_rows(status=status, batch=batch, viewer=viewer())
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=settings().data))
    out = folder / f"sohoa-{datetime.now(VIETNAM):%Y%m%d-%H%M}.{fmt}"
    try:
        done = export.export(rows, load_form(form_id, *settings().form_places), fmt, out, language())
        size = out.stat().st_size
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    log.info("user %s exported %d records as %s", viewer().id, done.records, fmt)
    response = Response(_pieces(out), mimetype=TYPES[fmt])
    response.call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))  # also when nobody reads it to the end
    response.headers["Content-Disposition"] = f'attachment; filename="{out.name}"'
    response.content_length = size
    return response


def _batch_name(batch_id: str) -> str | None:
    if not batch_id:
        return None
    batch = store().batch(batch_id, viewer())
    return batch.name if batch else abort(404)


def _pieces(out: Path) -> Iterator[bytes]:
    with out.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
