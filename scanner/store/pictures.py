"""Pictures on disk by the hash of their bytes: nothing is stored twice, nothing is half-written.

A picture is written by `scanner.files.write_file`: a record that was committed after its pictures were put never
misses one, also after a power cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from pathlib import Path

from scanner.errors import SohoaError, StoreError
from scanner.files import ABANDONED_SECONDS, make_folder, storage_error, write_file

_KEY = re.compile(r"(?P<folder>[0-9a-f]{2})/(?P=folder)[0-9a-f]{62}\.[a-z0-9]{1,8}")


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
        try:
            make_folder(target.parent)
            write_file(target, data)
        except OSError as error:
            if _holds(target, len(data)):  # another process kept the same bytes meanwhile and has them open
                return key
            raise _sentence(error) from None
        return key

    def path(self, key: str) -> Path:
        """Where a key's file lies. Raises StoreError for anything that is no key of this store."""
        if not _KEY.fullmatch(key):
            raise StoreError("no_such_picture")
        return self.root / key

    def read(self, key: str) -> bytes:
        """The bytes of a key. Raises StoreError when they are not there."""
        try:
            return self.path(key).read_bytes()
        except OSError:
            raise StoreError("picture_lost") from None

    def sweep(self) -> int:
        """Remove what a killed program left half-written long enough ago that nobody writes it still; how many."""
        old = time.time() - ABANDONED_SECONDS
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


def _sentence(error: OSError) -> SohoaError:
    wrong = StoreError("picture_not_written")
    return storage_error(error, wrong)
