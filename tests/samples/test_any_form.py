"""Answers drawn for any form agree with what its fields and rules say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from samples.any_form import Filler
from scanner.forms.loading import list_forms, load_form
from scanner.model import FieldKind, Value
from scanner.rules import check_rules


@pytest.mark.parametrize("form_id", list_forms())
def test_drawn_answers_break_no_rule_of_their_form(form_id: str) -> None:
    form = load_form(form_id)
    filler = Filler(form, np.random.default_rng(4))
    for _ in range(50):
        answers = filler.draw()
        values: dict[str, Value] = {k: tuple(v) if isinstance(v, list) else v for k, v in answers.items()}
        broken = {issue.rule for issue in check_rules(values, form, today=date(2026, 1, 1))}
        assert broken == set()


@pytest.mark.parametrize("form_id", list_forms())
def test_every_field_is_filled_by_somebody_and_repeats_what_it_should(form_id: str) -> None:
    form = load_form(form_id)
    filler = Filler(form, np.random.default_rng(4))
    people = [filler.draw() for _ in range(100)]
    assert [f.id for f in form.fields if not any(p[f.id] for p in people)] == []
    assert all(p[f.id] == p[f.same_as] for p in people for f in form.fields if f.same_as)
    digits = [f for f in form.fields if f.kind is FieldKind.DIGITS and len(f.boxes) > 1]
    assert all(len(p[f.id] or "") <= len(f.boxes) for p in people for f in digits)


def test_the_same_seed_draws_the_same_people() -> None:
    form = load_form(list_forms()[0])
    first, second = (Filler(form, np.random.default_rng(9)).draw() for _ in range(2))
    assert first == second
