"""The command line."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from scanner.cli import ONE_THREAD, main
from scanner.forms.loading import load_form
from tests.conftest import Desk


def run(*arguments: str | Path):
    """A command as the operator gives it."""
    return CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(desk_of_sheets: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sheets with their truth."""
    place = tmp_path_factory.mktemp("sheets")
    lines = []
    for seed in (91, 92):
        sheet = desk_of_sheets.draw(seed)
        Image.fromarray(sheet.image).save(place / f"{seed}.png", dpi=(300, 300))
        lines.append(json.dumps({"file": f"{seed}.png", "fields": sheet.truth}, ensure_ascii=False))
    (place / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def data(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the two sheets read."""
    place = tmp_path_factory.mktemp("data")
    assert run("--data", place, "scan", folder, "--batch", "Đợt thử", "--workers", "1").exit_code == 0
    return place


def test_one_page_is_one_json_line_as_the_contract_has_it(folder: Path, form) -> None:
    result = run("read", folder / "91.png")
    assert result.exit_code == 0
    (line,) = [json.loads(text) for text in result.stdout.splitlines()]
    assert line["source"] == "91.png" and line["page"] == 1 and len(line["sha256"]) == 64
    assert (line["form"], line["status"], line["reason"]) == ("mau-so-03", "read", None)
    assert set(line["fields"]) == {f.id for f in form.fields}
    name = line["fields"]["ho_ten"]
    assert {"value", "raw", "confidence", "review", "engine", "box_mm", "alternatives"} <= set(name)
    assert len(name["box_mm"]) == 4
    assert line["registration"]["residual_mm"] < 0.2
    assert isinstance(line["fields"]["doi_tuong_uu_tien"]["value"], list)


def test_export_writes_each_format_and_says_how_many(data: Path, tmp_path: Path) -> None:
    for fmt in ("csv", "xlsx", "jsonl"):
        out = tmp_path / f"records.{fmt}"
        result = run("--data", data, "export", "--format", fmt, "--out", out, "--status", "all", "--batch", "Đợt thử")
        assert result.exit_code == 0 and "2 records" in result.stdout
        assert out.stat().st_size > 500
    raw = (tmp_path / "records.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert all(len(row["so_dinh_danh"]) == 12 for row in rows)


def test_evaluate_prints_figures_and_writes_a_report_that_stands_alone(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    result = run("evaluate", folder / "truth.jsonl", "--report", report)
    assert result.exit_code == 0
    assert "choice" in result.stdout and "100.0 %" in result.stdout
    html = report.read_text(encoding="utf-8")
    assert "<svg" in html and "http://" not in html.replace("http://www.w3.org", "")


def test_weekly_report_is_written(data: Path, tmp_path: Path) -> None:
    for name in ("week.xlsx", "week.html"):
        assert run("--data", data, "report", "--out", tmp_path / name).exit_code == 0
        assert (tmp_path / name).stat().st_size > 500


def test_users_are_added_listed_and_disabled(tmp_path: Path) -> None:
    added = run(
        "--data", tmp_path, "users", "add", "hanh", "--role", "reviewer", "--password", "mat-khau-1", "--xa", "02374"
    )
    assert added.exit_code == 0
    assert "hanh\treviewer\t02374" in run("--data", tmp_path, "users", "list").stdout
    assert run("--data", tmp_path, "users", "disable", "hanh").exit_code == 0
    assert "disabled" in run("--data", tmp_path, "users", "list").stdout
    assert run("--data", tmp_path, "users", "disable", "nobody").exit_code == 1


def test_forms_are_listed_checked_drawn_and_drafted(tmp_path: Path) -> None:
    assert "30 fields" in run("forms", "list").stdout
    assert "no faults" in run("forms", "check", "mau-so-03").stdout
    assert run("forms", "draw", "mau-so-03", "--out", tmp_path / "form.png").exit_code == 0
    with Image.open(tmp_path / "form.png") as drawn:
        assert drawn.size == (2480, 3508)
    blank = load_form("mau-so-03").folder / "blank.pdf"
    assert run("forms", "new", blank, "--id", "thu", "--out", tmp_path / "forms").exit_code == 0
    draft = load_form("thu", tmp_path / "forms")
    cells = {tuple(len(f.boxes) for f in draft.fields if f.layout.value == "comb")}
    assert cells == {(8, 12, 10)}
    assert sum(len(f.options) for f in draft.fields) == 55


def test_doctor_tells_what_is_there(tmp_path: Path) -> None:
    result = run("--data", tmp_path, "doctor")
    assert result.exit_code == 0
    assert "Tesseract" in result.stdout and "poppler" in result.stdout


def test_doctor_names_the_command_that_mends_what_is_missing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    result = run("--data", tmp_path, "doctor")
    assert result.exit_code == 1
    assert "tesseract-ocr-vie" in result.stdout.replace("\n", "")


def test_wrong_use_is_exit_code_two() -> None:
    assert run("export", "--format", "pdf", "--out", "x").exit_code == 2
    assert run("no-such-command").exit_code == 2


def test_fault_of_ours_is_one_sentence_without_values(monkeypatch, tmp_path: Path) -> None:
    import scanner.store_factory

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Nguyễn Văn Bình 008080123456")

    monkeypatch.setattr(scanner.store_factory, "open_store", broken)
    result = CliRunner().invoke(main, ["--data", str(tmp_path), "users", "list"])
    assert result.exit_code == 1
    assert "RuntimeError" in result.stderr and "Bình" not in result.output and "Traceback" not in result.output


def test_help_is_quick() -> None:
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "scanner", "--help"], check=True, capture_output=True)
    assert time.monotonic() - started < 3


def test_program_needs_no_network(folder: Path, tmp_path: Path) -> None:
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(
        "import socket\n"
        "def refuse(*a, **k):\n"
        "    raise AssertionError('the program called to the outside')\n"
        "real = socket.socket.connect\n"
        "def connect(self, address):\n"
        "    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ('127.0.0.1', '::1'):\n"
        "        refuse()\n"
        "    return real(self, address)\n"
        "socket.socket.connect = connect\n"
        "socket.getaddrinfo = refuse\n",
        encoding="utf-8",
    )
    alone = ["unshare", "-n"] if os.name == "posix" and os.geteuid() == 0 else []
    environment = {**os.environ, "PYTHONPATH": str(guard)}
    for arguments in (
        ["read", str(folder / "91.png")],
        ["--data", str(tmp_path / "d"), "scan", str(folder), "--batch", "b", "--workers", "1"],
        [
            "--data",
            str(tmp_path / "d"),
            "export",
            "--format",
            "xlsx",
            "--out",
            str(tmp_path / "x.xlsx"),
            "--status",
            "all",
        ],
    ):
        command = [*alone, sys.executable, "-m", "scanner", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr


def test_every_command_keeps_to_one_core_a_process() -> None:
    """Before NumPy is loaded: afterwards its threads are there already."""
    code = (
        "import os, sys, scanner.cli as cli; assert 'numpy' not in sys.modules;"
        "cli.main(['forms', 'list'], standalone_mode=False);"
        "assert all(os.environ[name] == '1' for name in cli.ONE_THREAD)"
    )
    bare = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    assert subprocess.run([sys.executable, "-c", code], env=bare, check=False).returncode == 0
