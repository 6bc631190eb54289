"""A whole project as plain records that mean the same in every store: numbers count from 1 within the project.

Items are numbered in their order, classes (those that are gone too) and entries in the order of their
making. ``restore`` is the way back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, select

from fsl_core.data.store import schema
from fsl_core.data.store.database import Database
from fsl_core.data.store.file_records import FileColumns
from fsl_core.data.store.import_rows import read_columns, read_rows
from fsl_core.data.store.locks import missing_project
from fsl_core.data.store.records import EntryKind, Kind, Source
from fsl_core.data.store.values import class_ids, read_label

Value = int | list[int] | str | None
"""A value of the journal: class numbers in labels, else text as the store has it."""


@dataclass(frozen=True, slots=True)
class ClassPart:
    """One class; ``deleted_at`` is set when it is gone, ``moved_to`` is the class its labels count for then."""

    id: int
    name: str
    description: str
    position: int
    color: str
    key: str
    created_at: float
    deleted_at: float | None
    moved_to: int | None


@dataclass(frozen=True, slots=True)
class ItemPart:
    """One item."""

    id: int
    kind: Kind
    text: str | None
    text_pair: str | None
    digest: str
    meta: dict[str, Any]
    created_at: float
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePart:
    """What an entry meant for an item; ``origin`` is the entry the new value stems from."""

    item: int
    field: str
    before: Value
    after: Value
    origin: int | None


@dataclass(frozen=True, slots=True)
class ClassChangePart:
    """What an entry meant for a class. Of field "deleted": None alive, "" gone, a number: gone into that class."""

    of_class: int
    field: str
    before: int | str | None
    after: int | str | None
    origin: int | None


@dataclass(frozen=True, slots=True)
class EntryPart:
    """One entry of the journal with all that it changed."""

    id: int
    kind: EntryKind
    target: int | None
    author: str
    source: Source
    note: dict[str, Any]
    created_at: float
    changes: list[ChangePart] = field(default_factory=list)
    class_changes: list[ClassChangePart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportPart:
    """One past import; ``columns`` are those of the file when its rows were kept."""

    filename: str
    counts: dict[str, Any]
    created_at: float
    columns: FileColumns | None = None


@dataclass(frozen=True, slots=True)
class RowPart:
    """One row of the file of an import; without an item it had no text, without ``meta`` it has that of the item."""

    of_import: int
    number: int
    item: int | None
    meta: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ProjectPart:
    """The project itself. When it was changed last is not part of it."""

    name: str
    kind: Kind
    guidelines: str
    settings: dict[str, Any]
    created_at: float
    imports: list[ImportPart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProjectDump:
    """Everything a person did in one project."""

    project: ProjectPart
    classes: list[ClassPart]
    items: list[ItemPart]
    entries: list[EntryPart]
    rows: list[RowPart] = field(default_factory=list)
    packed: bytes | None = field(default=None, compare=False, repr=False)
    """The project file that this was read from, where it holds images."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the ids of one side become those of the other; None for one that the other side does not know."""

    item: Callable[[int], int | None]
    of_class: Callable[[int], int | None]
    entry: Callable[[int], int | None]
    since: Callable[[int], int | None]


_IDS: dict[str, Literal["item", "of_class", "entry", "since"]] = {
    "conflicts": "item",
    "kept_classes": "of_class",
    "class_id": "of_class",
    "into": "of_class",
    "from": "of_class",
    "targets": "entry",
    "revived": "entry",
    "buried": "entry",
    "since": "since",
}
"""The keys of a note that hold ids, or lists of them, and of what."""


def translate_note(note: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """A note with the ids of the other side; whatever is not an id stays, and an unknown id goes."""
    found: dict[str, Any] = {}
    for key, value in note.items():
        change = getattr(numbers, _IDS[key]) if key in _IDS else None
        if change is None:
            found[key] = value
        elif isinstance(value, list):
            changed = [(one, change(one) if _is_id(one) else one) for one in value]
            found[key] = [new for old, new in changed if new is not None or old is None]
        else:
            found[key] = change(value) if _is_id(value) else value
    return found


def read_dump(database: Database, project_id: int) -> ProjectDump:
    """The project as it is now, at one moment. Raises StoreError when it is missing."""
    with database.read() as connection:
        table = schema.projects
        # On PostgreSQL this keeps writers out until all is read; SQLite reads one moment anyway.
        locked = select(table).where(table.c.id == project_id).with_for_update(read=True)
        row = connection.execute(locked).mappings().first()
        if row is None:
            raise missing_project(project_id)
        classes = _rows(connection, schema.classes, project_id)
        items = _rows(connection, schema.items, project_id, "position", "id")
        entries = _rows(connection, schema.entries, project_id)
        changes = _rows(connection, schema.changes, project_id)
        class_changes = _rows(connection, schema.class_changes, project_id)
        imports = _rows(connection, schema.imports, project_id)
        kept = read_rows(connection, project_id)
    order = [entry["id"] for entry in entries]
    number = _Numbering(_numbered(items), _numbered(classes), _numbered(entries), order)
    by_entry: dict[int, list[ChangePart]] = {}
    for change in changes:
        by_entry.setdefault(change["entry_id"], []).append(number.change(change))
    by_class: dict[int, list[ClassChangePart]] = {}
    for change in class_changes:
        by_class.setdefault(change["entry_id"], []).append(number.class_change(change))
    past = [
        ImportPart(one["filename"], one["counts"], one["created_at"], read_columns(one["columns"])) for one in imports
    ]
    of_import = _numbered(imports)
    return ProjectDump(
        ProjectPart(row["name"], row["kind"], row["guidelines"], row["settings"], row["created_at"], past),
        [number.class_part(one) for one in classes],
        [_item(number.items[one["id"]], one) for one in items],
        [number.entry(one, by_entry.get(one["id"], []), by_class.get(one["id"], [])) for one in entries],
        [RowPart(of_import[one.import_id], one.number, _optional(one.item_id, number.items), one.meta) for one in kept],
    )


@dataclass(frozen=True, slots=True)
class _Numbering:
    items: dict[int, int]
    classes: dict[int, int]
    entries: dict[int, int]
    order: list[int]

    def entry(self, row: Any, changes: list[ChangePart], class_changes: list[ClassChangePart]) -> EntryPart:  # noqa: ANN401
        numbers = Numbers(self.items.get, self.classes.get, self.entries.get, self._first_from)
        return EntryPart(
            self.entries[row["id"]],
            row["kind"],
            _optional(row["target_id"], self.entries),
            row["author"],
            row["source"],
            translate_note(row["note"], numbers),
            row["created_at"],
            changes,
            class_changes,
        )

    def _first_from(self, entry_id: int) -> int:
        # The first entry of a span may be one of another project: then it is the next one of this.
        return bisect_left(self.order, entry_id) + 1

    def change(self, row: Any) -> ChangePart:  # noqa: ANN401
        before, after = row["before"], row["after"]
        if row["field"] == "label":
            before, after = self._label(before), self._label(after)
        origin = _optional(row["origin_id"], self.entries)
        return ChangePart(self.items[row["item_id"]], row["field"], before, after, origin)

    def _label(self, stored: str | None) -> Value:
        label = read_label(stored)
        numbers = [self.classes[one] for one in class_ids(label)]
        if isinstance(label, tuple):
            return numbers
        return numbers[0] if numbers else stored

    def class_change(self, row: Any) -> ClassChangePart:  # noqa: ANN401
        before, after = row["before"], row["after"]
        if row["field"] == "deleted":
            before, after = (self.classes[int(value)] if value else value for value in (before, after))
        origin = _optional(row["origin_id"], self.entries)
        return ClassChangePart(self.classes[row["class_id"]], row["field"], before, after, origin)

    def class_part(self, row: Any) -> ClassPart:  # noqa: ANN401
        return ClassPart(
            id=self.classes[row["id"]],
            name=row["name"],
            description=row["description"],
            position=row["position"],
            color=row["color"],
            key=row["key"],
            created_at=row["created_at"],
            deleted_at=row["deleted_at"],
            moved_to=_optional(row["moved_to"], self.classes),
        )


def _item(number: int, row: Any) -> ItemPart:  # noqa: ANN401
    names = ("kind", "text", "text_pair", "digest", "meta", "created_at", "blob")
    return ItemPart(number, *(row[name] for name in names))


def _rows(connection: Connection, table: Any, project_id: int, *order: str) -> list[Any]:  # noqa: ANN401
    query = select(table).where(table.c.project_id == project_id)
    return list(connection.execute(query.order_by(*(table.c[name] for name in order or ("id",)))).mappings())


def _numbered(rows: list[Any]) -> dict[int, int]:
    return {row["id"]: number for number, row in enumerate(rows, start=1)}


def _optional(value: int | None, numbers: Mapping[int, int]) -> int | None:
    return None if value is None else numbers[value]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
