"""Dates as the forms write them, dd/mm/yyyy or the year alone: the only place that takes their text apart."""

from __future__ import annotations

import re
from datetime import date

YEARS = range(1900, 2101)
"""Years that a form can speak of: of the oldest people's births and of contracts' ends."""
SEPARATED = re.compile(r"(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{4})", re.ASCII)


def parse_date(text: str) -> date | None:
    """A full calendar date; None for a year alone or anything that is no date."""
    parts = text.strip().split("/")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts) or len(parts[2]) != 4:
        return None
    if len(parts[0]) > 2 or len(parts[1]) > 2:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def year_of(text: str) -> int | None:
    """The year of a full date or of a year alone (four digits, not 0000); None for anything else."""
    alone = text.strip()
    if len(alone) == 4 and alone.isascii() and alone.isdigit():
        return int(alone) or None
    full = parse_date(text)
    return full.year if full else None


def span_of(text: str) -> tuple[date, date] | None:
    """First and last day that a date may mean: twice the same day, or the ends of a year; None for neither."""
    full, year = parse_date(text), year_of(text)
    if full:
        return full, full
    return (date(year, 1, 1), date(year, 12, 31)) if year else None


def age_on(born: date, day: date) -> int:
    """Full years of age on a day; below 0 for a day before birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_plausible_date(text: str) -> bool:
    """Whether a text is a day of the calendar, or a year alone, within `YEARS`."""
    year = year_of(text)
    return year is not None and year in YEARS


def date_text(day: str, month: str, year: str) -> str | None:
    """Three numbers as "dd/mm/yyyy", whether that day exists or not; None where one has too few or too many digits."""
    parts = (day, month, year)
    if not all(part.isascii() and part.isdigit() for part in parts) or len(year) != 4 or max(len(day), len(month)) > 2:
        return None
    return f"{day.zfill(2)}/{month.zfill(2)}/{year}"


def typed_date(text: str) -> str | None:
    """What a person types as a date → "dd/mm/yyyy" or "yyyy", whether that day exists or not; None for anything else.

    Numbers stand apart by "/", ".", "-" or a space, or as eight digits.
    """
    bare = re.sub(r"\s*([/.\-])\s*", r"\1", text.strip())
    if re.fullmatch(r"[0-9]{4}", bare):
        return bare
    if re.fullmatch(r"[0-9]{8}", bare):
        return date_text(bare[:2], bare[2:4], bare[4:])
    parts = SEPARATED.fullmatch(bare)
    return date_text(*parts.groups()) if parts else None
