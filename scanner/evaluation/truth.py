"""The truth file: what is really written on each sheet, one JSON line a page.

    {"file": "0001.jpg", "page": 1, "hand": "typed", "wear": "scan", "fields": {id: value}, "unclear": [id]}

`page`, `hand`, `wear` and `unclear` are optional. A field named in `unclear` has no one right value:
it must be left to a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    hand: str | None
    wear: str | None
    values: Mapping[str, Value] = field(repr=False)
    unclear: frozenset[str] = frozenset()


def read_truth(truth: Path, images: Path | None, form: FormTemplate) -> tuple[TruthPage, ...]:
    """The pages of a truth file, in its order. Images lie in `images`, or beside the truth file.

    Raises SourceError, one sentence with the line's number: no such file, a malformed line, an
    unknown field or option, an image that is not there, the same page twice.
    """
    folder = truth.parent if images is None else images
    pages: list[TruthPage] = []
    seen: dict[tuple[str, int], int] = {}
    for number, line in enumerate(_text(truth).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"Line {number} of {truth.name}"
        page = _page(_object(line, where), where, folder, form)
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


def _page(data: Mapping[str, Any], where: str, folder: Path, form: FormTemplate) -> TruthPage:
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
    specs = {spec.id: spec for spec in form.fields}
    for name in (*fields, *unclear):
        if name not in specs:
            raise SourceError(f'{where} names the field "{name}", which form {form.id} does not have.', ACTION)
    return TruthPage(
        ref=PageRef(path, number),
        file=file,
        hand=_tag(data, "hand", where),
        wear=_tag(data, "wear", where),
        values={name: _value(specs[name], value, where) for name, value in fields.items()},
        unclear=frozenset(unclear),
    )


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
