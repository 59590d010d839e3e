"""A new form from its blank: what can be written in is found and given a first name, to be named by a person."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np

from scanner.errors import FormError
from scanner.forms import FILE, RENDERED, render_blank, save_form
from scanner.layout.detect import Detected, detect
from scanner.model import DPI, Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, Gray, Option

ROW_MM = 2.5


def draft_form(blank: Path, form_id: str, folder: Path) -> FormTemplate:
    """Write `folder/form_id/` with the blank, its rendering and a draft form file; returns the draft.

    Raises FormError when the blank cannot be read or the form is already there.
    """
    place = folder / form_id
    if (place / FILE).exists():
        raise FormError(f'The form "{form_id}" is already there.', "Choose another id, or remove its folder first.")
    image = render_blank(blank)
    form = draft(image, form_id, "blank" + blank.suffix.lower())
    place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(blank, place / form.blank)
    write_rendering(image, place / RENDERED)
    save_form(form, place / FILE)
    return form.model_copy(update={"folder": place})


def write_rendering(image: Gray, path: Path) -> None:
    """Keep the blank as a small PNG of 16 greys: reading then needs no PDF program."""
    grey = (np.round(image / 17.0) * 17).astype(np.uint8)
    ok, data = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not ok:
        raise FormError("The blank could not be kept as PNG.", "Report this as a fault in Sohoa.")
    path.write_bytes(np.asarray(data).tobytes())


def draft(image: Gray, form_id: str, blank_name: str) -> FormTemplate:
    """A form with every room found on a blank (grey, 300 dpi), named f01, f02 … down the page."""
    sheet = (round(image.shape[1] * 25.4 / DPI, 1), round(image.shape[0] * 25.4 / DPI, 1))
    fields = sorted(_fields(detect(image)), key=lambda f: (round(f.area.bottom / 4), f.area.x))
    named = tuple(f.model_copy(update={"id": f"f{i:02}", "label": f"f{i:02}"}) for i, f in enumerate(fields, 1))
    return FormTemplate(id=form_id, version="1", title=form_id, sheet=sheet, blank=blank_name, fields=named)


def _fields(found: Detected) -> list[FieldSpec]:
    spec = FieldSpec(id="", label="", kind=FieldKind.TEXT, layout=FieldLayout.LINE)
    out = [spec.model_copy(update={"boxes": (box,)}) for box in found.lines]
    date = {"kind": FieldKind.DATE, "layout": FieldLayout.PARTS}
    out += [spec.model_copy(update={**date, "boxes": group}) for group in found.parts]
    digits = {"kind": FieldKind.DIGITS, "layout": FieldLayout.COMB}
    out += [spec.model_copy(update={**digits, "boxes": comb}) for comb in found.combs]
    for row in _rows(found.ticks):
        options = tuple(Option(id=f"o{i}", label=f"o{i}", box=box) for i, box in enumerate(row, 1))
        out.append(spec.model_copy(update={"kind": FieldKind.CHOICE, "layout": FieldLayout.TICKS, "options": options}))
    return out


def _rows(ticks: tuple[Box, ...]) -> list[list[Box]]:
    rows: list[list[Box]] = []
    for box in ticks:
        if rows and abs(rows[-1][-1].y - box.y) < ROW_MM:
            rows[-1].append(box)
        else:
            rows.append([box])
    return rows
