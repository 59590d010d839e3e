"""Lines: print and handwriting are weighed together, knowledge helps where ink leaves room, every change is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from scanner.forms.loading import load_form
from scanner.model import CharReading, EngineReading
from scanner.recognition.line_fusion import fuse_line, lists_of, print_trust

LISTS = lists_of(load_form("mau-so-03"))


class Ink:
    """Evidence of a line on which a text is written, each wrong letter costing `letter` nats."""

    def __init__(self, text: str, letter: float = 4.0, doubts: Mapping[str, float] | None = None) -> None:
        self.text, self.letter, self.doubts = text, letter, doubts or {}

    def log_likelihoods(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([self.doubts.get(t, -self.letter * Levenshtein.distance(t, self.text)) for t in texts])


def by_hand(text: str, ink: Ink | None = None, sure: float = 0.99) -> EngineReading:
    chars = tuple(CharReading(c, sure) for c in text)
    return EngineReading(text, sure, "hand", ((text, sure),), chars, (), None, ink or Ink(text))


def by_print(text: str, sure: float = 0.95) -> EngineReading:
    return EngineReading(text, sure, "print", (), tuple(CharReading(c, sure) for c in text))


def test_what_both_read_is_delivered_without_a_step() -> None:
    choice = fuse_line(None, by_print("Trồng chè"), by_hand("Trồng chè"))
    assert (choice.text, choice.steps) == ("Trồng chè", ())
    assert (choice.features["print_apart"], choice.features["hand_agrees"]) == (0.0, 1.0)


def test_garbage_from_the_reader_of_print_is_not_heard_however_sure_it_is() -> None:
    assert print_trust("(x z4 C2ffmu, vÃ S⁄àng", "Thôn Đồng Tâm, xã Lang Quán") < 0.1
    assert fuse_line("places", by_print("(x z4 C2ffmu", 0.99), by_hand("Thôn Đồng Tâm")).text == "Thôn Đồng Tâm"


def test_the_reader_of_print_is_heard_where_it_reads_words_that_exist() -> None:
    faint = by_hand("Hn T Hnh", Ink("Thượng Giáp, Tuyên Quang", letter=0.2), 0.3)
    choice = fuse_line("places", by_print("Thượng Giáp, Tuyên Quang"), faint)
    assert (choice.text, choice.engine) == ("Thượng Giáp, Tuyên Quang", "print")


def test_a_known_place_mends_a_mark_and_says_so() -> None:
    ink = Ink("Hương Khê Hà Tinh", letter=1.0)
    choice = fuse_line("places", by_print(""), by_hand("Hương Khê Hà Tinh", ink))
    assert choice.text == "Hương Khê Hà Tĩnh"
    assert choice.raw == "Hương Khê Hà Tinh"
    assert [(s.before, s.after, s.why) for s in choice.steps] == [("Tinh", "Tĩnh", "known_place")]


def test_a_known_place_never_beats_clear_ink() -> None:
    ink = Ink("Hương Khô Hà Tĩnh", letter=14.0)
    assert fuse_line("places", by_print(""), by_hand("Hương Khô Hà Tĩnh", ink)).text == "Hương Khô Hà Tĩnh"


def test_a_listed_value_mends_a_letter_and_says_so() -> None:
    choice = fuse_line("jobs", by_print(""), by_hand("Thợ xêy", Ink("Thợ xêy", letter=2.0)), LISTS)
    assert choice.text == "Thợ xây"
    assert choice.steps[0].why == "listed_value"


def test_a_site_may_add_values_of_its_own() -> None:
    own = lists_of(load_form("mau-so-03"), {"jobs": ("Ướp chè sen",)})
    ink = Ink("Ướp chè san", letter=2.0)
    assert fuse_line("jobs", by_print(""), by_hand("Ướp chè san", ink), own).text == "Ướp chè sen"


def test_a_doubtful_word_becomes_another_of_the_same_letters_and_a_sure_one_stays() -> None:
    ink = Ink("Sung Thị Mai", letter=1.0)
    assert fuse_line("names", by_print(""), by_hand("Sung Thị Mai", ink, 0.7)).text == "Sùng Thị Mai"
    sure = by_hand("Sung Thị Mai", Ink("Sung Thị Mai", letter=9.0), 0.999)
    assert fuse_line("names", by_print(""), sure).text == "Sung Thị Mai"


def test_numbers_are_never_corrected() -> None:
    for text in ("Tổ 12", "713 Hải Phong", "Số nhà 45/7"):
        choice = fuse_line("places", by_print(""), by_hand(text, Ink(text, letter=3.0)))
        assert [c for c in choice.text if c.isdigit()] == [c for c in text if c.isdigit()]


def test_alternatives_are_the_next_likeliest() -> None:
    ink = Ink("Hà Tiên", doubts={"Hà Tiên": -1.0, "Hà Tiến": -1.5})
    choice = fuse_line("names", by_print("Hà Tiến"), by_hand("Hà Tiên", ink, 0.6))
    assert {choice.text, *choice.alternatives} >= {"Hà Tiên", "Hà Tiến"}
    assert choice.features["margin"] < 6


def test_without_the_reader_of_handwriting_print_is_read_and_a_person_must_look() -> None:
    choice = fuse_line("names", by_print("Nguyễn Thị Hoa"), None)
    assert choice.text == "Nguyễn Thị Hoa"
    assert choice.reason is not None and choice.reason.code == "hand_reader_missing"


@pytest.mark.parametrize("lexicon", [None, "places", "names", "jobs"])
def test_readers_that_saw_nothing_give_no_text(lexicon: str | None) -> None:
    choice = fuse_line(lexicon, by_print(""), by_hand("", Ink("")), LISTS)
    assert choice.text == ""
