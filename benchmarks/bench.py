"""Time of a page, stage by stage, and the memory of a worker, over the samples; then other readers beside Sohoa.

python -m benchmarks.bench [--no-peers]     prints medians and one table of readers; one thread.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

os.environ |= dict.fromkeys(("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"), "1")

import cv2
from rich.console import Console
from rich.table import Table

from benchmarks.form_peers.compare import compare
from samples.draw import FORM
from scanner.forms.loading import load_form
from scanner.intake.pages import Limits, list_pages, open_page
from scanner.intake.quality import assess_quality
from scanner.layout.ink.extraction import extract_ink
from scanner.layout.ink.field_crops import cut_fields
from scanner.layout.registration.alignment import align, flatten_background, to_grey
from scanner.layout.registration.register import register
from scanner.model import Page, PageRef, Registration, Unreadable
from scanner.pipeline import PageReader, build_reader
from scanner.recognition.reading import read_fields
from scanner.settings import load_settings

T = TypeVar("T")
SAMPLES = Path(__file__).parent.parent / "samples"
STAGES = ("open", "quality", "register", "align", "cut", "read", "page")
WIDTH = 150


class Watch:
    """Seconds of processor time by stage."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, list[float]] = defaultdict(list)

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        """Do a stage's work and note what it took."""
        before = cpu()
        result = work()
        self.spent[stage].append(cpu() - before)
        return result


def cpu() -> float:
    """Seconds of processor time of this process and of those it ran (poppler opens PDF files)."""
    others = os.times()
    return time.process_time() + others.children_user + others.children_system


def samples(limits: Limits) -> Iterator[PageRef]:
    """The pages of the samples that can be listed."""
    files = sorted(p for p in SAMPLES.iterdir() if p.suffix in (".jpg", ".png", ".tif", ".pdf"))
    for path in files:
        listed = list_pages(path, limits)
        yield from [] if isinstance(listed, Unreadable) else listed


def read(ref: PageRef, reader: PageReader, watch: Watch) -> None:
    """One page through the stages; only pages that are read through count as pages."""
    before = cpu()
    page = watch.timed("open", lambda: open_page(ref, reader.limits))
    if not isinstance(page, Page) or watch.timed("quality", lambda: assess_quality(page)).blank:
        return
    placed = watch.timed("register", lambda: register(page, reader.reference))
    if not isinstance(placed, Registration):
        return
    aligned = watch.timed("align", lambda: align(flatten_background(to_grey(page.image)), placed.transform))
    ink = extract_ink(aligned, reader.print_model)
    crops = watch.timed("cut", lambda: cut_fields(ink, reader.form.fields))
    fixed = reader.engines, reader.calibration, reader.lists
    watch.timed("read", lambda: read_fields(reader.form, ink, crops, placed, *fixed))
    watch.spent["page"].append(cpu() - before)


def stages() -> Table:
    """Read the samples and lay out what each stage took."""
    started = cpu()
    reader = build_reader(load_form(FORM), load_settings())
    build = cpu() - started
    watch = Watch()
    for ref in samples(reader.limits):
        read(ref, reader, watch)
    table = Table(title=f"Seconds of one core a page, {len(watch.spent['page'])} pages; start-up {build:.2f} s")
    for head in ("stage", "median", "worst"):
        table.add_column(head, justify="left" if head == "stage" else "right")
    for stage in STAGES:
        table.add_row(stage, f"{statistics.median(watch.spent[stage]):.3f}", f"{max(watch.spent[stage]):.3f}")
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-peers", action="store_true", help="Sohoa alone in the table of readers")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    console = Console(width=WIDTH)
    console.print(stages())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"Peak memory of this process: {peak:.0f} MB")
    console.print(compare(peers=not options.no_peers))


if __name__ == "__main__":
    main()
