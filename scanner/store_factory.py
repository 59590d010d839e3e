"""The store opened with the rules of the forms that are installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from scanner.errors import FormError
from scanner.forms.versions import load_version
from scanner.model import FormTemplate, Issue, Value
from scanner.rules import check_rules
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.pictures import PictureStore

UNIQUE = "unique"


def open_store(settings: Settings, *, create: bool = True) -> Store:
    """The database and the pictures that the settings name, with the rules of every form. With `create` False there
    must be a database already, or StoreError is raised."""
    settings.ready()
    forms = _Forms(*settings.form_places)
    files = PictureStore(settings.files)
    return Store.open(settings.url, files, create=create, rules=forms.check, unique=forms.unique, forms=forms.whole)


class _Forms:
    """Forms by id and version, loaded once. A form that is gone has no rules: its records can be seen all the same."""

    def __init__(self, folder: Path | None, site: Path | None = None) -> None:
        self._load: Callable[[str, str], FormTemplate | None] = lru_cache(maxsize=None)(
            lambda form_id, version: _load(form_id, version, folder, site)
        )

    def whole(self, form_id: str, version: str) -> FormTemplate | None:
        """A form with all its pages."""
        return self._load(form_id, version)

    def check(
        self, form_id: str, version: str, values: Mapping[str, Value], count_same: Callable[[str, str], int]
    ) -> tuple[Issue, ...]:
        """The issues of a record's values."""
        form = self._load(form_id, version)
        return () if form is None else check_rules(values, form, today=date.today(), count_same=count_same)

    def unique(self, form_id: str, version: str) -> Sequence[str]:
        """Fields whose value may stand in one record only."""
        form = self._load(form_id, version)
        rules = [rule for rule in form.rules if rule.check == UNIQUE] if form else []
        return [field for rule in rules for field in rule.fields.values() if isinstance(field, str)]


def _load(form_id: str, version: str, folder: Path | None, site: Path | None) -> FormTemplate | None:
    try:
        return load_version(form_id, version, folder, site)
    except FormError:
        return None
