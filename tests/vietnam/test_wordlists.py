"""Word lists by the names that form files use, and the words that mend readings."""

from __future__ import annotations

import pytest

from scanner.model import FormTemplate
from scanner.vietnam.lexicon import by_letters, key, words
from scanner.vietnam.orthography import nfc
from scanner.vietnam.wordlists import LISTS, word_list


@pytest.mark.parametrize("name", sorted(LISTS))
def test_lists_hold_each_entry_once_and_in_normal_form(name: str) -> None:
    entries = word_list(name)
    assert len(entries) == len(set(entries)) > 90
    assert all(entry == nfc(entry) != "" for entry in entries)


def test_every_lexicon_that_the_form_names_exists(form: FormTemplate) -> None:
    named = {f.lexicon for f in form.fields if f.lexicon}
    assert named and named <= set(LISTS)


def test_an_unknown_list_is_told() -> None:
    with pytest.raises(KeyError):
        word_list("no_such_list")


def test_words_are_found_by_their_letters() -> None:
    assert "tổ" in by_letters()["to"]
    assert words()["tuyên"] > 10


def test_words_are_looked_up_whatever_their_case_and_tone_placement() -> None:
    assert key("HOÀ") == key("hòa") == "hòa"
    assert "hòa" in words()


def test_no_word_of_a_place_carries_a_bracket() -> None:
    assert not any(c in word for word in words() for c in "()")
