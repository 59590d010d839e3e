"""The command line that draws sheets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "samples", *words], cwd=ROOT, capture_output=True, text=True)


def test_a_set_is_drawn_with_its_truth_and_geometry(tmp_path: Path) -> None:
    done = run("draw", "--out", str(tmp_path), "--count", "1", "--seed", "7", "--hands", "typed", "--wears", "clean")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = (tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = json.loads(line)
    assert (truth["hand"], truth["wear"]) == ("typed", "clean")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {truth["file"], "0000_typed_clean.geom.npz", "truth.jsonl"}


@pytest.mark.parametrize("words", [(), ("paint",)])
def test_a_wrong_command_is_a_usage_error(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2 and "usage: python -m samples" in done.stderr
