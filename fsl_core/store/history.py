"""Undo, redo and revert, worked out from the entries alone.

The rule: the label of an item is what the newest *live* "do" entry that touched it says. An entry
is live unless the last word on it was an undo, or a live revert targets it. So undo and redo only
switch one entry off and on, and the items it touched are written anew where that makes a
difference. A later entry by somebody else stays on top, whatever happens beneath it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import Connection, exists, func, or_, select

from fsl_core.errors import StoreError
from fsl_core.store import schema
from fsl_core.store.journal_write import Written

Switch = tuple[str, int]
"""Kind and target of an undo, redo or revert."""

_entries, _changes = schema.entries, schema.changes
_SWITCHES = ("undo", "redo")
_FIRST_LOOK = 50


def top(connection: Connection, project_id: int, author: str | None, what: Literal["undo", "redo"]) -> int | None:
    """The entry that the next undo (or redo) is about; None when there is none.

    Reads backwards and stops at the first entry that decides, so that the length of the journal
    does not matter. Of each target only the newest mention counts.
    """
    seen: set[int] = set()
    before: int | None = None
    size = _FIRST_LOOK
    while rows := _backwards(connection, project_id, author, before, size):
        for entry_id, kind, target in rows:
            if what == "redo" and kind not in _SWITCHES:
                return None  # a new act ends the chain of redos, even when it was undone itself
            key = target if kind in _SWITCHES else entry_id
            if key in seen:
                continue
            if kind == "undo" if what == "redo" else kind != "undo":
                return key
            seen.add(key)
        before, size = rows[-1][0], size * 4
    return None


def dead_entries(newest_first: Iterable[tuple[int, str, int]]) -> set[int]:
    """The entries that no longer count, from (id, kind, target) of every undo, redo and revert."""
    dead: set[int] = set()
    decided: set[int] = set()
    for entry_id, kind, target in newest_first:
        if kind == "revert":
            # All that could have undone this revert is newer and has been read already.
            if entry_id not in dead:
                dead.add(target)
        elif target not in decided:
            decided.add(target)
            if kind == "undo":
                dead.add(target)
    return dead


@dataclass(frozen=True, slots=True)
class Effect:
    """What a switch writes, and which items it leaves alone."""

    written: list[Written]
    untouched: list[int]


class _Change(NamedTuple):
    entry_id: int
    after: str | None
    origin_id: int | None
    kind: str


def effect_of(connection: Connection, project_id: int, kind: Literal["undo", "redo", "revert"], target: int) -> Effect:
    """What an undo, redo or revert of ``target`` changes now."""
    switches = _switches(connection, project_id)
    dead = dead_entries([(max((row[0] for row in switches), default=target) + 1, kind, target), *switches])
    root = _root(connection, target)
    written: list[Written] = []
    untouched: list[int] = []
    for item_id, history in _histories(connection, root).items():
        now = history[-1]
        winner = next((row for row in reversed(history) if row.kind == "do" and row.entry_id not in dead), None)
        after, origin = (winner.after, winner.entry_id) if winner is not None else (None, None)
        if origin == now.origin_id:
            untouched.append(item_id)
        else:
            written.append((item_id, now.after, after, origin))
    return Effect(written, untouched)


def check_revertible(connection: Connection, project_id: int, entry_id: int) -> None:
    """Raises StoreError unless the entry is a live "do" or "revert" of this project."""
    query = select(_entries.c.kind).where(_entries.c.id == entry_id, _entries.c.project_id == project_id)
    kind = connection.execute(query).scalar()
    if kind is None:
        raise StoreError(
            "Project {project} has no entry {entry}.", "Reload the history.", project=project_id, entry=entry_id
        )
    if kind in _SWITCHES:
        raise StoreError(
            "Entry {entry} is itself an {kind} and cannot be reverted.",
            "Use undo or redo, or revert the entry it was about.",
            entry=entry_id,
            kind=kind,
        )
    if entry_id in dead_entries(_switches(connection, project_id)):
        raise StoreError("Entry {entry} has already been taken back.", "Reload the history.", entry=entry_id)


def _backwards(
    connection: Connection, project_id: int, author: str | None, before: int | None, size: int
) -> list[tuple[int, str, int]]:
    # An undo belongs to the author of what it undid, whoever pressed the key.
    target = _entries.alias("target")
    switched = _entries.c.kind.in_(_SWITCHES)
    owner = func.coalesce(target.c.author, _entries.c.author)
    source = func.coalesce(target.c.source, _entries.c.source)
    changed = exists().where(_changes.c.entry_id == _entries.c.id)
    query = (
        select(_entries.c.id, _entries.c.kind, _entries.c.target_id)
        .select_from(_entries.outerjoin(target, switched & (target.c.id == _entries.c.target_id)))
        .where(
            _entries.c.project_id == project_id,
            source.not_in(("import", "sample")),
            # An act whose items were all taken by somebody else left nothing to undo.
            or_(_entries.c.kind != "do", changed),
        )
        .order_by(_entries.c.id.desc())
        .limit(size)
    )
    if author is not None:
        query = query.where(owner == author)
    if before is not None:
        query = query.where(_entries.c.id < before)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _switches(connection: Connection, project_id: int) -> list[tuple[int, str, int]]:
    query = select(_entries.c.id, _entries.c.kind, _entries.c.target_id).where(
        _entries.c.project_id == project_id, _entries.c.kind != "do"
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(_entries.c.id.desc()))]


def _root(connection: Connection, entry_id: int) -> int:
    # A revert (of a revert ...) touches the items of the act at the end of the chain.
    while True:
        row = connection.execute(select(_entries.c.kind, _entries.c.target_id).where(_entries.c.id == entry_id)).one()
        if row.kind == "do":
            return entry_id
        entry_id = row.target_id


def _histories(connection: Connection, root: int) -> dict[int, list[_Change]]:
    """Item id -> all its changes, oldest first, for the items that ``root`` touched."""
    touched = select(_changes.c.item_id).where(_changes.c.entry_id == root)
    query = (
        select(_changes.c.item_id, _changes.c.entry_id, _changes.c.after, _changes.c.origin_id, _entries.c.kind)
        .join(_entries, _entries.c.id == _changes.c.entry_id)
        .where(_changes.c.item_id.in_(touched), _changes.c.field == "label")
        .order_by(_changes.c.id)
    )
    histories: dict[int, list[_Change]] = {}
    for item_id, *change in connection.execute(query):
        histories.setdefault(item_id, []).append(_Change(*change))
    return histories
