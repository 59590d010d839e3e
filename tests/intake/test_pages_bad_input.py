"""Bad files and folders at the door: a reason each, nothing printed, no memory spent, never a crash."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter

from scanner.errors import SourceError
from scanner.intake.pages import Limits, find_sources, list_pages, open_page
from scanner.messages import all_messages, format_reason
from scanner.model import Page, PageRef, Reason, Unreadable
from tests.intake.pdf.making import drawn_pdf, pdf_of, scan
from tests.intake.pdf.test_document import code

LIMITS = Limits()


# --- folders ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12, unique=True))
def test_numbered_scans_are_in_numeric_order(numbers: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for n in numbers:
            (Path(folder) / f"trang {n} của xã.png").touch()
        found = [int(p.name.split()[1]) for p in find_sources([Path(folder)])]
    assert found == sorted(numbers)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_loop_of_links_ends_and_a_broken_link_is_told(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.png").write_bytes(b"x")
    (tmp_path / "inner" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    found = find_sources([tmp_path])
    assert [p.name for p in found] == ["gone.png", "a.png"]
    assert code(found[0]) == "file_gone"


@pytest.mark.parametrize("name", ["nowhere", "nowhere/deeper.png", "x" * 5000, "a\0b"])
def test_path_that_cannot_be_is_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        find_sources([tmp_path / name])
    assert error.value.problem.startswith("There is no file or folder")


CLOSED = """
import os, sys
from pathlib import Path
from scanner.intake.pages import *
from scanner.messages import all_errors
all_errors()  # read before the rights to the folder of the program may be gone
root = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for path in find_sources([root]):
    listed = list_pages(path, Limits())
    print(path.name, listed.reason.code if isinstance(listed, Unreadable) else len(listed))
for path in (root / "closed", root / "closed" / "in.png"):
    try:
        print(find_sources([path]))
    except SourceError as error:
        print(error.problem)
"""


@pytest.mark.skipif(os.name == "nt", reason="permissions of this kind are POSIX")
def test_closed_folder_inside_an_open_one_is_told_and_the_rest_goes_on() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "closed").mkdir()
        for name in ("a.png", "secret.png", "closed/in.png"):
            Image.fromarray(scan()).save(root / name)
        (root / "secret.png").chmod(0)
        (root / "closed").chmod(0)
        told = subprocess.run([sys.executable, "-c", CLOSED, folder], capture_output=True, text=True, check=True)
        (root / "closed").chmod(0o700)
    assert told.stdout.splitlines() == [
        "a.png 1",
        "closed folder_no_permission",
        "secret.png no_permission",
        f"{root / 'closed'} cannot be opened.",
        f"{root / 'closed' / 'in.png'} cannot be opened.",
    ]
    assert told.stderr == ""


# --- files -----------------------------------------------------------------------------------------------------


def locked_pdf(path: Path) -> Path:
    """A PDF that wants a password."""
    writer = PdfWriter()
    writer.append(drawn_pdf(path.with_suffix(".plain"), (300, 420)))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path)
    return path


def empty_pdf(path: Path) -> Path:
    """A PDF without pages."""
    PdfWriter().write(path)
    return path


def half(path: Path) -> Path:
    """A file that lost its second half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def written(path: Path, data: bytes) -> Path:
    """A file of these bytes."""
    path.write_bytes(data)
    return path


def saved(path: Path) -> Path:
    """A good image."""
    Image.fromarray(scan()).save(path)
    return path


BAD = {
    "not_a_pdf": lambda d: written(d / "letter.pdf", "Kính gửi Ủy ban".encode()),
    "not_a_scan": lambda d: written(d / "sheet.png", b"PK\x03\x04 a spreadsheet"),
    "file_empty": lambda d: written(d / "empty.jpg", b""),
    "image_cut_off": lambda d: half(saved(d / "cut.jpg")),
    "image_damaged": lambda d: half(saved(d / "cut.tif")),
    "pdf_encrypted": lambda d: locked_pdf(d / "locked.pdf"),
    "pdf_damaged": lambda d: half(pdf_of(d / "cut.pdf", Image.fromarray(scan()))),
    "pdf_without_pages": lambda d: empty_pdf(d / "empty.pdf"),
    "file_gone": lambda d: d / "gone.png",
}


@pytest.mark.parametrize("reason", BAD)
def test_each_bad_file_has_its_reason_and_prints_nothing(reason: str, tmp_path: Path, capfd) -> None:
    path = BAD[reason](tmp_path)
    assert code(path) == reason
    listed = list_pages(path, LIMITS)
    assert isinstance(listed, list) or listed.reason.code == reason
    assert capfd.readouterr() == ("", "")


HUGE = r"""
import resource, struct, sys, zlib
from pathlib import Path
from scanner.intake.pages import *
chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
path = Path(sys.argv[1])
row, rows = bytes(30_001), zlib.compressobj(1)
packed = b"".join(rows.compress(row) for _ in range(30_000)) + rows.flush()
head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
path.write_bytes(png)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(open_page(PageRef(path), Limits()).reason)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is counted in other units elsewhere")
def test_png_of_900_megapixels_is_refused_without_memory_for_them(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", HUGE, str(tmp_path / "huge.png")], capture_output=True, text=True, check=True
    )
    reason, megabytes = told.stdout.splitlines()
    assert reason == str(Reason("image_too_large", {"megapixels": 900}))
    assert int(megabytes) < 20
    assert told.stderr == ""


def good_files(folder: Path) -> Iterator[Path]:
    """A small file of every kind."""
    image = Image.fromarray(scan(220, 160))
    for name, options in (
        ("a.png", {}),
        ("a.jpg", {}),
        ("a.webp", {}),
        ("a.bmp", {}),
        ("lzw.tif", {"compression": "tiff_lzw"}),
        ("raw.tif", {}),
        ("many.tif", {"save_all": True, "append_images": [image.convert("RGB"), image.convert("1")]}),
        ("a.pdf", {"resolution": 20}),
    ):
        image.save(folder / name, **options)
        yield folder / name
    image.convert("1").save(folder / "g4.tif", compression="group4")
    yield folder / "g4.tif"
    yield drawn_pdf(folder / "drawn.pdf", (120, 160), (120, 160))


def test_bytes_flipped_anywhere_never_crash_and_never_print(tmp_path: Path, capfd) -> None:
    rng, seen = random.Random(5), set()
    limits = Limits(max_pixels=400_000, seconds=10)
    for path in good_files(tmp_path):
        whole = path.read_bytes()
        for _ in range(12 if path.suffix == ".pdf" else 60):
            data = bytearray(whole)
            for _ in range(rng.choice((1, 3, 20))):
                data[rng.randrange(len(data))] = rng.randrange(256)
            if rng.random() < 0.2:
                del data[rng.randrange(len(data)) :]
            path.write_bytes(data)
            page = open_page(PageRef(path), limits)
            if isinstance(page, Page):
                assert page.image.dtype == np.uint8 and page.image.ndim in (2, 3) and page.image.size
                seen.add("page")
            else:
                assert isinstance(page, Unreadable)
                seen.add(page.reason.code)
    assert {"page", "image_damaged", "image_cut_off", "not_a_scan", "pdf_damaged"} <= seen
    assert capfd.readouterr() == ("", "")


def test_every_reason_is_a_sentence_in_both_languages_that_says_what_to_do() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[2] / "scanner" / "intake").rglob("*.py")
        if path.stem != "quality"
    )
    codes = [c for c in all_messages() if f'"{c}"' in source]
    assert {*BAD, "folder_no_permission", "no_permission", "page_missing", "image_too_large"} <= set(codes)
    numbers = {"mb": 3000, "megapixels": 900, "most": 2000, "seconds": 60, "page": 4}
    for reason in codes:
        english, vietnamese = (format_reason(Reason(reason, numbers), lang) for lang in ("en", "vi"))
        assert english != vietnamese
        for text in (english, vietnamese):
            assert text.endswith(".") and "{" not in text and ". " not in text and ";" in text
