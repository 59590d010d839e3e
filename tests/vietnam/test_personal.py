"""What in free text would tell of one person."""

from __future__ import annotations

import pytest

from scanner.vietnam.personal import begins_as_address, holds_full_name
from scanner.vietnam.wordlists import word_list


@pytest.mark.parametrize(
    "text",
    ["Nguyễn Văn Hùng", "nguyễn thị hoà", "QUAN NGỌC SƠN", "Trần Hùng", "Hộ kinh doanh Nguyễn Văn Hùng", "Giàng A Páo"],
)
def test_full_name_is_known_in_whatever_case_and_company(text: str) -> None:
    assert holds_full_name(text)


@pytest.mark.parametrize("text", ["", "Lâm nghiệp", "Công ty cổ phần Chè Mỹ Lâm", "THỢ XÂY", "Mai", "—"])
def test_other_words_are_no_name(text: str) -> None:
    assert not holds_full_name(text)


@pytest.mark.parametrize("text", ["Thôn Nà Lại", "X. Tân Trào, H. Sơn Dương", "đường Nguyễn Huệ", "TDP Tân Hà"])
def test_named_place_at_the_beginning_is_an_address(text: str) -> None:
    assert begins_as_address(text)


@pytest.mark.parametrize("text", ["", "Bản đồ học", "Xã hội học", "Huyện ủy", "UBND xã Tân Trào", "Thôn"])
def test_other_words_are_no_address(text: str) -> None:
    assert not begins_as_address(text)


@pytest.mark.parametrize("name", ["jobs", "majors", "workplaces"])
def test_no_entry_that_ships_tells_of_one_person(name: str) -> None:
    assert not [e for e in word_list(name) if holds_full_name(e) or begins_as_address(e)]
