"""The pages of a form that is being made: another is added, one gets a new blank, one is taken out.

Each gives the form as a draft with its files in order; what was the draft before is replaced whole or not at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from scanner.errors import FormError
from scanner.files import atomic_folder, storage_error
from scanner.forms.blanks import blank_pages, fit_to_sheet, render_blank, sheet_of
from scanner.forms.drafting import MOST_PAGES, draft, write_rendering
from scanner.forms.loading import FILE, files_of, pages_of, rendering_of, save_form
from scanner.model import FieldSpec, FormTemplate, Gray, NextPage

Files = Mapping[str, Path]
"""Where the file of each name lies now."""


def add_pages(form: FormTemplate, blank: Path, drafts: Path) -> FormTemplate:
    """Every page of a blank behind the form's last, with the fields found on it. Raises FormError, StorageFull."""
    count = blank_pages(blank)
    if not 1 <= count <= MOST_PAGES - form.page_count:
        raise FormError("form_too_many_pages", pages=form.page_count + count, most=MOST_PAGES)
    images = [render_blank(blank, number) for number in range(1, count + 1)]
    name = _name_of(blank)
    found = draft(images, form.id, name)
    later = tuple(NextPage(sheet=p.sheet, blank=name, blank_page=p.blank_page) for p in pages_of(found))
    fields = _behind(form, found.fields)
    new = form.model_copy(update={"next_pages": (*form.next_pages, *later), "fields": (*form.fields, *fields)})
    first = form.page_count
    return _with_pictures(form, new, {first + n: image for n, image in enumerate(images, 1)}, blank, drafts)


def replace_blank(form: FormTemplate, number: int, blank: Path, drafts: Path) -> FormTemplate:
    """Another blank under one page of the form: the first page of its file. The boxes stay where they are.

    Raises FormError (also for a blank of several pages: which one was meant?), StorageFull; IndexError for a page
    that is not there.
    """
    if not 1 <= number <= form.page_count:
        raise IndexError(number)
    if blank_pages(blank) != 1:
        raise FormError("blank_not_one_page", file=blank.name)
    image = render_blank(blank)
    place = NextPage(sheet=sheet_of(image), blank=_name_of(blank))
    places = [place if n == number else at for n, at in enumerate(_places(form), 1)]
    return _with_pictures(form, _laid_out(form, places), {number: image}, blank, drafts)


def remove_page(form: FormTemplate, number: int, drafts: Path) -> FormTemplate:
    """The form without one page and its fields; the pages behind it move up. Raises FormError, StorageFull.

    Rules that speak of a field that is gone stay, and are told as faults: they may have spoken of others too.
    """
    if not 1 <= number <= form.page_count:
        raise IndexError(number)
    if form.page_count == 1:
        raise FormError("form_last_page")
    gone = {f.id for f in form.fields if f.page == number}
    fields = tuple(_moved(f, number, gone) for f in form.fields if f.page != number)
    places = [at for n, at in enumerate(_places(form), 1) if n != number]
    new = _laid_out(form.model_copy(update={"fields": fields}), places)
    before = [page for page in pages_of(form) if page.page != number]
    files = {name: form.folder / name for name in files_of(new)}
    files |= {rendering_of(now): form.folder / rendering_of(was)
              for now, was in zip(pages_of(new), before, strict=True)}  # fmt: skip
    return _kept(new, files, drafts)


def _behind(form: FormTemplate, found: Sequence[FieldSpec]) -> list[FieldSpec]:
    """Fields found on new pages as they go behind a form: on later pages, with ids that nobody has."""
    taken = {f.id for f in form.fields}
    free = (name for n in range(1, len(taken) + len(found) + 1) if (name := f"f{n:02}") not in taken)
    return [
        spec.model_copy(update={"id": name, "label": name, "page": spec.page + form.page_count})
        for spec, name in zip(found, free, strict=False)
    ]


def _moved(spec: FieldSpec, removed: int, gone: set[str]) -> FieldSpec:
    same_as = None if spec.same_as in gone else spec.same_as
    return spec.model_copy(update={"page": spec.page - (spec.page > removed), "same_as": same_as})


def _places(form: FormTemplate) -> list[NextPage]:
    return [NextPage(sheet=p.sheet, blank=p.blank, blank_page=p.blank_page) for p in pages_of(form)]


def _laid_out(form: FormTemplate, places: Sequence[NextPage]) -> FormTemplate:
    first, *later = places
    at = {"sheet": first.sheet, "blank": first.blank, "blank_page": first.blank_page}
    return form.model_copy(update={**at, "next_pages": tuple(later)})


def _name_of(blank: Path) -> str:
    """A name that no other blank has: two pages of a form may come from two files of one name."""
    return f"page-{sha256(blank.read_bytes()).hexdigest()[:8]}{blank.suffix.lower()}"


def _with_pictures(
    form: FormTemplate, new: FormTemplate, images: Mapping[int, Gray], blank: Path, drafts: Path
) -> FormTemplate:
    """The new form as a draft: its pages' pictures made anew where they are given by number, else taken along."""
    files = {name: form.folder / name for name in files_of(new)} | {_name_of(blank): blank}
    with TemporaryDirectory() as folder:
        for number, image in images.items():
            page = new.of_page(number)
            picture = Path(folder) / rendering_of(page)
            write_rendering(fit_to_sheet(image, page.sheet), picture, blank)
            files[picture.name] = picture
        return _kept(new, files, drafts)


def _kept(form: FormTemplate, files: Files, drafts: Path) -> FormTemplate:
    """The form and its files as a draft, in place of the one that was there. Raises FormError, StorageFull."""
    place = drafts / form.id
    try:
        with atomic_folder(place, replace=True) as partial:
            for name, lies in files.items():
                if lies.is_file():  # a kept picture may be missing: then the blank is rendered
                    shutil.copyfile(lies, partial / name)
            save_form(form, partial / FILE)
    except OSError as error:
        wrong = FormError("draft_not_written")
        raise storage_error(error, wrong) from None
    return form.model_copy(update={"folder": place})
