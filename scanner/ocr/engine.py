"""The seam between Sohoa and whatever reads ink: one protocol, and one table that says which engine reads what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from scanner.model import Crop, EngineReading, FieldKind, FieldLayout

LINE, CELLS, PARTS = "line", "cells", "parts"
HAND = "hand"
"""Reads every line that LINE reads once more: nobody knows beforehand what is print and what is handwriting."""

ENGINE_FOR: Mapping[tuple[FieldKind, FieldLayout], str] = {
    (FieldKind.TEXT, FieldLayout.LINE): LINE,
    (FieldKind.TEXT, FieldLayout.AREA): LINE,
    (FieldKind.TEXT, FieldLayout.COMB): LINE,
    (FieldKind.DIGITS, FieldLayout.COMB): CELLS,
    (FieldKind.DIGITS, FieldLayout.LINE): PARTS,
    (FieldKind.DIGITS, FieldLayout.PARTS): PARTS,
    (FieldKind.DATE, FieldLayout.COMB): CELLS,
    (FieldKind.DATE, FieldLayout.PARTS): PARTS,
    (FieldKind.DATE, FieldLayout.LINE): PARTS,
}
"""Which engine reads a field, by what its value is and how the form offers room for it. Nowhere else."""


class Recogniser(Protocol):
    """Something that reads crops. It keeps its model between calls and uses one thread."""

    @property
    def name(self) -> str:
        """Engine, version and model, as kept with each reading: "tesseract-5.3.0/vie"."""
        ...

    def read(self, crops: Sequence[Crop]) -> list[EngineReading]:
        """One reading a crop, in order. A crop that cannot be read gives a reading with its reason, no exception."""
        ...


Engines = Mapping[str, Recogniser]
"""LINE, CELLS, PARTS and, where its weights are there, HAND → the recogniser in use."""
