"""The rows of imported files: written with their import, read back in the order of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from fsl_core.data.store import schema
from fsl_core.data.store.file_records import FileColumns, FileRows, KeptRow
from fsl_core.data.store.many_rows import insert_many

_table = schema.import_rows


@dataclass(slots=True)
class Taken:
    """The items as they were given, repeats too: digest (None for one without a text) and other columns of each."""

    digests: list[str | None] = field(default_factory=list)
    metas: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, digest: str | None, meta: Mapping[str, Any]) -> None:
        """One more."""
        self.digests.append(digest)
        self.metas.append(meta)


def keep_rows(
    connection: Connection,
    import_id: int,
    file: FileRows,
    taken: Taken,
    ids: Mapping[str, int],
    known: Mapping[str, int],
) -> None:
    """Write the rows of a file; ``taken`` are the items it was made into, ``known`` those that were there before."""
    insert_many(connection, _table, _rows(import_id, file, taken, ids, known))


def _rows(
    import_id: int, file: FileRows, taken: Taken, ids: Mapping[str, int], known: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    made: set[str] = set()
    for number, place, meta in zip(file.numbers, file.places, file.metas, strict=True):
        item_id = None
        if place is not None:
            digest = taken.digests[place]
            if digest is not None:
                item_id = ids[digest]
                if meta is None and (digest in known or digest in made):
                    meta = taken.metas[place]  # the item was made from another row
                made.add(digest)
        if item_id is None and meta is None:
            meta = {}
        yield {"import_id": import_id, "number": number, "item_id": item_id, "meta": meta}


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
