"""A model server that fails in the middle of a job: the worker keeps what was answered, and no file has the key."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.support.faulty_server import KEY, MODEL, faulty
from fsl_core import jobs
from fsl_core.data.store import NewItem
from fsl_core.jobs.tasks import suggest
from fsl_core.workspace import llm_suggestions

PATIENCE_S = 120.0
ANSWERED = 19


def test_what_a_server_answered_before_it_failed_is_kept_and_the_key_is_nowhere(working_store, tmp_path, monkeypatch):
    monkeypatch.setenv("HANDFUL_TEST_KEY", KEY)
    store = working_store
    with faulty([""] * ANSWERED, always="401") as server:
        chosen = {
            "name": "server",
            "settings": {
                "base_url": server.url,
                "model": MODEL,
                "api_key_variable": "HANDFUL_TEST_KEY",
                "concurrency": 2,
            },
        }
        project = store.projects.create(
            "Served", classes=["Delivery", "Refund"], settings={"encoder": {"name": "char-ngram"}, "generator": chosen}
        ).id
        labelled = [NewItem(text=f"parcel {i} is late", label="Delivery") for i in range(3)]
        labelled += [NewItem(text=f"money back for order {i}", label="Refund") for i in range(3)]
        store.items.add(project, [*labelled, *(NewItem(text=f"please help with order {i}") for i in range(40))])
        job = jobs.start(store, suggest.Params(method="chat", n=40), project)
        deadline = time.monotonic() + PATIENCE_S
        while (job := store.jobs.get(job.id)).live:
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        assert job.state == "failed" and "answered 401" in job.error and "HANDFUL_TEST_KEY" in job.hint
        assert len(server.requests) <= ANSWERED + 2, "after the failure no more were sent"
        assert set(server.keys) == {f"Bearer {KEY}"}
    kept = llm_suggestions.latest(store, project)
    assert kept is not None
    whole_parts = ANSWERED // 8 * 8
    assert len(kept.said) == whole_parts, "the parts of eight items that were answered whole"
    files = [file for file in Path(tmp_path).rglob("*") if file.is_file()]
    assert any(file.name == "worker.log" for file in files) and any(file.suffix == ".db" for file in files)
    assert not [file.name for file in files if KEY.encode() in file.read_bytes()]
