"""The tuning job in a real worker: kept or not, saved whole, honest about what it learned from."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors import SafetensorError

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.errors import MissingBackend, StoreError
from fsl_core.data.store import NewItem, Store
from fsl_core.jobs import curves
from fsl_core.jobs.tasks.tune import Tuning, learnable
from fsl_core.jobs.worker import serve
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models
from fsl_core.workspace import Workspace
from tests.engine_fixtures import SUPPORT

FAST = {"epochs": 12, "learning_rate": 3e-3, "batch_size": 9}


@pytest.fixture
def store(working_store):
    return working_store


def project(store: Store, tunable, copies: int = 3) -> int:
    choice = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    made = store.projects.create("Tune", classes=list(SUPPORT.classes), settings={"encoder": choice})
    rows = [
        NewItem(text=f"{text} {extra}", label=label)
        for text, label in zip(SUPPORT.items, SUPPORT.labels, strict=True)
        for extra in ("please", "hello", "my")[:copies]
    ]
    rows += [NewItem(text=text) for text in ("late parcel late", "the password", "refund money money")]
    store.items.add(made.id, rows)
    return made.id


def tune(store: Store, number: int, **params):
    job = store.jobs.submit("tune", {"method": "contrastive", "settings": FAST, **params}, number)
    serve(store, idle_seconds=0.2)
    return store.jobs.get(job.id)


def test_tuning_saves_a_model_that_is_an_encoder_like_any_other(store, tunable):
    number = project(store, tunable)
    job = tune(store, number, check=False)
    assert job.state == "done", job.error
    payload = store.runs.latest(number, Tuning).payload
    assert payload.verdict is None and payload.model == job.result["model"]
    assert {point.run for point in payload.curve} == {"all labels"} and tuple(curves.of(job)) == payload.curve
    encoder = chosen.cached_encoder("sentence-transformers", {"model": f"tuned:{payload.model}"})
    workspace = Workspace(store, number, encoder)
    assert workspace.ready  # the job has read every text with it already
    said = workspace.snapshot("prototype")
    answers = dict(zip(workspace.texts, (said.classes[i] for i in said.predicted), strict=True))
    assert answers["late parcel late"] == "Delivery" and answers["refund money money"] == "Refund"
    assert [model.name for model in tuned_models.models()] == [payload.model]
    assert not list(paths.models_dir().glob(".unfinished-*"))


def test_the_verdict_decides_what_is_kept(store, tunable):
    number = project(store, tunable)
    job = tune(store, number)
    assert job.state == "done", job.error
    payload = store.runs.latest(number, Tuning).payload
    verdict = payload.verdict
    assert verdict.keep == (verdict.tuned_loss < verdict.frozen_loss) == (payload.model is not None)
    assert verdict.tuned.n == verdict.frozen.n == payload.n
    assert {"fold 1", "fold 2"} <= {point.run for point in payload.curve}
    assert [model.name for model in tuned_models.models()] == ([payload.model] if verdict.keep else [])


def test_labels_of_the_audit_stream_are_never_learned_from(store, tunable):
    number = project(store, tunable)
    workspace = Workspace(store, number, chosen.cached_encoder("sentence-transformers", {"model": str(tunable)}))
    rows, support = learnable(workspace)
    labeled = set(workspace.support().rows.tolist())
    audit = set(workspace.audit_rows().tolist()) & labeled
    assert audit and set(rows.tolist()) == labeled - audit
    assert support.items == tuple(workspace.texts[row] for row in rows)


def test_scores_on_a_tuned_encoder_leave_out_what_it_was_tuned_on(store, tunable):
    number = project(store, tunable)
    tune(store, number, check=False)
    payload = store.runs.latest(number, Tuning).payload
    encoder = chosen.cached_encoder("sentence-transformers", {"model": f"tuned:{payload.model}"})
    workspace = Workspace(store, number, encoder)
    learned = encoder.trained_on()
    assert len(learned) == payload.n
    fresh = workspace.fresh(workspace.support().rows)
    assert fresh.sum() == payload.left_for_score == len(workspace.support().rows) - payload.n
    report = workspace.snapshot("prototype").report
    assert report.n == fresh.sum()
    assert workspace.evaluate("logistic", folds=3, repeats=1).report.n == fresh.sum()


def test_moved_items_are_unlabelled_and_truly_changed(store, tunable):
    number = project(store, tunable, copies=2)
    tune(store, number, check=False)
    payload = store.runs.latest(number, Tuning).payload
    frozen = Workspace(store, number, chosen.cached_encoder("sentence-transformers", {"model": str(tunable)}))
    tuned = Workspace(
        store, number, chosen.cached_encoder("sentence-transformers", {"model": f"tuned:{payload.model}"})
    )
    before, after = frozen.snapshot("logistic").predicted, tuned.snapshot("logistic").predicted
    changed = {
        int(i) for i, a, b in zip(frozen.ids, before, after, strict=True) if a != b and int(i) not in frozen.labels
    }
    assert {int(row[0]) for row in payload.moved} == changed
    for item, old, new, *_ in payload.moved:
        assert (before[frozen.position[item]], after[frozen.position[item]]) == (old, new)


def test_a_full_disk_leaves_nothing_behind_and_says_what_to_do(store, tunable):
    def write(folder):
        (folder / "encoder").mkdir()
        (folder / "encoder" / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left") as caught:
        tuned_models.keep("p1-j1", write, [])

    def library(folder):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(StoreError, match="No space left"):
        tuned_models.keep("p1-j1", library, [])
    assert "Free some disk space" in caught.value.hint
    assert list(paths.models_dir().iterdir()) == []


def test_a_model_that_is_gone_says_so(store):
    with pytest.raises(MissingBackend, match="p9-j9 is not on this machine"):
        tuned_models.encoder_folder("p9-j9")
    with pytest.raises(MissingBackend, match="no name"):
        tuned_models.encoder_folder("../../etc")


def test_what_a_folder_was_trained_on_is_read_from_it_and_bad_files_count_as_nothing(tmp_path):
    (tmp_path / "trained_on.json").write_text(json.dumps(["a", "b"]))
    assert tuned_models.trained_on(tmp_path) == {"a", "b"}
    (tmp_path / "trained_on.json").write_text("{broken")
    assert tuned_models.trained_on(tmp_path) == frozenset()


def test_fresh_rows_score_alone_in_a_cross_validation(store, words):
    from fsl_core.contracts.method import Context
    from fsl_core.evaluation.cross_validation import cross_validate

    fresh = np.array([True, False, True] * 3)
    context = Context(encoder=words, create=registry.create_method)
    found = cross_validate("prototype", None, SUPPORT, context, folds=3, repeats=2, fresh=fresh)
    assert found.report.n == 6 and found.report.unscored == 3


def test_items_with_several_classes_are_tuned_on_and_judged_by_whole_sets(store, tunable):
    choice = {"name": "sentence-transformers", "settings": {"model": str(tunable)}}
    made = store.projects.create(
        "Sets", classes=list(SUPPORT.classes), settings={"encoder": choice, "multi_label": True, "audit_share": 0.0}
    )
    texts = [f"{text} {extra}" for text in SUPPORT.items for extra in ("please", "my")]
    both = [f"refund login {extra}" for extra in ("please", "my", "hello", "is")]
    store.items.add(made.id, [NewItem(text=text) for text in (*texts, *both, "password refund")])
    ids, classes = store.items.all(made.id).ids, {one.name: one.id for one in store.classes.list(made.id)}
    sets = [(label,) for label in SUPPORT.labels for _ in range(2)] + [("Refund", "Login")] * 4
    for item, own in zip(ids, sets, strict=False):
        store.journal.label(made.id, [int(item)], tuple(classes[name] for name in own), author="me")
    workspace = Workspace(store, made.id, chosen.cached_encoder("sentence-transformers", choice["settings"]))
    rows, support = learnable(workspace)
    assert support.sets == tuple(sets) and support.labels[-1] == "Refund"  # 10 of each: the first of the rarest
    assert support.members.sum() == len(rows) + 4
    job = tune(store, made.id)
    assert job.state == "done", job.error
    verdict = store.runs.latest(made.id, Tuning).payload.verdict
    assert verdict.tuned.n == len(rows) and verdict.keep == (verdict.tuned_loss < verdict.frozen_loss)
    assert tune(store, made.id, check=False).state == "done"
    model = store.runs.latest(made.id, Tuning).payload.model
    tuned = Workspace(store, made.id, chosen.cached_encoder("sentence-transformers", {"model": f"tuned:{model}"}))
    found = tuned.snapshot("logistic")
    assert found.sets.shape == (len(tuned.ids), 3) and found.report.n == 0  # it learned from every label there is
    extra = int(tuned.ids[-1])
    store.journal.label(made.id, [extra], (classes["Refund"], classes["Login"]), author="me")
    tuned.sync()
    assert tuned.snapshot("logistic").report.n == 1 == tuned.evaluate("logistic", folds=3).report.n
    # A method that learns one class an item says so.
    failed = tune(store, made.id, method="finetune", settings={}, check=False)
    assert failed.state == "failed" and "one class an item" in failed.error and "contrastive" in failed.hint
