"""Long work in a real worker process: done, cancelled, failed, killed, and found again."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from fsl_core import jobs
from fsl_core.base.errors import ConfigError, StoreError
from fsl_core.data.store import NewItem, Store, database
from fsl_core.jobs import queue
from fsl_core.jobs.task import Task
from fsl_core.jobs.tasks import compare, encode, umap
from fsl_core.jobs.worker import serve
from fsl_core.models import chosen
from fsl_core.plotting import projection
from fsl_core.workspace import Workspace


@pytest.fixture
def store(working_store):
    return working_store


def project(store: Store, n: int = 12) -> int:
    made = store.projects.create("Jobs", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}})
    texts = [f"{'red apple' if i % 2 else 'blue ocean'} number {i}" for i in range(n)]
    store.items.add(made.id, [NewItem(text=text, label="ab"[i % 2]) for i, text in enumerate(texts)])
    return made.id


def wait(store: Store, job_id: int, until=lambda job: not job.live, seconds: float = 60.0):
    deadline = time.monotonic() + seconds
    while not until(job := store.jobs.get(job_id)):
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def test_there_is_a_task_for_each_kind_and_an_unknown_one_lists_them():
    assert {"compare", "encode", "import_file", "umap"} <= set(jobs.kinds())
    with pytest.raises(ConfigError, match="no job 'bake'"):
        jobs.task("bake")


def test_a_worker_process_encodes_and_draws_and_the_page_finds_both(store):
    number = project(store)
    job = wait(store, jobs.start(store, umap.Params(), number).id)
    assert (job.state, job.error) == ("done", "")
    assert job.pid != os.getpid()
    encoder = chosen.cached_encoder("char-ngram")
    workspace = Workspace(store, number, encoder)
    assert workspace.ready  # encoded by the other process, found in the shared cache
    assert projection.load(projection.cached_file(encoder.key, workspace.digests), workspace.vectors) is not None


def test_the_same_work_is_not_queued_twice(store):
    number = project(store)
    first = store.jobs.submit("encode", {}, number)
    assert store.jobs.submit("encode", {}, number).id == first.id


def test_a_comparison_saves_a_run_with_its_methods(store):
    number = project(store, n=20)
    methods = ["ridge", "prototype", "protonet"]
    job = store.jobs.submit("compare", {"methods": methods, "folds": 4, "repeats": 1}, number)
    serve(store, idle_seconds=0.5)
    assert store.jobs.get(job.id).state == "done", store.jobs.get(job.id).error
    found = store.runs.latest(number, compare.Comparison).payload
    assert [row.method for row in found.rows] == methods
    assert all(row.accuracy.n == 20 and len(row.splits) == 4 for row in found.rows)
    assert sum(cell.n for cell in found.rows[0].confusion) == pytest.approx(20)


def test_a_long_job_does_not_keep_a_short_one_waiting(store):
    long = jobs.start(store, umap.Params(), project(store, n=600))
    wait(store, long.id, lambda found: found.state == "running")
    short = wait(store, jobs.start(store, encode.Params(), project(store)).id)
    assert short.state == "done" and store.jobs.get(long.id).state == "running"
    assert short.pid != store.jobs.get(long.id).pid


def test_an_error_of_the_engine_is_the_jobs_error(store):
    number = store.projects.create("Empty", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}}).id
    job = store.jobs.submit("compare", {}, number)
    serve(store, idle_seconds=0.5)
    failed = store.jobs.get(job.id)
    assert failed.state == "failed" and "two labelled examples" in failed.error and failed.hint


def test_a_running_job_is_cancelled_even_when_it_does_not_report(store):
    number = project(store, n=400)
    job = jobs.start(store, umap.Params(), number)
    wait(store, job.id, lambda found: found.state == "running" and found.fraction > 0.5)
    store.jobs.cancel(job.id)
    asked = time.monotonic()
    assert wait(store, job.id).state == "cancelled"
    assert time.monotonic() - asked < 30  # seconds on an idle machine; no more than "it ends" is claimed here


def test_a_killed_worker_leaves_a_failed_job_and_the_next_start_works(store, monkeypatch):
    number = project(store, n=400)
    job = jobs.start(store, umap.Params(), number)
    running = wait(store, job.id, lambda found: found.state == "running" and found.pid is not None)
    os.kill(running.pid, signal.SIGKILL)
    queue._spawned[0].wait(30)
    assert store.jobs.reap(quiet_for=0)[0].id == job.id
    ended = store.jobs.get(job.id)
    assert ended.state == "failed" and "ended unexpectedly" in ended.error
    assert queue.slot_is_free(0)
    assert wait(store, jobs.start(store, encode.Params(), number).id).state == "done"


def test_a_job_stays_queued_when_no_worker_can_be_started_and_runs_once_one_can(store):
    number = project(store)
    jobs.log_file().mkdir()  # what a worker prints has no place to go
    job = jobs.start(store, encode.Params(), number)
    assert store.jobs.get(job.id).state == "queued"
    jobs.log_file().rmdir()
    jobs.tend(store)
    assert wait(store, job.id).state == "done"


def test_a_job_goes_on_and_ends_well_while_somebody_else_holds_the_database(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    url = f"sqlite:///{tmp_path / 'handful.db'}"
    with Store(url) as store, Store(url) as other:
        released: list[str] = []

        def hold(held: threading.Event, until: threading.Event) -> None:
            with other.database.write():
                held.set()
                until.wait(30)
                released.append("released")

        def run(params, job, store, report):
            """Progress, a curve and the end of the job meet a locked database."""
            held, seen = threading.Event(), threading.Event()
            threading.Thread(target=hold, args=(held, seen)).start()
            assert held.wait(30)
            with pytest.raises(StoreError, match="busy"):
                store.projects.create("while the other one has the lock")
            report(0.5, "half")
            store.jobs.draw(job.id, [{"run": "a", "step": 1, "loss": 0.5}])
            threading.Timer(0.5, seen.set).start()
            assert released == []
            return encode.Result(n=7)

        monkeypatch.setattr(queue, "task", lambda kind: Task(encode.Params, encode.Result, run, title="Reading"))
        job = store.jobs.submit("encode", {})
        serve(store, idle_seconds=0.2)
        done = store.jobs.get(job.id)
        assert (done.state, done.result, done.error, released) == ("done", {"n": 7}, "", ["released"])
