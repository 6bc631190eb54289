"""A dumped project into a store: all of it in one transaction, with new ids."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, text

from fsl_core.data.store import schema
from fsl_core.data.store.database import Database
from fsl_core.data.store.dump import ChangePart, ClassChangePart, Numbers, ProjectDump, Value, translate_note
from fsl_core.data.store.import_rows import write_columns
from fsl_core.data.store.journal_write import CHUNK, chunks
from fsl_core.data.store.many_rows import insert_many
from fsl_core.data.store.projects import with_salt
from fsl_core.data.store.records import clean_name
from fsl_core.data.store.values import write_label

Row = dict[str, Any]


def write_dump(database: Database, dump: ProjectDump, *, name: str | None = None) -> int:
    """A new project from the dump, under its own or another name; returns its id.

    The dump must be sound (see ``project_file.checks``). Raises DataError for a name that cannot be.
    """
    called = clean_name(dump.project.name if name is None else name, "project")
    with database.write() as connection:
        return _Writer(connection, dump, is_sqlite=database.is_sqlite).write(called)


def reserve_ids(connection: Connection, table: Table, n: int, *, is_sqlite: bool) -> list[int]:
    """``n`` ids that no row has had, ascending: rows can then refer to each other before they are there."""
    if n == 0:
        return []
    if is_sqlite:
        # The transaction holds the write lock, and writing these ids moves the counter along.
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        last = connection.execute(query, {"name": table.name}).scalar() or 0
        return list(range(last + 1, last + n + 1))
    query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :n)")
    return sorted(connection.execute(query, {"name": table.name, "n": n}).scalars())


class _Writer:
    def __init__(self, connection: Connection, dump: ProjectDump, *, is_sqlite: bool) -> None:
        self.connection = connection
        self.dump = dump
        self.is_sqlite = is_sqlite
        self.classes = self._reserve(schema.classes, len(dump.classes))
        self.items = self._reserve(schema.items, len(dump.items))
        self.entries = self._reserve(schema.entries, len(dump.entries))
        self.imports = self._reserve(schema.imports, len(dump.project.imports))
        [self.project] = self._reserve(schema.projects, 1)

    def write(self, name: str) -> int:
        part = self.dump.project
        row = {
            "id": self.project,
            "name": name,
            "kind": part.kind,
            "guidelines": part.guidelines,
            # A file of an older version has no salt.
            "settings": with_salt(part.settings, self.project),
            "created_at": part.created_at,
            "updated_at": time.time(),
        }
        self.connection.execute(insert(schema.projects).values(row))
        self._insert(schema.classes, list(self._class_rows()))
        self._insert(schema.items, list(self._item_rows()))
        self._insert(schema.entries, list(self._entry_rows()))
        self._insert(schema.changes, list(self._change_rows()))
        self._insert(schema.class_changes, list(self._class_change_rows()))
        self._insert(schema.imports, list(self._import_rows()))
        insert_many(self.connection, schema.import_rows, self._file_rows())
        return self.project

    def _reserve(self, table: Table, n: int) -> list[int]:
        return reserve_ids(self.connection, table, n, is_sqlite=self.is_sqlite)

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        for chunk in chunks(rows, CHUNK):
            self.connection.execute(insert(table), list(chunk))

    def _class_rows(self) -> Iterator[Row]:
        for class_id, part in zip(self.classes, self.dump.classes, strict=True):
            yield {
                "id": class_id,
                "project_id": self.project,
                "name": part.name,
                "description": part.description,
                "position": part.position,
                "color": part.color,
                "key": part.key,
                "created_at": part.created_at,
                "deleted_at": part.deleted_at,
                "moved_to": _at(self.classes, part.moved_to),
            }

    def _item_rows(self) -> Iterator[Row]:
        for position, (item_id, part) in enumerate(zip(self.items, self.dump.items, strict=True)):
            yield {
                "id": item_id,
                "project_id": self.project,
                "kind": part.kind,
                "text": part.text,
                "text_pair": part.text_pair,
                "blob": part.blob,
                "digest": part.digest,
                "meta": part.meta,
                "position": position,
                "created_at": part.created_at,
            }

    def _entry_rows(self) -> Iterator[Row]:
        numbers = Numbers(
            item=lambda number: self.items[number - 1],
            of_class=lambda number: self.classes[number - 1],
            entry=lambda number: self.entries[number - 1],
            since=lambda number: self.entries[number - 1],
        )
        for entry_id, part in zip(self.entries, self.dump.entries, strict=True):
            yield {
                "id": entry_id,
                "project_id": self.project,
                "kind": part.kind,
                "target_id": _at(self.entries, part.target),
                "author": part.author,
                "source": part.source,
                "note": translate_note(part.note, numbers),
                "created_at": part.created_at,
            }

    def _change_rows(self) -> Iterator[Row]:
        for entry_id, entry in zip(self.entries, self.dump.entries, strict=True):
            for part in entry.changes:
                yield {
                    "entry_id": entry_id,
                    "item_id": self.items[part.item - 1],
                    "project_id": self.project,
                    "field": part.field,
                    "before": self._value(part, part.before),
                    "after": self._value(part, part.after),
                    "origin_id": _at(self.entries, part.origin),
                }

    def _value(self, part: ChangePart, value: Value) -> str | None:
        if part.field != "label" or value is None or isinstance(value, str):
            return None if value is None else str(value)
        if isinstance(value, list):
            return write_label(tuple(sorted(self.classes[one - 1] for one in value)))
        return write_label(self.classes[value - 1])

    def _class_change_rows(self) -> Iterator[Row]:
        for entry_id, entry in zip(self.entries, self.dump.entries, strict=True):
            for part in entry.class_changes:
                yield {
                    "entry_id": entry_id,
                    "class_id": self.classes[part.of_class - 1],
                    "project_id": self.project,
                    "field": part.field,
                    "before": self._class_value(part, part.before),
                    "after": self._class_value(part, part.after),
                    "origin_id": _at(self.entries, part.origin),
                }

    def _class_value(self, part: ClassChangePart, value: int | str | None) -> str | None:
        if part.field == "deleted" and isinstance(value, int):
            return str(self.classes[value - 1])
        return None if value is None else str(value)

    def _import_rows(self) -> Iterator[Row]:
        for import_id, part in zip(self.imports, self.dump.project.imports, strict=True):
            yield {
                "id": import_id,
                "project_id": self.project,
                "filename": part.filename,
                "counts": part.counts,
                "created_at": part.created_at,
                "columns": write_columns(part.columns),
            }

    def _file_rows(self) -> Iterator[Row]:
        for part in self.dump.rows:
            yield {
                "import_id": self.imports[part.of_import - 1],
                "number": part.number,
                "item_id": _at(self.items, part.item),
                "meta": part.meta,
            }


def _at(ids: Sequence[int], number: int | None) -> int | None:
    return None if number is None else ids[number - 1]
