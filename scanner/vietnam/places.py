"""Administrative units: the three levels of before 1 July 2025 and the two since.

Data: places.tsv.gz, built by scripts/build_places.py from `vietnamadminunits` (MIT); 63 provinces with 10,040 communes,
34 provinces with 3,321 communes (Nghị quyết 202/2025/QH15 and the resolutions on communes).
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

CHANGED = date(2025, 7, 1)


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune with what it belongs to; `district` is empty since districts are gone."""

    province: str
    district_type: str
    district: str
    kind: str
    name: str
    valid_from: date | None
    valid_until: date | None


@lru_cache(maxsize=1)
def communes() -> tuple[Commune, ...]:
    """Every commune, old and new."""
    packed = resources.files("scanner.vietnam").joinpath("data", "places.tsv.gz").read_bytes()
    found = []
    for line in gzip.decompress(packed).decode("utf-8").splitlines():
        era, province, district_type, district, kind, name = line.split("\t")
        valid = (None, CHANGED) if era == "old" else (CHANGED, None)
        found.append(Commune(province, district_type, district, kind, name, *valid))
    return tuple(found)
