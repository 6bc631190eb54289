"""Who works on which job: a lock that a worker holds from the claim to the end, and that goes with its process.

Nothing is written for it, so a database that somebody else writes to for minutes makes nobody look dead; nor is a
worker that is suspended, or too busy to answer, while its process or its session with the server lasts.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Connection, CursorResult, Engine, TextClause, bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from fsl_core.base.errors import StoreError
from fsl_core.data.store.database import Database

_JOB_SPACE = 72_616  # advisory locks of jobs; their second number is the job's id
_HELD = text(
    "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :space AND objsubid = 2 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objid IN :ids"
).bindparams(bindparam("ids", expanding=True))
_log = logging.getLogger(__name__)


class Pulse(Protocol):
    """What a kind of database offers to tell the living from the dead."""

    @property
    def patience(self) -> float:
        """Seconds that a job may be unheld before its worker is dead."""

    def take(self, job_id: int) -> None:
        """Hold the lock of a job."""

    def keep(self, job_id: int) -> None:
        """Hold it again where it was lost against our will; called twice a second while the job runs."""

    def drop(self, job_id: int) -> None:
        """Let go of it, if we hold it."""

    def close(self) -> None:
        """Let go of all."""

    def held(self, job_ids: Collection[int]) -> set[int]:
        """Those of the jobs that some process holds."""


def pulse_of(database: Database) -> Pulse:
    """Files beside a SQLite database; sessions of a PostgreSQL server, whose workers may be other machines.

    Raises StoreError when no files can be made there.
    """
    if database.sqlite_path is not None:
        file = database.sqlite_path.resolve()  # by whatever name it was opened
        return FilePulse(file.with_name(file.name + ".jobs"))
    return SessionPulse(database.engine)


class FilePulse:
    """A locked file for each running job; the system unlocks it when the process ends, however that ends."""

    patience = 5.0
    """A killed process is dead at once; this is for a worker of an older version, which only writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: dict[int, BaseFileLock] = {}
        with self._explained():
            folder.mkdir(exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def take(self, job_id: int) -> None:
        """Make and lock the file. Raises StoreError when the folder takes no files."""
        with self._explained():
            self._folder.mkdir(exist_ok=True)
            # Not of this thread alone: a cancelled job is ended from another one.
            lock = FileLock(self._file(job_id), thread_local=False)
            lock.acquire()
        self._mine[job_id] = lock

    def keep(self, job_id: int) -> None:
        """Nothing takes the lock away from a living process, but somebody may have removed the file."""
        if job_id in self._mine and not self._file(job_id).exists():
            self.drop(job_id)
            self.take(job_id)

    def drop(self, job_id: int) -> None:
        """Remove the file, and unlock it."""
        if (lock := self._mine.pop(job_id, None)) is not None:
            with suppress(OSError):  # a system that keeps open files: whoever looks next removes it
                os.unlink(lock.lock_file)
            lock.release()

    def close(self) -> None:
        """Unlock all."""
        for job_id in list(self._mine):
            self.drop(job_id)

    def held(self, job_ids: Collection[int]) -> set[int]:
        """Those whose file is there and locked; a file that nobody locks is removed."""
        return {job_id for job_id in job_ids if job_id in self._mine or self._is_locked(self._file(job_id))}

    def _file(self, job_id: int) -> Path:
        return self._folder / f"{job_id}.lock"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                "Jobs cannot run: nothing can be written in {folder} beside the database: {problem}.",
                "Free some space, or give yourself write permission there.",
                folder=self._folder,
                problem=error.strerror or error,
            ) from error

    @staticmethod
    def _is_locked(file: Path) -> bool:
        if not file.exists():
            return False
        try:
            with FileLock(file, timeout=0), suppress(OSError):
                file.unlink()
        except Timeout:
            return True
        except OSError:
            _log.warning("Whether %s is locked cannot be told; it counts as locked", file, exc_info=True)
            return True
        return False


class SessionPulse:
    """Advisory locks in a session of their own, one for each running job; the server drops them with the session.

    A restart of the server ends all sessions, so ``keep`` takes the locks in a new one.
    """

    patience = 60.0
    """Longer than a restart of the server takes, or finding a machine again that slept or lost its network."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._guard = threading.Lock()
        self._session: Connection | None = None
        self._mine: set[int] = set()

    def take(self, job_id: int) -> None:
        """Lock the number of the job."""
        with self._guard:
            self._mine.add(job_id)
            self._lock([job_id])

    def keep(self, job_id: int) -> None:
        """Ask whether the session lives; the next call after one that failed begins a new one."""
        with self._guard:
            if self._session is None:
                self._lock(self._mine)
            else:
                self._run(text("SELECT 1"))

    def drop(self, job_id: int) -> None:
        """Unlock the number, and end the session with the last one."""
        with self._guard:
            if job_id not in self._mine:
                return
            self._mine.discard(job_id)
            if not self._mine:
                self._end()
            elif self._session is not None:
                with suppress(SQLAlchemyError):  # a lost session holds nothing any more
                    self._run(text("SELECT pg_advisory_unlock(:space, :job)"), space=_JOB_SPACE, job=job_id)

    def close(self) -> None:
        """End the session."""
        with self._guard:
            self._mine.clear()
            self._end()

    def held(self, job_ids: Collection[int]) -> set[int]:
        """Those whose number some session has locked."""
        if not job_ids:
            return set()
        with self._engine.connect() as connection:
            return set(connection.execute(_HELD, {"space": _JOB_SPACE, "ids": list(job_ids)}).scalars())

    def _lock(self, job_ids: Collection[int]) -> None:
        if self._session is None:
            self._session = self._engine.connect()
            # A machine that loses its power says no goodbye: without this the server would wait for hours.
            for name, value in (("idle", 10), ("interval", 5), ("count", 3)):
                self._run(text(f"SET tcp_keepalives_{name} = {value}"))
        for job_id in job_ids:
            # Not waiting: after a lost connection a session of ours that the server still believes in may hold it.
            locked = self._run(text("SELECT pg_try_advisory_lock(:space, :job)"), space=_JOB_SPACE, job=job_id)
            if not locked.scalar_one():
                self._end()
                return

    def _run(self, statement: TextClause, **values: int) -> CursorResult[Any]:
        assert self._session is not None
        try:
            return self._session.execute(statement, values)
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(SQLAlchemyError):
                session.invalidate()  # back in the pool it would go on holding
            session.close()
