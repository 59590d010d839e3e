"""A site's own lists as they are read: sound ones reach the reader, damaged ones are passed over and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.doctor import examine
from scanner.model import FormTemplate
from scanner.pipeline import build_reader
from scanner.recognition.line_fusion import lists_of
from scanner.settings import Settings
from scanner.site_lists.lists import GROWING, LONGEST, damaged_lists, may_be_entry, site_lists
from scanner.vietnam.wordlists import word_list


def written(data: Path, content: bytes, name: str = "jobs.txt") -> Settings:
    """A data folder with a file among its lists."""
    settings = Settings(data=data)
    settings.lists.mkdir(parents=True, exist_ok=True)
    (settings.lists / name).write_bytes(content)
    return settings


def test_lists_that_grow_are_never_those_of_names_and_places() -> None:
    assert {"jobs", "majors", "workplaces"} <= set(GROWING)
    assert not {"names", "places"} & set(GROWING)


def test_entries_are_read_without_the_header(tmp_path: Path) -> None:
    settings = written(tmp_path, "# gì đó\nHuấn luyện chim cắt\nThợ đóng cối\n".encode())
    assert site_lists(settings.lists) == {"jobs": ("Huấn luyện chim cắt", "Thợ đóng cối")}


def test_site_without_lists_has_none(tmp_path: Path) -> None:
    assert site_lists(tmp_path / "lists") == {}
    assert damaged_lists(tmp_path / "lists") == ()


@pytest.mark.parametrize("name", ["names.txt", "places.txt", "other.txt", ".jobs.txt.1234.part"])
def test_other_files_beside_the_lists_are_not_read(tmp_path: Path, name: str) -> None:
    settings = written(tmp_path, "Thợ đóng cối\n".encode(), name)
    assert site_lists(settings.lists) == {} and damaged_lists(settings.lists) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00", "Thợ\0đóng cối\n".encode(), f"{'a' * (LONGEST + 1)}\n".encode(), b"0912345678\n",
        "Nguyễn Văn Hùng\n".encode(), "Thôn Nà Lại\n".encode(), "Thợ  đóng cối\n".encode(),
    ],
)  # fmt: skip
def test_damaged_file_is_passed_over_and_the_doctor_tells_of_it(tmp_path: Path, content: bytes) -> None:
    settings = written(tmp_path, content)
    written(tmp_path, "Trồng nấm linh chi\n".encode(), "majors.txt")
    assert site_lists(settings.lists) == {"majors": ("Trồng nấm linh chi",)}
    found = next(f for f in examine(settings) if f.name == "lists")
    assert not found.ok and not found.required
    assert "jobs.txt" in found.detail and found.action == "sohoa lists update"
    assert "Hùng" not in found.detail


def test_doctor_counts_entries_and_names_none(tmp_path: Path) -> None:
    settings = written(tmp_path, "Thợ đóng cối\n".encode())
    found = next(f for f in examine(settings) if f.name == "lists")
    assert found.ok and found.detail == "jobs 1"


def test_folder_that_is_a_file_is_damage_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "lists").write_bytes(b"")
    assert site_lists(tmp_path / "lists") == {}
    assert len(damaged_lists(tmp_path / "lists")) == len(GROWING)


@pytest.mark.parametrize("text", ["Thợ đóng cối", "a" * LONGEST, "Công ty TNHH (may mặc)"])
def test_short_text_of_letters_may_be_an_entry(text: str) -> None:
    assert may_be_entry(text)


@pytest.mark.parametrize(
    "text",
    ["", "a" * (LONGEST + 1), "Tổ 5", "Ca ٣", "#thợ", "thợ\tmay", "Trần Văn An", "Xã Tân Trào", "Tho\u031b\u0323"],
)
def test_number_name_address_and_long_story_are_none(text: str) -> None:
    assert not may_be_entry(text)


def test_reader_gets_the_entries_behind_those_that_ship(tmp_path: Path, form: FormTemplate) -> None:
    reader = build_reader(form, written(tmp_path, "Huấn luyện chim cắt\n".encode()))
    assert tuple(reader.lists["jobs"]) == (*word_list("jobs"), "Huấn luyện chim cắt")
    assert reader.lists["majors"] == lists_of(form)["majors"]


def test_reader_is_built_with_damaged_lists_as_without(tmp_path: Path, form: FormTemplate) -> None:
    assert build_reader(form, written(tmp_path, b"\xff")).lists == lists_of(form)
