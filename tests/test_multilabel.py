"""Several classes for one item: models, metrics by hand, cross-validation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base.errors import DataError, NotFittedError
from fsl_core.contracts.method import Context
from fsl_core.evaluation.cross_validation import cross_validate, left_out_probabilities
from fsl_core.evaluation.multilabel import LabeledSets, MultiLabelModel, multilabel_report, sets_of

NAMES = ("a", "b", "c")
TRUE = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
SAID = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 0]], dtype=bool)


def problem(n: int = 160, noise: float = 0.25, seed: int = 0):
    """Items whose vector is the sum of the directions of their classes."""
    rng = np.random.default_rng(seed)
    members = rng.random((n, 3)) < 0.35
    vectors = members.astype(np.float32) @ np.eye(3, 12, dtype=np.float32) + np.eye(1, 12, 11, dtype=np.float32)
    return (vectors + noise * rng.normal(size=(n, 12)).astype(np.float32)), members


def context() -> Context:
    return Context(create=registry.create_method)


VECTOR_METHODS = [name for name, kind in registry.methods().items() if hasattr(kind, "fit_vectors")]


@pytest.mark.parametrize("name", VECTOR_METHODS)
def test_any_method_gives_each_class_a_probability_of_its_own(name):
    vectors, members = problem()
    model = MultiLabelModel(name, registry.get_method(name).info.fast, context())
    model.fit_vectors(vectors[:120], members[:120], NAMES, np.eye(3, 12, dtype=np.float32))
    probabilities = model.predict_vectors(vectors[120:])
    assert probabilities.shape == (40, 3) and (probabilities >= 0).all() and (probabilities <= 1).all()
    assert not np.allclose(probabilities.sum(axis=1), 1.0)
    report = multilabel_report(members[120:], sets_of(probabilities), NAMES)
    assert report.micro_f1.value > 0.8


def test_names_alone_answer_before_the_first_label():
    vectors, members = problem(noise=0.0)
    model = MultiLabelModel("prototype", None, context())
    model.fit_vectors(None, np.zeros((0, 3), dtype=bool), NAMES, np.eye(3, 12, dtype=np.float32))
    alone = members.sum(axis=1) == 1
    assert (model.predict_vectors(vectors[alone]).argmax(axis=1) == members[alone].argmax(axis=1)).all()


def test_what_was_looked_at_and_has_no_class_is_learned_from():
    vectors, members = problem(60)
    none = ~members.any(axis=1)
    assert none.sum() > 3
    answers = []
    for rows in (np.ones(60, dtype=bool), ~none):
        model = MultiLabelModel("prototype", None, context())
        model.fit_vectors(vectors[rows], members[rows], NAMES, np.eye(3, 12, dtype=np.float32))
        answers.append(model.predict_vectors(vectors[none]).mean())
    assert answers[0] < answers[1]


@pytest.mark.parametrize("name", ["prototype", "knn", "matching", "ridge"])
def test_leave_one_out_equals_fitting_again_without_the_item(name):
    vectors, members = problem(24)
    settings = {"penalty": 1.0} if name == "ridge" else None
    names = np.eye(3, 12, dtype=np.float32)
    closed = MultiLabelModel(name, settings, context()).fit_vectors(vectors, members, NAMES, names).leave_one_out()
    again = np.zeros_like(closed)
    for i in range(24):
        rest = np.arange(24) != i
        model = MultiLabelModel(name, settings, context()).fit_vectors(vectors[rest], members[rest], NAMES, names)
        again[i] = model.predict_vectors(vectors[i : i + 1])[0]
    agree = (closed > 0.5) == (again > 0.5)
    assert agree.all() if name != "ridge" else agree.mean() > 0.95  # its temperature follows all items
    if name != "ridge":
        np.testing.assert_allclose(closed, again, atol=2e-4)


def test_figures_of_four_items_by_hand():
    report = multilabel_report(TRUE, SAID, NAMES)
    # a: 2 hits of 2 true, 2 said. b: 1 hit of 2 true, 2 said. c: 0 of 0, 1 said.
    assert report.micro_f1.value == pytest.approx(2 * 3 / (4 + 5))
    assert report.macro_f1.value == pytest.approx((1.0 + 0.5) / 2)  # c has no true item
    assert report.macro_recall.value == pytest.approx(0.75) and report.macro_precision.value == pytest.approx(0.75)
    assert report.subset_accuracy.value == pytest.approx(1 / 4) and report.accuracy is report.subset_accuracy
    assert [one.support for one in report.per_class] == [2, 2, 0]
    assert [one.f1.value for one in report.per_class] == pytest.approx([1.0, 0.5, 0.0])
    assert report.n == 4 and not report.micro_f1.enough
    # Item 1 misses b and adds nothing; item 2 misses nothing: no pair (missing, added).
    np.testing.assert_array_equal(report.confusion, np.diag([2, 1, 0]))


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 500))
def test_figures_equal_those_of_scikit_learn(n, seed):
    from sklearn.metrics import accuracy_score, f1_score

    rng = np.random.default_rng(seed)
    true, said = rng.random((n, 4)) < 0.4, rng.random((n, 4)) < 0.4
    report = multilabel_report(true, said, ("a", "b", "c", "d"))
    seen = np.flatnonzero(true.any(axis=0))
    assert report.subset_accuracy.value == pytest.approx(accuracy_score(true, said))
    for measure in (report.micro_f1, report.macro_f1, report.macro_recall, report.macro_precision):
        assert measure.low <= measure.value <= measure.high
    if len(seen):
        assert report.micro_f1.value == pytest.approx(f1_score(true, said, average="micro", zero_division=0))
        per_class = f1_score(true, said, average=None, zero_division=0)
        assert report.macro_f1.value == pytest.approx(per_class[seen].mean())


def test_a_perfect_score_on_few_items_is_no_certainty():
    members = np.eye(3, dtype=bool)[np.arange(12) % 3]
    report = multilabel_report(members, members, NAMES)
    assert report.micro_f1.value == 1.0 and 0.8 < report.micro_f1.low < 1.0
    assert report.subset_accuracy.low < 0.8


def test_the_interval_covers_the_true_micro_f1_about_as_often_as_it_says():
    rng, hits = np.random.default_rng(1), 0
    for trial in range(150):
        true = rng.random((60, 3)) < 0.4
        said = true ^ (rng.random((60, 3)) < 0.15)
        measure = multilabel_report(true, said, NAMES, seed=trial).micro_f1
        # Expected per cell: hits 0.4 * 0.85, true 0.4, said 0.4 * 0.85 + 0.6 * 0.15.
        hits += measure.low <= 2 * 0.34 / (0.4 + 0.43) <= measure.high
    assert 135 <= hits


def test_cross_validation_answers_each_item_once_by_models_that_did_not_see_it():
    vectors, members = problem(80)
    names = np.eye(3, 12, dtype=np.float32)
    found = cross_validate(
        "logistic", None, LabeledSets(members, NAMES), context(), vectors=vectors, name_vectors=names
    )
    assert found.report.n == 80 and found.report.micro_f1.value > 0.75
    rng = np.random.default_rng(0)
    noise = cross_validate(
        "knn", {"k": 1}, LabeledSets(members, NAMES), context(),
        vectors=rng.normal(size=(80, 12)).astype(np.float32), name_vectors=names,
    )  # fmt: skip
    assert noise.report.subset_accuracy.value < 0.5  # it would be 1 if an item saw itself


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 30), st.integers(2, 6), st.integers(0, 50))
def test_sets_are_answered_as_by_a_plain_loop_over_the_folds(n, folds, seed):
    """One class an item and several share folds, loop and score; here the loop is written out once more."""
    rng = np.random.default_rng(seed)
    vectors, members = rng.normal(size=(n, 12)).astype(np.float32), rng.random((n, 3)) < 0.4
    names, known = np.eye(3, 12, dtype=np.float32), LabeledSets(members, NAMES)
    dealt = rng_folds(n, folds, seed)
    wanted = np.zeros((n, 3), dtype=np.float32)
    for fold in set(dealt):
        test = dealt == fold
        model = MultiLabelModel("ridge", None, context())
        wanted[test] = model.fit_vectors(vectors[~test], members[~test], NAMES, names).predict_vectors(vectors[test])
    whole = MultiLabelModel("ridge", None, context()).fit_vectors(vectors, members, NAMES, names)
    options = {"vectors": vectors, "name_vectors": names, "folds": folds, "seed": seed}
    found = left_out_probabilities(whole, None, known, context(), by_folds=True, **options)
    np.testing.assert_array_equal(found, wanted)
    closed = left_out_probabilities(whole, None, known, context(), **options)
    np.testing.assert_array_equal(closed, whole.leave_one_out())
    evaluation = cross_validate("ridge", None, known, context(), **options)
    assert evaluation.report.accuracy == multilabel_report(members, sets_of(wanted), NAMES, seed=seed).accuracy
    assert (evaluation.folds, evaluation.repeats) == (len(set(dealt)), 1)


def rng_folds(n, folds, seed):
    """Fold number of each item, as sets have always been dealt."""
    return np.random.default_rng(seed).permutation(n) % max(2, min(folds, n))


def test_sets_cannot_be_cross_validated_without_vectors():
    with pytest.raises(TypeError, match="vectors="):
        cross_validate("ridge", None, LabeledSets(TRUE, NAMES), context())


def test_what_cannot_work_is_refused_with_a_reason():
    with pytest.raises(NotFittedError):
        MultiLabelModel("prototype", None, context()).predict_vectors(np.zeros((1, 12), dtype=np.float32))
    with pytest.raises(DataError, match="two classes"):
        MultiLabelModel("prototype", None, context()).fit_vectors(
            None, np.zeros((0, 1), dtype=bool), ("a",), np.zeros((1, 12), dtype=np.float32)
        )
    with pytest.raises(DataError, match="two labelled items"):
        cross_validate(
            "knn", None, LabeledSets(TRUE[:1], NAMES), context(),
            vectors=np.zeros((1, 12), dtype=np.float32), name_vectors=np.eye(3, 12, dtype=np.float32),
        )  # fmt: skip
