"""Names of people."""

from __future__ import annotations

import pytest

from scanner.vietnam.names import given_names, middle_names, split_name, surnames
from scanner.vietnam.orthography import nfc


def test_surnames_of_the_northern_mountains_are_known() -> None:
    assert set("Chẩu Ma Hứa Nông Quan Bàn Triệu Đặng Lục Sùng Giàng Vàng Lò Bế Hoàng Thào".split()) <= set(surnames())


def test_weights_are_positive_and_the_commonest_stand_first() -> None:
    for names in (surnames(), middle_names(), given_names()):
        assert min(names.values()) > 0
        assert list(names.values()) == sorted(names.values(), reverse=True)
    assert (next(iter(surnames())), next(iter(middle_names()))) == ("Nguyễn", "Thị")


def test_names_are_single_words_in_normal_form() -> None:
    for name in (*surnames(), *middle_names(), *given_names()):
        assert name == nfc(name) and " " not in name and name[0].isupper()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Nguyễn Thị Hoà", ("Nguyễn", ("Thị",), "Hòa")),
        ("Ma  Hứa Tiến Nghĩa", ("Ma", ("Hứa", "Tiến"), "Nghĩa")),
        ("Lò Pao", ("Lò", (), "Pao")),
        ("Hoa", ("", (), "Hoa")),
        ("", ("", (), "")),
    ],
)
def test_full_names_are_taken_apart(text: str, parts: tuple[str, tuple[str, ...], str]) -> None:
    name = split_name(text)
    assert (name.surname, name.middle, name.given) == parts
    assert not any(word in repr(name) for word in text.split())
