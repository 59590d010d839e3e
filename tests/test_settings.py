"""Settings: where they come from, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import SettingsError
from scanner.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a settings file of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOHOA_WORKERS", "none"),
        ("SOHOA_WORKERS", "0"),
        ("SOHOA_MAX_PIXELS", "-1"),
        ("SOHOA_PAGE_SECONDS", "soon"),
        ("SOHOA_CROPS_RETENTION_DAYS", "0"),
        ("SOHOA_LIST_MIN_RECORDS", "1"),
        ("SOHOA_LANGUAGE", "fr"),
    ],
)
def test_wrong_value_is_one_sentence_that_names_its_variable(monkeypatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as told:
        load_settings()
    assert name in str(told.value) and "\n" not in str(told.value)


def test_wrong_database_url_never_shows_its_password(empty_folder: Path) -> None:
    (empty_folder / "sohoa.toml").write_text('database_url = ["postgresql://a:sekret@h/d"]', encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        load_settings()
    assert "SOHOA_DATABASE_URL" in str(told.value) and "sekret" not in str(told.value)


def test_misspelt_setting_in_the_file_is_told_and_not_passed_over(empty_folder: Path) -> None:
    (empty_folder / "sohoa.toml").write_text("wokers = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="wokers"):
        load_settings()


def test_empty_variable_is_no_setting(monkeypatch) -> None:
    monkeypatch.setenv("SOHOA_DATA", "")
    monkeypatch.setenv("SOHOA_DATABASE_URL", "")
    settings = load_settings()
    assert settings.data != Path() and settings.url.startswith("sqlite:///")


def test_home_folder_may_be_written_short_in_the_file(empty_folder: Path) -> None:
    (empty_folder / "sohoa.toml").write_text('data = "~/phieu"\n', encoding="utf-8")
    assert load_settings().data == Path.home() / "phieu"


def test_key_that_signs_log_ins_is_never_a_short_one(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"")  # as a full disk could have left it
    with pytest.raises(SettingsError, match=r"secret\.key"):
        Settings(data=tmp_path).secret_key()


def test_nothing_is_left_beside_the_key(tmp_path: Path) -> None:
    assert len(Settings(data=tmp_path).secret_key()) == 32
    assert sorted(p.name for p in tmp_path.iterdir()) == ["files", "secret.key"]


def test_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match="cannot be used"):
        Settings(data=tmp_path / "file" / "data").ready()


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
