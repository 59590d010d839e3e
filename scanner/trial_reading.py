"""What the form designer asks of the pixels: the fields of a blank, its pages, and filled sheets read at once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from scanner.forms.drafting import draft_form
from scanner.forms.loading import FILE, save_form
from scanner.forms.page_drafts import add_pages, remove_page, replace_blank
from scanner.intake.pages import Limits, list_pages, open_page
from scanner.model import FormTemplate, PageRef, PageStatus, Record, Unreadable
from scanner.pipeline import build_reader, read_ref
from scanner.settings import Settings
from scanner.store.pictures import PictureStore

MOST_TRIED = 20
"""Pages of one file read for a trial: whoever tries a form waits for them."""


def draft_from_blank(settings: Settings, blank: Path, form_id: str, title: str) -> FormTemplate | Unreadable:
    """A draft in the folder of drafts with every field found on the blank. Raises FormError, StorageFull.

    The file is opened as any scan is, first: it must be within the limits of a page.
    """
    unfit = _unfit(settings, blank)
    if unfit is not None:
        return unfit
    form = draft_form(blank, form_id, settings.drafts).model_copy(update={"title": title})
    save_form(form, form.folder / FILE)
    return form


def read_trial(settings: Settings, sheet: Path, form: FormTemplate) -> list[tuple[Record, bytes | None]]:
    """Read the pages of one file with a form and keep nothing of them: each record, and its page as JPEG.

    The JPEG is the page laid onto the form; a page that was not placed comes as it was scanned, None where it could
    not be opened. At most `MOST_TRIED` pages are read. Raises EngineError.
    """
    limits = Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages)
    refs = list_pages(sheet, limits)
    if isinstance(refs, Unreadable):
        return [(Record(refs.ref, form.id, form.version, PageStatus.UNREADABLE, refs.reason), None)]
    reader = build_reader(form, settings)
    with TemporaryDirectory(prefix="trial-", dir=settings.ready().data) as folder:
        files = PictureStore(Path(folder))
        return [_with_picture(read_ref(ref, reader, files), files) for ref in refs[:MOST_TRIED]]


def _with_picture(record: Record, files: PictureStore) -> tuple[Record, bytes | None]:
    key = record.aligned or record.image
    return record, files.read(key) if key else None


def add_to_draft(settings: Settings, form: FormTemplate, blank: Path) -> FormTemplate | Unreadable:
    """The form as a draft with the pages of another blank behind its own. Raises FormError, StorageFull."""
    return _unfit(settings, blank) or add_pages(form, blank, settings.drafts)


def replace_in_draft(settings: Settings, form: FormTemplate, number: int, blank: Path) -> FormTemplate | Unreadable:
    """The form as a draft with another blank under one of its pages. Raises FormError, StorageFull, IndexError."""
    return _unfit(settings, blank) or replace_blank(form, number, blank, settings.drafts)


def remove_from_draft(settings: Settings, form: FormTemplate, number: int) -> FormTemplate:
    """The form as a draft without one of its pages. Raises FormError, StorageFull, IndexError."""
    return remove_page(form, number, settings.drafts)


def _unfit(settings: Settings, blank: Path) -> Unreadable | None:
    """Why a blank cannot be opened within the limits of a scan, if so."""
    opened = open_page(PageRef(blank), Limits(max_pixels=settings.max_pixels, max_pages=settings.max_pages))
    return opened if isinstance(opened, Unreadable) else None
