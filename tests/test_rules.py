"""Checks between answers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from samples.people import People
from scanner.model import FormTemplate
from scanner.rules import CHECKS, check

DAY = date(2024, 11, 1)
GOOD = {
    "ho_ten": "Quan Ngọc Sơn", "ngay_sinh": "05/01/1980", "gioi_tinh": "nam", "so_dinh_danh": "008080123456",
    "noi_thuong_tru": "Thôn Nà Lại", "trinh_do_gdpt": "thpt", "trinh_do_cmkt": "chua_qua_dao_tao",
    "tinh_trang": "that_nghiep", "that_nghiep": "chua_bao_gio", "doi_tuong_uu_tien": (), "ngay_lap": "12/10/2024",
}  # fmt: skip
WORK = {"tinh_trang": "co_viec_lam", "that_nghiep": None, "vi_the": "tu_lam", "cong_viec": "Trồng chè"}


def broken(form: FormTemplate, **changes: object) -> set[str]:
    """Names of the rules that a good record breaks after some changes."""
    return {i.rule for i in check({**GOOD, **changes}, form, today=DAY)}  # type: ignore[dict-item]


def test_good_records_break_no_rule(form) -> None:
    assert broken(form) == set()
    assert broken(form, **WORK) == set()


def test_invented_people_break_no_rule(form) -> None:
    people = People(form, np.random.default_rng(6))
    for _ in range(200):
        answers = {k: tuple(v) if isinstance(v, list) else v for k, v in people.draw().answers.items()}
        assert check(answers, form, today=DAY) == ()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("so_dinh_danh_khop_ngay_sinh", {"ngay_sinh": "05/01/1981"}),
        ("so_dinh_danh_khop_ngay_sinh", {"ngay_sinh": "2003"}),
        ("so_dinh_danh_khop_gioi_tinh", {"gioi_tinh": "nu"}),
        ("so_dinh_danh_du_chu_so", {"so_dinh_danh": "00808012345"}),
        ("so_dinh_danh_ma_noi_sinh", {"so_dinh_danh": "003080123456"}),
        ("ma_bhxh_du_chu_so", {"ma_bhxh": "123456789"}),
        ("chi_chu_so", {"ma_bhxh": "12345678a0"}),
        ("ngay_co_that", {"ngay_sinh": "31/02/1980"}),
        ("ngay_khong_o_tuong_lai", {"ngay_lap": "12/12/2024"}),
        ("du_15_tuoi", {"ngay_sinh": "05/01/2012", "so_dinh_danh": "008212123456"}),
        ("du_15_tuoi", {"ngay_sinh": "1890", "so_dinh_danh": "123456789"}),
        ("muc_bat_buoc", {"ho_ten": None}),
        ("viec_lam_khi_co_viec", {"cong_viec": "Trồng chè"}),
        ("viec_lam_khi_co_viec", {"tinh_trang": "khong_tham_gia", "vi_the": "tu_lam"}),
        ("co_viec_can_vi_the", {**WORK, "vi_the": None}),
        ("that_nghiep_khi_that_nghiep", {**WORK, "that_nghiep": "da_tung"}),
        ("that_nghiep_can_cau_13", {"that_nghiep": None}),
        ("ly_do_khi_khong_tham_gia", {"ly_do_khong_tham_gia": "di_hoc"}),
        ("khong_tham_gia_can_ly_do", {"tinh_trang": "khong_tham_gia", "that_nghiep": None}),
        ("ngay_hop_dong_khi_co_hop_dong", {**WORK, "hop_dong": "khong", "ngay_hop_dong": "01/02/2020"}),
        ("chuyen_nganh_khi_qua_dao_tao", {"chuyen_nganh": "Kế toán"}),
        ("ten_dan_toc_va_o_dan_toc", {"ten_dan_toc": "Tày"}),
        ("ten_dan_toc_va_o_dan_toc", {"doi_tuong_uu_tien": ("dan_toc_thieu_so",)}),
    ],
)
def test_contradiction_is_flagged(form, rule: str, changes: dict[str, object]) -> None:
    assert rule in broken(form, **changes)


def test_old_number_of_nine_digits_says_nothing_of_its_bearer(form) -> None:
    assert broken(form, so_dinh_danh="071234567", gioi_tinh="nu") == set()


def test_number_held_by_another_record_is_flagged_only_where_a_database_is_at_hand(form) -> None:
    found = check(GOOD, form, today=DAY, count_same=lambda field, value: 1)
    assert [i.rule for i in found] == ["so_dinh_danh_khong_trung"]


def test_issues_hold_no_answer(form) -> None:
    for issue in check({**GOOD, "gioi_tinh": "nu", "ma_bhxh": "77"}, form, today=DAY):
        assert not {"008080123456", "77"} & {str(v) for v in issue.message.params.values()}


def test_every_rule_of_the_form_names_a_check_that_exists(form) -> None:
    assert {rule.check for rule in form.rules} <= set(CHECKS)
