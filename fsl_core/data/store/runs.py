"""Saved results of a project: comparisons, tunings, findings."""

from __future__ import annotations

import time
from typing import TypeVar

from sqlalchemy import insert, select

from fsl_core.base.payloads import SavedRun, read
from fsl_core.data.store import schema
from fsl_core.data.store.database import Database
from fsl_core.data.store.locks import touch
from fsl_core.data.store.records import Run

S = TypeVar("S", bound=SavedRun)
_table = schema.runs


class Runs:
    """The runs of the projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, project_id: int, payload: SavedRun) -> int:
        """Keep a result and return its id; NaN and infinity are kept as null."""
        row = {
            "project_id": project_id,
            "kind": payload.kind,
            "payload": payload.plain(),
            "created_at": time.time(),
        }
        with self._database.write() as connection:
            touch(connection, project_id)
            run_id: int = connection.execute(insert(_table).values(row).returning(_table.c.id)).scalar_one()
            return run_id

    def latest(self, project_id: int, model: type[S]) -> Run[S] | None:
        """The newest run of this kind."""
        return next(iter(self.list(project_id, model, limit=1)), None)

    def list(self, project_id: int, model: type[S], limit: int = 100) -> list[Run[S]]:
        """The runs of a project of one kind, newest first; one that this version cannot read is left out."""
        query = select(_table).where(_table.c.project_id == project_id, _table.c.kind == model.kind)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.id.desc()).limit(limit)).all()
        read_rows = ((row, read(model, row.payload)) for row in rows)
        return [Run(row.id, project_id, payload, row.created_at) for row, payload in read_rows if payload is not None]
