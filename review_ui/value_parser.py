"""From what a person typed or chose to a field's value; what cannot be that field's value says why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from review_ui.language import translate as _
from scanner.model import FieldKind, FieldSpec, Value
from scanner.vietnam.dates import typed_date

LONGEST = 500


class NotAValue(ValueError):
    """What was typed cannot be this field's value; the text is for the person."""


def value_from(spec: FieldSpec, given: Sequence[str]) -> Value:
    """The field's value from the strings of a form (one, or one an option ticked). Raises NotAValue."""
    if spec.kind is FieldKind.CHOICES:
        return tuple(o.id for o in spec.options if o.id in _known(spec, given))
    if spec.kind is FieldKind.CHOICE:
        chosen = _known(spec, given)
        if len(chosen) > 1:
            raise NotAValue(_("Only one answer can be chosen here."))
        return next(iter(chosen), None)
    if spec.kind is FieldKind.SIGNATURE:
        return "true" in given
    return _text(spec, given[0] if given else "")


def _known(spec: FieldSpec, given: Sequence[str]) -> set[str]:
    chosen = {g for g in given if g}
    if not chosen <= {o.id for o in spec.options}:
        raise NotAValue(_("There is no such answer on this form."))
    return chosen


def _text(spec: FieldSpec, typed: str) -> str | None:
    text = " ".join(unicodedata.normalize("NFC", typed).split())
    if not text:
        return None
    if len(text) > LONGEST:
        raise NotAValue(_("This is too long: at most %(n)d characters.", n=LONGEST))
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise NotAValue(_("There are characters in it that cannot be printed."))
    if spec.kind is FieldKind.DIGITS:
        return _digits(text)
    return _date(text) if spec.kind is FieldKind.DATE else text


def _digits(text: str) -> str:
    digits = re.sub(r"[\s.\-]", "", text)
    if not re.fullmatch(r"[0-9]+", digits):
        raise NotAValue(_("Only digits can stand here."))
    return digits


def _date(text: str) -> str:
    """dd/mm/yyyy, or yyyy where only the year is written. Whether the day exists is for the rules to say."""
    if date := typed_date(text):
        return date
    raise NotAValue(_("Write the date as day/month/year, or the year alone."))


def shown(spec: FieldSpec, value: Value) -> str:
    """A value as a person reads it: an option's label, "yes" or "no" for a signature; "" where empty."""
    if isinstance(value, bool):
        return _("Signed") if value else _("Not signed")
    labels = {o.id: o.label for o in spec.options}
    if isinstance(value, str):
        return labels.get(value, value)
    return "; ".join(labels.get(v, v) for v in value) if value else ""
