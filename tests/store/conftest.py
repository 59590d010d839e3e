"""A store on SQLite and on a real PostgreSQL, and records to put into it."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

from benchmarks.postgresql import private_server, programs
from scanner.forms.loading import load_form
from scanner.model import Box, FieldReading, PageRef, PageStatus, Reason, Record, Value
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.tables import BatchCountRow, RecordRow
from scanner.store.views import Viewer
from scanner.store_factory import _Forms

PASSWORD = "mat-khau-thu"
ANSWERS: dict[str, Value] = {
    "ho_ten": "Quan Ngọc Sơn", "ngay_sinh": "05/01/1980", "gioi_tinh": "nam", "so_dinh_danh": "008080123456",
    "noi_thuong_tru": "Thôn Nà Lại", "trinh_do_gdpt": "thpt", "trinh_do_cmkt": "chua_qua_dao_tao",
    "tinh_trang": "that_nghiep", "that_nghiep": "chua_bao_gio", "doi_tuong_uu_tien": (), "chu_ky": True,
}  # fmt: skip


def record(name: str = "a.jpg", number: int = 1, review: tuple[str, ...] = (), **answers: Value) -> Record:
    """A read page of an invented person; `review` names the fields that the machine doubts."""
    values = {**ANSWERS, **answers}
    readings = []
    for spec in load_form("mau-so-03").fields:
        value = values.get(spec.id, () if spec.kind.value == "choices" else None)
        doubt = spec.id in review
        readings.append(
            FieldReading(
                spec.id, value, str(value or ""), 0.9, 0.5 if doubt else 0.99, doubt, "test-1", Box(10, 10, 50, 6),
                ("khác",), (Reason("not_sure"),) if doubt else (),
            )
        )  # fmt: skip
    sha = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    return Record(PageRef(Path(name), number, sha), "mau-so-03", "1", PageStatus.READ, readings=tuple(readings))


def failed(name: str, status: PageStatus = PageStatus.UNPLACED) -> Record:
    """A page that was not read."""
    return replace(record(name), status=status, reason=Reason("form_not_found"), readings=())


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a private PostgreSQL, without a database name."""
    if programs() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: run scripts/setup.sh --tests")
        pytest.skip("PostgreSQL is not installed")
    with private_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Every test of the store's promises runs on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables in it, to be copied: migrating anew for each test takes longer than most tests."""
    path = tmp_path_factory.mktemp("ready") / "ready.sqlite3"
    Store.open(f"sqlite:///{path}", PictureStore(path.parent)).close()
    return path


class Server:
    """A PostgreSQL that makes and drops databases."""

    def __init__(self, url: str) -> None:
        self.url, self._ready = url, ""
        self._admin = create_engine(
            url.replace("postgresql:", "postgresql+psycopg:") + "/postgres", isolation_level="AUTOCOMMIT"
        )

    def make(self, *, ready: bool) -> str:
        """The URL of a new database, empty or with the tables in it."""
        if ready and not self._ready:
            self._ready = self.make(ready=False)
            Store.open(self._ready, PictureStore(Path())).close()
        name = f"t{uuid.uuid4().hex[:10]}"
        pattern = f" TEMPLATE {self._ready.rsplit('/', 1)[1]}" if ready else ""
        self._say(f"CREATE DATABASE {name}{pattern}")
        return f"{self.url}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still in it."""
        self._say(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the server."""
        self._admin.dispose()

    def _say(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def server(postgres: str) -> Iterator[Server]:
    """The private PostgreSQL."""
    found = Server(postgres)
    yield found
    found.close()


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without anything in it; a SQLite file that is not there yet."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/test.sqlite3"
        return
    server: Server = request.getfixturevalue("server")
    url = server.make(ready=False)
    yield url
    server.drop(url)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables in it and nothing else."""
    if kind == "sqlite":
        shutil.copyfile(request.getfixturevalue("ready_file"), tmp_path / "test.sqlite3")
        yield f"sqlite:///{tmp_path}/test.sqlite3"
        return
    server: Server = request.getfixturevalue("server")
    url = server.make(ready=True)
    yield url
    server.drop(url)


@pytest.fixture
def open_store(url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the database as often as wanted."""
    opened: list[Store] = []
    forms = _Forms(None)

    def again() -> Store:
        opened.append(Store.open(url, PictureStore(tmp_path / "files"), rules=forms.check, unique=forms.unique))
        return opened[-1]

    yield again
    for store in opened:
        assert counted(store) == recounted(store)
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """An open store."""
    return open_store()


@pytest.fixture
def hanh(store: Store) -> Viewer:
    """A reviewer who sees every commune."""
    return user(store, "hanh")


def counted(store: Store) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """What is kept of each batch, by batch, form and state."""
    with store._sessions.reading() as session:
        rows = session.scalars(select(BatchCountRow)).all()
    found = {
        (r.batch_id, r.form, r.status): (r.pages, r.records, r.verified, r.open_fields, r.open_records) for r in rows
    }
    return {group: numbers for group, numbers in found.items() if any(numbers)}


def recounted(store: Store) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """The same, counted anew."""
    found: dict[tuple[str, str, str], list[int]] = {}
    with store._sessions.reading() as session:
        for r in session.scalars(select(RecordRow)):
            head = r.head_id is None
            waiting = head and r.status == "read" and not r.verified
            numbers = (1, head, head and r.verified, r.open_fields, waiting)
            sums = found.setdefault((r.batch_id, r.form, r.status), [0] * 5)
            sums[:] = [a + b for a, b in zip(sums, numbers, strict=True)]
    return {group: tuple(numbers) for group, numbers in found.items()}


def holding(store: Store, form: str, field: str, value: str, but: str | None = None) -> int:
    """How many records, but for one, hold the same value in a field that must be unique."""
    with store._sessions.reading() as session:
        return store._same(session, form, field, value, but)


def user(store: Store, name: str, role: str = "reviewer", communes: tuple[str, ...] = ()) -> Viewer:
    """Somebody new."""
    store.add_user(name, name.title(), role, PASSWORD, communes)
    viewer = store.authenticate(name, PASSWORD)
    assert viewer is not None
    return viewer
