"""Downloading a hub model: a real worker process and a hub on this machine; progress, stop, what is left out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsl_core import jobs, registry
from fsl_core.contracts.generator import Sampling
from fsl_core.jobs.tasks.download import Params
from tests.hub_server import MODEL, HubServer, hub
from tests.tiny_language_models import tiny_causal

PATIENCE_S = 90.0


@pytest.fixture
def there(tmp_path: Path) -> Iterator[HubServer]:
    """A hub that has a tiny model, a large file with it, and a pickle that nobody should fetch."""
    folder = tiny_causal(tmp_path / "hub" / "tiny")
    (folder / "vocabulary.txt").write_bytes(b"word\n" * 1_000_000)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    with hub(folder) as server:
        yield server


@pytest.fixture
def store(working_store, there: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A store whose workers ask that hub, and keep models in a folder of this test."""
    monkeypatch.setenv("HF_ENDPOINT", there.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    return working_store


def wait(store, job_id: int, until):
    deadline = time.monotonic() + PATIENCE_S
    while not until(job := store.jobs.get(job_id)):
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def test_a_model_arrives_with_its_bytes_counted_and_without_its_pickle(store, there):
    there.pause_s = 0.03
    job = jobs.start(store, Params(model=MODEL))
    seen = []

    def done(job) -> bool:
        seen.append((job.fraction or 0.0, job.message or ""))
        return not job.live

    job = wait(store, job.id, done)
    assert job.state == "done", (job.error, job.hint)
    fractions = [fraction for fraction, _message in seen]
    assert fractions == sorted(fractions) and any(0 < fraction < 1 for fraction in fractions)
    assert any("of 5 MB" in message for _fraction, message in seen)
    folder = Path(job.result["folder"])
    assert (folder / "vocabulary.txt").stat().st_size == 5_000_000 and (folder / "model.safetensors").exists()
    assert "pytorch_model.bin" not in there.sent and not (folder / "pytorch_model.bin").exists()
    made = registry.create_generator("causal", {"model": str(folder)})
    assert made.generate(["my card"], Sampling(max_tokens=2))[0].prompt_tokens > 0


def test_a_download_stops_when_asked_and_goes_on_later(store, there):
    there.pause_s = 0.2  # 5 MB would take 15 seconds
    job = jobs.start(store, Params(model=MODEL))
    wait(store, job.id, lambda job: (job.fraction or 0.0) > 0.05)
    store.jobs.cancel(job.id)
    assert wait(store, job.id, lambda job: not job.live).state == "cancelled"
    assert there.broken_off.wait(PATIENCE_S), "the process that fetched is gone"
    there.pause_s = 0.0
    again = jobs.start(store, Params(model=MODEL))
    job = wait(store, again.id, lambda job: not job.live)
    assert job.state == "done" and (Path(job.result["folder"]) / "vocabulary.txt").stat().st_size == 5_000_000


def test_a_model_that_the_hub_does_not_have_is_said(store):
    job = jobs.start(store, Params(model="someone/else"))
    job = wait(store, job.id, lambda job: not job.live)
    assert job.state == "failed" and "someone/else" in job.error and job.hint
