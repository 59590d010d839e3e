"""The tree: imports flow down, the review desk sees no pixels, no code knows a form."""

from __future__ import annotations

import ast
import json
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(f"scanner.{name}" for name in layer.split())
    for layer in (
        "messages vietnam",
        "errors",
        "model files",
        "settings store.pictures store.stored_json confidence.statistics intake.decoding",
        "intake.pdf",
        "intake layout ocr rules forms.blanks",
        "sheets forms.loading confidence.calibration",
        "forms confidence.fitting",
        "recognition",
        "form_catalogue site_lists.lists",
        "pipeline store export",
        "store_factory trial_reading manual_registration",
        "batch confidence.recalibration evaluation doctor site_lists.growth",
        "rereading",
        "commands",
        "cli",
        "__main__",
    )
)
"""From the bottom up. A module belongs to the longest name here that it begins with."""
STAGES = frozenset(f"scanner.{name}" for name in "intake layout ocr rules sheets forms.blanks".split())
"""They do not know each other; a package knows itself."""
DESK = frozenset(
    f"scanner.{name}"
    for name in "errors messages model settings vietnam rules store export forms store_factory".split()
)
ROOMS = frozenset().union(*LAYERS)


def modules(*tops: str) -> list[Path]:
    """Every Python file below some folders of the project."""
    return sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))


def name_of(path: Path) -> str:
    """scanner/ocr/ctc.py → scanner.ocr.ctc"""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


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
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(name: str) -> str | None:
    """The longest entry of the layers that a dotted name begins with."""
    parts = name.split(".")
    return next((r for n in range(len(parts), 0, -1) if (r := ".".join(parts[:n])) in ROOMS), None)


def test_every_room_is_there_and_every_module_has_one() -> None:
    there = {name_of(path) for path in modules("scanner")}
    assert {room for room in ROOMS if not any(f"{name}.".startswith(f"{room}.") for name in there)} == set()
    packages = {name_of(path) for path in modules("scanner") if path.name == "__init__.py"}
    assert {name for name in there - packages if room_of(name) is None} == set()


@pytest.mark.parametrize("path", [p for p in modules("scanner") if p.name != "__init__.py"], ids=name_of)
def test_imports_flow_down_and_stages_do_not_know_each_other(path: Path) -> None:
    mine = room_of(name_of(path))
    assert mine is not None
    rank = {room: i for i, layer in enumerate(LAYERS) for room in layer}
    for room in {room for name in imported(path) if (room := room_of(name))} - {mine}:
        assert rank[room] < rank[mine] and not {room, mine} <= STAGES, f"{mine} may not import {room}"


@pytest.mark.parametrize("path", modules("review_ui"), ids=name_of)
def test_the_desk_sees_no_pixels_and_no_engines(path: Path) -> None:
    names = imported(path)
    assert not {n for n in names if n.split(".")[0] in ("cv2", "tesserocr", "onnxruntime", "pytesseract")}
    wanted = {n for n in names if n.startswith("scanner.")}
    assert {n for n in wanted if not any(f"{n}.".startswith(f"{room}.") for room in DESK)} == set()


@pytest.mark.parametrize("path", modules("scanner", "review_ui", "samples"), ids=name_of)
def test_what_is_below_knows_no_tests_and_no_measuring(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    assert not tops & {"tests", "benchmarks", "training"}
    assert path.relative_to(ROOT).parts[0] == "samples" or "samples" not in tops


@pytest.mark.parametrize("path", modules("benchmarks", "training"), ids=name_of)
def test_training_and_benchmarks_know_no_tests(path: Path) -> None:
    assert "tests" not in {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", modules("scanner", "review_ui"), ids=name_of)
def test_no_code_knows_a_forms_name_or_a_fields_id(path: Path) -> None:
    forms = [json.loads(p.read_text(encoding="utf-8")) for p in (ROOT / "form_templates").glob("*/form.json")]
    ids = {field["id"] for form in forms for field in form["fields"]} | {form["id"] for form in forms}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # "xa" is also the commune of a batch, a word of the contract's command line
    assert not strings & (ids - {"xa"})


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = {name_of(path): path for path in modules("scanner", "review_ui", "samples", "training", "benchmarks")}

    def module_of(dotted: str) -> str | None:
        parts = dotted.split(".")
        return next((m for n in range(len(parts), 0, -1) if (m := ".".join(parts[:n])) in known), None)

    wanted = {
        name: {m for i in imported(path) if (m := module_of(i)) not in (None, name)} for name, path in known.items()
    }
    assert list(TopologicalSorter(wanted).static_order())  # raises CycleError, which names the circle
