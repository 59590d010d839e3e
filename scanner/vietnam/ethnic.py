"""The 54 ethnic groups of Việt Nam, with the other names and spellings that people write.

Source: Quyết định 121-TCTK/PPCĐ of 2 March 1979 (Danh mục các thành phần dân tộc Việt Nam); see data/README.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from scanner.vietnam.orthography import tone_blind, usual_tones


@dataclass(frozen=True, slots=True)
class EthnicGroup:
    """A group with its code of two digits, its name of today and its other names (subgroups among them)."""

    code: str
    name: str
    variants: tuple[str, ...]

    @property
    def minority(self) -> bool:
        """Every group but the Kinh."""
        return self.code != "01"


@lru_cache(maxsize=1)
def ethnic_groups() -> tuple[EthnicGroup, ...]:
    """The groups in the order of the list."""
    text = resources.files("scanner.vietnam").joinpath("data", "ethnic.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(EthnicGroup(code, name, tuple(v for v in rest.split(", ") if v)) for code, name, rest in rows)


def find_group(text: str) -> EthnicGroup | None:
    """The group that a written name means: as written, else by its letters alone.

    "Cao Lan" → Sán Chay, "H'Mông" → Mông, "dân tộc tày" → Tày. A group's own name goes before another group's
    variant. None for what is no name of the list, and for a name that several groups share.
    """
    name = _key(text)
    for names, wanted in ((_own(), name), (_variants(), name), (_blind(), tone_blind(name))):
        groups = names.get(wanted, ())
        if groups:
            return groups[0] if len(groups) == 1 else None
    return None


@lru_cache(maxsize=1)
def _own() -> Mapping[str, tuple[EthnicGroup, ...]]:
    return _grouped((_key(g.name), g) for g in ethnic_groups())


@lru_cache(maxsize=1)
def _variants() -> Mapping[str, tuple[EthnicGroup, ...]]:
    return _grouped((_key(name), g) for g in ethnic_groups() for name in g.variants)


@lru_cache(maxsize=1)
def _blind() -> Mapping[str, tuple[EthnicGroup, ...]]:
    """Names without marks; the groups' own alone where one of them reads so."""
    own = _grouped((tone_blind(_key(g.name)), g) for g in ethnic_groups())
    variants = _grouped((tone_blind(_key(name)), g) for g in ethnic_groups() for name in g.variants)
    return {**variants, **own}


def _grouped(pairs: Iterable[tuple[str, EthnicGroup]]) -> Mapping[str, tuple[EthnicGroup, ...]]:
    found: dict[str, tuple[EthnicGroup, ...]] = {}
    for name, group in pairs:
        known = found.get(name, ())
        found[name] = known if group in known else (*known, group)
    return found


def _key(text: str) -> str:
    """Lower case, tone marks in their usual place, without hyphens, apostrophes and the words "dân tộc"."""
    flat = usual_tones(text).lower()
    for mark in "-–'’‘`.,":
        flat = flat.replace(mark, " " if mark in "-–" else "")
    words = flat.split()
    return " ".join(words[2:] if words[:2] == ["dân", "tộc"] else words)
