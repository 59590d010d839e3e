"""Fields of digits: read cell by cell, settled by what the form holds against each other, told as steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from scanner.forms.loading import load_form
from scanner.model import Box, CharReading, Crop, EngineReading, FieldLayout
from scanner.recognition.digit_fields import SETTLED, DigitReading, read_digit_fields, sex_of

FORM = load_form("mau-so-03")
NUMBER, BIRTH = next((r.fields["number"], r.fields["birth"]) for r in FORM.rules if r.check == "identity_matches_birth")
DATED = next(f.id for f in FORM.fields if f.layout is FieldLayout.PARTS)


def cell(written: bool = True) -> Crop:
    return Crop("x", Box(0, 0, 5, 7), np.full((9, 9), 255, np.uint8), (1, 5, 1, 5) if written else None)


def comb(field: str, filled: Sequence[bool]) -> Crop:
    return Crop(field, Box(0, 0, 9, 9), np.full((9, 9), 255, np.uint8), (1, 5, 1, 5), cells=tuple(map(cell, filled)))


def reading(digits: str, doubts: Mapping[int, tuple[tuple[str, float], ...]] | None = None) -> EngineReading:
    """A reading sure of every digit but the doubtful ones: (digit, share) each, the likeliest first."""
    chars = []
    for i, digit in enumerate(digits):
        shares = (doubts or {}).get(i, ((digit, 0.99),))
        chars.append(CharReading(shares[0][0], shares[0][1], shares[1:]))
    return EngineReading("".join(c.char for c in chars), 0.9, "cells", chars=tuple(chars))


def read(number: EngineReading, birth: EngineReading, male: float | None = None) -> dict[str, DigitReading]:
    crops = {str(NUMBER): comb(str(NUMBER), [True] * 12), str(BIRTH): comb(str(BIRTH), [True] * 8)}
    return read_digit_fields(FORM, crops, {str(NUMBER): (number,), str(BIRTH): (birth,)}, male)


def test_agreeing_cells_are_read_with_a_high_probability() -> None:
    found = read(reading("008085123456"), reading("12071985"), 0.99)
    assert found[str(NUMBER)].value == "008085123456"
    assert found[str(BIRTH)].value == "12/07/1985"
    assert all(f.probability > 0.85 and not f.steps for f in found.values())


def test_a_doubtful_year_in_the_number_is_settled_by_the_date_and_told() -> None:
    found = read(reading("008035123456", {4: (("3", 0.6), ("8", 0.38))}), reading("12071985"))
    settled = found[str(NUMBER)]
    assert (settled.value, settled.raw) == ("008085123456", "008035123456")
    assert [s.why for s in settled.steps] == [SETTLED]


def test_clear_cells_that_disagree_are_left_to_the_rules() -> None:
    found = read(reading("008035123456"), reading("12071985"))
    assert found[str(NUMBER)].value == "008035123456"
    assert found[str(BIRTH)].value == "12/07/1985"


def test_an_impossible_day_stays_as_it_was_written() -> None:
    found = read(reading("008085123456"), reading("31041985"))
    assert found[str(BIRTH)].value == "31/04/1985"
    assert found[str(BIRTH)].probability < 0.5


def test_too_few_cells_say_why_and_settle_nothing() -> None:
    crops = {str(NUMBER): comb(str(NUMBER), [True] * 11 + [False])}
    found = read_digit_fields(FORM, crops, {str(NUMBER): (reading("0080851234567"),)}, None)[str(NUMBER)]
    assert found.reason is not None and found.reason.code == "digits_and_cells"


@pytest.mark.parametrize(("parts", "value"), [(("12", "10", "2024"), "12/10/2024"), (("1", "9", "2024"), "01/09/2024")])
def test_the_parts_of_a_date_are_one_value(parts: tuple[str, ...], value: str) -> None:
    found = read_digit_fields(FORM, {DATED: comb(DATED, [True] * 3)}, {DATED: tuple(map(reading, parts))}, None)
    assert found[DATED].value == value


def test_the_form_says_which_tick_is_a_mans() -> None:
    bound = sex_of(FORM)
    assert bound is not None
    assert bound[1] in {o.id for o in FORM.field(bound[0]).options}
