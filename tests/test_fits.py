"""Fits that take long: made elsewhere, found by their revision, and what answers until they are there."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from fsl_core import jobs
from fsl_core.base.errors import Cancelled, DataError
from fsl_core.data.store import NewClass, NewItem, Store
from fsl_core.jobs import queue
from fsl_core.jobs.tasks import fit as task
from fsl_core.models import chosen
from fsl_core.models.vector_cache import CachedEncoder, VectorCache
from fsl_core.workspace import Workspace, fits
from fsl_core.workspace import workspace as of_workspace
from tests.engine_fixtures import CLASS_TEXTS, WordEncoder

METHOD, SETTINGS = "reptile", {"steps": 3, "test_steps": 5}
WORDS = {"Refund": "refund money", "Delivery": "parcel late", "Login": "login password"}


@pytest.fixture
def store(working_store):
    return working_store


@pytest.fixture
def cache(tmp_path):
    with VectorCache(tmp_path / "vectors.db") as opened:
        yield opened


def opened(store: Store, cache: VectorCache, project: int) -> Workspace:
    found = Workspace(store, project, CachedEncoder(WordEncoder(), cache))
    found.encode()
    found.sync()
    return found


@pytest.fixture(params=["one class an item", "several"])
def workspace(store, cache, request):
    several = request.param == "several"
    settings = {"multi_label": several, "audit_share": 0.4, "method": {"name": METHOD, "settings": SETTINGS}}
    classes = [NewClass(name, text) for name, text in CLASS_TEXTS.items()]
    project = store.projects.create("Tickets", classes=classes, settings=settings)
    names = list(WORDS)
    items = []
    for i in range(36):
        name = names[i % 3]
        label = None if i >= 30 else (name,) if several else name
        items.append(NewItem(text=f"{WORDS[name]} {'please ' * (i % 4)}{i}", label=label))
    store.items.add(project.id, items, source="import")
    return opened(store, cache, project.id)


def silent(fraction: float, message: str) -> None:
    """Nobody listens."""


def label(workspace: Workspace, row: int, name: str) -> int:
    class_id = next(one.id for one in workspace.classes if one.name == name)
    value = (class_id,) if workspace.multi_label else class_id
    item = int(workspace.ids[row])
    entry = workspace.store.journal.label(workspace.project_id, [item], value, author="ana")
    workspace.sync()
    return entry.id


def test_a_slow_method_is_left_to_a_job_whose_answer_is_the_one_that_waiting_would_have_given(workspace, cache):
    assert workspace.fitted(METHOD, SETTINGS) is None
    other = opened(workspace.store, cache, workspace.project_id)  # as the process of the job sees the project
    assert other.fit_apart(METHOD, SETTINGS, silent) == workspace.revision(METHOD, SETTINGS)
    found, waited = workspace.fitted(METHOD, SETTINGS), workspace.snapshot(METHOD, SETTINGS)
    fresh = opened(workspace.store, cache, workspace.project_id).snapshot(METHOD, SETTINGS)
    assert found is waited and found.audit is not None and found.audit.report is not None
    np.testing.assert_allclose(found.probabilities, fresh.probabilities, atol=1e-5)
    np.testing.assert_array_equal(found.predicted, fresh.predicted)
    assert found.report.accuracy == fresh.report.accuracy and found.n_labeled == fresh.n_labeled
    assert found.temperature == pytest.approx(fresh.temperature, abs=1e-4)
    np.testing.assert_array_equal(found.rows, fresh.rows)
    assert found.audit.report.accuracy == fresh.audit.report.accuracy and found.audit.n_sample == fresh.audit.n_sample
    text = "login please"
    mine, theirs = workspace.explain(text, found), other.explain(text, fresh)
    np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-5)
    assert [one.text for one in mine.neighbors] == [one.text for one in theirs.neighbors] != []


def test_what_is_fitted_is_not_fitted_again_even_after_a_way_round(workspace):
    first = workspace.fit_apart(METHOD, SETTINGS, silent)
    heard: list[float] = []
    assert workspace.fit_apart(METHOD, SETTINGS, lambda done, _message: heard.append(done)) == first and heard == []
    before = workspace.fitted(METHOD, SETTINGS)
    label(workspace, 35, "Login")
    assert workspace.revision(METHOD, SETTINGS) != first and workspace.fitted(METHOD, SETTINGS) is None
    workspace.store.journal.undo(workspace.project_id, "ana")
    workspace.sync()
    assert workspace.revision(METHOD, SETTINGS) == first
    np.testing.assert_allclose(workspace.fitted(METHOD, SETTINGS).probabilities, before.probabilities, atol=1e-6)


def test_the_revision_follows_what_decides_the_outcome_and_nothing_else(workspace):
    store, project = workspace.store, workspace.project_id
    first = workspace.revision(METHOD, SETTINGS)
    same = {**SETTINGS, "inner_lr": 0.002}  # the default, spelled out
    assert workspace.revision(METHOD, same) == first
    assert workspace.revision(METHOD, {**SETTINGS, "steps": 4}) != first
    store.projects.update(project, guidelines="Read twice.", settings={"method": {"name": "ridge", "settings": {}}})
    workspace.sync()
    assert workspace.revision(METHOD, SETTINGS) == first
    store.projects.update(project, settings={"audit_share": 0.1})
    workspace.sync()
    second = workspace.revision(METHOD, SETTINGS)
    assert second != first
    store.classes.describe(workspace.classes[0].id, "money back", author="ana")
    workspace.sync()
    assert workspace.revision(METHOD, SETTINGS) != second


def test_until_a_new_fit_is_there_the_old_answer_stands_in_with_its_own_witnesses(workspace):
    workspace.fit_apart(METHOD, SETTINGS, silent)
    before = workspace.fitted(METHOD, SETTINGS)
    label(workspace, 30, "Refund")
    assert workspace.fitted(METHOD, SETTINGS) is None
    assert workspace.stand_in() is before
    explained = workspace.explain("refund money", before)
    # One more label has moved every place in the present support; the old model must not name strangers.
    places = {workspace.texts[row] for row in before.rows}
    assert explained.neighbors and all(one.text in places for one in explained.neighbors)
    assert explained.neighbors[0].label == "Refund" and "refund" in explained.neighbors[0].text


def test_where_no_old_answer_fits_the_default_method_answers_the_present_labels(workspace):
    assert workspace.stand_in().name == "prototype"
    workspace.fit_apart(METHOD, SETTINGS, silent)
    workspace.fitted(METHOD, SETTINGS)
    workspace.store.classes.rename(workspace.classes[0].id, "Money", author="ana")
    workspace.sync()
    found = workspace.stand_in()
    assert found.name == "prototype" and found.classes == workspace.class_names
    workspace.store.items.add(workspace.project_id, [NewItem(text="one more")])
    workspace.sync()
    workspace.encode()
    assert len(workspace.stand_in().predicted) == len(workspace.ids)


def test_a_quick_method_that_turns_out_to_take_long_goes_to_a_job_and_comes_back_once_it_is_quick(
    workspace, monkeypatch
):
    monkeypatch.setattr(of_workspace, "LONG_S", 0.0)
    assert workspace.fitted("logistic") is None
    monkeypatch.setattr(of_workspace, "LONG_S", 60.0)
    assert workspace.fitted("logistic") is None  # it is not tried again with as many labels
    workspace.fit_apart("logistic", None, silent)
    assert workspace.fitted("logistic").name == "logistic"
    label(workspace, 34, "Delivery")
    assert workspace.fitted("logistic") is not None  # in the job it took less than that


def test_two_at_once_leave_one_fit_and_no_rubbish(workspace, cache):
    others = [opened(workspace.store, cache, workspace.project_id) for _ in range(3)]
    gate, found = threading.Barrier(3), []

    def fit(one: Workspace) -> None:
        gate.wait(30)
        found.append(one.fit_apart(METHOD, SETTINGS, silent))

    threads = [threading.Thread(target=fit, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 3
    root = fits.folder(found[0]).parent
    assert [place.name for place in root.iterdir()] == [found[0]]
    assert workspace.fitted(METHOD, SETTINGS) is not None


def test_a_fit_that_is_stopped_leaves_nothing_and_hears_of_it_within_the_training(workspace):
    heard: list[float] = []

    def stop(done: float, _message: str) -> None:
        heard.append(done)
        if len(heard) > 4:
            raise Cancelled()

    with pytest.raises(Cancelled):
        workspace.fit_apart(METHOD, {**SETTINGS, "steps": 1000}, stop)
    assert max(heard) < 1 / 7  # in the first of its seven fits, not between them
    root = fits.folder("x").parent
    assert list(root.iterdir()) == []


def test_old_fits_leave_when_there_are_too_many_and_a_broken_one_is_none(workspace, monkeypatch):
    first = workspace.fit_apart(METHOD, SETTINGS, silent)
    second = workspace.fit_apart(METHOD, {**SETTINGS, "steps": 2}, silent)
    monkeypatch.setattr(fits, "MOST_BYTES", 1)
    third = workspace.fit_apart(METHOD, {**SETTINGS, "steps": 1}, silent)
    assert [fits.folder(key).is_dir() for key in (first, second, third)] == [False, False, True]
    answers = fits.folder(third) / "answers.safetensors"
    answers.write_bytes(answers.read_bytes()[:40])
    assert workspace.fitted(METHOD, {**SETTINGS, "steps": 1}) is None


def test_a_fit_of_nothing_says_what_is_missing(store, cache):
    project = store.projects.create("Empty", classes=["a", "b"])
    store.items.add(project.id, [NewItem(text="one"), NewItem(text="two")])
    workspace = opened(store, cache, project.id)
    with pytest.raises(DataError, match="no labelled example"):
        workspace.fit_apart(METHOD, {**SETTINGS, "name_prior": 0.0}, silent)


# -- in a worker process ---------------------------------------------------------------------------


def fit_job(store: Store, settings: dict[str, object]) -> tuple[Workspace, int]:
    made = store.projects.create("Jobs", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}})
    texts = [f"{'red apple' if i % 2 else 'blue ocean'} number {i}" for i in range(12)]
    store.items.add(made.id, [NewItem(text=text, label="ab"[i % 2]) for i, text in enumerate(texts)])
    workspace = Workspace(store, made.id, chosen.cached_encoder("char-ngram"))
    workspace.encode()
    revision = workspace.revision(METHOD, settings)
    params = task.Params(method=METHOD, settings=settings, encoder="char-ngram", revision=revision)
    return workspace, jobs.start(store, params, made.id).id


def wait(store: Store, job_id: int, until):
    deadline = time.monotonic() + 120
    while not until(job := store.jobs.get(job_id)):
        assert time.monotonic() < deadline, job
        jobs.tend(store)
        time.sleep(0.05)
    return job


def test_a_worker_fits_under_the_revision_that_the_page_looks_for(store):
    workspace, job_id = fit_job(store, SETTINGS)
    job = wait(store, job_id, lambda found: not found.live)
    assert (job.state, job.error) == ("done", "") and job.result["revision"] == job.params["revision"]
    found = workspace.fitted(METHOD, SETTINGS)
    assert found is not None and found.report.n == 12


def test_a_fit_that_nobody_wants_any_more_ends_and_the_worker_goes_on_with_the_next(store):
    _workspace, job_id = fit_job(store, {"steps": 1000, "test_steps": 200})
    wait(store, job_id, lambda found: found.state == "running" and found.fraction > 0.05)
    pid = store.jobs.get(job_id).pid
    store.jobs.cancel(job_id)
    assert wait(store, job_id, lambda found: not found.live).state == "cancelled"
    assert list(fits.folder("x").parent.iterdir()) == []
    _other, next_id = fit_job(store, SETTINGS)
    job = wait(store, next_id, lambda found: not found.live)
    assert job.state == "done" and job.pid == pid  # it heard of the stop by itself; nothing had to be killed
    assert len(queue._spawned) == 1
