"""Addresses: known units are found at the end of a line, old and new, and what was written otherwise stays."""

from __future__ import annotations

import pytest

from scanner.vietnam.addresses import candidates


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (
            "Thôn Lập Bình, xã Bình Xa, huyện Hàm Yen, Tuyên Quang",
            "Thôn Lập Bình, xã Bình Xa, huyện Hàm Yên, Tuyên Quang",
        ),
        ("Xuân Bắc Xuan Lọc Dồng Nai", "Xuân Bắc Xuân Lộc Đồng Nai"),
        ("xã Bình Xa, tỉnh Tuyen Quang", "xã Bình Xa, tỉnh Tuyên Quang"),
        ("HƯƠNG KHÊ, HÀ TINH", "HƯƠNG KHÊ, HÀ TĨNH"),
        ("Hương Giang Hương Khê Hà Tinh", "Hương Giang Hương Khê Hà Tĩnh"),
    ],
)
def test_a_letter_or_mark_off_still_finds_the_units(read: str, meant: str) -> None:
    assert meant in {c.text for c in candidates(read)}


def test_the_text_itself_is_always_a_candidate() -> None:
    for text in ("", "Tổ 7", "không phải địa chỉ", "Thôn 5, Nà Lại"):
        assert candidates(text)[0].text == text


def test_levels_are_counted_from_the_province_down() -> None:
    found = {c.text: c for c in candidates("Thôn 1, Bình Xa, Hàm Yên, Tuyên Quang")}
    assert found["Thôn 1, Bình Xa, Hàm Yên, Tuyên Quang"].levels == 3
    assert found["Thôn 1, Bình Xa, Hàm Yên, Tuyên Quang"].names == ("Tuyên Quang", "Hàm Yên", "Bình Xa")


def test_units_since_july_2025_have_no_district_between() -> None:
    assert any(c.levels == 2 for c in candidates("xã Hàm Yên, Tuyên Quang"))


def test_both_ways_of_placing_a_tone_mark_are_candidates() -> None:
    found = {c.text for c in candidates("Khánh Hoà")}
    assert {"Khánh Hoà", "Khánh Hòa"} <= found
