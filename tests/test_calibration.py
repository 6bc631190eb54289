"""Temperature scaling: worked examples, what never changes, and whether it finds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.evaluation.calibration import (
    PRIORS,
    brier_score,
    calibrated,
    calibrated_each,
    calibration_error,
    fit_temperature,
    log_loss,
    prior_temperature,
)

TEMPERATURES = st.floats(0.1, 10.0)
LOGITS = arrays(np.float32, (7, 4), elements=st.floats(-30, 30, width=32))


def drawn(n: int, n_way: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn by exactly the probabilities that they give."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(n, n_way)).astype(np.float32)
    chances = ops.softmax(logits).astype(np.float64).cumsum(axis=1)
    codes = (rng.random(n)[:, None] > chances[:, :-1]).sum(axis=1)
    return logits, codes


def test_a_temperature_of_two_takes_roots():
    answers = np.array([[0.8, 0.2], [0.5, 0.5], [0.0, 1.0]], dtype=np.float32)
    np.testing.assert_allclose(calibrated(answers, 2.0), [[2 / 3, 1 / 3], [0.5, 0.5], [0.0, 1.0]], rtol=1e-6)
    np.testing.assert_allclose(calibrated(answers, 0.5)[0], [16 / 17, 1 / 17], rtol=1e-6)
    np.testing.assert_allclose(calibrated(answers, 1.0), answers, rtol=1e-6)
    assert calibrated(np.zeros((0, 3), dtype=np.float32), 2.0).shape == (0, 3)


@settings(deadline=None)
@given(LOGITS, TEMPERATURES)
def test_the_likeliest_class_stays_and_no_two_classes_change_places(logits, temperature):
    answers = ops.softmax(logits)
    found = calibrated(answers, temperature)
    np.testing.assert_array_equal(found.argmax(axis=1), answers.argmax(axis=1))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    order = np.argsort(answers, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(found, order, axis=1), axis=1) >= 0).all()


def test_the_likeliest_of_nearly_equal_classes_stays_the_likeliest():
    answers = np.array([[0.2, np.nextafter(np.float32(0.4), np.float32(0)), 0.4]], dtype=np.float32)
    assert calibrated(answers, 10.0).argmax() == 2


@settings(deadline=None)
@given(arrays(np.float32, (6, 3), elements=st.floats(0, 1, width=32)), TEMPERATURES)
def test_a_set_of_classes_stays_the_same_set(answers, temperature):
    found = calibrated_each(answers, temperature)
    np.testing.assert_array_equal(found >= 0.5, answers >= 0.5)
    assert (found >= 0).all() and (found <= 1).all()
    two = np.stack([1.0 - answers[:, 0], answers[:, 0]], axis=1)
    np.testing.assert_allclose(calibrated(two, temperature)[:, 1], found[:, 0], atol=2e-5)


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
def test_the_temperature_is_found_by_which_answers_were_made_too_sure(true):
    logits, codes = drawn(4000, 5)
    assert fit_temperature(ops.softmax(logits * true), codes) == pytest.approx(true, rel=0.08)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 500), st.integers(2, 40), st.floats(0.3, 5), st.floats(1, 50))
def test_the_fit_is_the_best_of_all_temperatures(seed, n, prior, strength):
    logits, codes = drawn(n, 3, seed)
    answers = ops.softmax(2.0 * logits)
    grid = np.geomspace(0.1, 10.0, 2001)
    logs = np.log(answers.astype(np.float64))[:, :, None] / grid
    scaled = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    loss = -scaled[np.arange(n), codes].sum(axis=0) + strength * (prior / grid + np.log(grid))
    assert fit_temperature(answers, codes, prior=prior, strength=strength) == pytest.approx(
        grid[loss.argmin()], rel=0.006
    )


def test_few_answers_move_little_and_none_nothing():
    logits, codes = drawn(400, 4)
    answers = ops.softmax(3.0 * logits)
    found = [fit_temperature(answers[:n], codes[:n], prior=1.5) for n in (0, 4, 400)]
    assert found[0] == pytest.approx(1.5, rel=1e-3) and found[2] == pytest.approx(3.0, rel=0.2)
    assert abs(found[1] - 1.5) < abs(found[2] - 1.5)


def test_every_method_starts_at_a_temperature_of_its_own_and_a_stranger_at_one():
    assert set(PRIORS) <= set(registry.methods())
    assert prior_temperature("prototype", 0, 2) == pytest.approx(np.exp(1.70 - 0.30 * np.log(2)))
    assert prior_temperature("prototype", 10, 16) == prior_temperature("prototype", 500, 150)
    assert prior_temperature("another", 3, 5) == 1.0


def test_how_far_off_by_hand():
    answers = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]], dtype=np.float32)
    codes = np.array([0, 1, 1, 1])
    # Bins of two by confidence: (0.6, 0.7) both right, (0.8, 0.9) one right.
    assert calibration_error(answers, codes, bins=2) == pytest.approx((0.7 + 0.7) / 4)
    assert brier_score(answers, codes) == pytest.approx(2 * (0.01 + 0.64 + 0.16 + 0.09) / 4, rel=1e-6)
    assert log_loss(answers, codes) == pytest.approx(-np.log([0.9, 0.2, 0.6, 0.7]).mean(), rel=1e-6)


def test_honest_answers_have_next_to_no_error_and_boasting_ones_much():
    logits, codes = drawn(20_000, 4)
    assert calibration_error(ops.softmax(logits), codes) < 0.015
    assert calibration_error(ops.softmax(4.0 * logits), codes) > 0.15


def test_a_share_a_hair_above_one_stays_a_number():
    above = np.nextafter(np.float32(1.0), np.float32(2.0))
    found = calibrated_each(np.array([[above, 0.25]], dtype=np.float32), 0.7)
    assert found[0, 0] == 1.0 and 0.0 < found[0, 1] < 0.25
