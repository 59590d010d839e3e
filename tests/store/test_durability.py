"""What the store said is kept, is kept: after a kill in the middle of writing, and among processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from tests.store.conftest import record

WRITER = """
import sys
from pathlib import Path
from scanner.store.pictures import PictureStore
from scanner.store.database import Store
from tests.store.conftest import record

url, folder, pages = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
files = PictureStore(folder / "files")
with Store.open(url, files) as store:
    batch = store.ensure_batch("Đợt", xa=None, form="mau-so-03")
    print("ready", flush=True)
    for number in range(pages):
        sheet = record(f"{number}.jpg", so_dinh_danh=f"0080801{number:05}")
        key = files.put(str(number).encode() * 5000, ".jpg")
        if store.add_record(batch, sheet):
            print(sheet.ref.sha256, key, flush=True)
"""
ROOT = Path(__file__).parents[2]


def start(url: str, folder: Path, pages: int) -> subprocess.Popen[str]:
    """A process that writes pages and says of each that it is kept."""
    command = [sys.executable, "-c", WRITER, url, str(folder), str(pages)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def killed_after(process: subprocess.Popen[str], least: int) -> list[list[str]]:
    """What a process said, killed without mercy once it kept so many pages."""
    assert process.stdout is not None
    said = [process.stdout.readline().split() for _ in range(least + 1)]
    process.kill()
    said += [line.split() for line in process.stdout.read().splitlines()]
    process.stdout.close()
    process.wait()
    return [line for line in said if len(line) == 2]


def test_pages_that_were_kept_before_a_kill_are_there_whole_and_nothing_else(url: str, tmp_path: Path) -> None:
    said = killed_after(start(url, tmp_path, 400), 12)
    assert len(said) >= 12
    files = PictureStore(tmp_path / "files")
    with Store.open(url, files) as store:
        rows = {row.sha256: row for row in store.export_rows("all")}
        assert {sha for sha, _ in said} <= set(rows)
        assert len(rows) <= len(said) + 1, "at most one was kept whose word was cut off"
        assert {len(row.fields) for row in rows.values()} == {len(record().readings)}
        assert all(len(set(files.read(key))) > 0 for _, key in said)
        batch = store.ensure_batch("Đợt", xa=None, form="mau-so-03")
        again = [store.add_record(batch, record(f"{n}.jpg", so_dinh_danh=f"0080801{n:05}")) for n in range(len(rows))]
        assert not any(again), "what was kept is known"


def test_processes_that_write_the_same_pages_keep_each_once(url: str, tmp_path: Path) -> None:
    writers = [start(url, tmp_path, 25) for _ in range(2)]
    kept = [line.split()[0] for w in writers for line in w.communicate(timeout=120)[0].splitlines() if " " in line]
    assert [w.returncode for w in writers] == [0, 0]
    assert (len(kept), len(set(kept))) == (25, 25), "each page was kept by one of them"
    with Store.open(url, PictureStore(tmp_path / "files")) as store:
        assert {row.sha256 for row in store.export_rows("all")} == set(kept)
        assert len(store.batches()) == 1
