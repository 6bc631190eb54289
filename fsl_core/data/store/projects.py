"""Projects: create, list, change, put into the trash, bring back, purge."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, select, update

from fsl_core.base.errors import DataError
from fsl_core.data.store import schema
from fsl_core.data.store.class_rows import insert_classes
from fsl_core.data.store.current import last_changes
from fsl_core.data.store.database import Database
from fsl_core.data.store.jobs import LIVE
from fsl_core.data.store.locks import missing_project, touch
from fsl_core.data.store.records import AUDIT_SALT, Kind, NewClass, Project, ProjectSummary, clean_name, clean_text

KINDS: tuple[Kind, ...] = ("text", "image", "pair")
DAY = 86_400.0
_table = schema.projects


class Projects:
    """The projects of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        *,
        kind: Kind = "text",
        classes: Sequence[str | NewClass] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> Project:
        """A new project with its classes. Raises DataError for an empty, long or repeated name.

        To ``settings`` comes the salt of the audit stream, unless it is there.
        """
        if kind not in KINDS:
            raise DataError(
                "A project cannot be of kind '{kind}'.", "Choose one of: {known}.", kind=kind, known=", ".join(KINDS)
            )
        now = time.time()
        row = {
            "name": clean_name(name, "project"),
            "kind": kind,
            "guidelines": "",
            "settings": {},
            "created_at": now,
            "updated_at": now,
        }
        with self._database.write() as connection:
            project_id: int = connection.execute(insert(_table).values(row).returning(_table.c.id)).scalar_one()
            salted = with_salt(settings or {}, project_id)
            connection.execute(update(_table).where(_table.c.id == project_id).values(settings=salted))
            insert_classes(connection, project_id, classes)
            return _get(connection, project_id)

    def list(self, trashed: bool = False) -> list[ProjectSummary]:
        """All projects (or all in the trash), the one changed last first."""
        in_trash = _table.c.deleted_at.is_not(None)
        chosen = select(_table).where(in_trash if trashed else ~in_trash)
        with self._database.read() as connection:
            rows = connection.execute(chosen.order_by(_table.c.updated_at.desc(), _table.c.id.desc())).mappings().all()
            counts = [_n_items(connection), _n_labeled(connection), _n_classes(connection)]
        return [_summary(row, *(count.get(row["id"], 0) for count in counts)) for row in rows]

    def of_sample(self, filename: str) -> tuple[int, ...]:
        """Ids of the projects (not those in the trash) that were made from the sample in this file, oldest first."""
        imports, entries = schema.imports, schema.entries
        query = select(_table.c.id).where(
            _table.c.deleted_at.is_(None),
            exists().where(imports.c.project_id == _table.c.id, imports.c.filename == filename),
            exists().where(entries.c.project_id == _table.c.id, entries.c.source == "sample"),
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query.order_by(_table.c.id)).scalars())

    def get(self, project_id: int) -> Project:
        """One project, in the trash or not. Raises StoreError when there is none."""
        with self._database.read() as connection:
            return _get(connection, project_id)

    def update(
        self,
        project_id: int,
        *,
        name: str | None = None,
        guidelines: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Project:
        """Change what is given; ``settings`` are merged into those there are, key by key."""
        values: dict[str, Any] = {}
        if name is not None:
            values["name"] = clean_name(name, "project")
        if guidelines is not None:
            values["guidelines"] = clean_text(guidelines)
        with self._database.write() as connection:
            old = touch(connection, project_id)
            if settings:
                values["settings"] = {**old, **settings}
                _check_multi_label(connection, project_id, old, values["settings"])
            if values:
                connection.execute(update(_table).where(_table.c.id == project_id).values(values))
            return _get(connection, project_id)

    def trash(self, project_id: int) -> None:
        """Put the project into the trash, from where it can be restored until it is purged."""
        self._set_deleted(project_id, time.time())

    def trash_if_empty(self, project_id: int) -> bool:
        """Put away a project that an import was to fill and did not; whether that was done.

        One with an item, an entry in its journal, guidelines, or other work under way stays. An import that is being
        written is waited for, and one that comes later is refused: what was committed is never in the trash.
        """
        live = select(_table.c.guidelines).where(_table.c.id == project_id, _table.c.deleted_at.is_(None))
        jobs = schema.jobs.c
        filled = [
            select(schema.items.c.id).where(schema.items.c.project_id == project_id),
            select(schema.entries.c.id).where(schema.entries.c.project_id == project_id),
            select(jobs.id).where(jobs.project_id == project_id, jobs.state.in_(LIVE)),
        ]
        with self._database.write() as connection:
            # The row first, which an import holds: what the next statements read is what it left.
            found = connection.execute(live.with_for_update()).first()
            if found is None or found.guidelines or any(connection.execute(one.limit(1)).first() for one in filled):
                return False
            connection.execute(update(_table).where(_table.c.id == project_id).values(deleted_at=time.time()))
        return True

    def restore(self, project_id: int) -> None:
        """Take the project out of the trash."""
        self._set_deleted(project_id, None)

    def purge(self, older_than_days: float = 30) -> int:
        """Delete for good what has been in the trash for longer; return how many projects that was."""
        due = _table.c.deleted_at <= time.time() - older_than_days * DAY
        with self._database.read() as connection:
            # Most of the time there is nothing to do, and no reason to wait for the write lock.
            if connection.execute(select(_table.c.id).where(due).limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            return connection.execute(delete(_table).where(due)).rowcount

    def _set_deleted(self, project_id: int, at: float | None) -> None:
        was_live = _table.c.deleted_at.is_(None)
        change = update(_table).where(_table.c.id == project_id, was_live if at is not None else ~was_live)
        with self._database.write() as connection:
            if connection.execute(change.values(deleted_at=at)).rowcount == 0:
                _get(connection, project_id)


def with_salt(settings: Mapping[str, Any], project_id: int) -> dict[str, Any]:
    """The settings with a salt for the audit stream: the first id the project has, which it takes along."""
    return {AUDIT_SALT: str(project_id), **settings}


def _get(connection: Connection, project_id: int) -> Project:
    row = connection.execute(select(_table).where(_table.c.id == project_id)).mappings().first()
    if row is None:
        raise missing_project(project_id)
    return Project(**row)


def _check_multi_label(connection: Connection, project_id: int, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if bool(old.get("multi_label")) == bool(new.get("multi_label")):
        return
    table = schema.changes
    labeled = select(table.c.id).where(table.c.project_id == project_id, table.c.field == "label").limit(1)
    if connection.execute(labeled).first() is not None:
        raise DataError(
            "The project has labels, so the number of labels per item is fixed.",
            "Make a new project, and import the items there.",
        )


def _summary(row: RowMapping, n_items: int, n_labeled: int, n_classes: int) -> ProjectSummary:
    kept = {key: row[key] for key in ("id", "name", "kind", "created_at", "updated_at", "deleted_at")}
    return ProjectSummary(**kept, n_items=n_items, n_labeled=n_labeled, n_classes=n_classes)


def _n_items(connection: Connection) -> dict[int, int]:
    column = schema.items.c.project_id
    return _counts(connection, select(column, func.count()).group_by(column))


def _n_classes(connection: Connection) -> dict[int, int]:
    table = schema.classes
    chosen = select(table.c.project_id, func.count()).where(table.c.deleted_at.is_(None))
    return _counts(connection, chosen.group_by(table.c.project_id))


def _n_labeled(connection: Connection) -> dict[int, int]:
    table, last = schema.changes, last_changes()
    chosen = select(table.c.project_id, func.count()).join(last, table.c.id == last.c.id)
    return _counts(connection, chosen.where(table.c.after.is_not(None)).group_by(table.c.project_id))


def _counts(connection: Connection, query: Any) -> dict[int, int]:  # noqa: ANN401
    return {project_id: n for project_id, n in connection.execute(query)}
