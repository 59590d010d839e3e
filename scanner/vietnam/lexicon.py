"""Words that people write on such forms, with how often: places counted, other words from a list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from scanner.vietnam.orthography import tone_blind, usual_tones
from scanner.vietnam.places import communes

LISTED = 12
"""A word of the list counts as often as a syllable that stands in a dozen names of communes."""


@lru_cache(maxsize=1)
def words() -> Mapping[str, int]:
    """Lower-case word (tone marks in their usual place) → weight."""
    counted: Counter[str] = Counter()
    for commune in communes():
        for name in (commune.province, commune.district, commune.name):
            counted.update(key(word) for word in name.split())
    text = resources.files("scanner.vietnam").joinpath("data", "words.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            counted.update(dict.fromkeys((key(word) for word in line.split()), LISTED))
    return counted


def key(word: str) -> str:
    """How a word is looked up."""
    return usual_tones(word).lower()


@lru_cache(maxsize=1)
def by_letters() -> Mapping[str, tuple[str, ...]]:
    """Letters without marks → the words written with them, the weightiest first."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for word in words():
        groups[tone_blind(word)].append(word)
    return {letters: tuple(sorted(found, key=lambda w: -words()[w])) for letters, found in groups.items()}


@lru_cache(maxsize=1)
def pairs() -> frozenset[tuple[str, str]]:
    """Neighbouring words in the names of places: a word that is right beside its neighbour needs no mending."""
    names = {name for c in communes() for name in (c.province, c.district, c.name)}
    return frozenset(pair for name in names for pair in pairwise(key(word) for word in name.split()))
