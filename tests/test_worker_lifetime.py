"""What becomes of a worker when its server ends: real processes, killed without a word."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from fsl_core import jobs
from fsl_core.base import paths
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs import queue
from fsl_core.jobs.tasks import encode

SERVER = """
import importlib, sys, time
from fsl_core import jobs
from fsl_core.data.store import Store
params = importlib.import_module(f"fsl_core.jobs.tasks.{sys.argv[2]}").Params()
with Store(sys.argv[1]) as store:
    print(jobs.start(store, params, int(sys.argv[3])).id, flush=True)
    time.sleep(600)
"""
PATIENCE_S = 300.0
PROMISED_S = 30.0


@pytest.fixture
def server(
    working_store: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[int, subprocess.Popen]]]:
    """Starts a process that queues a job and stays, as the app does; its workers would stay for ten minutes."""
    monkeypatch.setenv("HANDFUL_WORKER_IDLE_SECONDS", "600")
    started: list[subprocess.Popen[str]] = []

    def start(kind: str, project: int) -> tuple[int, subprocess.Popen]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, working_store.url, kind, str(project)],
            cwd=paths.ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        return int(process.stdout.readline()), process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    until(lambda: queue.slot_is_free(0), PATIENCE_S)


def until(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.1)
    return done()


def project(store: Store, n: int) -> int:
    made = store.projects.create("Jobs", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}})
    store.items.add(made.id, [NewItem(text=f"{'red apple' if i % 2 else 'blue ocean'} number {i}") for i in range(n)])
    return made.id


def test_an_idle_worker_ends_soon_after_its_server(working_store, server):
    job, process = server("encode", project(working_store, 12))
    assert until(lambda: working_store.jobs.get(job).state == "done", PATIENCE_S)
    assert not queue.slot_is_free(0), "it stays warm for the next job"
    process.kill()
    process.wait()
    assert until(lambda: queue.slot_is_free(0), PROMISED_S)


def test_a_running_job_goes_on_to_its_end_without_its_server(working_store, server):
    job, process = server("umap", project(working_store, 400))
    assert until(lambda: working_store.jobs.get(job).state == "running", PATIENCE_S)
    process.kill()
    process.wait()
    assert working_store.jobs.get(job).live, "it was still at work when the server ended"
    assert until(lambda: not working_store.jobs.get(job).live, PATIENCE_S)
    ended = working_store.jobs.get(job)
    assert (ended.state, ended.error) == ("done", "")
    assert until(lambda: queue.slot_is_free(0), PROMISED_S)


def test_the_next_server_has_its_work_done_at_once(working_store, server):
    number = project(working_store, 12)
    job, process = server("encode", number)
    assert until(lambda: working_store.jobs.get(job).state == "done", PATIENCE_S)
    process.kill()
    process.wait()
    working_store.items.add(number, [NewItem(text="one more")])
    another = jobs.start(working_store, encode.Params(), number)
    assert until(lambda: not working_store.jobs.get(another.id).live, PATIENCE_S)
    assert working_store.jobs.get(another.id).state == "done"
    assert os.getpid() not in {one.pid for one in working_store.jobs.recent(number, "encode")}
