"""Forms as configuration: `form_templates/<id>/form.json` and the blank beside it → FormTemplate."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pdf2image import convert_from_path
from pdf2image.exceptions import PDFInfoNotInstalledError, PDFPageCountError, PDFSyntaxError
from pydantic import ValidationError

from scanner.errors import FormError
from scanner.model import DPI, FieldKind, FieldLayout, FieldSpec, FormTemplate, Gray, Reason

FILE = "form.json"
RENDERED = "blank.png"
TOUCH_MM2 = 0.5


def forms_folder(folder: Path | None = None) -> Path:
    """Where the forms live: the folder given, or the one that came with the program."""
    if folder is not None:
        return folder
    here = Path(__file__).resolve().parent
    for place in (here.parent / "form_templates", here / "form_templates"):
        if place.is_dir():
            return place
    raise FormError("The folder of forms is missing.", "Install Sohoa again, or name the folder with SOHOA_FORMS.")


def list_forms(folder: Path | None = None) -> list[str]:
    """Ids of the forms that have a form file, in order."""
    return sorted(p.parent.name for p in forms_folder(folder).glob(f"*/{FILE}"))


def load_form(form_id: str, folder: Path | None = None) -> FormTemplate:
    """The form of that id. Raises FormError when there is none or its file is wrong."""
    place = forms_folder(folder)
    known = list_forms(folder)
    if form_id not in known:
        raise FormError(f'There is no form "{form_id}".', f"Known forms: {', '.join(known) or 'none'}.")
    return read_form(place / form_id / FILE)


def read_form(path: Path) -> FormTemplate:
    """A form file → FormTemplate. Raises FormError with the place of the first fault."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return FormTemplate.model_validate({**data, "folder": path.parent})
    except OSError:
        raise FormError(f"The form file {path.name} cannot be opened.", "Check the path and your permission.") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FormError(f"{path.name} is wrong at {place}: {first['msg']}.", "Mend the form file.") from None
    except ValueError as error:
        raise FormError(f"{path.name} is not valid JSON ({error}).", "Mend the form file.") from None


def save_form(form: FormTemplate, path: Path) -> None:
    """Write a form file, boxes to a hundredth of a millimetre, one field after another, stable."""
    data = form.model_dump(mode="json", exclude={"folder"}, exclude_defaults=True)
    text = json.dumps(_rounded(data), ensure_ascii=False, indent=1)
    partial = path.with_suffix(".partial")
    partial.write_text(_boxes_on_one_line(text) + "\n", encoding="utf-8")
    partial.replace(path)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, (list, tuple)) else value


def _boxes_on_one_line(text: str) -> str:
    """The numbers of one box stand on one line: a form file is read by people too."""
    return re.sub(r"\[\s*([-\d.]+(?:,\s*[-\d.]+)*)\s*\]", _one_line, text)


def _one_line(numbers: re.Match[str]) -> str:
    return "[" + ", ".join(n.strip() for n in numbers[1].split(",")) + "]"


# --- the blank ---------------------------------------------------------------------------------------


def blank_image(form: FormTemplate, dpi: int = DPI) -> Gray:
    """The blank at dpi: (rows, cols) grey of exactly the sheet's size. Raises FormError."""
    return _blank(form.folder, form.blank, form.sheet, dpi)


@lru_cache(maxsize=8)
def _blank(folder: Path, name: str, sheet: tuple[float, float], dpi: int) -> Gray:
    rendered = folder / RENDERED
    if rendered.is_file():
        image = cv2.imdecode(np.frombuffer(rendered.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise FormError(f"{rendered.name} of the form is damaged.", "Draw it again with: sohoa forms check.")
    else:
        image = render_blank(folder / name)
    size = (round(sheet[0] * dpi / 25.4), round(sheet[1] * dpi / 25.4))
    if image.shape[::-1] != size:
        image = cv2.resize(np.asarray(image, np.uint8), size, interpolation=cv2.INTER_AREA)
    grey = np.asarray(image, np.uint8)
    grey.setflags(write=False)
    return grey


def render_blank(path: Path) -> Gray:
    """The first page of a PDF, or an image, as grey at 300 dpi. Raises FormError."""
    if not path.is_file():
        raise FormError(f"The blank {path.name} is missing.", "Put it beside the form file.")
    if path.suffix.lower() == ".pdf":
        try:
            return np.asarray(convert_from_path(path, dpi=DPI, first_page=1, last_page=1, grayscale=True)[0], np.uint8)
        except PDFInfoNotInstalledError:
            raise FormError(
                "poppler is not installed.", "Install it with: sudo apt-get install poppler-utils"
            ) from None
        except (PDFPageCountError, PDFSyntaxError, IndexError):
            raise FormError(f"{path.name} is not a PDF that can be read.", "Export the blank as PDF again.") from None
    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise FormError(f"{path.name} is neither a PDF nor an image.", "Give the blank as PDF, PNG or JPEG.")
    return np.asarray(image, np.uint8)


# --- checking ----------------------------------------------------------------------------------------


def check_form(form: FormTemplate, checks: Collection[str] = ()) -> list[Reason]:
    """What is wrong with a form: overlaps, boxes off the sheet, double ids, rules that name what is not there.

    `checks` are the names of the checks that exist (scanner.rules.CHECKS); empty means do not look.
    """
    return [
        *_double_ids(form),
        *(fault for spec in form.fields for fault in _field_faults(spec, form.sheet)),
        *_overlaps(form),
        *_rule_faults(form, checks),
        *([] if (form.folder / form.blank).is_file() else [Reason("blank_missing", {"file": form.blank})]),
    ]


def _double_ids(form: FormTemplate) -> Iterable[Reason]:
    ids = [f.id for f in form.fields]
    for double in sorted({i for i in ids if ids.count(i) > 1}):
        yield Reason("double_field", {"field": double})


def _field_faults(spec: FieldSpec, sheet: tuple[float, float]) -> Iterable[Reason]:
    options = [o.id for o in spec.options]
    if len(set(options)) != len(options):
        yield Reason("double_option", {"field": spec.id})
    if spec.kind in (FieldKind.CHOICE, FieldKind.CHOICES) and (not options or spec.layout is not FieldLayout.TICKS):
        yield Reason("no_options", {"field": spec.id})
    wanted = {FieldLayout.LINE: 1, FieldLayout.AREA: 1}.get(spec.layout)
    if spec.layout is not FieldLayout.TICKS and (not spec.boxes or (wanted and len(spec.boxes) != wanted)):
        yield Reason("wrong_box_count", {"field": spec.id, "count": len(spec.boxes)})
    for box in (*spec.boxes, *(o.box for o in spec.options)):
        if box.x < 0 or box.y < 0 or box.right > sheet[0] or box.bottom > sheet[1] or box.w <= 0 or box.h <= 0:
            yield Reason("outside_sheet", {"field": spec.id})
            return


def _overlaps(form: FormTemplate) -> Iterable[Reason]:
    boxes = [(f.id, b) for f in form.fields for b in (*f.boxes, *(o.box for o in f.options))]
    seen = set()
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[i + 1 :]:
            if a.overlap(b) > TOUCH_MM2 and (first, second) not in seen:
                seen.add((first, second))
                yield Reason("overlap", {"field": first, "other": second})


def _rule_faults(form: FormTemplate, checks: Collection[str]) -> Iterable[Reason]:
    ids = {f.id for f in form.fields}
    for rule in form.rules:
        named = [n for v in rule.fields.values() for n in ((v,) if isinstance(v, str) else v)]
        if not ids.issuperset(named):
            yield Reason("rule_without_field", {"rule": rule.rule})
        if checks and rule.check not in checks:
            yield Reason("rule_without_check", {"rule": rule.rule})
