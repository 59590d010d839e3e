"""Language and law as data."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.vietnam.dates import age_on, parse_date, year_of
from scanner.vietnam.identity import PROVINCES, IdentityNumber
from scanner.vietnam.lexicon import by_letters, words
from scanner.vietnam.orthography import is_syllable, new_style, nfc, same_spelling, split_tone, tone_blind
from scanner.vietnam.places import CHANGED, communes


@pytest.mark.parametrize(
    "word", "nghiêng quyển gì giếng khuỷu Nguyễn thuở oanh ý Đức khuya quốc huỳnh ngoằn loét".split()
)
def test_lawful_syllables_are_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["nghang", "kà", "cê", "bạnk", "tuyểnh", "cac", "hocs", "xyz", "gha", "Búkk", "áá"])
def test_unlawful_syllables_are_told(word: str) -> None:
    assert not is_syllable(word)


def test_stopped_syllables_take_only_two_tones() -> None:
    assert is_syllable("học") and is_syllable("hóc")
    assert not is_syllable("hoc") and not is_syllable("hòc") and not is_syllable("hõc")


@given(st.text(max_size=30))
def test_normal_form_is_stable(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)
    assert unicodedata.is_normalized("NFC", nfc(text))


@given(st.text(alphabet="aăâeêioôơuưyđ\u0300\u0301\u0303\u0309\u0323 ", max_size=20))
def test_tone_blind_text_has_no_marks_left(text: str) -> None:
    assert tone_blind(tone_blind(text)) == tone_blind(text)
    assert not any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", tone_blind(text)))


@pytest.mark.parametrize(
    ("old", "new"), [("hoà", "hòa"), ("thuỷ", "thủy"), ("khoẻ", "khỏe"), ("quý", "quý"), ("toàn", "toàn")]
)
def test_tone_marks_move_to_the_place_taught_today(old: str, new: str) -> None:
    assert new_style(old) == new
    assert same_spelling(f"Ông {old}", f"Ông  {new}")


def test_tone_is_taken_off_a_syllable() -> None:
    assert split_tone("ngữ") == ("ngư", "\u0303")
    assert split_tone("ba") == ("ba", "")


@given(st.sampled_from(sorted(PROVINCES)), st.booleans(), st.integers(1900, 2099), st.integers(0, 999_999))
def test_identity_number_says_place_sex_and_year(place: str, male: bool, year: int, tail: int) -> None:
    text = f"{place}{2 * (year // 100 - 19) + (not male)}{year % 100:02}{tail:06}"
    number = IdentityNumber.parse(text)
    assert number is not None
    assert (number.place, number.male, number.birth_year, number.known_place) == (place, male, year, True)
    assert text not in repr(number)


@given(st.text(max_size=14))
def test_anything_but_twelve_digits_is_no_identity_number(text: str) -> None:
    parsed = IdentityNumber.parse(text)
    assert (parsed is not None) == (len(text) == 12 and text.isascii() and text.isdigit())


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_dates_come_back_as_they_went_in(day: date) -> None:
    text = day.strftime("%d/%m/%Y") if day.year >= 1000 else ""
    assert parse_date(text) == day
    assert year_of(text) == day.year
    assert year_of(str(day.year)) == day.year


@pytest.mark.parametrize(
    "text", ["31/02/2000", "1/13/2000", "2000-01-01", "", "ab/cd/efgh", "00/00/0000", "٠١/٠١/٢٠٠٠"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_age_counts_full_years() -> None:
    born = date(2000, 6, 15)
    assert age_on(born, date(2015, 6, 14)) == 14
    assert age_on(born, date(2015, 6, 15)) == 15


def test_places_know_three_levels_before_and_two_since() -> None:
    old = [c for c in communes() if c.valid_until == CHANGED]
    new = [c for c in communes() if c.valid_from == CHANGED]
    assert (len({c.province for c in old}), len({c.province for c in new})) == (63, 34)
    assert len(new) == 3321
    assert not any(c.district for c in new)
    assert any((c.province, c.district, c.name) == ("Tuyên Quang", "Hàm Yên", "Bình Xa") for c in old)


def test_words_are_found_by_their_letters() -> None:
    assert "tổ" in by_letters()["to"]
    assert words()["tuyên"] > words()["thêu"] if "thêu" in words() else words()["tuyên"] > 10
