"""What the form designer asks of the pixels: the fields of a blank, and one filled sheet read at once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from scanner.drafting import draft_form
from scanner.files import FileStore
from scanner.forms import FILE, save_form
from scanner.model import FormTemplate, PageRef, Record, Unreadable
from scanner.pages import Limits, open_page
from scanner.pipeline import build_reader, read_ref
from scanner.settings import Settings


def draft_from_blank(settings: Settings, blank: Path, form_id: str, title: str) -> FormTemplate | Unreadable:
    """A draft in the folder of drafts with every field found on the blank. Raises FormError, StorageFull.

    The file is opened as any scan is, first: it must be within the limits of a page.
    """
    opened = open_page(PageRef(blank), Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages))
    if isinstance(opened, Unreadable):
        return opened
    form = draft_form(blank, form_id, settings.drafts).model_copy(update={"title": title})
    save_form(form, form.folder / FILE)
    return form


def read_once(settings: Settings, sheet: Path, form: FormTemplate) -> tuple[Record, bytes | None]:
    """Read one sheet with a form and keep nothing of it: the record, and the page laid onto the form as JPEG.

    A page that was not placed comes as it was scanned; None where it could not be opened. Raises EngineError.
    """
    reader = build_reader(form, settings)
    with TemporaryDirectory(prefix="trial-", dir=settings.ready().data) as folder:
        files = FileStore(Path(folder))
        record = read_ref(PageRef(sheet), reader, files)
        key = record.aligned or record.image
        return record, files.read(key) if key else None
