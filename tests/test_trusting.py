"""What may be taken without looking: the prediction interval against brute force, thresholds and floors by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fsl_core.base.intervals import MANY, prediction
from fsl_core.evaluation import trusting
from fsl_core.evaluation.trusting import Answered, Floor, accept, threshold_at


@pytest.mark.parametrize(("n", "ahead"), [(10, 7), (12, 30), (25, 4)])
def test_a_prediction_covers_every_true_number_of_hits(n, ahead):
    """Of all n + ahead items a fixed number are hits; which are seen first is chance alone."""
    for total in range(n + ahead + 1):
        covered = 0.0
        for seen in range(max(0, total - ahead), min(n, total) + 1):
            low, high = prediction(seen, n, ahead)
            if low - 1e-9 <= (total - seen) / ahead <= high + 1e-9:
                covered += stats.hypergeom.pmf(seen, n + ahead, total, n)
        assert covered >= 0.95 - 1e-9


@pytest.mark.parametrize(("hits", "n", "ahead"), [(0, 10, 5), (2, 10, 8), (7, 20, 3), (20, 20, 6), (1, 15, 40)])
def test_a_prediction_is_the_narrowest_that_the_two_tests_allow(hits, n, ahead):
    """Brute force: the numbers of hits to come that neither one-sided test at 2.5 % refuses."""
    allowed = [
        more
        for more in range(ahead + 1)
        for law in [stats.hypergeom(n + ahead, hits + more, n)]
        if law.sf(hits - 1) > 0.025 and law.cdf(hits) > 0.025
    ]
    low, high = prediction(hits, n, ahead)
    assert (round(low * ahead), round(high * ahead)) == (allowed[0], allowed[-1])


def test_for_many_items_to_come_the_limits_are_those_of_clopper_and_pearson():
    interval = stats.binomtest(3, 50).proportion_ci(0.95, "exact")
    assert prediction(3, 50, MANY) == pytest.approx((interval.low, interval.high))
    assert prediction(3, 50, MANY - 1) == pytest.approx((interval.low, interval.high), abs=0.005)
    assert prediction(0, 0, 10) == prediction(2, 10, 0) == (0.0, 1.0)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40), st.floats(0, 1))
def test_a_share_is_accepted_and_ties_go_together(values, share):
    certainty = np.array(values, dtype=np.float32)
    reached = certainty >= threshold_at(certainty, share)
    assert reached.sum() >= round(share * len(values))
    if reached.any() and not reached.all():
        assert certainty[reached].min() > certainty[~reached].max()


def test_the_ends_of_the_slider_and_what_is_like_nothing_here():
    certainty = np.array([0.9, -1, 0.4, -1], dtype=np.float32)
    assert (certainty >= threshold_at(certainty, 0.0)).sum() == 0
    assert (certainty >= threshold_at(certainty, 1.0)).tolist() == [True, False, True, False]
    assert (np.full(2, -1, np.float32) >= threshold_at(np.full(2, -1, np.float32), 1.0)).sum() == 0


def answers(probabilities: list[list[float]]) -> Answered:
    p = np.array(probabilities, dtype=np.float32)
    return Answered(p.max(axis=1), p, np.eye(p.shape[1], dtype=bool)[p.argmax(axis=1)])


def truth(*codes: int) -> np.ndarray:
    return np.array([np.arange(2) == code for code in codes])


def test_what_is_accepted_and_how_much_of_it_is_wrong_by_hand():
    known = answers([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.6, 0.4]] * 3)
    found = accept(
        answers([[0.95, 0.05], [0.7, 0.3], [0.1, 0.9]]), 0.75, known, truth(0, 1, 1, 1).repeat(1, 0)[[0, 1, 2, 3] * 3]
    )
    assert found.rows.tolist() == [True, False, True] and found.n_accepted == 2
    # Of every four known items three are sure enough, and one of these is wrong.
    assert (found.wrong.n, found.wrong.value, found.wrong.enough) == (9, pytest.approx(1 / 3), False)
    assert (found.wrong.low, found.wrong.high) == prediction(3, 9, 2)


def test_an_item_of_no_class_that_gets_a_class_is_wrong():
    known = answers([[0.9, 0.1]] * 10)
    found = accept(known, 0.5, known, np.zeros((10, 2), dtype=bool))
    assert (found.wrong.value, found.wrong.n, found.wrong.enough) == (1.0, 10, True)


def test_a_floor_holds_back_what_may_be_of_its_class():
    """Twenty known items of class 1 in the answers for 0; the limit of 10 % allows one miss in 20 and no more."""
    own = [[1 - p, p] for p in np.linspace(0.02, 0.4, 20)]
    known = answers([*own, *[[0.99, 0.01]] * 30])
    rows = truth(*[1] * 20, *[0] * 30)
    pool = answers([[0.97, 0.03], [0.6, 0.4], [0.99, 0.01], [0.1, 0.9]])
    found = accept(pool, 0.5, known, rows, [Floor(1, 0.10)])
    (kept,) = found.floors
    # (k + 1) / 21 <= 0.1 leaves k = 1: the limit lies at the second least probable of them.
    assert kept.below == pytest.approx(0.04) and kept.within
    assert (kept.missed.n, kept.missed.value) == (20, pytest.approx(1 / 20))
    assert found.rows.tolist() == [True, False, True, True] and kept.held == 1
    assert found.wrong.value == pytest.approx(1 / 31)


def test_a_floor_that_too_few_items_can_promise_says_so_and_holds_back_every_miss_seen():
    known = answers([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    found = accept(known, 0.0, known, truth(1, 1, 1), [Floor(1, 0.01)])
    (kept,) = found.floors
    assert not kept.within and kept.missed.value == 0 and not kept.missed.enough
    assert found.rows.tolist() == [False, False, True]


def test_a_floor_needs_nothing_where_the_class_is_never_missed():
    known = answers([[0.1, 0.9]] * 120)
    (kept,) = accept(known, 0.0, known, truth(*[1] * 120), [Floor(1, 0.01)]).floors
    assert kept.below == trusting.NEVER and kept.within and kept.held == 0


def test_two_floors_count_what_each_alone_holds_back():
    known = answers([[0.5, 0.3, 0.2], [0.5, 0.2, 0.3]])
    rows = np.array([[False, True, False], [False, False, True]])
    pool = answers([[0.6, 0.35, 0.05], [0.6, 0.05, 0.35], [0.4, 0.3, 0.3]])
    found = accept(pool, 0.0, known, rows, [Floor(1, 0.1), Floor(2, 0.1)])
    assert not found.rows.any()
    assert [kept.held for kept in found.floors] == [1, 1]


def test_what_taught_the_model_tells_less_than_fresh_items():
    # 100 of 101 that the model learned from: half as much; a few among very many: nearly all.
    assert trusting.evidence(100, 101) == pytest.approx(0.5) and trusting.evidence(10, 10_001) > 0.99
    known = answers([[0.9, 0.1]] * 100)
    rows = truth(*[1] * 5, *[0] * 95)
    whole, half = (accept(known, 0.5, known, rows, (), weight).wrong for weight in (1.0, 0.5))
    assert whole.value == half.value == 0.05 and (whole.n, half.n) == (100, 100)
    assert half.low <= whole.low and half.high > whole.high
    assert (half.low, half.high) == prediction(2.5, 50, 100)


@pytest.mark.parametrize("n_way", [2, 3, 77])
def test_unsure_begins_half_way_from_chance_to_certainty(n_way):
    assert trusting.default_threshold(n_way) == pytest.approx((1 / n_way + 1) / 2)


def test_conformal_floors_keep_their_limit_on_average():
    """Of many draws of known items and one more, the one more is missed in at most the limit of them."""
    rng = np.random.default_rng(0)
    limit, missed, draws = 0.1, 0, 2_000
    for _draw in range(draws):
        p = rng.beta(2, 5, size=31)
        known, new = answers([[1 - x, x] for x in p[:30]]), answers([[1 - p[30], p[30]]])
        found = accept(new, 0.0, known, truth(*[1] * 30), [Floor(1, limit)])
        missed += int(found.rows[0] and not new.sets[0, 1])
    assert missed / draws <= limit + 3 * np.sqrt(limit * (1 - limit) / draws)


def test_every_answer_is_accepted_or_left():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), size=50).tolist()
    for share, limit in product((0.2, 0.7), (0.05, 0.5)):
        pool = answers(p)
        threshold = threshold_at(pool.certainty, share)
        bare = accept(pool, threshold, pool, pool.sets)
        floored = accept(pool, threshold, pool, np.roll(pool.sets, 1, axis=1), [Floor(0, limit)])
        assert not (floored.rows & ~bare.rows).any()
