"""What is wrong with a form: its ids, pages, layouts, boxes and rules, and the blank beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from scanner.errors import FormError
from scanner.forms.blanks import fit_to_sheet, render_blank
from scanner.forms.loading import SOURCE_NOTE, blank_image, pages_of, rendering_of
from scanner.model import Box, FieldKind, FieldLayout, FieldSpec, FormTemplate, Gray, Reason

TOUCH_MM2, TOUCH_SHARE = 0.5, 0.2
"""Boxes may share a wall, and a line's room may hang a little into the next line's."""
LAYOUTS: Mapping[FieldKind, frozenset[FieldLayout]] = {
    FieldKind.TEXT: frozenset({FieldLayout.LINE, FieldLayout.AREA, FieldLayout.COMB}),
    FieldKind.DIGITS: frozenset({FieldLayout.LINE, FieldLayout.COMB}),
    FieldKind.DATE: frozenset({FieldLayout.LINE, FieldLayout.COMB, FieldLayout.PARTS}),
    FieldKind.CHOICE: frozenset({FieldLayout.TICKS}),
    FieldKind.CHOICES: frozenset({FieldLayout.TICKS}),
    FieldKind.SIGNATURE: frozenset({FieldLayout.AREA, FieldLayout.LINE}),
}
DATE_BOXES = {FieldLayout.COMB: 8, FieldLayout.PARTS: 3}
OTHER_INK = 0.003
"""Share of a rendering's ink that may have no ink of the other near it: renderers differ by a pixel."""


def check_form(form: FormTemplate, checks: Collection[str] = ()) -> list[Reason]:
    """What is wrong with a form: ids, kinds and layouts, boxes, rules, and the blank beside it.

    `checks` are the names of the checks that exist (scanner.rules.CHECKS); empty means do not look.
    """
    return [
        *_id_faults(form),
        *_page_faults(form),
        *(fault for page in pages_of(form) for spec in page.fields for fault in _field_faults(spec, page.sheet)),
        *(fault for page in pages_of(form) for fault in _overlaps(page)),
        *_rule_faults(form, checks),
        *(fault for page in pages_of(form) for fault in _blank_faults(page)),
    ]


def _id_faults(form: FormTemplate) -> Iterable[Reason]:
    if not form.fields:
        yield Reason("no_fields")
    ids = [f.id for f in form.fields]
    for double in sorted({i for i in ids if ids.count(i) > 1}):
        yield Reason("double_field", {"field": double})
    rules = [r.rule for r in form.rules]
    for double in sorted({r for r in rules if rules.count(r) > 1}):
        yield Reason("double_rule", {"rule": double})
    for name in [*ids, *(o.id for f in form.fields for o in f.options)]:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield Reason("bad_id", {"field": name})


def _page_faults(form: FormTemplate) -> Iterable[Reason]:
    """Fields on pages that are not there, pages without a field, and values said to be repeated that cannot be."""
    fields = {f.id: f for f in form.fields}
    for spec in form.fields:
        if not 1 <= spec.page <= form.page_count:
            yield Reason("no_such_page", {"field": spec.id, "page": spec.page})
        first = fields.get(spec.same_as or spec.id)
        if first is None or (spec.same_as and (first.page == spec.page or first.kind is not spec.kind)):
            yield Reason("same_as_unfit", {"field": spec.id, "other": str(spec.same_as)})
    for number in range(1, form.page_count + 1):
        if form.page_count > 1 and not any(f.page == number for f in form.fields):
            yield Reason("page_without_fields", {"page": number})


def _field_faults(spec: FieldSpec, sheet: tuple[float, float]) -> Iterable[Reason]:
    options = [o.id for o in spec.options]
    if len(set(options)) != len(options):
        yield Reason("double_option", {"field": spec.id})
    if spec.layout not in LAYOUTS[spec.kind]:
        yield Reason("layout_unfit", {"field": spec.id, "kind": spec.kind.value, "layout": spec.layout.value})
    elif spec.layout is FieldLayout.TICKS and (not options or spec.boxes):
        yield Reason("no_options", {"field": spec.id})
    elif spec.layout is not FieldLayout.TICKS and options:
        yield Reason("options_unfit", {"field": spec.id})
    elif not _count_fits(spec):
        yield Reason("wrong_box_count", {"field": spec.id, "count": len(spec.boxes)})
    elif any(b.x < a.x for a, b in pairwise(spec.boxes)):
        yield Reason("boxes_out_of_order", {"field": spec.id})
    if any(not _on(box, sheet) for box in spec.all_boxes):
        yield Reason("outside_sheet", {"field": spec.id})


def _count_fits(spec: FieldSpec) -> bool:
    """Does the number of boxes fit the layout?"""
    count = len(spec.boxes)
    if spec.kind is FieldKind.DATE and spec.layout in DATE_BOXES:
        return count == DATE_BOXES[spec.layout]
    if spec.layout in (FieldLayout.LINE, FieldLayout.AREA):
        return count == 1
    return count >= 2 or spec.layout is FieldLayout.TICKS


def _on(box: Box, sheet: tuple[float, float]) -> bool:
    inside = box.x >= 0 and box.y >= 0 and box.right <= sheet[0] and box.bottom <= sheet[1]
    return inside and box.w > 0 and box.h > 0


def _overlaps(form: FormTemplate) -> Iterable[Reason]:
    boxes = [(f.id, b) for f in form.fields for b in f.all_boxes]
    seen = set()
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[i + 1 :]:
            limit = max(TOUCH_MM2, TOUCH_SHARE * min(a.w * a.h, b.w * b.h))
            if a.overlap(b) > limit and (first, second) not in seen:
                seen.add((first, second))
                yield Reason("overlap", {"field": first, "other": second})


def _rule_faults(form: FormTemplate, checks: Collection[str]) -> Iterable[Reason]:
    ids = {f.id for f in form.fields}
    for rule in form.rules:
        for missing in sorted(rule.named - ids):
            yield Reason("rule_without_field", {"rule": rule.rule, "field": missing})
        if checks and rule.check not in checks:
            yield Reason("rule_without_check", {"rule": rule.rule, "check": rule.check})


def _blank_faults(form: FormTemplate) -> Iterable[Reason]:
    """The blank must be there, of the sheet's size, and its kept rendering must be a picture of it."""
    blank, kept = form.folder / form.blank, form.folder / rendering_of(form)
    if not blank.is_file():
        yield Reason("blank_missing", {"file": form.blank})
        return
    try:
        known = blank_image(form)
    except FormError:
        yield Reason("blank_unfit", {"file": form.blank})
        return
    if not kept.is_file() or kept == blank or _source(kept) == sha256(blank.read_bytes()).hexdigest():
        return
    try:
        fresh = fit_to_sheet(render_blank(blank, form.blank_page), form.sheet)
    except FormError:
        return  # no renderer on this machine: the kept rendering is all there is, and reading works with it
    if max(_strange_ink(known, fresh), _strange_ink(fresh, known)) > OTHER_INK:
        yield Reason("blank_outdated", {"file": kept.name})


def _source(kept: Path) -> str:
    with Image.open(kept) as image:
        return str(image.info.get(SOURCE_NOTE, ""))


def _strange_ink(image: Gray, other: Gray) -> float:
    """Share of an image's ink (300 dpi) with none of the other's within two pixels."""
    ink = image < 128
    near = np.array(Image.fromarray(other).filter(ImageFilter.MinFilter(5))) < 170
    return float((ink & ~near).sum() / max(int(ink.sum()), 1))
