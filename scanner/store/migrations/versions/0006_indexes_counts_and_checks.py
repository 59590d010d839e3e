"""For 600,000 records: indexes of what each screen asks for, counts kept per batch, and words checked by the database.

Of `records` and `readings` there may be tens of gigabytes, and to copy them for a constraint, as Alembic's batch mode
does on SQLite, takes many times as long and as much room as everything else here. A CHECK that all rows fulfil changes
nothing on the disk but the text of the table's definition, so that text is changed; where this SQLite forbids it, the
table is copied.
"""

import re
import sqlite3

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = "'read', 'unplaced', 'blank', 'unreadable', 'other', 'rescan'"
CHECKS: dict[str, dict[str, str]] = {
    "users": {"role": "'operator', 'reviewer', 'supervisor', 'exporter', 'admin'"},
    "records": {"status": STATES},
    "readings": {"manner": "'machine', 'typed', 'accepted', 'unreadable'"},
    "revisions": {"manner": "'typed', 'accepted', 'unreadable'"},
    "page_acts": {"before": STATES, "after": STATES, "did": "'', 'joined', 'split'"},
}
"""Table → column → the words that may stand there."""
STATE = ["batch_id", "status", "verified", "source", "number", "id"]
WORK = ["open_fields", "open_issues", "held_by", "held_until", "head_id", "sheet_pages"]
PLACE = ["batch_id", "source", "number", "id"]


def upgrade() -> None:
    no = "verified = 0" if _sqlite() else "NOT verified"
    sheet = "status = 'read' AND head_id IS NULL"
    op.add_column("records", sa.Column("path", sa.Text(), nullable=True))
    op.add_column("records", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("batches", sa.Column("reread_at", sa.DateTime(timezone=True), nullable=True))
    for table, words in CHECKS.items():
        _add_checks(table, {f"ck_{table}_{column}": f"{column} IN ({listed})" for column, listed in words.items()})
    op.drop_index("ix_records_work", "records")
    op.drop_index("ix_records_verified_at", "records")
    op.drop_index("ix_records_created_at", "records")
    op.drop_index("ix_records_head_id", "records")
    op.create_index("ix_records_created_at_id", "records", ["created_at", "id"])
    op.create_index("ix_records_batch_id_source_sha256_number", "records", ["batch_id", "source", "sha256", "number"])
    _partial("ix_records_queue", "records", PLACE, f"{sheet} AND {no}")
    _partial("ix_records_sheets", "records", [*PLACE, "verified", "verified_at"], f"{sheet} AND sheet_pages > 0")
    in_order = ["batch_id", "form", "source", "sha256", "number"]
    _partial("ix_records_unmatched", "records", in_order, f"{sheet} AND sheet_pages = 1")
    _partial("ix_records_unread", "records", PLACE, "status IN ('unplaced', 'blank', 'unreadable')")
    _partial("ix_records_head_id", "records", ["head_id"], "head_id IS NOT NULL")
    _partial("ix_readings_settled", "readings", ["record_id", "position"], "manner != 'machine'")
    op.create_index("ix_page_acts_at", "page_acts", ["at"])
    op.create_index("ix_page_acts_other_id", "page_acts", ["other_id"])
    _count()


def downgrade() -> None:
    op.drop_table("batch_counts")
    op.drop_index("ix_page_acts_other_id", "page_acts")
    op.drop_index("ix_page_acts_at", "page_acts")
    op.drop_index("ix_readings_settled", "readings")
    for name in ("head_id", "unread", "unmatched", "sheets", "queue", "batch_id_source_sha256_number", "created_at_id"):
        op.drop_index(f"ix_records_{name}", "records")
    op.create_index("ix_records_head_id", "records", ["head_id"])
    op.create_index("ix_records_created_at", "records", ["created_at"])
    op.create_index("ix_records_verified_at", "records", ["verified_at"])
    op.create_index("ix_records_work", "records", [*STATE, *WORK])
    for table, words in CHECKS.items():
        _drop_checks(table, [f"ck_{table}_{column}" for column in words])
    for table, column in (("batches", "reread_at"), ("records", "read_at"), ("records", "path")):
        op.drop_column(table, column)


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _count() -> None:
    """The counts of every batch, as `scanner.store.counts` keeps them from now on."""
    numbers = ("pages", "records", "verified", "open_fields", "open_records")
    op.create_table(
        "batch_counts",
        sa.Column("batch_id", sa.String(36), nullable=False),
        sa.Column("form", sa.String(80), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        *(sa.Column(number, sa.Integer(), nullable=False) for number in numbers),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_counts_batch_id_batches"),
        sa.PrimaryKeyConstraint("batch_id", "form", "status", name="pk_batch_counts"),
    )
    op.execute(
        "INSERT INTO batch_counts (batch_id, form, status, pages, records, verified, open_fields, open_records) "
        "SELECT batch_id, form, status, count(*), sum(CASE WHEN head_id IS NULL THEN 1 ELSE 0 END), "
        "sum(CASE WHEN head_id IS NULL AND verified THEN 1 ELSE 0 END), sum(open_fields), "
        "sum(CASE WHEN status = 'read' AND head_id IS NULL AND NOT verified THEN 1 ELSE 0 END) "
        "FROM records GROUP BY batch_id, form, status"
    )


# --- checks ------------------------------------------------------------------------------------------


def _add_checks(table: str, checks: dict[str, str]) -> None:
    """Name → condition. Raises IntegrityError where a row holds another word: then the database stays as it was."""
    if not _sqlite():
        for name, condition in checks.items():
            op.create_check_constraint(op.f(name), table, condition)
        return
    for name, condition in checks.items():
        if op.get_bind().exec_driver_sql(f"SELECT 1 FROM {table} WHERE NOT ({condition}) LIMIT 1").first() is not None:
            raise sqlite3.IntegrityError(f"CHECK constraint failed: {name}")
    added = "".join(f", CONSTRAINT {name} CHECK ({condition})" for name, condition in checks.items())
    if not _redefine(table, f"{_definition(table).rstrip()[:-1].rstrip()}{added})"):
        with op.batch_alter_table(table, recreate="always") as copy:
            for name, condition in checks.items():
                copy.create_check_constraint(op.f(name), condition)


def _drop_checks(table: str, names: list[str]) -> None:
    if not _sqlite():
        for name in names:
            op.drop_constraint(op.f(name), table, type_="check")
        return
    check = rf",\s*CONSTRAINT (?:{'|'.join(names)}) CHECK \(\w+ IN \([^()]*\)\)"
    if not _redefine(table, re.sub(check, "", _definition(table))):
        with op.batch_alter_table(table, recreate="always"):
            pass  # a copy has no CHECK but those named


def _definition(table: str) -> str:
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    return str(op.get_bind().execute(query, {"name": table}).scalar_one())


def _redefine(table: str, definition: str) -> bool:
    """Change the text that defines a table, nothing else; False where this SQLite does not let it be changed."""
    bind = op.get_bind()
    version = int(bind.exec_driver_sql("PRAGMA schema_version").scalar_one())
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    try:
        change = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name")
        bind.execute(change, {"sql": definition, "name": table})
        bind.exec_driver_sql(f"PRAGMA schema_version={version + 1}")  # every connection reads the definitions anew
    except DBAPIError:
        return False
    finally:
        bind.exec_driver_sql("PRAGMA writable_schema=OFF")
    return True
