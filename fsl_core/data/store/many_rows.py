"""Many rows into a table at once, past SQLAlchemy's own handling of parameters, which costs as much as the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Table, insert

from fsl_core.data.store.database import to_json
from fsl_core.data.store.journal_write import CHUNK


def insert_many(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows that all have the keys of the first, several of them; None is NULL, in columns of JSON too.

    Only a few thousand rows are held at a time: of many more, Python's collector would look at each over and over.
    """
    left = iter(rows)
    chunk = list(islice(left, CHUNK))
    if not chunk:
        return
    names = list(chunk[0])
    statement = insert(table).inline().compile(dialect=connection.dialect, column_keys=names)
    order = getattr(statement, "positiontup", None) or names
    take = itemgetter(*order)
    dumped = [name for name in names if isinstance(table.c[name].type, JSON)]
    while chunk:
        given: list[Any] = []
        for row in chunk:
            plain = {**row, **{name: to_json(row[name]) for name in dumped if row[name] is not None}}
            given.append(take(plain) if statement.positional else plain)
        connection.exec_driver_sql(str(statement), given)
        chunk = list(islice(left, CHUNK))
