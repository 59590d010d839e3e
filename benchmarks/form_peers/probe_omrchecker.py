"""Run OMRChecker as it is and note where it lays each page: `probe_omrchecker.py CHECKOUT LOG -i DIR -o DIR`.

Runs in OMRChecker's environment, so nothing of Sohoa is imported. Two functions of OpenCV are watched from outside:
which picture was opened last, and which homography was found for it.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

import cv2


def watch(log: Path) -> None:
    """Note file, homography and the process's seconds, a JSON line a page, at each homography that is found."""
    opened = [""]
    read_picture, find_homography = cv2.imread, cv2.findHomography

    def imread(path: Any, *rest: Any, **named: Any) -> Any:
        opened[0] = Path(path).name
        return read_picture(path, *rest, **named)

    def homography(*rest: Any, **named: Any) -> Any:
        found = find_homography(*rest, **named)
        matrix = None if found[0] is None else found[0].tolist()
        with log.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"file": opened[0], "matrix": matrix, "seconds": time.process_time()}) + "\n")
        return found

    cv2.imread, cv2.findHomography = imread, homography  # type: ignore[assignment]


def main() -> None:
    """Watch, then run its main.py as if it had been called."""
    checkout, log, *rest = sys.argv[1:]
    cv2.setNumThreads(1)
    watch(Path(log))
    sys.path.insert(0, checkout)
    sys.argv = ["main.py", *rest]
    runpy.run_path(str(Path(checkout) / "main.py"), run_name="__main__")


if __name__ == "__main__":
    main()
