"""Reports that are one HTML file and need nothing else: no script, nothing fetched. Templates: `scanner/templates/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from scanner.messages import message


class Tile(NamedTuple):
    """A large figure: what it is, small print below, and "good", "bad" or ""."""

    figure: str
    name: str
    small: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text; its first `words` columns are words, the rest figures. `sums` are numbers of rows, from 0."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    sums: Sequence[int] = ()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("scanner", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_report(template: str, lang: str, **values: object) -> str:
    """A template of `scanner/templates/` with these values, escaped. In it `message(code, …)` speaks `lang`."""

    def in_language(code: str, **params: object) -> str:
        return message(code, lang, **params)

    return _environment().get_template(template).render(lang=lang, message=in_language, **values)
