"""The second way: poppler through pdf2image, whose complaints count."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from scanner.intake.pdf import poppler
from scanner.intake.pdf.client import PdfRefused
from tests.intake.pdf.making import drawn_pdf


def standing_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name goes before pdftoppm."""
    program = folder / "bin" / "pdftoppm"
    program.parent.mkdir()
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_pages_are_counted_measured_and_drawn(tmp_path: Path) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", (300, 420), (500, 200))
    assert poppler.count_pages(path, 20) == 2
    assert poppler.page_size(path, 2, 20) == pytest.approx((500, 200))
    assert poppler.render(path, 2, 72, True, 20).shape == pytest.approx((200, 500), abs=1)
    assert poppler.render(path, 1, 72, False, 20).shape == pytest.approx((420, 300, 3), abs=1)


@pytest.mark.parametrize(
    ("complaint", "refused"),
    [("Syntax Error: Unexpected end of file in flate stream", True), ("Syntax Error: Couldn't read xref table", False)],
)
def test_complaint_counts_though_poppler_reports_success(
    complaint: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", (300, 420))
    real = shutil.which("pdftoppm")
    standing_in(tmp_path, f'#!/bin/sh\necho "{complaint}" >&2\nexec {real} "$@"\n', monkeypatch)
    if refused:
        with pytest.raises(PdfRefused) as error:
            poppler.render(path, 1, 72, True, 20)
        assert error.value.reason.code == "pdf_damaged"
    else:
        assert poppler.render(path, 1, 72, True, 20).shape == pytest.approx((420, 300), abs=1)


def test_poppler_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", (300, 420))
    standing_in(tmp_path, f"#!{sys.executable}\nimport time\ntime.sleep(30)\n", monkeypatch)
    with pytest.raises(PdfRefused) as error:
        poppler.render(path, 1, 72, True, 1)
    assert error.value.reason.code == "pdf_too_slow"


def test_missing_poppler_is_an_answer_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drawn_pdf(tmp_path / "a.pdf", (300, 420))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(poppler.PopplerMissing):
        poppler.count_pages(path, 20)
    with pytest.raises(poppler.PopplerMissing):
        poppler.render(path, 1, 72, True, 20)
