"""The PDFium process: a hang, a crash and a fork cost one answer and nothing else."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.intake.pages import Limits, open_page
from scanner.intake.pdf.client import PdfiumProcess, PdfiumRefused, PdfRefused
from scanner.model import Page, PageRef, Unreadable
from tests.intake.pdf.making import drawn_pdf, endless_pdf


@pytest.fixture
def process() -> Iterator[PdfiumProcess]:
    """A process of the test's own."""
    process = PdfiumProcess()
    yield process
    process.close()


def child_of(process: PdfiumProcess) -> int:
    """The number of the child at work."""
    assert process._child is not None
    return process._child.pid


def test_page_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    ref = PageRef(drawn_pdf(tmp_path / "a.pdf", (300, 420)))
    assert isinstance(open_page(ref, Limits()), Page)  # the process has started
    begun = time.monotonic()
    page = open_page(PageRef(endless_pdf(tmp_path / "endless.pdf")), Limits(seconds=1))
    assert isinstance(page, Unreadable) and page.reason.code == "pdf_too_slow"
    assert time.monotonic() - begun < 10
    assert isinstance(open_page(ref, Limits()), Page)


def test_crash_refuses_one_page_and_a_new_process_reads_the_next(process: PdfiumProcess, tmp_path: Path) -> None:
    good, endless = drawn_pdf(tmp_path / "a.pdf", (300, 420)), endless_pdf(tmp_path / "endless.pdf")
    process.request("count", good, 60)
    first = child_of(process)
    killer = threading.Timer(0.5, os.kill, (first, signal.SIGTERM))
    killer.start()
    with pytest.raises(PdfiumRefused) as refusal:
        process.request("page", endless, 60, number=1)
    assert refusal.value.reason.code == "pdf_damaged"
    assert process.request("count", good, 60)[0]["pages"] == 1
    assert child_of(process) != first


def test_process_that_was_killed_between_two_pages_is_started_again(process: PdfiumProcess, tmp_path: Path) -> None:
    good = drawn_pdf(tmp_path / "a.pdf", (300, 420))
    process.request("count", good, 60)
    os.kill(child_of(process), signal.SIGTERM)
    assert process._child is not None
    process._child.wait()
    assert process.request("count", good, 60)[0]["pages"] == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is set on Linux")
def test_memory_of_the_process_is_bounded(process: PdfiumProcess, tmp_path: Path) -> None:
    good = drawn_pdf(tmp_path / "a.pdf", (300, 420))
    with pytest.raises(PdfRefused):
        process.request("render", good, 60, number=1, width=60_000, height=60_000, grey=False)
    assert process.request("count", good, 60)[0]["pages"] == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_process_has_a_pdfium_process_of_its_own(tmp_path: Path) -> None:
    ref = PageRef(drawn_pdf(tmp_path / "a.pdf", (300, 420)))
    assert isinstance(open_page(ref, Limits()), Page)
    inner = os.fork()
    if inner == 0:
        for _ in range(5):
            good = isinstance(open_page(ref, Limits()), Page)
        os._exit(0 if good else 1)
    pages = [open_page(ref, Limits()) for _ in range(5)]
    assert os.waitpid(inner, 0)[1] == 0
    assert all(isinstance(page, Page) for page in pages)


def test_threads_take_their_turns(tmp_path: Path) -> None:
    paths = [drawn_pdf(tmp_path / f"{n}.pdf", (100 + 10 * n, 100)) for n in range(4)]
    widths: dict[int, set[int]] = {n: set() for n in range(4)}

    def read(n: int) -> None:
        for _ in range(5):
            page = open_page(PageRef(paths[n]), Limits())
            assert isinstance(page, Page)
            widths[n].add(page.image.shape[1])

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widths == {n: {round((100 + 10 * n) / 72 * 300)} for n in range(4)}


def test_file_that_is_gone_is_the_systems_error(process: PdfiumProcess, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        process.request("count", tmp_path / "gone.pdf", 60)
