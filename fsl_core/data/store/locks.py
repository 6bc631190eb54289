"""How writers of one project queue up behind each other, and what they hear when it is not there."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, select, update

from fsl_core.base.errors import StoreError
from fsl_core.data.store import schema


def touch(connection: Connection, project_id: int) -> dict[str, Any]:
    """Note that the project changes now, hold its row until the transaction ends, and return its settings.

    Every change of a project starts here, so entries of one project become visible in the order of
    their ids, on PostgreSQL too. Raises StoreError when the project is missing or in the trash.
    """
    table = schema.projects
    change = update(table).where(table.c.id == project_id, table.c.deleted_at.is_(None))
    changed = change.values(updated_at=time.time()).returning(table.c.settings)
    if (row := connection.execute(changed).first()) is not None:
        return dict(row.settings)
    name = connection.execute(select(table.c.name).where(table.c.id == project_id)).scalar()
    if name is None:
        raise missing_project(project_id)
    raise StoreError(
        "Project '{name}' is in the trash and cannot be changed.", "Restore it on the Projects page first.", name=name
    )


def missing_project(project_id: int) -> StoreError:
    """The error for a project that is not there."""
    return StoreError(
        "There is no project {id}.", "It may have been deleted; open the list of projects.", id=project_id
    )
