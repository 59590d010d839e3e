"""Time of a page, stage by stage, and the memory of a worker, over the samples.

python scripts/bench.py     prints medians; one thread.
"""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

os.environ["OMP_THREAD_LIMIT"] = "1"

import cv2
from rich.console import Console
from rich.table import Table

from scanner.forms import list_forms, load_form
from scanner.layout.fields import cut_fields
from scanner.layout.ink import find_ink
from scanner.layout.laying import align, level, to_grey
from scanner.layout.registration import Registration, register
from scanner.model import Page
from scanner.pages import Limits, list_pages, open_page
from scanner.pipeline import build_reader
from scanner.quality import assess
from scanner.reading import read_fields
from scanner.settings import load_settings

T = TypeVar("T")
SAMPLES = Path(__file__).parent.parent / "samples"
STAGES = ("open", "quality", "register", "align", "cut", "read", "page")


def cpu() -> float:
    """Seconds of processor time of this process and of those it ran (poppler opens PDF files)."""
    others = os.times()
    return time.process_time() + others.children_user + others.children_system


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    form = load_form(list_forms()[0])
    started = cpu()
    reader = build_reader(form, load_settings())
    build = cpu() - started
    spent: defaultdict[str, list[float]] = defaultdict(list)

    def timed(stage: str, work: Callable[[], T]) -> T:
        before = cpu()
        result = work()
        spent[stage].append(cpu() - before)
        return result

    limits = Limits()
    files = sorted(p for p in SAMPLES.iterdir() if p.suffix in (".jpg", ".png", ".tif", ".pdf"))
    for ref in [ref for path in files for ref in (list_pages(path, limits) or []) if not hasattr(ref, "reason")]:
        before = cpu()
        page = timed("open", lambda ref=ref: open_page(ref, limits))
        if not isinstance(page, Page) or timed("quality", lambda page=page: assess(page)).blank:
            continue
        placed = timed("register", lambda page=page: register(page, reader.reference))
        if not isinstance(placed, Registration):
            continue
        aligned = timed("align", lambda page=page, placed=placed: align(level(to_grey(page.image)), placed))
        ink = find_ink(aligned, reader.printed)
        crops = timed("cut", lambda ink=ink: cut_fields(ink, form.fields))
        timed(
            "read",
            lambda ink=ink, crops=crops, placed=placed: read_fields(
                form, ink, crops, placed, reader.engines, reader.calibration, reader.lists
            ),
        )
        spent["page"].append(cpu() - before)
    table = Table(title=f"Seconds of one core a page, {len(spent['page'])} pages; start-up {build:.2f} s")
    for head in ("stage", "median", "worst"):
        table.add_column(head, justify="left" if head == "stage" else "right")
    for stage in STAGES:
        table.add_row(stage, f"{statistics.median(spent[stage]):.3f}", f"{max(spent[stage]):.3f}")
    Console().print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Console().print(f"Peak memory of this process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
