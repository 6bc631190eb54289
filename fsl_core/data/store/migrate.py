"""Open a database of any age: refuse a newer one, back an older one up, then bring it up to date."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from fsl_core.base.errors import StoreError
from fsl_core.data.store.database import Database

_MIGRATION_LOCK = 1
_ALEMBIC = threading.Lock()  # Alembic keeps its running migration in a module global.
FOLDER = Path(__file__).parent / "migrations"
_log = logging.getLogger(__name__)


@cache
def revisions(folder: Path = FOLDER) -> tuple[str, ...]:
    """Every revision this program knows, oldest first, read off the file names."""
    return tuple(sorted(path.name.split("_")[0] for path in (folder / "versions").glob("[0-9]*_*.py")))


def migrate(database: Database, folder: Path = FOLDER) -> None:
    """Bring the database up to date; a SQLite file that holds data is backed up first.

    Raises StoreError when the database is newer than this program.
    """
    known = revisions(folder)
    with database.read() as connection:
        if _checked_revision(connection, database, known) == known[-1]:
            return
    # Two processes may open an old database at once: the second waits here and finds the work done.
    with _ALEMBIC, database.write() as connection:
        database.lock(connection, _MIGRATION_LOCK)
        current = _checked_revision(connection, database, known)
        if current == known[-1]:
            return
        if current is not None and database.sqlite_path is not None:
            back_up(database.sqlite_path, current)
        _log.info("Migrating %s from revision %s to %s", database.shown_url, current, known[-1])
        _upgrade(connection, folder)


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def back_up(path: Path, revision: str) -> Path:
    """Copy the SQLite file to ``<name>.backup-<revision>-<time>`` beside it and return that path.

    Goes through SQLite's backup interface, so what still lies in the write-ahead log comes along.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.backup-{revision}-{stamp}")
    unfinished = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            "The database could not be backed up to {target}, so it was not migrated: {reason}",
            "Make room on the disk, or check that you may write to this folder.",
            target=target,
            reason=error,
        ) from error
    return target


def _checked_revision(connection: Connection, database: Database, known: tuple[str, ...]) -> str | None:
    current = current_revision(connection)
    if current is not None and current not in known:
        raise StoreError(
            "The database {url} was written by a newer version of Handful "
            "(revision {found}; this version knows {known} and older).",
            "Update Handful. To stay with this version, put a backup of the database in its place.",
            url=database.shown_url,
            found=current,
            known=known[-1],
        )
    if current is None and inspect(connection).has_table("projects"):
        raise StoreError(
            "The database {url} already has a table 'projects' that Handful did not make.",
            "Give Handful an empty database of its own in HANDFUL_DATABASE_URL.",
            url=database.shown_url,
        )
    return current


def _upgrade(connection: Connection, folder: Path) -> None:
    # Alembic takes a tenth of a second to import, and most of the time there is nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    command.upgrade(config, "head")
