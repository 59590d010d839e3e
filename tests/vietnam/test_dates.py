"""Dates as the forms write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.vietnam.dates import age_on, date_text, is_plausible_date, parse_date, span_of, typed_date, year_of

DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(DAYS)
def test_dates_come_back_as_they_went_in(day: date) -> None:
    text = day.strftime("%d/%m/%Y")
    assert parse_date(text) == day
    assert year_of(text) == year_of(str(day.year)) == day.year
    assert span_of(text) == (day, day)
    assert is_plausible_date(text) and is_plausible_date(str(day.year))


@given(DAYS, st.sampled_from(["/", ".", "-", " ", " / ", "- "]), st.booleans())
def test_typed_dates_are_written_as_the_forms_write_them(day: date, between: str, padded: bool) -> None:
    parts = (f"{day.day:02}", f"{day.month:02}") if padded else (str(day.day), str(day.month))
    text = day.strftime("%d/%m/%Y")
    assert typed_date(between.join((*parts, str(day.year)))) == text == typed_date(text.replace("/", ""))
    assert date_text(*parts, str(day.year)) == text


@given(st.text(alphabet="0123456789/ -.²٣", max_size=12))
def test_what_is_typed_is_a_date_of_the_forms_or_none_and_then_stays_as_it_is(text: str) -> None:
    typed = typed_date(text)
    assert typed is None or typed_date(typed) == typed
    if year_of(text) is not None:
        assert typed is not None and span_of(typed) == span_of(text)
    assert is_plausible_date(text) in (True, False)


@pytest.mark.parametrize("text", ["31/02/2000", "01/01/1899", "1899", "01/01/2101", "2101", "", "1/1/80", "0000"])
def test_days_and_years_that_no_form_speaks_of_are_not_plausible(text: str) -> None:
    assert not is_plausible_date(text)


def test_day_that_does_not_exist_is_kept_as_it_is_typed() -> None:
    assert typed_date("31.2.2000") == "31/02/2000"
    assert [date_text("5", "1", "80"), date_text("005", "1", "1980"), date_text("", "1", "1980")] == [None] * 3


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


@given(st.dates())
def test_every_date_of_the_calendar_is_possible(day) -> None:
    assert is_plausible_date(f"{day.day:02}/{day.month:02}/{day.year:04}") == (1900 <= day.year <= 2100)


@pytest.mark.parametrize("text", ["31/04/2000", "29/02/2001", "00/01/2000", "1/1/1", "20000", "a/b/c"])
def test_impossible_dates_are_told(text: str) -> None:
    assert not is_plausible_date(text)
