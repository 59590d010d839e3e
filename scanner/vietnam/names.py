"""Names of people: surnames, middle and given names, with how often they are met.

Source: data/names.tsv, estimated by hand from general knowledge; the weights are rough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from scanner.vietnam.orthography import usual_tones


@dataclass(frozen=True, slots=True)
class FullName:
    """A full name taken apart. A name of one word is a given name."""

    surname: str = field(repr=False)
    middle: tuple[str, ...] = field(repr=False)
    given: str = field(repr=False)


def surnames() -> Mapping[str, int]:
    """Surname → weight, the commonest first."""
    return _names()["surname"]


def middle_names() -> Mapping[str, int]:
    """One word of a middle name → weight, the commonest first."""
    return _names()["middle"]


def given_names() -> Mapping[str, int]:
    """Given name → weight, the commonest first."""
    return _names()["given"]


def split_name(text: str) -> FullName:
    """Surname, middle words and given name of a full name as written, "Nguyễn Thị Hoa"."""
    words = usual_tones(text).split()
    if len(words) < 2:
        return FullName("", (), words[0] if words else "")
    return FullName(words[0], tuple(words[1:-1]), words[-1])


@lru_cache(maxsize=1)
def _names() -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = {"surname": {}, "middle": {}, "given": {}}
    text = resources.files("scanner.vietnam").joinpath("data", "names.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            kind, name, weight = line.split("\t")
            found[kind][name] = int(weight)
    return MappingProxyType({kind: MappingProxyType(names) for kind, names in found.items()})
