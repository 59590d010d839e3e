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
from typing import Any

from scanner.errors import SourceError
from scanner.evaluation.scores import normal
from scanner.model import FieldKind, FieldSpec, FormTemplate, PageRef, Value

ACTION = "Correct that line of the truth file and run it again."


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
        where = f"Line {number} of {truth.name}"
        page = _page(_object(line, where), where, folder, forms)
        key = (page.file, page.ref.number)
        if key in seen:
            raise SourceError(f"{where} names the same page as line {seen[key]}.", ACTION)
        seen[key] = number
        pages.append(page)
    if not pages:
        raise SourceError(f"The truth file {truth.name} holds no page.", "Give a file with one JSON line a page.")
    return tuple(pages)


def _text(truth: Path) -> str:
    try:
        return truth.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"There is no truth file {truth}.", "Check the path.") from None
    except UnicodeDecodeError:
        raise SourceError(f"The truth file {truth.name} is not UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise SourceError(f"The truth file {truth} cannot be read ({error.strerror}).", "Check it.") from None


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise SourceError(f"{where} is not JSON ({error.msg} at column {error.colno}).", ACTION) from None
    if not isinstance(data, dict):
        raise SourceError(f"{where} is not a JSON object.", ACTION)
    return data


def _page(data: Mapping[str, Any], where: str, folder: Path, forms: Sequence[FormTemplate]) -> TruthPage:
    file, number = data.get("file"), data.get("page", 1)
    if not isinstance(file, str) or not file:
        raise SourceError(f'{where} has no "file".', ACTION)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise SourceError(f'{where}: "page" must be a number from 1.', ACTION)
    path = folder / file
    if not path.is_file():
        raise SourceError(f"{where} names {file}, which is not in {folder}.", "Give the folder of images.")
    fields, unclear = data.get("fields"), data.get("unclear", [])
    if not isinstance(fields, dict):
        raise SourceError(f'{where} has no "fields" object.', ACTION)
    if not isinstance(unclear, list) or not all(isinstance(name, str) for name in unclear):
        raise SourceError(f'{where}: "unclear" must be a list of field ids.', ACTION)
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


def _form(named: Any, fields: Sequence[str], where: str, forms: Sequence[FormTemplate]) -> FormTemplate:
    """The form that a line names, or the only one that has all its fields."""
    if named is not None:
        forms = [form for form in forms if form.id == named]
        if not forms:
            raise SourceError(f'{where}: "form" must be the id of a form that is read here.', ACTION)
    fitting = [form for form in forms if {spec.id for spec in form.fields}.issuperset(fields)]
    if len(fitting) > 1:
        raise SourceError(f"{where} fits several forms.", 'Name one of them with "form" in the line, or with --form.')
    if fitting:
        return fitting[0]
    if len(forms) == 1:
        odd = next(name for name in fields if name not in {spec.id for spec in forms[0].fields})
        raise SourceError(f'{where} names the field "{odd}", which form {forms[0].id} does not have.', ACTION)
    raise SourceError(f"{where} names fields that no form has together.", ACTION)


def _form_page(named: Any, specs: Sequence[FieldSpec], where: str, form: FormTemplate) -> int | None:
    """The page that a line names, or the one on which all its fields stand."""
    if named is None:
        pages = {spec.page for spec in specs} if form.page_count > 1 else {1}
        return pages.pop() if len(pages) == 1 else None
    if not isinstance(named, int) or isinstance(named, bool) or not 1 <= named <= form.page_count:
        raise SourceError(f'{where}: "form_page" must be a page of the form, 1 to {form.page_count}.', ACTION)
    if any(spec.page != named for spec in specs):
        raise SourceError(f'{where} names a field of another page than its "form_page".', ACTION)
    return named


def _tag(data: Mapping[str, Any], name: str, where: str) -> str | None:
    tag = data.get(name)
    if tag is not None and not isinstance(tag, str):
        raise SourceError(f'{where}: "{name}" must be text.', ACTION)
    return tag or None


def _value(spec: FieldSpec, value: Any, where: str) -> Value:
    """The value in the form that readings have. Says which field is wrong, never what stands in it."""
    match spec.kind:
        case FieldKind.CHOICES:
            if value is not None and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                raise SourceError(f'{where}: "{spec.id}" must be a list of option ids.', ACTION)
            chosen = tuple(value or ())
            _known_options(spec, chosen, where)
            return normal(chosen, spec.kind)
        case FieldKind.SIGNATURE:
            if value is not None and not isinstance(value, bool):
                raise SourceError(f'{where}: "{spec.id}" must be true or false.', ACTION)
            return bool(value)
        case _:
            if value is not None and not isinstance(value, str):
                raise SourceError(f'{where}: "{spec.id}" must be text or null.', ACTION)
            if spec.kind is FieldKind.CHOICE and value:
                _known_options(spec, (value,), where)
            return normal(value, spec.kind)


def _known_options(spec: FieldSpec, chosen: tuple[str, ...], where: str) -> None:
    if not {option.id for option in spec.options}.issuperset(chosen):
        raise SourceError(f'{where}: "{spec.id}" names an option that the form does not have.', ACTION)
