"""Build scanner/vietnam/data/places.tsv.gz from the package `vietnamadminunits` (MIT, Tran Ngoc Minh Hieu).

python scripts/build_places.py     after: pip install vietnamadminunits
"""

from __future__ import annotations

import gzip
import sqlite3
import unicodedata
from pathlib import Path

import vietnamadminunits

OUT = Path(__file__).parent.parent / "scanner" / "vietnam" / "data" / "places.tsv.gz"
OLD = "select provinceShort, districtType, districtShort, wardType, wardShort from admin_units_legacy"
NEW = "select provinceShort, '', '', wardType, wardShort from admin_units"


def main() -> None:
    """Write one line a commune: era, province, district's type and name, commune's type and name."""
    database = sqlite3.connect(Path(vietnamadminunits.__file__).parent / "data" / "dataset.db")
    lines = []
    for era, query in (("old", OLD), ("new", NEW)):
        for row in sorted(tuple(value or "" for value in row) for row in database.execute(query)):
            lines.append(unicodedata.normalize("NFC", "\t".join((era, *row))))
    with gzip.GzipFile(OUT, "wb", compresslevel=9, mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
