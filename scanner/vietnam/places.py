"""Administrative units: the three levels of before 1 July 2025, the two since, and which followed which.

Data: places.tsv.gz, built by scripts/build_places.py from `vietnamadminunits` (MIT licence): 63 provinces, 696
districts and 10,040 communes (five island districts without communes among them, as their own lowest unit);
34 provinces and 3,321 communes since (Nghị quyết 202/2025/QH15 and the resolutions on communes). Codes are those of
the General Statistics Office. The old units are those of the last months before the change: of reforms during 2023
and 2024 only the outcome is known (Đông Triều as a city, Huế without Thừa Thiên), so a kind that does not fit is
passed over, never held against a text.
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from importlib import resources

from rapidfuzz import fuzz, process

from scanner.vietnam.orthography import nfc, tone_blind, usual_tones

CHANGED = date(2025, 7, 1)
"""The day from which there are no districts."""
CLOSEST = 5
"""Candidates that a search by likeness gives at most."""
LIKE = 75.0
"""Likeness (rapidfuzz ratio of tone-blind names, 0–100) below which a name is another name."""


class UnitLevel(IntEnum):
    """How high a unit stands."""

    PROVINCE = 1
    DISTRICT = 2
    COMMUNE = 3


@dataclass(frozen=True, slots=True)
class AdministrativeUnit:
    """A province, district or commune, with the names of what it belongs to ("" where there is nothing)."""

    level: UnitLevel
    code: str
    kind: str  # "Tỉnh", "Thành phố", "Huyện", "Quận", "Thị xã", "Phường", "Xã", "Thị trấn", "Đặc khu"
    name: str  # without its kind, but for units that are numbered: "Phường 1"
    province: str
    district: str
    valid_from: date | None
    valid_until: date | None  # the first day on which it is no more
    above: str = ""  # code of the unit it belongs to
    followed_by: tuple[str, ...] = ()  # codes of the new units, the one with the largest part first

    @property
    def full(self) -> str:
        """Kind and name, as on documents."""
        numbered = self.name.removeprefix(self.kind + " ").isdigit()
        return self.name if numbered else f"{self.kind} {self.name}"

    def valid_on(self, day: date) -> bool:
        """Did it exist on that day, as far as the change of 2025 decides it?"""
        return (self.valid_from is None or day >= self.valid_from) and (
            self.valid_until is None or day < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A unit that a text may mean. `likeness` is 1 for the same letters and tones, 0–1."""

    unit: AdministrativeUnit
    likeness: float


# --- the units ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def all_units() -> tuple[AdministrativeUnit, ...]:
    """Every unit, old and new, each after the one it belongs to."""
    packed = resources.files("scanner.vietnam").joinpath("data", "places.tsv.gz").read_bytes()
    above: dict[tuple[str, int, str], AdministrativeUnit] = {}
    for line in gzip.decompress(packed).decode("utf-8").splitlines():
        era, level, code, parent, kind, name, after = line.split("\t")
        start, end = (None, CHANGED) if era == "old" else (CHANGED, None)
        higher = above.get((era, int(level) - 1, parent)) or above.get((era, int(level) - 2, parent))
        province = higher.province if higher else name
        district = name if level == "2" else higher.district if higher else ""
        followed = tuple(after.split(",")) if after else ()
        unit = AdministrativeUnit(
            UnitLevel(int(level)), code, kind, name, province, district, start, end, parent, followed
        )
        above[era, int(level), code] = unit
    return tuple(above.values())


@lru_cache(maxsize=8)
def units(level: UnitLevel | None = None, on: date | None = None) -> tuple[AdministrativeUnit, ...]:
    """The units of a level (or all) that existed on a day (or ever)."""
    return tuple(u for u in all_units() if level in (None, u.level) and (on is None or u.valid_on(on)))


def communes() -> tuple[AdministrativeUnit, ...]:
    """Every commune, old and new."""
    return units(UnitLevel.COMMUNE)


@lru_cache(maxsize=1)
def _by_code() -> Mapping[tuple[bool, UnitLevel, str], AdministrativeUnit]:
    return {(u.valid_until is None, u.level, u.code): u for u in all_units()}


def unit_of(code: str, level: UnitLevel, on: date) -> AdministrativeUnit | None:
    """The unit of a code on a day. Codes of communes outlived the change with another meaning: the day matters."""
    return _by_code().get((on >= CHANGED, level, code))


def successors(unit: AdministrativeUnit) -> tuple[AdministrativeUnit, ...]:
    """The new units that took in an old one, the largest part first; () for a district, which none followed."""
    if unit.valid_until is None:  # it is of today
        return (unit,)
    return tuple(_by_code()[True, unit.level, code] for code in unit.followed_by)


def predecessors(unit: AdministrativeUnit) -> tuple[AdministrativeUnit, ...]:
    """The old units of which a new one was made, whole or in part; itself if it is old."""
    if unit.valid_until is not None:
        return (unit,)
    return _made_of().get((unit.level, unit.code), ())


@lru_cache(maxsize=1)
def _made_of() -> Mapping[tuple[UnitLevel, str], tuple[AdministrativeUnit, ...]]:
    found: defaultdict[tuple[UnitLevel, str], list[AdministrativeUnit]] = defaultdict(list)
    for unit in all_units():
        for code in unit.followed_by:
            found[unit.level, code].append(unit)
    return {key: tuple(olds) for key, olds in found.items()}


# --- what people write -------------------------------------------------------------------------------

# Short forms, with or without dots, in any case. The kind's first letter alone needs its dot, or a number behind it:
# "X. Bình Xa", "P.1", "Q1"; without it "Q" or "H" is a letter of a name.
_SHORT: tuple[tuple[str, str], ...] = (
    (r"t\.?\s?d\.?\s?p\b\.?", "Tổ dân phố"),
    (r"t\.?\s?p\b\.?", "Thành phố"),
    (r"t\.?\s?x\b\.?", "Thị xã"),
    (r"t\.?\s?t\b\.?", "Thị trấn"),
    (r"đ\.?\s?k\b\.", "Đặc khu"),
    (r"p(?:\.|(?=\s?\d))", "Phường"),
    (r"q(?:\.|(?=\s?\d))", "Quận"),
    (r"x\.", "Xã"),
    (r"h\.", "Huyện"),
    (r"t\.", "Tỉnh"),
)
_SHORT_RE = re.compile("|".join(rf"(?P<s{i}>(?<!\w){short})\s*" for i, (short, _) in enumerate(_SHORT)), re.IGNORECASE)
_KINDS = ("Thị trấn", "Thành phố", "Thị xã", "Đặc khu", "Huyện", "Quận", "Phường", "Xã", "Tỉnh")
_ALSO = {"thua thien hue": "hue", "thua thien - hue": "hue", "sai gon": "ho chi minh", "hcm": "ho chi minh"}
"""Tone-blind names that people write for another."""
_KEY_OF_KIND = {tone_blind(kind): kind for kind in _KINDS}


def spelt_out(text: str) -> str:
    """The text with its short forms written out: "TDP 5, P. Ỷ La, TP Tuyên Quang" → "Tổ dân phố 5, Phường Ỷ La, …"."""
    return _SHORT_RE.sub(lambda m: _SHORT[int((m.lastgroup or "s0")[1:])][1] + " ", nfc(text)).strip()


def split_kind(text: str) -> tuple[str | None, str]:
    """A unit as written → (its kind or None, its name): "TX. Đông Triều" → ("Thị xã", "Đông Triều")."""
    words = spelt_out(text).strip(" ,.;-").split(" ")
    for length in (2, 1):
        kind = _KEY_OF_KIND.get(tone_blind(" ".join(words[:length])))
        if kind is None or len(words) <= length:
            continue
        name = " ".join(words[length:])
        return kind, f"{kind} {name.lstrip('0')}" if name.isdigit() and kind in ("Phường", "Quận") else name
    return None, " ".join(words)


def find(
    text: str, level: UnitLevel | None = None, *, within: Iterable[AdministrativeUnit] = (), on: date | None = None
) -> tuple[PlaceCandidate, ...]:
    """Units that a written name may mean, the likeliest first; () where nothing comes near.

    `level` and `on` narrow the search; so does `within`, units of which one must stand above the answer. A kind in the
    text ("xã", "TP") decides between units of one name, and is passed over where no unit of that name is of that kind.
    """
    kind, name = split_kind(text)
    if not name:
        return ()
    index = _index(level, on)
    roofs = {(u.valid_until, u.level, u.province, u.district if u.level > UnitLevel.PROVINCE else "") for u in within}
    whole = spelt_out(text)  # a kind may be part of the name: phường Phường Đúc
    for found in (_same(name, index), _same(whole, index), _like(name, index)):
        kept = [c for c in found if not roofs or _stands_under(c.unit, roofs)]
        if kept:
            alike = [c for c in kept if c.unit.kind == kind]
            return tuple(alike or kept)
    return ()


def _stands_under(unit: AdministrativeUnit, roofs: set[tuple[date | None, UnitLevel, str, str]]) -> bool:
    province = (unit.valid_until, UnitLevel.PROVINCE, unit.province, "")
    district = (unit.valid_until, UnitLevel.DISTRICT, unit.province, unit.district)
    return (unit.level > UnitLevel.PROVINCE and province in roofs) or (
        unit.level > UnitLevel.DISTRICT and district in roofs
    )


@lru_cache(maxsize=8)
def _index(level: UnitLevel | None, on: date | None) -> Mapping[str, tuple[AdministrativeUnit, ...]]:
    """Tone-blind name → its units."""
    found: defaultdict[str, list[AdministrativeUnit]] = defaultdict(list)
    for unit in units(level, on):
        found[tone_blind(unit.name)].append(unit)
    return {name: tuple(alike) for name, alike in found.items()}


def _same(name: str, index: Mapping[str, tuple[AdministrativeUnit, ...]]) -> list[PlaceCandidate]:
    """Units whose name has the same letters; those with the same tones alone, where there are any."""
    key = tone_blind(name)
    alike = index.get(key) or index.get(_ALSO.get(key, ""), ())
    if key in _ALSO:
        return [PlaceCandidate(u, 1.0) for u in alike]
    exact = [u for u in alike if _spelling(u.name) == _spelling(name)]
    if exact:
        return [PlaceCandidate(u, 1.0) for u in exact]
    scored = [PlaceCandidate(u, fuzz.ratio(_spelling(u.name), _spelling(name)) / 100) for u in alike]
    return sorted(scored, key=lambda c: -c.likeness)


def _like(name: str, index: Mapping[str, tuple[AdministrativeUnit, ...]]) -> list[PlaceCandidate]:
    """The few units whose names come nearest."""
    near = process.extract(tone_blind(name), index.keys(), scorer=fuzz.ratio, limit=CLOSEST, score_cutoff=LIKE)
    found = [
        PlaceCandidate(u, fuzz.ratio(_spelling(u.name), _spelling(name)) / 100)
        for key, _, _ in near
        for u in index[key]
    ]
    return sorted(found, key=lambda c: -c.likeness)


def _spelling(name: str) -> str:
    return usual_tones(name).lower()
