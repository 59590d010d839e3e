"""The parts of the scripts that know no screen, run by Node; Playwright brings one along."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

SCRIPTS = Path(__file__).parent / "scripts"


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.test.js")), ids=lambda path: path.name)
def test_scripts_pass_their_tests_in_node(path: Path) -> None:
    node = compute_driver_executable()[0]
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", path], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0 and "\n# pass 0\n" not in done.stdout, done.stdout + done.stderr
