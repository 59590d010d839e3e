"""The desk behind its production server, as `sohoa serve` starts it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path

START = """
import sys
from pathlib import Path
from review_ui.server import serve
from scanner.settings import Settings
serve(Settings(data=Path(sys.argv[1])), "127.0.0.1", int(sys.argv[2]))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, method: str, path: str, body: bytes = b"") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        return answer
    finally:
        connection.close()


def test_server_answers_without_naming_itself_and_refuses_floods(filled: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", START, str(filled), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            for _ in range(200):
                try:
                    answer = ask(port, "GET", "/login")
                    break
                except OSError:
                    assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
                    time.sleep(0.1)
            assert answer.status == 200
            assert "Đăng nhập" in answer.text  # type: ignore[attr-defined]
            assert answer.getheader("Server") is None
            flood = ask(port, "POST", "/login", b"x" * 100_000)
            assert flood.status == 413
        finally:
            process.terminate()
            process.communicate(timeout=10)
