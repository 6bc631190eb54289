"""Long work outside the page: submit a job, keep a worker process alive for it.

A job is a row of the store; a worker (``python -m fsl_core.jobs.worker``) claims and runs it. The worker
is no child of the server's session, so a page switch, a reload or a restart of the server does not
touch what it does; once the server has ended, it finishes what there is to do and ends as well.
Kinds of jobs are the modules of ``fsl_core/jobs/tasks``.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from fsl_core.base import paths
from fsl_core.base.discovery import Plugins, discover
from fsl_core.base.errors import FslError, StoreError
from fsl_core.base.payloads import Params, Record, read, read_params
from fsl_core.base.types import Progress
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task

R = TypeVar("R", bound=Record)
P = TypeVar("P", bound=Params)


log = logging.getLogger(__name__)

SLOTS = 2
"""Workers at a time: a long job must not keep a short one waiting."""
_spawned: list[subprocess.Popen[bytes]] = []
"""Workers this process started: asking them how they are keeps the ended ones from staying as zombies."""
STARTING_SECONDS = 30.0
"""So long a worker may take to load and to hold its slot; pages look in more often than that."""
_starting: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
"""Slot -> the worker that was last started for it, and when."""


def kinds() -> list[str]:
    """Every kind of job there is: the name of its module, since it never leaves the store."""
    return list(_tasks())


def task(kind: str) -> Task[Any, Any]:
    """How jobs of this kind are done. ConfigError lists what there is."""
    return _tasks().find(kind)


def title(kind: str) -> str:
    """What jobs of this kind do, for people; empty for a kind that there is no more."""
    return _tasks()[kind].title if kind in _tasks() else ""


@cache
def _tasks() -> Plugins[Task[Any, Any]]:
    return discover("job", "fsl_core.jobs.tasks", "TASK")


def do(job: Job, store: Store, report: Progress) -> Record:
    """Do a job here and now, and return its result. Raises DataError for parameters of another shape."""
    found = task(job.kind)
    return found.run(read_params(found.params, job.params), job, store, report)  # type: ignore[no-any-return]


def result_of(job: Job, model: type[R]) -> R | None:
    """What a job that is done has answered, by its task's Result; None without an answer that can be read."""
    return None if job.state != "done" or job.result is None else read(model, job.result)


def params_of(job: Job, model: type[P]) -> P | None:
    """What a job was asked to do, by its task's Params; None when it cannot be read."""
    return read(model, job.params)


def start(store: Store, params: Params, project_id: int | None = None) -> Job:
    """Queue the work, or find the same work already queued, and see to it that a worker lives."""
    job = store.jobs.submit(params.kind, params.plain(), project_id)
    try:
        tend(store)
    except (FslError, OSError):
        # The job is queued all the same; the page that watches it tends again.
        log.warning("No worker could be started for job %s yet", job.id, exc_info=True)
    return job


def tend(store: Store) -> None:
    """End jobs whose worker died, and start a worker when a job waits. Cheap; pages call it while they watch."""
    try:
        store.jobs.reap()
    except StoreError:
        log.warning("The database is too busy to end what is dead; next time, then", exc_info=True)
    live = store.jobs.live()
    running = sum(job.state == "running" for job in live)
    free = [slot for slot in range(SLOTS) if slot_is_free(slot) and not _is_starting(slot)]
    idle = max(0, SLOTS - len(free) - running)
    # A worker that has nothing to do, or is about to be there, takes one by itself; one that is busy does not.
    for slot in free[: max(0, len(live) - running - idle)]:
        _spawn(store.url, slot)


def slot_lock(slot: int) -> Path:
    """The file a worker holds locked while it lives."""
    return paths.data_dir() / f"worker-{slot}.lock"


def slot_is_free(slot: int) -> bool:
    """Whether no worker holds this slot. The lock goes with its process, however that ends."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(slot_lock(slot), timeout=0):
            return True
    except Timeout:
        return False


def _is_starting(slot: int) -> bool:
    """Whether a worker for this slot is on its way: it takes seconds until it holds the lock."""
    process, began = _starting.get(slot, (None, 0.0))
    return process is not None and process.poll() is None and time.monotonic() - began < STARTING_SECONDS


def log_file() -> Path:
    """What workers print, their tracebacks above all."""
    return paths.data_dir() / "worker.log"


def _spawn(url: str, slot: int) -> None:
    # The address goes through the environment: it may hold a password, and arguments are public.
    environment = {**os.environ, "HANDFUL_DATABASE_URL": url, "PYTHONPATH": _with_root()}
    with log_file().open("ab") as log:
        _spawned[:] = [process for process in _spawned if process.poll() is None]
        process = subprocess.Popen(
            [sys.executable, "-m", "fsl_core.jobs.worker", "--slot", str(slot), "--lifeline"],
            env=environment,
            stdin=_lifeline(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        _spawned.append(process)
        _starting[slot] = (process, time.monotonic())


@cache
def _lifeline() -> int:
    """The end of a pipe that every worker of this process listens to.

    Nobody ever writes into it: the other end is open here alone, and the system closes it when this process ends,
    however that happens.
    """
    reading, _held = os.pipe()
    return reading


def _with_root() -> str:
    return os.pathsep.join([str(paths.ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
