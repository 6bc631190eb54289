"""Saved results of a project: comparisons, scores, projections."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, insert, select

from fsl_core.data.store import schema
from fsl_core.data.store.database import Database
from fsl_core.data.store.locks import touch
from fsl_core.data.store.records import Run

_table = schema.runs


class Runs:
    """The runs of the projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, project_id: int, kind: str, payload: Mapping[str, Any]) -> int:
        """Keep a result and return its id; NaN and infinity are kept as null."""
        row = {"project_id": project_id, "kind": kind, "payload": dict(payload), "created_at": time.time()}
        with self._database.write() as connection:
            touch(connection, project_id)
            run_id: int = connection.execute(insert(_table).values(row).returning(_table.c.id)).scalar_one()
            return run_id

    def latest(self, project_id: int, kind: str) -> Run | None:
        """The newest run of this kind."""
        return next(iter(self.list(project_id, kind, limit=1)), None)

    def list(self, project_id: int, kind: str | None = None, limit: int = 100) -> list[Run]:
        """The runs of a project (of one kind), newest first."""
        query: Select[Any] = select(_table).where(_table.c.project_id == project_id)
        if kind is not None:
            query = query.where(_table.c.kind == kind)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.id.desc()).limit(limit))
            return [Run(**row) for row in rows.mappings()]
