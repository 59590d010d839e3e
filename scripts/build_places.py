"""Build scanner/vietnam/data/places.tsv.gz from the package `vietnamadminunits` (MIT, Tran Ngoc Minh Hieu).

python scripts/build_places.py     after: pip install vietnamadminunits

One line a unit: era, level, code, code of the unit above, kind, name, codes of the units that followed it (old units
only; the one that took in the largest part first).
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import vietnamadminunits

DATA = Path(vietnamadminunits.__file__).parent / "data"
OUT = Path(__file__).parent.parent / "scanner" / "vietnam" / "data" / "places.tsv.gz"
KINDS = ("Thị trấn", "Thành phố", "Thị xã", "Đặc khu", "Huyện", "Quận", "Phường", "Xã", "Tỉnh")
OLD = """
    select provinceKey, districtKey, coalesce(wardKey, ''), provinceCode, province, districtCode, district,
           coalesce(wardCode, districtCode), coalesce(ward, district)
    from admin_units_legacy order by provinceShort, districtType, districtShort, wardType, wardShort
"""
NEW = "select provinceKey, wardKey, provinceCode, province, wardCode, ward from admin_units order by 4, 6"
NUMBERED = ("Phường", "Quận")
"""Units that may have a number for a name keep it with their kind: "Phường 1"."""


def split_kind(full: str) -> tuple[str, str]:
    """ "Thị Xã Mường Lay" → ("Thị xã", "Mường Lay"); the package's own short names carry "(Xã)" where two are alike."""
    text = " ".join(unicodedata.normalize("NFC", full).split())
    kind = next(k for k in KINDS if text.lower().startswith(k.lower() + " "))
    name = text[len(kind) + 1 :]
    return kind, f"{kind} {name}" if name.isdigit() and kind in NUMBERED else name


def successors() -> dict[str, list[tuple[str, str]]]:
    """Key of an old commune → keys of the new ones, the default first."""
    converter: dict[str, dict[str, Any]] = json.loads((DATA / "converter_2025.json").read_text(encoding="utf-8"))
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for province, communes in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for commune, olds in communes.items():
            for old in olds:
                found[old].append((province, commune))
    for province, olds in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in olds.items():
            for part in sorted(parts, key=lambda p: not p["isDefaultNewWard"]):
                found[old].append((province, part["newWardKey"]))
    return found


def rows() -> Iterator[tuple[str, ...]]:
    """The lines of the file. Five island districts had no communes: they stand as the lowest unit themselves."""
    database = sqlite3.connect(DATA / "dataset.db")
    new = list(database.execute(NEW))
    code_of = {(province, commune): code for province, commune, _, _, code, _ in new}
    province_of = {(province, commune): code for province, commune, code, *_ in new}
    follow, seen = successors(), set()
    for key_p, key_d, key_c, code_p, province, code_d, district, code, name in database.execute(OLD):
        after = follow[f"{key_p}_{key_d}_{key_c}"]
        if code_p not in seen:
            seen.add(code_p)
            yield "old", "1", code_p, "", *split_kind(province), province_of[after[0]]
        if code_d not in seen:
            seen.add(code_d)
            yield "old", "2", code_d, code_p, *split_kind(district), ""
        yield "old", "3", code, code_d, *split_kind(name), ",".join(code_of[a] for a in after)
    for _, _, code_p, province, code, name in new:
        if ("new", code_p) not in seen:
            seen.add(("new", code_p))
            yield "new", "1", code_p, "", *split_kind(province), ""
        yield "new", "3", code, code_p, *split_kind(name), ""


def main() -> None:
    """Write the file, the same bytes every time."""
    with gzip.GzipFile(OUT, "wb", compresslevel=9, mtime=0) as file:
        file.write(("\n".join("\t".join(row) for row in rows()) + "\n").encode())


if __name__ == "__main__":
    main()
