"""Errors: each code that is raised has its sentences in both languages, and no sentence is built in code."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scanner import errors
from scanner.errors import SohoaError, SourceError, StoreError
from scanner.messages import ERRORS, LANGUAGES, Phrase, all_errors

ROOT = Path(__file__).parent.parent
KINDS = frozenset(errors.__all__)
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
"""Two words after each other: more than a code, a path or a command's name."""
SPEAKING = frozenset({"echo", "print_message", "Finding", "message"})
"""What shows its arguments to people."""


@cache
def trees(*tops: str) -> list[tuple[Path, ast.Module]]:
    """Every module below some folders."""
    found = []
    for top in tops:
        base = ROOT / top
        for path in sorted(base.rglob("*.py")) if base.is_dir() else [base]:
            found.append((path, ast.parse(path.read_text(encoding="utf-8"))))
    return found


def calls(tree: ast.AST, names: frozenset[str]) -> Iterator[ast.Call]:
    """The calls of functions and classes of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in names:
                yield node


def codes_of(node: ast.expr) -> list[str]:
    """The codes that a first argument may be: a constant, or one of two."""
    match node:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.IfExp(body=first, orelse=second):
            return codes_of(first) + codes_of(second)
    return []


@cache
def raised() -> dict[str, list[tuple[str, set[str], bool]]]:
    """Code → where it is raised, the parameters that are given there, and whether more may be given (`**`)."""
    found: dict[str, list[tuple[str, set[str], bool]]] = {}
    for path, tree in trees("scanner", "review_ui"):
        for call in calls(tree, KINDS):
            given = {k.arg for k in call.keywords if k.arg}
            for code in codes_of(call.args[0]) if call.args else []:
                place = f"{path.relative_to(ROOT)}:{call.lineno}"
                found.setdefault(code, []).append((place, given, any(k.arg is None for k in call.keywords)))
    return {**found, "no_such_record": [("scanner/errors.py", set(), False)]}


def placeholders(text: str) -> set[str]:
    """Names of the gaps in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_error_is_raised_with_a_code_alone_and_never_with_a_sentence() -> None:
    wordy = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, tree in trees("scanner", "review_ui")
        for call in calls(tree, KINDS)
        if call.args and (len(call.args) != 1 or not codes_of(call.args[0]))
    ]
    assert wordy == []


@pytest.mark.parametrize("code", sorted(raised()))
def test_raised_code_has_two_sentences_in_each_language_with_no_gap_left_open(code: str) -> None:
    texts = all_errors()[code]
    assert set(texts) == set(LANGUAGES)
    for text in texts.values():
        assert all((sentence.strip() and sentence[-1] in ".:?") or _ends_in_command(sentence) for sentence in text)
        for place, given, more in raised()[code]:
            assert more or placeholders("".join(text)) <= given, f"{place} leaves a gap open"


def _ends_in_command(sentence: str) -> bool:
    """ "Install it with: pip install …": a full stop would become part of the command."""
    return ": " in sentence or sentence.endswith("}")


def test_both_languages_fill_the_same_gaps() -> None:
    for code, texts in all_errors().items():
        assert placeholders("".join(texts["en"])) == placeholders("".join(texts["vi"])), code


def test_no_sentence_is_kept_that_nothing_raises() -> None:
    assert set(all_errors()) - set(raised()) == set()
    data = json.loads((ROOT / "scanner" / "locale" / ERRORS).read_text(encoding="utf-8"))
    assert list(data) == sorted(data)


def test_vietnamese_is_not_english() -> None:
    assert [code for code, texts in all_errors().items() if texts["en"].problem == texts["vi"].problem] == []


def test_commands_and_doctor_build_no_sentence() -> None:
    wordy = []
    for path, tree in trees("scanner/commands", "scanner/cli.py", "scanner/doctor.py"):
        for call in calls(tree, SPEAKING):
            for argument in (*call.args, *(k.value for k in call.keywords)):
                for node in ast.walk(argument):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not _command(node.value):
                        wordy += [f"{path.name}:{call.lineno}"] if SENTENCE.search(node.value) else []
    assert wordy == []


def _command(text: str) -> bool:
    return text.startswith(("sudo ", "pip ", "sohoa "))


# --- the errors themselves -------------------------------------------------------------------------------


def test_error_is_put_into_the_language_asked_for() -> None:
    error = SourceError("no_such_path", path=Path("gone"))
    assert str(error) == "There is no file or folder gone. Check the path."
    assert error.sentences("vi") == "Không có tệp hay thư mục gone. Hãy kiểm tra đường dẫn."
    assert error.text("xx") == error.text("en")


def test_phrase_within_an_error_is_put_into_the_same_language() -> None:
    error = errors.EngineError("weights_missing", reader=Phrase("reader.digit reader"), file="digits.onnx")
    assert "digit reader" in error.problem
    assert "bộ đọc chữ số" in error.text("vi").problem


def test_error_without_a_code_keeps_its_sentences() -> None:
    error = StoreError("It is wrong.", "Do this.")
    assert error.text("vi") == ("It is wrong.", "Do this.")


def test_unknown_code_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        SohoaError("no_such_code")
