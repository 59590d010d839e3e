"""From an engine's text to a field's value: whatever an engine says, and nothing that it did not say."""

from __future__ import annotations

import unicodedata
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Box, CharReading, Crop, EngineReading, FieldKind, FieldLayout, FieldSpec
from scanner.recognition.values import clean_text, digits_value, parts_date, strongest_rival
from scanner.vietnam.dates import is_plausible_date

BOX = Box(0, 0, 5, 6)
ANYTHING = st.one_of(st.text(max_size=14), st.text("0123456789²³¹①٣۵०Ⅷ½/. -", max_size=14))
"""Engines know superscripts, circled digits and the digits of other scripts; Python calls many of them digits."""


def comb(kind: FieldKind, filled: str) -> tuple[FieldSpec, Crop]:
    """A comb with "x" where a cell has ink."""
    image = np.zeros((2, 2), np.uint8)
    cells = tuple(Crop("f", BOX, image, (0, 1, 0, 1) if c == "x" else None) for c in filled)
    spec = FieldSpec(id="f", label="", kind=kind, layout=FieldLayout.COMB, boxes=tuple(BOX for _ in filled))
    return spec, Crop("f", BOX, image, (0, 1, 0, 1), cells=cells)


def said(text: str) -> EngineReading:
    """What an engine said."""
    return EngineReading(text, 0.9, "t")


@given(ANYTHING, st.sampled_from([FieldKind.DIGITS, FieldKind.DATE]), st.text("x ", min_size=1, max_size=12))
def test_digits_are_ascii_digits_or_nothing_whatever_the_engine_says(text: str, kind: FieldKind, filled: str) -> None:
    value, reason = digits_value(*comb(kind, filled), said(text))
    assert value is None or (isinstance(value, str) and value.isascii())
    assert value is not None or reason is not None
    if isinstance(value, str):
        assert [c for c in value if c != "/"] == [c for c in text if c in "0123456789"], "no digit lost, none made up"
        is_plausible_date(value)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_parts_are_a_date_or_go_to_a_person_whatever_the_engine_says(day: str, month: str, year: str) -> None:
    value, raw, reason = parts_date([said(day), said(month), said(year)])
    assert raw == f"{day}/{month}/{year}"
    assert isinstance(value, str)
    if reason is None:
        assert len(value) == 10 and value.isascii()
    is_plausible_date(value)


@given(st.text(max_size=14))
def test_any_text_is_a_possible_date_or_none(text: str) -> None:
    assert is_plausible_date(text) in (True, False)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_date_written_in_cells_comes_back_as_that_date(day: date) -> None:
    value, reason = digits_value(*comb(FieldKind.DATE, "x" * 8), said(day.strftime("%d%m%Y")))
    assert (value, reason) == (day.strftime("%d/%m/%Y"), None)
    assert is_plausible_date(str(value))


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_date_written_in_parts_comes_back_with_leading_zeros(day: date) -> None:
    value, _, reason = parts_date([said(str(day.day)), said(str(day.month)), said(str(day.year))])
    assert (value, reason) == (day.strftime("%d/%m/%Y"), None)


@pytest.mark.parametrize("parts", [[], ["1"], ["1", "2"], ["1", "2", "2000", "5"]])
def test_date_of_other_than_three_parts_goes_to_a_person(parts: list[str]) -> None:
    assert parts_date([said(p) for p in parts])[2] is not None


def test_day_that_is_written_and_not_read_is_not_left_out_of_the_date() -> None:
    """Ink in the day's room that reads as nothing must not make a year alone of a full date."""
    assert parts_date([said(""), said(""), said("1980")])[2] is not None


@given(st.text(max_size=40))
def test_clean_text_has_no_edges_and_no_lines(text: str) -> None:
    cleaned = clean_text(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip() and "\n" not in cleaned and "  " not in cleaned
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("__Nà Lại__", "Nà Lại"),
        ("Nà   Lại\n", "Nà Lại"),
        ("“Tày”", "Tày"),
        ("Na\u0300 La\u0323i", "Nà Lại"),
        ("..", ".."),
    ],
)
def test_leaders_and_quotes_at_the_edges_go(raw: str, value: str) -> None:
    assert clean_text(raw) == value


def test_the_strongest_rival_of_any_character_counts() -> None:
    chars = [CharReading("a", 0.9, (("o", 0.1),)), CharReading(" ", 0.1), CharReading("b", 0.6, (("6", 0.4),))]
    assert strongest_rival(chars) == 0.4
    assert strongest_rival([]) == 0.0


@given(st.text(max_size=40))
def test_clean_text_is_stable_and_single_spaced(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "  " not in once and once == once.strip()


@pytest.mark.parametrize(
    ("kind", "filled", "read", "value", "reason"),
    [
        (FieldKind.DIGITS, "xxxx", "1234", "1234", None),
        (FieldKind.DIGITS, "xxx ", "123", "123", None),
        (FieldKind.DIGITS, "xxxx", "123", "123", "digits_and_cells"),
        (FieldKind.DIGITS, "xx x", "123", "123", "cells_with_gaps"),
        (FieldKind.DIGITS, "xx  ", "", None, "nothing_recognised"),
        (FieldKind.DATE, "xxxxxxxx", "05011980", "05/01/1980", None),
        (FieldKind.DATE, "    xxxx", "1980", "1980", None),
        (FieldKind.DATE, "xxxxxxx ", "0501198", "0501198", "date_incomplete"),
    ],
)
def test_digits_fit_their_cells_or_say_why(kind, filled, read, value, reason) -> None:
    spec, crop = comb(kind, filled)
    found, why = digits_value(spec, crop, EngineReading(read, 0.9, "t"))
    assert found == value
    assert (why.code if why else None) == reason


def test_parts_make_a_date_or_a_year_alone() -> None:
    def said(text: str) -> EngineReading:
        return EngineReading(text, 0.9, "t")

    assert parts_date([said("5"), said("1"), said("1980")])[0] == "05/01/1980"
    assert parts_date([None, None, said("1980")])[0] == "1980"
    assert parts_date([None, said("1"), said("1980")])[2] is not None
    assert parts_date([said("5"), said("1"), said("80")])[2] is not None
