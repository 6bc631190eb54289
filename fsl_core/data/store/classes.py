"""The classes of a project. Every act on them is an entry of the journal, so undo takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from fsl_core.base.errors import DataError
from fsl_core.data.store import schema
from fsl_core.data.store.class_rows import (
    created,
    free_key,
    free_name,
    insert_classes,
    live_class,
    live_classes,
    project_of,
)
from fsl_core.data.store.class_state import redirects_of, write_classes
from fsl_core.data.store.database import Database
from fsl_core.data.store.journal_write import ClassWritten, Written, append, check_items, current_labels
from fsl_core.data.store.locks import touch
from fsl_core.data.store.raw_labels import raw_labels, relabel
from fsl_core.data.store.records import ClassInfo, Entry, NewClass, clean_text
from fsl_core.data.store.values import class_ids, normal_label, write_label

_table = schema.classes
_ACTS = {"name": "rename", "description": "describe", "key": "key", "color": "color"}


class Classes:
    """The classes of the projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, project_id: int) -> list[ClassInfo]:
        """The classes in their order."""
        with self._database.read() as connection:
            return live_classes(connection, project_id)

    def names(self, project_id: int) -> dict[int, str]:
        """The names of all classes there ever were, for reading the history."""
        with self._database.read() as connection:
            query = select(_table.c.id, _table.c.name).where(_table.c.project_id == project_id)
            return {row[0]: row[1] for row in connection.execute(query)}

    def add(self, project_id: int, name: str, description: str = "", *, author: str = "") -> ClassInfo:
        """A new class at the end. Raises DataError when the name is empty, too long or taken."""
        return self.add_many(project_id, [NewClass(name, description)], author=author)[0]

    def add_many(self, project_id: int, names: Sequence[str | NewClass], *, author: str = "") -> Sequence[ClassInfo]:
        """New classes at the end, as one entry: all of them or, on a DataError, none."""
        with self._database.write() as connection:
            touch(connection, project_id)
            made = insert_classes(connection, project_id, names)
            if made:
                note = {"act": "add", "names": list(made)}
                _act(connection, project_id, note, author, [created(class_id) for class_id in made.values()])
            ids = set(made.values())
            return [info for info in live_classes(connection, project_id) if info.id in ids]

    def rename(self, class_id: int, name: str, *, author: str = "") -> ClassInfo:
        """Another name. Raises DataError when it is empty, too long or taken."""
        return self.update(class_id, name=name, author=author)

    def describe(self, class_id: int, description: str, *, author: str = "") -> ClassInfo:
        """Another description: one line that stands for the name in 0-shot models."""
        return self.update(class_id, description=description, author=author)

    def set_key(self, class_id: int, key: str, *, author: str = "") -> ClassInfo:
        """Another key; "" takes it away. Raises DataError when a class has it."""
        return self.update(class_id, key=key, author=author)

    def set_color(self, class_id: int, color: str, *, author: str = "") -> ClassInfo:
        """Another colour; "" takes it away."""
        return self.update(class_id, color=color, author=author)

    def update(
        self,
        class_id: int,
        *,
        name: str | None = None,
        description: str | None = None,
        key: str | None = None,
        color: str | None = None,
        author: str = "",
    ) -> ClassInfo:
        """Change what is given, as one entry; an empty ``key`` or ``color`` takes it away.

        What is the same already is no change. Raises DataError, StoreError.
        """
        with self._database.write() as connection:
            project_id = project_of(connection, class_id)
            touch(connection, project_id)
            old = live_class(connection, project_id, class_id)
            others = [info for info in live_classes(connection, project_id) if info.id != class_id]
            values: dict[str, str] = {}
            if name is not None:
                values["name"] = free_name(name, {info.name for info in others})
            if description is not None:
                values["description"] = clean_text(description).strip()
            if color is not None:
                values["color"] = clean_text(color).strip()
            if key is not None:
                values["key"] = free_key(key, others)
            changed = {field: value for field, value in values.items() if value != getattr(old, field)}
            if changed:
                act = _ACTS[next(iter(changed))] if len(changed) == 1 else "edit"
                note = {"act": act, "class_id": class_id, "name": old.name}
                acts = [ClassWritten(class_id, field, getattr(old, field), value) for field, value in changed.items()]
                _act(connection, project_id, note, author, acts)
            return live_class(connection, project_id, class_id)

    def reorder(self, project_id: int, ids: Sequence[int], *, author: str = "") -> Sequence[ClassInfo]:
        """Another order: ``ids`` names every class once. Raises DataError when it does not."""
        with self._database.write() as connection:
            touch(connection, project_id)
            old = live_classes(connection, project_id)
            if sorted(ids) != sorted(info.id for info in old):
                raise DataError(
                    "The new order names {n} classes, but the project has {there}, or others.",
                    "Reload the page: the classes may have been changed elsewhere.",
                    n=len(ids),
                    there=len(old),
                )
            place = {class_id: position for position, class_id in enumerate(ids)}
            acts = [
                ClassWritten(info.id, "position", str(info.position), str(place[info.id]))
                for info in old
                if info.position != place[info.id]
            ]
            if acts:
                _act(connection, project_id, {"act": "reorder"}, author, acts)
            return live_classes(connection, project_id)

    def merge(self, project_id: int, from_id: int, into_id: int, author: str = "") -> Entry:
        """Make one class of two: every label of ``from_id`` counts for ``into_id``. Raises DataError, StoreError."""
        with self._database.write() as connection:
            touch(connection, project_id)
            old, new = (live_class(connection, project_id, class_id) for class_id in (from_id, into_id))
            return _remove(connection, project_id, "merge", old, new, author)

    def delete(self, project_id: int, class_id: int, to: int | None = None, author: str = "") -> Entry:
        """Delete a class; its labels go to the class ``to``, or are taken away. Raises DataError, StoreError."""
        with self._database.write() as connection:
            touch(connection, project_id)
            old = live_class(connection, project_id, class_id)
            new = None if to is None else live_class(connection, project_id, to)
            return _remove(connection, project_id, "delete", old, new, author)

    def split(self, project_id: int, class_id: int, item_ids: Sequence[int], new_name: str, author: str = "") -> Entry:
        """Give some items of a class a new class of their own; its id is ``entry.note["class_id"]``.

        An item that does not have the class (any more) is left alone and listed in
        ``entry.note["conflicts"]``. Raises DataError when no item has it.
        """
        wanted = list(dict.fromkeys(map(int, item_ids)))
        with self._database.write() as connection:
            multi = bool(touch(connection, project_id).get("multi_label"))
            old = live_class(connection, project_id, class_id)
            check_items(connection, project_id, wanted)
            current = current_labels(connection, project_id, wanted)
            members = [item for item in wanted if class_id in class_ids(current.get(item))]
            if not members:
                raise DataError(
                    "None of the chosen items has the class '{name}'.", "Choose items of that class.", name=old.name
                )
            [(name, made)] = insert_classes(connection, project_id, [new_name]).items()
            written = []
            for item in members:
                label = current[item]
                parts = tuple(made if one == class_id else one for one in class_ids(label))
                written.append(Written(item, write_label(label), write_label(normal_label(parts, multi=multi))))
            note: dict[str, Any] = {"act": "split", "class_id": made, "name": name, "from": class_id}
            note |= {"from_name": old.name, "n_items": len(members)}
            if conflicts := [item for item in wanted if item not in set(members)]:
                note["conflicts"] = conflicts
            # Were it taken back, labels given meanwhile would count for the class it came from.
            return _act(connection, project_id, note, author, [created(made, str(class_id))], written)


def _remove(
    connection: Connection, project_id: int, act: str, old: ClassInfo, new: ClassInfo | None, author: str
) -> Entry:
    if new is not None and new.id == old.id:
        raise DataError("Class '{name}' cannot go into itself.", "Choose another class.", name=old.name)
    redirects = {**redirects_of(connection, project_id), old.id: new.id if new is not None else None}
    # Who said what is kept: the labels only count for another class.
    written = relabel(raw_labels(connection, project_id), redirects)
    into = {"into": new.id, "into_name": new.name} if new is not None else {"into": None}
    note = {"act": act, "class_id": old.id, "name": old.name, **into, "n_items": len(written)}
    gone = ClassWritten(old.id, "deleted", None, str(new.id) if new is not None else "")
    return _act(connection, project_id, note, author, [gone], written)


def _act(
    connection: Connection,
    project_id: int,
    note: dict[str, Any],
    author: str,
    classes: Sequence[ClassWritten],
    written: Sequence[Written] = (),
) -> Entry:
    write_classes(connection, classes)
    return append(
        connection, project_id, written, kind="do", author=author, source="person", note=note, classes=classes
    )
