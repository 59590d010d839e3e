"""Checks between answers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from samples.people import People
from scanner.errors import FormError
from scanner.messages import LANGUAGES, all_messages
from scanner.model import FormTemplate, RuleSpec
from scanner.rules import CHECKS, check_rules, is_empty

DAY = date(2024, 11, 1)
GOOD = {
    "ho_ten": "Quan Ngọc Sơn", "ngay_sinh": "05/01/1980", "gioi_tinh": "nam", "so_dinh_danh": "008080123456",
    "noi_thuong_tru": "Thôn Nà Lại", "trinh_do_gdpt": "thpt", "trinh_do_cmkt": "chua_qua_dao_tao",
    "tinh_trang": "that_nghiep", "that_nghiep": "chua_bao_gio", "doi_tuong_uu_tien": (), "ngay_lap": "12/10/2024",
}  # fmt: skip
WORK = {"tinh_trang": "co_viec_lam", "that_nghiep": None, "vi_the": "tu_lam", "cong_viec": "Trồng chè"}


def broken(form: FormTemplate, **changes: object) -> set[str]:
    """Names of the rules that a good record breaks after some changes."""
    return {i.rule for i in check_rules({**GOOD, **changes}, form, today=DAY)}  # type: ignore[dict-item]


def only(form: FormTemplate, name: str, fields: dict[str, object], **params: object) -> FormTemplate:
    """The form with one rule alone."""
    rule = RuleSpec(rule="alone", check=name, fields=fields, params=params)  # type: ignore[arg-type]
    return form.model_copy(update={"rules": (rule,)})


def told(form: FormTemplate, **changes: object) -> list[tuple[str, tuple[str, ...]]]:
    """Codes and fields of the issues that a good record raises after some changes."""
    return [(i.message.code, i.fields) for i in check_rules({**GOOD, **changes}, form, today=DAY)]  # type: ignore[dict-item]


def test_good_records_break_no_rule(form) -> None:
    assert broken(form) == set()
    assert broken(form, **WORK) == set()


def test_invented_people_break_no_rule(form) -> None:
    people = People(form, np.random.default_rng(6))
    for _ in range(200):
        answers = {k: tuple(v) if isinstance(v, list) else v for k, v in people.draw().answers.items()}
        assert check_rules(answers, form, today=DAY) == ()


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
    found = check_rules(GOOD, form, today=DAY, count_same=lambda field, value: 1)
    assert [i.rule for i in found] == ["so_dinh_danh_khong_trung"]


def test_issues_hold_no_answer(form) -> None:
    for issue in check_rules({**GOOD, "gioi_tinh": "nu", "ma_bhxh": "77"}, form, today=DAY):
        assert not {"008080123456", "77"} & {str(v) for v in issue.message.params.values()}


def test_every_rule_of_the_form_names_a_check_that_exists(form) -> None:
    assert {rule.check for rule in form.rules} <= set(CHECKS)


def test_every_check_and_message_has_words_in_both_languages(form) -> None:
    for name in CHECKS:
        assert all(all_messages()[f"rule.{name}"][lang].strip() for lang in LANGUAGES)


def test_a_rule_that_names_no_check_is_told(form) -> None:
    with pytest.raises(FormError, match="names no check"):
        told(only(form, "no_such_check", {}))


def test_a_rule_without_a_role_or_a_constant_is_told(form) -> None:
    with pytest.raises(FormError, match="lacks number, lengths"):
        told(only(form, "length", {}))


@pytest.mark.parametrize("value", [None, "", "  ", (), False])
def test_no_answer_is_empty(value: object) -> None:
    assert is_empty(value)  # type: ignore[arg-type]


def test_a_required_field_that_could_not_be_read_is_missing_and_named_alone(form) -> None:
    alone = only(form, "required", {})
    assert told(alone, ho_ten=None, gioi_tinh=None) == [
        ("answer_missing", ("ho_ten",)),
        ("answer_missing", ("gioi_tinh",)),
    ]


# --- numbers


def test_a_number_with_a_letter_is_told_once(form) -> None:
    assert told(form, ma_bhxh="'123456789") == [("digits_only", ("ma_bhxh",))]


def test_a_padded_number_is_told_and_not_held_against_birth_and_sex(form) -> None:
    assert told(form, so_dinh_danh="000071234567", gioi_tinh="nu") == [("number_padded", ("so_dinh_danh",))]


def test_a_number_of_a_foreign_country_is_lawful(form) -> None:
    assert told(form, so_dinh_danh="112080123456") == []


@pytest.mark.parametrize(
    ("number", "birth", "sex"),
    [("008300123456", "05/01/2000", "nu"), ("008199123456", "1999", "nu"), ("008208000001", "01/02/2008", "nam")],
)
def test_numbers_of_either_century_and_sex_agree_with_their_bearer(form, number: str, birth: str, sex: str) -> None:
    assert told(form, so_dinh_danh=number, ngay_sinh=birth, gioi_tinh=sex) == []


# --- dates


@pytest.mark.parametrize(
    ("birth", "made", "code"),
    [
        ("01/11/2009", "01/11/2024", None),
        ("02/11/2009", "01/11/2024", "too_young"),
        ("2009", None, None),
        ("2010", None, "too_young"),
        ("01/11/1904", "31/10/2024", None),
        ("31/10/1903", "31/10/2024", "too_old"),
        ("1903", None, None),
        ("1902", None, "too_old"),
        ("31/02/2015", None, None),
        ("05/01/2025", None, None),
    ],
)
def test_age_is_counted_to_the_day_and_kindly_for_a_year_alone(
    form, birth: str, made: str | None, code: str | None
) -> None:
    alone = only(form, "age", {"birth": "ngay_sinh", "day": "ngay_lap"}, least=15, most=120)
    assert [c for c, _ in told(alone, ngay_sinh=birth, ngay_lap=made)] == ([code] if code else [])


@pytest.mark.parametrize("made", ["12/10/1924", "12/10/2042", "31/02/2024"])
def test_an_impossible_day_of_the_form_does_not_decide_the_age(form, made: str) -> None:
    assert told(only(form, "age", {"birth": "ngay_sinh", "day": "ngay_lap"}, least=15), ngay_lap=made) == []


@pytest.mark.parametrize(
    ("birth", "made", "flagged"),
    [
        ("05/01/1980", "04/01/1980", True),
        ("05/01/1980", "05/01/1980", False),
        ("05/01/1980", "1979", True),
        ("05/01/1980", "1980", False),
        ("1980", "01/01/1980", False),
        ("31/02/1980", "01/01/1970", False),
        (None, "01/01/1970", False),
    ],
)
def test_dates_against_the_order_of_time_are_flagged_only_where_they_must_be_wrong(
    form, birth: str | None, made: str, flagged: bool
) -> None:
    alone = only(form, "in_order", {"earlier": "ngay_sinh", "later": ("ngay_hop_dong", "ngay_lap")})
    wanted = [("dates_out_of_order", ("ngay_sinh", "ngay_lap"))] if flagged else []
    assert told(alone, ngay_sinh=birth, ngay_lap=made) == wanted


@pytest.mark.parametrize("text", ["31/02/2024", "45123", "12/10", "00/10/2024"])
def test_what_is_no_date_is_told_once(form, text: str) -> None:
    assert told(form, ngay_lap=text) == [("no_such_date", ("ngay_lap",))]


def test_today_is_no_future(form) -> None:
    alone = only(form, "not_in_future", {"dates": ("ngay_lap",)})
    assert [told(alone, ngay_lap=d) != [] for d in ("01/11/2024", "02/11/2024", "2024", "2025")] == [
        False,
        True,
        False,
        True,
    ]


# --- which answers belong together


def test_answers_that_exclude_each_other_are_told_and_an_empty_choice_is_left_to_the_rule_on_required_fields(
    form,
) -> None:
    alone = only(form, "not_when", {"when": "tinh_trang", "then": ("vi_the", "cong_viec")}, values=["khong_tham_gia"])
    answers = {"vi_the": "tu_lam", "cong_viec": "Trồng chè"}
    assert told(alone, tinh_trang="khong_tham_gia", **answers) == [
        ("answer_not_expected", ("tinh_trang", "vi_the", "cong_viec"))
    ]
    assert told(alone, tinh_trang="khong_tham_gia", vi_the=None, cong_viec=" ") == []
    assert told(alone, tinh_trang="co_viec_lam", **answers) == []
    assert told(alone, tinh_trang=None, **answers) == []


def test_conditions_may_hang_on_one_of_several_answers(form) -> None:
    priority = {"when": "doi_tuong_uu_tien", "then": "noi_o_hien_tai"}
    needed = only(form, "needed_when", priority, values=["ho_ngheo"])
    assert told(needed, doi_tuong_uu_tien=("khuyet_tat", "ho_ngheo")) == [
        ("answer_expected", ("doi_tuong_uu_tien", "noi_o_hien_tai"))
    ]
    assert told(needed, doi_tuong_uu_tien=("khuyet_tat",)) == []
    allowed = only(form, "only_when", priority, values=["ho_ngheo"])
    assert told(allowed, doi_tuong_uu_tien=("ho_ngheo",), noi_o_hien_tai="Thôn A") == []
    assert told(allowed, doi_tuong_uu_tien=(), noi_o_hien_tai="Thôn A") != []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Tày", None),
        ("Cao Lan", None),
        ("H'Mông", None),
        (None, None),
        ("Kinh", "no_minority"),
        ("Tayf", "unknown_group"),
    ],
)
def test_only_minorities_of_the_list_are_taken_for_one(form, name: str | None, code: str | None) -> None:
    alone = only(form, "minority_known", {"name": "ten_dan_toc"})
    assert told(alone, ten_dan_toc=name) == ([(code, ("ten_dan_toc",))] if code else [])
