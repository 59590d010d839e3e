"""Sheets of several pages: which page of the form a page is, the page that stands for its sheet, joins by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATE = ["batch_id", "status", "verified", "source", "number", "id"]
WORK = ["open_fields", "open_issues", "held_by", "held_until"]


def upgrade() -> None:
    op.add_column("records", sa.Column("form_page", sa.Integer(), server_default="1", nullable=False))
    op.add_column("records", sa.Column("sheet_pages", sa.Integer(), server_default="1", nullable=False))
    _add_reference("records", "head_id")
    op.add_column("page_acts", sa.Column("did", sa.String(12), server_default="", nullable=False))
    _add_reference("page_acts", "other_id")
    op.create_index("ix_records_head_id", "records", ["head_id"])
    op.drop_index("ix_records_work", "records")
    op.create_index("ix_records_work", "records", [*STATE, *WORK, "head_id", "sheet_pages"])


def downgrade() -> None:
    op.drop_index("ix_records_work", "records")
    op.create_index("ix_records_work", "records", [*STATE, *WORK])
    op.drop_index("ix_records_head_id", "records")
    for table, names in (("page_acts", ("other_id", "did")), ("records", ("head_id", "sheet_pages", "form_page"))):
        for name in names:
            op.drop_column(table, name)


def _add_reference(table: str, column: str) -> None:
    """A nullable column that points to a page. SQLite can add one only as one clause; rebuilding the table, as Alembic
    would, takes minutes where there are many pages."""
    name = f"fk_{table}_{column}_records"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(36) CONSTRAINT {name} REFERENCES records (id)")
        return
    op.add_column(table, sa.Column(column, sa.String(36), nullable=True))
    op.create_foreign_key(name, table, "records", [column], ["id"])
