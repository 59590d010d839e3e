"""What the program says to people, in English and Vietnamese: codes → sentences, kept as data in `scanner/wording/`."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Protocol

LANGUAGES = ("en", "vi")


class _Coded(Protocol):
    """A code with its measurements: `scanner.model.Reason`."""

    @property
    def code(self) -> str: ...

    @property
    def params(self) -> object: ...


@lru_cache(maxsize=1)
def all_messages() -> dict[str, dict[str, str]]:
    """Every code with its sentence in each language."""
    words: dict[str, dict[str, str]] = {}
    for file in sorted(resources.files("scanner").joinpath("wording").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json"):
            words.update(json.loads(file.read_text(encoding="utf-8")))
    return words


def message(code: str, lang: str = "en", **params: object) -> str:
    """The sentence of a code; the code itself where no sentence is kept."""
    texts = all_messages().get(code)
    if texts is None:
        return code
    return texts[lang if lang in texts else "en"].format(**params)


def format_reason(reason: _Coded, lang: str = "en") -> str:
    """A reason in words."""
    params = reason.params
    return message(reason.code, lang, **(dict(params) if isinstance(params, dict) else {}))
