"""Forms made on site: drafts while somebody works on them, and every version that was ever in force.

    forms/<id>/form.json, blank.*        the version in force, as `scanner.forms.loading` loads it
    forms/<id>/versions/v<version>/…     each version whole, its blank with it: records keep the one they were read with
    drafts/<id>/…                        not yet a form: nothing reads pages with it

A folder is written under another name and then given its own; the form file in force is replaced last.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from PIL import Image

from scanner.errors import FormError, SohoaError
from scanner.files import atomic_file, atomic_folder, storage_error
from scanner.forms.checking import check_form
from scanner.forms.loading import FILE, blank_image, files_of, load_form, read_form, rendering_of, save_form
from scanner.model import PX_PER_MM, FormTemplate, Reason
from scanner.rules import CHECKS, rule_faults
from scanner.vietnam.wordlists import LISTS

VERSIONS = "versions"
ID = r"(?!(con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9][a-z0-9-]{0,39}"
"""An id made here is a folder's name on every system, and nothing else."""
LONGEST = 200
"""Characters of a title or a label."""
MOST_FIELDS = 500


def is_form_id(text: str) -> bool:
    """Can a form made here have this id?"""
    return re.fullmatch(ID, text) is not None


def all_faults(form: FormTemplate) -> list[Reason]:
    """Everything that stands against reading pages with a form: its own faults and those of its rules."""
    lists = [Reason("unknown_list", {"field": f.id}) for f in form.fields if f.lexicon and f.lexicon not in LISTS]
    return [*check_form(form, CHECKS), *rule_faults(form), *lists, *_wordy(form)]


def _wordy(form: FormTemplate) -> list[Reason]:
    """Fields without a label, and texts that are no title or label."""
    found = [Reason("no_label", {"field": f.id}) for f in form.fields if not _is_label(f.label)]
    found += [Reason("no_option_label", {"field": f.id, "option": o.id})
              for f in form.fields for o in f.options if not _is_label(o.label)]  # fmt: skip
    if not _is_label(form.title):
        found.append(Reason("no_title"))
    return found if len(form.fields) <= MOST_FIELDS else [*found, Reason("too_many_fields", {"most": MOST_FIELDS})]


def _is_label(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= LONGEST


# --- versions ----------------------------------------------------------------------------------------


def versions(form_id: str, site: Path) -> list[str]:
    """The versions of a form that the site keeps, oldest first."""
    folders = [p for p in (site / form_id / VERSIONS).glob("v*") if (p / FILE).is_file()]
    return [unquote(p.name[1:]) for p in sorted(folders, key=lambda p: (p / FILE).stat().st_mtime_ns)]


def load_version(form_id: str, version: str, folder: Path | None = None, site: Path | None = None) -> FormTemplate:
    """A form as it was in that version; where the version is not kept, as it is now. Raises FormError."""
    current = load_form(form_id, folder, site)  # an id that names no form is refused here, before any path is made
    kept = current.folder / VERSIONS / _folder_of(version) / FILE
    return read_form(kept) if version != current.version and kept.is_file() else current


def publish(form: FormTemplate, current: FormTemplate | None, site: Path) -> FormTemplate:
    """Put a form in force as the version after `current` (None: the first). Raises FormError, StorageFull.

    `form.folder` is where its blank lies. What was in force is kept among the versions.
    """
    place = site / form.id
    taken = {*versions(form.id, site), *([current.version] if current else [])}
    form = form.model_copy(update={"version": _next(current.version, taken) if current else "1"})
    try:
        if (place / FILE).is_file():
            _keep(current, place)
            _keep(form, place)
            copy_form(form, place)
        else:
            _first_on_site(form, current, place)
    except OSError as error:
        raise _unwritten(error) from None
    return form.model_copy(update={"folder": place})


def _first_on_site(form: FormTemplate, current: FormTemplate | None, place: Path) -> None:
    with atomic_folder(place) as partial:
        copy_form(form, partial)
        _keep(current, partial)
        _keep(form, partial)


def _keep(form: FormTemplate | None, place: Path) -> None:
    """Keep a version whole beside the form in force, once: a version that is kept never changes."""
    if form is None or (place / VERSIONS / _folder_of(form.version)).exists():
        return
    with atomic_folder(place / VERSIONS / _folder_of(form.version)) as partial:
        copy_form(form, partial)


def copy_form(form: FormTemplate, place: Path) -> None:
    """A form with its blanks and their renderings in a folder of its own, the form file last. Raises OSError."""
    place.mkdir(parents=True, exist_ok=True)
    for name in files_of(form):
        lies, copy = form.folder / name, place / name
        if lies.is_file() and not (copy.exists() and copy.samefile(lies)):
            with atomic_file(copy) as partial:
                shutil.copyfile(lies, partial)
    save_form(form, place / FILE)


def _folder_of(version: str) -> str:
    return "v" + quote(version, safe="")  # no version, however it is written, leads out of the folder


def _next(version: str, taken: Collection[str]) -> str:
    """The version after this: its last number one higher, until it is free."""
    while version in taken:
        found = re.search(r"\d+(?=\D*$)", version)
        version = f"{version[: found.start()]}{int(found[0]) + 1}{version[found.end() :]}" if found else f"{version}.2"
    return version


# --- drafts ------------------------------------------------------------------------------------------


def list_drafts(drafts: Path) -> list[str]:
    """Ids of the forms that somebody works on, in order."""
    return sorted(p.parent.name for p in drafts.glob(f"*/{FILE}") if is_form_id(p.parent.name))


def load_draft(form_id: str, drafts: Path) -> FormTemplate | None:
    """The draft of that id, where there is one."""
    return read_form(drafts / form_id / FILE) if form_id in list_drafts(drafts) else None


def keep_draft(form: FormTemplate, drafts: Path) -> None:
    """Keep work that is not a version yet, faults and all. Raises FormError, StorageFull."""
    try:
        copy_form(form, drafts / form.id)
    except OSError as error:
        raise _unwritten(error) from None


def drop_draft(form_id: str, drafts: Path) -> None:
    """Forget a draft, if there is one."""
    if form_id in list_drafts(drafts):
        shutil.rmtree(drafts / form_id, ignore_errors=True)


def stamp(form: FormTemplate | None) -> str:
    """Tells one state of a form from another, to see whether somebody else saved meanwhile."""
    return sha256(form.model_dump_json(exclude={"folder"}).encode()).hexdigest()[:16] if form else ""


# --- the blank ---------------------------------------------------------------------------------------


def blank_picture(form: FormTemplate) -> bytes:
    """The blank as a PNG at 300 dpi, exactly the sheet: the kept rendering where it is that. Raises FormError."""
    kept = form.folder / rendering_of(form)
    if kept.is_file():
        with Image.open(kept) as image:
            if image.format == "PNG" and image.size == tuple(round(side * PX_PER_MM) for side in form.sheet):
                return kept.read_bytes()
    out = io.BytesIO()
    Image.fromarray(blank_image(form)).save(out, "PNG")
    return out.getvalue()


def _unwritten(error: OSError) -> SohoaError:
    wrong = FormError("form_not_written")
    return storage_error(error, wrong)
