"""The worker process: claims jobs from the store until there has been nothing to do for a while.

Started by ``fsl_core.jobs.queue``, not by hand. It runs with lower priority and one thread less than the
machine has, so that pages stay quick. Cancelling ends a job at its next report; work that does not
report (UMAP) is ended with the process, as nothing half done ever reaches the store.
"""

from __future__ import annotations

import argparse
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from filelock import FileLock, Timeout

from fsl_core.base import paths
from fsl_core.base.errors import Cancelled, FslError, StoreError
from fsl_core.base.notes import Note
from fsl_core.data.store import Job, Store
from fsl_core.jobs import queue

IDLE_SECONDS = float(os.environ.get("HANDFUL_WORKER_IDLE_SECONDS") or 600)
"""A worker stays warm for a while: loading libraries and compiling UMAP takes longer than most jobs."""
ALONE_SECONDS = 10.0
"""The same once the server that started it has ended: another one may come right after, and queue something."""
POLL_SECONDS = 0.2
REPORT_SECONDS = 0.2
BEAT_SECONDS = 0.5
GRACE_SECONDS = 1.0
"""How long a cancelled job may take to notice before the process ends."""
END_SECONDS = 600.0
"""How long a job that is through tries to say so, should the database be busy or away."""

log = logging.getLogger(__name__)


class Reporter:
    """The Progress of a running job: writes to the store, at most every fifth of a second."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store, self._job, self._last = store, job, 0.0

    def __call__(self, fraction: float, message: str) -> None:  # noqa: D102
        now = time.monotonic()
        if now - self._last >= REPORT_SECONDS:
            self._last = now
            self._store.jobs.report(self._job.id, fraction, message)


class Pulse(threading.Thread):
    """Keeps hold of a job while it runs, and ends the process when a cancelled job does not stop."""

    def __init__(self, store: Store, job: Job) -> None:
        super().__init__(daemon=True)
        self._store, self._job, self._done = store, job, threading.Event()

    def run(self) -> None:
        """Until stop is called."""
        asked: float | None = None
        while not self._done.wait(BEAT_SECONDS):
            try:
                self._store.jobs.beat(self._job.id)
                cancel = self._store.jobs.get(self._job.id).cancel
            except FslError as error:
                log.warning("The database does not answer job %s: %s", self._job.id, error)
                continue
            if cancel and asked is None:
                asked = time.monotonic()
            if asked is not None and time.monotonic() - asked > GRACE_SECONDS and not self._done.is_set():
                self._leave()

    def _leave(self) -> None:
        try:
            self._store.jobs.mark_cancelled(self._job.id)
        except StoreError:
            # The job itself may hold the write lock. Once we are gone its work is taken back, and reap marks it.
            log.warning("Job %s is ended without a word", self._job.id, exc_info=True)
        os._exit(3)

    def stop(self) -> None:
        """The job has ended."""
        self._done.set()
        self.join()


def work(store: Store, job: Job) -> None:
    """Run one job to its end, whichever end that is."""
    pulse = Pulse(store, job)
    pulse.start()
    end = _outcome(store, job)
    pulse.stop()
    _patiently(end, job)


def _outcome(store: Store, job: Job) -> Callable[[], None]:
    """Do the work; return what writes how it ended."""
    try:
        result = queue.do(job, store, Reporter(store, job)).plain()
    except Cancelled:
        return lambda: store.jobs.mark_cancelled(job.id)
    except FslError as error:
        message, hint = error.message, error.hint
    except MemoryError:
        message, hint = Note("The computer ran out of memory."), Note("Close other programs, or use fewer items.")
    except Exception as error:
        # A fault of ours must end the job, not the queue; the traceback goes to the log.
        log.exception("Job %s (%s) failed", job.id, job.kind)
        message = Note("The work met a fault in the program ({fault}).", fault=f"{type(error).__name__}: {error}")
        hint = Note("Details are in {file}.", file=queue.log_file())
    else:
        return lambda: store.jobs.finish(job.id, result)
    return lambda: store.jobs.fail(job.id, message, hint)


def _patiently(end: Callable[[], None], job: Job) -> None:
    """Write it, however busy the database is: a job that is through must not be called dead for that."""
    give_up = time.monotonic() + END_SECONDS
    while True:
        try:
            return end()
        except StoreError as error:
            if time.monotonic() > give_up:
                raise
            log.warning("The end of job %s could not be written yet: %s", job.id, error)
            time.sleep(POLL_SECONDS)


def serve(store: Store, idle_seconds: float = IDLE_SECONDS, alone: threading.Event | None = None) -> None:
    """Claim and run jobs until none has come for ``idle_seconds``, or for ten seconds at most once ``alone`` is set.

    Raises StoreError when none could be claimed all the while.
    """
    last, trouble = time.monotonic(), None
    while time.monotonic() - last < (min(idle_seconds, ALONE_SECONDS) if alone and alone.is_set() else idle_seconds):
        job = None
        try:
            store.jobs.reap()
            job, trouble = store.jobs.claim(os.getpid()), None
        except StoreError as error:
            if trouble is None or str(trouble) != str(error):
                log.warning("The database does not answer", exc_info=True)
            trouble = error
        if job is None:
            time.sleep(POLL_SECONDS)
            continue
        work(store, job)
        last = time.monotonic()
    if trouble is not None:
        raise trouble


def main() -> None:
    """Hold one slot and serve; leave at once when another worker holds it."""
    parser = argparse.ArgumentParser(prog="fsl_core.jobs.worker", description="Runs Handful's queued jobs.")
    parser.add_argument("--slot", type=int, default=0)
    parser.add_argument("--lifeline", action="store_true", help="end soon after the standard input has ended")
    arguments = parser.parse_args()
    slot, alone = arguments.slot, threading.Event()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    _be_modest()
    if arguments.lifeline:
        threading.Thread(target=_listen, args=(alone,), daemon=True).start()
    lock = FileLock(queue.slot_lock(slot), timeout=0)
    with Store(paths.database_url()) as store:
        # A job that came between the last look and the release of the lock would wait: look again.
        while True:
            try:
                with lock:
                    serve(store, alone=alone)
            except Timeout:
                return
            if not any(job.state == "queued" for job in store.jobs.live()):
                return


def _listen(alone: threading.Event) -> None:
    """Wait for the end of the standard input, which is that of the server (see ``queue._lifeline``)."""
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    alone.set()


def _be_modest() -> None:
    threads = str(max(1, (os.cpu_count() or 2) - 1))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, threads)
    if hasattr(os, "nice"):
        os.nice(5)


if __name__ == "__main__":
    main()
