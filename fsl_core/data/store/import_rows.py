"""The rows of imported files: written with their import, read back in the order of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, select

from fsl_core.data.store import schema
from fsl_core.data.store.database import to_json
from fsl_core.data.store.file_records import FileColumns, FileRows, KeptRow
from fsl_core.data.store.journal_write import CHUNK, chunks

_table = schema.import_rows
_NAMES = ("import_id", "number", "item_id", "meta")
Values = tuple[int, int, int | None, Mapping[str, Any] | None]
"""Import, number, item and other columns of a row."""
Taken = tuple[str | None, Mapping[str, Any]]
"""Digest (None for one without a text) and other columns of an item as it was given."""


def keep_rows(
    connection: Connection,
    import_id: int,
    file: FileRows,
    taken: Sequence[Taken],
    ids: Mapping[str, int],
    known: Mapping[str, int],
) -> None:
    """Write the rows of a file; ``taken`` are the items it was made into, ``known`` those that were there before."""
    write_rows(connection, list(_rows(import_id, file, taken, ids, known)))


def write_rows(connection: Connection, rows: Sequence[Values]) -> None:
    """Write rows as they are.

    Past SQLAlchemy's own handling of parameters, which would take three times as long as the database does.
    """
    statement = insert(_table).inline().compile(dialect=connection.dialect, column_keys=_NAMES)
    for chunk in chunks(rows, CHUNK):
        dumped = ((*row[:-1], None if row[-1] is None else to_json(row[-1])) for row in chunk)
        given = list(dumped) if statement.positional else [dict(zip(_NAMES, row, strict=True)) for row in dumped]
        connection.exec_driver_sql(str(statement), given)


def _rows(
    import_id: int, file: FileRows, taken: Sequence[Taken], ids: Mapping[str, int], known: Mapping[str, int]
) -> Iterator[Values]:
    made: set[str] = set()
    for number, place, meta in zip(file.numbers, file.places, file.metas, strict=True):
        item_id = None
        if place is not None:
            digest, own = taken[place]
            if digest is not None:
                item_id = ids[digest]
                if meta is None and (digest in known or digest in made):
                    meta = own  # the item was made from another row
                made.add(digest)
        if item_id is None and meta is None:
            meta = {}
        yield import_id, number, item_id, meta


def read_rows(connection: Connection, project_id: int) -> list[KeptRow]:
    """Every kept row of a project: imports in the order of their making, rows in that of the file."""
    imports = schema.imports
    query = (
        select(_table.c.import_id, _table.c.number, _table.c.item_id, _table.c.meta)
        .join(imports, imports.c.id == _table.c.import_id)
        .where(imports.c.project_id == project_id)
        .order_by(_table.c.import_id, _table.c.id)
    )
    return [KeptRow(*row) for row in connection.execute(query)]


def write_columns(columns: FileColumns | None) -> dict[str, Any] | None:
    """The columns as the store has them."""
    return None if columns is None else asdict(columns)


def read_columns(stored: Mapping[str, Any] | None) -> FileColumns | None:
    """The inverse of ``write_columns``."""
    if stored is None:
        return None
    return FileColumns(tuple(stored["names"]), tuple(stored["types"]), stored["text"], stored["label"])
