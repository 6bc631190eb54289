"""Two methods on the same splits: the corrected interval by hand, and who is level with whom."""

from __future__ import annotations

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context
from fsl_core.evaluation import paired
from fsl_core.evaluation.cross_validation import cross_validate
from tests.engine_fixtures import SUPPORT, WordEncoder


def test_the_corrected_interval_by_hand():
    # Differences 0.1, 0, 0.2, 0.1: mean 0.1, s^2 = 0.02 / 3; of 2 folds n_test / n_train = 1; t(3) = 3.1824.
    found = paired.difference([0.9, 0.8, 0.9, 0.8], [0.8, 0.8, 0.7, 0.7], folds=2)
    half = 3.182446 * np.sqrt((1 / 4 + 1) * 0.02 / 3)
    assert found.value == pytest.approx(0.1) and found.n == 4 and found.enough
    assert (found.low, found.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-6)


def test_splits_that_share_their_training_items_make_a_wider_interval_than_fresh_samples():
    rng = np.random.default_rng(0)
    first, second = rng.random(10), rng.random(10)
    found = paired.difference(first, second, folds=5)
    fresh = 2.262157 * (first - second).std(ddof=1) / np.sqrt(10)
    assert found.high - found.value == pytest.approx(fresh * np.sqrt(1 + 10 / 4), rel=1e-5)


@pytest.mark.parametrize("n", [0, 1])
def test_one_split_says_nothing(n):
    found = paired.difference([0.5] * n, [0.4] * n, folds=2)
    assert (found.low, found.high, found.enough) == (-1.0, 1.0, False)


def test_who_is_level_with_the_best_and_who_is_the_simplest_of_them():
    clear = [0.9, 0.92, 0.88, 0.9]
    noisy = [0.7, 0.99, 0.85, 0.95]
    poor = [0.5, 0.52, 0.48, 0.5]
    found = paired.rank([poor, noisy, clear], [0.1, 0.2, 40.0], folds=4)
    assert found.best == 2 and found.level == (1, 2) and found.simplest == 1
    assert found.runner_up == 0 and found.gap.value == pytest.approx(0.4) and found.gap.low > 0


def test_of_equals_the_quickest_is_best_and_nobody_is_behind():
    found = paired.rank([[0.5] * 4, [0.5] * 4], [3.0, 1.0], folds=2)
    assert (found.best, found.level, found.runner_up, found.gap) == (1, (1, 0), None, None)


def test_too_few_or_different_splits_are_no_ranking():
    assert paired.rank([[0.5] * 3, [0.6] * 3], [1, 1], folds=3) is None
    assert paired.rank([[0.5] * 4, [0.6] * 5], [1, 1], folds=3) is None
    assert paired.rank([], [], folds=3) is None


def test_the_splits_of_a_cross_validation_are_the_accuracies_in_its_folds():
    """Every class has the same number of examples, so that the folds are of one size and their mean is the accuracy."""
    encoder = WordEncoder()
    support = LabeledSet(SUPPORT.items * 2, SUPPORT.labels * 2, SUPPORT.classes)
    context = Context(encoder=encoder, create=registry.create_method)
    vectors = encoder.encode(support.items)
    found = cross_validate("prototype", None, support, context, vectors=vectors, folds=2, repeats=3)
    assert len(found.splits) == found.folds * found.repeats == 6
    assert np.mean(found.splits) == pytest.approx(found.report.accuracy.value)
    # Items that an encoder was tuned on are in no split: here the first half of the list, so other folds weigh more.
    fresh = np.arange(len(support)) >= len(support) // 2
    again = cross_validate("prototype", None, support, context, vectors=vectors, folds=2, repeats=3, fresh=fresh)
    assert again.report.n == fresh.sum() and 0 < len(again.splits) <= 6
