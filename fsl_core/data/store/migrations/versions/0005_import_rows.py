"""Imports keep the rows of their files: repeats, rows without a text, and the columns of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TABLE = "import_rows"


def upgrade() -> None:
    """Add the table; imports from before have no rows in it."""
    op.add_column("imports", sa.Column("columns", sa.JSON(none_as_null=True)))
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        _foreign("import_id", "imports"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("item_id", ID),
        _foreign("item_id", "items"),
        sa.Column("meta", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_rows_import_id_id", TABLE, ["import_id", "id"])
    op.create_index("ix_import_rows_item_id", TABLE, ["item_id"])


def downgrade() -> None:
    """Take the rows away; the items stay."""
    op.drop_table(TABLE)
    op.drop_column("imports", "columns")


def _foreign(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{TABLE}_{column}", ondelete="CASCADE")
