"""formHTR's own functions over a job: `run_formhtr.py JOB.json` prints a JSON line a page.

Runs in formHTR's environment, so nothing of Sohoa is imported. As its `process-logsheet` does: the page is resized to
the template, corners are found on both, four of them give the homography, and ticks are dark pixels in the boxes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from formhtr.libs.processing.align_images import find_corners, transform  # type: ignore[import-not-found]
from formhtr.libs.processing.checkbox import is_ticked  # type: ignore[import-not-found]


def read(job: dict[str, Any], page: dict[str, Any], blank: Any, corners: Any) -> dict[str, Any]:
    """What it says of one page."""
    path, boxes = Path(page["file"]), job["boxes"]
    started = time.process_time()
    picture = cv2.imread(str(path))
    assert picture is not None, "the sheets are drawn by the caller"
    rows, cols = blank.shape[:2]
    by = (cols / picture.shape[1], rows / picture.shape[0])
    resized = cv2.resize(picture, (cols, rows), interpolation=cv2.INTER_AREA)
    if page["points"]:
        there = np.array(page["points"]["template"])
        found, valid = (np.array(page["points"]["page"]) + 0.5) * by - 0.5, True
    else:
        there = corners[0]
        found, valid = find_corners(resized, False)
        valid = valid and corners[1]
    if not valid:
        return {"file": path.name, "placed": False, "seconds": time.process_time() - started}
    aligned = transform(resized, blank, found, there)
    ticked = {
        group: [name for name, (x0, y0, x1, y1) in options.items() if is_ticked(aligned[y0:y1, x0:x1])]
        for group, options in boxes.items()
    }
    seconds = time.process_time() - started
    matrix, _ = cv2.findHomography(np.array(found), np.array(there))  # as `transform` finds it
    return {
        "file": path.name,
        "placed": True,
        "ticked": ticked,
        "matrix": matrix.tolist(),
        "resized": list(by),
        "seconds": seconds,
    }


def main() -> None:
    """Read the job, print what was seen."""
    cv2.setNumThreads(1)
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    blank = cv2.imread(job["blank"])
    corners = find_corners(blank, False)
    for page in job["pages"]:
        print(json.dumps(read(job, page, blank, corners)), flush=True)


if __name__ == "__main__":
    main()
