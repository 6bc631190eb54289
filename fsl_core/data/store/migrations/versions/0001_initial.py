"""The first tables: projects, classes, items, the append-only journal, jobs, runs, imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
JOURNAL = ("entries", "changes")


def upgrade() -> None:
    """Create everything."""
    _projects()
    _journal()
    _work()
    _append_only()


def downgrade() -> None:
    """Drop everything; the triggers go with their tables."""
    for table in ("imports", "runs", "jobs", "changes", "entries", "items", "classes", "projects"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION handful_append_only()")


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    key = sa.Column("id", ID, nullable=False)
    op.create_table(name, key, *columns, sa.PrimaryKeyConstraint("id", name=f"pk_{name}"), sqlite_autoincrement=True)


def _project_id(table: str, *, nullable: bool = False) -> tuple[sa.schema.SchemaItem, ...]:
    return (sa.Column("project_id", ID, nullable=nullable), _foreign(table, "project_id", "projects"))


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _time(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _projects() -> None:
    _table(
        "projects",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        _text("guidelines"),
        sa.Column("settings", sa.JSON, nullable=False),
        _time("created_at"),
        _time("updated_at"),
        _time("deleted_at", nullable=True),
    )
    _table(
        "classes",
        *_project_id("classes"),
        sa.Column("name", sa.Text, nullable=False),
        _text("description"),
        sa.Column("position", sa.Integer, nullable=False),
        _text("color"),
        _text("key"),
        _time("created_at"),
        _time("deleted_at", nullable=True),
    )
    live = sa.text("deleted_at IS NULL")
    op.create_index(
        "uq_classes_live_name",
        "classes",
        ["project_id", "name"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    _table(
        "items",
        *_project_id("items"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("text_pair", sa.Text),
        sa.Column("blob", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("meta", sa.JSON, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        _time("created_at"),
        sa.UniqueConstraint("project_id", "digest", name="uq_items_project_id_digest"),
    )
    op.create_index("ix_items_project_id_position", "items", ["project_id", "position"])


def _journal() -> None:
    _table(
        "entries",
        *_project_id("entries"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target_id", ID),
        _text("author"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("note", sa.JSON, nullable=False),
        _time("created_at"),
    )
    op.create_index("ix_entries_project_id_id", "entries", ["project_id", "id"])
    _table(
        "changes",
        sa.Column("entry_id", ID, nullable=False),
        _foreign("changes", "entry_id", "entries"),
        sa.Column("item_id", ID, nullable=False),
        _foreign("changes", "item_id", "items"),
        *_project_id("changes"),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("origin_id", ID),
    )
    op.create_index("ix_changes_entry_id", "changes", ["entry_id"])
    op.create_index("ix_changes_item_id_field_id", "changes", ["item_id", "field", "id"])
    op.create_index("ix_changes_project_id_field_item_id_id", "changes", ["project_id", "field", "item_id", "id"])


def _work() -> None:
    _table(
        "jobs",
        *_project_id("jobs", nullable=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fraction", sa.Double, nullable=False, server_default=sa.text("0")),
        _text("message"),
        sa.Column("result", sa.JSON),
        _text("error"),
        _text("hint"),
        sa.Column("cancel", sa.Boolean, nullable=False),
        sa.Column("pid", sa.Integer),
        _time("created_at"),
        _time("started_at", nullable=True),
        _time("heartbeat_at", nullable=True),
        _time("finished_at", nullable=True),
    )
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_index("ix_jobs_project_id_id", "jobs", ["project_id", "id"])
    _table(
        "runs",
        *_project_id("runs"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        _time("created_at"),
    )
    op.create_index("ix_runs_project_id_kind_id", "runs", ["project_id", "kind", "id"])
    _table(
        "imports",
        *_project_id("imports"),
        _text("filename"),
        sa.Column("counts", sa.JSON, nullable=False),
        _time("created_at"),
    )
    op.create_index("ix_imports_project_id_id", "imports", ["project_id", "id"])


def _append_only() -> None:
    # A row of the journal may go only when its whole project is gone: the cascade runs after that.
    if op.get_bind().dialect.name == "sqlite":
        _append_only_sqlite()
    else:
        _append_only_postgresql()


def _append_only_sqlite() -> None:
    for table in JOURNAL:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            "WHEN EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id) "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )


def _append_only_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION handful_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF NOT EXISTS (SELECT 1 FROM projects WHERE id = OLD.project_id) THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION 'the journal is append-only';
        END $$
        """
    )
    for table in JOURNAL:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION handful_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION handful_append_only()"
        )
