"""The classes of a project."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from fsl_core.errors import DataError, StoreError
from fsl_core.store import schema
from fsl_core.store.database import Database
from fsl_core.store.locks import touch
from fsl_core.store.records import ClassInfo, NewClass, clean_name, clean_text

_table = schema.classes
_COLUMNS = [_table.c[name] for name in ("id", "name", "description", "position", "color", "key")]


class Classes:
    """The classes of the projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, project_id: int) -> list[ClassInfo]:
        """The classes in their order."""
        with self._database.read() as connection:
            return live_classes(connection, project_id)

    def add(self, project_id: int, name: str, description: str = "") -> ClassInfo:
        """A new class at the end. Raises DataError when the name is empty, too long or taken."""
        return self.add_many(project_id, [NewClass(name, description)])[0]

    def add_many(self, project_id: int, names: Sequence[str | NewClass]) -> Sequence[ClassInfo]:
        """New classes at the end: all of them or, on a DataError, none."""
        with self._database.write() as connection:
            touch(connection, project_id)
            ids = set(insert_classes(connection, project_id, names).values())
            return [info for info in live_classes(connection, project_id) if info.id in ids]

    def update(
        self,
        class_id: int,
        *,
        name: str | None = None,
        description: str | None = None,
        key: str | None = None,
        color: str | None = None,
    ) -> ClassInfo:
        """Change what is given; an empty ``key`` or ``color`` takes it away. Raises DataError, StoreError."""
        with self._database.write() as connection:
            project_id = _project_of(connection, class_id)
            touch(connection, project_id)
            others = [info for info in live_classes(connection, project_id) if info.id != class_id]
            values: dict[str, Any] = {}
            if name is not None:
                values["name"] = _free_name(name, {info.name for info in others})
            if description is not None:
                values["description"] = clean_text(description).strip()
            if color is not None:
                values["color"] = clean_text(color).strip()
            if key is not None:
                values["key"] = _free_key(key, others)
            if values:
                connection.execute(update(_table).where(_table.c.id == class_id).values(values))
            return next(info for info in live_classes(connection, project_id) if info.id == class_id)


def live_classes(connection: Connection, project_id: int) -> list[ClassInfo]:
    """The classes of a project in their order, inside a transaction."""
    query = select(*_COLUMNS).where(_table.c.project_id == project_id, _table.c.deleted_at.is_(None))
    return [ClassInfo(*row) for row in connection.execute(query.order_by(_table.c.position, _table.c.id))]


def insert_classes(connection: Connection, project_id: int, new: Iterable[str | NewClass]) -> dict[str, int]:
    """Append classes inside a transaction and return name -> id of all live ones that are new."""
    wanted = [NewClass(entry) if isinstance(entry, str) else entry for entry in new]
    if not wanted:
        return {}
    taken = {info.name for info in live_classes(connection, project_id)}
    last = connection.execute(select(func.max(_table.c.position)).where(_table.c.project_id == project_id)).scalar()
    start = 0 if last is None else last + 1
    now = time.time()
    rows: list[dict[str, Any]] = []
    for entry in wanted:
        name = _free_name(entry.name, taken)
        taken.add(name)
        rows.append(
            {
                "project_id": project_id,
                "name": name,
                "description": clean_text(entry.description).strip(),
                "position": start + len(rows),
                "created_at": now,
            }
        )
    connection.execute(insert(_table), rows)
    names = {row["name"] for row in rows}
    return {info.name: info.id for info in live_classes(connection, project_id) if info.name in names}


def _free_name(name: str, taken: set[str]) -> str:
    clean = clean_name(name, "class")
    if clean in taken:
        raise DataError("There is already a class '{name}'.", "Choose another name.", name=clean)
    return clean


def _free_key(key: str, others: Sequence[ClassInfo]) -> str:
    clean = clean_text(key).strip()
    holder = next((info.name for info in others if clean and info.key == clean), None)
    if holder is not None:
        raise DataError("Key '{key}' already belongs to class '{name}'.", "Choose another key.", key=clean, name=holder)
    return clean


def _project_of(connection: Connection, class_id: int) -> int:
    query = select(_table.c.project_id).where(_table.c.id == class_id, _table.c.deleted_at.is_(None))
    project_id: int | None = connection.execute(query).scalar()
    if project_id is None:
        raise StoreError("There is no class {id}.", "It may have been deleted; reload the page.", id=class_id)
    return project_id
