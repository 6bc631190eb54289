"""Which entries of the journal count now, worked out from the entries alone.

An act (a "do" or a "revert") counts unless the last word on it was an undo, or a revert that counts
itself names it. A revert of everything since a moment also speaks the last word on older entries:
those that were undone or redone since that moment become what they were then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, exists, func, or_, select

from fsl_core.base.errors import StoreError
from fsl_core.data.store import schema

_entries = schema.entries
SWITCHES = ("undo", "redo")
_FIRST_LOOK = 50


class NothingChanged(StoreError):
    """All is as it was at that moment."""


@dataclass(frozen=True, slots=True)
class Switch:
    """An undo, redo or revert: the acts it is about, and the older ones it revives and buries."""

    id: int
    kind: str
    targets: tuple[int, ...]
    revived: tuple[int, ...] = ()
    buried: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """``dead``: act -> the entry that took it back. ``words``: act -> what the last word on it says."""

    dead: dict[int, int]
    words: dict[int, bool]


def judge(newest_first: Iterable[Switch]) -> Verdict:
    """What every undo, redo and revert together mean."""
    dead: dict[int, int] = {}
    words: dict[int, bool] = {}

    def say(act: int, live: bool, by: int) -> None:
        if act not in words:
            words[act] = live
            if not live:
                dead.setdefault(act, by)

    for switch in newest_first:
        if switch.kind == "revert":
            # All that could have taken this revert back is newer and has been read already.
            if switch.id not in dead:
                for act in switch.revived:
                    say(act, True, switch.id)
                for act in switch.buried:
                    say(act, False, switch.id)
                for act in switch.targets:
                    dead.setdefault(act, switch.id)
        else:
            say(switch.targets[0], switch.kind == "redo", switch.id)
    return Verdict(dead, words)


def read_switches(connection: Connection, project_id: int) -> list[Switch]:
    """Every undo, redo and revert of the project, newest first."""
    query = select(_entries.c.id, _entries.c.kind, _entries.c.target_id).where(
        _entries.c.project_id == project_id, _entries.c.kind != "do"
    )
    rows = connection.execute(query.order_by(_entries.c.id.desc())).all()
    wide = select(_entries.c.id, _entries.c.note).where(
        _entries.c.project_id == project_id, _entries.c.kind == "revert", _entries.c.target_id.is_(None)
    )
    notes = {row.id: row.note for row in connection.execute(wide)}
    return [_read(row.id, row.kind, row.target_id, notes) for row in rows]


def _read(entry_id: int, kind: str, target: int | None, notes: Mapping[int, Mapping[str, Sequence[int]]]) -> Switch:
    if target is not None:
        return Switch(entry_id, kind, (target,))
    note = notes[entry_id]
    return Switch(entry_id, kind, tuple(note["targets"]), tuple(note["revived"]), tuple(note["buried"]))


def back_to(connection: Connection, project_id: int, first: int, switches: Sequence[Switch]) -> Switch:
    """The revert that leaves alive what was alive before entry ``first``. NothingChanged when that is so already."""
    query = select(_entries.c.id).where(
        _entries.c.project_id == project_id, _entries.c.id >= first, _entries.c.kind.not_in(SWITCHES)
    )
    acts = connection.execute(query.order_by(_entries.c.id)).scalars().all()
    then = judge(switch for switch in switches if switch.id < first).words
    words = judge(switches).words
    targets = {act for act in acts if words.get(act, True)}
    new_id = max([first, *acts, *(switch.id for switch in switches[:1])]) + 1
    while True:
        # To take a revert back may bring acts to life that it had buried: they go as well.
        now = judge([Switch(new_id, "revert", tuple(targets)), *switches])
        if not (more := {act for act in acts if act not in now.dead}):
            break
        targets |= more
    older = sorted(act for act in {*now.words, *then} if act < first)
    revived = tuple(act for act in older if then.get(act, True) and not now.words.get(act, True))
    buried = tuple(act for act in older if not then.get(act, True) and now.words.get(act, True))
    if not (targets or revived or buried):
        raise NothingChanged("Nothing has changed since then.", "Choose an earlier moment.")
    return Switch(new_id, "revert", tuple(sorted(targets)), revived, buried)


def roots(switch: Switch, switches: Iterable[Switch]) -> set[int]:
    """The "do" entries that a switch is about in the end, through reverts of reverts."""
    known = {other.id: other for other in switches}
    found: set[int] = set()
    seen: set[int] = set()
    waiting = [*switch.targets, *switch.revived, *switch.buried]
    while waiting:
        act = waiting.pop()
        if act in seen:
            continue
        seen.add(act)
        if (inner := known.get(act)) is None:
            found.add(act)
        else:
            waiting += [*inner.targets, *inner.revived, *inner.buried]
    return found


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
            if what == "redo" and kind not in SWITCHES:
                return None  # a new act ends the chain of redos, even when it was undone itself
            key = target if kind in SWITCHES else entry_id
            if key in seen:
                continue
            if kind == "undo" if what == "redo" else kind != "undo":
                return key
            seen.add(key)
        before, size = rows[-1][0], size * 4
    return None


def check_revertible(connection: Connection, project_id: int, entry_id: int, switches: Iterable[Switch]) -> None:
    """Raises StoreError unless the entry is a live "do" or "revert" of this project."""
    query = select(_entries.c.kind).where(_entries.c.id == entry_id, _entries.c.project_id == project_id)
    kind = connection.execute(query).scalar()
    if kind is None:
        raise StoreError(
            "Project {project} has no entry {entry}.", "Reload the history.", project=project_id, entry=entry_id
        )
    if kind in SWITCHES:
        raise StoreError(
            "Entry {entry} is itself an {kind} and cannot be reverted.",
            "Use undo or redo, or revert the entry it was about.",
            entry=entry_id,
            kind=kind,
        )
    if entry_id in judge(switches).dead:
        raise StoreError("Entry {entry} has already been taken back.", "Reload the history.", entry=entry_id)


def _backwards(
    connection: Connection, project_id: int, author: str | None, before: int | None, size: int
) -> list[tuple[int, str, int]]:
    # An undo belongs to the author of what it undid, whoever pressed the key.
    target = _entries.alias("target")
    switched = _entries.c.kind.in_(SWITCHES)
    owner = func.coalesce(target.c.author, _entries.c.author)
    source = func.coalesce(target.c.source, _entries.c.source)
    changed = [exists().where(table.c.entry_id == _entries.c.id) for table in (schema.changes, schema.class_changes)]
    query = (
        select(_entries.c.id, _entries.c.kind, _entries.c.target_id)
        .select_from(_entries.outerjoin(target, switched & (target.c.id == _entries.c.target_id)))
        .where(
            _entries.c.project_id == project_id,
            source.not_in(("import", "sample")),
            # An act whose items were all taken by somebody else left nothing to undo.
            or_(_entries.c.kind != "do", *changed),
        )
        .order_by(_entries.c.id.desc())
        .limit(size)
    )
    if author is not None:
        query = query.where(owner == author)
    if before is not None:
        query = query.where(_entries.c.id < before)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]
