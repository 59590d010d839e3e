"""Dates as the forms write them: dd/mm/yyyy, or the year alone."""

from __future__ import annotations

from datetime import date


def parse_date(text: str) -> date | None:
    """A full calendar date; None for a year alone or anything that is no date."""
    parts = text.split("/")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts) or len(parts[2]) != 4:
        return None
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def year_of(text: str) -> int | None:
    """The year of a full date or of a year alone; None for anything else."""
    if len(text) == 4 and text.isascii() and text.isdigit():
        return int(text)
    full = parse_date(text)
    return full.year if full else None


def age_on(born: date, day: date) -> int:
    """Full years of age on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
