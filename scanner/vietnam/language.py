"""How likely a word is in what such forms hold, given the word before it: counts of places, names and listed words.

A bigram model over syllables with back-off (Katz-like, fixed shares); what it has never seen gets a floor by whether
the orthography allows it. Words with digits are neither likely nor unlikely: nobody can know a house number.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from scanner.vietnam.lexicon import key, words
from scanner.vietnam.names import given_names, middle_names, surnames
from scanner.vietnam.orthography import is_syllable
from scanner.vietnam.places import communes
from scanner.vietnam.wordlists import word_list

PAIR_SHARE = 0.6
LAWFUL, UNLAWFUL = -12.0, -15.5
NUMBER, MIXED = -6.0, -13.0
ODD_CASE = -4.0
EDGES = ",.;:()-/ "
LISTED = 8


@lru_cache(maxsize=1)
def _counts() -> tuple[Counter[str], Counter[tuple[str, str]], Counter[str]]:
    """Words, pairs, and how often a word begins a pair."""
    single: Counter[str] = Counter(dict(words()))
    double: Counter[tuple[str, str]] = Counter()
    for found in (surnames(), middle_names(), given_names()):
        for name, weight in found.items():
            single.update({key(word): max(weight, 1) for word in name.split()})
    for commune in communes():
        _count((commune.name, commune.district, commune.province), double, 1)
    for name in ("jobs", "majors", "workplaces", "ethnic"):
        for entry in word_list(name):
            _count((entry,), double, LISTED)
            single.update(dict.fromkeys(_keys(entry), LISTED))
    first: Counter[str] = Counter()
    for (before, _), count in double.items():
        first[before] += count
    return single, double, first


def _keys(text: str) -> list[str]:
    return [key(word.strip(EDGES)) for word in text.split() if word.strip(EDGES)]


def _count(names: Iterable[str], double: Counter[tuple[str, str]], times: int) -> None:
    for name in names:
        for pair in pairwise(_keys(name)):
            double[pair] += times


@lru_cache(maxsize=1)
def _total() -> float:
    return float(sum(_counts()[0].values()))


@lru_cache(maxsize=60_000)
def word_score(word: str, before: str = "") -> float:
    """log-probability of a word after another, both as written (case and punctuation do not count)."""
    shown = word.strip(EDGES)
    bare, previous = key(shown), key(before.strip(EDGES))
    if any(c in ",;" for c in shown):  # "7,xã": a space was missed
        return MIXED
    if not bare or any(c.isdigit() for c in bare):
        return MIXED if sum(c.isalpha() for c in bare) > 1 else NUMBER  # "Tổ12", but "12A"
    odd = 0.0 if shown in (shown.lower(), shown.upper()) or shown[1:] == shown[1:].lower() else ODD_CASE
    return odd + _spelt(bare, previous)


def _spelt(bare: str, previous: str) -> float:
    single, double, first = _counts()
    p = single[bare] / _total() if bare in single else 0.0
    if previous in first:
        p = PAIR_SHARE * double[previous, bare] / first[previous] + (1 - PAIR_SHARE) * p
    if p > 0:
        return math.log(p)
    return LAWFUL if is_syllable(bare) else UNLAWFUL


@lru_cache(maxsize=3)
def _shares(part: str) -> dict[str, float]:
    """Words of one part of full names → share."""
    found = {"surname": surnames, "middle": middle_names, "given": given_names}[part]()
    total = sum(found.values())
    shares: dict[str, float] = defaultdict(float)
    for name, weight in found.items():
        for word in name.split():
            shares[key(word)] += weight / total
    return dict(shares)


def name_score(words: list[str], at: int) -> float:
    """log-probability of a word of a full name by its place: surname first, given name last.

    A tenth of the weight stays with any word: no list holds all names.
    """
    part = "surname" if at == 0 else "given" if at == len(words) - 1 else "middle"
    listed = _shares(part).get(key(words[at].strip(EDGES)), 0.0)
    other = math.exp(word_score(words[at]))
    return math.log(0.9 * listed + 0.1 * other)
