"""What a database's errors become: one sentence, no values, nothing half-written."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from scanner.errors import NotThere, SettingsError, StorageFull, StoreError
from scanner.model import Value
from scanner.store.connection import connect
from scanner.store.database import Store
from scanner.store.failures import clear_errors, is_duplicate
from scanner.store.pictures import PictureStore
from scanner.store.tables import RevisionRow, new_id
from scanner.store.views import Viewer
from tests.store.conftest import failed, record
from tests.store.test_contract import only, put


def limited(path: Path) -> Store:
    """A store whose SQLite file may not grow further: the driver's own error for a full disk, on every system."""
    store = Store.open(f"sqlite:///{path}/a.sqlite3", PictureStore(path / "files"))
    put(store, record("0.jpg"))
    pages = sqlite3.connect(path / "a.sqlite3")
    (count,) = pages.execute("PRAGMA page_count").fetchone()
    pages.close()

    @event.listens_for(store._engine, "checkout")
    def _limit(connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {count}").close()

    return store


def test_page_that_finds_no_room_in_the_database_leaves_nothing_of_itself(tmp_path: Path) -> None:
    store = limited(tmp_path)
    batch = store.batches()[0].id
    with pytest.raises(StorageFull, match="disk is full"):
        for number in range(1, 40):
            store.add_record(batch, record(f"{number}.jpg", so_dinh_danh=f"0080801{number:05}"))
    rows = list(store.export_rows("all"))
    assert len(rows) == sum(b.pages for b in store.batches()) and {len(r.fields) for r in rows} == {
        len(record().readings)
    }
    store.close()


def fill(place: Path, leave: int) -> Path:
    """Fill a disk but for so many bytes."""
    room = os.statvfs(place)
    ballast = place / "ballast"
    ballast.write_bytes(b"\0" * (room.f_bavail * room.f_frsize - leave))
    return ballast


@pytest.mark.parametrize("leave", [0, 8192, 65536])
def test_disk_that_is_really_full_is_told_and_the_database_is_whole_once_there_is_room(
    tiny_disk: Path, leave: int
) -> None:
    url, files = f"sqlite:///{tiny_disk}/a.sqlite3", PictureStore(tiny_disk / "files")
    with Store.open(url, files) as store:
        batch = put(store, record("0.jpg"))
    ballast = fill(tiny_disk, leave)
    kept = 1
    with pytest.raises(StorageFull), Store.open(url, files) as store:
        for number in range(1, 60):
            store.add_record(batch, record(f"{number}.jpg", so_dinh_danh=f"0080801{number:05}"))
            kept += 1
    ballast.unlink()
    with Store.open(url, files) as store:
        assert len(list(store.export_rows("all"))) == kept == sum(b.pages for b in store.batches())
        assert store.add_record(batch, record("z.jpg", so_dinh_danh="008080999999"))


def test_new_database_on_a_full_disk_is_told(tiny_disk: Path) -> None:
    fill(tiny_disk, 4096)
    with pytest.raises(StorageFull):
        Store.open(f"sqlite:///{tiny_disk}/a.sqlite3", PictureStore(tiny_disk / "files"))


@pytest.mark.parametrize(
    "url", ["mysql://root@localhost/x", "foo://x", "postgresql://sohoa:sekret@host:port/x", "", "sqlite+other:///x"]
)
def test_url_of_no_database_that_we_know_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError) as told:
        Store.open(url, PictureStore(tmp_path))
    assert "sekret" not in str(told.value) and told.value.__cause__ is None


@pytest.mark.parametrize("short", ["postgres", "postgresql"])
def test_short_url_of_postgresql_means_psycopg_3(short: str) -> None:
    engine = connect(f"{short}://sohoa:sekret@db.local/sohoa")
    assert engine.driver == "psycopg"
    assert "sekret" not in repr(engine) + str(engine.url)
    engine.dispose()


def test_database_that_does_not_exist_on_the_server_is_told(postgres: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="refused the log-in"):
        Store.open(f"{postgres}/no_such_database", PictureStore(tmp_path))


def test_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "places.sqlite3") as other:
        other.execute("CREATE TABLE bookmarks (id INTEGER)")
    other.close()
    with pytest.raises(StoreError, match="another program"):
        Store.open(f"sqlite:///{tmp_path}/places.sqlite3", PictureStore(tmp_path))
    with sqlite3.connect(tmp_path / "places.sqlite3") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    other.close()


def test_database_that_must_be_there_already_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database yet"):
        Store.open(f"sqlite:///{tmp_path}/sub/a.sqlite3", PictureStore(tmp_path), create=False)
    assert list(tmp_path.rglob("*.sqlite3")) == []
    Store.open(f"sqlite:///{tmp_path}/a.sqlite3", PictureStore(tmp_path)).close()
    Store.open(f"sqlite:///{tmp_path}/a.sqlite3", PictureStore(tmp_path), create=False).close()


def test_empty_database_is_not_filled_where_one_must_be_there(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database yet"):
        Store.open(empty_url, PictureStore(tmp_path), create=False)


def test_record_for_a_batch_that_is_not_there_is_not_taken_for_known(store: Store) -> None:
    with pytest.raises(NotThere):
        store.add_record(new_id(), record())


def test_revision_numbers_are_guarded_by_the_table_itself(store: Store, hanh: Viewer) -> None:
    """Even a writer that looks at nothing cannot write the same revision twice; and the error shows no value."""
    put(store, record(review=("ho_ten",)))
    record_id = only(store)
    store.correct(record_id, "ho_ten", "Quan Ngọc San", viewer=hanh, seen_revision=0, manner="typed")
    again = RevisionRow(
        record_id=record_id, field="ho_ten", number=1, old=None, new="Bí Mật", user_id=hanh.id, manner="typed"
    )
    with pytest.raises(IntegrityError) as refused, store._sessions._write() as session, session.begin():
        session.add(again)
    assert is_duplicate(refused.value)
    assert "Bí Mật" not in str(refused.value) and "\\u" not in str(refused.value)


def test_errors_of_the_database_quote_no_values(store: Store, hanh: Viewer) -> None:
    put(store, record())
    wrong = RevisionRow(
        record_id=only(store), field="ho_ten", number=1, old=None, new="Bí Mật", user_id=None, manner="x"
    )
    with pytest.raises(StoreError) as told, store._sessions.writing() as session:
        session.add(wrong)
    assert "Bí Mật" not in str(told.value) and told.value.__suppress_context__


def test_pool_that_is_used_up_is_told() -> None:
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    with pytest.raises(StoreError, match="busy"), clear_errors():
        raise PoolTimeout


# --- values that databases choke on ------------------------------------------------------------------


def test_figures_that_are_no_number_and_numpys_own_do_not_stop_a_page(store: Store) -> None:
    from dataclasses import replace

    import numpy as np

    sheet = record()
    odd = replace(
        sheet.readings[0],
        score=float("nan"),
        confidence=np.float32(0.5),
        review=np.bool_(True),
        features={"blur": float("inf"), "ink": np.float32(2.5), "n": np.int64(3)},
    )
    put(store, replace(sheet, readings=(odd, *sheet.readings[1:])))
    field = store.record(only(store), None).fields[0]
    assert (field.score, field.confidence, field.review) == (0.0, 0.5, True)
    assert dict(field.features) == {"ink": 2.5, "n": 3}


@pytest.mark.parametrize("value", ["a\0b", ("a\0b", "c"), "a\ud800b"])
def test_characters_that_no_database_keeps_do_not_stop_a_person(store: Store, hanh: Viewer, value: Value) -> None:
    put(store, record(review=("ho_ten",)))
    view = store.correct(only(store), "ho_ten", value, viewer=hanh, seen_revision=0, manner="typed")
    assert view.value in ("ab", ("ab", "c"), "a?b")


def test_reading_of_another_page_is_refused(store: Store) -> None:
    put(store, record("a.jpg"))
    with pytest.raises(StoreError, match="another page"):
        store.replace_machine_reading(only(store), record("b.jpg"))


def test_page_without_an_identity_is_refused(store: Store) -> None:
    from dataclasses import replace

    sheet = failed("a.jpg")
    batch = store.ensure_batch("Đợt", xa=None, form="mau-so-03")
    with pytest.raises(ValueError, match="sha256"):
        store.add_record(batch, replace(sheet, ref=replace(sheet.ref, sha256="")))
