"""A file is replaced, and a folder appears, when the new one is complete, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
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
        raise SohoaError("out_is_folder", path=out)
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


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside `out`, its owner's alone, to fill; at the end it takes `out`'s name.

    Folders above are made. If anything fails, nothing of the new folder stays.

    Raises
    ------
    StorageFull
        The disk filled up.
    SohoaError
        `out` is there and is no empty folder, or it cannot be written.
    """
    out = out.resolve()
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        _must_be_free(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir(mode=0o700)
        yield temporary
        if out.is_dir():
            out.rmdir()  # fails where somebody put something into it meanwhile
        temporary.rename(out)
    except OSError as error:
        raise _explained(error, out) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _must_be_free(out: Path) -> None:
    if out == Path.cwd():  # it is replaced, and whoever stands in it would stand nowhere
        raise SohoaError("out_is_current_folder", path=out)
    if out.exists() and not out.is_dir():
        raise SohoaError("out_is_file", path=out)
    if out.is_dir() and any(out.iterdir()):
        raise SohoaError("out_not_empty", path=out)


def _to_disk(path: Path) -> None:
    """Full disks on a network share are told at the latest here, before the old file is gone."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _rename(temporary: Path, out: Path) -> None:
    try:
        temporary.replace(out)
    except PermissionError:
        raise SohoaError("file_in_use", path=out) from None


def _explained(error: OSError, out: Path) -> SohoaError:
    if error.errno in FULL:
        return StorageFull("disk_full_not_written", path=out)
    if isinstance(error, PermissionError):
        return SohoaError("no_permission_to_write", folder=out.parent)
    return SohoaError("not_written", path=out, detail=error.strerror)
