"""Labels as they were given, before any class was merged away, and what they count for now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from fsl_core.data.store import schema
from fsl_core.data.store.current import last_changes
from fsl_core.data.store.journal_write import Written
from fsl_core.data.store.values import Redirects, resolve

_changes = schema.changes


class Raw(NamedTuple):
    """``given`` by entry ``origin``; ``now`` is what the item counts as at present."""

    given: str | None
    origin: int | None
    now: str | None


def raw_labels(connection: Connection, project_id: int) -> dict[int, Raw]:
    """Item id -> the label that was given last, of the items of a project that have one."""
    last = last_changes(project_id)
    origin = _changes.alias("origin")
    same = (
        (origin.c.entry_id == _changes.c.origin_id)
        & (origin.c.item_id == _changes.c.item_id)
        & (origin.c.field == "label")
    )
    query = (
        select(_changes.c.item_id, origin.c.after, _changes.c.origin_id, _changes.c.after)
        .join(last, _changes.c.id == last.c.id)
        .join(origin, same)
        .where(origin.c.after.is_not(None))
    )
    return {item_id: Raw(*raw) for item_id, *raw in connection.execute(query)}


def relabel(raw: Mapping[int, Raw], redirects: Redirects) -> list[Written]:
    """What has to be written so that every label counts for a class that is there."""
    found = ((item_id, one, resolve(one.given, redirects)) for item_id, one in raw.items())
    return [Written(item_id, one.now, after, one.origin) for item_id, one, after in found if after != one.now]
