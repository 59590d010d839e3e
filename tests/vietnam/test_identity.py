"""Numbers of identity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.vietnam.identity import PROVINCES, IdentityNumber


@given(st.sampled_from(sorted(PROVINCES)), st.booleans(), st.integers(1900, 2399), st.integers(0, 999_999))
def test_identity_number_says_place_sex_and_year(place: str, male: bool, year: int, tail: int) -> None:
    text = f"{place}{2 * (year // 100 - 19) + (not male)}{year % 100:02}{tail:06}"
    number = IdentityNumber.parse(text)
    assert number is not None
    assert (number.place, number.province, number.male) == (place, PROVINCES[place], male)
    assert (number.birth_year, number.century, number.known_place) == (year, year // 100 * 100, True)
    assert not number.old


@given(st.from_regex(r"([0-9]{9}|[0-9]{12})", fullmatch=True))
def test_no_number_shows_in_a_repr(text: str) -> None:
    number = IdentityNumber.parse(text)
    assert number is not None and number.number == text
    assert not any(c.isdigit() for c in repr(number))


@given(st.text(max_size=14) | st.text(alphabet="0123456789", max_size=14))
def test_anything_but_nine_or_twelve_digits_is_no_identity_number(text: str) -> None:
    parsed = IdentityNumber.parse(text)
    assert (parsed is not None) == (len(text) in (9, 12) and text.isascii() and text.isdigit())


@pytest.mark.parametrize("text", ["071234567", "000071234567"])
def test_old_numbers_say_nothing_of_their_bearer(text: str) -> None:
    number = IdentityNumber.parse(text)
    assert number is not None and number.old and number.padded == (len(text) == 12)
    assert (number.place, number.province, number.male, number.century, number.birth_year) == (None,) * 5
    assert number.known_place


def test_codes_of_countries_are_lawful_and_unused_codes_are_not() -> None:
    known = [IdentityNumber(f"{place}080123456").known_place for place in ("101", "999", "003", "097")]
    assert known == [True, True, False, False]
    assert IdentityNumber("101080123456").province is None


def test_there_were_63_provinces() -> None:
    assert len(PROVINCES) == len(set(PROVINCES.values())) == 63
