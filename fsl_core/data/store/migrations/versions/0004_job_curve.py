"""Jobs keep the curve of a training, so that a page can draw it while it runs and after a reload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; old jobs have no curve."""
    op.add_column("jobs", sa.Column("curve", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("jobs", "curve")
