"""Numbers, dates and sex read together: they settle a doubtful digit and never overrule a clear one."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model import CharReading, EngineReading
from scanner.recognition.joint_inference import LEAST_INK, Cells, cells_of, read_date, read_number, read_person


def cells(text: str, sure: float = 0.97) -> Cells:
    """Cells that each show a digit clearly."""
    out = np.full((len(text), 10), (1 - sure) / 9)
    for i, digit in enumerate(text):
        out[i, int(digit)] = sure
    return out


def doubt(probs: Cells, at: int, shares: dict[int, float]) -> Cells:
    """The cells with one of them in doubt."""
    out = probs.copy()
    out[at] = 1e-3
    for digit, share in shares.items():
        out[at, digit] = share
    out[at] /= out[at].sum()
    return out


people = st.tuples(
    st.dates(date(1930, 1, 1), date(2009, 12, 31)), st.booleans(), st.sampled_from(["008", "001", "034", "079"]),
    st.integers(0, 999_999),
)  # fmt: skip


def number_of(born: date, male: bool, place: str, tail: int) -> str:
    """A number that agrees with its bearer."""
    return f"{place}{2 * (born.year >= 2000) + (not male)}{born.year % 100:02}{tail:06}"


@settings(max_examples=50, deadline=None)
@given(people)
def test_clear_cells_are_read_as_they_stand(person: tuple[date, bool, str, int]) -> None:
    born, male = person[:2]
    number, birth = read_person(cells(number_of(*person)), cells(f"{born:%d%m%Y}"), 0.99 if male else 0.01)
    assert number.text == number_of(*person)
    assert birth is not None and birth.text == f"{born:%d%m%Y}"
    assert 0.6 < number.probability <= 1 and 0.6 < birth.probability <= 1


@settings(max_examples=50, deadline=None)
@given(people)
def test_clear_cells_that_disagree_stay_as_they_stand(person: tuple[date, bool, str, int]) -> None:
    born, male, place, tail = person
    other = date(born.year + 11, born.month, 1)
    number, birth = read_person(
        cells(number_of(other, male, place, tail), 0.9995), cells(f"{born:%d%m%Y}", 0.9995), 0.99 if male else 0.01
    )
    assert number.text == number_of(other, male, place, tail)
    assert birth is not None and birth.text == f"{born:%d%m%Y}"


def test_the_date_settles_a_doubtful_digit_of_the_number() -> None:
    number = doubt(cells("008085123456"), 4, {8: 0.4, 3: 0.6})
    alone = read_number(number)
    together, _ = read_person(number, cells("12071985"), 0.99)
    assert (alone.text[4], together.text[4]) == ("3", "8")
    assert together.probability > alone.probability


def test_the_number_settles_a_doubtful_digit_of_the_date() -> None:
    birth = doubt(cells("12071985"), 6, {8: 0.35, 3: 0.65})
    assert read_date(birth).text == "12071935"
    assert read_person(cells("008085123456"), birth, None)[1].text == "12071985"  # type: ignore[union-attr]


def test_the_sex_settles_the_fourth_digit() -> None:
    number = doubt(cells("008085123456"), 3, {0: 0.5, 1: 0.5})
    assert read_person(number, cells("12071985"), 0.99)[0].text[3] == "0"
    assert read_person(number, cells("12071985"), 0.01)[0].text[3] == "1"


def test_a_digit_that_the_ink_denies_is_never_delivered() -> None:
    number = doubt(cells("008035123456"), 4, {3: 1.0})
    number[4, 8] = LEAST_INK / 10
    assert read_person(number, cells("12071985"), 0.99)[0].text[4] == "3"


def test_a_date_is_a_day_of_the_calendar() -> None:
    assert read_date(doubt(cells("31041990"), 3, {4: 0.55, 1: 0.45})).text == "31011990"
    assert read_date(doubt(cells("29021999"), 7, {9: 0.55, 6: 0.45})).text == "29021996"


def test_a_day_that_is_none_stays_when_it_is_written_clearly() -> None:
    assert read_date(cells("31041990")).text == "31041990"
    assert read_date(cells("31041990")).probability == 0.0


def test_a_place_that_is_none_counts_against_a_reading() -> None:
    number = doubt(cells("003085123456"), 2, {3: 0.55, 8: 0.45})
    assert read_number(number).text.startswith("008")


def test_an_old_number_padded_with_zeros_says_nothing_of_its_bearer() -> None:
    number, birth = read_person(cells("000123456789"), cells("12071985"), 0.99)
    assert number.text == "000123456789"
    assert birth is not None and birth.text == "12071985"


def test_a_reading_with_no_digit_in_a_cell_gives_no_probabilities() -> None:
    assert cells_of(EngineReading("?", 0.5, "x", chars=(CharReading("?", 0.5),))) is None
