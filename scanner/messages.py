"""What the program says to people, in English and Vietnamese: codes → sentences, kept as data in `scanner/locale/`.

`scanner/locale/errors.json` holds the errors: for each code what is wrong and what to do, one sentence each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LANGUAGES = ("en", "vi")
ERRORS = "errors.json"


class _Coded(Protocol):
    """A code with its measurements: `scanner.model.Reason`."""

    @property
    def code(self) -> str: ...

    @property
    def params(self) -> object: ...


class Phrase(NamedTuple):
    """A part of a sentence that must itself be put into the reader's language."""

    code: str
    params: Mapping[str, object] = {}


class ErrorText(NamedTuple):
    """An error in one language: what is wrong, and what to do about it. One sentence each."""

    problem: str
    action: str


@lru_cache(maxsize=1)
def all_messages() -> dict[str, dict[str, str]]:
    """Every code with its sentence in each language; those of errors apart (`all_errors`)."""
    messages: dict[str, dict[str, str]] = {}
    for file in sorted(resources.files("scanner").joinpath("locale").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json") and file.name != ERRORS:
            messages.update(json.loads(file.read_text(encoding="utf-8")))
    return messages


@lru_cache(maxsize=1)
def all_errors() -> dict[str, dict[str, ErrorText]]:
    """Every error code with its two sentences in each language."""
    data = json.loads(resources.files("scanner").joinpath("locale", ERRORS).read_text(encoding="utf-8"))
    return {code: {lang: ErrorText(**text) for lang, text in texts.items()} for code, texts in data.items()}


def message(code: str, lang: str = "en", **params: object) -> str:
    """The sentence of a code; the code itself where no sentence is kept."""
    texts = all_messages().get(code)
    if texts is None:
        return code
    lang = lang if lang in texts else "en"
    return texts[lang].format(**_in_language(params, lang))


def error_text(code: str, lang: str = "en", params: Mapping[str, object] | None = None) -> ErrorText:
    """The two sentences of an error code. Raises KeyError for a code that `errors.json` does not hold."""
    texts = all_errors()[code]
    lang = lang if lang in texts else "en"
    given = _in_language(params or {}, lang)
    return ErrorText(*(sentence.format(**given) for sentence in texts[lang]))


def format_reason(reason: _Coded, lang: str = "en") -> str:
    """A reason in words."""
    params = reason.params
    return message(reason.code, lang, **(dict(params) if isinstance(params, dict) else {}))


def invalid_value(fault: ErrorDetails) -> Phrase:
    """What pydantic found wrong with a value, as a phrase; its own English words where no phrase is kept."""
    code = f"invalid.{fault['type']}"
    if code in all_messages():
        return Phrase(code, fault.get("ctx", {}))
    return Phrase("invalid", {"detail": fault["msg"]})


def _in_language(params: Mapping[str, object], lang: str) -> dict[str, object]:
    return {
        name: message(value.code, lang, **value.params) if isinstance(value, Phrase) else value
        for name, value in params.items()
    }
