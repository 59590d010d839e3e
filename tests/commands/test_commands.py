"""What the commands say, and how they end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from samples.two_pages import TWO, page
from scanner.cli import FAULTS, main
from scanner.commands.common import EVERY, progress
from scanner.forms.loading import FILE, save_form
from scanner.settings import Settings
from scanner.store_factory import open_store
from tests.conftest import Desk
from tests.store.conftest import record

ROOT = Path(__file__).parents[2]


def run(*arguments: object, text: str | None = None) -> Result:
    """A command as the operator gives it."""
    return CliRunner().invoke(main, [str(a) for a in arguments], input=text)


def last_line(result: Result, code: int) -> str:
    """The sentence that a command ended with."""
    assert result.exit_code == code, result.output
    return result.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def sheet(desk_of_sheets: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good sheet as a file."""
    path = tmp_path_factory.mktemp("good") / "good.png"
    Image.fromarray(desk_of_sheets.draw(62).image).save(path, dpi=(300, 300))
    return path


def test_new_password_opens_the_desk_and_the_old_one_no_more(tmp_path: Path) -> None:
    assert run("--data", tmp_path, "users", "add", "hanh", "--password", "mat-khau-cu").exit_code == 0
    asked = run("--data", tmp_path, "users", "passwd", "hanh", text="mat-khau-moi\nmat-khau-moi\n")
    assert asked.exit_code == 0 and "mat-khau-moi" not in asked.output
    store = open_store(Settings(data=tmp_path))
    try:
        assert store.authenticate("hanh", "mat-khau-moi") is not None
        assert store.authenticate("hanh", "mat-khau-cu") is None
    finally:
        store.close()
    unknown = run("--data", tmp_path, "users", "passwd", "khong-co", "--password", "mat-khau-moi")
    assert "no user" in last_line(unknown, 1)


def test_batch_that_does_not_exist_is_told_and_no_file_is_written(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    told = run("--data", tmp_path / "d", "export", "--format", "csv", "--out", out, "--batch", "Đợt 9")
    assert "no batch" in last_line(told, 1)
    assert not out.exists()


def test_export_takes_the_form_of_the_records_and_asks_where_they_are_of_several(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "d")
    (settings.own_forms / TWO.id).mkdir(parents=True)
    save_form(TWO, settings.own_forms / TWO.id / FILE)
    store = open_store(settings)
    two, one = store.ensure_batch("hai", xa=None, form=""), store.ensure_batch("một", xa=None, form="")
    store.add_record(two, page(1, "a", 1))
    store.add_record(two, page(2, "a", 2))
    store.assemble(two)
    store.add_record(one, record())
    store.close()

    def export(*more: object) -> Result:
        out = ("--format", "csv", "--out", tmp_path / "x.csv", "--status", "all")
        return run("--data", settings.data, "export", *out, *more)

    told = last_line(export(), 1)
    assert "--form" in told and "hai-trang (1)" in told and "mau-so-03 (1)" in told
    assert "1 records" in export("--batch", "hai").output
    assert "_form_pages" in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    assert "1 records" in export("--batch", "một").output
    assert "_form_pages" not in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    assert "1 records" in export("--form", TWO.id).output


def test_place_that_cannot_be_written_to_is_told(sheet: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    told = last_line(run("read", sheet, "--jsonl", tmp_path / "file" / "out.jsonl"), 1)
    assert "out.jsonl" in told and "cannot be opened" in told
    assert "cannot be opened" in last_line(run("forms", "draw", "mau-so-03", "--out", tmp_path), 1)


def test_lines_are_utf_8_whatever_the_console_speaks(sheet: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-m", "scanner", "read", str(sheet)]
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    line = json.loads(done.stdout.decode("utf-8"))
    assert not line["fields"]["noi_thuong_tru"]["value"].isascii()


@pytest.mark.skipif(os.name != "posix", reason="pipes of this kind are POSIX")
def test_reader_of_a_pipe_that_has_seen_enough_ends_it_quietly(sheet: Path) -> None:
    command = [sys.executable, "-m", "scanner", "read", str(sheet), str(sheet.parent)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    said = running.stderr.read()
    running.stderr.close()
    running.wait()
    assert "fault" not in said and "Traceback" not in said


def test_all_forms_are_checked_where_none_is_named() -> None:
    result = run("forms", "check")
    assert result.exit_code == 0 and "mau-so-03" in result.stdout


def test_draft_is_checked_by_the_command_that_is_told(tmp_path: Path) -> None:
    blank = ROOT / "form_templates" / "mau-so-03" / "blank.pdf"
    drafted = run("forms", "new", blank, "--id", "thu", "--out", tmp_path)
    assert drafted.exit_code == 0
    told = drafted.stdout.strip().rsplit("sohoa ", 1)[1].split()
    assert run(*told).exit_code in (0, 1)
    assert "thu" in run(*told).output


def test_place_of_a_fault_is_kept_without_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import scanner.store_factory

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Nguyễn Văn Bình 008080123456")

    monkeypatch.setattr(scanner.store_factory, "open_store", broken)
    assert FAULTS in last_line(run("--data", tmp_path, "users", "list"), 1)
    kept = (tmp_path / FAULTS).read_text(encoding="utf-8")
    assert "RuntimeError" in kept and "test_commands.py" in kept
    assert "Bình 0080" not in kept.replace('raise RuntimeError("Nguyễn Văn Bình 008080123456")', "")
    with pytest.raises(RuntimeError):
        CliRunner().invoke(main, ["--data", str(tmp_path), "--debug", "users", "list"], catch_exceptions=False)


def test_progress_is_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Settings(), "pages") as meter:
        meter.expect(2 * EVERY + 1)
        for _ in range(2 * EVERY + 1):
            meter.step()
    told = capsys.readouterr().err.splitlines()
    assert told == [f"Pages: {n}/{2 * EVERY + 1}" for n in (EVERY, 2 * EVERY, 2 * EVERY + 1)]


def test_fault_in_one_page_leaves_the_others_read(sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scanner import batch

    real = batch.read_ref

    def stumbles(ref, reader, *rest):
        if ref.source == "b.png":
            raise ZeroDivisionError
        return real(ref, reader, *rest)

    for name in "abc":
        with Image.open(sheet) as image:
            image.crop((0, 0, image.width, image.height - ord(name) % 7)).save(tmp_path / f"{name}.png", dpi=(300, 300))
    monkeypatch.setattr(batch, "read_ref", stumbles)
    result = run("read", tmp_path)
    assert result.exit_code == 3 and "b.png" in last_line(result, 3)
    states = [json.loads(line)["status"] for line in result.stdout.splitlines()]
    assert states == ["read", "unreadable", "read"]


def test_missing_weights_are_named_and_reading_goes_on_with_print(sheet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scanner.ocr import handwriting

    monkeypatch.setattr(handwriting, "WEIGHTS", "gone.onnx")
    result = run("read", sheet)
    assert result.exit_code == 0
    assert "gone.onnx" in result.stderr
    fields = json.loads(result.stdout)["fields"]
    lines = [f for f in fields.values() if f["engine"].startswith("tesseract") and f["value"]]
    assert len(lines) >= 5
    assert all(f["review"] for f in lines)
    assert any(not f["review"] for f in fields.values())


# --- set-up --------------------------------------------------------------------------------------------


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """The set-up script among the few programs of a bare Debian, for a user who is not root and has no sudo."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "cat", "cksum", "env", "grep", "ls"):
        (programs / name).symlink_to(shutil.which(name) or pytest.skip(f"there is no {name}"))
    (programs / "python3").symlink_to(sys.executable)
    (programs / "id").write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    (programs / "id").chmod(0o755)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    return tmp_path


def set_up(machine: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up there."""
    command = [str(machine / "bin" / "sh"), str(machine / "scripts" / "setup.sh"), *options]
    return subprocess.run(
        command,
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.skipif(os.name != "posix", reason="make demo is for Debian and Ubuntu")
def test_set_up_that_may_not_install_says_the_command_to_run(bare_machine: Path) -> None:
    (bare_machine / "bin" / "apt-get").write_text("#!/bin/sh\nexit 99\n", encoding="utf-8")
    (bare_machine / "bin" / "apt-get").chmod(0o755)
    done = set_up(bare_machine)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-vie poppler-utils" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="make demo is for Debian and Ubuntu")
def test_set_up_without_apt_names_what_is_missing(bare_machine: Path) -> None:
    done = set_up(bare_machine)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "tesseract-ocr-vie" in done.stderr and "package manager" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="make test is for Debian and Ubuntu")
def test_set_up_for_the_tests_asks_for_everything_in_one_sentence(bare_machine: Path) -> None:
    (bare_machine / "bin" / "apt-get").symlink_to(bare_machine / "bin" / "sh")
    (bare_machine / "bin" / "python3").unlink()
    done = set_up(bare_machine, "--tests")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    for package in ("python3-venv", "tesseract-ocr-vie", "chromium", "libatomic1"):
        assert f" {package}" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="make test is for Debian and Ubuntu")
@pytest.mark.parametrize(("exit_code", "sentences"), [(0, 0), (127, 1)])
def test_set_up_for_the_tests_starts_the_browser_driver(bare_machine: Path, exit_code: int, sentences: int) -> None:
    programs = {
        "bin/tesseract": "echo vie", "bin/pdftoppm": ":", "bin/chromium": ":", "bin/python3": ":", "bin/ls": ":",
        ".venv/bin/python": ":",
        ".venv/lib/python3.11/site-packages/playwright/driver/node": f"echo no libfoo.so.1 >&2; exit {exit_code}",
    }  # fmt: skip
    for name, body in programs.items():
        path = bare_machine / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml"):
        (bare_machine / name).write_text("locked\n", encoding="utf-8")
    mark = subprocess.run(["cksum"], input=b"locked\nlocked\n", capture_output=True, check=True).stdout
    (bare_machine / ".venv" / "sohoa-locked").write_bytes(mark)
    done = set_up(bare_machine, "--tests")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (sentences, "", sentences)
    assert sentences == 0 or ("browser driver" in done.stderr and "libfoo.so.1" in done.stderr)
