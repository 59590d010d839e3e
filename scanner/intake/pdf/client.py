"""The parent's side of the PDFium process: requests with a time limit, and a new process after a hang or a crash."""

from __future__ import annotations

import atexit
import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from scanner.model import Reason

PROGRAM = Path(__file__).with_name("pdfium_process.py")
START_SECONDS = 20.0
"""Added to the limit of the request that starts the process: 0.1 s on a free machine, seconds on a loaded one."""


class PdfRefused(Exception):
    """A PDF file or page that cannot be read; `reason` says why."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.reason = Reason(code, params)


class PdfiumRefused(PdfRefused):
    """PDFium does not read this file or page; another program may."""


class PdfiumProcess:
    """One child process, started when it is first needed; one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def request(self, what: str, path: Path, seconds: float, **params: int | bool) -> tuple[dict[str, Any], bytes]:
        """The answer to one request and the bytes that follow it.

        Raises PdfRefused ("pdf_too_slow" after `seconds`, "pdf_encrypted", "page_missing", "pdf_without_pages"),
        PdfiumRefused ("pdf_damaged": also when the child crashed), OSError.
        """
        message = json.dumps({"do": what, "path": str(path.absolute()), **params}).encode() + b"\n"
        with self._lock:
            answer = self._exchange(message, seconds)
        if answer is None:
            raise PdfRefused("pdf_too_slow", seconds=round(seconds))
        about, data = answer
        if "errno" in about:
            raise OSError(about["errno"] or errno.ENOENT, "The file cannot be read.")
        if "error" in about:
            raise _refusal(about["error"], int(params.get("number", 1)))
        return about, data

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            self._end()

    def _exchange(self, message: bytes, seconds: float) -> tuple[dict[str, Any], bytes] | None:
        """The child's answer; None where it took too long. Raises PdfiumRefused when it crashed."""
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child, seconds = _started(), seconds + START_SECONDS
        child, late = self._child, threading.Event()

        def give_up() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(seconds, give_up)
        timer.start()
        try:
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(message)
            child.stdin.flush()
            about = json.loads(child.stdout.readline())
            data = child.stdout.read(about["bytes"])
            if len(data) == about["bytes"]:
                return about, data
        except (OSError, ValueError):  # a pipe that broke, half a line
            pass
        finally:
            timer.cancel()
        self._end()
        if late.is_set():
            return None
        raise PdfiumRefused("pdf_damaged")

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        with self._child:  # closes the pipes and waits
            pass
        self._child = None


def _started() -> subprocess.Popen[bytes]:
    quiet = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows alone has it
    return subprocess.Popen(
        [sys.executable, "-P", str(PROGRAM)],  # -P: no module is taken from the folder of the program
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=quiet,
    )  # fmt: skip


def _refusal(name: str, number: int) -> PdfRefused:
    match name:
        case "encrypted":
            return PdfRefused("pdf_encrypted")
        case "security":  # a kind of encryption that PDFium does not know
            return PdfiumRefused("pdf_encrypted")
        case "page_missing":
            return PdfRefused("page_missing", page=number)
        case "without_pages":
            return PdfRefused("pdf_without_pages")
    return PdfiumRefused("pdf_damaged")


_processes: dict[int, PdfiumProcess] = {}
"""By process: a process that was forked must not speak with its parent's child."""


def pdfium() -> PdfiumProcess:
    """The PDFium process of this process."""
    process = os.getpid()
    if process not in _processes:
        _processes[process] = PdfiumProcess()
        atexit.register(_processes[process].close)
    return _processes[process]


def pdfium_version() -> str | None:
    """Which PDFium reads PDF files; None where its process does not start."""
    try:
        return str(pdfium().request("version", Path(), START_SECONDS)[0]["version"])
    except (PdfRefused, OSError):
        return None
