"""A new form from its blank: what can be written in is found and given a first name, to be named by a person."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from scanner.errors import FormError
from scanner.files import atomic_folder, storage_error
from scanner.forms.blanks import blank_pages, fit_to_sheet, render_blank, sheet_of
from scanner.forms.loading import FILE, SOURCE_NOTE, pages_of, rendering_of, save_form
from scanner.layout.detection.detect import Detected, detect
from scanner.model import DPI, Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, Gray, NextPage, Option

LEVEL_MM = 3.0
MOST_PAGES = 20
AREA_MM = 14.0
"""A free box higher than this is an area, not a line."""
FRAME_MM = 1.2
"""An area keeps off its frame: on a grey scan the frame of an empty one was taken for a signature."""


def draft_form(blank: Path, form_id: str, folder: Path) -> FormTemplate:
    """Write `folder/form_id/` with the blank, its rendering and a draft form file; returns the draft.

    Raises FormError when the blank cannot be read, the id cannot be a folder's name, or the form is already
    there, or the folder cannot be written to; StorageFull when the disk is full. Nothing half-made is left behind.
    """
    if not re.fullmatch(r"[^\W_][\w-]*", form_id):
        raise FormError("invalid_form_id", form=form_id)
    place = folder / form_id
    if place.exists():
        raise FormError("form_exists", form=form_id)
    count = blank_pages(blank)
    if not 1 <= count <= MOST_PAGES:
        raise FormError("blank_too_many_pages", file=blank.name, pages=count, most=MOST_PAGES)
    images = [render_blank(blank, number) for number in range(1, count + 1)]
    form = draft(images, form_id, "blank" + (blank.suffix.lower() if blank.suffix.lower() != ".png" else "-source.png"))
    try:
        with atomic_folder(place) as partial:
            shutil.copyfile(blank, partial / form.blank)
            for image, page in zip(images, pages_of(form), strict=True):
                write_rendering(fit_to_sheet(image, page.sheet), partial / rendering_of(page), blank)
            save_form(form, partial / FILE)
    except OSError as error:
        wrong = FormError("form_not_written_here", detail=error.strerror)
        raise storage_error(error, wrong) from None
    return form.model_copy(update={"folder": place})


def write_rendering(image: Gray, path: Path, source: Path) -> None:
    """Keep a blank, (rows, cols) at 300 dpi, as a small PNG of 16 greys: reading then needs no PDF program.

    The PNG notes of which file it is the picture, so that `check_form` can tell when the two part.
    """
    grey = (np.round(image / 17.0) * 17).astype(np.uint8)
    note = PngInfo()
    note.add_text(SOURCE_NOTE, sha256(source.read_bytes()).hexdigest())
    Image.fromarray(grey).save(path, format="PNG", optimize=True, dpi=(DPI, DPI), pnginfo=note)


def draft(images: Sequence[Gray], form_id: str, blank_name: str) -> FormTemplate:
    """A form with every room found on a blank's pages (grey, 300 dpi), named f01, f02 … down each page."""
    sheets = [sheet_of(image) for image in images]
    found = [
        spec.model_copy(update={"page": page})
        for page, (image, sheet) in enumerate(zip(images, sheets, strict=True), 1)
        for spec in in_reading_order(_fields(detect(fit_to_sheet(image, sheet))))
    ]
    named = tuple(f.model_copy(update={"id": f"f{i:02}", "label": f"f{i:02}"}) for i, f in enumerate(found, 1))
    later = tuple(NextPage(sheet=s, blank=blank_name, blank_page=n) for n, s in enumerate(sheets[1:], 2))
    return FormTemplate(
        id=form_id, version="1", title=form_id, sheet=sheets[0], blank=blank_name, next_pages=later, fields=named
    )


def in_reading_order(fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    """Down the page by the first box's lower edge, and from the left on one level."""
    levels: list[list[FieldSpec]] = []
    for spec in sorted(fields, key=lambda f: _first(f).bottom):
        if levels and _first(spec).bottom - _first(levels[-1][0]).bottom < LEVEL_MM:
            levels[-1].append(spec)
        else:
            levels.append([spec])
    return [spec for level in levels for spec in sorted(level, key=lambda f: _first(f).x)]


def _first(spec: FieldSpec) -> Box:
    return spec.boxes[0] if spec.boxes else spec.options[0].box


def _fields(found: Detected) -> list[FieldSpec]:
    spec = FieldSpec(id="", label="", kind=FieldKind.TEXT, layout=FieldLayout.LINE)
    out = [spec.model_copy(update={"boxes": (box,)}) for box in found.lines]
    for group in found.parts:
        if len(group) == 3:
            update = {"kind": FieldKind.DATE, "layout": FieldLayout.PARTS, "boxes": group}
            out.append(spec.model_copy(update=update))
        else:
            out += [spec.model_copy(update={"boxes": (box,)}) for box in group]
    for comb in found.combs:
        kind = FieldKind.DATE if _is_date(comb) else FieldKind.DIGITS
        out.append(spec.model_copy(update={"kind": kind, "layout": FieldLayout.COMB, "boxes": comb}))
    for box in found.boxes:
        free = box.h > AREA_MM
        layout, room = (FieldLayout.AREA, box.grown(-FRAME_MM, -FRAME_MM)) if free else (FieldLayout.LINE, box)
        out.append(spec.model_copy(update={"layout": layout, "boxes": (room,)}))
    for group in found.choices:
        options = tuple(Option(id=f"o{i}", label=f"o{i}", box=box) for i, box in enumerate(group, 1))
        out.append(spec.model_copy(update={"kind": FieldKind.CHOICE, "layout": FieldLayout.TICKS, "options": options}))
    return out


def _is_date(comb: Sequence[Box]) -> bool:
    """Eight cells in groups of two, two and four."""
    if len(comb) != 8:
        return False
    gaps = [right.x - left.right for left, right in pairwise(comb)]
    usual = sorted(gaps)[len(gaps) // 2]
    return [i for i, gap in enumerate(gaps) if gap > usual + 0.8] == [1, 3]
