"""A number of identity, a date of birth and a sex read together: each says something of the other two.

The fourth digit tells century and sex, the next two the year of birth, the first three a place; a date is a day of the
calendar. What the ink says of each cell (a probability for each digit) is combined with that as probabilities:
P(all | ink) ∝ P(ink | digits) · P(digits agree). The cells' own evidence is never overruled: a digit that the ink
gives less than `LEAST_INK` is not delivered, and people do hold numbers that do not agree.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scanner.model import EngineReading
from scanner.vietnam.identity import PADDING, PROVINCES

Cells = NDArray[np.float64]
"""(cells, 10): probability of each digit in each cell."""

DISAGREE = 0.01
"""Share of people whose number does not agree with the date or the sex on their sheet: slips of the pen, old errors."""
ABROAD, PADDED, UNKNOWN = 0.01, 0.01, 0.003
"""Share of numbers that begin with a country's code, with the zeros of an old number, with a code of no place."""
YEARS = np.arange(1900, 2100)
LEAST_INK = 0.02
FLOOR = 5e-4
"""No digit is quite impossible in a cell."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Digits as the evidence together has them, and the probability that all of them are right."""

    text: str = field(repr=False)
    probability: float


def cells_of(reading: EngineReading) -> Cells | None:
    """The probabilities behind a reading of cells; None where a cell held no digit."""
    probs = np.full((len(reading.chars), 10), FLOOR)
    for row, char in zip(probs, reading.chars, strict=True):
        for digit, share in ((char.char, char.score), *char.alternatives):
            if not (digit.isascii() and digit.isdigit()):
                return None
            row[int(digit)] = max(share, FLOOR)
    return np.asarray(probs / probs.sum(axis=1, keepdims=True), np.float64)


def read_date(cells: Cells) -> Joint:
    """Eight cells as dd/mm/yyyy, or four as a year: the likeliest day of the calendar that the ink allows."""
    years = _years(cells[-4:])
    if len(cells) == 4:
        best = int(years.argmax())
        return _allowed(f"{YEARS[best]}", years[best] / max(years.sum(), 1e-300), cells)
    whole = _days(cells[:4])[:, None] * years[None]
    leap = np.array([calendar.isleap(int(y)) for y in YEARS])
    whole[_FEB_29, ~leap] = 0
    at = np.unravel_index(int(whole.argmax()), whole.shape)
    day, month = _CALENDAR[int(at[0])]
    return _allowed(f"{day:02}{month:02}{YEARS[at[1]]}", whole[at] / max(whole.sum(), 1e-300), cells)


def _allowed(text: str, probability: float, cells: Cells) -> Joint:
    """The text, or the digits as they stand where the ink denies one of it: people do write days that are none."""
    if all(row[int(c)] >= LEAST_INK for row, c in zip(cells, text, strict=True)):
        return Joint(text, float(probability))
    return Joint("".join(map(str, cells.argmax(axis=1))), 0.0)


def read_number(cells: Cells) -> Joint:
    """Twelve cells alone: the place must be one; other counts are taken digit by digit."""
    if len(cells) != 12:
        best = cells.argmax(axis=1)
        return Joint("".join(map(str, best)), float(np.prod(cells.max(axis=1))))
    place, share = _place(cells[:3])
    rest = cells[3:]
    return Joint(place + "".join(map(str, rest.argmax(axis=1))), share * float(np.prod(rest.max(axis=1))))


def read_person(number: Cells, birth: Cells | None, male: float | None) -> tuple[Joint, Joint | None]:
    """A number of twelve cells with a birth date (8 cells, or 4 of a year) and the probability of a man.

    Returns the number and the date, each with its probability given everything. An old number, padded with zeros,
    says nothing of its bearer.
    """
    if _place(number[:3])[0] == PADDING:
        return read_number(number), None if birth is None else read_date(birth)
    years = np.full(len(YEARS), 1 / len(YEARS)) if birth is None else _years(birth[-4:])
    years = years / max(years.sum(), 1e-300)
    sexes = np.array([0.5, 0.5] if male is None else [male, 1 - male])
    middle = np.einsum("i,j,k->ijk", *number[3:6]).reshape(10, 100)  # [century-and-sex digit, year of the century]
    digit = 2 * ((YEARS - 1900) // 100)[:, None] + np.arange(2)[None]
    agreeing = years[:, None] * sexes[None] * middle[digit, (YEARS % 100)[:, None]]  # (years, sexes)
    ends = YEARS % 100
    total = (1 - DISAGREE) * agreeing.sum() + DISAGREE * middle.sum() / 1000
    at = np.unravel_index(int(agreeing.argmax()), agreeing.shape)
    free = np.unravel_index(int(middle.argmax()), middle.shape)
    if (1 - DISAGREE) * agreeing[at] > DISAGREE * middle[free] * years.max() / 1000:
        s, yy = int(digit[at]), int(YEARS[at[0]] % 100)
    else:
        s, yy = int(free[0]), int(free[1])
    explained = agreeing[(digit == s) & (ends == yy)[:, None]].sum()
    p_middle = ((1 - DISAGREE) * explained + DISAGREE * middle[s, yy] / 1000) / max(total, 1e-300)
    place, p_place = _place(number[:3])
    tail = number[6:]
    text = f"{place}{s}{yy:02}" + "".join(map(str, tail.argmax(axis=1)))
    if any(number[i, int(c)] < LEAST_INK for i, c in enumerate(text)):
        return read_number(number), None if birth is None else read_date(birth)
    whole = Joint(text, float(p_middle * p_place * np.prod(tail.max(axis=1))))
    return whole, None if birth is None else _birth(birth, agreeing, years, float(middle.sum()))


def _birth(birth: Cells, agreeing: NDArray[np.float64], years: NDArray[np.float64], middle: float) -> Joint:
    """The date with what the number says of its year."""
    told = (1 - DISAGREE) * agreeing.sum(axis=1) + DISAGREE * years * middle / 1000
    told = told / max(told.sum(), 1e-300)
    best = int(told.argmax())
    year = f"{YEARS[best]}"
    if any(row[int(c)] < LEAST_INK for row, c in zip(birth[-4:], year, strict=True)):
        return read_date(birth)
    if len(birth) == 4:
        return Joint(year, float(told[best]))
    days = _days(birth[:4]).copy()
    if not calendar.isleap(int(year)):
        days[_FEB_29] = 0
    k = int(days.argmax())
    day, month = _CALENDAR[k]
    share = told[best] * days[k] / max(days.sum(), 1e-300)
    return _allowed(f"{day:02}{month:02}{year}", share, birth)


_CALENDAR = tuple((d, m) for m in range(1, 13) for d in range(1, calendar.monthrange(2000, m)[1] + 1))
_FEB_29 = _CALENDAR.index((29, 2))


def _years(cells: Cells) -> NDArray[np.float64]:
    digits = np.array([[int(c) for c in f"{y}"] for y in YEARS])
    return np.asarray(np.prod([cells[i, digits[:, i]] for i in range(4)], axis=0), np.float64)


def _days(cells: Cells) -> NDArray[np.float64]:
    digits = np.array([[int(c) for c in f"{d:02}{m:02}"] for d, m in _CALENDAR])
    return np.asarray(np.prod([cells[i, digits[:, i]] for i in range(4)], axis=0), np.float64)


@lru_cache(maxsize=1)
def _places() -> NDArray[np.float64]:
    """How often numbers begin with each of 000 to 999: known provinces alike, countries and the rest seldom."""
    share = np.full(1000, UNKNOWN / 1000)
    share[100:] += ABROAD / 900
    share[int(PADDING)] += PADDED
    for code in PROVINCES:
        share[int(code)] += (1 - ABROAD - PADDED - UNKNOWN) / len(PROVINCES)
    return share


def _place(cells: Cells) -> tuple[str, float]:
    ink = np.einsum("i,j,k->ijk", *cells).reshape(1000)
    whole = ink * _places()
    best = int(whole.argmax())
    text = f"{best:03}"
    if any(cells[i, int(c)] < LEAST_INK for i, c in enumerate(text)):
        best = int(ink.argmax())
        text = f"{best:03}"
    return text, float(whole[best] / whole.sum())
