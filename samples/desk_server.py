"""The desk on a free port of this machine, for a browser to work at."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer


class DeskServer(ThreadedWSGIServer):
    """A server whose `server_close` waits until every request that began is answered.

    A page that is left still says so (`release`, sent as the browser closes), and whoever stops the server closes the
    store next: a request that runs on would hold a connection that nobody closes.
    """

    daemon_threads = False  # these are what server_close waits for

    def __init__(self, app: Flask) -> None:
        self._connected: set[Any] = set()
        super().__init__("127.0.0.1", 0, app)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own."""
        self._connected.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """A connection ends."""
        self._connected.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Take no more requests, answer those that are there."""
        for connection in list(self._connected):
            with suppress(OSError):  # it ended just now
                connection.shutdown(socket.SHUT_RD)  # browsers open some ahead and ask nothing
        super().server_close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve the app while the block runs; gives its address. After the block no request is under way."""
    server = DeskServer(app)
    worker = threading.Thread(target=server.serve_forever)
    worker.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        worker.join()
        server.server_close()
