"""From an engine's text to a field's value: whatever an engine says, and nothing that it did not say."""

from __future__ import annotations

import unicodedata
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Box, CharReading, Crop, EngineReading, FieldKind, FieldLayout, FieldSpec
from scanner.recognition.values import clean_text, digits_value, parts_date, score_features
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


def test_worst_character_and_its_rival_are_measured() -> None:
    chars = [CharReading("a", 0.9), CharReading(" ", 0.1), CharReading("b", 0.6, (("6", 0.4),))]
    measures = score_features(chars)
    assert measures["worst"] == 0.6, "a space is no character to be sure of"
    assert measures["rival"] == 0.4


def test_text_without_characters_is_as_unsure_as_can_be() -> None:
    assert score_features([])["worst"] == 0
