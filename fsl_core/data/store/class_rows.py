"""The rows of the table ``classes``: reading, adding, and which names and keys are free."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from fsl_core.base.errors import DataError, StoreError
from fsl_core.data.store import schema
from fsl_core.data.store.journal_write import ClassWritten
from fsl_core.data.store.records import ClassInfo, NewClass, clean_name, clean_text

_table = schema.classes
_COLUMNS = [_table.c[name] for name in ("id", "name", "description", "position", "color", "key")]


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
        name = free_name(entry.name, taken)
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


def created(class_id: int, parent: str = "") -> ClassWritten:
    """The change that says a class is new; taken back, its labels count for ``parent``."""
    return ClassWritten(class_id, "deleted", parent, None)


def live_class(connection: Connection, project_id: int, class_id: int) -> ClassInfo:
    """One class. Raises StoreError when the project has none of this id."""
    found = next((info for info in live_classes(connection, project_id) if info.id == class_id), None)
    if found is None:
        raise _missing(class_id)
    return found


def free_name(name: str, taken: set[str]) -> str:
    """The name as it is stored. Raises DataError when it is empty, too long or taken."""
    clean = clean_name(name, "class")
    if clean in taken:
        raise DataError("There is already a class '{name}'.", "Choose another name.", name=clean)
    return clean


def free_key(key: str, others: Sequence[ClassInfo]) -> str:
    """The key as it is stored. Raises DataError when one of the others has it."""
    clean = clean_text(key).strip()
    holder = next((info.name for info in others if clean and info.key == clean), None)
    if holder is not None:
        raise DataError("Key '{key}' already belongs to class '{name}'.", "Choose another key.", key=clean, name=holder)
    return clean


def project_of(connection: Connection, class_id: int) -> int:
    """The project of a class that is there. Raises StoreError."""
    query = select(_table.c.project_id).where(_table.c.id == class_id, _table.c.deleted_at.is_(None))
    project_id: int | None = connection.execute(query).scalar()
    if project_id is None:
        raise _missing(class_id)
    return project_id


def _missing(class_id: int) -> StoreError:
    return StoreError("There is no class {id}.", "It may have been deleted; reload the page.", id=class_id)
