"""Pictures on disk by the hash of their bytes: nothing is stored twice, nothing is half-written."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from scanner.errors import SohoaError, StorageFull, StoreError

SWEEP_SECONDS = 3600
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,8}")


class FileStore:
    """Content-addressed files under one folder: key = "ab/abcdef….jpg"."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"FileStore({self.root.name})"

    def put(self, data: bytes, suffix: str) -> str:
        """Keep bytes; returns their key. Raises StorageFull, and leaves nothing half-written."""
        digest = hashlib.sha256(data).hexdigest()
        key = f"{digest[:2]}/{digest}{suffix}"
        target = self.path(key)
        partial = target.with_name(f".{digest[:16]}-{secrets.token_hex(4)}.partial")
        try:
            if target.exists():
                return key
            target.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            with suppress(OSError):  # the folder itself may be closed or gone
                partial.unlink()
            raise _sentence(error) from None
        return key

    def sweep(self) -> int:
        """Remove what a killed program left half-written long enough ago that nobody writes it still."""
        old = time.time() - SWEEP_SECONDS
        left = [p for p in self.root.glob("*/.*.partial") if p.stat().st_mtime < old]
        for partial in left:
            partial.unlink(missing_ok=True)
        return len(left)

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


def _sentence(error: OSError) -> SohoaError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("The disk is full.", "Free some space, then run the same command again.")
    return StoreError("A picture could not be written to the data folder.", "Check its permission and the disk.")
