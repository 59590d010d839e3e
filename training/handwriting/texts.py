"""Text that such forms hold, for lines drawn with fonts: names, jobs, workplaces, addresses, dates and numbers.

A quarter is lawful syllables in any order, so that the reader learns letters and not what usually stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from scanner.vietnam import names, wordlists
from scanner.vietnam.ethnic import ethnic_groups
from scanner.vietnam.lexicon import words
from scanner.vietnam.orthography import TONES, is_syllable, split_tone, tone_place, with_tone
from scanner.vietnam.places import UnitLevel, units

HAMLETS = ("Thôn", "Xóm", "Bản", "Ấp", "Tổ", "Khu", "Khu phố", "Tổ dân phố", "TDP", "Khối", "Buôn", "Làng", "Số nhà")
SHORT = {"Xã": ("xã", "X.", "Xã"), "Phường": ("phường", "P.", "Phường"), "Thị trấn": ("thị trấn", "TT.", "TT"),
         "Huyện": ("huyện", "H.", "Huyện"), "Quận": ("quận", "Q.", "Quận"), "Tỉnh": ("tỉnh", "T.", "Tỉnh"),
         "Thành phố": ("thành phố", "TP.", "TP", "Tp."), "Thị xã": ("thị xã", "TX.", "Tx.")}  # fmt: skip
STREETS = ("Đường", "Phố", "Ngõ", "Ngách", "Quốc lộ", "Tỉnh lộ", "Đ.")
FIRMS = ("Công ty TNHH", "Công ty CP", "Cty TNHH", "HTX", "Trường TH", "Trường THCS", "Trường THPT", "UBND xã",
         "Trạm y tế xã", "Xưởng", "Cửa hàng", "Doanh nghiệp", "Quán", "Chợ", "Nhà máy")  # fmt: skip
TEMPER = 0.5
"""Weights of names to this power: rare ones are met often enough to be learnt."""


class Texts:
    """An endless supply of lines, seeded."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._names = {part: _weighted(found) for part, found in (
            ("surname", names.surnames()), ("middle", names.middle_names()), ("given", names.given_names()),
        )}  # fmt: skip
        self._communes = units(UnitLevel.COMMUNE)
        self._peoples = [n for g in ethnic_groups() for n in (g.name, *g.variants)]
        self._kinds: Sequence[tuple[float, Callable[[], str]]] = (
            (0.22, self.name), (0.22, self.address), (0.09, lambda: self._listed("jobs")),
            (0.06, lambda: self._listed("majors")), (0.09, self.workplace), (0.04, lambda: self._one(self._peoples)),
            (0.05, self.date), (0.04, self.number), (0.04, self.hamlet), (0.15, self.syllables),
        )  # fmt: skip

    def draw(self) -> str:
        """A line, now and then in capitals or without any."""
        weights = np.array([w for w, _ in self._kinds])
        text = self._kinds[int(self.rng.choice(len(weights), p=weights / weights.sum()))][1]()
        case = self.rng.random()
        return text.upper() if case < 0.12 else text.lower() if case < 0.16 else text

    def _one(self, things: Sequence[str]) -> str:
        return things[int(self.rng.integers(len(things)))]

    def _part(self, part: str) -> str:
        known, weights = self._names[part]
        return known[int(self.rng.choice(len(known), p=weights))]

    def name(self) -> str:
        """A full name; some parts are any lawful syllable."""
        middle = [self._part("middle") for _ in range(int(self.rng.integers(0, 3)))]
        parts = [self._part("surname"), *middle, self._part("given")]
        return " ".join(self._syllable().capitalize() if self.rng.random() < 0.2 else p for p in parts)

    def hamlet(self) -> str:
        """The smallest unit: named or numbered."""
        kind = self._one(HAMLETS)
        if self.rng.random() < 0.4:
            return f"{kind} {int(self.rng.integers(1, 40))}{self._one(('', '', 'A', 'B', '/4', '-2'))}"
        return f"{kind} {' '.join(self._syllable().capitalize() for _ in range(int(self.rng.integers(1, 3))))}"

    def address(self) -> str:
        """From the hamlet or the street up to the province, old or new units, written out or short."""
        unit = self._communes[int(self.rng.integers(len(self._communes)))]
        parts = [self._unit(unit.kind, unit.name)]
        if unit.district and self.rng.random() < 0.9:
            parts.append(self._unit(self._one(("Huyện", "Huyện", "Quận", "TP", "Thị xã")), unit.district))
        parts.append(self._unit(self._one(("Tỉnh", "Thành phố")), unit.province))
        if self.rng.random() < 0.6:
            parts.insert(0, self.hamlet())
        if self.rng.random() < 0.25:
            street = " ".join(self._syllable().capitalize() for _ in range(int(self.rng.integers(1, 4))))
            parts.insert(0, f"{int(self.rng.integers(1, 400))} {self._one(STREETS)} {street}")
        if self.rng.random() < 0.4:
            parts = parts[: int(self.rng.integers(1, len(parts) + 1))]
        if self.rng.random() < 0.15:
            parts = parts[int(self.rng.integers(0, len(parts))) :]
        return self._one((", ", ", ", ", ", " - ", ",", " ")).join(parts)

    def _unit(self, kind: str, name: str) -> str:
        if self.rng.random() < 0.35 or kind not in SHORT or name.startswith(kind):
            return name
        return f"{self._one(SHORT[kind])} {name}"

    def workplace(self) -> str:
        """A place of work from the list, or a firm with an invented name."""
        if self.rng.random() < 0.5:
            return self._listed("workplaces")
        name = " ".join(self._syllable().capitalize() for _ in range(int(self.rng.integers(1, 4))))
        return f"{self._one(FIRMS)} {name}"

    def _listed(self, which: str) -> str:
        return self._one(wordlists.word_list(which))

    def date(self) -> str:
        """A date or part of one."""
        day, month, year = (int(self.rng.integers(*span)) for span in ((1, 32), (1, 13), (1930, 2030)))
        mark = self._one(("/", "/", "-", "."))
        return self._one((f"{day:02}{mark}{month:02}{mark}{year}", f"{day}{mark}{month}{mark}{year}", f"{year}",
                          f"ngày {day} tháng {month} năm {year}", f"{month:02}{mark}{year}", f"{day}"))  # fmt: skip

    def number(self) -> str:
        """Digits, alone or among letters as in house numbers and telephone numbers."""
        digits = "".join(map(str, self.rng.integers(0, 10, int(self.rng.integers(1, 13)))))
        return self._one((digits, f"{digits[:3]}/{digits[3:6] or 7}", f"Số {digits[:4]}", f"0{digits[:9]}"))

    def syllables(self) -> str:
        """Lawful syllables in any order."""
        found = [self._syllable() for _ in range(int(self.rng.integers(1, 7)))]
        style = self.rng.random()
        return " ".join(s.capitalize() if style < 0.6 else s for s in found)

    def _syllable(self) -> str:
        """A known syllable, half the time with another of its lawful tones."""
        syllable = self._one(_syllables())
        if self.rng.random() < 0.5:
            return syllable
        letters, place = split_tone(syllable)[0], None
        place = tone_place(letters)
        tone = self._one(("", *TONES))
        other = with_tone(letters, tone, place) if tone and place is not None else letters
        return other if is_syllable(other) else syllable


@lru_cache(maxsize=1)
def _syllables() -> tuple[str, ...]:
    return tuple(sorted(w for w in words() if w.isalpha()))


def _weighted(found: Mapping[str, int]) -> tuple[list[str], np.ndarray]:
    weights = np.array(list(found.values()), float) ** TEMPER
    return list(found), weights / weights.sum()
