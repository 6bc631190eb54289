"""What the acts on classes mean now, and how that gets into the table ``classes``.

Of field "deleted" in the journal: NULL says the class is there, "" that it is gone, and an id that
it is gone and its labels count for that class.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from fsl_core.data.store import schema
from fsl_core.data.store.journal_write import CHUNK, ClassWritten, chunks
from fsl_core.data.store.raw_labels import Raw
from fsl_core.data.store.records import MAX_NAME
from fsl_core.data.store.values import class_ids, follow, read_label

_table, _changes = schema.classes, schema.class_changes
Value = str | None
Key = tuple[int, str]
Origins = dict[Key, int | None]


@dataclass
class ClassEffect:
    """What a switch does to classes; ``kept`` had to stay, ``labels`` is set when one came or went."""

    written: list[ClassWritten] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    labels: dict[int, Raw] | None = None


class _Change(NamedTuple):
    entry_id: int
    before: Value
    after: Value
    origin_id: int | None


class _Target(NamedTuple):
    value: Value
    origin: int | None
    before: Value


def redirects_of(connection: Connection, project_id: int) -> dict[int, int | None]:
    """Class that is gone -> the class its labels count for, or None."""
    query = select(_table.c.id, _table.c.moved_to).where(
        _table.c.project_id == project_id, _table.c.deleted_at.is_not(None)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def class_effect(
    connection: Connection,
    project_id: int,
    touched: Collection[int],
    dead: Collection[int],
    labels_then: Callable[[], dict[int, Raw]],
) -> ClassEffect:
    """What becomes of the classes that these entries touched, when the ``dead`` ones do not count."""
    targets, origins = _targets(connection, touched, dead)
    effect = ClassEffect()
    if not targets:
        return effect
    rows = {row["id"]: row for row in _rows(connection, project_id)}
    presence = {class_id: target for (class_id, name), target in targets.items() if name == "deleted"}
    if presence:
        effect.labels = labels_then()
        redirects = {class_id: row["moved_to"] for class_id, row in rows.items() if row["deleted_at"] is not None}
        for class_id in _kept(presence, redirects, effect.labels):
            effect.kept.append(class_id)
            targets[class_id, "deleted"] = targets[class_id, "deleted"]._replace(value=None)
    _settle_names(targets, origins, rows)
    effect.written = [
        ClassWritten(class_id, name, target.before, target.value, target.origin)
        for (class_id, name), target in sorted(targets.items())
        if (target.value, target.origin) != (target.before, origins.get((class_id, name)))
        and not (class_id in effect.kept and name == "deleted" and target.before is None)
    ]
    return effect


def write_classes(connection: Connection, written: Sequence[ClassWritten]) -> None:
    """Bring the table up to what the journal is about to say."""
    values: dict[int, dict[str, Any]] = {}
    now = time.time()
    for change in written:
        row = values.setdefault(change.class_id, {})
        if change.field == "deleted":
            row["deleted_at"] = None if change.after is None else now
            row["moved_to"] = int(change.after) if change.after else None
        else:
            row[change.field] = int(change.after or 0) if change.field == "position" else change.after or ""
    named = [class_id for class_id, row in values.items() if "name" in row]
    live: set[int] = set()
    if named:
        # Out of the way first: two classes may swap their names.
        query = select(_table.c.id).where(_table.c.id.in_(named), _table.c.deleted_at.is_(None))
        live.update(connection.execute(query).scalars())
        connection.execute(update(_table).where(_table.c.id.in_(live)).values(deleted_at=now))
    # Those that go make room for the names of those that come.
    for class_id, row in sorted(values.items(), key=lambda pair: pair[1].get("deleted_at") is None):
        if class_id in live:
            row.setdefault("deleted_at", None)
        connection.execute(update(_table).where(_table.c.id == class_id).values(row))


def _rows(connection: Connection, project_id: int) -> Iterable[Any]:
    return connection.execute(select(_table).where(_table.c.project_id == project_id)).mappings()


def _targets(
    connection: Connection, touched: Collection[int], dead: Collection[int]
) -> tuple[dict[Key, _Target], Origins]:
    """What each touched field should be now, and the acts that all fields of these classes stem from."""
    keys: set[Key] = set()
    for chunk in chunks(sorted(touched), CHUNK):
        query = select(_changes.c.class_id, _changes.c.field).where(_changes.c.entry_id.in_(chunk))
        keys.update((row[0], row[1]) for row in connection.execute(query))
    histories: dict[Key, list[_Change]] = {}
    columns = (_changes.c.entry_id, _changes.c.before, _changes.c.after, _changes.c.origin_id)
    for chunk in chunks(sorted({class_id for class_id, _ in keys}), CHUNK):
        wide = select(_changes.c.class_id, _changes.c.field, *columns).where(_changes.c.class_id.in_(chunk))
        for class_id, name, *change in connection.execute(wide.order_by(_changes.c.id)):
            histories.setdefault((class_id, name), []).append(_Change(*change))
    found: dict[Key, _Target] = {}
    for key in keys:
        history = histories[key]
        # Before its first act a class was what that act found.
        value, origin = history[0].before, None
        for past in reversed(history):
            if past.origin_id == past.entry_id and past.entry_id not in dead:
                value, origin = past.after, past.origin_id
                break
        now = history[-1]
        if key[1] == "deleted" or origin != now.origin_id:
            found[key] = _Target(value, origin, now.after)
    return found, {key: history[-1].origin_id for key, history in histories.items()}


def _kept(presence: dict[int, _Target], redirects: dict[int, int | None], labels: dict[int, Raw]) -> list[int]:
    """Classes that would go but must stay; ``redirects`` becomes what holds afterwards."""
    for class_id in presence:
        redirects.pop(class_id, None)
    kept: list[int] = []
    going = [
        (target.origin or 0, class_id, target) for class_id, target in presence.items() if target.value is not None
    ]
    for origin, class_id, target in sorted(going, reverse=True):
        into = int(target.value) if target.value else None
        end = follow(into, redirects) if into is not None else None
        # A ring of merges would swallow every label in it; the later merge stays.
        ring = end == class_id
        orphans = end is None and origin == 0 and _in_use(class_id, redirects, labels)
        if ring or orphans:
            kept.append(class_id)
        else:
            redirects[class_id] = into
    return sorted(kept)


def _in_use(class_id: int, redirects: dict[int, int | None], labels: dict[int, Raw]) -> bool:
    # The act that made the class is taken back, but others have built on it since.
    if class_id in redirects.values():
        return True
    return any(class_id in class_ids(read_label(raw.given)) for raw in labels.values())


def _settle_names(targets: dict[Key, _Target], origins: Origins, rows: dict[int, Any]) -> None:
    """Where a name or a key was given away meanwhile, the one that comes back takes another."""
    ids = {class_id for class_id, _ in targets}

    def then(class_id: int, name: str) -> Any:  # noqa: ANN401
        target = targets.get((class_id, name))
        return target.value if target is not None else rows[class_id][name]

    def lives(class_id: int) -> bool:
        target = targets.get((class_id, "deleted"))
        return target.value is None if target is not None else rows[class_id]["deleted_at"] is None

    others = [row for class_id, row in rows.items() if class_id not in ids and row["deleted_at"] is None]
    names, keys = {row["name"] for row in others}, {row["key"] for row in others if row["key"]}
    for class_id in sorted(filter(lives, ids)):
        for field_name, taken in (("name", names), ("key", keys)):
            value = then(class_id, field_name)
            free = _free(value, taken) if field_name == "name" else "" if value in taken else value
            if free != value:
                old = targets.get((class_id, field_name))
                origin = old.origin if old is not None else origins.get((class_id, field_name))
                targets[class_id, field_name] = _Target(free, origin, rows[class_id][field_name])
            if free:
                taken.add(free)


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 2, name
    while free in taken:
        end = f" ({number})"
        free, number = name[: MAX_NAME - len(end)] + end, number + 1
    return free
