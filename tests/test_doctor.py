"""What the doctor finds, and that looking changes nothing."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from sqlalchemy import text

from scanner import doctor
from scanner.confidence.calibration import DATA, MADE_FROM, load_calibration
from scanner.confidence.recalibration import keep
from scanner.doctor import Finding, examine
from scanner.ocr import handwriting
from scanner.settings import Settings
from scanner.store.connection import connect
from scanner.store_factory import open_store


def finding(settings: Settings, name: str) -> Finding:
    """What was found of one thing."""
    return next(f for f in examine(settings) if f.name == name)


def at_revision(data: Path, revision: str) -> Settings:
    """A data folder whose database says it is of that revision."""
    settings = Settings(data=data)
    open_store(settings).close()
    engine = connect(settings.url).execution_options(sohoa_write=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    engine.dispose()
    return settings


def test_everything_required_is_here_or_names_what_mends_it(tmp_path: Path) -> None:
    found = examine(Settings(data=tmp_path))
    assert all(f.ok or f.action for f in found)
    assert all(f.ok for f in found if f.required)


def test_database_is_not_made_by_looking(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert finding(settings, "database").ok
    assert not settings.database.exists()


def test_database_is_told_with_its_revision(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    open_store(settings).close()
    assert "sqlite, revision 0006" in finding(settings, "database").detail


def test_database_of_a_newer_version_is_told_and_left_alone(tmp_path: Path) -> None:
    settings = at_revision(tmp_path, "9999")
    found = finding(settings, "database")
    assert not found.ok and found.required and "newer" in found.detail


def test_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url="postgresql://a:sekret@127.0.0.1:1/x")
    found = finding(settings, "database")
    assert not found.ok and "SOHOA_DATABASE_URL" in found.action
    assert "sekret" not in found.detail + found.action


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    settings.database.write_bytes(b"no database at all" * 100)
    assert not finding(settings, "database").ok


def test_data_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = finding(Settings(data=tmp_path / "file" / "data"), "data")
    assert not found.ok and "SOHOA_DATA" in found.action


def test_missing_poppler_is_optional_and_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = finding(Settings(data=tmp_path), "poppler")
    assert not found.ok and not found.required and "poppler-utils" in found.action


def test_pdfium_is_started_and_its_version_named(tmp_path: Path) -> None:
    found = finding(Settings(data=tmp_path), "pdfium")
    assert found.ok and metadata.version("pypdfium2") in found.detail


def test_missing_weights_of_a_reader_are_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handwriting, "WEIGHTS", "gone.onnx")
    found = finding(Settings(data=tmp_path), "handwriting_reader")
    assert not found.ok and "gone.onnx" in found.detail and "Install" in found.action


def test_little_room_on_the_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_GB", 1e9)
    assert not finding(Settings(data=tmp_path), "space").ok


def test_broken_form_is_told(tmp_path: Path) -> None:
    (tmp_path / "forms" / "mine").mkdir(parents=True)
    (tmp_path / "forms" / "mine" / "form.json").write_text("{", encoding="utf-8")
    assert not finding(Settings(data=tmp_path, forms=tmp_path / "forms"), "forms").ok


def test_calibration_in_use_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert "shipped" in finding(settings, "calibration").detail
    keep(replace(load_calibration(), fitted_on="812 decided readings"), tmp_path)
    found = finding(settings, "calibration")
    assert found.ok and "this site's own: 812 decided readings" in found.detail


def test_calibration_of_another_version_or_damaged_is_told_with_what_mends_it(tmp_path: Path) -> None:
    path = keep(load_calibration(), tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(MADE_FROM, "x", 1), encoding="utf-8")
    found = finding(Settings(data=tmp_path), "calibration")
    assert not found.ok and found.required and DATA in found.detail and "--reset" in found.action
    path.write_text(text.replace(f'"{MADE_FROM}": "', f'"{MADE_FROM}": "0'), encoding="utf-8")
    found = finding(Settings(data=tmp_path), "calibration")
    assert not found.ok and not found.required and "another version" in found.detail
