"""One table says which engine reads what, and it leaves nothing out."""

from __future__ import annotations

import pytest

from scanner.forms.checking import LAYOUTS
from scanner.model import FieldKind, FieldLayout
from scanner.ocr.engine import CELLS, ENGINE_FOR, HAND, LINE, PARTS

WRITTEN = [
    (kind, layout)
    for kind, layouts in LAYOUTS.items()
    for layout in sorted(layouts)
    if layout is not FieldLayout.TICKS and kind is not FieldKind.SIGNATURE
]


@pytest.mark.parametrize(("kind", "layout"), WRITTEN)
def test_whatever_a_form_may_ask_for_has_an_engine(kind: FieldKind, layout: FieldLayout) -> None:
    assert ENGINE_FOR[kind, layout] in (LINE, CELLS, PARTS)


def test_reader_holds_every_engine_of_the_table(reader) -> None:
    assert set(ENGINE_FOR.values()) | {HAND} == set(reader.engines)
    assert all(engine.name for engine in reader.engines.values())
