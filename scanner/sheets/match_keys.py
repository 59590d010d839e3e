"""Values that several pages of a sheet repeat, and what two readings of one say for or against one sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as hidden

from scanner.model import FieldKind, FormTemplate
from scanner.vietnam.orthography import letters_apart, nfc, usual_tones

SURE = 0.95
"""A reading of this probability or more is taken for what is written: two that differ are of two people."""
LONGEST = 8
"""Letters of a text beyond which more do not tell more: two people of one name share all of them."""
LONGEST_NUMBER = 12
"""The same of a number, every digit of which may be another: that of an identity card."""
EACH = 0.75
"""What a letter that agrees says for one sheet, in nats. Eight of them (6 nats) outweigh any place in the batch."""
TICKED = 0.7
"""What an answer of a choice says that agrees: one chance in two."""
OTHERWISE = 0.2
"""Of readings that are wrong, the share that looks like another value altogether."""
LEAST = 0.002
"""No reading is so sure that one differing from it says more than this."""


@dataclass(frozen=True, slots=True)
class MatchKey:
    """A value that other pages of the sheet repeat, as one page has it. `confidence` is 1 where a person said so."""

    text: str = hidden(repr=False)
    confidence: float
    kind: FieldKind = FieldKind.TEXT


def match_keys_of(form: FormTemplate) -> dict[str, str]:
    """Field id → the name of the value it repeats or that is repeated: the same for all of one value."""
    roots: dict[str, str] = {}
    by_id = {spec.id: spec for spec in form.fields}
    for spec in form.fields:
        root, seen = spec, {spec.id}
        while root.same_as in by_id and root.same_as not in seen:
            root = by_id[root.same_as]
            seen.add(root.id)
        if root is not spec:
            roots[spec.id] = roots[root.id] = root.id
    return roots


def folded(key: MatchKey) -> str:
    """A value without what people and engines write in several ways."""
    if key.kind in (FieldKind.DIGITS, FieldKind.DATE):
        return "".join(c for c in key.text if c.isalnum()).casefold()
    return usual_tones(" ".join(nfc(key.text).split())).lower()


def compared(a: MatchKey, b: MatchKey) -> float | None:
    """What two readings say for one value (against it below 0), in nats; None where both are sure and differ."""
    one, other = folded(a), folded(b)
    if not one or not other:
        return 0.0
    most = LONGEST_NUMBER if a.kind is FieldKind.DIGITS else LONGEST
    whole = TICKED if a.kind is FieldKind.CHOICE else EACH * min(len(one), len(other), most)
    if one == other:
        return whole
    if min(a.confidence, b.confidence) >= SURE:
        return None
    edits = letters_apart(one, other, 2)
    if a.kind is not FieldKind.CHOICE and edits <= min(2, len(one) // 4):
        return whole * (1 - 0.25 * edits)
    misread = 1 - a.confidence * b.confidence
    return math.log(max(misread * OTHERWISE, LEAST))
