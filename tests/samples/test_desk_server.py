"""The server that tests and the designing of forms put before a browser."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import urlsplit

import pytest
from flask import Flask

from samples.desk_server import serving


@pytest.fixture
def answered() -> list[str]:
    return []


@pytest.fixture
def begun() -> threading.Event:
    return threading.Event()


@pytest.fixture
def app(answered: list[str], begun: threading.Event) -> Flask:
    """An app whose answer takes a while."""
    app = Flask(__name__)

    @app.post("/slow")
    def slow() -> str:
        begun.set()
        time.sleep(1.5)
        answered.append("slow")
        return "done"

    return app


def test_server_ends_when_every_request_that_began_is_answered(
    app: Flask, answered: list[str], begun: threading.Event
) -> None:
    with serving(app) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        connection.request("POST", "/slow")
        assert begun.wait(10)
    assert answered == ["slow"], "whoever closes the store next would take it from that request"
    assert connection.getresponse().read() == b"done"
    connection.close()


def test_connection_that_a_browser_opened_ahead_does_not_keep_the_server(app: Flask) -> None:
    with serving(app) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        connection.connect()
        other = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        other.request("POST", "/slow")
        assert other.getresponse().read() == b"done"
    assert connection.sock.recv(1) == b"", "the server has let go of it"
    connection.close()
