"""The journal as people read it: who, when, what, and whether it still counts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from fsl_core.data.store import schema
from fsl_core.data.store.class_state import redirects_of
from fsl_core.data.store.liveness import judge, read_switches
from fsl_core.data.store.records import ADJUDICATE, OUTSIDE, ActKind, ClassLine, Entry, HistoryLine, HistoryRow
from fsl_core.data.store.values import Label, read_label, resolve

N_LINES = 5
MAX_TEXT = 300
_entries, _changes, _items = schema.entries, schema.changes, schema.items


def first_entry(connection: Connection, project_id: int, at: float) -> int:
    """The id of the first entry of a moment: an int is that id, a float is a time in epoch seconds."""
    if isinstance(at, int):
        return at
    query = select(func.max(_entries.c.id)).where(_entries.c.project_id == project_id, _entries.c.created_at < at)
    return (connection.execute(query).scalar() or 0) + 1


def read_entries(
    connection: Connection,
    project_id: int,
    *,
    limit: int,
    before: int | None = None,
    author: str | None = None,
    item_id: int | None = None,
    first: int | None = None,
    what: ActKind | None = None,
) -> list[Entry]:
    """The latest entries that fit, newest first."""
    n_changes = (
        select(func.count())
        .where(_changes.c.entry_id == _entries.c.id)
        .correlate(_entries)
        .scalar_subquery()
        .label("n_changes")
    )
    query = select(_entries, n_changes).where(_entries.c.project_id == project_id)
    if before is not None:
        query = query.where(_entries.c.id < before)
    if first is not None:
        query = query.where(_entries.c.id >= first)
    if author is not None:
        query = query.where(_entries.c.author == author)
    if item_id is not None:
        query = query.where(exists().where(_changes.c.entry_id == _entries.c.id, _changes.c.item_id == item_id))
    if what is not None:
        query = query.where(of_kind(what))
    rows = connection.execute(query.order_by(_entries.c.id.desc()).limit(limit)).mappings()
    return [Entry(**row) for row in rows]


def of_kind(what: ActKind) -> ColumnElement[bool]:
    """Whether an entry is of this kind; the same as ``HistoryRow.what``, so that a page never has to look and drop."""
    act = _entries.c.note["act"].as_string()
    done, outside = _entries.c.kind == "do", _entries.c.source.in_(OUTSIDE)
    on_classes = and_(act.is_not(None), act != ADJUDICATE)
    flags = exists().where(_changes.c.entry_id == _entries.c.id, _changes.c.field == "flag")
    by_person = and_(done, ~outside, or_(act.is_(None), act == ADJUDICATE))
    return {
        "back": ~done,
        "import": and_(done, outside),
        "class": and_(done, ~outside, on_classes),
        "flag": and_(by_person, flags),
        "label": and_(by_person, ~flags),
    }[what]


def rows_of(connection: Connection, project_id: int, entries: Sequence[Entry], item_id: int | None) -> list[HistoryRow]:
    """These entries with a sample of their items, their classes, and what took them back."""
    dead = judge(read_switches(connection, project_id)).dead
    classes = _class_lines(connection, [entry.id for entry in entries])
    return [
        HistoryRow(
            entry=entry,
            lines=_lines(connection, entry.id, item_id) if entry.n_changes else (),
            classes=tuple(classes.get(entry.id, ())),
            undone_by=dead.get(entry.id),
        )
        for entry in entries
    ]


def labels_by_author(connection: Connection, project_id: int) -> dict[int, dict[str, Label]]:
    """Item -> author -> the label this person gave it last and did not take back."""
    dead = judge(read_switches(connection, project_id)).dead
    redirects = redirects_of(connection, project_id)
    acts = {
        row.id: row.author
        for row in connection.execute(
            select(_entries.c.id, _entries.c.author, _entries.c.note).where(
                _entries.c.project_id == project_id, _entries.c.kind == "do", _entries.c.source == "person"
            )
        )
        if row.id not in dead and "act" not in row.note
    }
    query = select(_changes.c.item_id, _changes.c.entry_id, _changes.c.after).where(
        _changes.c.project_id == project_id,
        _changes.c.field == "label",
        _changes.c.origin_id == _changes.c.entry_id,
    )
    found: dict[int, dict[str, Label]] = {}
    for item_id, entry_id, after in connection.execute(query.order_by(_changes.c.id)):
        if entry_id in acts:
            found.setdefault(item_id, {})[acts[entry_id]] = read_label(resolve(after, redirects))
    for each in found.values():
        for author in [author for author, label in each.items() if label is None]:
            del each[author]
    return {item_id: each for item_id, each in found.items() if each}


def _lines(connection: Connection, entry_id: int, item_id: int | None) -> tuple[HistoryLine, ...]:
    text = func.substr(func.coalesce(_items.c.text, ""), 1, MAX_TEXT)
    query = (
        select(_changes.c.item_id, text, _changes.c.before, _changes.c.after, _changes.c.field, _items.c.blob)
        .join(_items, _items.c.id == _changes.c.item_id)
        .where(_changes.c.entry_id == entry_id)
    )
    if item_id is not None:
        query = query.where(_changes.c.item_id == item_id)
    rows = connection.execute(query.order_by(_changes.c.id).limit(N_LINES))
    return tuple(
        HistoryLine(row[0], row[1], _value(row[2], row[4]), _value(row[3], row[4]), row[4], row[5]) for row in rows
    )


def _value(stored: str | None, field: str) -> Label | bool:
    return read_label(stored) if field == "label" else stored is not None


def _class_lines(connection: Connection, entry_ids: Sequence[int]) -> dict[int, list[ClassLine]]:
    changes, classes = schema.class_changes, schema.classes
    query = (
        select(
            changes.c.entry_id, changes.c.class_id, classes.c.name, changes.c.field, changes.c.before, changes.c.after
        )
        .join(classes, classes.c.id == changes.c.class_id)
        .where(changes.c.entry_id.in_(entry_ids))
        .order_by(changes.c.id)
    )
    found: dict[int, list[ClassLine]] = {}
    for entry_id, *line in connection.execute(query):
        found.setdefault(entry_id, []).append(ClassLine(*line))
    return found
