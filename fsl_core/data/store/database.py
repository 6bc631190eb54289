"""The engine: how to reach SQLite or PostgreSQL, how a transaction begins, what its failures mean."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fsl_core.base.errors import StoreError
from fsl_core.base.sqlite import WAIT_SECONDS, use_write_ahead_log
from fsl_core.data.store.failures import explain
from fsl_core.data.store.records import clean_text

_LOCK_SPACE = 72_615  # keeps our lock numbers apart from those of other programs in the same database


class Database:
    """One engine, with a read and a write transaction; every connection goes back at their end."""

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self.sqlite_path = Path(self.url.database).absolute() if _is_sqlite(self.url) and self.url.database else None
        if self.sqlite_path is not None:
            _check_file(self.sqlite_path)
        self.engine = _engine(self.url)
        self._writer = self.engine.execution_options(handful_write=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one local file."""
        return self.sqlite_path is not None

    @property
    def shown_url(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; on SQLite it never waits for a writer. Raises StoreError."""
        with self.explained(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: all of it is kept, durably, or nothing. Raises StoreError.

        On SQLite it takes the write lock at its start, so two processes queue instead of
        deadlocking when both have read and then want to write.
        """
        with self.explained(), self._writer.begin() as connection:
            yield connection

    def lock(self, connection: Connection, number: int) -> None:
        """Hold a lock of this number until the transaction ends; on SQLite a writer has it already."""
        if not self.is_sqlite:
            take = text("SELECT pg_advisory_xact_lock(:space, :number)")
            connection.execute(take, {"space": _LOCK_SPACE, "number": number})

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What the database says, in words: StoreError instead of the driver's errors."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            explained = explain(error, self.shown_url)
            if explained is None:
                raise
            raise explained from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError) as error:
        raise _bad_url(url, "it is not an address") from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise _bad_url(parsed.render_as_string(hide_password=True), "only SQLite and PostgreSQL are supported")
    if _is_sqlite(parsed) and (not parsed.database or ":memory:" in parsed.database):
        raise _bad_url(url, "a SQLite address must name a file, or nothing would be kept")
    return parsed


def _bad_url(url: str, problem: str) -> StoreError:
    return StoreError(
        "The database address '{url}' cannot be used: {problem}.",
        "Set HANDFUL_DATABASE_URL to sqlite:////full/path/handful.db or to "
        "postgresql://user:password@host/database, or unset it for a file in the data folder.",
        url=url,
        problem=problem,
    )


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _check_file(path: Path) -> None:
    # sqlite3 says only "unable to open database file"; here we still know why.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        exists = path.exists()
    except OSError as error:
        raise StoreError(
            "The folder {folder} of the database cannot be made: {problem}.",
            "Check the path, or set HANDFUL_HOME to a folder you may write to.",
            folder=path.parent,
            problem=error.strerror or error,
        ) from error
    if path.is_dir():
        raise _bad_url(f"sqlite:///{path}", "it is a folder, not a file")
    # SQLite keeps its log beside the file, so the folder must be writable as well.
    for place in (path, path.parent) if exists else (path.parent,):
        if not os.access(place, os.W_OK):
            raise StoreError(
                "Handful may not write to {place}, so labels could not be saved.",
                "Give yourself write permission, or set HANDFUL_HOME to a folder you may write to.",
                place=place,
            )


def _engine(url: URL) -> Engine:
    if not _is_sqlite(url):
        # pre_ping: a restarted server costs one new connection, not an error.
        return create_engine(
            url,
            json_serializer=to_json,
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=20,
            connect_args={"connect_timeout": 10, "application_name": "handful"},
        )
    engine = create_engine(
        url, json_serializer=to_json, pool_size=5, max_overflow=20, connect_args={"timeout": WAIT_SECONDS}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401
    # None: the driver must not begin transactions of its own; _begin_sqlite does.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(WAIT_SECONDS * 1000)}")
    use_write_ahead_log(connection)
    # FULL: a commit is on the disk before it returns, so a saved label survives a power cut.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # SQLite's own lower() knows ASCII only; a search should find "Überweisung" too.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("handful_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def to_json(value: object) -> str:
    """JSON that both databases accept: numpy becomes plain numbers, NaN and infinity become null."""
    try:
        return clean_text(json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain))
    except ValueError:
        return clean_text(json.dumps(_finite(value), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:  # noqa: ANN401
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def _finite(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    return value
