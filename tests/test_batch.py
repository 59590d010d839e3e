"""Many pages: resumed, never doubled, whatever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import text

from scanner import batch
from scanner.batch import jobs_for, scan
from scanner.intake.pages import Limits
from scanner.model import PageStatus
from scanner.settings import Settings
from scanner.store.connection import connect
from scanner.store_factory import open_store
from tests.conftest import Desk


@pytest.fixture(scope="module")
def scans(desk_of_sheets: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: a PDF of two sheets, two images, a blank page, and a file that is no scan."""
    folder = tmp_path_factory.mktemp("scans")
    sheets = [Image.fromarray(desk_of_sheets.draw(seed).image).convert("L") for seed in range(81, 85)]
    small = [s.resize((1654, 2339)) for s in sheets]
    small[0].save(folder / "a.pdf", save_all=True, append_images=[small[1]], resolution=200)
    sheets[2].save(folder / "b.png", dpi=(300, 300))
    sheets[3].save(folder / "c.jpg", quality=80, dpi=(300, 300))
    Image.new("L", (1654, 2339), 245).save(folder / "d.png", dpi=(200, 200))
    (folder / "e.pdf").write_text("no pdf", encoding="utf-8")
    (folder / "notes.txt").write_text("passed over", encoding="utf-8")
    return folder


def contents(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in a database but times and the ids of batches."""
    engine = connect(Settings(data=data).url)
    columns = {
        "records": "id, sha256, number, source, form, status, reason, image, aligned, open_fields, open_issues, "
        "verified",
        "readings": "record_id, field, position, machine_value, raw, round(confidence, 9), review, engine, "
        "crop, value, open",
        "issues": "record_id, rule, fields, seen, open",
        "keys": "record_id, field, digest",
    }
    with engine.connect() as connection:
        found = {
            t: sorted(map(tuple, connection.execute(text(f"SELECT {c} FROM {t}"))), key=str) for t, c in columns.items()
        }
    engine.dispose()
    return found


def run(scans: Path, data: Path, form) -> batch.Summary:
    """Scan the folder with one worker."""
    settings = Settings(data=data, workers=1)
    store = open_store(settings)
    try:
        return scan([scans], store, form, settings, batch="thử", xa="02374")
    finally:
        store.close()


@pytest.fixture(scope="module")
def undisturbed(scans: Path, form, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a run that nothing happened to."""
    data = tmp_path_factory.mktemp("undisturbed")
    summary = run(scans, data, form)
    assert summary.by_status == {"read": 4, "blank": 1, "unreadable": 1}
    return data


def test_every_page_that_came_in_has_one_state(undisturbed: Path) -> None:
    records = contents(undisturbed)["records"]
    assert len(records) == 6
    assert sorted(r[5] for r in records) == ["blank", "read", "read", "read", "read", "unreadable"]
    assert all(r[7] for r in records if r[5] != "unreadable"), "a page that could be opened has its image"


def test_second_run_changes_nothing(scans: Path, undisturbed: Path, form) -> None:
    before = contents(undisturbed)
    summary = run(scans, undisturbed, form)
    assert (summary.pages, summary.known) == (0, 6)
    assert contents(undisturbed) == before


def test_same_file_twice_in_one_run_is_one_set_of_pages(scans: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.pdf"
    twin.write_bytes((scans / "a.pdf").read_bytes())
    assert len(list(jobs_for([scans / "a.pdf", twin, scans / "a.pdf"], Limits()))) == 2


def test_killed_run_run_again_ends_as_an_undisturbed_one(scans: Path, undisturbed: Path, form, tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-c", "from scanner.cli import main; main()", "--data", str(data)]
    command += ["scan", str(scans), "--batch", "thử", "--xa", "02374", "--workers", "1"]
    started = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and started.poll() is None:
        if (data / "sohoa.sqlite3").exists() and _stored(data) >= 1:
            break
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert 1 <= _stored(data) < 6, "killed in the middle"
    run(scans, data, form)
    assert contents(data) == contents(undisturbed)


def _stored(data: Path) -> int:
    engine = connect(Settings(data=data).url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM records")).scalar() or 0)
    except Exception:  # the tables are not there yet
        return 0
    finally:
        engine.dispose()


def test_worker_that_dies_costs_one_page_its_reading(scans: Path, form, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(batch, "_work", dies_on_b)
    settings = Settings(data=tmp_path, workers=1)
    store = open_store(settings)
    summary = scan([scans / "b.png", scans / "c.jpg"], store, form, settings, batch="thử")
    store.close()
    assert summary.by_status == {"unreadable": 1, "read": 1}
    assert [(source, why.code) for source, _, why in summary.attention] == [("b.png", "page_crashed")]


def dies_on_b(ref):
    """The worker's work, but for one page on which its process is gone at once."""
    if ref.source == "b.png":
        os._exit(9)
    assert batch._reader is not None
    return batch.read_ref(ref, batch._reader, batch._files)


def test_scheduler_without_dask_or_without_answer_is_told(scans: Path, form, tmp_path: Path) -> None:
    from scanner.errors import SettingsError

    settings = Settings(data=tmp_path)
    store = open_store(settings)
    with pytest.raises(SettingsError):
        scan([scans / "b.png"], store, form, settings, batch="thử", scheduler="tcp://127.0.0.1:1")
    store.close()


def test_unreadable_files_of_one_kind_stay_apart(tmp_path: Path) -> None:
    for name in ("x.png", "y.png"):
        (tmp_path / name).write_bytes(b"")
    found = [job.ref.sha256 for job in jobs_for([tmp_path], Limits())]  # type: ignore[union-attr]
    assert len(set(found)) == 2


def test_states_are_told_to_the_one_who_ticks(scans: Path, form, tmp_path: Path) -> None:
    seen = []
    settings = Settings(data=tmp_path, workers=1)
    store = open_store(settings)
    scan([scans / "d.png"], store, form, settings, batch="thử", tick=seen.append)
    store.close()
    assert [r.status for r in seen if r] == [PageStatus.BLANK]


def test_cluster_reads_as_this_machine_does(scans: Path, undisturbed: Path, form, tmp_path: Path) -> None:
    from distributed import LocalCluster

    settings = Settings(data=tmp_path, workers=1)
    store = open_store(settings)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        scan([scans], store, form, settings, batch="thử", xa="02374", scheduler=cluster.scheduler_address)
    store.close()
    assert contents(tmp_path) == contents(undisturbed)
