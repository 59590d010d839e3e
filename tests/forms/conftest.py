"""A copy of the shipped form, free to be spoilt."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.forms.checking import check_form
from scanner.forms.loading import (
    FILE,
    forms_folder,
)
from scanner.model import FormTemplate
from scanner.rules import CHECKS

FORM = "mau-so-03"
Json = dict[str, Any]
Spoil = Callable[[Json], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of forms with a copy of the shipped one, free to be spoilt."""
    shutil.copytree(forms_folder() / FORM, tmp_path / FORM)
    return tmp_path


def spoil(folder: Path, change: Spoil) -> Path:
    """Change the copy's form file; its path."""
    path = folder / FORM / FILE
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def codes(form: FormTemplate) -> list[str]:
    """The codes of a form's faults."""
    return [fault.code for fault in check_form(form, CHECKS)]
