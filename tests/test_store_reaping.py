"""Jobs whose worker is dead are ended, and no others: real processes, killed, suspended, or kept waiting."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from fsl_core.base.errors import Cancelled, StoreError
from fsl_core.data.store import Added, Job, JobEnd, NewItem, Store
from fsl_core.jobs.worker import serve
from tests.test_store_processes import start

CLAIM_ONE = """
import os
from fsl_core.data.store import Store
store = Store(URL)
print(store.jobs.claim(os.getpid()).id, flush=True)
input()
store.jobs.finish(1, {})
print("finished", flush=True)
input()
"""
KEEP_BEATING = """
import os, time
from fsl_core.base.errors import FslError
from fsl_core.data.store import Store
store = Store(URL)
job = store.jobs.claim(os.getpid())
print(job.id, flush=True)
while True:
    try:
        store.jobs.beat(job.id)
    except FslError:
        pass
    time.sleep(0.05)
"""
IMPORT = """
import os
from fsl_core.data.store import JobEnd, NewItem, Store
store = Store(URL)
[project] = store.projects.list()
job = store.jobs.claim(os.getpid())
print(job.id, flush=True)
rows = [NewItem(f"text {i}", label=f"class {i % 9}") for i in range(3000)]
store.items.add(project.id, rows, ends=JobEnd(job.id, lambda added: {"n": added.n_added}))
print("done", flush=True)
"""


def running(store: Store, url: str, script: str = CLAIM_ONE) -> tuple[Job, subprocess.Popen[str]]:
    """A job that a process of its own has claimed."""
    store.jobs.submit("encode", {}, unique=False)
    process = start(script, url)
    assert process.stdout is not None
    return store.jobs.get(int(process.stdout.readline())), process


def look_for(store: Store, seconds: float, quiet_for: float) -> list[Job]:
    """What is ended while somebody looks ten times a second, as pages and workers do."""
    ended: list[Job] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended += store.jobs.reap(quiet_for)
        time.sleep(0.1)
    return ended


def reaped(store: Store, n: int) -> dict[int, Job]:
    """Look until so many are ended."""
    ended: dict[int, Job] = {}
    deadline = time.monotonic() + 30
    while len(ended) < n:
        ended |= {job.id: job for job in store.jobs.reap(quiet_for=0.2)}
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return ended


@contextmanager
def busy(store: Store) -> Iterator[None]:
    """Somebody else writes: nobody can change a job meanwhile."""
    lock = "SELECT 1" if store.database.is_sqlite else "LOCK TABLE jobs IN EXCLUSIVE MODE"
    with store.database.write() as connection:
        connection.execute(text(lock))
        yield


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def test_the_job_of_a_killed_worker_is_ended_and_that_of_a_living_one_is_not(any_store_url: str) -> None:
    with Store(any_store_url) as store:
        (dead, killed), (stopping, killed_too), (alive, living) = (running(store, any_store_url) for _ in range(3))
        waiting = store.jobs.submit("import_file", {})
        store.jobs.cancel(stopping.id)
        assert look_for(store, 0.5, quiet_for=0.1) == []
        for process in (killed, killed_too):
            end(process)
        ended = reaped(store, 2)
        assert {job.id: job.state for job in ended.values()} == {dead.id: "failed", stopping.id: "cancelled"}
        assert "ended unexpectedly" in ended[dead.id].error and "again" in ended[dead.id].hint
        assert ended[stopping.id].error == ""
        assert [job.id for job in store.jobs.live()] == [alive.id, waiting.id]
        end(living)


def test_a_suspended_worker_is_not_dead_and_finishes_when_it_goes_on(any_store_url: str) -> None:
    with Store(any_store_url) as store:
        job, process = running(store, any_store_url)
        process.send_signal(signal.SIGSTOP)
        assert look_for(store, 1.5, quiet_for=0.2) == []
        process.send_signal(signal.SIGCONT)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "finished\n"
        assert store.jobs.get(job.id).state == "done"
        end(process)


def test_while_somebody_writes_for_long_nobody_looks_dead(any_store_url: str) -> None:
    with Store(any_store_url) as store:
        job, process = running(store, any_store_url, KEEP_BEATING)
        with busy(store):
            assert look_for(store, 1.5, quiet_for=0.2) == []
        assert store.jobs.get(job.id).state == "running"
        end(process)
        assert list(reaped(store, 1)) == [job.id]


def test_a_finished_job_leaves_no_file_and_no_hold(any_store: Store) -> None:
    any_store.jobs.submit("encode", {})
    job = any_store.jobs.claim(os.getpid())
    assert job is not None and any_store.jobs._pulse.held([job.id]) == {job.id}
    any_store.jobs.finish(job.id, {})
    assert any_store.jobs._pulse.held([job.id]) == set()
    if (file := any_store.database.sqlite_path) is not None:
        assert list(file.with_name(file.name + ".jobs").iterdir()) == []


def test_a_database_that_is_opened_by_another_name_knows_the_same_workers(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    with Store(f"sqlite:///{tmp_path / 'real.db'}") as store, Store(f"sqlite:///{tmp_path / 'link.db'}") as other:
        store.jobs.submit("encode", {})
        assert store.jobs.claim(1) is not None
        assert look_for(other, 0.5, quiet_for=0.1) == []


def test_a_hold_whose_file_was_removed_is_taken_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'handful.db'}"
    with Store(url) as store:
        job, process = running(store, url, KEEP_BEATING)
        shutil.rmtree(tmp_path / "handful.db.jobs")
        deadline = time.monotonic() + 30
        while store.jobs._pulse.held([job.id]) != {job.id}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        end(process)


def test_a_lock_that_cannot_be_looked_at_counts_as_held(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'handful.db'}") as store:
        (tmp_path / "handful.db.jobs" / "7.lock").mkdir()
        assert store.jobs._pulse.held([7, 8]) == {7}


def test_where_no_locks_can_be_kept_it_is_said_at_once_and_no_worker_lives_for_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, folder = f"sqlite:///{tmp_path / 'handful.db'}", tmp_path / "handful.db.jobs"
    with Store(url) as store:
        store.jobs.submit("encode", {})
        folder.rmdir()
        folder.write_text("a file in its place")
        caplog.clear()
        with pytest.raises(StoreError, match=r"Jobs cannot run: nothing can be written in .*handful\.db\.jobs"):
            serve(store, idle_seconds=1.0)
        assert len([record for record in caplog.records if record.name == "fsl_core.jobs.worker"]) == 1
        assert [job.state for job in store.jobs.live()] == ["queued"]
    with pytest.raises(StoreError, match="Jobs cannot run"):
        Store(url)


def test_a_worker_takes_its_hold_again_after_the_database_dropped_it(postgres) -> None:
    url = postgres.empty_store()
    with Store(url) as store:
        job, process = running(store, url, KEEP_BEATING)
        for _restart in range(2):
            with postgres.connect() as connection:
                # What a restart of the server does to the session that holds the job.
                gone = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
                assert connection.execute(gone.encode()).fetchall()
            deadline = time.monotonic() + 30
            while store.jobs._pulse.held([job.id]) != {job.id}:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert look_for(store, 1.0, quiet_for=0.5) == []
        end(process)


def test_an_import_and_the_end_of_its_job_are_one_act(any_store: Store) -> None:
    project = any_store.projects.create("p")
    any_store.jobs.submit("import_file", {}, project.id)
    job = any_store.jobs.claim(1)
    assert job is not None
    rows = [NewItem("a", label="x"), NewItem("a"), NewItem("b")]
    added = any_store.items.add(project.id, rows, ends=JobEnd(job.id, lambda added: {"n": added.n_added}))
    assert added == Added(n_added=2, n_duplicates=1, n_empty=0, n_labeled=1)
    done = any_store.jobs.get(job.id)
    assert (done.state, done.fraction, done.result) == ("done", 1.0, {"n": 2})


def test_an_import_whose_job_was_given_up_keeps_nothing(any_store: Store) -> None:
    project = any_store.projects.create("p")
    any_store.jobs.submit("import_file", {}, project.id)
    job = any_store.jobs.claim(1)
    assert job is not None
    any_store.jobs.fail(job.id, "It was called dead.")
    with pytest.raises(Cancelled, match="no longer runs"):
        any_store.items.add(project.id, [NewItem("a", label="x")], ends=JobEnd(job.id, lambda added: {}))
    assert any_store.items.count(project.id) == 0 and any_store.classes.list(project.id) == []
    assert any_store.jobs.get(job.id).error == "It was called dead."


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2])
def test_a_killed_import_is_whole_and_done_or_not_there_and_not_done(any_store_url: str, delay: float) -> None:
    with Store(any_store_url) as store:
        project = store.projects.create("p")
        job, process = running(store, any_store_url, IMPORT)
        time.sleep(delay)
        end(process)
        while (state := store.jobs.get(job.id).state) == "running":
            store.jobs.reap(quiet_for=0.2)
            time.sleep(0.05)
        n = store.items.count(project.id)
        assert (state, n, store.items.count(project.id, labeled=True)) in [("done", 3000, 3000), ("failed", 0, 0)]
        # And the page, which then puts a project without items away, never takes one with items.
        assert store.projects.trash_if_empty(project.id) is (n == 0)
        assert store.items.count(project.id) == n


@pytest.mark.parametrize(
    "fill",
    [
        lambda store, project: store.items.add(project, [NewItem("a")]),
        lambda store, project: store.classes.add(project, "by hand", author="Ada"),
        lambda store, project: store.projects.update(project, guidelines="Look at the date first."),
        lambda store, project: store.jobs.submit("import_file", {"path": "a second file"}, project),
    ],
)
def test_only_an_empty_project_is_put_away(any_store: Store, fill: Callable[[Store, int], object]) -> None:
    empty = any_store.projects.create("empty", classes=["a"]).id
    assert any_store.projects.trash_if_empty(empty) and any_store.projects.list() == []
    assert not any_store.projects.trash_if_empty(empty) and not any_store.projects.trash_if_empty(999)
    with pytest.raises(StoreError, match="in the trash"):
        any_store.items.add(empty, [NewItem("too late")])
    used = any_store.projects.create("used").id
    fill(any_store, used)
    assert not any_store.projects.trash_if_empty(used)
    assert [project.id for project in any_store.projects.list()] == [used]


def test_who_puts_an_empty_project_away_waits_for_an_import_that_is_under_way(any_store_url: str) -> None:
    put_away: list[bool] = []
    with Store(any_store_url) as store, Store(any_store_url) as other:
        project = store.projects.create("p").id
        asked = threading.Thread(target=lambda: put_away.append(other.projects.trash_if_empty(project)))

        def result(added: Added) -> dict[str, object]:
            asked.start()  # the items are written and not yet committed
            time.sleep(0.5)
            assert put_away == []
            return {}

        store.jobs.submit("import_file", {}, project)
        job = store.jobs.claim(1)
        assert job is not None
        store.items.add(project, [NewItem("a")], ends=JobEnd(job.id, result))
        asked.join(timeout=30)
        assert put_away == [False]
        assert store.projects.get(project).deleted_at is None
