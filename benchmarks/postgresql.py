"""A private PostgreSQL server in a folder of its own, for measuring and for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    places = Path("/usr/lib/postgresql")
    found = sorted(places.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) if places.is_dir() else []
    return found[-1].parent if found else None


@contextmanager
def private_server(folder: Path = Path("/tmp")) -> Iterator[str]:
    """Start a server without durability in a new folder; gives its URL without a database name, and removes it at the
    end. Raises FileNotFoundError where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        raise FileNotFoundError("PostgreSQL is not installed")
    place = folder / f"sohoa-pg-{uuid.uuid4().hex[:8]}"  # short: a socket's path has 107 characters at most
    place.mkdir(mode=0o700)
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(place, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        subprocess.run([*as_user, str(found / program), *arguments], check=True, capture_output=True, cwd=place)

    data, initdb = f"{place}/data", ("-A", "trust", "-U", "sohoa", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8")
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={place} -c fsync=off "
        "-c full_page_writes=off -c max_wal_size=4GB"
    )
    try:
        run("initdb", "-D", data, *initdb)
        run("pg_ctl", "-D", data, "-o", options, "-l", f"{place}/log", "-w", "start")
        try:
            yield f"postgresql://sohoa@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)
