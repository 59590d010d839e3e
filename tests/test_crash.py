"""What dies, hangs or fills up while a batch is read: told in one sentence, and the next run goes on."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from scanner import batch, errors
from scanner.batch import Summary, scan
from scanner.model import FormTemplate, PageRef, Record
from scanner.settings import Settings
from scanner.store_factory import open_store
from tests.conftest import Desk

BEGUN = "begun.txt"
"""When the page that hangs was begun, once a line; a scan passes such a file over."""

posix = pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")


@pytest.fixture(scope="module")
def sheets(desk_of_sheets: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five sheets, each a file of its own."""
    folder = tmp_path_factory.mktemp("sheets")
    for number in range(1, 6):
        image = Image.fromarray(desk_of_sheets.draw(70 + number).image).convert("L")
        image.resize((1654, 2339)).save(folder / f"{number}.png", dpi=(200, 200))
    return folder


def run(paths: list[Path], data: Path, form: FormTemplate, **more: int) -> tuple[Summary, list[str]]:
    """A scan with one worker: its summary, and the sources that are in the database afterwards."""
    settings = Settings(data=data, workers=1, **more)
    store = open_store(settings)
    try:
        summary = scan(paths, store, form, settings, batch="thử")
        return summary, sorted(row.source for row in store.export_rows("all"))
    finally:
        store.close()


def stored(data: Path) -> int:
    """How many pages are in the database."""
    store = open_store(Settings(data=data))
    try:
        return sum(b.pages for b in store.batches())
    finally:
        store.close()


def every_error() -> list[errors.SohoaError]:
    """One of each kind."""
    kinds = [getattr(errors, name) for name in errors.__all__]
    return [kind() if kind is errors.NotThere else kind("What is wrong.", "What to do.") for kind in kinds]


@pytest.mark.parametrize("error", every_error(), ids=lambda e: type(e).__name__)
def test_error_comes_whole_out_of_a_worker(error: errors.SohoaError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert (str(back), back.problem, back.action) == (str(error), error.problem, error.action)


def test_disk_full_in_a_worker_stops_the_batch_and_marks_no_page(
    sheets: Path, form: FormTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(batch, "_work", fills_the_disk_on_3)
        with pytest.raises(errors.StorageFull, match="disk is full"):
            run([sheets], tmp_path, form)
    assert stored(tmp_path) == 2
    summary, sources = run([sheets], tmp_path, form)
    assert (summary.known, summary.by_status, len(sources)) == (2, {"read": 3}, 5)


def fills_the_disk_on_3(ref: PageRef) -> Record:
    """The worker's work until the third sheet finds no room for its pictures."""
    if ref.source == "3.png":
        raise errors.StorageFull("The disk is full.", "Free some space.")
    return work(ref)


def test_fault_in_one_page_leaves_the_others_read(
    sheets: Path, form: FormTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_work", stumbles_over_2)
    summary, _ = run([sheets], tmp_path, form)
    assert summary.by_status == {"read": 4, "unreadable": 1}
    ((source, _, why),) = summary.attention
    assert (source, why.code) == ("2.png", "page_crashed")
    assert str(why.params["fault"]).startswith("ZeroDivisionError at test_crash.py:")


def stumbles_over_2(ref: PageRef) -> Record:
    """The worker's work with a fault of ours in it."""
    if ref.source == "2.png":
        raise ZeroDivisionError
    return work(ref)


def test_page_that_hangs_costs_its_own_time_only(
    sheets: Path, form: FormTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_work", hangs_on_1)
    summary, _ = run([sheets], tmp_path, form, page_seconds=10)
    assert summary.by_status == {"read": 4, "unreadable": 1}
    first, second = map(float, (sheets / BEGUN).read_text(encoding="utf-8").split())
    assert 10 <= second - first < 40, "its own limit and a fresh start, not the limits of the four pages behind it too"


def hangs_on_1(ref: PageRef) -> Record:
    """The worker's work, but for the first sheet, which never ends."""
    if ref.source == "1.png":
        with (ref.path.parent / BEGUN).open("a", encoding="utf-8") as file:
            file.write(f"{time.time()}\n")
        time.sleep(600)
    return work(ref)


def test_workers_that_cannot_start_are_told_and_no_page_is_marked(
    sheets: Path, form: FormTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_begin", gone_at_once)
    with pytest.raises(errors.EngineError, match="worker"):
        run([sheets], tmp_path, form)
    assert stored(tmp_path) == 0


def gone_at_once(*_: object) -> None:
    """A worker that the system ends while it starts, as for want of memory."""
    os._exit(9)


def work(ref: PageRef) -> Record:
    """What a worker does."""
    assert batch._reader is not None
    return batch.read_ref(ref, batch._reader, batch._files)


# --- signals -------------------------------------------------------------------------------------------


def start(sheets: Path, data: Path) -> subprocess.Popen[str]:
    """`sohoa scan` as a process with a group of its own, the first page stored."""
    # a test run in the background has SIGINT ignored, and its children would inherit that
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import scanner.cli as c; c.main()"
    )
    command = [sys.executable, "-c", program, "--data", str(data), "scan", str(sheets), "--workers", "1"]
    running = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        if (data / "sohoa.sqlite3").exists() and stored(data) >= 1:
            break
        time.sleep(0.02)
    assert running.poll() is None, "ended before it was disturbed"
    return running


@posix
def test_ctrl_c_ends_with_one_sentence_and_the_next_run_goes_on(
    sheets: Path, form: FormTemplate, tmp_path: Path
) -> None:
    running = start(sheets, tmp_path)
    os.killpg(running.pid, signal.SIGINT)  # a terminal sends it to every process of the group
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "Traceback" not in said and said.strip().count("\n") == 0, said
    assert "again" in said
    before = stored(tmp_path)
    assert 1 <= before < 5
    summary, sources = run([sheets], tmp_path, form)
    assert (summary.known, len(sources)) == (before, 5)


@posix
def test_workers_end_when_their_parent_is_killed(sheets: Path, tmp_path: Path) -> None:
    running = start(sheets, tmp_path)
    running.kill()
    running.wait()
    assert running.stderr is not None
    running.stderr.close()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and group_is_alive(running.pid):
        time.sleep(0.1)
    try:
        assert not group_is_alive(running.pid), "a worker outlived its parent"
    finally:
        if group_is_alive(running.pid):
            os.killpg(running.pid, signal.SIGKILL)


def group_is_alive(group: int) -> bool:
    """Does any process of that group run?"""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
