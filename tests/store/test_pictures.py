"""Pictures on disk: whole or not at all, once each, and never outside their folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import SohoaError, StorageFull, StoreError
from scanner.store.pictures import PictureStore


def held(root: Path) -> list[Path]:
    """Every file below a folder."""
    return [p for p in root.rglob("*") if p.is_file()]


@given(st.text(max_size=90))
def test_no_text_leads_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    files = PictureStore(tmp_path_factory.mktemp("f"))
    try:
        path = files.path(key)
    except StoreError:
        return
    assert path.resolve().is_relative_to(files.root.resolve())


@given(
    st.sampled_from(["..", "/", "\\", "\0", "C:", "~", "%2e%2e", "\n", "Ａ"]), st.integers(0, 70), st.binary(max_size=8)
)
def test_key_with_anything_strange_in_it_is_refused(
    tmp_path_factory: pytest.TempPathFactory, strange: str, at: int, data: bytes
) -> None:
    files = PictureStore(tmp_path_factory.mktemp("f"))
    key = files.put(data, ".jpg")
    with pytest.raises(StoreError):
        files.path(key[:at] + strange + key[at:])
    with pytest.raises(StoreError):
        files.path(key + "\n")


def test_key_is_made_of_the_hash_and_the_suffix(tmp_path: Path) -> None:
    key = PictureStore(tmp_path).put(b"abc", ".png")
    assert key == "ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.png"
    assert (tmp_path / key).read_bytes() == b"abc"


def test_same_bytes_by_many_at_once_are_one_whole_file(tmp_path: Path) -> None:
    files, data = PictureStore(tmp_path), os.urandom(300_000)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: files.put(data, ".jpg"), range(24)))
    assert len(keys) == 1
    assert [p.read_bytes() == data for p in held(tmp_path)] == [True]


def test_missing_picture_is_told(tmp_path: Path) -> None:
    files = PictureStore(tmp_path)
    key = files.put(b"abc", ".jpg")
    files.path(key).unlink()
    with pytest.raises(StoreError, match="backup"):
        files.read(key)


def test_path_of_the_data_folder_stays_out_of_repr(tmp_path: Path) -> None:
    assert str(tmp_path.parent) not in repr(PictureStore(tmp_path / "files"))


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StoreError)]
)
def test_write_that_fails_leaves_nothing_and_is_one_sentence(
    tmp_path: Path, monkeypatch, number: int, kind: type[SohoaError]
) -> None:
    def fails(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(kind):
        PictureStore(tmp_path).put(b"abc", ".jpg")
    assert held(tmp_path) == []


def test_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError):
        PictureStore(tmp_path / "files").put(b"abc", ".jpg")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of this kind are POSIX")
def test_folder_without_permission_is_told(tmp_path: Path) -> None:
    root = tmp_path / "files"
    root.mkdir()
    (root / "ba").mkdir()
    (root / "ba").chmod(0)
    for folder in (root, *root.parents):
        if folder != Path("/") and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from scanner.store.pictures import PictureStore\n"
        "from scanner.errors import StoreError\n"
        "from scanner.messages import all_errors\n"
        "all_errors()  # read before the rights to the folder of the program may be gone\n"
        "if os.geteuid() == 0:\n"
        "    os.setgid(65534)\n"
        "    os.setuid(65534)\n"
        "for act in ('put', 'read'):\n"
        "    try:\n"
        "        files = PictureStore(Path(sys.argv[1]))\n"
        "        files.put(b'abc', '.jpg') if act == 'put' else files.read('ba/' + 'ba' * 32 + '.jpg')\n"
        "    except StoreError as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=False)
    (root / "ba").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_full_disk_keeps_what_was_whole_and_takes_more_once_there_is_room(tiny_disk: Path) -> None:
    files = PictureStore(tiny_disk / "files")
    kept: list[str] = []
    with pytest.raises(StorageFull, match="disk is full"):
        for number in range(20):
            kept.append(files.put(bytes([number]) * 200_000, ".jpg"))
    assert 3 <= len(kept) < 6
    assert sorted(held(tiny_disk)) == sorted(files.path(k) for k in kept)
    assert [len(files.read(k)) for k in kept] == [200_000] * len(kept)
    files.path(kept[0]).unlink()
    assert files.read(files.put(b"\xff" * 200_000, ".jpg")) == b"\xff" * 200_000


def test_file_cut_short_by_an_older_disk_is_written_anew(tmp_path: Path) -> None:
    files = PictureStore(tmp_path)
    key = files.put(b"a whole picture", ".jpg")
    files.path(key).write_bytes(b"a wh")
    assert files.put(b"a whole picture", ".jpg") == key
    assert files.read(key) == b"a whole picture"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder's names by itself")
def test_name_and_bytes_are_on_the_disk_itself_before_the_key_is_told(tmp_path: Path, monkeypatch) -> None:
    """After a power cut a committed record must not miss its picture: file, its folder, and the folder's folder."""
    synced: list[str] = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path)))
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("only Linux tells what a handle is of")
    key = PictureStore(tmp_path / "files").put(b"abc", ".jpg")
    assert synced[-1] == "files/ba" and synced[-2].endswith(".partial") and set(synced[:-2]) == {".", "files"}
    synced.clear()
    PictureStore(tmp_path / "files").put(b"abc", ".jpg")
    assert synced == [], f"{key} is there already"


@given(st.binary(max_size=200))
def test_bytes_come_back_and_are_kept_once(tmp_path_factory, data: bytes) -> None:
    files = PictureStore(tmp_path_factory.mktemp("f"))
    key = files.put(data, ".jpg")
    assert files.put(data, ".jpg") == key
    assert files.read(key) == data
    assert len([p for p in files.root.rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize(
    "key", ["../secret.key", "/etc/passwd", "ab/../../x.jpg", "", "ab/" + "0" * 64, "AB/" + "a" * 64 + ".jpg"]
)
def test_key_that_leaves_the_store_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreError):
        PictureStore(tmp_path).path(key)


def test_what_a_killed_program_left_is_swept_and_fresh_work_is_not(tmp_path: Path) -> None:
    files = PictureStore(tmp_path)
    kept = files.put(b"picture", ".jpg")
    old, fresh = (files.path(kept).with_name(f".{n}.partial") for n in ("old", "fresh"))
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert files.sweep() == 1
    assert fresh.exists() and not old.exists() and files.read(kept) == b"picture"
