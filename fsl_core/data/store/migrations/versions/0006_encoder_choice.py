"""Every project says what reads its items, so that no later default reads an old project anew behind its back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = {"image": "hog"}
"""What read the items of a kind where nothing was chosen; texts had 'minilm'."""
projects = sa.table("projects", sa.column("id", sa.Integer), sa.column("kind", sa.Text), sa.column("settings", sa.JSON))


def upgrade() -> None:
    """Write down the encoder of each project that chose none."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(projects)).all():
        if not (row.settings or {}).get("encoder"):
            choice = {"name": BEFORE.get(row.kind, "minilm"), "settings": {}}
            settings = {**(row.settings or {}), "encoder": choice}
            connection.execute(sa.update(projects).where(projects.c.id == row.id).values(settings=settings))


def downgrade() -> None:
    """A choice that is written down does no harm to an older version."""
