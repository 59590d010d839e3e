"""A fuller trail: closed issues stay, a revision may carry a note; an index that answers queue and progress alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revisions", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("issues", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_records_batch_id_status_verified", "records")
    state = ["batch_id", "status", "verified", "source", "number", "id"]
    work = ["open_fields", "open_issues", "held_by", "held_until"]
    op.create_index("ix_records_work", "records", [*state, *work])
    op.create_index("ix_records_verified_at", "records", ["verified_at"])


def downgrade() -> None:
    op.drop_index("ix_records_verified_at", "records")
    op.drop_index("ix_records_work", "records")
    op.create_index("ix_records_batch_id_status_verified", "records", ["batch_id", "status", "verified"])
    op.drop_column("issues", "closed_at")
    op.drop_column("revisions", "note")
