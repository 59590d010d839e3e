"""Settings: flags, then SOHOA_* variables, then a `sohoa.toml` in the working folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from scanner.errors import SettingsError, SohoaError
from scanner.files import storage_error, write_file
from scanner.messages import invalid_value

FILE = "sohoa.toml"
KEY_BYTES = 32


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    model_config = SettingsConfigDict(env_prefix="SOHOA_", env_ignore_empty=True, toml_file=FILE, extra="forbid")

    data: Path = Field(default_factory=lambda: user_data_path("sohoa", appauthor=False))
    database_url: str | None = Field(default=None, repr=False)  # may hold a password
    forms: Path | None = None
    form: str | None = None  # the form on every page; unset, each page finds its own among all installed
    language: Literal["en", "vi"] = "en"  # of the command line; the screens have their own switch
    max_pixels: int = Field(default=120_000_000, gt=0)
    max_pages: int = Field(default=2_000, gt=0)
    page_seconds: int = Field(default=120, gt=0)  # a page that takes longer is given up
    crops_retention_days: int = Field(default=365, gt=0, le=36_500)  # field pictures that train are of no older records
    list_min_records: int = Field(default=3, ge=2)  # verified records that share a text before it is a list's entry
    workers: int = Field(default_factory=lambda: max((os.cpu_count() or 2) - 1, 1), gt=0)

    @field_validator("data", "forms")
    @classmethod
    def _home(cls, folder: Path | None) -> Path | None:
        """`~` in a settings file is the user's folder, as a shell would have it."""
        return folder.expanduser() if folder else folder

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before variables before the file; nothing else."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def url(self) -> str:
        """The database: as set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.database.as_posix()}"

    @property
    def database(self) -> Path:
        """The SQLite file, where no other database is set."""
        return self.data / "sohoa.sqlite3"

    @property
    def files(self) -> Path:
        """Where page images and ink snippets are kept."""
        return self.data / "files"

    @property
    def lists(self) -> Path:
        """Where this site's own lists are kept."""
        return self.data / "lists"

    @property
    def own_forms(self) -> Path:
        """Where forms that are made in this site are kept."""
        return self.forms or self.data / "forms"

    @property
    def form_places(self) -> tuple[Path | None, Path | None]:
        """Where `scanner.forms.loading` looks for forms: the folder set, or the shipped and the site's."""
        return (self.forms, None) if self.forms else (None, self.own_forms)

    @property
    def drafts(self) -> Path:
        """Where forms lie while somebody still works on them."""
        return self.data / "drafts"

    def ready(self) -> Settings:
        """Make the data folder. Raises SettingsError when it cannot be made."""
        try:
            self.files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self.data, error) from None
        return self

    def secret_key(self) -> bytes:
        """The key that signs log-in cookies: made once, readable by the owner alone."""
        path = self.ready().data / "secret.key"
        try:
            if not path.exists():
                write_file(path, secrets.token_bytes(KEY_BYTES), private=True)  # an empty key would let anybody sign
            key = path.read_bytes()
        except OSError as error:
            raise _unusable(path, error) from None
        if len(key) < KEY_BYTES:
            raise SettingsError("secret_key_damaged", path=path)
        return key


def _unusable(path: Path, error: OSError) -> SohoaError:
    return storage_error(error, SettingsError("data_folder_unusable", path=path))


def load_settings(**flags: Any) -> Settings:
    """Settings with the flags given (None means not given). Raises SettingsError with one sentence."""
    try:
        return Settings(**{k: v for k, v in flags.items() if v is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        given = str(first["loc"][0]) if first["loc"] else "?"
        if first["type"] == "extra_forbidden":
            raise SettingsError("setting_unknown", name=given, file=FILE) from None
        name = f"SOHOA_{given.upper()}"
        raise SettingsError("setting_wrong", name=name, detail=invalid_value(first)) from None
    except (ValueError, OSError):
        raise SettingsError("settings_file_unreadable", file=FILE) from None
