"""Acts on classes join the journal: merge, split, delete and the rest can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLE = "class_changes"


def upgrade() -> None:
    """Add the table of class changes, as append-only as the rest of the journal."""
    op.add_column("classes", sa.Column("moved_to", ID))
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        _foreign("entry_id", "entries"),
        sa.Column("class_id", ID, nullable=False),
        _foreign("class_id", "classes"),
        sa.Column("project_id", ID, nullable=False),
        _foreign("project_id", "projects"),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("origin_id", ID),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_class_changes_entry_id", TABLE, ["entry_id"])
    op.create_index("ix_class_changes_class_id_field_id", TABLE, ["class_id", "field", "id"])
    op.create_index("ix_class_changes_project_id_id", TABLE, ["project_id", "id"])
    for statement in _triggers():
        op.execute(statement)


def downgrade() -> None:
    """Take the acts away; the classes stay as they are now."""
    op.drop_table(TABLE)
    op.drop_column("classes", "moved_to")


def _foreign(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{TABLE}_{column}", ondelete="CASCADE")


def _triggers() -> tuple[str, str]:
    if op.get_bind().dialect.name == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        purged = "WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id)"
        return (
            f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refuse}",
            f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {purged} {refuse}",
        )
    return (
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION handful_append_only()",
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION handful_append_only()",
    )
