"""The items of a project: read them all at once, page through them, import more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, func, select

from fsl_core.base.errors import StoreError
from fsl_core.base.types import Progress, silent
from fsl_core.data.store import schema
from fsl_core.data.store.bulk import import_rows, read_items
from fsl_core.data.store.current import current_value
from fsl_core.data.store.database import Database
from fsl_core.data.store.file_records import FileRows, KeptRow
from fsl_core.data.store.import_rows import read_columns, read_rows
from fsl_core.data.store.jobs import finish_within
from fsl_core.data.store.records import Added, ImportInfo, ItemRow, ItemTable, JobEnd, NewItem, Source
from fsl_core.data.store.values import read_label

_table = schema.items


class Items:
    """The items of the projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        project_id: int,
        rows: Iterable[NewItem],
        *,
        source: Source = "import",
        author: str = "",
        progress: Progress | None = None,
        filename: str = "",
        ends: JobEnd | None = None,
        file: FileRows | None = None,
    ) -> Added:
        """Import rows: all of them or, on any error or Cancelled, none.

        Empty rows and items that the project already has are counted and skipped; the label of such
        a duplicate is used only where the item has none. Missing classes are created. All labels and classes
        together are one entry of the journal: an import of texts alone writes none.

        ``progress`` is called about every 2,000 rows while they are read, and not while they are
        written: then the database is locked, and a progress that is kept in it would wait for itself.

        ``file`` has the rows of the file that ``rows`` were made of: they are kept too, repeats and all.

        ``ends`` is the job that does this: it is done in the same moment in which the items are there, whatever
        happens to its process. Raises Cancelled, and keeps none, when it was stopped or given up meanwhile.
        """
        report = progress or silent
        batch = read_items(rows, report)
        with self._database.write() as connection:
            added = import_rows(
                connection, project_id, batch, source=source, author=author, filename=filename, file=file
            )
            if ends is not None:
                finish_within(connection, ends.job_id, ends.result(added))
            return added

    def count(self, project_id: int, *, labeled: bool | None = None, search: str | None = None) -> int:
        """How many items there are, with or without a label, with these words."""
        query = select(func.count()).select_from(_table).where(*_conditions(project_id, labeled, search))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def all(self, project_id: int) -> ItemTable:
        """Every item in its order; made for 100,000 of them."""
        query = select(_table.c.id, _table.c.text, _table.c.digest, _table.c.blob).where(
            _table.c.project_id == project_id
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.position, _table.c.id)).all()
        ids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
        return ItemTable(ids, [row[1] or "" for row in rows], [row[2] for row in rows], [row[3] for row in rows])

    def metas(self, project_id: int, limit: int | None = None) -> list[dict[str, Any]]:
        """What the files said of every item besides its text and label, in the order of ``all``."""
        query = select(_table.c.meta).where(_table.c.project_id == project_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.position, _table.c.id).limit(limit)).scalars()
            return [row or {} for row in rows]

    def get(self, item_id: int) -> ItemRow:
        """One item with its label. Raises StoreError when there is none."""
        with self._database.read() as connection:
            row = connection.execute(_rows().where(_table.c.id == item_id)).mappings().first()
        if row is None:
            raise StoreError("There is no item {id}.", "Its project may have been deleted.", id=item_id)
        return _item(row)

    def id_of(self, project_id: int, digest: str) -> int | None:
        """The item with that content; None when the project has it not."""
        query = select(_table.c.id).where(_table.c.project_id == project_id, _table.c.digest == digest)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def page(
        self,
        project_id: int,
        labeled: bool | None = None,
        limit: int = 50,
        offset: int = 0,
        search: str | None = None,
    ) -> list[ItemRow]:
        """Some items in their order; ``search`` finds a part of the text, in upper or lower case."""
        query = _rows().where(*_conditions(project_id, labeled, search))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.position, _table.c.id).limit(limit).offset(offset))
            return [_item(row) for row in rows.mappings()]

    def imports(self, project_id: int) -> list[ImportInfo]:
        """Past imports, the latest first."""
        table = schema.imports
        query = select(table).where(table.c.project_id == project_id).order_by(table.c.id.desc())
        with self._database.read() as connection:
            found = connection.execute(query).mappings().all()
        return [ImportInfo(**{**row, "columns": read_columns(row["columns"])}) for row in found]

    def file_rows(self, project_id: int) -> list[KeptRow]:
        """Every row that imports kept, file after file, in their order."""
        with self._database.read() as connection:
            return read_rows(connection, project_id)


def _rows() -> Select[Any]:
    return select(_table, current_value().label("label"))


def _conditions(project_id: int, labeled: bool | None, search: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_table.c.project_id == project_id]
    if labeled is not None:
        label = current_value()
        found.append(label.is_not(None) if labeled else label.is_(None))
    if search:
        within = func.coalesce(_table.c.text, "") + " " + func.coalesce(_table.c.text_pair, "")
        found.append(func.lower(within).contains(search.lower(), autoescape=True))
    return found


def _item(row: Any) -> ItemRow:  # noqa: ANN401
    return ItemRow(**{**row, "label": read_label(row["label"])})
