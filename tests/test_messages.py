"""Every sentence is there in both languages."""

from __future__ import annotations

import ast
import json
import string
from functools import cache
from pathlib import Path

import pytest

from scanner.messages import ERRORS, LANGUAGES, all_messages, format_reason, message
from scanner.model import Reason

SCANNER = Path(__file__).parent.parent / "scanner"


@cache
def codes() -> dict[str, set[str]]:
    """Every reason's code in the sources, with the names of its measures where they are written out."""
    found: dict[str, set[str]] = {}
    for path in SCANNER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name == "Reason":
                given = node.args[1] if len(node.args) > 1 else None
                keys = (
                    {k.value for k in given.keys if isinstance(k, ast.Constant)}
                    if isinstance(given, ast.Dict)
                    else set()
                )
                found.setdefault(node.args[0].value, set()).update(keys)
            elif name == "issue":
                found.setdefault(node.args[0].value, set()).update(k.arg for k in node.keywords if k.arg)
    return found


@pytest.mark.parametrize("code", sorted(codes()))
def test_reason_has_words_in_both_languages_with_its_measures(code: str) -> None:
    texts = all_messages()[code]
    for lang in ("en", "vi"):
        wanted = {name for _, name, _, _ in string.Formatter().parse(texts[lang]) if name}
        assert wanted <= codes()[code], f"{code} in {lang} names a measure that is not given"
        assert texts[lang].strip()


@pytest.mark.parametrize("code", sorted(json.loads((SCANNER / "locale" / "steps.json").read_text(encoding="utf-8"))))
def test_reason_of_a_step_is_told_in_both_languages(code: str) -> None:
    assert message(code, "en") not in ("", code) and message(code, "vi") not in ("", code, message(code, "en"))


def test_codes_without_words_are_shown_as_they_are() -> None:
    assert message("no_such_code", "vi") == "no_such_code"


def test_measures_stand_in_the_sentence() -> None:
    assert "120" in format_reason(Reason("resolution_low", {"dpi": 120}), "vi")
    assert format_reason(Reason("page_blank")) != format_reason(Reason("page_blank"), "vi")


def test_no_code_has_two_sentences() -> None:
    paths = [path for path in sorted((SCANNER / "locale").glob("*.json")) if path.name != ERRORS]
    files = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    assert len(all_messages()) == sum(len(file) for file in files)


@pytest.mark.parametrize("code", sorted(all_messages()))
def test_message_fills_the_same_gaps_in_both_languages(code: str) -> None:
    texts = all_messages()[code]
    assert set(texts) == set(LANGUAGES)
    gaps = [{name for _, name, _, _ in string.Formatter().parse(texts[lang]) if name} for lang in LANGUAGES]
    assert gaps[0] == gaps[1]


def test_messages_of_commands_are_there_under_the_codes_that_are_used() -> None:
    used = set()
    for path in (SCANNER / "commands").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print_message":
                used |= {n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant)}
    used = {f"command.{code}" for code in used if not str(code).endswith(".")}
    assert used and used <= set(all_messages())
