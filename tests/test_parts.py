"""Small parts: files, settings, values, calibration, samples."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.people import People
from samples.wear import KINDS, wear
from scanner.confidence.calibration import Calibration, load_calibration, parse_calibration
from scanner.confidence.statistics import LogisticModel
from scanner.errors import SettingsError, StoreError
from scanner.model import Box, Crop, EngineReading, FieldKind, FieldLayout, FieldSpec
from scanner.recognition.values import clean_text, digits_value, parts_date
from scanner.settings import Settings, load_settings
from scanner.store.pictures import PictureStore
from scanner.vietnam.dates import is_plausible_date

# --- files -------------------------------------------------------------------------------------------


@given(st.binary(max_size=200))
def test_bytes_come_back_and_are_kept_once(tmp_path_factory, data: bytes) -> None:
    files = PictureStore(tmp_path_factory.mktemp("f"))
    key = files.put(data, ".jpg")
    assert files.put(data, ".jpg") == key
    assert files.read(key) == data
    assert len([p for p in files.root.rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize(
    "key", ["../secret.key", "/etc/passwd", "ab/../../x.jpg", "", "ab/" + "0" * 64, "AB/" + "a" * 64 + ".jpg"]
)
def test_key_that_leaves_the_store_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreError):
        PictureStore(tmp_path).path(key)


def test_what_a_killed_program_left_is_swept_and_fresh_work_is_not(tmp_path: Path) -> None:
    files = PictureStore(tmp_path)
    kept = files.put(b"picture", ".jpg")
    old, fresh = (files.path(kept).with_name(f".{n}.partial") for n in ("old", "fresh"))
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert files.sweep() == 1
    assert fresh.exists() and not old.exists() and files.read(kept) == b"picture"


# --- settings ----------------------------------------------------------------------------------------


def test_flags_come_before_variables_before_the_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sohoa.toml").write_text('data = "from-file"\nworkers = 3\nmax_pages = 7\n', encoding="utf-8")
    monkeypatch.setenv("SOHOA_DATA", "from-variable")
    monkeypatch.setenv("SOHOA_WORKERS", "2")
    settings = load_settings(data=Path("from-flag"))
    assert (settings.data, settings.workers, settings.max_pages) == (Path("from-flag"), 2, 7)
    assert load_settings().data == Path("from-variable")


def test_database_password_stays_out_of_repr() -> None:
    assert "sekret" not in repr(Settings(database_url="postgresql://a:sekret@h/d"))


def test_broken_settings_file_is_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sohoa.toml").write_text("data = [", encoding="utf-8")
    with pytest.raises(SettingsError):
        load_settings()


def test_secret_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert settings.secret_key() == settings.secret_key()
    assert len(settings.secret_key()) == 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


# --- values ------------------------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_clean_text_is_stable_and_single_spaced(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "  " not in once and once == once.strip()


@given(st.dates())
def test_every_date_of_the_calendar_is_possible(day) -> None:
    assert is_plausible_date(f"{day.day:02}/{day.month:02}/{day.year:04}") == (1900 <= day.year <= 2100)


@pytest.mark.parametrize("text", ["31/04/2000", "29/02/2001", "00/01/2000", "1/1/1", "20000", "a/b/c"])
def test_impossible_dates_are_told(text: str) -> None:
    assert not is_plausible_date(text)


def comb(kind: FieldKind, filled: str) -> tuple[FieldSpec, Crop]:
    """A comb with "x" where a cell has ink."""
    box, image = Box(0, 0, 5, 6), np.zeros((2, 2), np.uint8)
    cells = tuple(Crop("f", box, image, (0, 1, 0, 1) if c == "x" else None) for c in filled)
    spec = FieldSpec(id="f", label="", kind=kind, layout=FieldLayout.COMB, boxes=tuple(box for _ in filled))
    return spec, Crop("f", box, image, (0, 1, 0, 1), cells=cells)


@pytest.mark.parametrize(
    ("kind", "filled", "read", "value", "reason"),
    [
        (FieldKind.DIGITS, "xxxx", "1234", "1234", None),
        (FieldKind.DIGITS, "xxx ", "123", "123", None),
        (FieldKind.DIGITS, "xxxx", "123", "123", "digits_and_cells"),
        (FieldKind.DIGITS, "xx x", "123", "123", "cells_with_gaps"),
        (FieldKind.DIGITS, "xx  ", "", None, "nothing_recognised"),
        (FieldKind.DATE, "xxxxxxxx", "05011980", "05/01/1980", None),
        (FieldKind.DATE, "    xxxx", "1980", "1980", None),
        (FieldKind.DATE, "xxxxxxx ", "0501198", "0501198", "date_incomplete"),
    ],
)
def test_digits_fit_their_cells_or_say_why(kind, filled, read, value, reason) -> None:
    spec, crop = comb(kind, filled)
    found, why = digits_value(spec, crop, EngineReading(read, 0.9, "t"))
    assert found == value
    assert (why.code if why else None) == reason


def test_parts_make_a_date_or_a_year_alone() -> None:
    def said(text: str) -> EngineReading:
        return EngineReading(text, 0.9, "t")

    assert parts_date([said("5"), said("1"), said("1980")])[0] == "05/01/1980"
    assert parts_date([None, None, said("1980")])[0] == "1980"
    assert parts_date([None, said("1"), said("1980")])[2] is not None
    assert parts_date([said("5"), said("1"), said("80")])[2] is not None


# --- calibration -------------------------------------------------------------------------------------


def test_shipped_calibration_judges_every_kind() -> None:
    calibration = load_calibration()
    assert set(calibration.models) == {"line", "cells", "parts", "ticks", "empty", "signature"}
    assert all(0.5 < m.threshold <= 1.01 and 0.9 < m.ceiling < 1 for m in calibration.models.values())


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_confidence_is_a_probability_below_its_ceiling(bias: float, feature: float) -> None:
    model = LogisticModel(bias, {"a": 1.0}, 0.9, 0.99)
    assert 0 <= model.probability({"a": feature}) <= 0.99


def test_kind_that_was_never_fitted_is_never_accepted() -> None:
    assert Calibration({}, "nothing").judge("line", {}) == (0.0, False)


@pytest.mark.parametrize("text", ["{", "{}", json.dumps({"models": {"line": {}}, "fitted_on": ""})])
def test_damaged_calibration_is_told(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_calibration(text)


# --- samples -----------------------------------------------------------------------------------------


def test_same_seed_draws_the_same_sheet(desk_of_sheets) -> None:
    first, second = desk_of_sheets.worn(5, "scan"), desk_of_sheets.worn(5, "scan")
    assert first[0].truth == second[0].truth
    assert np.array_equal(first[1].image, second[1].image)


def test_no_two_people_share_a_number(form) -> None:
    people = People(form, np.random.default_rng(2))
    numbers = [people.draw().answers["so_dinh_danh"] for _ in range(500)]
    assert len(set(numbers)) == 500


@pytest.mark.parametrize("kind", KINDS)
def test_wear_keeps_the_middle_of_the_sheet_on_the_page(desk_of_sheets, kind: str) -> None:
    worn = wear(np.repeat(desk_of_sheets.blank[..., None], 3, axis=2), kind, np.random.default_rng(9))
    x, y = worn.to_page(np.array([[105.0, 148.5]]))[0]
    rows, cols = worn.image.shape[:2]
    assert 0.3 < x / cols < 0.7 and 0.3 < y / rows < 0.7


def test_shipped_truth_names_files_that_are_there() -> None:
    folder = Path(__file__).parent.parent / "samples"
    lines = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) >= 12
    assert all((folder / line["file"]).is_file() for line in lines)
    assert sum("turned" in line["file"] for line in lines) == 2
