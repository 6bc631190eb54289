"""Several processes on one store, and one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from fsl_core.data.store import NewItem, Store

ROOT = Path(__file__).parents[1]

LABEL_FOREVER = """
from fsl_core.data.store import Store
store = Store(URL)
[project] = store.projects.list()
classes = [c.id for c in store.classes.list(project.id)]
for i, item in enumerate(store.items.all(project.id).ids.tolist()):
    label = classes[i % len(classes)]
    store.journal.label(project.id, [item], label)
    print(item, label, flush=True)
"""

CLAIM_ALL = """
import os
from fsl_core.data.store import Store
store = Store(URL)
print("ready", flush=True)
input()
while job := store.jobs.claim(os.getpid()):
    print(job.id, flush=True)
"""

OPEN_AND_LABEL = """
from fsl_core.data.store import NewItem, Store
print("ready", flush=True)
input()
store = Store(URL)
project = store.projects.create("own", classes=["a"])
store.items.add(project.id, [NewItem(f"text {i}") for i in range(20)])
[a] = store.classes.list(project.id)
for item in store.items.all(project.id).ids.tolist():
    store.journal.label(project.id, [item], a.id)
print("done", flush=True)
"""


def start(script: str, url: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", f"URL = {url!r}\n{script}"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def start_together(script: str, url: str, n: int) -> list[str]:
    """What n processes print after all of them were ready."""
    processes = [start(script, url) for _ in range(n)]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * n
    return outputs


def test_every_acknowledged_label_survives_kill_9(any_store_url: str) -> None:
    with Store(any_store_url) as store:
        project = store.projects.create("p", classes=["a", "b", "c"])
        store.items.add(project.id, [NewItem(f"text {i}") for i in range(5_000)])
    process = start(LABEL_FOREVER, any_store_url)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline() for _ in range(60)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.communicate(timeout=30)[0].splitlines(keepends=True)
    assert process.returncode == -signal.SIGKILL
    said = dict(tuple(map(int, line.split())) for line in acknowledged if line.endswith("\n"))
    with Store(any_store_url) as store:
        kept = {item: state.label for item, state in store.journal.labels(project.id).items()}
        assert len(said) >= 60
        assert {item: kept.get(item) for item in said} == said
        # At most the one label that was written but not yet said.
        assert len(said) <= len(kept) <= len(said) + 1
        assert store.journal.undo(project.id) is not None


def test_processes_claim_each_job_once(any_store: Store, any_store_url: str) -> None:
    ids = [any_store.jobs.submit("encode", {"i": i}).id for i in range(40)]
    outputs = start_together(CLAIM_ALL, any_store_url, 2)
    assert sorted(int(line) for output in outputs for line in output.split()) == ids
    assert len({job.pid for job in any_store.jobs.live()}) >= 1


def test_processes_that_open_a_new_store_at_once_and_label_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'handful.db'}"
    assert start_together(OPEN_AND_LABEL, url, 3) == ["done\n"] * 3
    with Store(url) as store:
        assert [(p.n_items, p.n_labeled) for p in store.projects.list()] == [(20, 20)] * 3
        entries = [e.id for p in store.projects.list() for e in store.journal.entries(p.id)]
    assert sorted(entries) == list(range(1, 61))
