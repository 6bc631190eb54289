"""The gate: paired folds, the interval of matched pairs, and a verdict that follows the better answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from fsl_core import registry
from fsl_core.base.discovery import Plugin, Plugins
from fsl_core.base.errors import DataError
from fsl_core.base.types import LabeledSet
from fsl_core.evaluation.calibration import calibrated, log_loss
from fsl_core.evaluation.cross_validation import stratified_folds
from fsl_core.evaluation.metrics import report
from fsl_core.learning.tuning import gate
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


TWICE = LabeledSet(SUPPORT.items * 2, SUPPORT.labels * 2, SUPPORT.classes)


@pytest.fixture
def register(monkeypatch):
    """Put a method into the registry for the length of a test."""
    known = [Plugin(kind, name) for name, kind in registry.methods().items()]

    def add(kind: type) -> None:
        found = Plugins("method", [*known, Plugin(kind, "spy")])
        monkeypatch.setattr(registry, "methods", lambda: found)

    return add


def test_a_method_that_learns_the_wrong_thing_is_not_kept_and_both_see_the_same_folds(context, register):
    seen: list[tuple[str, ...]] = []

    class Spy(registry.get_method("prototype")):
        def fit(self, support, *, progress=None):
            seen.append(support.items)
            return super().fit(LabeledSet(support.items, support.labels[::-1], support.classes), progress=progress)

    register(Spy)
    verdict = gate.decide("spy", {"name_prior": 0.0}, TWICE, context, folds=3, seed=4)
    assert not verdict.keep and verdict.losses > verdict.wins
    assert verdict.tuned.n == verdict.frozen.n == len(TWICE) == verdict.difference.n
    rest = [np.setdiff1d(np.arange(len(TWICE)), test) for test in stratified_folds(TWICE.codes, 3, 4)]
    assert seen == [TWICE.take(rows).items for rows in rest]
    gained = verdict.tuned.accuracy.value - verdict.frozen.accuracy.value
    assert verdict.difference.value == pytest.approx(gained, abs=1e-9)


def test_a_method_that_knows_what_the_frozen_vectors_lack_is_kept(context, words, register):
    class Blind(type(words)):
        def encode(self, items, *, role="document", progress=None):
            return super().encode(items)[:, 6:]  # of the eight words only 'please' and 'hello' are seen

    class Spy(registry.get_method("prototype")):
        def _encoder(self):
            return words

    register(Spy)
    verdict = gate.decide("spy", None, TWICE, replace(context, encoder=Blind()), folds=2)
    assert verdict.keep and verdict.wins > verdict.losses and verdict.tuned_loss < verdict.frozen_loss


def test_a_gate_needs_two_classes_with_two_examples(context):
    lonely = LabeledSet(("a", "b", "c"), ("x", "y", "y"))
    with pytest.raises(DataError, match="two labelled examples each"):
        gate.decide("prototype", None, lonely, context)


def test_every_training_draws_its_curve_with_the_held_out_score(tuning_context):
    points: list[tuple[str, int, dict[str, float]]] = []

    def curve(run, step, figures):
        points.append((run, step, dict(figures)))

    gate.decide("contrastive", {"epochs": 2, "batch_size": 9}, TWICE, tuning_context, curve=curve)
    assert {run for run, _, _ in points} == {"fold 1", "fold 2"}
    assert [step for run, step, _ in points if run == "fold 1"] == [1, 2]
    assert all(np.isfinite(figures["loss"]) for _, _, figures in points)
    last = [figures for run, step, figures in points if step == 2]
    assert all(0.0 <= figures["held_out_accuracy"] <= 1.0 for figures in last)


def test_the_outlook_says_what_the_frozen_heads_errors_leave_room_for():
    def score(right: int, n: int):
        return report(np.array([[right, n - right], [0, 0]], dtype=float), ("a", "b"))

    assert gate.outlook(score(60, 100)).likely is True
    assert gate.outlook(score(97, 100)).likely is False
    assert gate.outlook(score(90, 100)).likely is None
    assert gate.outlook(score(4, 8)).likely is None
    assert gate.outlook(None).likely is None
