"""Mending what the engine gets wrong, and next to nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.people import People
from scanner.ocr.correction import correct
from scanner.vietnam.places import communes

TEXTS = st.text("abcdeghiklmnopqrstuvxyăâđêôơưáàảãạấầẩẫậéèẻẽẹếềểễệốồổỗộớờởỡợÿïñ .,-/()'12", max_size=30)


@given(TEXTS)
def test_mending_twice_changes_no_more(text: str) -> None:
    once, _ = correct(text)
    assert correct(once)[0] == once


@given(TEXTS)
def test_marks_alone_are_mended_and_no_letter_comes_or_goes(text: str) -> None:
    mended, _ = correct(text)
    assert len(mended) == len(text)
    assert [i for i, c in enumerate(mended) if c == " "] == [i for i, c in enumerate(text) if c == " "]


@pytest.mark.parametrize("form_of", [str, str.upper])
def test_names_of_places_are_left_alone_but_for_one_in_seven_hundred(form_of) -> None:
    """A rare syllable with an acute (Văn Tố) gives way to a frequent one with a hook (tổ)."""
    names = sorted({n for c in communes() for n in (c.name, c.province)})
    changed = [n for n in names if correct(form_of(n))[0] != form_of(n)]
    assert len(names) > 7000
    assert len(changed) <= len(names) / 700, changed


def test_what_invented_people_answer_is_left_alone(form) -> None:
    people = People(form, np.random.default_rng(12))
    answers = [v for _ in range(150) for v in people.draw().answers.values() if isinstance(v, str)]
    assert sorted({a for a in answers if correct(a)[0] != a}) == []


@pytest.mark.parametrize(("read", "meant"), [("TỐ 5", "TỔ 5"), ("tố 5", "tổ 5"), ("Tố, 5", "Tổ, 5"), ("(Tố)", "(Tổ)")])
def test_case_and_signs_around_a_mended_word_stay(read: str, meant: str) -> None:
    text, steps = correct(read)
    assert text == meant
    assert [s.why for s in steps] == ["hook_seen_as_acute"]
