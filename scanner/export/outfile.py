"""A file is replaced when the new one is complete, or not at all."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scanner.errors import SohoaError, StorageFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Give a temporary path beside `out` to write to; at the end it takes `out`'s name.

    Folders above are made. If anything fails, nothing of the new file stays and the old one is as it was.

    Raises
    ------
    StorageFull
        The disk filled up.
    SohoaError
        The folder cannot be written to, or `out` is a folder, or another program holds it open
        (on Windows, Excel locks an open workbook).
    """
    if out.is_dir():
        raise SohoaError(f"{out} is a folder.", "Give the name of a file to write.")
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _to_disk(temporary)
        _rename(temporary, out)
    except OSError as error:
        raise _explained(error, out) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """Full disks on a network share are told at the latest here, before the old file is gone."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _rename(temporary: Path, out: Path) -> None:
    try:
        temporary.replace(out)
    except PermissionError:
        raise SohoaError(
            f"{out} cannot be replaced: another program (Excel?) has it open, or it is protected.",
            "Close it there, or give another file name.",
        ) from None


def _explained(error: OSError, out: Path) -> SohoaError:
    if error.errno in FULL:
        return StorageFull(f"The disk is full: {out} was not written.", "Free some space and run it again.")
    if isinstance(error, PermissionError):
        return SohoaError(f"No permission to write in {out.parent}.", "Choose another folder or mend its permissions.")
    return SohoaError(f"{out} cannot be written ({error.strerror}).", "Check the path and run it again.")
