"""A project from file to answers, on a real store and the toy encoder."""

from __future__ import annotations

import numpy as np
import pytest

from fsl_core.errors import DataError
from fsl_core.store import NewClass, NewItem, Store
from fsl_core.vector_cache import CachedEncoder, VectorCache
from fsl_core.workspace import Workspace, moved
from tests.engine_fixtures import CLASS_TEXTS, SUPPORT, WordEncoder

POOL = ("refund now", "money back", "parcel is late", "late parcel", "login fails", "password lost", "hello")


@pytest.fixture
def store(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'handful.db'}") as opened:
        yield opened


@pytest.fixture
def cache(tmp_path):
    with VectorCache(tmp_path / "vectors.db") as opened:
        yield opened


@pytest.fixture
def workspace(store, cache):
    project = store.projects.create("Tickets", classes=[NewClass(name, text) for name, text in CLASS_TEXTS.items()])
    store.items.add(project.id, [NewItem(text=text) for text in (*SUPPORT.items, *POOL)])
    opened = Workspace(store, project.id, CachedEncoder(WordEncoder(), cache))
    opened.encode()
    return opened


def label(workspace: Workspace, text: str, name: str) -> None:
    item = int(workspace.ids[workspace.texts.index(text)])
    class_id = next(c.id for c in workspace.classes if c.name == name)
    workspace.store.journal.label(workspace.project_id, [item], class_id, author="ana")
    workspace.sync()


def label_support(workspace: Workspace) -> None:
    for text, name in zip(SUPPORT.items, SUPPORT.labels, strict=True):
        label(workspace, text, name)


def test_class_names_answer_before_any_label(workspace):
    snapshot = workspace.snapshot()
    answer = dict(zip(workspace.texts, snapshot.predicted, strict=True))
    assert snapshot.classes[answer["parcel is late"]] == "Delivery"
    assert snapshot.report is None and snapshot.n_labeled == 0


def test_labels_by_anyone_reach_the_model(workspace):
    before = workspace.snapshot()
    label_support(workspace)
    after = workspace.snapshot()
    assert after.n_labeled == 9 and after.report.n == 9
    assert after is not before and workspace.snapshot() is after


def test_sync_says_whether_anything_changed(workspace):
    assert workspace.sync() is False
    workspace.store.items.add(workspace.project_id, [NewItem(text="another parcel")])
    assert workspace.sync() is True
    assert workspace.missing == 1 and not workspace.ready
    with pytest.raises(DataError, match="have not been read"):
        workspace.snapshot()


def test_what_is_cached_is_there_at_once_in_the_next_workspace(workspace, cache):
    encoder = WordEncoder()
    again = Workspace(workspace.store, workspace.project_id, CachedEncoder(encoder, cache))
    assert again.ready and encoder.calls == 0
    np.testing.assert_array_equal(again.vectors, workspace.vectors)


def test_none_of_these_is_counted_but_never_learned(workspace):
    label_support(workspace)
    item = int(workspace.ids[workspace.texts.index("hello")])
    workspace.store.journal.label(workspace.project_id, [item], "none")
    workspace.sync()
    assert workspace.counts() == {"Refund": 3, "Delivery": 3, "Login": 3, "": 1}
    assert len(workspace.support().labeled) == 9
    assert sorted(np.unique(workspace.label_codes(), return_counts=True)[1].tolist()) == [1, 3, 3, 3, 6]


def test_the_queue_skips_labelled_and_skipped_items(workspace):
    label_support(workspace)
    everything = workspace.queue("uncertain", 50, snapshot=workspace.snapshot())
    assert len(everything) == len(workspace.ids) - 9
    skip = {everything[0].item_id}
    assert everything[0].item_id not in {item.item_id for item in workspace.queue("random", 50, skip=skip)}


def test_an_explanation_names_its_witnesses(workspace):
    label_support(workspace)
    answer = workspace.explain("the parcel is very late", workspace.snapshot())
    assert answer.classes[int(answer.probabilities.argmax())] == "Delivery"
    first = answer.neighbors[0]
    assert first.label == "Delivery" and first.weight == pytest.approx(1.0)
    assert {neighbor.label for neighbor in answer.neighbors} != {"Delivery"}  # one that speaks against it


def test_answers_for_many_equal_the_answers_for_each(workspace):
    label_support(workspace)
    snapshot = workspace.snapshot("matching")
    texts = ["money please", "late", "password"]
    many = workspace.answer(texts, snapshot)
    for i, text in enumerate(texts):
        one = workspace.explain(text, snapshot)
        assert int(one.probabilities.argmax()) == many.predicted[i] and one.unknown == many.unknown[i]


def test_moved_counts_where_items_went(workspace):
    before = workspace.snapshot()
    label(workspace, "hello", "Login")
    after = workspace.snapshot()
    arrived = dict(moved(before, after))
    assert sum(arrived.values()) == int((before.predicted != after.predicted).sum())


def test_the_chosen_method_is_the_projects(workspace):
    assert workspace.chosen_method() == ("prototype", {})
    workspace.store.projects.update(
        workspace.project_id, settings={"method": {"name": "ridge", "settings": {"penalty": 1}}}
    )
    workspace.sync()
    assert workspace.chosen_method() == ("ridge", {"penalty": 1})
