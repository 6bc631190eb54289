"""What jobs are asked, what they answer and what is saved: named by type, and open for what other versions wrote."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fsl_core import jobs
from fsl_core.base import paths
from fsl_core.base.errors import DataError
from fsl_core.base.payloads import Params, Record, SavedRun, read, read_params
from fsl_core.data.store import Store
from fsl_core.jobs import curves, queue
from fsl_core.jobs.tasks import augment, augment_check, compare, import_file, label_check, meta_train, suggest, tune
from fsl_core.jobs.worker import serve
from fsl_core.workspace import augmented
from fsl_core.workspace.llm_suggestions import Suggestions
from tests.store_fixtures import saved_before

MEASURE = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 40, "enough": True}
SCORES = {"accuracy": MEASURE, "macro_precision": MEASURE, "macro_recall": MEASURE, "macro_f1": MEASURE}
VERDICT = {
    "keep": True, "frozen": {**SCORES, "n": 40, "unscored": 0}, "tuned": {**SCORES, "n": 40, "unscored": 0},
    "difference": MEASURE, "wins": 3, "losses": 1, "frozen_loss": 0.4, "tuned_loss": None, "seconds": 3.0,
}  # fmt: skip
EXAMPLE = {"text": "late again", "class": 7, "parents": [1, 2]}
# As the versions before these records wrote them.
OLD: dict[type[SavedRun], dict] = {
    tune.Tuning: {
        "method": "contrastive", "settings": {"epochs": 3}, "encoder": "minilm@1", "n": 9, "classes": ["a", "b"],
        "counts": [5, 4], "left_for_score": 2, "last_entry": 12, "verdict": VERDICT, "model": "p1-j2", "notes": ["x"],
        "moved": [[5, 0, 1, 0.5, 0.9]], "fit_seconds": 2.5, "seconds": 4.0,
        "curve": [{"run": "fold 1", "step": 1, "loss": 0.5}, {"run": "all labels", "step": 2, "held_out_accuracy": 1}],
    },
    compare.Comparison: {
        "rows": [{**SCORES, "method": "knn", "confusion": [[0, 1, 2.5]], "unscored": 1, "fit_seconds": 0.1,
                  "predict_seconds": 0.2}],
        "in use": "knn", "its settings": {"k": 3}, "failed": [{"method": "chat", "message": "gone", "hint": "wait"}],
        "model": "", "classes": ["a", "b"], "n_labeled": 40, "last_entry": 12, "folds": 5, "repeats": 2,
        "encoder": "minilm@1",
    },
    label_check.Findings: {
        "suspects": [[5, 1, 2, 0.1, 0.9], [6, None, 2, 0.1, 0.9]], "twins": [[[5, 6], 0.99, False]], "last_entry": 12,
        "n_labeled": 40,
    },
    augment.Batch: {
        "source": "edits", "by": "Word edits", "proposed": 4, "dropped": {"too near": 2}, "partial": "",
        "candidates": [{**EXAMPLE, "intended": 7, "nearest": 3, "p": 0.9, "margin": 0.5, "pvi": 1.0,
                        "similarity": 0.4}],
        "proposals": [{**EXAMPLE, "second": None}],
    },
    augment_check.Check: {
        "verdict": VERDICT, "kept": {"examples": [EXAMPLE], "by": "Word edits", "weight": 0.3}, "method": "logistic",
        "n_generated": 1, "last_entry": 12,
    },
    Suggestions: {"model": "tiny", "method": "chat", "said": [[5, 7, 0.75]], "key": "k"},
}  # fmt: skip


@pytest.fixture
def store(working_store: Store) -> Store:
    return working_store


def within(old: object, new: object) -> bool:
    """Whether all that ``old`` says stands in ``new`` under the same names, which may say more."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(name in new and within(value, new[name]) for name, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(within, old, new))
    return old == new or (old is None and new != new)


@pytest.mark.parametrize("kind", jobs.kinds())
def test_each_kind_of_job_has_params_of_its_name_a_result_and_a_title_for_people(kind):
    task = jobs.task(kind)
    assert task.run.__module__ == task.params.__module__ == f"fsl_core.jobs.tasks.{kind}"
    assert issubclass(task.params, Params) and issubclass(task.result, Record)
    assert queue.title(kind)[0].isupper() and queue.title("baking") == ""


@pytest.mark.parametrize("model", OLD, ids=lambda model: model.__name__)
def test_what_an_older_version_saved_opens_and_keeps_its_names(store, model):
    project = store.projects.create("p").id
    saved_before(store, project, model.kind, {**OLD[model], "dropped since": [1]})
    opened = store.runs.latest(project, model).payload
    written = opened.plain()
    assert within(OLD[model], written)
    store.runs.save(project, opened)
    assert store.runs.latest(project, model).payload.plain() == written


def test_fields_of_old_runs_are_read_by_their_names_of_today():
    tuning = tune.Tuning.model_validate(OLD[tune.Tuning])
    assert tuning.moved[0].p_after == 0.9 and np.isnan(tuning.verdict.tuned_loss)
    assert [point.held_out_accuracy for point in tuning.curve] == [None, 1.0]
    assert compare.Comparison.model_validate(OLD[compare.Comparison]).own_settings == {"k": 3}
    assert label_check.Findings.model_validate(OLD[label_check.Findings]).suspects[1].given is None
    assert augment.Batch.model_validate(OLD[augment.Batch]).candidates[0].class_id == 7
    assert Suggestions.model_validate(OLD[Suggestions]).by_item[5].class_id == 7
    figure = {"value": 0.7, "low": None, "high": None, "n": 9, "n_classes": 1, "enough": False}
    old = {
        "learner": "protonet", "check": {"episodes": 300, "gone": 1}, "encoder": "e", "projects": ["A"], "when": 1.0,
        "classes trained on": ["a"], "classes held out": ["b"], "n_way": 5, "k_shot": 1,
        "accuracies": {"protonet": figure}, "differences": {"logistic": {**figure, "verdict": "beat"}},
    }  # fmt: skip
    result = read(meta_train.Result, old)
    assert (result.trained_on, result.held_out, result.episodes) == (("a",), ("b",), 300)
    assert result.plain()["classes trained on"] == ["a"]


def test_params_refuse_what_they_do_not_know_and_say_which():
    with pytest.raises(DataError, match="n_rows") as refused:
        read_params(suggest.Params, {"n": 3, "n_rows": 4})
    assert "again" in refused.value.hint
    with pytest.raises(DataError, match="naming"):
        read_params(import_file.Params, {"path": "x", "filename": "x", "naming": "first"})


def test_a_job_that_was_asked_for_in_another_way_fails_with_a_step_and_the_queue_goes_on(store: Store):
    bad, good = store.jobs.submit("suggest", {"many": 3}), store.jobs.submit("download", {"model": str(paths.ROOT)})
    serve(store, idle_seconds=0.2)
    failed = store.jobs.get(bad.id)
    assert failed.state == "failed" and "many" in failed.error and failed.hint == "Start it again."
    assert jobs.result_of(failed, suggest.Result) is None
    assert store.jobs.get(good.id).state == "done"


def test_points_of_a_curve_that_are_none_are_left_out(store: Store):
    store.jobs.submit("encode", {})
    job = store.jobs.claim(1)
    store.jobs.draw(job.id, [{"run": "a", "step": 1, "loss": float("nan")}, {"step": 2}, {"run": "a", "step": 3}])
    assert [point.step for point in curves.of(store.jobs.get(job.id))] == [1, 3]


def test_generated_examples_in_the_settings_of_old_projects_are_still_used(store: Store):
    kept = {"examples": [EXAMPLE], "by": "Word edits", "weight": 0.3, "at": 1.5}
    project = store.projects.create("p", settings={augmented.SETTING: kept})
    assert augmented.in_use(project).plain() == kept
    assert augmented.in_use(store.projects.create("q", settings={augmented.SETTING: ["odd"]})).examples == ()


def test_importing_the_tasks_loads_no_heavy_library():
    code = (
        "import importlib, sys; from fsl_core import jobs\n"
        "[importlib.import_module('fsl_core.jobs.tasks.' + kind) for kind in jobs.kinds()]\n"
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'umap', 'pandas', 'pyarrow', 'onnx', 'openai'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, check=True)
