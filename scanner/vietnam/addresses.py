"""What an address may have meant: its last words matched with provinces, what is in them, and what is in that.

A line ends in province, district, commune read from the back, or (since 1 July 2025) province, commune. Each level is
found by the letters alone, a few letters off allowed, only among the units of the level above; marks, kinds and
commas as written stay. The picture decides between the candidates, not this module.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from scanner.vietnam.orthography import schoolbook_tones, tone_blind
from scanner.vietnam.places import UnitLevel, all_units

BREADTH = {UnitLevel.PROVINCE: 3, UnitLevel.DISTRICT: 3, UnitLevel.COMMUNE: 3}
"""Units followed at each level."""
FAR = {UnitLevel.PROVINCE: 0.4, UnitLevel.DISTRICT: 0.4, UnitLevel.COMMUNE: 0.45}
"""Share of a name's letters that may differ."""
SHORT = 3
"""A name of fewer letters must stand as it is; of this many, with one letter off."""
_TAIL = re.compile(
    r"(?:[\s,.;\-–]+|(?<![^\W\d_])(?:tỉnh|thành phố|tp|huyện|h|quận|q|thị xã|tx|xã|x|phường|p|thị trấn|tt|t)[.\s]+)*$",
    re.IGNORECASE,
)
"""Separators and kinds that stand between two names."""
_ALSO: Mapping[str, tuple[str, ...]] = {
    "Hồ Chí Minh": ("HCM", "TPHCM"), "Bà Rịa - Vũng Tàu": ("Bà Rịa Vũng Tàu", "BRVT"), "Hà Nội": ("HN",),
    "Huế": ("Thừa Thiên Huế", "TT Huế"), "Đắk Lắk": ("Đăk Lăk", "Đắc Lắc"), "Đắk Nông": ("Đăk Nông", "Đắc Nông"),
}  # fmt: skip
_Place = tuple[UnitLevel, str, str, bool]  # level, province, district, of the new division


@dataclass(frozen=True, slots=True)
class AddressCandidate:
    """An address with the names of units in place, and how many levels were found (0: the text as it was)."""

    text: str = field(repr=False)
    levels: int
    names: tuple[str, ...] = field(default=(), repr=False)  # from the province down


@dataclass(frozen=True, slots=True)
class _Name:
    written: str
    letters: str  # tone-blind, no spaces


def candidates(text: str) -> tuple[AddressCandidate, ...]:
    """The text itself and every way to find known units at its end, each text once."""
    found = {text: AddressCandidate(text, 0)}
    _follow(text, "", (), [(UnitLevel.PROVINCE, "", "", False), (UnitLevel.PROVINCE, "", "", True)], found)
    return tuple(found.values())


def _follow(
    head: str, tail: str, names: tuple[str, ...], places: Sequence[_Place], found: dict[str, AddressCandidate]
) -> None:
    """Find a unit of one of the places at the end of `head`, keep each, and go one level down."""
    matches = [(cost, start, name, place) for place in places for cost, start, name in _at_the_end(head, place)]
    matches.sort(key=lambda m: m[0])
    seen: set[str] = set()
    for _, start, name, (level, province, district, new) in matches:
        if len(seen) >= BREADTH[level] and name not in seen:
            continue
        seen.add(name)
        end = _content_end(head)
        written = _as(name, head[start:end])
        for form in dict.fromkeys((written, schoolbook_tones(written))):
            rest = form + head[end:] + tail
            whole = head[:start] + rest
            if whole not in found or found[whole].levels < len(names) + 1:
                found[whole] = AddressCandidate(whole, len(names) + 1, (*names, name))
            below = _below(level, province or name, district or name, new)
            if below:
                _follow(head[:start], rest, (*names, name), below, found)


def _below(level: UnitLevel, province: str, district: str, new: bool) -> list[_Place]:
    if level is UnitLevel.PROVINCE:
        down = UnitLevel.COMMUNE if new else UnitLevel.DISTRICT
        return [(down, province, "", new)]
    return [(UnitLevel.COMMUNE, province, district, new)] if level is UnitLevel.DISTRICT else []


def _as(name: str, before: str) -> str:
    letters = [c for c in before if c.isalpha()]
    return name.upper() if len(letters) > 2 and all(c.isupper() for c in letters) else name


def _content_end(head: str) -> int:
    match = _TAIL.search(head)
    return match.start() if match else len(head)


def _at_the_end(head: str, place: _Place) -> list[tuple[float, int, str]]:
    """(cost, where it begins, name) of the units of a place that the end of a text may name."""
    letters, at = _spelt(head)
    out = []
    for spellings in _names(place).values():
        best: tuple[float, int] | None = None
        written = ""
        for spelling in spellings:
            found = _match(letters, spelling.letters, place[0])
            if found and (best is None or found < best):
                best, written = found, spelling.written
        if best:
            start = at[len(letters) - best[1]]
            begins = start == 0 or not head[start - 1].isalnum()  # a name begins where a word begins
            out.append((best[0] + (0.0 if begins else 0.12), start, written))
    out.sort()
    return out[: BREADTH[place[0]]]


@lru_cache(maxsize=2048)
def _spelt(head: str) -> tuple[str, tuple[int, ...]]:
    """The letters of a text without marks, up to its last name, and where in the text each stands."""
    at = tuple(i for i in range(_content_end(head)) if head[i].isalnum())
    letters = "".join(_blind(head[i]) for i in at)
    return (letters, at) if len(letters) == len(at) else ("", ())


@lru_cache(maxsize=512)
def _blind(letter: str) -> str:
    return tone_blind(letter)


def _match(letters: str, name: str, level: UnitLevel) -> tuple[float, int] | None:
    """(cost a letter, letters taken) of the ending most like the name."""
    allowed = 0 if len(name) < SHORT else max(1, int(FAR[level] * len(name)))
    # a first look at about the name's own length rules most names out
    if Levenshtein.distance(name, letters[-len(name) :], score_cutoff=allowed + 2) > allowed + 2:
        return None
    best: tuple[float, int] | None = None
    for taken in range(max(1, len(name) - 2), min(len(letters), len(name) + 2) + 1):
        distance = Levenshtein.distance(name, letters[-taken:], score_cutoff=allowed)
        if distance > allowed:
            continue
        cost = (distance + 0.3 * abs(taken - len(name))) / max(len(name), SHORT)
        if best is None or cost < best[0]:
            best = cost, taken
    return best


def _names(place: _Place) -> Mapping[str, tuple[_Name, ...]]:
    return _index().get(place, {})


@lru_cache(maxsize=1)
def _index() -> Mapping[_Place, Mapping[str, tuple[_Name, ...]]]:
    """Where a unit stands → its name → its spellings. Units named by a number alone are left out."""
    found: defaultdict[_Place, dict[str, tuple[_Name, ...]]] = defaultdict(dict)
    for unit in all_units():
        if any(c.isdigit() for c in unit.name):
            continue
        above = (unit.province if unit.level > 1 else "", unit.district if unit.level is UnitLevel.COMMUNE else "")
        new = unit.valid_until is None
        spellings = dict.fromkeys((unit.name, unit.name.replace(" - ", " "), *_ALSO.get(unit.name, ())))
        found[unit.level, *above, new][unit.name] = tuple(_Name(s, _letters(s)) for s in spellings)
    return found


def _letters(name: str) -> str:
    return "".join(c for c in tone_blind(name) if c.isalnum())
