"""Administrative units, old and new."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scanner.vietnam.identity import PROVINCES
from scanner.vietnam.places import (
    CHANGED,
    AdministrativeUnit,
    UnitLevel,
    all_units,
    communes,
    find,
    predecessors,
    spelt_out,
    split_kind,
    successors,
    unit_of,
    units,
)

BEFORE = CHANGED - timedelta(days=1)


def one(
    text: str, level: UnitLevel | None = None, on: date = BEFORE, within: tuple[AdministrativeUnit, ...] = ()
) -> AdministrativeUnit:
    """The only unit that a text means."""
    (candidate,) = find(text, level, on=on, within=within)
    return candidate.unit


def test_there_were_three_levels_and_there_are_two() -> None:
    counts = [len(units(level, day)) for day in (BEFORE, CHANGED) for level in UnitLevel]
    assert counts == [63, 696, 10_040, 34, 0, 3321]
    assert len(all_units()) == sum(counts)
    assert not any(u.district for u in units(UnitLevel.COMMUNE, CHANGED))


def test_every_unit_stands_under_one_that_exists() -> None:
    for unit in all_units():
        assert (unit.above == "") == (unit.level is UnitLevel.PROVINCE)
        if unit.above:
            above = UnitLevel.DISTRICT if unit.level is UnitLevel.COMMUNE and unit.valid_until else UnitLevel.PROVINCE
            roof = unit_of(unit.above, above, BEFORE if unit.valid_until else CHANGED)
            assert roof is not None and roof.province == unit.province


def test_every_old_commune_and_province_was_followed_and_every_new_one_was_made_of_some() -> None:
    old = [u for u in all_units() if u.valid_until and u.level is not UnitLevel.DISTRICT]
    assert all(successors(u) for u in old)
    assert all(predecessors(u) for u in all_units() if u.valid_from)


def test_a_commune_went_to_the_province_that_its_province_went_to() -> None:
    went = {u.name: successors(u)[0].name for u in units(UnitLevel.PROVINCE, BEFORE)}
    for commune in units(UnitLevel.COMMUNE, BEFORE):
        assert {s.province for s in successors(commune)} == {went[commune.province]}


def test_following_and_going_back_agree() -> None:
    for commune in units(UnitLevel.COMMUNE, CHANGED):
        assert all(commune in successors(old) for old in predecessors(commune))


def test_tuyen_quang_took_in_ha_giang_and_has_124_units() -> None:
    province = one("Tuyên Quang", UnitLevel.PROVINCE, CHANGED)
    assert {u.name for u in predecessors(province)} == {"Tuyên Quang", "Hà Giang"}
    assert sum(u.province == "Tuyên Quang" for u in units(UnitLevel.COMMUNE, CHANGED)) == 124


def test_codes_of_old_provinces_are_those_in_numbers_of_identity() -> None:
    named = {"0" + u.code: u.name for u in units(UnitLevel.PROVINCE, BEFORE)}
    assert set(named) == set(PROVINCES)
    assert {c for c in named if named[c] != PROVINCES[c]} == {"046"}  # Thừa Thiên Huế became Huế in 2025


def test_validity_changes_on_the_day() -> None:
    old, new = one("xã Bình Xa"), one("Xã Bình Xa", on=CHANGED)
    assert (old.district, new.district) == ("Hàm Yên", "")
    assert [old.valid_on(d) for d in (BEFORE, CHANGED)] == [True, False]
    assert [new.valid_on(d) for d in (BEFORE, CHANGED)] == [False, True]


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("TP Tuyên Quang", "Thành phố Tuyên Quang"), ("tp. tuyên quang", "Thành phố Tuyên Quang"),
        ("P. Ỷ La", "Phường Ỷ La"), ("X. Bình Xa", "Xã Bình Xa"), ("H. Hàm Yên", "Huyện Hàm Yên"),
        ("TT Tân Yên", "Thị trấn Tân Yên"), ("Tx Kỳ Anh", "Thị xã Kỳ Anh"), ("huyện Kỳ Anh", "Huyện Kỳ Anh"),
        ("Q.1", "Quận 1"), ("Q1", "Quận 1"), ("quận 01", "Quận 1"), ("T. Hà Giang", "Tỉnh Hà Giang"),
        ("Chiêm Hoá", "Huyện Chiêm Hóa"), ("HÀM YÊN", "Huyện Hàm Yên"), ("Thừa Thiên Huế", "Thành phố Huế"),
        ("Phường Đúc", "Phường Phường Đúc"),
    ],
)  # fmt: skip
def test_short_forms_and_other_spellings_are_understood(text: str, full: str) -> None:
    assert one(text).full == full


def test_a_kind_that_fits_no_unit_of_the_name_is_passed_over() -> None:
    assert one("TX. Đông Triều").full == "Thành phố Đông Triều"


def test_names_of_many_units_need_a_roof() -> None:
    assert len(find("Phúc Thịnh", on=BEFORE)) > 1
    roof = one("Tuyên Quang", UnitLevel.PROVINCE)
    assert one("Phúc Thịnh", within=(roof,)).district == "Chiêm Hóa"
    assert one("Phúc Thịnh", within=(one("Chiêm Hóa"),)).district == "Chiêm Hóa"
    assert find("Phúc Thịnh", within=(one("Hàm Yên"),), on=BEFORE) == ()


def test_a_misread_name_finds_the_nearest_unit_first() -> None:
    for text in ("Bnh Xa", "Bình Xạ", "Bình X8"):
        first = find(text, UnitLevel.COMMUNE, within=(one("Tuyên Quang", UnitLevel.PROVINCE),), on=BEFORE)[0]
        assert first.unit.name == "Bình Xa" and first.likeness < 1


@pytest.mark.parametrize("text", ["", "   ", "xã", "P", "qwxzj", "TDP 5", "."])
def test_what_is_no_place_finds_none(text: str) -> None:
    assert all(c.likeness < 1 for c in find(text, on=BEFORE))


def test_exact_tones_go_before_other_tones() -> None:
    assert {c.unit.name for c in find("Bình Xa", UnitLevel.COMMUNE, on=BEFORE)} == {"Bình Xa"}


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("TDP 5, P. Ỷ La, TP Tuyên Quang", "Tổ dân phố 5, Phường Ỷ La, Thành phố Tuyên Quang"),
        ("T.D.P. Sông Lô", "Tổ dân phố Sông Lô"),
        ("Thôn Đồng Tâm", "Thôn Đồng Tâm"),
        ("Tổ 12, TT. Na Hang", "Tổ 12, Thị trấn Na Hang"),
        ("Hồ Tp", "Hồ Thành phố"),
    ],
)
def test_short_forms_are_written_out(text: str, long: str) -> None:
    assert spelt_out(text) == long
    assert spelt_out(long) == long


def test_every_units_full_name_is_split_into_its_kind_and_name() -> None:
    for unit in all_units():
        assert split_kind(unit.full) == (unit.kind, unit.name)


def test_every_commune_is_found_by_its_full_name() -> None:
    for commune in communes()[::97]:
        day = BEFORE if commune.valid_until else CHANGED
        assert commune in [c.unit for c in find(commune.full, UnitLevel.COMMUNE, on=day)]
