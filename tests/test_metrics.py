"""Figures and intervals against numbers worked out by hand, scikit-learn, and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from fsl_core.base.intervals import wilson
from fsl_core.evaluation import metrics
from fsl_core.evaluation.metrics import MINIMUM_N, confusion_matrix, report, top_confusions

CONFUSION = np.array([[8.0, 2.0], [1.0, 9.0]])


def test_wilson_interval_by_hand():
    # 8 of 10: centre (0.8 + 0.192) / 1.384, as in Wilson's own formula.
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)


def test_wilson_knows_nothing_without_items_and_is_never_certain():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[0] < 0.75 and wilson(10, 10)[1] == pytest.approx(1.0)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_point_and_stays_in_bounds(pair):
    hits, n = pair
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12 and hits / n - 1e-12 <= high <= 1


def test_report_by_hand():
    found = report(CONFUSION, ("a", "b"))
    assert found.accuracy.value == pytest.approx(0.85) and found.n == 20
    assert found.per_class[0].recall.value == pytest.approx(0.8)
    assert found.per_class[0].precision.value == pytest.approx(8 / 9)
    assert found.per_class[0].f1.value == pytest.approx(16 / 19)
    assert found.macro_f1.value == pytest.approx((16 / 19 + 18 / 21) / 2)
    assert found.macro_recall.value == pytest.approx(0.85)


@given(
    st.integers(2, 6).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), min_size=1))
)
def test_report_equals_scikit_learn(pairs):
    true, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    n_way = int(max(true.max(), predicted.max())) + 1
    found = report(confusion_matrix(true, predicted, n_way), [str(i) for i in range(n_way)])
    scored = sorted(set(true.tolist()))
    precision, recall, f1, support = precision_recall_fscore_support(
        true, predicted, labels=range(n_way), zero_division=0
    )
    for measured, expected in ((found.macro_precision, precision), (found.macro_recall, recall), (found.macro_f1, f1)):
        assert measured.value == pytest.approx(expected[scored].mean())
        assert measured.low <= measured.value <= measured.high
    assert [row.support for row in found.per_class] == support.tolist()
    assert found.accuracy.value == pytest.approx((true == predicted).mean())


def test_below_the_minimum_there_is_not_enough_to_say():
    few = report(np.diag([4.0, 5.0]), ("a", "b"))
    assert few.n == MINIMUM_N - 1 and not few.accuracy.enough and not few.macro_f1.enough
    assert report(np.diag([5.0, 5.0]), ("a", "b")).accuracy.enough


def test_nothing_scored_is_a_report_that_claims_nothing():
    empty = report(np.zeros((2, 2)), ("a", "b"))
    assert (empty.accuracy.n, empty.accuracy.low, empty.accuracy.high) == (0, 0.0, 1.0)
    assert not empty.macro_f1.enough


def test_a_perfect_score_on_few_items_is_not_certain():
    perfect = report(np.diag([5.0, 5.0, 5.0]), ("a", "b", "c"))
    assert perfect.macro_f1.value == 1.0 and perfect.macro_f1.low < 0.95


@pytest.mark.parametrize(("n_way", "shots", "accuracy"), [(3, 10, 0.8), (6, 20, 0.85), (40, 10, 0.85)])
def test_intervals_cover_the_truth_about_as_often_as_they_say(n_way, shots, accuracy):
    rng = np.random.default_rng(7)
    truth = np.full((n_way, n_way), (1 - accuracy) / (n_way - 1))
    np.fill_diagonal(truth, accuracy)
    f1 = np.mean(2 * truth.diagonal() / (1 + truth.sum(axis=0)))
    hits = np.zeros(3)
    runs = 120
    for seed in range(runs):
        confusion = np.array([rng.multinomial(shots, row) for row in truth], dtype=float)
        found = report(confusion, [str(i) for i in range(n_way)], seed=seed)
        for i, (measure, value) in enumerate(
            ((found.accuracy, accuracy), (found.macro_recall, accuracy), (found.macro_f1, f1))
        ):
            hits[i] += measure.low <= value <= measure.high
    # 95 % nominal; 120 runs alone scatter by 2 points, and a percentile bootstrap is known to be a little narrow.
    assert (hits / runs > 0.86).all(), hits / runs


def test_top_confusions_are_the_largest_off_diagonal_cells():
    confusion = np.array([[5, 3, 0], [1, 9, 0], [0, 2, 7]], dtype=float)
    assert top_confusions(confusion, 2) == [(0, 1, 3.0), (2, 1, 2.0)]
    assert top_confusions(np.diag([1.0, 2.0])) == []


def test_repeats_never_make_an_interval_narrower():
    once, mean_of_many = report(CONFUSION, ("a", "b")), report(10 * CONFUSION / 10, ("a", "b"))
    assert (once.accuracy.low, once.accuracy.high) == (mean_of_many.accuracy.low, mean_of_many.accuracy.high)
    assert metrics.report(10 * CONFUSION, ("a", "b")).accuracy.low > once.accuracy.low
