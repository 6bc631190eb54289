"""A real OpenAI-compatible server process (``transformers serve``) with a tiny model: the same words as here."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support.running_app import free_port
from fsl_core import registry
from fsl_core.base.errors import MissingBackend
from fsl_core.contracts.generator import Sampling
from fsl_core.contracts.method import Context
from fsl_core.models.backends import servers
from tests.engine_fixtures import SUPPORT
from tests.tiny_language_models import tiny_causal

PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_causal(tmp_path_factory.mktemp("served") / "llama", chat=True)


@pytest.fixture(scope="module")
def url(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server, once it answers."""
    port = free_port()
    home = tmp_path_factory.mktemp("hub")
    (home / "hub").mkdir()
    program = str(Path(sys.executable).with_name("transformers"))
    command = [program, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(home)}
    log = (home / "serve.log").open("wb")
    process = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not servers.find([port]):
            assert process.poll() is None and time.monotonic() < deadline, (home / "serve.log").read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)
        log.close()


@pytest.fixture
def served(url: str, folder: Path):
    return registry.create_generator("server", {"base_url": url, "model": str(folder), "retries": 0})


@pytest.fixture
def local(folder: Path):
    return registry.create_generator("causal", {"model": str(folder)})


def test_it_answers_as_the_same_model_does_here(served, local):
    prompts = ["my card is lost", "the food was awful and slow", "good dog"]
    theirs = served.generate(prompts, Sampling(max_tokens=8))
    ours = local.generate(prompts, Sampling(max_tokens=8))
    assert [one.text.strip() for one in theirs] == [one.text.strip() for one in ours]
    assert [one.prompt_tokens for one in theirs] == [one.prompt_tokens for one in ours]
    assert any(one.text.strip() for one in theirs)


def test_its_stream_ends_in_the_same_text(served, local):
    heard: list[str] = []
    (theirs,) = served.generate(
        ["my card is lost"], Sampling(max_tokens=8), on_text=lambda _number, piece: heard.append(piece)
    )
    (ours,) = local.generate(["my card is lost"], Sampling(max_tokens=8))
    assert "".join(heard) == theirs.text and theirs.text.strip() == ours.text.strip()


def test_a_random_model_names_no_class_and_nothing_is_made_up(served):
    context = Context(generator=served, create=registry.create_method)
    method = registry.create_method("chat", {"choose": "by class"}, context).fit(SUPPORT)
    proba = method.predict_proba(["my card"])
    assert proba.shape == (1, 3) and proba.sum() == pytest.approx(1)


def test_another_model_than_it_serves_is_refused_in_plain_words(url):
    other = registry.create_generator("server", {"base_url": url, "model": "someone/else", "retries": 0})
    with pytest.raises(MissingBackend, match="someone/else") as caught:
        other.generate(["hello"], Sampling(max_tokens=4))
    assert caught.value.hint
