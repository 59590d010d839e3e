"""Vietnamese spelling."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.vietnam.orthography import (
    TONES,
    is_syllable,
    letters_apart,
    nfc,
    same_spelling,
    schoolbook_tones,
    split_tone,
    tone_blind,
    usual_tones,
    with_tone,
)

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
WORDS = st.text(alphabet=LETTERS + LETTERS.upper() + "".join(TONES) + " -,/1", max_size=24)


@pytest.mark.parametrize(
    "word",
    """
    nghiêng quyển gì giếng khuỷu Nguyễn thuở oanh ý Đức khuya quốc huỳnh ngoằn loét quạu quắp quẹo quít quơn tuýp
    giuộc gìn giặt yểng yết y Lý Mỹ Vy uẩn xoong loằng huých nguệch ngoài oẳn ưu ỉa ủy hươu khướt Pa Púng Chẩu Giàng
    """.split(),
)
def test_lawful_syllables_are_known(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word",
    """
    nghang kà cê bạnk tuyểnh cac hocs xyz gha Búkk áá cyên koa coa quc qut gioa giyên byên nyêu iêu iên qu q tz yê fa
    """.split(),
)
def test_unlawful_syllables_are_told(word: str) -> None:
    assert not is_syllable(word)


def test_no_text_is_no_syllable() -> None:
    assert not is_syllable("") and not is_syllable(" ")


def test_stopped_syllables_take_only_two_tones() -> None:
    assert is_syllable("học") and is_syllable("hóc")
    assert not is_syllable("hoc") and not is_syllable("hòc") and not is_syllable("hõc")


@given(st.text(max_size=30))
def test_normal_form_is_stable(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)
    assert unicodedata.is_normalized("NFC", nfc(text))


@given(WORDS)
def test_tone_blind_text_has_no_marks_left(text: str) -> None:
    assert tone_blind(tone_blind(text)) == tone_blind(text)
    assert not any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", tone_blind(text)))


@pytest.mark.parametrize(
    ("schoolbook", "usual"),
    [("hoà", "hòa"), ("thuỷ", "thủy"), ("khoẻ", "khỏe"), ("HOÀ", "HÒA"), ("Thuỵ", "Thụy"), ("loã", "lõa")],
)
def test_the_two_ways_of_placing_a_tone_mark_are_one_spelling(schoolbook: str, usual: str) -> None:
    assert (usual_tones(schoolbook), schoolbook_tones(usual)) == (usual, schoolbook)
    assert same_spelling(f"Ông {schoolbook}, xã A", f"Ông  {usual}, xã A")


@pytest.mark.parametrize("word", "quý toàn gìn giữa quà khuỷu thuở chuyển mía ruộng người của quạo Huế yểu".split())
def test_where_both_ways_agree_nothing_moves(word: str) -> None:
    assert usual_tones(word) == schoolbook_tones(word) == word


@pytest.mark.parametrize(("wrong", "right"), [("ngừơi", "người"), ("qúy", "quý"), ("gíêng", "giếng"), ("tòan", "toàn")])
def test_a_misplaced_tone_mark_goes_home(wrong: str, right: str) -> None:
    assert usual_tones(wrong) == right


@pytest.mark.parametrize("word", ["Đắk", "Búk", "Kpạ", "O'Brien", "3/2", "H'Mông"])
def test_words_outside_the_orthography_are_left_alone(word: str) -> None:
    assert usual_tones(word) == schoolbook_tones(word) == word


@given(WORDS)
def test_placing_tones_is_stable_and_changes_no_letter(text: str) -> None:
    for place in (usual_tones, schoolbook_tones):
        assert place(place(text)) == place(text)
        assert tone_blind(place(text)) == tone_blind(nfc(text))
    assert usual_tones(schoolbook_tones(text)) == usual_tones(text)


def test_tone_is_taken_off_a_syllable() -> None:
    assert split_tone("ngữ") == ("ngư", "\u0303")
    assert split_tone("ba") == ("ba", "")
    assert split_tone("áà")[1] == "?"


@given(st.sampled_from("ba hoa nguyên quy thuy gia ươn".split()), st.sampled_from(sorted(TONES)))
def test_tone_taken_off_is_the_tone_put_on(letters: str, tone: str) -> None:
    assert split_tone(with_tone(letters, tone, len(letters) - 1)) == (letters, tone)


def test_edits_are_counted_without_regard_to_tone_placement() -> None:
    assert letters_apart("HOÀ", "hòa") == 0
    assert letters_apart("Nguyễn", "Nguyên") == 1
    assert letters_apart("Nguyễn Thị Hoa", "Trần", most=2) == 3
