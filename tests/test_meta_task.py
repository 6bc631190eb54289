"""The meta-training job in a real worker: honest about what it saw, stopped and gone on with, kept under a name."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from fsl_core import jobs
from fsl_core.base.errors import Cancelled, DataError
from fsl_core.base.types import silent
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs.tasks import meta_train as task
from fsl_core.jobs.worker import serve
from fsl_core.learning.meta import files, kept

WORDS = ("parcel", "refund", "password", "invoice", "camera", "garden", "violin", "bicycle", "weather", "coffee")
ENDS = ("is late", "came", "please help", "thank you", "not found", "broken again", "for my mother", "today")


@pytest.fixture
def store(working_store):
    return working_store


def project(store: Store, name: str = "Words", words=WORDS, **settings) -> int:
    choice = {"name": "char-ngram", "settings": {}}
    made = store.projects.create(name, classes=words, settings={"encoder": choice, "audit_share": 0.0, **settings})
    store.items.add(made.id, [NewItem(text=f"{word} {end}", label=word) for word in words for end in ENDS])
    return made.id


def params(*ids: int, **more) -> dict:
    return {
        "projects": list(ids), "learner": "protonet", "training": {"n_way": 4, "steps": 12},
        "check": {"episodes": 30, "n_way": 3}, **more,
    }  # fmt: skip


def train(store: Store, *ids: int, **more):
    job = store.jobs.submit("meta_train", params(*ids, **more), ids[0])
    serve(store, idle_seconds=0.2)
    return store.jobs.get(job.id)


def test_a_job_trains_scores_and_keeps_under_the_name_asked_for(store):
    one, other = project(store, "A", WORDS[:5]), project(store, "B", WORDS[5:])
    job = train(store, one, other, name="both")
    assert job.state == "done", job.error
    result = job.result
    trained, held = set(result["classes trained on"]), set(result["classes held out"])
    assert len(trained) == 6 and len(held) == 4 and not trained & held
    assert {*trained, *held} == {f"{w} (A)" for w in WORDS[:5]} | {f"{w} (B)" for w in WORDS[5:]}
    assert set(result["accuracies"]) == {"protonet", "nearest mean", "logistic"}
    apart = result["differences"]["logistic"]
    assert apart["verdict"] in ("beat", "did not beat", "not enough to say")
    scores = result["accuracies"]
    assert apart["value"] == pytest.approx(scores["protonet"]["value"] - scores["logistic"]["value"])
    assert job.curve == result["curve"] and job.curve[-1]["step"] == 12
    (model,) = kept.models(result["encoder"])
    assert model.name == "both" and model.facts["projects"] == ["A", "B"]
    assert model.figures.differences["logistic"].value == apart["value"]
    assert set(model.facts["classes held out"]) == held


def test_what_a_job_trained_can_be_kept_afterwards(store):
    job = train(store, project(store))
    assert kept.models() == [] and job.result["kept"] == ""
    task.keep(job.id, "later")
    again = files.load(task.model_file(job.id))
    assert kept.load("later").params.keys() == again.params.keys()
    with pytest.raises(DataError, match="already"):
        task.keep(job.id, "later")
    task.model_file(job.id).unlink()
    with pytest.raises(DataError, match="no longer there"):
        task.keep(job.id, "other")


def test_a_name_that_is_taken_is_said_before_anything_is_trained(store):
    number = project(store)
    train(store, number, name="mine")
    job = train(store, number, name="mine", settings={})
    assert job.state == "failed" and "already" in job.error and job.curve is None


def test_items_of_the_audit_stream_take_no_part(store):
    number = project(store, audit_share=0.3)
    (workspace,) = task.workspaces(store, [number], silent)
    audit, labeled = set(workspace.audit_rows().tolist()), workspace.support()
    left = [row for row in labeled.rows.tolist() if row not in audit]
    found = task.source(workspace)
    assert audit and len(found.labels) == len(left)
    units = workspace.units - workspace.units.mean(axis=0)
    expected = units[left] / np.linalg.norm(units[left], axis=1, keepdims=True)
    assert np.allclose(found.vectors, expected, atol=1e-6)


def test_too_few_classes_another_encoder_and_several_labels_are_said(store):
    job = train(store, project(store, "Few", WORDS[:3]))
    assert job.state == "failed" and "there are 3" in job.error and "1 more such classes" in job.hint
    plain = project(store, "Plain")
    other = project(store, "Other", encoder={"name": "minilm", "settings": {}})
    assert "another encoder" in train(store, plain, other).error
    made = store.projects.create(
        "Sets", classes=WORDS[:4], settings={"multi_label": True, "encoder": {"name": "char-ngram"}}
    )
    assert "several classes" in train(store, made.id).error


def test_a_stopped_training_goes_on_where_it_was_and_ends_the_same(store):
    number = project(store)
    whole = train(store, number)
    asked = params(number)

    def stop(fraction, message):
        if message.startswith("Step 8 "):
            raise Cancelled()

    first = store.jobs.submit("meta_train", asked, number)
    claimed = store.jobs.claim(1)
    assert claimed.id == first.id
    with pytest.raises(Cancelled):
        jobs.do(claimed, store, stop)
    store.jobs.mark_cancelled(first.id)
    (state,) = (task.model_file(0).parent).glob("state-*.safetensors")
    from safetensors import safe_open

    with safe_open(state, framework="pt") as opened:
        assert opened.metadata()["step"] == "8"
    rest = train(store, number)
    assert rest.state == "done" and not state.exists()
    assert rest.result["accuracies"] == whole.result["accuracies"]
    steps = [point["step"] for point in rest.curve]
    assert steps == sorted(set(steps)) and steps[0] < 8 and steps[-1] == 12


def test_a_running_job_can_be_stopped(store):
    number = project(store)
    job = store.jobs.submit("meta_train", params(number, training={"n_way": 4, "steps": 1_000_000}), number)
    worker = threading.Thread(target=serve, args=(store, 0.2))
    worker.start()
    until = time.monotonic() + 60
    while not store.jobs.get(job.id).curve and time.monotonic() < until:
        time.sleep(0.05)
    store.jobs.cancel(job.id)
    worker.join(60)
    found = store.jobs.get(job.id)
    assert found.state == "cancelled" and found.curve and not task.model_file(job.id).exists()
