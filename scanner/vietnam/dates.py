"""Dates as the forms write them: dd/mm/yyyy, or the year alone."""

from __future__ import annotations

from datetime import date


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


def written(text: str) -> str | None:
    """A date or year as the exports hold it, "1/2/1980" → "01/02/1980"; None for what is neither."""
    full, year = parse_date(text), year_of(text)
    if full:
        return f"{full.day:02}/{full.month:02}/{full.year:04}"
    return f"{year:04}" if year else None


def span_of(text: str) -> tuple[date, date] | None:
    """First and last day that a date may mean: twice the same day, or the ends of a year; None for neither."""
    full, year = parse_date(text), year_of(text)
    if full:
        return full, full
    return (date(year, 1, 1), date(year, 12, 31)) if year else None


def age_on(born: date, day: date) -> int:
    """Full years of age on a day; below 0 for a day before birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
