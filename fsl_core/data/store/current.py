"""Queries that derive the present from the journal: the last change of an item is what holds."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, Subquery, func, select

from fsl_core.data.store import schema

_changes = schema.changes


def last_changes(project_id: int | None = None, field: str = "label") -> Subquery:
    """Column ``id``: the last change of each item, of one project or of all."""
    query = select(func.max(_changes.c.id).label("id")).where(_changes.c.field == field)
    if project_id is not None:
        query = query.where(_changes.c.project_id == project_id)
    return query.group_by(_changes.c.item_id).subquery("last_change")


def current_value(field: str = "label") -> ScalarSelect[str | None]:
    """The present value for a row of ``items``, to be used inside a query over that table."""
    return (
        select(_changes.c.after)
        .where(_changes.c.item_id == schema.items.c.id, _changes.c.field == field)
        .order_by(_changes.c.id.desc())
        .limit(1)
        .correlate(schema.items)
        .scalar_subquery()
    )
