"""Ethnic groups."""

from __future__ import annotations

import pytest

from scanner.vietnam.ethnic import ethnic_groups, find_group


def test_the_list_has_54_groups_one_of_them_no_minority() -> None:
    assert [g.code for g in ethnic_groups()] == [f"{n:02}" for n in range(1, 55)]
    assert [g.name for g in ethnic_groups() if not g.minority] == ["Kinh"]


def test_every_group_is_found_by_its_own_name_whatever_the_case() -> None:
    for group in ethnic_groups():
        assert find_group(group.name) == find_group(group.name.upper()) == group


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Cao Lan", "Sán Chay"), ("Sán Chí", "Sán Chay"), ("CAO LAN", "Sán Chay"), ("H'Mông", "Mông"),
        ("H’mông", "Mông"), ("HMông", "Mông"), ("Mèo", "Mông"), ("Dân tộc Tày", "Tày"), ("Dao Đỏ", "Dao"),
        ("Khơ-me", "Khmer"), ("Ê-đê", "Ê Đê"), ("Tay", "Tày"), ("Muờng", "Mường"), ("  pà   thẻn ", "Pà Thẻn"),
    ],
)  # fmt: skip
def test_what_people_write_is_understood(written: str, name: str) -> None:
    group = find_group(written)
    assert group is not None and group.name == name


def test_marks_decide_between_names_of_the_same_letters() -> None:
    lao, la_hu = find_group("Lào"), find_group("Lao")
    assert lao and la_hu and (lao.name, la_hu.name) == ("Lào", "La Hủ")


@pytest.mark.parametrize("text", ["", "  ", "xyz", "Tuyên Quang", "Xá Lá Vàng"])
def test_what_is_no_name_or_that_of_several_groups_is_no_group(text: str) -> None:
    assert find_group(text) is None
