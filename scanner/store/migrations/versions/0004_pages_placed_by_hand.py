"""What people did with pages that could not be placed: placed by hand, set aside, taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_acts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("before", sa.String(12), nullable=False),
        sa.Column("after", sa.String(12), nullable=False),
        sa.Column("points", sa.JSON(), nullable=True),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_page_acts_record_id_records"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_page_acts_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_page_acts"),
    )
    op.create_index("ix_page_acts_record_id", "page_acts", ["record_id"])


def downgrade() -> None:
    op.drop_index("ix_page_acts_record_id", "page_acts")
    op.drop_table("page_acts")
