"""A project from file to answers, on a real store and the toy encoder."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from fsl_core.base import ops
from fsl_core.base.errors import DataError
from fsl_core.data.store import NewClass, NewItem, Store
from fsl_core.evaluation import novelty
from fsl_core.evaluation.calibration import prior_temperature
from fsl_core.learning.choosing.search import Filters
from fsl_core.models.vector_cache import CachedEncoder, VectorCache
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
    everything = workspace.queue("margin", 50, snapshot=workspace.snapshot())
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


@pytest.mark.parametrize("method", ["prototype", "logistic"])
def test_pool_and_single_texts_get_the_same_calibrated_probabilities(workspace, method):
    label_support(workspace)
    snapshot = workspace.snapshot(method)
    raw = snapshot.method.predict_vectors(workspace.vectors)
    assert abs(snapshot.temperature - 1.0) > 0.05 and np.abs(snapshot.probabilities - raw).max() > 0.01
    np.testing.assert_array_equal(snapshot.predicted, raw.argmax(axis=1))
    np.testing.assert_array_equal(snapshot.probabilities.argmax(axis=1), snapshot.predicted)
    np.testing.assert_allclose(snapshot.confidence, snapshot.probabilities.max(axis=1))
    answers = workspace.answer(list(POOL), snapshot)
    for i, text in enumerate(POOL):
        row = workspace.texts.index(text)
        explanation = workspace.explain(text, snapshot)
        np.testing.assert_allclose(explanation.probabilities, snapshot.probabilities[row], atol=1e-5)
        assert answers.confidence[i] == pytest.approx(snapshot.confidence[row], abs=1e-5)


def test_none_of_these_does_not_depend_on_the_temperature(workspace):
    label_support(workspace)
    texts, snapshot = ["parcel", "something else", "hello hello"], workspace.snapshot()
    hot = replace(snapshot, temperature=9.0)
    np.testing.assert_array_equal(workspace.answer(texts, snapshot).unknown, workspace.answer(texts, hot).unknown)
    assert [workspace.explain(t, snapshot).unknown for t in texts] == [workspace.explain(t, hot).unknown for t in texts]


def test_before_any_label_the_temperature_is_the_one_that_other_data_taught(workspace):
    assert workspace.snapshot().temperature == pytest.approx(prior_temperature("prototype", 0, 3))
    label(workspace, "refund now", "Refund")
    assert workspace.snapshot().temperature == pytest.approx(prior_temperature("prototype", 1 / 3, 3))


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


def many(store, cache, n: int = 60, **settings) -> Workspace:
    """A larger project: items of three kinds in turn, with the share of the audit stream as given."""
    project = store.projects.create(
        "Many", classes=[NewClass(name, text) for name, text in CLASS_TEXTS.items()], settings=settings
    )
    words = ("refund money", "parcel late", "login password")
    store.items.add(project.id, [NewItem(text=f"{words[i % 3]} {'please ' * (i % 5)}{i}") for i in range(n)])
    opened = Workspace(store, project.id, CachedEncoder(WordEncoder(), cache))
    opened.encode()
    return opened


def give(workspace: Workspace, item: int, *names: str, author: str = "ana", source: str = "person") -> None:
    """Label one item with the named classes, as many as there are."""
    ids = tuple(sorted(c.id for c in workspace.classes if c.name in names))
    value = ids if workspace.multi_label or not ids else ids[0]
    workspace.store.journal.label(workspace.project_id, [item], value or "none", author=author, source=source)
    workspace.sync()


def kind_of(workspace: Workspace, item: int) -> str:
    return ("Refund", "Delivery", "Login")[int(workspace.texts[workspace.position[item]].split()[-1]) % 3]


def test_a_tenth_of_what_is_shown_comes_from_the_audit_stream_in_its_order(store, cache):
    workspace = many(store, cache, 400)
    audit = [int(workspace.ids[row]) for row in workspace.audit_rows()]
    shown = workspace.queue("order", 400)
    drawn = [item.item_id for item in shown if item.stream == "audit"]
    assert drawn == audit and 20 < len(audit) < 60
    assert len({item.item_id for item in shown}) == 400
    assert [i for i, item in enumerate(shown[:30]) if item.stream == "audit"] == [4, 14, 24]
    assert "random" in shown[4].reason


def test_the_model_decides_nothing_about_the_audit_stream(store, cache):
    workspace = many(store, cache, 200)
    before = [item.item_id for item in workspace.queue("random", 200) if item.stream == "audit"]
    for _step in range(12):
        first = workspace.queue("margin", 5, snapshot=workspace.snapshot())[0]
        give(workspace, first.item_id, kind_of(workspace, first.item_id))
    after = [i.item_id for i in workspace.queue("margin", 200, snapshot=workspace.snapshot()) if i.stream == "audit"]
    assert len(before) - len(after) == 1 and before[1:] == after  # one turn in twelve was the audit's


def test_without_a_share_nothing_is_drawn_at_random(store, cache):
    workspace = many(store, cache, 60, audit_share=0.0)
    assert [item.stream for item in workspace.queue("margin", 60)] == [""] * 60
    assert workspace.snapshot().audit.n_members == 0


def test_the_audit_report_scores_check_items_each_without_its_own_label(store, cache):
    workspace = many(store, cache, 90, audit_share=0.3)
    audit = [int(workspace.ids[row]) for row in workspace.audit_rows()]
    for item in audit[:12]:
        give(workspace, item, "Login")  # whatever they are: two of three are wrong
    empty = workspace.snapshot().audit
    assert (empty.n_members, empty.n_labeled, empty.n_sample, empty.n_none) == (len(audit), 12, 12, 0)
    assert empty.report is None  # one class alone: nothing to tell apart
    give(workspace, audit[12])
    others = [int(i) for i in workspace.ids if int(i) not in audit][:15]
    for item in others:
        give(workspace, item, kind_of(workspace, item))
    snapshot = workspace.snapshot()
    found, left_out = snapshot.audit, snapshot.left_out
    assert found.n_none == 1 and found.report.n == 12
    place = {int(workspace.ids[row]): i for i, row in enumerate(left_out.rows)}
    right = sum(left_out.probabilities[place[item]].argmax() == left_out.codes[place[item]] for item in audit[:12])
    assert found.report.accuracy.value == pytest.approx(right / 12)
    # The one that is none of these is among the answers, but no class can be right about it.
    assert {int(workspace.ids[row]) for row in snapshot.checked.rows} == set(audit[:13])
    assert not snapshot.checked.members[snapshot.checked.rows == workspace.position[audit[12]]].any()
    # An audit item out of turn and a label by a model change nothing.
    give(workspace, audit[-1], "Refund")
    give(workspace, audit[13], "Refund", source="model")
    assert workspace.snapshot().audit.n_sample == 13


def test_the_queue_looks_for_what_was_typed(store, cache):
    workspace = many(store, cache, 60, audit_share=0.0)
    shown = workspace.queue("like-search", 10, query="a late parcel")
    assert {kind_of(workspace, item.item_id) for item in shown} == {"Delivery"}
    assert shown[0].reason.format(**shown[0].values) == "Close to your search: a late parcel"


def test_search_in_a_project_by_words_meaning_and_filters(workspace):
    label_support(workspace)
    item = int(workspace.ids[workspace.texts.index("money back")])
    workspace.store.journal.flag(workspace.project_id, [item], True, author="ana")
    assert workspace.sync() and workspace.flags == {item}
    result = workspace.search("late PARCEL")
    assert workspace.texts[result.rows[0]] == "late parcel"
    assert workspace.search(filters=Filters(flagged=True)).rows.tolist() == [workspace.position[item]]
    snapshot = workspace.snapshot()
    login = workspace.class_names.index("Login")
    predicted = workspace.search(filters=Filters(predicted=login), snapshot=snapshot).rows
    assert predicted.tolist() == np.flatnonzero(snapshot.predicted == login).tolist()
    assert len(workspace.search(filters=Filters(label="any", source="person")).rows) == 9
    assert workspace.search(filters=Filters(label=login)).n_matching == 3


def test_disagreement_is_judged_by_a_model_that_has_not_seen_the_label(workspace):
    label_support(workspace)
    label(workspace, "refund now", "Login")
    left_out = workspace.left_out()
    rows = workspace.search(
        filters=Filters(disagreement=True), snapshot=workspace.snapshot(), left_out=left_out
    ).rows.tolist()
    wrong = left_out.rows[left_out.probabilities.argmax(axis=1) != left_out.codes]
    assert rows == sorted(wrong.tolist()) and workspace.texts.index("refund now") in rows


def test_a_wrong_label_is_the_first_suspect(workspace):
    assert workspace.suspects() == []
    label_support(workspace)
    label(workspace, "refund now", "Login")
    first = workspace.suspects()[0]
    assert workspace.texts[first.row] == "refund now"
    assert workspace.class_names[first.given] == "Login" and workspace.class_names[first.suggested] == "Refund"


def test_nobody_waits_for_a_label_check_and_it_judges_one_moment(workspace):
    label_support(workspace)
    label(workspace, "refund now", "Login")
    before = workspace.suspects()
    label(workspace, "hello", "Login")
    label(workspace, "hello", "Delivery")  # another version, so that the check works anew
    heard: list[float] = []

    def at_work(done: float, _message: str) -> None:
        if not heard:
            other = threading.Thread(target=lambda: label(workspace, "refund now", "Refund"))
            other.start()
            other.join(60)
            assert not other.is_alive()
        heard.append(done)

    found = workspace.suspects(progress=at_work)
    assert before[0].row == found[0].row == workspace.texts.index("refund now")
    assert heard == sorted(heard) and heard[0] == 0.0 and heard[-1] == 1.0
    assert workspace.texts.index("refund now") not in {one.row for one in workspace.suspects()}


def test_nearly_equal_items_with_different_labels_are_twins(workspace):
    label(workspace, "parcel is late", "Delivery")
    label(workspace, "late parcel", "Refund")
    label(workspace, "money back", "Refund")
    (pair,) = workspace.twins()
    assert [workspace.texts[pair.row_a], workspace.texts[pair.row_b]] == ["parcel is late", "late parcel"]
    label(workspace, "late parcel", "Delivery")
    assert workspace.twins() == []


def test_people_are_compared_and_asked_where_they_have_not_spoken(workspace):
    items = [int(i) for i in workspace.ids[:4]]
    for item, (ana, bo) in zip(
        items, [("Refund", "Refund"), ("Login", "Refund"), ("Login", ""), ("", "Login")], strict=True
    ):
        if ana:
            give(workspace, item, ana, author="ana")
        if bo:
            give(workspace, item, bo, author="bo")
    assert [one.item_id for one in workspace.disputes()] == [items[1]]
    (pair,) = workspace.agreement().pairs
    assert (pair.author_a, pair.author_b, pair.same, pair.kappa.n) == ("ana", "bo", 1, 2)
    assert [one.item_id for one in workspace.second_opinions("bo", 5)] == [items[2]]
    assert [one.item_id for one in workspace.second_opinions("ana", 5)] == [items[3]]
    assert {one.item_id for one in workspace.second_opinions("cy", 5, skip={items[0]})} == set(items[1:])


def test_a_selection_of_one_region_holds_its_neighbours_and_a_scattered_one_does_not(store, cache):
    workspace = many(store, cache, 90)
    kinds = np.array([kind_of(workspace, int(item)) for item in workspace.ids])
    region = workspace.true_neighbors(workspace.ids[kinds == "Login"].tolist())
    assert region.n_items == 30 and region.n_close == 30 and region.share == 1.0
    scattered = workspace.true_neighbors(workspace.ids[::8].tolist())
    assert scattered.share < 0.5 and scattered.n_close < scattered.n_items / 2
    assert workspace.true_neighbors([int(workspace.ids[0]), -5]) == (0, 1, 0, 0)
    assert workspace.true_neighbors([]).share == 0.0


def test_true_neighbours_equal_a_full_sort(store, cache):
    workspace = many(store, cache, 60)
    workspace.units = ops.unit(np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32))
    rows = np.arange(0, 60, 4)
    cosine = workspace.units @ workspace.units.T
    np.fill_diagonal(cosine, -np.inf)
    inside = [len(set(np.argsort(-cosine[row])[:6].tolist()) & set(rows.tolist())) for row in rows]
    found = workspace.true_neighbors(workspace.ids[rows].tolist(), k=6)
    assert (found.n_inside, found.n_pairs) == (sum(inside), 90) and found.n_close == sum(n > 3 for n in inside)


def several(store, cache) -> Workspace:
    """A multi-label project in which items carry the classes whose words they hold."""
    project = store.projects.create(
        "Several", classes=[NewClass(n, t) for n, t in CLASS_TEXTS.items()], settings={"multi_label": True}
    )
    texts = (*SUPPORT.items, *POOL, "refund parcel late", "refund the late parcel", "login refund", "password money")
    store.items.add(project.id, [NewItem(text=text) for text in texts])
    opened = Workspace(store, project.id, CachedEncoder(WordEncoder(), cache))
    opened.encode()
    for text, name in zip(SUPPORT.items, SUPPORT.labels, strict=True):
        give(opened, int(opened.ids[opened.texts.index(text)]), name)
    return opened


def test_in_a_multi_label_project_an_item_has_a_set_of_classes(store, cache):
    workspace = several(store, cache)
    both = workspace.texts.index("refund parcel late")
    give(workspace, int(workspace.ids[both]), "Refund", "Delivery")
    give(workspace, int(workspace.ids[workspace.texts.index("hello")]))
    assert workspace.counts() == {"Refund": 4, "Delivery": 4, "Login": 3, "": 1}
    assert workspace.label_matrix()[both].tolist() == [True, True, False]
    assert workspace.label_codes()[both] == 0 and sorted(workspace.label_codes().tolist())[0] == -2
    assert len(workspace.support().rows) == 11
    snapshot = workspace.snapshot()
    assert snapshot.n_labeled == 11 and snapshot.probabilities.shape == (20, 3)
    assert snapshot.sets[workspace.texts.index("refund the late parcel")].tolist() == [True, True, False]
    np.testing.assert_array_equal(snapshot.sets, snapshot.probabilities >= 0.5)
    np.testing.assert_array_equal(snapshot.sets, snapshot.method.predict_vectors(workspace.vectors) >= 0.5)
    assert snapshot.temperature != 1.0
    assert snapshot.report.n == 11 and snapshot.report.micro_f1.value > 0.7
    assert snapshot.report.subset_accuracy.n == 11


@pytest.mark.parametrize("method", ["prototype", "logistic", "knn"])
def test_every_question_has_an_answer_in_a_multi_label_project(store, cache, method):
    workspace = several(store, cache)
    snapshot = workspace.snapshot(method)
    assert snapshot.report.n == 9
    for strategy in ("margin", "cluster-margin", "least-covered", "typiclust"):
        shown = workspace.queue(strategy, 4, snapshot=snapshot)
        assert len(shown) == 4 and all(item.reason.format(**item.values) for item in shown)
    explanation = workspace.explain("late parcel refund", snapshot)
    assert explanation.neighbors[0].weight == pytest.approx(1.0) and explanation.neighbors[0].label
    answers = workspace.answer(["late parcel", "money"], snapshot)
    assert answers.sets.shape == (2, 3) and answers.predicted.tolist() == [1, 0]
    give(workspace, int(workspace.ids[workspace.texts.index("password lost")]), "Refund")
    assert workspace.texts[workspace.suspects()[0].row] == "password lost"
    assert workspace.left_out(method).probabilities.shape == (10, 3)
    assert workspace.evaluate(method, folds=3).report.n == 10
    later = workspace.snapshot(method)
    assert sum(n for _name, n in moved(snapshot, later)) == int((later.sets & ~snapshot.sets).sum())
    assert workspace.snapshot(method).audit.share == pytest.approx(0.1)


def taught(workspace: Workspace, n_audit: int = 12) -> list[int]:
    """Label the start of the audit stream and fifteen others as they are; returns the audit items."""
    audit = [int(workspace.ids[row]) for row in workspace.audit_rows()]
    others = [int(i) for i in workspace.ids if int(i) not in audit][:15]
    for item in [*audit[:n_audit], *others]:
        give(workspace, item, kind_of(workspace, item))
    return audit


def test_what_a_model_said_teaches_nothing_and_scores_nothing(store, cache):
    workspace = many(store, cache, 60, audit_share=0.3)
    taught(workspace)
    before, said = workspace.snapshot(), workspace.left_out()
    free = [int(i) for i in workspace.ids if int(i) not in workspace.labels]
    for item in free[:5]:
        give(workspace, item, "Refund", source="model")
    after = workspace.snapshot()
    np.testing.assert_array_equal(after.probabilities, before.probabilities)
    np.testing.assert_array_equal(workspace.left_out().rows, said.rows)
    assert after.n_labeled == before.n_labeled == workspace.support().n_items
    assert len(workspace.labels) == before.n_labeled + 5
    shown = [item.item_id for item in workspace.queue("uncertain", 60)]
    assert not set(free[:5]) & set(shown)  # a person accepted them: they are done


def test_the_standing_says_what_the_snapshot_says_with_second_and_unsure(store, cache):
    workspace = many(store, cache, 60, audit_share=0.3)
    taught(workspace)
    snapshot = workspace.snapshot()
    standing = workspace.standing(snapshot)
    np.testing.assert_array_equal(standing.predicted, snapshot.predicted)
    np.testing.assert_array_equal(standing.confidence, snapshot.confidence)
    ranked = np.sort(snapshot.probabilities, axis=1)
    np.testing.assert_array_equal(standing.second_confidence, ranked[:, -2])
    assert standing.unsure_below == pytest.approx((1 + 1 / 3) / 2)
    np.testing.assert_array_equal(standing.unsure, standing.new | (snapshot.confidence < standing.unsure_below))
    assert workspace.standing(snapshot) is standing
    settings = workspace.project.settings | {"unsure_below": 0.9}
    store.projects.update(workspace.project_id, settings=settings)
    workspace.sync()
    assert workspace.snapshot() is snapshot  # another threshold is no reason to learn anew
    assert workspace.standing(snapshot).unsure_below == 0.9


def test_one_score_and_what_may_be_trusted_come_from_the_check_items_once_there_are_ten(store, cache):
    workspace = many(store, cache, 60, audit_share=0.3)
    audit = taught(workspace, n_audit=9)
    snapshot = workspace.snapshot()
    score, trust = workspace.score(snapshot), workspace.trust(snapshot, 0.0)
    assert score.how == trust.how == "left_out" and score.report is snapshot.report
    near = novelty.from_support(workspace.units[snapshot.rows], workspace.support().labeled.codes, 3)
    unlike = int((near.left_out < near.threshold).sum())  # taken for none of these without its own label: not accepted
    assert trust.missing == 1 and trust.accepted.wrong.n == snapshot.n_labeled - unlike
    give(workspace, audit[9])  # none of these: known, and no class is right about it
    trust = workspace.trust(workspace.snapshot(), 0.0)
    assert (trust.how, trust.missing, trust.accepted.wrong.n) == ("check", 0, 10)
    assert trust.accepted.wrong.value > 0
    give(workspace, audit[10], kind_of(workspace, audit[10]))
    score = workspace.score(workspace.snapshot())
    assert (score.how, score.report.n) == ("check", 10)
    assert score.report == workspace.snapshot().audit.report and len(score.answers.rows) == 10
    free = {int(workspace.ids[row]) for row in workspace.trust(workspace.snapshot(), 0.5).rows}
    assert free == {int(i) for i in workspace.ids} - set(workspace.labels)


def test_before_any_label_nothing_is_said_of_what_may_be_trusted(store, cache):
    workspace = many(store, cache, 30)
    trust = workspace.trust(workspace.snapshot(), 0.0)
    assert (trust.how, trust.missing) == (None, 10) and workspace.score(workspace.snapshot()) is None
    assert not trust.accepted.wrong.enough and trust.accepted.n_accepted == 30 and trust.share == 1.0
