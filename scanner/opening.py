"""The store opened with the rules of the forms that are installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from scanner.errors import FormError
from scanner.files import FileStore
from scanner.forms import load_form
from scanner.model import FormTemplate, Issue, Value
from scanner.rules import check
from scanner.settings import Settings
from scanner.store import Store

UNIQUE = "unique"


def open_store(settings: Settings) -> Store:
    """The database and the pictures that the settings name, with every form's rules at work."""
    settings.ready()
    forms = _Forms(settings.forms)
    return Store.open(settings.url, FileStore(settings.files), rules=forms.check, unique=forms.unique)


class _Forms:
    """Forms by id, loaded once. A form that is gone has no rules: its records can still be seen and exported."""

    def __init__(self, folder: Path | None) -> None:
        self._load = lru_cache(maxsize=None)(lambda form_id: _load(form_id, folder))

    def check(
        self, form_id: str, _version: str, values: Mapping[str, Value], count_same: Callable[[str, str], int]
    ) -> tuple[Issue, ...]:
        """The issues of a record's values."""
        form = self._load(form_id)
        return check(values, form, today=date.today(), count_same=count_same) if form else ()

    def unique(self, form_id: str, _version: str) -> Sequence[str]:
        """Fields whose value may stand in one record only."""
        form = self._load(form_id)
        rules = [rule for rule in form.rules if rule.check == UNIQUE] if form else []
        return [field for rule in rules for field in rule.fields.values() if isinstance(field, str)]


def _load(form_id: str, folder: Path | None) -> FormTemplate | None:
    try:
        return load_form(form_id, folder)
    except FormError:
        return None
