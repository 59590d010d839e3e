"""Files and folders are there whole or not at all; numbered names are in the order of their numbers."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import FormError, StorageFull
from scanner.files import (
    ABANDONED_SECONDS,
    atomic_file,
    atomic_folder,
    is_disk_full,
    natural_key,
    storage_error,
    write_file,
    write_new,
)

NAMES = st.text(st.sampled_from("abZ019 -_.đ²٣"), max_size=12)


@given(st.lists(st.integers(0, 10**9), unique=True))
def test_numbered_names_are_in_the_order_of_their_numbers(numbers: list[int]) -> None:
    names = sorted((f"Trang {n} của xã.pdf" for n in numbers), key=natural_key)
    assert [int(name.split()[1]) for name in names] == sorted(numbers)


@given(st.lists(NAMES))
def test_any_names_can_be_sorted_and_their_case_does_not_count(names: list[str]) -> None:
    assert [n.casefold() for n in sorted(names, key=natural_key)] == [
        n.casefold() for n in sorted((n.upper().lower() for n in names), key=natural_key)
    ]


@given(NAMES, st.integers(0, 5))
def test_leading_zeros_do_not_count(name: str, zeros: int) -> None:
    assert natural_key(f"a{'0' * zeros}12b{name}") == natural_key(f"a12b{name}")


def test_file_that_could_not_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"old")
    with pytest.raises(RuntimeError), atomic_file(tmp_path / "a") as partial:
        partial.write_bytes(b"half")
        raise RuntimeError
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"old")]


def test_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("sync"), sync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("name"), replace(self, to))[1])
    write_file(tmp_path / "a", b"new")
    assert steps.index("sync") < steps.index("name") and (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="permissions of this kind are POSIX")
def test_private_file_is_its_owners_alone_and_a_new_file_overwrites_nothing(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"secret", private=True)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"other")
    assert (tmp_path / "a").read_bytes() == b"secret"


def filled(folder: Path, *names: str) -> Path:
    """A folder with empty files of these names."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    filled(tmp_path / "f", "old")
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "f", replace=True) as partial:
        (partial / "new").touch()
        raise RuntimeError
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["f", "f/old"]
    with atomic_folder(tmp_path / "f", replace=True) as partial:
        (partial / "new").touch()
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["f", "f/new"]


def test_folder_that_is_not_empty_is_not_replaced_unasked(tmp_path: Path) -> None:
    filled(tmp_path / "f", "old")
    with pytest.raises(OSError), atomic_folder(tmp_path / "f") as partial:
        (partial / "new").touch()
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["f", "f/old"]


def test_old_folder_comes_back_where_the_new_one_cannot_take_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path / "f", "old")
    real = Path.rename

    def rename(self: Path, to: Path) -> Path:
        if (self / "new").exists():
            raise OSError(errno.EIO, "I/O error")
        return real(self, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError), atomic_folder(tmp_path / "f", replace=True) as partial:
        (partial / "new").touch()
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["f", "f/old"]


def test_what_a_killed_program_left_of_a_folder_is_removed_by_the_next(tmp_path: Path) -> None:
    left, fresh = filled(tmp_path / ".f.1234.partial", "half"), filled(tmp_path / ".f.5678.partial", "at work")
    old = left.stat().st_mtime - ABANDONED_SECONDS - 1
    os.utime(left, (old, old))
    with atomic_folder(tmp_path / "f"):
        pass
    assert not left.exists() and fresh.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_full_disk_is_told_from_other_errors(number: int) -> None:
    other = FormError("It could not be written.", "Look at its permission.")
    full = OSError(number, os.strerror(number))
    assert is_disk_full(full) and isinstance(storage_error(full, other), StorageFull)
    assert not is_disk_full(ValueError()) and storage_error(PermissionError(errno.EACCES, ""), other) is other
