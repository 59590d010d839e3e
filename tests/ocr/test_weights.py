"""The networks' runtime: what it must not do besides reading."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_the_runtime_keeps_no_record_of_its_use_for_its_maker(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from scanner.ocr.handwriting import WEIGHTS\n"
        "from scanner.ocr.weights import open_weights\n"
        "kept = open_weights(WEIGHTS, 'handwriting reader')\n"
        "time.sleep(8)\n"  # its first report was written 6 s after the start
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    environment |= {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
