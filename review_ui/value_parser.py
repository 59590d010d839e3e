"""Parse what a person typed or chose into a field's value, and format values for the screen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from review_ui.language import translate as _
from scanner.model import FieldKind, FieldSpec, Value
from scanner.vietnam.dates import typed_date

MAX_LENGTH = 500


class InvalidValue(ValueError):
    """The input cannot be a value of this field; the text tells the person why."""


def parse_value(spec: FieldSpec, given: Sequence[str]) -> Value:
    """The field's value from the strings that a form sent: one, or one for each ticked option. Raises InvalidValue."""
    if spec.kind is FieldKind.CHOICES:
        return tuple(o.id for o in spec.options if o.id in _known(spec, given))
    if spec.kind is FieldKind.CHOICE:
        chosen = _known(spec, given)
        if len(chosen) > 1:
            raise InvalidValue(_("Only one answer can be chosen here."))
        return next(iter(chosen), None)
    if spec.kind is FieldKind.SIGNATURE:
        return "true" in given
    return _text(spec, given[0] if given else "")


def _known(spec: FieldSpec, given: Sequence[str]) -> set[str]:
    chosen = {g for g in given if g}
    if not chosen <= {o.id for o in spec.options}:
        raise InvalidValue(_("This form has no such answer."))
    return chosen


def _text(spec: FieldSpec, typed: str) -> str | None:
    text = " ".join(unicodedata.normalize("NFC", typed).split())
    if not text:
        return None
    if len(text) > MAX_LENGTH:
        raise InvalidValue(_("This is too long: at most %(n)d characters.", n=MAX_LENGTH))
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise InvalidValue(_("The text contains characters that cannot be printed."))
    if spec.kind is FieldKind.DIGITS:
        return _digits(text)
    return _date(text) if spec.kind is FieldKind.DATE else text


def _digits(text: str) -> str:
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]+", digits):
        raise InvalidValue(_("Only digits are allowed here."))
    return digits


def _date(text: str) -> str:
    """dd/mm/yyyy, or yyyy where only the year is written. The rules check whether the day exists."""
    if date := typed_date(text):
        return date
    raise InvalidValue(_("Write the date as day/month/year, or the year alone."))


def format_value(spec: FieldSpec, value: Value) -> str:
    """A value for the screen: the labels of options, whether it is signed; "" where it is empty."""
    if isinstance(value, bool):
        return _("Signed") if value else _("Not signed")
    labels = {o.id: o.label for o in spec.options}
    if isinstance(value, str):
        return labels.get(value, value)
    return "; ".join(labels.get(v, v) for v in value) if value else ""
