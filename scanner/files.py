"""Files and folders: written whole or not at all, what the system's errors mean, and the order of numbered names.

A file is written under another name beside its own, brought to the disk itself, and only then given its own name: a
power cut leaves the old one or the new one, never a part.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from scanner.errors import SohoaError, StorageFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
ABANDONED_SECONDS = 3600
"""What has lain unfinished so long was left by a program that was killed."""


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A key to sort names by: "scan2" before "scan10", whatever their case."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


# --- errors ------------------------------------------------------------------------------------------


def is_disk_full(error: BaseException) -> bool:
    """Whether there is no room left: on the disk, in a quota, in what one file may hold."""
    return isinstance(error, OSError) and error.errno in FULL


def storage_error(error: OSError, otherwise: SohoaError) -> SohoaError:
    """What to raise for an error while writing: StorageFull where there is no room left, else `otherwise`."""
    if is_disk_full(error):
        return StorageFull("disk_full")
    return otherwise


class FileLocked(PermissionError):
    """A file cannot be replaced though its folder can be written to: on Windows, another program has it open."""


# --- one file ----------------------------------------------------------------------------------------


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; at the end what is there takes the name `path`. Raises OSError.

    If anything fails, nothing of the new file stays and the old one is as it was.
    """
    partial = _beside(path)
    try:
        yield partial
        with partial.open("rb+") as file:  # full disks on a network share say so at the latest here
            os.fsync(file.fileno())
        try:
            partial.replace(path)
        except PermissionError as error:
            raise FileLocked(error.errno, error.strerror) from None
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_file(path: Path, data: bytes, private: bool = False) -> None:
    """Write a file whole, in place of the one that is there; `private`: its owner's alone. Raises OSError."""
    with atomic_file(path) as partial, _new(partial, private) as file:
        file.write(data)


def write_new(path: Path, data: bytes, private: bool = False) -> None:
    """Write a file that is not there yet, to the disk itself; `private`: its owner's alone. Raises OSError."""
    with _new(path, private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """`atomic_file` for a file that the operator named: folders above are made, and errors are sentences.

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
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(out) as partial:
            yield partial
    except OSError as error:
        raise _explained(error, out) from None


# --- folders -----------------------------------------------------------------------------------------


@contextmanager
def atomic_folder(path: Path, replace: bool = False, mode: int = 0o777) -> Iterator[Path]:
    """Give a folder beside `path` to fill; at the end it takes the name `path`. Folders above are made.

    A folder that is there must be empty, or is replaced whole with `replace`. If anything fails, nothing of the new
    folder stays and the old one is as it was. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    partial, old = _beside(path), _beside(path)
    try:
        partial.mkdir(mode=mode)
        yield partial
        if path.is_dir():
            if replace:
                path.rename(old)
            else:
                path.rmdir()  # fails where somebody put something into it meanwhile
        try:
            partial.rename(path)
        except OSError:
            if old.is_dir():
                old.rename(path)
            raise
    finally:
        for rest in (partial, old):
            shutil.rmtree(rest, ignore_errors=True)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """`atomic_folder`, its owner's alone, for a folder that the operator named; errors are sentences.

    Raises
    ------
    StorageFull
        The disk filled up.
    SohoaError
        `out` is there and is no empty folder, or it cannot be written.
    """
    out = out.resolve()
    try:
        _must_be_free(out)
        with atomic_folder(out, mode=0o700) as partial:
            yield partial
    except OSError as error:
        raise _explained(error, out) from None


def make_folder(folder: Path) -> None:
    """Make a folder that is there after a power cut too. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk. Windows does that by itself and cannot be asked. Raises OSError."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot
            raise
    finally:
        os.close(handle)


# --- below -------------------------------------------------------------------------------------------


def _new(path: Path, private: bool) -> BinaryIO:
    binary = getattr(os, "O_BINARY", 0)  # Windows alone has it
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o600 if private else 0o666), "wb")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.partial")


def _sweep(path: Path) -> None:
    """Remove what a killed program left of this folder."""
    for rest in path.parent.glob(f".{path.name[:100]}.*.partial"):
        with suppress(OSError):
            if rest.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                shutil.rmtree(rest, ignore_errors=True)


def _must_be_free(out: Path) -> None:
    if out == Path.cwd():  # it is replaced, and whoever stands in it would stand nowhere
        raise SohoaError("out_is_current_folder", path=out)
    if out.exists() and not out.is_dir():
        raise SohoaError("out_is_file", path=out)
    if out.is_dir() and any(out.iterdir()):
        raise SohoaError("out_not_empty", path=out)


def _explained(error: OSError, out: Path) -> SohoaError:
    if is_disk_full(error):
        return StorageFull("disk_full_not_written", path=out)
    if isinstance(error, FileLocked):
        return SohoaError("file_in_use", path=out)
    if isinstance(error, PermissionError):
        return SohoaError("no_permission_to_write", folder=out.parent)
    return SohoaError("not_written", path=out, detail=error.strerror)
