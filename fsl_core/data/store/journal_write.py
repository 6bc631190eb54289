"""The one place where rows of the journal are made, and the queries a writer needs before it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, func, insert, select

from fsl_core.base.errors import DataError
from fsl_core.data.store import schema
from fsl_core.data.store.records import Entry, EntryKind, Source, clean_text
from fsl_core.data.store.values import Label, class_ids, read_label

CHUNK = 5_000


class Written(NamedTuple):
    """One new value of an item, and the entry it stems from (None: this one)."""

    item_id: int
    before: str | None
    after: str | None
    origin: int | None = None
    field: str = "label"


class ClassWritten(NamedTuple):
    """One new value of a class, and the entry it stems from (None: this one)."""

    class_id: int
    field: str
    before: str | None
    after: str | None
    origin: int | None = None


_items, _entries, _changes = schema.items, schema.entries, schema.changes
T = TypeVar("T")


def append(
    connection: Connection,
    project_id: int,
    written: Iterable[Written],
    *,
    kind: EntryKind,
    author: str,
    source: Source,
    note: Mapping[str, Any] | None = None,
    target_id: int | None = None,
    classes: Iterable[ClassWritten] = (),
) -> Entry:
    """One entry and its changes; the caller holds the project (see ``locks.touch``)."""
    row: dict[str, Any] = {
        "project_id": project_id,
        "kind": kind,
        "target_id": target_id,
        "author": clean_text(author),
        "source": source,
        "note": dict(note or {}),
        "created_at": time.time(),
    }
    entry_id: int = connection.execute(insert(_entries).values(row).returning(_entries.c.id)).scalar_one()
    own = entry_id if kind == "do" else None
    shared = {"entry_id": entry_id, "project_id": project_id}
    changed = [
        {
            **shared,
            "item_id": change.item_id,
            "field": change.field,
            "before": change.before,
            "after": change.after,
            "origin_id": own if change.origin is None else change.origin,
        }
        for change in written
    ]
    acts = [
        {
            **shared,
            "class_id": change.class_id,
            "field": change.field,
            "before": change.before,
            "after": change.after,
            "origin_id": own if change.origin is None else change.origin,
        }
        for change in classes
    ]
    for chunk in chunks(changed, CHUNK):
        connection.execute(insert(_changes), chunk)
    if acts:
        connection.execute(insert(schema.class_changes), acts)
    return Entry(**row, id=entry_id, n_changes=len(changed))


def current_labels(connection: Connection, project_id: int, item_ids: Sequence[int]) -> dict[int, Label]:
    """The present labels of these items; an item without one is not in the answer."""
    values = current_values(connection, project_id, item_ids, "label")
    return {item_id: read_label(value) for item_id, value in values.items()}


def current_values(connection: Connection, project_id: int, item_ids: Sequence[int], field: str) -> dict[int, str]:
    """The present values of a field, as the journal stores them; an item without one is not in the answer."""
    found: dict[int, str] = {}
    for chunk in chunks(item_ids, CHUNK):
        last = (
            select(func.max(_changes.c.id))
            .where(_changes.c.item_id.in_(chunk), _changes.c.field == field)
            .group_by(_changes.c.item_id)
        )
        query = select(_changes.c.item_id, _changes.c.after).where(
            _changes.c.id.in_(last), _changes.c.project_id == project_id, _changes.c.after.is_not(None)
        )
        found.update((item_id, after) for item_id, after in connection.execute(query))
    return found


def check_items(connection: Connection, project_id: int, item_ids: Sequence[int]) -> None:
    """Raises DataError when there is no item, or one that is not of this project."""
    if not item_ids:
        raise DataError("No item was chosen.", "Choose at least one item.")
    for chunk in chunks(item_ids, CHUNK):
        query = select(_items.c.id).where(_items.c.id.in_(chunk), _items.c.project_id == project_id)
        if missing := set(chunk) - set(connection.execute(query).scalars()):
            raise DataError(
                "Project {project} has no item {item}.",
                "Reload the page: the project may have been changed elsewhere.",
                project=project_id,
                item=min(missing),
            )


def check_labels(connection: Connection, project_id: int, labels: Iterable[Label]) -> None:
    """Raises DataError when a label is not "none", not None and not a class of this project."""
    wanted: set[Any] = set()
    for label in labels:
        if label is not None and label != "none":
            wanted.update(class_ids(label) or (label,))
    if not wanted:
        return
    table = schema.classes
    query = select(table.c.id).where(table.c.project_id == project_id, table.c.deleted_at.is_(None))
    if missing := wanted - set(connection.execute(query).scalars()):
        raise DataError(
            "Project {project} has no class {label!r}.",
            "Use the id of one of its classes, 'none' for none of these, or None for no label.",
            project=project_id,
            label=sorted(missing, key=str)[0],
        )


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values in pieces: a statement can hold only so many parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
