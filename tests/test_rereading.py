"""Stored pages read again: the machine's part is new, what people said stands, and a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from scanner.cli import main
from scanner.model import FormTemplate, PageRef, PageStatus, Reason, Record
from scanner.rereading import RereadSummary, reread
from scanner.settings import Settings
from scanner.store.database import Store
from scanner.store.tables import page_id
from scanner.store.views import RecordView, Viewer
from scanner.store_factory import open_store
from tests.conftest import Desk
from tests.store.conftest import record, user

WRONG = "Máy Đọc Sai"
posix = pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")


@pytest.fixture(scope="module")
def sheets(desk_of_sheets: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three filled sheets and a page that is no form."""
    folder = tmp_path_factory.mktemp("sheets")
    for name, seed in (("a", 91), ("b", 92), ("c", 93)):
        image = Image.fromarray(desk_of_sheets.draw(seed).image).convert("L")
        image.resize((1654, 2339)).save(folder / f"{name}.png", dpi=(200, 200))
    noise = Image.effect_noise((1654, 2339), 60)
    noise.save(folder / "other.png", dpi=(200, 200))
    return folder


def stored(path: Path, store: Store, status: PageStatus = PageStatus.READ) -> Record:
    """What an earlier version may have read of a file: wrong values, or nothing; its picture is kept."""
    buffer = io.BytesIO()
    Image.open(path).save(buffer, "JPEG", quality=80)
    ref = PageRef(path, 1, hashlib.sha256(path.read_bytes()).hexdigest())
    read = replace(record(ho_ten=WRONG, xa=WRONG, review=("ho_ten", "xa")), ref=ref)
    kept = replace(read, image=store.files.put(buffer.getvalue(), ".jpg"))
    if status is PageStatus.READ:
        return kept
    return replace(kept, status=status, readings=(), reason=Reason("form_not_found"))


def values(view: RecordView) -> dict[str, object]:
    return {f.field: f.value for f in view.fields}


@dataclass
class Again:
    """A store whose pages were read again once."""

    store: Store
    hanh: Viewer
    ids: dict[str, str]
    summary: RereadSummary
    ticks: int
    total: int

    def view(self, name: str) -> RecordView:
        return self.store.record(self.ids[name], None)


@pytest.fixture(scope="module")
def again(sheets: Path, form: FormTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Again]:
    """Read again: a page that a person worked on; one whose original is gone; one that was not placed; one set aside;
    one placed by hand; one of which nothing is there any more; and one that is no form now."""
    folder = tmp_path_factory.mktemp("again")
    scans = folder / "scans"
    scans.mkdir()
    names = {"worked": "a", "moved": "b", "unplaced": "c", "aside": "a", "by_hand": "b", "gone": "c", "other": "other"}
    for n, (name, of) in enumerate(names.items()):
        shutil.copyfile(sheets / f"{of}.png", scans / f"{name}.png")
        with (scans / f"{name}.png").open("ab") as file:
            file.write(bytes([n]))  # one page, one file: behind the end of the picture
    settings = Settings(data=folder / "data", workers=1)
    store = open_store(settings)
    hanh = user(store, "hanh")
    batch = store.ensure_batch("thử", xa="02374", form="")
    not_read = {"unplaced", "aside", "by_hand"}
    ids = {}
    for name in names:
        found = stored(scans / f"{name}.png", store, PageStatus.UNPLACED if name in not_read else PageStatus.READ)
        ids[name] = page_id(found.ref.sha256, 1)
        if name == "gone":
            found = replace(found, image=None)
        assert store.add_record(batch, found)
    store.correct(ids["worked"], "ho_ten", "Người Gõ", viewer=hanh, seen_revision=0, manner="typed")
    store.set_aside(ids["aside"], PageStatus.OTHER, viewer=hanh)
    store.place(ids["by_hand"], stored(scans / "by_hand.png", store), viewer=hanh, points=((1, 1),) * 4)
    (scans / "moved.png").write_bytes(b"another file of that name")
    (scans / "gone.png").unlink()
    ticks: list[Record | None] = []
    totals: list[int] = []
    summary = reread(store, [form], settings, batch="thử", total=totals.append, tick=ticks.append)
    yield Again(store, hanh, ids, summary, len(ticks), totals[0])
    store.close()


def test_machines_part_is_new_and_a_persons_value_stands(again: Again) -> None:
    fields = {f.field: f for f in again.view("worked").fields}
    assert (fields["ho_ten"].value, fields["ho_ten"].by, fields["ho_ten"].revision) == ("Người Gõ", "Hanh", 1)
    assert fields["ho_ten"].machine_value != WRONG and fields["xa"].value != WRONG
    assert fields["ho_ten"].engine != "test-1"


def test_page_without_its_original_is_read_from_the_kept_picture(again: Again) -> None:
    view = again.view("moved")
    assert view.status is PageStatus.READ and WRONG not in values(view).values()
    assert view.image is not None and view.source == "moved.png" and view.aligned is not None


def test_page_that_was_not_placed_is_a_record_now(again: Again) -> None:
    view = again.view("unplaced")
    assert view.status is PageStatus.READ and len(view.fields) == len(record().readings)


def test_what_people_said_of_a_page_stands(again: Again) -> None:
    assert again.view("aside").status is PageStatus.OTHER
    assert values(again.view("by_hand"))["ho_ten"] == WRONG
    assert [act.by for act in again.store.page_acts(again.ids["by_hand"], None)] == ["Hanh"]


def test_page_of_which_nothing_is_there_keeps_what_is_stored(again: Again) -> None:
    assert values(again.view("gone"))["ho_ten"] == WRONG
    assert again.summary.gone == 1


def test_page_nobody_worked_on_is_what_it_is_now(again: Again) -> None:
    assert again.view("other").status is PageStatus.UNPLACED


def test_summary_counts_every_page_and_no_page_is_doubled(again: Again) -> None:
    summary = again.summary
    assert (again.total, again.ticks) == (5, 5)
    assert (summary.pages, summary.replaced, summary.from_originals) == (4, 4, 3)
    assert summary.by_status == {"read": 3, "unplaced": 1}
    assert sum(b.pages for b in again.store.batches()) == len(again.ids)


def run(*arguments: object) -> Result:
    """A command as the operator gives it."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def two_pages(sheets: Path, tmp_path: Path) -> Path:
    """A data folder with a page that can be placed and one that is no form, both read wrongly."""
    store = open_store(Settings(data=tmp_path / "data"))
    batch = store.ensure_batch("thử", xa=None, form="")
    for name in ("b", "other"):
        store.add_record(batch, stored(sheets / f"{name}.png", store))
    store.close()
    return tmp_path / "data"


def test_command_names_the_pages_that_need_a_person(sheets: Path, two_pages: Path) -> None:
    done = run("--data", two_pages, "reread", "--batch", "thử", "--workers", "1")
    assert done.exit_code == 3, done.output
    assert "other.png, page 1:" in done.stderr and "b.png" not in done.stderr
    assert "pages read again" in done.stdout and "Pages: 2/2" in done.stderr


def test_command_ends_in_a_sentence_where_there_is_nothing_to_read(tmp_path: Path, two_pages: Path) -> None:
    for arguments, told in (
        (("--data", two_pages, "reread", "--batch", "Đợt 9"), "no batch of that name"),
        (("--data", tmp_path / "empty", "reread"), "no database yet"),
    ):
        done = run(*arguments)
        assert done.exit_code == 1 and told in done.stderr
    assert run("--data", two_pages, "reread", "thử").exit_code == 2


@posix
def test_killed_run_goes_on_where_it_was(sheets: Path, form: FormTemplate, tmp_path: Path) -> None:
    data = tmp_path / "data"
    store = open_store(Settings(data=data))
    batch = store.ensure_batch("thử", xa=None, form="")
    for name in ("a", "b", "c"):
        store.add_record(batch, stored(sheets / f"{name}.png", store))

    def new() -> list[str]:
        return [row.source for row in store.export_rows("all") if WRONG not in row.values.values()]

    command = [sys.executable, "-c", "from scanner.cli import main; main()", "--data", str(data)]
    command += ["reread", "--batch", "thử", "--workers", "1"]
    started = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and started.poll() is None and not new():
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    done = new()
    assert done in (["a.png"], ["a.png", "b.png"]), "killed in the middle"
    before = {row.source: row.fields for row in store.export_rows("all")}
    summary = reread(store, [form], Settings(data=data, workers=1))
    assert summary.pages == 3 - len(done), "what was read before the kill is not read once more"
    assert new() == ["a.png", "b.png", "c.png"]
    assert {row.source: row.fields for row in store.export_rows("all") if row.source in done} == {
        source: before[source] for source in done
    }
    assert reread(store, [form], Settings(data=data, workers=1), batch="none of that name").pages == 0
    assert store.begin_reread()[0].pages == 3, "a run that ended is over: the next begins anew"
    store.close()
