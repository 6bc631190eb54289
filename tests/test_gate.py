"""The gate: paired folds, the interval of matched pairs, and a verdict that follows the better answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from fsl_core import gate, registry
from fsl_core.calibration import calibrated, log_loss
from fsl_core.errors import DataError
from fsl_core.evaluation import stratified_folds
from fsl_core.metrics import report
from fsl_core.types import LabeledSet
from tests.engine_fixtures import SUPPORT


def test_a_paired_difference_by_hand():
    found = gate.paired_difference(wins=7, losses=2, n=40)
    # Half an item in each of four cells: (7.5 - 2.5) / 42, s^2 = (10 - 25 / 42) / 42^2.
    half = 1.959963984540054 * np.sqrt(10 - 25 / 42) / 42
    assert found.value == pytest.approx(5 / 40)
    assert (found.low, found.high) == pytest.approx((5 / 42 - half, 5 / 42 + half))
    assert found.n == 40 and found.enough
    assert not gate.paired_difference(1, 0, 4).enough
    nothing = gate.paired_difference(0, 0, 0)
    assert (nothing.value, nothing.low, nothing.high) == (0.0, -1.0, 1.0)


@pytest.mark.parametrize(("gain", "loss"), [(0.2, 0.1), (0.05, 0.05), (0.3, 0.0)])
def test_the_paired_interval_covers_the_truth(gain, loss):
    # Every (wins, losses) with its exact multinomial probability, n = 40.
    n, covered = 40, 0.0
    for wins in range(n + 1):
        for losses in range(n + 1 - wins):
            found = gate.paired_difference(wins, losses, n)
            if found.low <= gain - loss <= found.high:
                covered += binom.pmf(wins, n, gain) * binom.pmf(losses, n - wins, loss / (1 - gain))
    assert covered > 0.93


def test_the_log_loss_is_the_least_that_any_temperature_gives():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 200)
    logits = rng.normal(size=(200, 3)) + 1.5 * np.eye(3)[codes]
    proba = np.exp(3 * logits) / np.exp(3 * logits).sum(1, keepdims=True)
    proba = proba.astype(np.float32)
    best = min(log_loss(calibrated(proba, t), codes) for t in np.geomspace(0.1, 10, 200))
    assert gate.best_log_loss(proba, codes) == pytest.approx(best, abs=2e-3)


def test_a_method_that_answers_at_random_is_not_kept_and_both_see_the_same_folds(context, words):
    support = LabeledSet(SUPPORT.items * 2, SUPPORT.labels * 2, SUPPORT.classes)
    seen: list[tuple[str, ...]] = []

    class Spy(registry.get_method("prototype")):
        def fit(self, support, *, progress=None):
            seen.append(support.items)
            # Learns from shuffled labels: the worst use of the same examples.
            wrong = LabeledSet(support.items, support.labels[1:] + support.labels[:1], support.classes)
            return super().fit(LabeledSet(wrong.items, wrong.labels[::-1], wrong.classes), progress=progress)

    found = registry._found("method")
    found["spy"] = Spy
    try:
        verdict = gate.decide("spy", {"name_prior": 0.0}, support, context, folds=3, seed=4)
    finally:
        del found["spy"]
    assert not verdict.keep and verdict.losses > verdict.wins
    assert verdict.tuned.n == verdict.frozen.n == len(support) == verdict.difference.n
    folds = stratified_folds(support.codes, 3, 4)
    rest = [np.setdiff1d(np.arange(len(support)), test) for test in folds]
    assert seen == [support.take(rows).items for rows in rest]
    assert verdict.difference.value == pytest.approx(
        verdict.tuned.accuracy.value - verdict.frozen.accuracy.value, abs=1e-9
    )


def test_a_gate_needs_two_classes_with_two_examples(context):
    lonely = LabeledSet(("a", "b", "c"), ("x", "y", "y"))
    with pytest.raises(DataError, match="two labelled examples each"):
        gate.decide("prototype", None, lonely, context)


def test_tuning_an_ignorant_encoder_is_kept_and_says_how_it_went(tuning_context):
    support = LabeledSet(SUPPORT.items * 2, SUPPORT.labels * 2, SUPPORT.classes)
    points: list[tuple[str, int, dict[str, float]]] = []
    fast = registry.get_method("contrastive").info.fast
    verdict = gate.decide(
        "contrastive",
        fast,
        support,
        tuning_context,
        curve=lambda run, step, figures: points.append((run, step, figures)),
    )
    assert {run for run, _, _ in points} == {"fold 1", "fold 2"}
    assert all("loss" in figures for _, _, figures in points)
    assert any("held_out_accuracy" in figures for _, _, figures in points)
    assert verdict.tuned_loss < verdict.frozen_loss and verdict.keep


def test_the_outlook_says_what_the_frozen_heads_errors_leave_room_for():
    def score(right: int, n: int):
        return report(np.array([[right, n - right], [0, 0]], dtype=float), ("a", "b"))

    assert gate.outlook(score(60, 100)).likely is True
    assert gate.outlook(score(97, 100)).likely is False
    assert gate.outlook(score(90, 100)).likely is None
    assert gate.outlook(score(4, 8)).likely is None
    assert gate.outlook(None).likely is None
