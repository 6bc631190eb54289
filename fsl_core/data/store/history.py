"""Undo, redo and revert: what they write.

The rule: an item (and each field of a class) is what the newest *live* "do" entry that touched it
says. So undo, redo and revert only switch entries off and on, and what those touched is written
anew where that makes a difference. A later entry by somebody else stays on top, whatever happens
beneath it. A label of a class that is gone counts for the class it was moved to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, select

from fsl_core.data.store import schema
from fsl_core.data.store.class_state import ClassEffect, class_effect, redirects_of, write_classes
from fsl_core.data.store.journal_write import CHUNK, Written, append, chunks
from fsl_core.data.store.liveness import Switch, judge, roots
from fsl_core.data.store.raw_labels import Raw, raw_labels, relabel
from fsl_core.data.store.records import Entry
from fsl_core.data.store.values import resolve

_changes = schema.changes


class _Change(NamedTuple):
    entry_id: int
    after: str | None
    origin_id: int | None


def switch(
    connection: Connection,
    project_id: int,
    kind: Literal["undo", "redo", "revert"],
    new: Switch,
    switches: Iterable[Switch],
    *,
    author: str,
    since: int | None = None,
) -> Entry:
    """Write an undo, redo or revert with all that it changes, as one entry."""
    known = list(switches)
    dead = judge([new, *known]).dead
    touched = roots(new, known)
    histories = _histories(connection, touched)
    winners = {key: _winner(history, dead) for key, history in histories.items()}

    def labels_then() -> dict[int, Raw]:
        found = raw_labels(connection, project_id)
        for (item_id, field), (after, origin) in winners.items():
            if field == "label":
                found[item_id] = Raw(after, origin, histories[item_id, field][-1].after)
        return found

    classes = class_effect(connection, project_id, touched, dead, labels_then)
    write_classes(connection, classes.written)
    written, untouched = _items(connection, project_id, histories, winners, classes)
    note: dict[str, Any] = {}
    if since is not None:
        note = {"since": since, "targets": [*new.targets], "revived": [*new.revived], "buried": [*new.buried]}
    elif untouched:
        note["conflicts"] = untouched
    if classes.kept:
        note["kept_classes"] = classes.kept
    return append(
        connection,
        project_id,
        written,
        kind=kind,
        author=author,
        source="person",
        note=note,
        target_id=new.targets[0] if since is None else None,
        classes=classes.written,
    )


def _items(
    connection: Connection,
    project_id: int,
    histories: dict[tuple[int, str], list[_Change]],
    winners: dict[tuple[int, str], tuple[str | None, int | None]],
    classes: ClassEffect,
) -> tuple[list[Written], list[int]]:
    redirects = redirects_of(connection, project_id)
    written: list[Written] = []
    untouched: dict[int, None] = {}
    for (item_id, field), history in histories.items():
        now = history[-1]
        after, origin = winners[item_id, field]
        if field == "label":
            after = resolve(after, redirects)
        if (after, origin) == (now.after, now.origin_id):
            untouched[item_id] = None
        else:
            written.append(Written(item_id, now.after, after, origin, field))
    if classes.labels is not None:
        # A class came or went: labels that nobody touched may count for another class now.
        rest = {item: raw for item, raw in classes.labels.items() if (item, "label") not in winners}
        written += relabel(rest, redirects)
    return written, list(untouched)


def _winner(history: list[_Change], dead: Collection[int]) -> tuple[str | None, int | None]:
    for change in reversed(history):
        # Only an act has rows that stem from itself; undo and merge carry the origin of what they restore.
        if change.origin_id == change.entry_id and change.entry_id not in dead:
            return change.after, change.entry_id
    return None, None


def _histories(connection: Connection, touched: Collection[int]) -> dict[tuple[int, str], list[_Change]]:
    """(Item, field) -> all its changes, oldest first, for what these entries touched."""
    columns = (_changes.c.item_id, _changes.c.field, _changes.c.entry_id, _changes.c.after, _changes.c.origin_id)
    histories: dict[tuple[int, str], list[_Change]] = {}
    keys: set[tuple[int, str]] = set()
    for chunk in chunks(sorted(touched), CHUNK):
        query = select(_changes.c.item_id, _changes.c.field).where(_changes.c.entry_id.in_(chunk))
        # A merge rewrites labels without being their origin: those follow from the classes.
        own = _changes.c.origin_id == _changes.c.entry_id
        keys.update((row[0], row[1]) for row in connection.execute(query.where(own)))
    for chunk in chunks(sorted({item for item, _ in keys}), CHUNK):
        query = select(*columns).where(_changes.c.item_id.in_(chunk)).order_by(_changes.c.id)
        for row in connection.execute(query):
            if (row[0], row[1]) in keys:
                histories.setdefault((row[0], row[1]), []).append(_Change(*row[2:]))
    return histories
