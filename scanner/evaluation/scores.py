"""How right readings are: exact rate, character error rates, acceptance and silent errors."""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from scanner.confidence.statistics import wilson_interval
from scanner.model import FieldKind, Value

WRITTEN = frozenset({FieldKind.TEXT, FieldKind.DIGITS, FieldKind.DATE})
"""Kinds whose value is a string of characters: they have a character error rate and can be left empty."""
FieldKey = tuple[str, int, str]
"""Where a reading stands: file, page, field."""


def normal(value: Value, kind: FieldKind) -> Value:
    """A value as it is compared: text NFC and single-spaced, "" as None, choices without order."""
    if kind is FieldKind.CHOICES:
        return tuple(sorted(value)) if isinstance(value, tuple) else ()
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFC", value).split()) or None
    return value


def tone_blind(text: str) -> str:
    """The text without any diacritic and in lower case: "Đỗ Thị Hoà" is "do thi hoa"."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in plain if not unicodedata.combining(c)).lower()


@dataclass(frozen=True, slots=True)
class JudgedField:
    """One field of one placed page: what it says, what was delivered, and how sure that was.

    An `unclear` field has no right value: it is right when it was left to a person. Nothing is right of a field that
    is `unread` because its page was taken for another form or another page of it.
    """

    file: str
    page: int
    field: str
    kind: FieldKind
    hand: str | None
    wear: str | None
    truth: Value = dataclasses.field(repr=False)
    value: Value = dataclasses.field(repr=False)
    confidence: float
    review: bool
    unclear: bool = False
    form: str = ""
    unread: bool = False

    @property
    def accepted(self) -> bool:
        """No person was asked."""
        return not self.review

    @property
    def right(self) -> bool:
        """The value is exactly the truth; for an unclear field, a person was asked."""
        return not self.unread and (self.review if self.unclear else self.value == self.truth)

    @property
    def silent(self) -> bool:
        """Wrong, and no person was asked."""
        return self.accepted and not self.right

    @property
    def empty(self) -> bool:
        """A written field in which nothing is written."""
        return self.kind in WRITTEN and self.truth is None and not self.unclear

    @property
    def place(self) -> FieldKey:
        """Where it stands."""
        return self.file, self.page, self.field


def rank(item: JudgedField) -> tuple[bool, float, FieldKey]:
    """Sorts wrong readings, the worst first: those that nobody would have seen, then the most confident."""
    return item.review, -item.confidence, item.place


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over some items. Character errors are summed over items, then divided (micro average).

    `chars` and `errors` (and their tone-blind like) count only written fields with something written.
    """

    name: str
    n: int
    exact: int
    accepted: int
    silent: int
    chars: int = 0
    errors: int = 0
    blind_chars: int = 0
    blind_errors: int = 0

    @property
    def exact_rate(self) -> float:
        """Share of items that are exactly right."""
        return self.exact / self.n if self.n else math.nan

    @property
    def accepted_rate(self) -> float:
        """Share of items accepted without a person."""
        return self.accepted / self.n if self.n else math.nan

    @property
    def silent_rate(self) -> float:
        """Error rate among the accepted; NaN where none was accepted."""
        return self.silent / self.accepted if self.accepted else math.nan

    @property
    def cer(self) -> float | None:
        """Character error rate: edit distance a true character. None where nothing written was judged."""
        return self.errors / self.chars if self.chars else None

    @property
    def tone_blind_cer(self) -> float | None:
        """Character error rate without diacritics and case."""
        return self.blind_errors / self.blind_chars if self.blind_chars else None

    @property
    def exact_interval(self) -> tuple[float, float]:
        """95 % interval of the exact rate."""
        return wilson_interval(self.exact, self.n)

    @property
    def silent_interval(self) -> tuple[float, float]:
        """95 % interval of the error rate among the accepted."""
        return wilson_interval(self.silent, self.accepted)


def score(name: str, items: Iterable[JudgedField]) -> Score:
    """Count some items."""
    judged = list(items)
    chars = errors = blind_chars = blind_errors = 0
    for item in judged:
        if item.kind in WRITTEN and isinstance(item.truth, str) and not item.unclear:
            value = item.value if isinstance(item.value, str) else ""
            chars += len(item.truth)
            errors += Levenshtein.distance(item.truth, value)
            blind = tone_blind(item.truth)
            blind_chars += len(blind)
            blind_errors += Levenshtein.distance(blind, tone_blind(value))
    return Score(
        name=name,
        n=len(judged),
        exact=sum(item.right for item in judged),
        accepted=sum(item.accepted for item in judged),
        silent=sum(item.silent for item in judged),
        chars=chars,
        errors=errors,
        blind_chars=blind_chars,
        blind_errors=blind_errors,
    )


def by_kind(items: Iterable[JudgedField]) -> tuple[Score, ...]:
    """One score a kind, then "empty" (written fields with nothing in them) and "unclear" ones.

    Empty fields stand apart so that they cannot flatter the kinds. An unticked group of choices is an
    answer like any other and stays with its kind.
    """
    groups: dict[str, list[JudgedField]] = {name: [] for name in (*FieldKind, "empty", "unclear")}
    for item in items:
        groups["unclear" if item.unclear else "empty" if item.empty else item.kind.value].append(item)
    return tuple(score(name, group) for name, group in groups.items() if group)
