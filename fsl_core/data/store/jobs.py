"""Long work as rows: a page submits, a worker process claims, both see how far it is."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Update, case, insert, select, update

from fsl_core.base.errors import Cancelled, StoreError
from fsl_core.base.notes import N_, packed, unpacked
from fsl_core.data.store import schema
from fsl_core.data.store.database import Database, to_json
from fsl_core.data.store.pulse import pulse_of
from fsl_core.data.store.records import Job, clean_text

LIVE = ("queued", "running")
ENDED = N_("The worker process ended unexpectedly, so this was not finished.")
ENDED_HINT = N_("Start it again. If it ends again, the computer may lack memory.")
_SUBMIT_LOCK = 2
_table = schema.jobs
_COLUMNS = [column for column in _table.c if column.name != "fingerprint"]
_log = logging.getLogger(__name__)


class Jobs:
    """The jobs of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pulse = pulse_of(database)
        self._quiet: dict[int, tuple[float | None, float]] = {}
        """Running jobs that nobody held when we looked: their last sign of life, and when we saw that first."""

    def close(self) -> None:
        """Let go of the jobs that this process holds."""
        self._pulse.close()

    def submit(self, kind: str, params: Mapping[str, Any], project_id: int | None = None, unique: bool = True) -> Job:
        """Queue work. With ``unique`` the same work, already waiting or running, is returned instead."""
        plain: dict[str, Any] = json.loads(to_json(dict(params)))
        fingerprint = _fingerprint(kind, plain, project_id)
        row = {
            "project_id": project_id,
            "kind": kind,
            "params": plain,
            "fingerprint": fingerprint,
            "state": "queued",
            "cancel": False,
            "created_at": time.time(),
        }
        with self._database.write() as connection:
            if unique:
                self._database.lock(connection, _SUBMIT_LOCK)
                # One that is about to stop does not count: whoever starts again means a new one.
                same = (_table.c.fingerprint == fingerprint) & _table.c.state.in_(LIVE) & ~_table.c.cancel
                if found := _first(connection, same):
                    return found
            job_id: int = connection.execute(insert(_table).values(row).returning(_table.c.id)).scalar_one()
            return _get(connection, job_id)

    def get(self, job_id: int) -> Job:
        """One job. Raises StoreError when there is none."""
        with self._database.read() as connection:
            return _get(connection, job_id)

    def live(self, project_id: int | None = None) -> list[Job]:
        """What waits or runs, the oldest first; of one project when given."""
        query = select(*_COLUMNS).where(_table.c.state.in_(LIVE))
        if project_id is not None:
            query = query.where(_table.c.project_id == project_id)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query.order_by(_table.c.id)).mappings()]

    def recent(self, project_id: int | None, kind: str | None = None, limit: int = 20) -> list[Job]:
        """The latest jobs of a project (None: those of no project), newest first."""
        query = select(*_COLUMNS).where(_table.c.project_id == project_id)
        if kind is not None:
            query = query.where(_table.c.kind == kind)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.id.desc()).limit(limit))
            return [_job(row) for row in rows.mappings()]

    # -- the worker's side -----------------------------------------------------------------------

    def claim(self, pid: int) -> Job | None:
        """Take the oldest waiting job; of several workers exactly one gets it. None when none waits.

        This process holds it from here to its end; should it die before, ``reap`` ends the job.
        """
        waiting = _table.c.state == "queued"
        # SKIP LOCKED: on PostgreSQL a second worker takes the next job instead of waiting for ours.
        oldest = select(_table.c.id).where(waiting).order_by(_table.c.id).limit(1).with_for_update(skip_locked=True)
        with self._database.read() as connection:
            if connection.execute(select(_table.c.id).where(waiting).limit(1)).first() is None:
                return None
        job_id: int | None = None
        try:
            with self._database.write() as connection:
                job_id = connection.execute(oldest).scalar()
                if job_id is None:
                    return None
                now = time.time()
                values = {"state": "running", "pid": pid, "started_at": now, "heartbeat_at": now}
                connection.execute(update(_table).where(_table.c.id == job_id).values(values))
                self._pulse.take(job_id)  # before anybody can see that it runs
                return _get(connection, job_id)
        except BaseException:
            if job_id is not None:
                self._pulse.drop(job_id)
            raise

    def report(self, job_id: int, fraction: float, message: str) -> None:
        """Say how far the job is. Raises Cancelled when somebody asked to stop, or gave the job up.

        Nothing is said while the database is too busy: a bar that stands is better than work that is lost.
        """
        values = {
            "fraction": min(max(float(fraction), 0.0), 1.0),
            "message": clean_text(packed(message)),
            "heartbeat_at": time.time(),
        }
        try:
            with self._database.write() as connection:
                cancel = connection.execute(_running(job_id).values(values).returning(_table.c.cancel)).scalar()
        except StoreError:
            _log.warning("The progress of job %s could not be written", job_id, exc_info=True)
            return
        if cancel is None:
            raise _gone(job_id)
        if cancel:
            raise Cancelled()

    def draw(self, job_id: int, curve: Sequence[Mapping[str, Any]]) -> None:
        """Keep the points of a training's curve so far, unless the database is too busy."""
        try:
            with self._database.write() as connection:
                connection.execute(_running(job_id).values(curve=[dict(point) for point in curve]))
        except StoreError:
            _log.warning("The curve of job %s could not be written", job_id, exc_info=True)

    def beat(self, job_id: int) -> None:
        """Keep hold of the job, should a restart of the database have ended that. Needs no write lock."""
        with self._database.explained():
            self._pulse.keep(job_id)

    def finish(self, job_id: int, result: Mapping[str, Any] | None = None) -> None:
        """The job is done, with this result."""
        self._end(job_id, **_done(result))

    def fail(self, job_id: int, message: str, hint: str = "") -> None:
        """The job went wrong; both sentences are for the person."""
        self._end(job_id, state="failed", error=clean_text(packed(message)), hint=clean_text(packed(hint)))

    def mark_cancelled(self, job_id: int) -> None:
        """The job stopped because it was asked to."""
        self._end(job_id, state="cancelled")

    # -- the page's side -------------------------------------------------------------------------

    def cancel(self, job_id: int) -> None:
        """Ask the job to stop: a waiting one is cancelled at once, a running one at its next report."""
        waits = _table.c.state == "queued"
        values = {
            "cancel": True,
            "state": case((waits, "cancelled"), else_=_table.c.state),
            "finished_at": case((waits, time.time()), else_=_table.c.finished_at),
        }
        change = update(_table).where(_table.c.id == job_id, _table.c.state.in_(LIVE))
        with self._database.write() as connection:
            if connection.execute(change.values(values)).rowcount == 0:
                _get(connection, job_id)

    def reap(self, quiet_for: float | None = None) -> list[Job]:
        """End running jobs whose worker is dead, and return them.

        Dead is one whose job nobody has held, and which has said nothing, for ``quiet_for`` seconds during which
        this was called (by default what the kind of database needs); how long ago it last said something does not
        count.
        """
        if quiet_for is None:
            quiet_for = self._pulse.patience
        known, now = self._quiet, time.monotonic()
        quiet = {
            job_id: known[job_id] if job_id in known and known[job_id][0] == sign else (sign, now)
            for job_id, sign in self._unheld().items()
        }
        self._quiet = quiet
        dead = {job_id for job_id, (_sign, since) in quiet.items() if now - since >= quiet_for}
        if not dead:
            return []
        values = {
            "state": case((_table.c.cancel, "cancelled"), else_="failed"),
            "error": case((_table.c.cancel, ""), else_=ENDED),
            "hint": case((_table.c.cancel, ""), else_=ENDED_HINT),
            "finished_at": time.time(),
        }
        with self._database.write() as connection:
            # The write lock may have been long in coming: somebody may hold the job again, or have ended it.
            dead -= self._pulse.held(dead)
            ended = _table.c.id.in_(dead) & (_table.c.state == "running")
            ids = connection.execute(update(_table).where(ended).values(values).returning(_table.c.id)).scalars()
            return [_get(connection, job_id) for job_id in sorted(ids)]

    def _unheld(self) -> dict[int, float | None]:
        """Running jobs that no process holds, with their last sign of life."""
        query = select(_table.c.id, _table.c.heartbeat_at).where(_table.c.state == "running")
        with self._database.read() as connection:
            running: dict[int, float | None] = {row.id: row.heartbeat_at for row in connection.execute(query)}
        with self._database.explained():
            held = self._pulse.held(running)
        return {job_id: sign for job_id, sign in running.items() if job_id not in held}

    def _end(self, job_id: int, **values: Any) -> None:  # noqa: ANN401
        with self._database.write() as connection:
            connection.execute(_ended(job_id, values))
        self._pulse.drop(job_id)


def finish_within(connection: Connection, job_id: int, result: Mapping[str, Any]) -> None:
    """End a job in the transaction that keeps its work, so that nobody ever sees the one without the other.

    Raises Cancelled, which takes the work back, when the job no longer runs.
    """
    if connection.execute(_ended(job_id, _done(result))).rowcount == 0:
        raise _gone(job_id)


def _done(result: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"state": "done", "fraction": 1.0, "result": dict(result or {})}


def _ended(job_id: int, values: Mapping[str, Any]) -> Update:
    # Only a running job ends: one that was given up for dead keeps its message.
    return _running(job_id).values(finished_at=time.time(), **values)


def _gone(job_id: int) -> Cancelled:
    return Cancelled("Job {id} no longer runs: it was stopped, or given up for dead.", id=job_id)


def _running(job_id: int) -> Update:
    return update(_table).where(_table.c.id == job_id, _table.c.state == "running")


def _get(connection: Connection, job_id: int) -> Job:
    if job := _first(connection, _table.c.id == job_id):
        return job
    raise StoreError("There is no job {id}.", "Its project may have been deleted.", id=job_id)


def _first(connection: Connection, condition: ColumnElement[bool]) -> Job | None:
    query = select(*_COLUMNS).where(condition).order_by(_table.c.id).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else _job(row)


def _job(row: RowMapping) -> Job:
    sentences = {name: unpacked(row[name]) for name in ("message", "error", "hint") if row[name]}
    return Job(**{**row, **sentences})


def _fingerprint(kind: str, params: dict[str, Any], project_id: int | None) -> str:
    same = json.dumps([kind, project_id, params], sort_keys=True)
    return hashlib.sha256(same.encode("utf-8")).hexdigest()
