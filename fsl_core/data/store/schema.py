"""The tables. The migrations create them; a test holds the two together.

What an import brought is ``items``, each text once, and ``import_rows``, each row of its file.

The journal is ``entries`` (who did what, when), ``changes`` (what it meant for each item) and
``class_changes`` (what it meant for each class; ``classes`` holds the outcome). All three only ever
grow: triggers refuse UPDATE and DELETE, except that a purged project takes its own along.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.type_api import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id_type() -> TypeEngine[int]:
    # SQLite numbers rows by itself only when the type is exactly INTEGER.
    return BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", _id_type(), primary_key=True)


def _project(*, nullable: bool = False) -> Column[int]:
    return Column("project_id", _id_type(), ForeignKey("projects.id", ondelete="CASCADE"), nullable=nullable)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


# sqlite_autoincrement: an id is never given out twice, so an old link cannot open a new project.

projects = Table(
    "projects",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _text("guidelines"),
    Column("settings", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    sqlite_autoincrement=True,
)

classes = Table(
    "classes",
    metadata,
    _id(),
    _project(),
    Column("name", Text, nullable=False),
    _text("description"),
    Column("position", Integer, nullable=False),
    _text("color"),
    _text("key"),
    Column("created_at", Double, nullable=False),
    Column("deleted_at", Double),
    # Of a class that is gone: the class its labels count for; NULL when they count no more.
    Column("moved_to", _id_type()),
    Index(
        "uq_classes_live_name",
        "project_id",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

items = Table(
    "items",
    metadata,
    _id(),
    _project(),
    Column("kind", Text, nullable=False),
    Column("text", Text),
    Column("text_pair", Text),
    Column("blob", Text),
    Column("digest", Text, nullable=False),
    Column("meta", JSON, nullable=False),
    Column("position", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("project_id", "digest"),
    Index(None, "project_id", "position"),
    sqlite_autoincrement=True,
)

entries = Table(
    "entries",
    metadata,
    _id(),
    _project(),
    Column("kind", Text, nullable=False),
    Column("target_id", _id_type()),
    _text("author"),
    Column("source", Text, nullable=False),
    Column("note", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)

changes = Table(
    "changes",
    metadata,
    _id(),
    Column("entry_id", _id_type(), ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    Column("item_id", _id_type(), ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    _project(),
    Column("field", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    # The "do" entry that ``after`` stems from: an undo or a redo restores who said so as well.
    Column("origin_id", _id_type()),
    Index(None, "entry_id"),
    Index(None, "item_id", "field", "id"),
    Index(None, "project_id", "field", "item_id", "id"),
    sqlite_autoincrement=True,
)

class_changes = Table(
    "class_changes",
    metadata,
    _id(),
    Column("entry_id", _id_type(), ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    Column("class_id", _id_type(), ForeignKey("classes.id", ondelete="CASCADE"), nullable=False),
    _project(),
    Column("field", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("origin_id", _id_type()),
    Index(None, "entry_id"),
    Index(None, "class_id", "field", "id"),
    Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    _project(nullable=True),
    Column("kind", Text, nullable=False),
    Column("params", JSON, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("fraction", Double, nullable=False, server_default=text("0")),
    _text("message"),
    Column("result", JSON(none_as_null=True)),
    _text("error"),
    _text("hint"),
    Column("cancel", Boolean, nullable=False),
    Column("pid", Integer),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("heartbeat_at", Double),
    Column("finished_at", Double),
    Column("curve", JSON(none_as_null=True)),
    Index(None, "state", "id"),
    Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    _id(),
    _project(),
    Column("kind", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "project_id", "kind", "id"),
    sqlite_autoincrement=True,
)

imports = Table(
    "imports",
    metadata,
    _id(),
    _project(),
    _text("filename"),
    Column("counts", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    # The columns of the file; NULL when no rows were kept.
    Column("columns", JSON(none_as_null=True)),
    Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)

import_rows = Table(
    "import_rows",
    metadata,
    _id(),
    Column("import_id", _id_type(), ForeignKey("imports.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    # NULL: a row without a text.
    Column("item_id", _id_type(), ForeignKey("items.id", ondelete="CASCADE")),
    # The other columns of this row; NULL where they are those of the item, which was made from it.
    Column("meta", JSON(none_as_null=True)),
    Index(None, "import_id", "id"),
    Index(None, "item_id"),
    sqlite_autoincrement=True,
)
