"""Settings: flags, then SOHOA_* variables, then a `sohoa.toml` in the working folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from scanner.errors import SettingsError, StorageFull

FILE = "sohoa.toml"


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    model_config = SettingsConfigDict(env_prefix="SOHOA_", toml_file=FILE, extra="ignore")

    data: Path = Field(default_factory=lambda: user_data_path("sohoa", appauthor=False))
    database_url: str | None = Field(default=None, repr=False)  # may hold a password
    forms: Path | None = None
    form: str | None = None  # the form to read; needed only where several are installed
    language: Literal["en", "vi"] = "en"  # of the command line; the screens have their own switch
    max_pixels: int = Field(default=120_000_000, gt=0)
    max_pages: int = Field(default=2_000, gt=0)
    page_seconds: int = Field(default=120, gt=0)  # a page that takes longer is given up
    workers: int = Field(default_factory=lambda: max((os.cpu_count() or 2) - 1, 1), gt=0)

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
        return self.database_url or f"sqlite:///{(self.data / 'sohoa.sqlite3').as_posix()}"

    @property
    def files(self) -> Path:
        """Where page images and ink snippets are kept."""
        return self.data / "files"

    def ready(self) -> Settings:
        """Make the data folder. Raises SettingsError when it cannot be made."""
        try:
            self.files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno == 28:
                raise StorageFull("The disk is full.", "Free some space, then run the same command again.") from None
            raise SettingsError(
                f"The data folder {self.data} cannot be made.", "Name another with --data or SOHOA_DATA."
            ) from None
        return self

    def secret_key(self) -> bytes:
        """The key that signs log-in cookies: made once, readable by the owner alone."""
        path = self.ready().data / "secret.key"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()


def load_settings(**flags: Any) -> Settings:
    """Settings with the flags given (None means not given). Raises SettingsError with one sentence."""
    try:
        return Settings(**{k: v for k, v in flags.items() if v is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "SOHOA_" + str(first["loc"][0]).upper() if first["loc"] else "a setting"
        raise SettingsError(f"{name} is wrong: {first['msg']}.", "Mend the flag, the variable or sohoa.toml.") from None
    except (ValueError, OSError):
        raise SettingsError(f"{FILE} cannot be read.", "Mend the file, or remove it.") from None
