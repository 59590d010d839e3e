"""The house: imports flow down, the desk sees no pixels, no code knows a form."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = (
    {"errors", "words", "vietnam"},
    {"model"},
    {"settings", "files"},
    {
        "pages",
        "decoding",
        "quality",
        "forms",
        "blanks",
        "form_check",
        "layout",
        "ocr",
        "values",
        "rules",
        "calibration",
        "assembling",
        "clues",
    },
    {"lines", "cells"},
    {"reading", "drafting", "fitting", "own_lists", "form_versions", "shelf"},
    {"pipeline", "store", "export", "form_pages"},
    {"opening", "workshop"},
    {"batch", "evaluation", "report", "doctor", "recalibration", "list_growth", "rescue"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
HELPERS = {
    "assembling": {"clues"},
    "pages": {"decoding"},
    "forms": {"blanks", "form_check"},
    "form_check": {"blanks"},
    "blanks": {"forms"},
}
"""Parts of one stage that were moved into a file of their own."""
DESK = {
    "errors",
    "words",
    "model",
    "settings",
    "files",
    "store",
    "rules",
    "vietnam",
    "export",
    "forms",
    "form_versions",
    "opening",
}


def rank(room: str) -> int:
    """The layer of a room, from 0 at the bottom."""
    return next(i for i, layer in enumerate(LAYERS) if room in layer)


def imported(path: Path) -> set[str]:
    """Dotted names of every module that a file imports, at the top or inside a function, but for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def rooms(names: set[str]) -> set[str]:
    """The rooms of `scanner` among imported names."""
    known = set().union(*LAYERS)
    return {n.split(".")[1] for n in names if n.startswith("scanner.")} & known


SOURCES = sorted(p for p in (ROOT / "scanner").rglob("*.py") if p.name != "__init__.py" or p.parent.name != "scanner")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_flow_down_and_stages_do_not_know_each_other(path: Path) -> None:
    mine = path.relative_to(ROOT / "scanner").parts[0].removesuffix(".py")
    for room in rooms(imported(path)) - {mine} - HELPERS.get(mine, set()):
        assert rank(room) < rank(mine), f"{mine} may not import {room}"


@pytest.mark.parametrize("path", sorted((ROOT / "review_ui").glob("*.py")), ids=lambda p: p.name)
def test_the_desk_sees_no_pixels_and_no_engines(path: Path) -> None:
    names = imported(path)
    assert not {n for n in names if n.split(".")[0] in ("cv2", "tesserocr", "onnxruntime", "pytesseract")}
    assert rooms(names) <= DESK


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "scanner").rglob("*.py"), *(ROOT / "review_ui").rglob("*.py")]), ids=str
)
def test_no_code_knows_a_forms_name_or_a_fields_id(path: Path) -> None:
    forms = [json.loads(p.read_text(encoding="utf-8")) for p in (ROOT / "form_templates").glob("*/form.json")]
    ids = {field["id"] for form in forms for field in form["fields"]} | {form["id"] for form in forms}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # "xa" is also the commune of a batch, a word of the contract's command line
    assert not strings & (ids - {"xa"})
