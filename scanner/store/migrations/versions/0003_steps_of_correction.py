"""A reading keeps the steps that led from what an engine read to the machine's value; older readings have none."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("readings", sa.Column("steps", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("readings", "steps")
