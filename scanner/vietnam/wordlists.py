"""Lists of what a field may hold, by the names that form files use for a field's lexicon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources

from scanner.vietnam.ethnic import ethnic_groups
from scanner.vietnam.names import given_names, middle_names, surnames
from scanner.vietnam.places import all_units


@lru_cache(maxsize=16)
def word_list(name: str) -> tuple[str, ...]:
    """The entries of a list, each once, in the order of its source. Raises KeyError for a name not in `LISTS`."""
    return tuple(dict.fromkeys(LISTS[name]()))


def _lines(file: str) -> tuple[str, ...]:
    text = resources.files("scanner.vietnam").joinpath("data", file).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def _names() -> tuple[str, ...]:
    return (*surnames(), *middle_names(), *given_names())


def _ethnic() -> tuple[str, ...]:
    return tuple(name for group in ethnic_groups() for name in (group.name, *group.variants))


LISTS: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "ethnic": _ethnic,
    "jobs": lambda: _lines("jobs.txt"),
    "majors": lambda: _lines("majors.txt"),
    "names": _names,
    "places": lambda: tuple(unit.name for unit in all_units()),
    "workplaces": lambda: _lines("workplaces.txt"),
}
"""Name of a list → its entries."""
