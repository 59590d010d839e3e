"""How long what each screen asks of the database takes with many records, and by which index it is answered.

    python -m benchmarks.database [--records 600000] [--postgresql] [--folder /tmp] [--out docs/database.md]

Builds a database of that many pages, as wide as real ones, in the tables of the version before, migrates it, and asks
what the screens and the long commands ask. About 40 KB a page: 600,000 take 25 GB of disk, which are freed at the end.
The test of this module asks the same of a small database and refuses a question that is answered by no index.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from alembic import command
from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, text

from benchmarks.postgresql import private_server
from scanner.forms.loading import load_form
from scanner.model import FormTemplate
from scanner.store.connection import alembic_config, connect
from scanner.store.database import Store
from scanner.store.pictures import PictureStore
from scanner.store.tables import page_id
from scanner.store.views import Viewer

FORM, TWO_PAGES = "mau-so-03", "hai-trang"
BEFORE = "0005"
"""The version whose tables are filled, so that the migration is measured as well."""
KINDS, WIDE = ("machine", "settled", "waiting"), ("reason", "quality", "registration")
BATCH_PAGES = 1000
"""A commune's delivery of a day or two."""
COMMUNES, PEOPLE = 124, 40
START = datetime(2024, 1, 8, 1, tzinfo=UTC)
KEPT = "sohoa-large"
LIMIT_MS = 50
"""What the questions of one screen may take on SQLite."""
RUNS = 7
IN_ORDER = ("ix_page_acts_at", "ix_readings_settled", "ix_records_created_at_id")
"""Indexes that questions with a limit read in their order and leave as soon as they have enough."""
LARGE = ("records", "readings", "revisions", "issues", "keys", "page_acts")
"""Tables that must not be read as a whole for a screen."""

Row = dict[str, object]
Statement = tuple[str, object]


# --- rows of real width ------------------------------------------------------------------------------


def registration_of(form: FormTemplate, chance: random.Random) -> Row:
    """As wide as a real one of this form: 3.6 KB for 30 fields."""
    terms = [[chance.uniform(-0.01, 0.01), chance.uniform(-0.01, 0.01)] for _ in range(21)]
    return {
        "residual_mm": chance.random(), "residual_p95_mm": chance.random(), "landmarks_found": 284,
        "landmarks_tried": 284, "rotation_deg": chance.random(), "scale": chance.random(),
        "perspective": chance.random(), "gate": chance.random(),
        "homography": [[chance.random() for _ in range(3)] for _ in range(3)], "warp": terms,
        "local_mm": {spec.id: chance.random() / 100 for spec in form.fields},
        "in_place": {spec.id: chance.random() for spec in form.fields},
    }  # fmt: skip


def readings_of(form: FormTemplate, kind: str, at: datetime, chance: random.Random) -> list[Row]:
    """The readings of one page without its id, as wide as real ones: 1.2 KB each. `kind`: "machine", "settled" where a
    person settled the first two fields, "waiting" where three are open."""
    rows: list[Row] = []
    for position, spec in enumerate(form.fields):
        features = {f"feature_{n}": chance.random() for n in range(8 if spec.options else 26)}
        marks = [
            {"option": o.id, "state": "empty", "score": chance.random(), "box": [chance.random() * 100] * 4,
             "measures": {f"measure_{n}": chance.random() for n in range(8)}} for o in spec.options
        ]  # fmt: skip
        value = None if spec.options else "Thôn Nà Lại"
        settled, is_open = kind == "settled" and position < 2, kind == "waiting" and position < 3
        rows.append(
            {"field": spec.id, "position": position, "machine_value": value, "raw": "Thôn Nà Lại",
             "score": chance.random(), "confidence": 0.99, "review": is_open, "engine": "tesseract-5.5.4/vie",
             "box": [chance.random() * 100 for _ in range(4)], "alternatives": ["Thôn Nà Lại", "Thôn Na Lai"],
             "reason": None, "features": features, "marks": marks, "steps": [], "crop": picture(chance),
             "value": value, "revision": int(settled), "manner": "typed" if settled else "machine", "open": is_open,
             "changed_by": user_id(2) if settled else None, "changed_at": at if settled else None}
        )  # fmt: skip
    return rows


def picture(chance: random.Random) -> str:
    """A key of the picture store."""
    name = chance.randbytes(32).hex()
    return f"{name[:2]}/{name}.jpg"


# --- filling -----------------------------------------------------------------------------------------


def fill(
    url: str,
    records: int,
    batch_pages: int = BATCH_PAGES,
    note: Callable[[str], object] = print,
    *,
    readings_in: int = 1,
) -> float:
    """Fill an empty database in the tables of the version before, and migrate it; returns the seconds of the latter.
    The pages of every `readings_in`th batch have readings.

    Of the pages 3 in 100 were not read, 1 is set aside, a tenth of the batches is of sheets of two pages, a fifth of
    the sheets waits for a person, and of the others every third was settled by one in two fields.
    """
    engine = connect(url)
    with engine.connect().execution_options(sohoa_write=True) as connection:
        if engine.dialect.name == "sqlite":
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
                _raw(connection, f"PRAGMA {pragma}")
        with connection.begin():
            _migrate(connection, BEFORE)
        tables = MetaData()
        with connection.begin():
            tables.reflect(connection)
        with connection.begin():
            _fill_small(connection, tables, records, batch_pages)
        for number in range(-(-records // batch_pages)):
            with connection.begin():
                _without_checks(connection)
                pages = min(batch_pages, records - number * batch_pages)
                _fill_batch(connection, tables, number, pages, with_readings=(number + 1) % readings_in == 0)
            if number % 50 == 49:
                note(f"{(number + 1) * batch_pages} pages")
        begun = perf_counter()
        with connection.begin():
            _migrate(connection, "head")
        took = perf_counter() - begun
        with connection.begin():
            connection.execute(text("ANALYZE" if engine.dialect.name == "postgresql" else "SELECT 1"))
    engine.dispose()
    return took


def _raw(connection: Connection, statement: str) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(statement)


def _without_checks(connection: Connection) -> None:
    """The rows are right by the way they are made; to look each reference up takes longer than to write the row."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))


def _migrate(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _fill_small(connection: Connection, tables: MetaData, records: int, batch_pages: int) -> None:
    """Users, batches, and the pages' readings to be copied."""
    at = _moment(connection, START)
    people = [
        {"id": user_id(n), "name": f"user{n}", "display": f"Người {n}", "role": "admin" if n == 0 else "reviewer",
         "communes": [commune(n)] if n % 2 else [], "password": "x", "disabled": False, "created_at": at}
        for n in range(PEOPLE)
    ]  # fmt: skip
    connection.execute(tables.tables["users"].insert(), people)
    batches = [
        {"id": batch_id(n), "name": f"Đợt {n:04}", "xa": commune(n), "form": "",
         "created_at": _moment(connection, START + timedelta(hours=n))}
        for n in range(-(-records // batch_pages))
    ]  # fmt: skip
    connection.execute(tables.tables["batches"].insert(), batches)
    _make_templates(connection, tables)


def _make_templates(connection: Connection, tables: MetaData) -> None:
    """What is wide in a page's rows, to be copied inside the database: JSON written anew for each row takes longer than
    all else."""
    form, chance = load_form(FORM), _chance(0)
    at = _moment(connection, START)
    rows = [
        {"kind": kind, "record_id": "", **row}
        for kind in KINDS
        for row in readings_of(form, kind, at, chance)
    ]  # fmt: skip
    kind = Column("kind", String(10))
    _template(connection, tables, "readings", "page_readings", kind, rows)
    quality = {"width_px": 2480, "height_px": 3508, "dpi": 300.0, "colour": "grey", "blur": 2.1234567890123457,
               "contrast": 0.8123456789012345, "clipped": 0.0012345678901234, "ink": 0.0512345678901234,
               "blank": False, "problems": []}  # fmt: skip
    wide = [
        {"kind": kind, "quality": quality, "registration": None if kind == "unread" else registration_of(form, chance),
         "reason": {"code": "form_not_found", "params": {}} if kind == "unread" else None}
        for kind in (*KINDS, "unread")
    ]  # fmt: skip
    columns = [Column(name, tables.tables["records"].columns[name].type) for name in ("quality", "registration")]
    reason = Column("reason", tables.tables["records"].columns["reason"].type)
    found = Table("page_wide", MetaData(), Column("kind", String(10)), reason, *columns)
    found.create(connection)
    connection.execute(found.insert(), wide)
    narrow = [Column(c.name, c.type) for c in tables.tables["records"].columns if c.name not in WIDE]
    Table("page_rows", tables, Column("kind", String(10)), *narrow).create(connection)


def _template(
    connection: Connection, tables: MetaData, of: str, name: str, extra: Column[str], rows: Sequence[Row]
) -> None:
    """A table with the columns of another and one more, without its constraints."""
    found = Table(name, MetaData(), extra, *(Column(c.name, c.type) for c in tables.tables[of].columns))
    found.create(connection)
    connection.execute(found.insert(), list(rows))


def _fill_batch(connection: Connection, tables: MetaData, number: int, pages: int, *, with_readings: bool) -> None:
    form, two = load_form(FORM), number % 10 == 9
    rows = list(islice(_pages(connection, number, two=two), pages))
    connection.execute(text("DELETE FROM page_rows"))
    connection.execute(tables.tables["page_rows"].insert(), rows)
    narrow = [column.name for column in tables.tables["records"].columns if column.name not in WIDE]
    _copy(connection, "records", [f"p.{name}" for name in narrow] + [f"w.{name}" for name in WIDE], "page_wide w", "w")
    names = [column.name for column in tables.tables["readings"].columns if column.name != "record_id"]
    if with_readings:
        _copy(connection, "readings", ["p.id AS record_id"] + [f't."{name}"' for name in names], "page_readings t", "t")
    at = _moment(connection, START + timedelta(hours=number, minutes=5))
    first = [spec.id for spec in form.fields[:2]]
    settled = [row["id"] for row in rows if row["kind"] == "settled"]
    _insert(connection, tables, "revisions", [_revision(page, field, at) for page in settled for field in first])
    heads = [str(row["id"]) for row in rows if row["status"] == "read" and row["head_id"] is None]
    _insert(connection, tables, "keys", [_key(page) for page in heads])
    _insert(connection, tables, "issues", [_issue(page, at) for page in heads[::20]])
    aside = [str(row["id"]) for row in rows if row["status"] == "other"]
    _insert(connection, tables, "page_acts", [_act(page, at) for page in aside])


def _copy(connection: Connection, into: str, columns: Sequence[str], template: str, short: str) -> None:
    """Copy the rows of this batch's pages with what is wide in them."""
    names = ", ".join(f'"{re.split(r"[. ]", column)[-1].strip(chr(34))}"' for column in columns)
    where = f"{short}.kind = p.kind"
    connection.execute(
        text(f"INSERT INTO {into} ({names}) SELECT {', '.join(columns)} FROM page_rows p JOIN {template} ON {where}")
    )


def _insert(connection: Connection, tables: MetaData, name: str, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(tables.tables[name].insert(), rows)


def _pages(connection: Connection, number: int, *, two: bool) -> Iterator[Row]:
    """What is narrow in the rows of a batch's pages, as many as are wanted. Of the sheets of two pages one in ten lacks
    its second page, which is on no sheet."""
    chance = _chance(number + 1)
    head: str | None = None
    for n in range(10**9):
        sha256 = hashlib.sha256(f"{number}/{n}".encode()).hexdigest()
        status = "read" if n % 100 > 3 else ("unplaced", "unplaced", "blank", "other")[n % 100]
        page = page_id(sha256, 1)
        read, back = status == "read", two and n % 2 == 1
        head_id = head if read and back and n % 20 != 19 else None
        waiting = read and head_id is None and chance.random() < 0.2
        done = read and not waiting
        settled = done and n % 3 == 0
        at = _moment(connection, START + timedelta(hours=number, seconds=n))
        yield {
            "kind": "unread" if not read else "waiting" if waiting else "settled" if settled else "machine",
            "id": page, "batch_id": batch_id(number), "sha256": sha256, "number": 1,
            "source": f"quet-{number:04}-{n:05}.jpg", "form": TWO_PAGES if two else FORM, "form_version": "1",
            "form_page": 2 if back else 1, "head_id": head_id, "status": status,
            "sheet_pages": 2 if two and read and not back and n % 20 != 18 else 1,
            "image": picture(chance), "aligned": picture(chance) if read else None, "created_at": at,
            "open_fields": 3 if waiting else 0, "open_issues": 0, "verified": done,
            "verified_at": at if done else None, "verified_by": user_id(2) if settled else None, "held_by": None,
            "held_until": None,
        }  # fmt: skip
        head = page if read and not back else None


def _revision(page: object, field: str, at: datetime) -> Row:
    return {"id": str(uuid.uuid4()), "record_id": page, "field": field, "number": 1, "old": "Thôn Nà Lai",
            "new": "Thôn Nà Lại", "user_id": user_id(2), "at": at, "manner": "typed", "note": ""}  # fmt: skip


def _key(page: str) -> Row:
    return {"record_id": page, "field": "so_dinh_danh", "digest": hashlib.sha256(page.encode()).hexdigest()}


def _issue(page: str, at: datetime) -> Row:
    return {"id": str(uuid.uuid4()), "record_id": page, "rule": "so_dinh_danh_khop_ngay_sinh",
            "fields": ["so_dinh_danh", "ngay_sinh"], "message": {"code": "number_against_birth", "params": {}},
            "seen": "0" * 64, "open": False, "created_at": at, "settled_by": user_id(2), "settled_at": at, "note": "",
            "closed_at": None}  # fmt: skip


def _act(page: str, at: datetime) -> Row:
    return {"id": str(uuid.uuid4()), "record_id": page, "before": "unplaced", "after": "other", "points": None,
            "did": "", "other_id": None, "user_id": user_id(2), "at": at}  # fmt: skip


def _chance(seed: int) -> random.Random:
    return random.Random(seed)


def _moment(connection: Connection, at: datetime) -> datetime:
    """SQLite keeps no zone, and the tables are reflected ones, without the store's own type for moments."""
    return at if connection.dialect.name == "postgresql" else at.replace(tzinfo=None)


def user_id(number: int) -> str:
    """A user's id; user 0 is the administrator, odd ones see one commune, even ones all."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"user {number}"))


def batch_id(number: int) -> str:
    """A batch's id."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"batch {number}"))


def commune(number: int) -> str:
    """The code of a commune."""
    return f"{2000 + number % COMMUNES:05}"


# --- what is asked -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """What a screen or a command asks the store."""

    name: str
    ask: Callable[[], object]
    screen: bool = True


def questions(store: Store, readings_in: int = 1) -> list[Question]:
    """What each screen asks, and what long commands ask; `readings_in` as in `fill`."""
    everybody, one = store.viewer(user_id(2)), store.viewer(user_id(1))
    assert everybody is not None and one is not None
    summaries = store.batches(everybody)
    middle = summaries[len(summaries) // 2 // readings_in * readings_in + readings_in - 1].id
    two = next((b.id for b in summaries if any(i.pages > 1 for i in store.queue(None, b.id, limit=50))), middle)
    record = store.queue(everybody, middle, limit=1)[0].record_id
    of_two = store.queue(everybody, two, limit=1)[0].record_id
    last = store.queue(everybody, summaries[-1].id)[-1].record_id
    unread = store.pages_needing_a_person(everybody, middle, limit=1)[0].record_id
    field = load_form(FORM).fields[4].id
    hashes = [hashlib.sha256(f"{number}/7".encode()).hexdigest() for number in range(1000)]
    week = START + timedelta(days=7)
    return [
        Question("log-in, each request", lambda: store.viewer(user_id(2))),
        Question("review desk, all communes", lambda: (store.queue(everybody, limit=200), store.batches(everybody))),
        Question("review desk, one commune", lambda: (store.queue(one, limit=200), store.batches(one))),
        Question(
            "review desk, one batch", lambda: (store.queue(everybody, middle, limit=200), store.batches(everybody))
        ),
        Question("next record", lambda: store.next_record(everybody, after=record)),
        Question("next record, from the end of the queue", lambda: store.next_record(everybody, after=last)),
        Question("next record, one commune", lambda: store.next_record(one, after=record)),
        Question("form page", lambda: (store.record(record, everybody), store.batch(middle, everybody))),
        Question("form page of two pages", lambda: store.record(of_two, everybody)),
        Question("picture of a page", lambda: store.page_pictures(record, everybody)),
        Question("picture of a field", lambda: store.snippet(record, field, everybody)),
        Question("pages of a sheet", lambda: (store.record(of_two, one_of(store)), _unmatched(store, of_two))),
        Question("batches", lambda: store.batches(everybody)),
        Question(
            "one batch",
            lambda: (store.batch(middle, everybody), store.pages_needing_a_person(everybody, middle, limit=200)),
        ),
        Question("pages to be placed", lambda: _to_be_placed(store, everybody)),
        Question("trail of a page", lambda: store.page_acts(unread, everybody)),
        Question("export screen", lambda: (store.forms_going(viewer=everybody), store.batches(everybody))),
        Question("users", lambda: store.users()),
        Question("save: hold a record", lambda: store.hold(record, everybody)),
        Question("scan: are 1,000 pages known?", lambda: store.known_pages((h, 1) for h in hashes), screen=False),
        Question("scan: assemble a batch", lambda: store.assemble(two), screen=False),
        Question("export: the first 200 records", lambda: list(islice(store.export_rows("all"), 200)), screen=False),
        Question("report: pages of a week", lambda: _count(store.pages_between(week, week + WEEK)), screen=False),
        Question("report: issues of a week", lambda: store.issue_counts(week, week + WEEK), screen=False),
        Question("calibrate: 2,000 decided", lambda: list(islice(store.decided_readings(), 2000)), screen=False),
    ]


WEEK = timedelta(days=7)


def long_questions(store: Store) -> list[Question]:
    """What commands ask that go through all records; asked once."""
    fields = {(FORM, spec.id) for spec in load_form(FORM).fields if spec.lexicon}
    return [
        Question("lists update: all verified records", lambda: store.shared_texts(fields, 3), screen=False),
        Question("calibrate: all decided readings", lambda: _count(store.decided_readings()), screen=False),
    ]


def one_of(store: Store) -> Viewer | None:
    """Somebody who sees every commune."""
    return store.viewer(user_id(2))


def _unmatched(store: Store, record: str) -> object:
    return store.unmatched_pages(record, None)


def _to_be_placed(store: Store, viewer: Viewer) -> object:
    from scanner.model import PageStatus

    waiting = store.pages_needing_a_person(viewer, status=PageStatus.UNPLACED, limit=200)
    return waiting, store.batches(viewer), store.pages_set_aside(viewer, limit=200)


def _count(found: Iterator[object]) -> int:
    return sum(1 for _ in found)


# --- measuring ---------------------------------------------------------------------------------------


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[Statement]]:
    """Every SELECT that the database is asked meanwhile, with its values."""
    found: list[Statement] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plan_of(engine: Engine, statement: Statement, *, small: bool = False) -> list[str]:
    """How the database answers a statement, step by step. `small`: on PostgreSQL, how it would where tables are not
    small enough to be read whole."""
    sql, parameters = statement
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()  # type: ignore[arg-type]
            return [str(row[3]) for row in rows]
        if small:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {sql}", parameters).all()  # type: ignore[arg-type]
        return [str(row[0]).strip().removeprefix("->").strip() for row in rows]


def whole_tables(plan: Sequence[str]) -> list[str]:
    """Large tables, or whole indexes of them, that a plan reads from end to end."""
    found = []
    for step in plan:
        if any(step.endswith(f"USING INDEX {name}") for name in IN_ORDER):
            continue
        sqlite = re.match(r"SCAN (\w+)", step)
        postgresql = re.match(r"(?:Parallel )?Seq Scan on (\w+)", step)
        name = (sqlite or postgresql or [None, ""])[1]
        if name in LARGE or re.sub(r"_\d+$", "", str(name)) in LARGE:
            found.append(step)
    return found


def indexes(plan: Sequence[str]) -> list[str]:
    """Names of the indexes that a plan uses."""
    found: dict[str, None] = {}
    for step in plan:
        for name in re.findall(r"(?:USING (?:COVERING )?INDEX|using|Bitmap Index Scan on) (\w+)", step):
            found[name] = None
    return list(found)


@dataclass(frozen=True, slots=True)
class Measured:
    """A question with its times, ms, and how it is answered."""

    question: Question
    first: float
    median: float
    statements: int
    indexes: tuple[str, ...]
    whole: tuple[str, ...]


def measure(store: Store, asked: Sequence[Question], runs: int = RUNS) -> list[Measured]:
    """Ask each question several times. Times are those of the store's answer, its values made of rows included: of
    SQLite, which runs in this process, the processor's time, so that a busy machine does not blur them."""
    found = []
    clock = process_time if store._engine.dialect.name == "sqlite" else perf_counter
    for question in asked:
        times = []
        with statements_of(store._engine) as statements:
            for run in range(runs):
                begun = clock()
                question.ask()
                times.append(1000 * (clock() - begun))
                if run == 0:
                    of_one = list(statements)
        plans = {sql: plan_of(store._engine, (sql, parameters)) for sql, parameters in of_one if "pg_" not in sql}
        used = {name: None for plan in plans.values() for name in indexes(plan)}
        whole = [step for plan in plans.values() for step in whole_tables(plan)]
        found.append(Measured(question, times[0], statistics.median(times), len(of_one), tuple(used), tuple(whole)))
    return found


# --- the table ---------------------------------------------------------------------------------------


def run(
    kind: str,
    records: int,
    folder: Path,
    note: Callable[[str], object] = print,
    *,
    keep: bool = False,
    readings_in: int = 1,
) -> dict[str, object]:
    """Build, migrate and measure one database; what was found as plain JSON. `keep`: a SQLite file stays in the folder
    and is measured again the next time."""
    with _database(kind, folder, keep) as url:
        kept = folder / f"{KEPT}.json"
        if keep and kept.exists():
            migration = float(json.loads(kept.read_text()))
        else:
            begun = perf_counter()
            migration = fill(url, records, note=note, readings_in=readings_in)
            note(f"{kind}: built in {perf_counter() - begun:.0f} s, migrated in {migration:.0f} s")
            if keep:
                kept.write_text(json.dumps(migration))
        with Store.open(url, PictureStore(folder)) as store:
            size = _size(store._engine)
            measured = measure(store, questions(store, readings_in))
            measured += measure(store, long_questions(store), runs=1)
    rows = [
        {"name": m.question.name, "screen": m.question.screen, "first": m.first, "median": m.median,
         "statements": m.statements, "indexes": list(m.indexes), "whole": list(m.whole)} for m in measured
    ]  # fmt: skip
    return {"kind": kind, "records": records, "bytes": size, "migration": migration, "rows": rows}


@contextmanager
def _database(kind: str, folder: Path, keep: bool) -> Iterator[str]:
    if kind == "sqlite" and keep:
        yield f"sqlite:///{folder}/{KEPT}.sqlite3"
        return
    if kind == "sqlite":
        place = Path(tempfile.mkdtemp(prefix="sohoa-database-", dir=folder))
        try:
            yield f"sqlite:///{place}/large.sqlite3"
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return
    with private_server(folder) as server:
        admin = create_engine(f"{server}/postgres".replace("postgresql:", "postgresql+psycopg:"))
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE large"))
        admin.dispose()
        yield f"{server}/large"


def _size(engine: Engine) -> int:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            count, size = (connection.exec_driver_sql(f"PRAGMA {p}").scalar_one() for p in ("page_count", "page_size"))
            return int(count) * int(size)
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def table(found: Sequence[Mapping[str, object]]) -> str:
    """Markdown: a row a question, a group of columns a database."""
    kinds = [str(result["kind"]) for result in found]
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    head = "| asked by | " + " | ".join(f"{names[k]}: first, median ms | by index" for k in kinds) + " |"
    lines = [head, "| --- |" + " ---: | --- |" * len(kinds)]
    per_kind: list[list[dict[str, object]]] = [list(result["rows"]) for result in found]  # type: ignore[call-overload]
    for rows in zip(*per_kind, strict=True):
        cells = [str(rows[0]["name"])]
        for row in rows:
            whole = row["whole"]
            used = ", ".join(f"`{name}`" for name in row["indexes"])
            cells += [f"{row['first']:.1f}, {row['median']:.1f}", used + (f"; WHOLE: {whole}" if whole else "")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def write(found: Sequence[Mapping[str, object]], path: Path, day: str) -> None:
    """Put the table between the marks of a Markdown file."""
    about = [
        f"{result['kind']}: {result['records']:,} pages, {int(str(result['bytes'])) / 1e9:.1f} GB, migrated from "
        f"{BEFORE} in {float(str(result['migration'])):.0f} s"
        for result in found
    ]
    block = f"{BEGIN}\n\nMeasured on {day}. {'; '.join(about)}.\n\n{table(found)}\n\n{END}"
    there = path.read_text(encoding="utf-8")
    before, _, rest = there.partition(BEGIN)
    path.write_text(before + block + rest.partition(END)[2], encoding="utf-8")


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=600_000, help="pages in the database")
    parser.add_argument("--readings-in", type=int, default=1, help="give readings to the pages of one batch in so many")
    parser.add_argument("--postgresql", action="store_true", help="a private PostgreSQL as well")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database alone")
    parser.add_argument("--keep", action="store_true", help="keep the SQLite file, or measure the one that was kept")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="where the databases are built")
    parser.add_argument("--json", type=Path, help="keep the figures here; those of another database in it stay")
    parser.add_argument("--out", type=Path, help="write the table into this Markdown file, between its marks")
    given = parser.parse_args()
    kinds = [given.only] if given.only else ["sqlite", *(["postgresql"] if given.postgresql else [])]
    found = {
        str(r["kind"]): r for r in (json.loads(given.json.read_text()) if given.json and given.json.exists() else [])
    }
    for kind in kinds:
        found[kind] = run(kind, given.records, given.folder, keep=given.keep, readings_in=given.readings_in)
        if given.json:
            given.json.write_text(json.dumps(list(found.values()), indent=1))
    results = [found[kind] for kind in ("sqlite", "postgresql") if kind in found]
    print(table(results))
    if given.out:
        write(results, given.out, f"{datetime.now(UTC):%Y-%m-%d}")
    for result in results:
        for row in result["rows"]:
            if result["kind"] == "sqlite" and row["screen"] and row["median"] > LIMIT_MS:
                print(f"slower than {LIMIT_MS} ms: {row['name']}, {row['median']:.0f} ms")


if __name__ == "__main__":
    main()
