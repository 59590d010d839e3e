"""CTC: likelihoods are those of all paths, the best path is the plain one, words may decide where ink does not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.ocr.ctc import LogProbabilities, beam_search, best_path, log_likelihoods

LETTERS = "ab "


def table(rows: list[list[float]]) -> LogProbabilities:
    """Weights a step → log-probabilities."""
    odds = np.array(rows, np.float64)
    return np.log(odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def by_all_paths(steps: LogProbabilities, text: str) -> float:
    """The likelihood of a text by its definition."""
    total = 0.0
    for path in itertools.product(range(steps.shape[1]), repeat=len(steps)):
        joined = [k for k, _ in itertools.groupby(path) if k]
        if "".join(LETTERS[k - 1] for k in joined) == text:
            total += math.exp(sum(float(steps[t, k]) for t, k in enumerate(path)))
    return math.log(total) if total else -math.inf


tables = st.lists(st.lists(st.floats(0.01, 1.0, allow_nan=False), min_size=4, max_size=4), min_size=1, max_size=5).map(
    table
)


@settings(max_examples=60, deadline=None)
@given(tables, st.lists(st.text(LETTERS, max_size=4), min_size=1, max_size=4))
def test_likelihoods_sum_over_all_paths(steps: LogProbabilities, texts: list[str]) -> None:
    found = log_likelihoods(steps, texts, LETTERS)
    for text, value in zip(texts, found, strict=True):
        expected = by_all_paths(steps, text)
        assert value == pytest.approx(expected, abs=1e-4) or (value == expected == -math.inf)


def test_a_text_with_more_letters_than_there_are_steps_is_impossible() -> None:
    assert log_likelihoods(table([[1, 1, 1, 1]]), ["ab"], LETTERS)[0] == -math.inf


def test_the_best_path_joins_repeats_and_drops_blanks() -> None:
    chars = best_path(table([[1, 9, 1, 1], [1, 9, 1, 1], [9, 1, 1, 1], [1, 9, 1, 1], [1, 1, 9, 1]]), LETTERS)
    assert "".join(c.char for c in chars) == "aab"
    assert all(0.7 < c.score < 0.8 for c in chars)


def test_a_doubtful_letter_shows_what_else_it_may_be() -> None:
    (char,) = best_path(table([[0.1, 5, 4, 0.1]]), LETTERS)
    assert char.char == "a"
    assert char.alternatives[0][0] == "b"


@settings(max_examples=60, deadline=None)
@given(tables)
def test_without_words_the_beam_finds_a_text_at_least_as_likely_as_the_best_path(steps: LogProbabilities) -> None:
    found = beam_search(steps, "abc", lambda word, before: 0.0, 0.0)
    plain = "".join(c.char for c in best_path(steps, "abc"))
    likely = log_likelihoods(steps, [found[0][0], plain], "abc")
    assert likely[0] >= likely[1] - 0.05  # the beam keeps the ten best beginnings only


def test_words_decide_where_the_ink_does_not() -> None:
    steps = table([[0.01, 5, 5, 0.01], [9, 0.1, 0.1, 0.1], [0.01, 5, 0.01, 0.01]])
    for liked in ("aa", "ba"):
        found = beam_search(steps, LETTERS, lambda word, before, liked=liked: 0.0 if word == liked else -5.0, 1.0)
        assert found[0][0] == liked


def test_words_do_not_overrule_clear_ink() -> None:
    steps = table([[0.001, 50, 0.001, 0.001], [50, 0.001, 0.001, 0.001], [0.001, 50, 0.001, 0.001]])
    found = beam_search(steps, LETTERS, lambda word, before: 0.0 if word == "ba" else -5.0, 1.0)
    assert found[0][0] == "aa"
