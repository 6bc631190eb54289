"""Jobs: submit, claim, report, cancel, end."""

from __future__ import annotations

import threading

import pytest

from fsl_core.base.errors import Cancelled, StoreError
from fsl_core.data.store import Job, Store


def claimed(store: Store, kind: str = "encode") -> Job:
    store.jobs.submit(kind, {}, unique=False)
    job = store.jobs.claim(4242)
    assert job is not None
    return job


def test_a_job_goes_from_queued_over_running_to_done(any_store: Store) -> None:
    project = any_store.projects.create("p")
    queued = any_store.jobs.submit("encode", {"encoder": "minilm", "词": [1, 2]}, project.id)
    assert (queued.state, queued.fraction, queued.live, queued.pid) == ("queued", 0.0, True, None)
    job = any_store.jobs.claim(4242)
    assert job is not None and job.id == queued.id
    assert (job.state, job.pid, job.params) == ("running", 4242, {"encoder": "minilm", "词": [1, 2]})
    assert job.started_at is not None and job.heartbeat_at is not None
    any_store.jobs.report(job.id, 0.25, "Encoding 250 of 1,000")
    assert [(j.fraction, j.message) for j in any_store.jobs.live(project.id)] == [(0.25, "Encoding 250 of 1,000")]
    any_store.jobs.finish(job.id, {"n": 1000, "score": float("nan")})
    done = any_store.jobs.get(job.id)
    assert (done.state, done.fraction, done.live, done.result) == ("done", 1.0, False, {"n": 1000, "score": None})
    assert done.finished_at is not None
    assert any_store.jobs.claim(4242) is None
    assert any_store.jobs.live() == []


def test_jobs_are_claimed_in_order_of_submission(any_store: Store) -> None:
    ids = [any_store.jobs.submit("encode", {"i": i}).id for i in range(3)]
    assert [job.id for job in (any_store.jobs.claim(1) for _ in range(3)) if job] == ids


def test_the_same_live_work_is_not_queued_twice(any_store: Store) -> None:
    project = any_store.projects.create("p")
    first = any_store.jobs.submit("umap", {"a": 1, "b": 2}, project.id)
    assert any_store.jobs.submit("umap", {"b": 2, "a": 1}, project.id).id == first.id
    assert any_store.jobs.submit("umap", {"a": 1, "b": 3}, project.id).id != first.id
    assert any_store.jobs.submit("umap", {"a": 1, "b": 2}).id != first.id
    assert any_store.jobs.submit("umap", {"a": 1, "b": 2}, project.id, unique=False).id != first.id
    job = any_store.jobs.claim(1)
    assert job is not None and job.id == first.id
    assert any_store.jobs.submit("umap", {"a": 1, "b": 2}, project.id).id == first.id
    any_store.jobs.finish(first.id)


def test_work_that_is_done_or_about_to_stop_can_be_queued_again(any_store: Store) -> None:
    first = any_store.jobs.submit("umap", {})
    any_store.jobs.claim(1)
    any_store.jobs.cancel(first.id)
    second = any_store.jobs.submit("umap", {})
    assert second.id != first.id
    any_store.jobs.claim(1)
    any_store.jobs.finish(second.id)
    assert any_store.jobs.submit("umap", {}).id not in (first.id, second.id)


def test_cancelling_a_waiting_job_ends_it_at_once(any_store: Store) -> None:
    job = any_store.jobs.submit("encode", {})
    any_store.jobs.cancel(job.id)
    ended = any_store.jobs.get(job.id)
    assert ended.state == "cancelled" and ended.finished_at is not None
    assert any_store.jobs.claim(1) is None


def test_cancelling_a_running_job_stops_it_at_its_next_report(any_store: Store) -> None:
    job = claimed(any_store)
    any_store.jobs.cancel(job.id)
    running = any_store.jobs.get(job.id)
    assert running.state == "running" and running.cancel
    with pytest.raises(Cancelled):
        any_store.jobs.report(job.id, 0.5, "half")
    any_store.jobs.mark_cancelled(job.id)
    assert any_store.jobs.get(job.id).state == "cancelled"
    any_store.jobs.cancel(job.id)
    with pytest.raises(StoreError, match="no job 999"):
        any_store.jobs.cancel(999)


def test_a_failed_job_keeps_its_sentences(any_store: Store) -> None:
    job = claimed(any_store)
    any_store.jobs.fail(job.id, "Row 3 is {odd}.", "Mend row 3.")
    failed = any_store.jobs.get(job.id)
    assert (failed.state, failed.error, failed.hint) == ("failed", "Row 3 is {odd}.", "Mend row 3.")


def test_recent_jobs_are_found_by_project_and_kind_newest_first(any_store: Store) -> None:
    project = any_store.projects.create("p")
    ids = [any_store.jobs.submit(kind, {"i": i}, project.id).id for i, kind in enumerate(("umap", "encode", "umap"))]
    free = any_store.jobs.submit("umap", {})
    assert [job.id for job in any_store.jobs.recent(project.id)] == ids[::-1]
    assert [job.id for job in any_store.jobs.recent(project.id, "umap", limit=1)] == [ids[2]]
    assert [job.id for job in any_store.jobs.recent(None)] == [free.id]


def test_many_threads_claim_each_job_once(any_store: Store) -> None:
    ids = [any_store.jobs.submit("encode", {"i": i}).id for i in range(24)]
    taken: list[int] = []

    def work() -> None:
        while job := any_store.jobs.claim(threading.get_ident() % 1_000_000):
            taken.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == ids


def test_many_threads_submit_the_same_work_once(any_store: Store) -> None:
    found: list[int] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        found.append(any_store.jobs.submit("umap", {"same": True}).id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1
