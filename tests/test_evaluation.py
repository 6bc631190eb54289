"""Cross-validation: who is tested when, and that nothing leaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base.errors import Cancelled, DataError
from fsl_core.base.intervals import wilson
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context
from fsl_core.evaluation.cross_validation import Generated, cross_validate, left_out_report, n_folds, stratified_folds
from tests.engine_fixtures import SUPPORT


@settings(max_examples=60)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=60), st.integers(2, 7), st.integers(0, 3))
def test_every_item_with_a_companion_is_tested_once_and_classes_are_spread(codes, folds, seed):
    codes = np.array(codes)
    tests = stratified_folds(codes, folds, seed)
    counts = np.bincount(codes, minlength=6)
    assert len(tests) == n_folds(codes, folds)
    tested = np.concatenate(tests) if tests else np.array([], dtype=int)
    assert sorted(tested.tolist()) == [i for i, code in enumerate(codes) if counts[code] >= 2]
    for test in tests:
        share = np.bincount(codes[test], minlength=6)
        assert (share <= np.ceil(counts / folds)).all()
        assert (counts - share)[counts >= 2].min(initial=1) >= 1  # each class keeps one to learn from


def test_a_separable_problem_scores_full_marks_and_n_is_the_number_of_items(context):
    found = cross_validate("prototype", None, SUPPORT, context, folds=3, repeats=2)
    assert found.report.accuracy.value == 1.0 and found.report.n == 9
    assert found.fit_seconds > 0 and found.predict_seconds > 0


def test_the_folds_told_are_those_that_were_made(context):
    few = LabeledSet(SUPPORT.items[:2] + SUPPORT.items[3:5], SUPPORT.labels[:2] + SUPPORT.labels[3:5])
    assert cross_validate("prototype", None, few, context, folds=5, repeats=3).folds == 4
    assert cross_validate("prototype", None, SUPPORT, context, folds=3, repeats=2).folds == 3


def test_random_labels_score_like_chance(context):
    rng = np.random.default_rng(0)
    texts = tuple(f"{rng.integers(1e9)}" for _ in range(60))
    vectors = rng.normal(size=(60, 32)).astype(np.float32)
    support = LabeledSet(texts, tuple("ab"[i % 2] for i in range(60)))
    for name in registry.live_methods():
        settings = {**registry.get_method(name).info.fast, "name_prior": 0.0}
        found = cross_validate(name, settings, support, Context(), vectors=vectors, name_vectors=vectors[:2])
        # An interval of 99.9 %: there are many methods, and leaving an item out leaves fewer of its class.
        low, high = wilson(60 * found.report.accuracy.value, 60, z=3.29)
        assert low <= 0.5 <= high, name


def test_vectors_and_items_give_the_same_report(context, words):
    by_items = cross_validate("matching", None, SUPPORT, context, folds=3, repeats=1)
    by_vectors = cross_validate(
        "matching", None, SUPPORT, context, vectors=words.encode(SUPPORT.items),
        name_vectors=words.encode(["refund money", "parcel late", "login password"]), folds=3, repeats=1,
    )  # fmt: skip
    np.testing.assert_array_equal(by_items.report.confusion, by_vectors.report.confusion)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=8, max_size=30), st.integers(2, 4), st.integers(1, 2), st.integers(0, 9))
def test_the_report_is_that_of_a_plain_loop_over_the_folds(codes, folds, repeats, seed):
    codes = np.array([0, 0, 1, 1, *codes])
    rng = np.random.default_rng(seed)
    support = LabeledSet(tuple(map(str, range(len(codes)))), tuple("abc"[code] for code in codes), ("a", "b", "c"))
    vectors, names = rng.normal(size=(len(codes), 8)).astype(np.float32), np.eye(3, 8, dtype=np.float32)
    fresh = rng.random(len(codes)) < 0.8
    parents = tuple(frozenset({int(one)}) for one in rng.integers(0, len(codes), 5))
    made = Generated(rng.normal(size=(5, 8)).astype(np.float32), rng.integers(0, 3, 5), 0.3, parents)
    confusion = np.zeros((3, 3))
    for repeat in range(repeats):
        for test in stratified_folds(codes, folds, seed + repeat):
            train = np.setdiff1d(np.arange(len(codes)), test)
            method = registry.create_method("ridge", None, Context())
            method.fit_vectors(vectors[train], codes[train], support.classes, names, made.without(test))
            for row in test[fresh[test]]:
                confusion[codes[row], method.predict_vectors(vectors[row : row + 1]).argmax()] += 1 / repeats
    found = cross_validate(
        "ridge", None, support, Context(), vectors=vectors, name_vectors=names,
        folds=folds, repeats=repeats, seed=seed, fresh=fresh, generated=made,
    )  # fmt: skip
    np.testing.assert_allclose(found.report.confusion, confusion)
    assert found.report.unscored == sum(not fresh[row] or (codes == codes[row]).sum() < 2 for row in range(len(codes)))


def test_lonely_items_train_but_are_not_scored(context):
    support = LabeledSet((*SUPPORT.items, "hello please"), (*SUPPORT.labels, "Praise"))
    found = cross_validate("prototype", None, support, context)
    assert (found.report.n, found.report.unscored) == (9, 1)


def test_too_few_labels_say_what_is_missing(context):
    with pytest.raises(DataError, match="two labelled examples"):
        cross_validate("prototype", None, SUPPORT.take([0, 3, 6]), context)


def test_progress_can_cancel(context):
    def stop(fraction: float, message: str) -> None:
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        cross_validate("prototype", None, SUPPORT, context, progress=stop)


def test_the_report_of_left_out_answers_matches_cross_validation_with_a_fold_for_each_item(context):
    method = registry.create_method("prototype", None, context).fit(SUPPORT)
    closed = left_out_report(method.leave_one_out(), SUPPORT.codes, SUPPORT.classes)
    confusion = np.zeros((3, 3))
    for i in range(len(SUPPORT)):
        rest = SUPPORT.take([j for j in range(len(SUPPORT)) if j != i])
        answer = registry.create_method("prototype", None, context).fit(rest).predict_proba([SUPPORT.items[i]]).argmax()
        confusion[SUPPORT.codes[i], answer] += 1
    np.testing.assert_array_equal(closed.confusion, confusion)
