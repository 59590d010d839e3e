"""Dates as the forms write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.vietnam.dates import age_on, parse_date, span_of, written, year_of

DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(DAYS)
def test_dates_come_back_as_they_went_in(day: date) -> None:
    text = day.strftime("%d/%m/%Y")
    assert parse_date(text) == day
    assert year_of(text) == year_of(str(day.year)) == day.year
    assert written(f"{day.day}/{day.month}/{day.year}") == text == written(text)
    assert span_of(text) == (day, day)


@given(st.text(alphabet="0123456789/ -.", max_size=12))
def test_whatever_is_read_as_a_date_is_written_so_that_it_reads_the_same(text: str) -> None:
    assert (written(text) is None) == (year_of(text) is None)
    if year_of(text) is not None:
        assert span_of(written(text) or "") == span_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2000",
        "1/13/2000",
        "2000-01-01",
        "",
        "ab/cd/efgh",
        "00/00/0000",
        "٠١/٠١/٢٠٠٠",
        "45123",
        "001/01/2000",
        "1980",
    ],
)
def test_what_is_no_full_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_a_year_alone_spans_its_days() -> None:
    assert span_of("1980") == (date(1980, 1, 1), date(1980, 12, 31))
    assert year_of("0000") is None and span_of("19800") is None


def test_twenty_ninth_of_february_is_a_date_in_leap_years_only() -> None:
    assert parse_date("29/02/2000") and not parse_date("29/02/1900")


def test_age_counts_full_years() -> None:
    born = date(2000, 6, 15)
    assert [age_on(born, day) for day in (date(2015, 6, 14), date(2015, 6, 15), date(2000, 6, 14))] == [14, 15, -1]


def test_born_on_leap_day_is_older_on_the_first_of_march() -> None:
    assert age_on(date(2004, 2, 29), date(2019, 2, 28)) == 14
    assert age_on(date(2004, 2, 29), date(2019, 3, 1)) == 15
