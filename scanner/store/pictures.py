"""Pictures on disk by the hash of their bytes: nothing is stored twice, nothing is half-written.

A picture is written under another name, brought to the disk itself, and only then given its own: a power cut leaves
all of it or none, and a record that was committed after its pictures were put never misses one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import time
from pathlib import Path

from scanner.errors import SohoaError, StorageFull, StoreError

_KEY = re.compile(r"(?P<folder>[0-9a-f]{2})/(?P=folder)[0-9a-f]{62}\.[a-z0-9]{1,8}")
SWEEP_SECONDS = 3600
"""What has lain half-written so long was left by a program that was killed."""


class PictureStore:
    """Content-addressed files under one folder: key = "ab/abcdef….jpg", the SHA-256 of the bytes and a suffix."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"PictureStore({self.root.name})"

    def put(self, data: bytes, suffix: str) -> str:
        """Keep bytes under their hash; returns the key. `suffix` is like ".jpg".

        Bytes that are there already are not written again. Raises StorageFull when there is no room and StoreError
        when the folder cannot be written to; either way nothing half-written is left.
        """
        digest = hashlib.sha256(data).hexdigest()
        key = f"{digest[:2]}/{digest}{suffix}"
        target = self.path(key)
        if _holds(target, len(data)):
            return key
        partial = target.with_name(f".{digest[:16]}-{secrets.token_hex(4)}.partial")
        try:
            _make_folder(target.parent)
            _write_through(partial, data)
            partial.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            if _holds(target, len(data)):  # another process kept the same bytes meanwhile and has them open
                return key
            raise _sentence(error) from None
        return key

    def path(self, key: str) -> Path:
        """Where a key's file lies. Raises StoreError for anything that is no key of this store."""
        if not _KEY.fullmatch(key):
            raise StoreError("There is no such picture.", "Open the record again.")
        return self.root / key

    def read(self, key: str) -> bytes:
        """The bytes of a key. Raises StoreError when they are not there."""
        try:
            return self.path(key).read_bytes()
        except OSError:
            raise StoreError(
                "The picture is no longer on the disk.", "Restore the data folder from its backup."
            ) from None

    def sweep(self) -> int:
        """Remove what a killed program left half-written long enough ago that nobody writes it still; how many."""
        old = time.time() - SWEEP_SECONDS
        swept = 0
        for partial in self.root.glob("*/.*.partial"):
            with contextlib.suppress(OSError):  # another program sweeps too, or may and we may not
                if partial.stat().st_mtime < old:
                    partial.unlink()
                    swept += 1
        return swept


def _holds(target: Path, size: int) -> bool:
    try:
        return target.stat().st_size == size
    except OSError:
        return False


def _write_through(path: Path, data: bytes) -> None:
    """Write bytes to a new file and to the disk itself."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    """Make a folder that is there after a power cut too."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk. Windows does that by itself and cannot be asked."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sentence(error: OSError) -> SohoaError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("The disk is full.", "Free some space, then run the same command again.")
    return StoreError("A picture could not be written to the data folder.", "Check its permission and the disk.")
