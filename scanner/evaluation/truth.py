"""The truth file: what is really written on each sheet, one JSON line a page.

    {"file": "0001.jpg", "page": 1, "form": "slip", "form_page": 1, "hand": "typed", "wear": "scan",
     "fields": {id: value}, "unclear": [id]}

All but `file` and `fields` are optional. A field named in `unclear` has no one right value: it must be left to a
person. Without `form` it is the form that has all these fields; without `form_page` the page they stand on. Where they
stand on several, those are judged that stand on the page it was taken for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import SourceError
from scanner.evaluation.scores import normal
from scanner.model import FieldKind, FieldSpec, FormTemplate, PageRef, Value

Where = Mapping[str, str | int]
"""A line of the truth file as errors name it: "file" and "number"."""


@dataclass(frozen=True, slots=True)
class TruthPage:
    """What one page really says. `values` are normalised; a field that is not in it is not judged."""

    ref: PageRef
    file: str
    form: FormTemplate
    form_page: int | None  # None where the values of several pages are given
    hand: str | None
    wear: str | None
    values: Mapping[str, Value] = field(repr=False)
    unclear: frozenset[str] = frozenset()


def read_truth(truth: Path, images: Path | None, forms: Sequence[FormTemplate]) -> tuple[TruthPage, ...]:
    """The pages of a truth file, in its order. Images lie in `images`, or beside the truth file.

    Raises SourceError, one sentence with the line's number: no such file, a malformed line, an
    unknown form, field or option, an image that is not there, the same page twice.
    """
    folder = truth.parent if images is None else images
    pages: list[TruthPage] = []
    seen: dict[tuple[str, int], int] = {}
    for number, line in enumerate(_text(truth).split("\n"), start=1):
        if not line.strip():
            continue
        where: Where = {"file": truth.name, "number": number}
        page = _page(_object(line, where), where, folder, forms)
        key = (page.file, page.ref.number)
        if key in seen:
            raise SourceError("truth_page_twice", **where, other=seen[key])
        seen[key] = number
        pages.append(page)
    if not pages:
        raise SourceError("truth_empty", file=truth.name)
    return tuple(pages)


def _text(truth: Path) -> str:
    try:
        return truth.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError("truth_missing", path=truth) from None
    except UnicodeDecodeError:
        raise SourceError("truth_not_utf8", file=truth.name) from None
    except OSError as error:
        raise SourceError("truth_unreadable", path=truth, detail=error.strerror) from None


def _object(line: str, where: Where) -> dict[str, object]:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise SourceError("truth_not_json", **where, detail=error.msg, column=error.colno) from None
    if not isinstance(data, dict):
        raise SourceError("truth_not_object", **where)
    return data


def _page(data: Mapping[str, object], where: Where, folder: Path, forms: Sequence[FormTemplate]) -> TruthPage:
    file, number = data.get("file"), data.get("page", 1)
    if not isinstance(file, str) or not file:
        raise SourceError("truth_no_file", **where)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise SourceError("truth_bad_page", **where)
    path = folder / file
    if not path.is_file():
        raise SourceError("truth_image_missing", **where, image=file, folder=folder)
    fields, unclear = data.get("fields"), data.get("unclear", [])
    if not isinstance(fields, dict):
        raise SourceError("truth_no_fields", **where)
    if not isinstance(unclear, list) or not all(isinstance(name, str) for name in unclear):
        raise SourceError("truth_bad_unclear", **where)
    form = _form(data.get("form"), (*fields, *unclear), where, forms)
    specs = {spec.id: spec for spec in form.fields}
    return TruthPage(
        ref=PageRef(path, number),
        file=file,
        form=form,
        form_page=_form_page(data.get("form_page"), [specs[name] for name in (*fields, *unclear)], where, form),
        hand=_tag(data, "hand", where),
        wear=_tag(data, "wear", where),
        values={name: _value(specs[name], value, where) for name, value in fields.items()},
        unclear=frozenset(unclear),
    )


def _form(named: object, fields: Sequence[str], where: Where, forms: Sequence[FormTemplate]) -> FormTemplate:
    """The form that a line names, or the only one that has all its fields."""
    if named is not None:
        forms = [form for form in forms if form.id == named]
        if not forms:
            raise SourceError("truth_unknown_form", **where)
    fitting = [form for form in forms if {spec.id for spec in form.fields}.issuperset(fields)]
    if len(fitting) > 1:
        raise SourceError("truth_several_forms", **where)
    if fitting:
        return fitting[0]
    if len(forms) == 1:
        odd = next(name for name in fields if name not in {spec.id for spec in forms[0].fields})
        raise SourceError("truth_unknown_field", **where, field=odd, form=forms[0].id)
    raise SourceError("truth_fields_of_no_form", **where)


def _form_page(named: object, specs: Sequence[FieldSpec], where: Where, form: FormTemplate) -> int | None:
    """The page that a line names, or the one on which all its fields stand."""
    if named is None:
        pages = {spec.page for spec in specs} if form.page_count > 1 else {1}
        return pages.pop() if len(pages) == 1 else None
    if not isinstance(named, int) or isinstance(named, bool) or not 1 <= named <= form.page_count:
        raise SourceError("truth_bad_form_page", **where, pages=form.page_count)
    if any(spec.page != named for spec in specs):
        raise SourceError("truth_field_of_other_page", **where)
    return named


def _tag(data: Mapping[str, object], name: str, where: Where) -> str | None:
    tag = data.get(name)
    if tag is not None and not isinstance(tag, str):
        raise SourceError("truth_tag_not_text", **where, name=name)
    return tag or None


def _value(spec: FieldSpec, value: object, where: Where) -> Value:
    """The value in the form that readings have. Says which field is wrong, never what stands in it."""
    match spec.kind:
        case FieldKind.CHOICES:
            if value is not None and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                raise SourceError("truth_not_options", **where, field=spec.id)
            chosen = tuple(value or ())
            _known_options(spec, chosen, where)
            return normal(chosen, spec.kind)
        case FieldKind.SIGNATURE:
            if value is not None and not isinstance(value, bool):
                raise SourceError("truth_not_bool", **where, field=spec.id)
            return bool(value)
        case _:
            if value is not None and not isinstance(value, str):
                raise SourceError("truth_not_text", **where, field=spec.id)
            if spec.kind is FieldKind.CHOICE and value:
                _known_options(spec, (value,), where)
            return normal(value, spec.kind)


def _known_options(spec: FieldSpec, chosen: tuple[str, ...], where: Where) -> None:
    if not {option.id for option in spec.options}.issuperset(chosen):
        raise SourceError("truth_unknown_option", **where, field=spec.id)
