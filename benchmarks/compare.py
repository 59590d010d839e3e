"""Print, hand, or both: the same lines of drawn sheets read by one reader alone and by the two together.

    python -m benchmarks.compare --set DIR [DIR …]

Each folder holds a set drawn by `python -m samples draw`. Prints exact values and CER of text fields by kind of hand.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
from rapidfuzz.distance import Levenshtein

from scanner.forms.loading import load_form
from scanner.model import Crop, EngineReading, FieldKind, FieldLayout, PageRef
from scanner.ocr.engine import HAND, LINE, Engines
from scanner.pipeline import PageReader, build_reader, read_ref
from scanner.settings import load_settings


class Silent:
    """A reader that sees nothing."""

    name = "silent"

    def read(self, crops: Sequence[Crop]) -> list[EngineReading]:
        """Nothing for each."""
        return [EngineReading("", 0.0, self.name) for _ in crops]


def ways(engines: Engines) -> Mapping[str, Engines]:
    """The engines for each way of reading lines."""
    without = {name: engine for name, engine in engines.items() if name != HAND}
    return {"print alone": without, "hand alone": {**engines, LINE: Silent()}, "both": engines}


def count(folder: Path, reader: PageReader) -> Mapping[str, list[int]]:
    """Kind of hand → fields, exact, wrong letters, letters."""
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    specs = [f for f in reader.form.fields if f.layout is FieldLayout.LINE and f.kind is FieldKind.TEXT]
    for line in map(json.loads, (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()):
        values = {r.field: r.value for r in read_ref(PageRef(folder / line["file"]), reader).readings}
        for spec in specs:
            truth = line["fields"][spec.id]
            if truth and spec.id in values:
                read, row = str(values[spec.id] or ""), found[line.get("hand", "")]
                row[0] += 1
                row[1] += read == truth
                row[2] += Levenshtein.distance(read, truth)
                row[3] += len(truth)
    return found


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    reader = build_reader(load_form("mau-so-03"), load_settings())
    print("| lines read by | hand | fields | exact | CER |\n| --- | --- | --- | --- | --- |")
    for name, engines in ways(reader.engines).items():
        total: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for folder in options.set:
            for hand, row in count(folder, replace(reader, engines=engines)).items():
                for key in (hand, "all"):
                    total[key] = [a + b for a, b in zip(total[key], row, strict=True)]
        for hand, (fields, exact, wrong, letters) in sorted(total.items()):
            print(f"| {name} | {hand} | {fields} | {exact / fields:.1%} | {wrong / letters:.1%} |", flush=True)


if __name__ == "__main__":
    main()
