"""Forms as configuration: `form_templates/<id>/form.json` and the blank beside it → FormTemplate."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ValidationError

from scanner.errors import FormError
from scanner.files import write_file
from scanner.forms.blanks import fit_to_sheet, render_blank
from scanner.model import (
    DPI,
    FieldSpec,
    FormTemplate,
    Gray,
    NextPage,
    Option,
    RuleSpec,
)

FILE = "form.json"
RENDERED = "blank.png"
SOURCE_NOTE = "blank-sha256"
"""The kept rendering says under this name of which file it is the picture."""
SHEET_MM = (30.0, 600.0)
Place = tuple[str | int, ...]
"""Names and numbers on the way from the top of a form file to an entry."""


# --- where forms live --------------------------------------------------------------------------------


def forms_folder(folder: Path | None = None) -> Path:
    """Where the forms live: the folder given, or the one that came with the program."""
    if folder is not None:
        return folder
    here = Path(__file__).resolve().parents[1]
    for place in (here.parent / "form_templates", here / "form_templates"):
        if place.is_dir():
            return place
    raise FormError("forms_folder_missing")


def list_forms(folder: Path | None = None, site: Path | None = None) -> list[str]:
    """Ids of the forms that have a form file, in order: those of the folder and those made on site."""
    found = {p.parent.name for place in _places(folder, site) for p in place.glob(f"*/{FILE}")}
    return sorted(name for name in found if not name.startswith("."))


def _places(folder: Path | None, site: Path | None) -> list[Path]:
    """The folders to look in, the site's first: what it made of a shipped form goes before the shipped one."""
    return [site, forms_folder(folder)] if site is not None and site.is_dir() else [forms_folder(folder)]


def load_form(form_id: str, folder: Path | None = None, site: Path | None = None) -> FormTemplate:
    """The form of that id. Raises FormError when there is none or its file is wrong."""
    known = list_forms(folder, site)
    if form_id not in known:
        raise FormError("no_such_form", form=form_id, forms=", ".join(known) or "-")
    place = next(p for p in _places(folder, site) if (p / form_id / FILE).exists())
    form = read_form(place / form_id / FILE)
    if form.id != form_id:
        raise FormError("form_id_differs", file=f"{form_id}/{FILE}", form=form.id)
    return form


# --- the form file -----------------------------------------------------------------------------------


def read_form(path: Path) -> FormTemplate:
    """A form file → FormTemplate. Raises FormError with the place of the first fault."""
    name = f"{path.resolve().parent.name}/{path.name}"
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise FormError("form_file_unreadable", file=name) from None
    except (ValueError, RecursionError) as error:
        raise FormError("form_file_not_json", file=name, detail=error) from None
    return form_of(data, path.parent, name)


def form_of(data: object, folder: Path, name: str) -> FormTemplate:
    """What a form file holds → FormTemplate; `name` is the file's in what FormError says."""
    if not isinstance(data, dict):
        raise FormError("form_file_no_form", file=name)
    try:
        form = FormTemplate.model_validate({**data, "folder": folder})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise FormError("form_file_wrong", file=name, place=_place(first["loc"], data), detail=first["msg"]) from None
    for place, fault in _oddities(form, data):
        raise FormError("form_file_wrong", file=name, place=place, detail=fault)
    return form


def _place(path: Iterable[str | int], data: object) -> str:
    """A place in a form file in words: fields and options by their ids, where they have one."""
    words = []
    for step in path:
        data = _entry(data, step)
        own = data.get("id") or data.get("rule") if isinstance(data, dict) else None
        if isinstance(step, int):
            words.append(f'"{own}"' if isinstance(own, str) else f"number {step + 1}")
        else:
            words.append(step)
    return " ".join(words) or "the top"


def _entry(data: object, step: str | int) -> object:
    """What a file holds under a name or a number; None where it holds nothing there."""
    if isinstance(data, dict):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and -len(data) <= step < len(data):
        return data[step]
    return None


def _oddities(form: FormTemplate, data: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    """What types alone do not catch: names that mean nothing, numbers without end, a blank elsewhere."""
    for place in _unknown(data, FormTemplate, ()):
        yield _place(place, data), "there is no such entry"
    for place in _endless(data, ()):
        yield _place(place, data), "the number is not finite"
    pages: list[tuple[str, FormTemplate | NextPage]] = [("", form)]
    pages += [(f"next_pages number {n} ", page) for n, page in enumerate(form.next_pages, 1)]
    for at, page in pages:
        if not all(SHEET_MM[0] <= side <= SHEET_MM[1] for side in page.sheet):
            yield f"{at}sheet", f"a side must be {SHEET_MM[0]:.0f} to {SHEET_MM[1]:.0f} mm long"
        if not re.fullmatch(r"[^/\\:\0]*[^/\\:.\0]", page.blank):
            yield f"{at}blank", "it must be the name of a file beside the form file"
        if page.blank_page < 1:
            yield f"{at}blank_page", "pages are counted from 1"


def _unknown(
    data: Mapping[str, object], model: type[BaseModel], at: tuple[str | int, ...]
) -> Iterable[tuple[str | int, ...]]:
    """Places of entries that the form's model does not know: most are typing errors."""
    below: Mapping[str, type[BaseModel]] = {
        "fields": FieldSpec, "options": Option, "rules": RuleSpec, "next_pages": NextPage,
    }  # fmt: skip
    known = set(model.model_fields) - ({"folder", "page"} if model is FormTemplate else set())
    for key, value in data.items():
        if key not in known:
            yield (*at, key)
        elif key in below and isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _unknown(item, below[key], (*at, key, number))


def _endless(data: object, at: Place) -> Iterable[Place]:
    if isinstance(data, float) and not math.isfinite(data):
        yield at
    items: Iterable[tuple[str | int, object]] = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in items:
        yield from _endless(value, (*at, key))


def save_form(form: FormTemplate, path: Path) -> None:
    """Write a form file, boxes to a hundredth of a millimetre; equal forms give equal bytes. Raises OSError."""
    data = form.model_dump(mode="json", exclude={"folder", "page"}, exclude_defaults=True)
    text = json.dumps(_rounded(data), ensure_ascii=False, indent=1)
    write_file(path, (_boxes_on_one_line(text) + "\n").encode())


def _rounded(value: object) -> object:
    """Boxes and sheets, the lists of floats, to 0.01 mm; single numbers (ages, thresholds) as they are."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [round(item, 2) + 0.0 if isinstance(item, float) else _rounded(item) for item in value]
    return value


def _boxes_on_one_line(text: str) -> str:
    """The numbers of one box stand on one line: a form file is read by people too."""
    number = r"-?\d[-+\d.eE]*"
    return re.sub(rf"\[\s*({number}(?:,\s*{number})*)\s*\]", _one_line, text)


def _one_line(numbers: re.Match[str]) -> str:
    return "[" + ", ".join(n.strip() for n in numbers[1].split(",")) + "]"


# --- the blank ---------------------------------------------------------------------------------------


def rendering_of(form: FormTemplate) -> str:
    """The name of the kept picture of a form's blank, of the page that the form is taken as."""
    return RENDERED if form.page == 1 else f"{Path(RENDERED).stem}-{form.page}.png"


def pages_of(form: FormTemplate) -> list[FormTemplate]:
    """Each printed page as a form by itself, in order."""
    return [form.of_page(number) for number in range(1, form.page_count + 1)]


def files_of(form: FormTemplate) -> list[str]:
    """Names of the files that belong beside a form file: its blanks and their kept pictures, each once."""
    return sorted({name for page in pages_of(form) for name in (page.blank, rendering_of(page))})


def blank_image(form: FormTemplate, dpi: int = DPI) -> Gray:
    """The blank at dpi: (rows, cols) grey of exactly the sheet's size, read-only. Raises FormError.

    Of a form of several pages, the first; see `FormTemplate.of_page`. Taken from the rendering kept beside the form
    file; where there is none, the blank itself is rendered.
    """
    kept = form.folder / rendering_of(form)
    source = kept if kept.is_file() else form.folder / form.blank
    written = source.stat().st_mtime_ns if source.is_file() else 0  # another blank may come to lie at the same place
    return _blank(kept, form.folder / form.blank, form.blank_page, form.sheet, dpi, written)


@lru_cache(maxsize=8)
def _blank(kept: Path, blank: Path, page: int, sheet: tuple[float, float], dpi: int, _written: int) -> Gray:
    image = fit_to_sheet(_kept(kept) if kept.is_file() else render_blank(blank, page), sheet)
    size = (round(sheet[0] * dpi / 25.4), round(sheet[1] * dpi / 25.4))
    if image.shape[::-1] != size:
        method = Image.Resampling.BOX if dpi < DPI else Image.Resampling.BICUBIC
        image = np.array(Image.fromarray(image).resize(size, method), np.uint8)
    image.setflags(write=False)
    return image


def _kept(path: Path) -> Gray:
    try:
        with Image.open(path) as image:
            return np.array(image.convert("L"), np.uint8)
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
        raise FormError("blank_cache_damaged", file=f"{path.parent.name}/{path.name}") from None
