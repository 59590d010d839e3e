"""Measure the handwriting reader on lines it has not seen.

    python -m training.handwriting.measure --data LINES [--sheets 271-300] [--lexicon places]

Prints, for the best path alone, for the beam with words, and for what the program delivers (known places and words
weighed against the ink): character error, the same without marks, exact lines; and the time of one core a line.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from scanner.model import Box, Crop, EngineReading
from scanner.ocr.handwriting import LineReader
from scanner.recognition.line_fusion import fuse_line
from scanner.vietnam.orthography import tone_blind
from training.handwriting.lines import Line, photographed, sheet_numbers

SAW_NOTHING = EngineReading("", 0.0, "none")


def crop_of(line: Line) -> Crop:
    """A line's picture as the crop of a field."""
    rows, cols = line.picture.shape
    return Crop("line", Box(0, 0, 1, 1), line.picture, (0, rows, 0, cols))


def figures(read: Sequence[str], lines: Sequence[Line]) -> str:
    """CER, tone-blind CER and exact lines."""
    pairs = list(zip(read, (line.text for line in lines), strict=True))
    letters = sum(len(t) for _, t in pairs)
    wrong = sum(Levenshtein.distance(r, t) for r, t in pairs)
    blind = sum(Levenshtein.distance(tone_blind(r), tone_blind(t)) for r, t in pairs)
    exact = np.mean([r == t for r, t in pairs])
    return f"CER {wrong / letters:.4f}  tone-blind {blind / letters:.4f}  exact {exact:.3f}"


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sheets", default="0-999")
    parser.add_argument("--lexicon", default="places")
    options = parser.parse_args()
    lines = photographed(options.data, sheet_numbers(options.sheets))
    reader, delivered, readings, spent = LineReader(), [], [], 0.0
    reader.read([crop_of(line) for line in lines[:3]])
    for line in lines:
        begun = time.process_time()
        reading = reader.read([crop_of(line)])[0]
        delivered.append(fuse_line(options.lexicon, SAW_NOTHING, reading).text)
        spent += time.process_time() - begun
        readings.append(reading)
    print(f"{len(lines)} lines, {spent / len(lines) * 1000:.1f} ms of one core a line")
    print("best path  ", figures([r.words[0][0] if r.words else "" for r in readings], lines))
    print("with words ", figures([r.text for r in readings], lines))
    print("delivered  ", figures(delivered, lines))


if __name__ == "__main__":
    main()
