"""Bad input: one sentence each, the rest of the batch goes on, nothing half-written."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pypdf import PdfWriter

from scanner.cli import main
from scanner.settings import Settings
from scanner.store.pictures import PictureStore
from scanner.store_factory import open_store
from tests.conftest import Desk


def run(*arguments: str | Path, data: Path | None = None) -> Result:
    """A command as the operator gives it."""
    start = ["--data", str(data)] if data else []
    return CliRunner().invoke(main, [*start, *map(str, arguments)])


def sentence(result: Result, code: int) -> str:
    """The one sentence that a command ended with."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def sheet(desk_of_sheets: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good sheet as a file."""
    path = tmp_path_factory.mktemp("good") / "good.png"
    Image.fromarray(desk_of_sheets.draw(61).image).save(path, dpi=(300, 300))
    return path


def huge_png(path: Path, side: int = 30_000) -> Path:
    """A PNG that claims side × side pixels and packs them into a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 1)
    packed = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
    return path


def bad_files(folder: Path, sheet: Path) -> dict[str, Path]:
    """One bad file of each kind."""
    text = folder / "letter.pdf"
    text.write_text("Kính gửi …", encoding="utf-8")
    whole = folder / "whole.jpg"
    Image.open(sheet).convert("RGB").save(whole, quality=85)
    cut = folder / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()
    empty = folder / "empty.tif"
    empty.write_bytes(b"")
    locked = folder / "locked.pdf"
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(locked)
    damaged = folder / "damaged.pdf"
    damaged.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 20)
    return {
        "text": text, "cut": cut, "empty": empty, "locked": locked, "damaged": damaged,
        "huge": huge_png(folder / "huge.png"),
    }  # fmt: skip


def test_each_bad_file_is_one_line_with_its_reason_and_the_good_one_is_read(sheet: Path, tmp_path: Path) -> None:
    bad = bad_files(tmp_path, sheet)
    out = tmp_path / "out.jsonl"
    result = run("read", *bad.values(), sheet, "--jsonl", out)
    assert result.exit_code == 3
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    found = {line["source"]: line for line in lines}
    assert len(lines) == len(bad) + 1
    for path in bad.values():
        line = found[path.name]
        assert line["status"] == "unreadable" and line["fields"] == {}
        assert line["reason"] and "\n" not in line["reason"]
        assert path.name in result.stderr
    assert found[sheet.name]["status"] == "read"
    assert "password" in found["locked.pdf"]["reason"]
    assert "0 bytes" in found["empty.tif"]["reason"]


def test_batch_goes_on_past_bad_files_and_keeps_each_in_one_state(sheet: Path, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    bad = bad_files(tmp_path / "scans", sheet)
    (tmp_path / "scans" / "good.png").write_bytes(sheet.read_bytes())
    result = run("scan", tmp_path / "scans", "--batch", "thử", data=tmp_path / "data")
    assert result.exit_code == 3
    again = run("scan", tmp_path / "scans", "--batch", "thử", data=tmp_path / "data")
    assert again.exit_code == 0
    store = open_store(Settings(data=tmp_path / "data"))
    (batch,) = store.batches()
    store.close()
    assert dict(batch.by_status) == {"read": 1, "unreadable": len(bad)}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of this kind are POSIX")
def test_folder_without_permission_is_told(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "a.png").write_bytes(b"x")
    closed.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from scanner.intake.pages import find_sources\n"
        "from scanner.errors import SourceError\n"
        "from scanner.messages import all_errors\n"
        "all_errors()  # read before the rights to the folder of the program may be gone\n"
        "if os.geteuid() == 0:\n"
        "    os.setgid(65534)\n"
        "    os.setuid(65534)\n"
        "try:\n"
        "    find_sources([Path(sys.argv[1])])\n"
        "except SourceError as error:\n"
        "    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code, str(closed)], capture_output=True, text=True, check=True)
    closed.chmod(0o700)
    assert "closed" in told.stdout and told.stdout.count("\n") == 1


def test_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "nowhere" in sentence(run("read", tmp_path / "nowhere"), 1)


def test_form_that_does_not_exist_is_told_with_those_that_do(sheet: Path) -> None:
    assert "mau-so-03" in sentence(run("read", sheet, "--form", "mau-so-99"), 1)


def test_missing_tesseract_is_told_before_anything_is_read(sheet: Path, tmp_path: Path, monkeypatch) -> None:
    from scanner.ocr import tesseract

    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    monkeypatch.setattr(tesseract.pytesseract.pytesseract, "tesseract_cmd", "/nowhere/tesseract")
    assert "apt-get install tesseract-ocr" in sentence(run("read", sheet), 1)
    assert "apt-get install tesseract-ocr" in sentence(run("scan", sheet, data=tmp_path / "d"), 1)
    store = open_store(Settings(data=tmp_path / "d"))
    assert sum(b.pages for b in store.batches()) == 0
    store.close()


def test_missing_vietnamese_model_is_told(sheet: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert "tesseract-ocr-vie" in sentence(run("read", sheet), 1)


def test_database_of_a_newer_version_is_told(tmp_path: Path) -> None:
    from sqlalchemy import text

    from scanner.store.connection import connect

    settings = Settings(data=tmp_path)
    open_store(settings).close()
    engine = connect(settings.url).execution_options(sohoa_write=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "newer version" in sentence(run("export", "--format", "csv", "--out", tmp_path / "x.csv", data=tmp_path), 1)
    assert not (tmp_path / "x.csv").exists()


def test_wrong_setting_is_told_by_its_name(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SOHOA_MAX_PAGES", "many")
    assert "SOHOA_MAX_PAGES" in sentence(run("users", "list", data=tmp_path), 1)


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_stops_with_one_sentence_and_nothing_half_written(sheet: Path, small_disk: Path) -> None:
    data = small_disk / "data"
    open_store(Settings(data=data)).close()
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    (small_disk / "ballast").write_bytes(b"\0" * (free - 40_000))
    assert "disk is full" in sentence(run("scan", sheet, "--workers", "1", data=data), 1)
    (small_disk / "ballast").unlink()
    assert list((data / "files").rglob("*.partial")) == []
    store = open_store(Settings(data=data))
    assert sum(b.pages for b in store.batches()) == 0
    store.close()
    assert run("scan", sheet, "--workers", "1", data=data).exit_code == 0


def test_full_disk_is_told_by_the_file_store(small_disk: Path) -> None:
    from scanner.errors import StorageFull

    files = PictureStore(small_disk / "files")
    with pytest.raises(StorageFull):
        for seed in range(40):
            files.put(np.random.default_rng(seed).bytes(200_000), ".jpg")
    assert list(small_disk.rglob("*.partial")) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_file_name_that_is_no_text_does_not_stop_the_batch(sheet: Path, tmp_path: Path) -> None:
    """Old disks hold names in other spellings than UTF-8."""
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / os.fsdecode(b"phi\xe1u.png")).write_bytes(sheet.read_bytes())
    (folder / os.fsdecode(b"th\xf4n.pdf")).write_bytes(b"no scan")
    assert run("scan", folder, "--batch", "b", "--workers", "1", data=tmp_path / "data").exit_code == 3
    result = run(
        "export", "--format", "jsonl", "--status", "all", "--out", tmp_path / "x.jsonl", data=tmp_path / "data"
    )
    assert result.exit_code == 0
    (line,) = (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["source"] == "phi?u.png"
