"""Numbers worked out by hand for the linear algebra and the methods."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.contracts.method import Context, readable
from fsl_core.learning.methods import knn
from fsl_core.learning.methods.ridge import _Solved

Z = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], dtype=np.float32)
Y = np.array([0, 1, 1])
NAMES = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)


def fit(name: str, settings: dict, z=Z, y=Y, names=NAMES):
    return registry.create_method(name, settings, Context()).fit_vectors(z, y, ("a", "b"), names)


def test_unit_scales_rows_and_leaves_zero_alone():
    np.testing.assert_allclose(ops.unit(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)), [[0.6, 0.8], [0, 0]])


def test_squared_distances_by_hand():
    np.testing.assert_allclose(ops.squared_distances(Z, NAMES), [[0, 2], [2, 0], [0.8, 0.4]], atol=1e-6)


@settings(deadline=None)
@given(arrays(np.float32, (5, 12), elements=st.integers(-2, 3).map(float)), st.integers(1, 14))
def test_the_top_of_each_row_equals_a_full_sort_ties_by_lower_index(scores, k):
    np.testing.assert_array_equal(ops.top_rows(scores, k), np.argsort(-scores, axis=1, kind="stable")[:, :k])


def test_nearest_neighbours_in_blocks_equal_every_pair_looked_at(monkeypatch):
    monkeypatch.setattr(knn, "BLOCK", 7)
    rng = np.random.default_rng(2)
    z, names = (ops.unit(rng.normal(size=(n, 4)).astype(np.float32)) for n in (40, 3))
    z[30:] = z[:10]  # twins
    y = rng.integers(0, 3, 40)
    method = registry.create_method("knn", {"k": 5, "name_prior": 0.5}, Context())
    method.fit_vectors(z, y, ("a", "b", "c"), names)
    closed, answers = method.leave_one_out(), method.predict_vectors(z)
    for i in range(40):
        for found, without in ((closed[i], i), (answers[i], None)):
            cosine = np.append(z @ z[i], names @ z[i])
            keys = [j for j in np.argsort(-cosine, kind="stable") if j != without][:5]
            votes = np.full(3, np.exp(-10.0))
            for j in keys:
                votes[y[j] if j < 40 else j - 40] += np.exp((cosine[j] - 1.0) * 10.0) * (1.0 if j < 40 else 0.5)
            np.testing.assert_allclose(found, votes / votes.sum(), atol=1e-5)


def test_softmax_of_equal_logits_and_of_nothing_at_all_is_uniform():
    np.testing.assert_allclose(ops.softmax(np.array([[1.0, 1.0], [-np.inf, -np.inf]], np.float32)), 0.5)


def test_a_prototype_is_the_weighted_mean_of_examples_and_name():
    # Class b: ((0,1) + (0.6,0.8) + 2 * (0,1)) / (2 + 2) = (0.15, 0.95)
    np.testing.assert_allclose(ops.prototypes(Z, Y, NAMES, 2.0), [[1, 0], [0.15, 0.95]], atol=1e-6)


def test_a_class_without_anything_has_no_prototype():
    assert np.isnan(ops.prototypes(Z[:1], Y[:1], NAMES, 0.0)[1]).all()


def test_prototype_probabilities_by_hand():
    # k = 0. Means a (1,0), b (0.3,0.9); scatter 0 + 2 * 0.1 = 0.2 with 3 - 2 = 1 degree of freedom.
    # Query (1,0): D_a = 0 - 0.2/1 = -0.2, D_b = 0.49 + 0.81 - 0.2/2 = 1.2; softmax(-D / 1).
    method = fit("prototype", {"name_prior": 0.0, "temperature": 1.0})
    expected = np.exp(0.2) / (np.exp(0.2) + np.exp(-1.2))
    np.testing.assert_allclose(method.predict_vectors(Z[:1])[0, 0], expected, rtol=1e-5)


def test_with_equal_counts_the_scatter_correction_changes_nothing():
    z, y = np.concatenate([Z, [[0.8, 0.6]]]).astype(np.float32), np.array([0, 1, 1, 0])
    method = fit("prototype", {"name_prior": 0.0, "temperature": 1.0}, z, y)
    plain = ops.softmax(-ops.squared_distances(Z, ops.prototypes(z, y, NAMES, 0.0)))
    np.testing.assert_allclose(method.predict_vectors(Z), plain, atol=1e-6)


def test_matching_attention_by_hand():
    # Query (1,0), T = 1: similarities 1, 0, 0.6; class b gets the attention of two examples.
    method = fit("matching", {"name_prior": 0.0, "temperature": 1.0})
    weights = np.exp([1.0, 0.0, 0.6])
    np.testing.assert_allclose(method.predict_vectors(Z[:1])[0, 1], weights[1:].sum() / weights.sum(), rtol=1e-5)


def test_a_name_of_weight_two_counts_like_two_equal_examples():
    named = fit("matching", {"name_prior": 2.0, "temperature": 0.3})
    z, y = np.concatenate([Z, NAMES, NAMES]), np.concatenate([Y, [0, 1], [0, 1]])
    copied = fit("matching", {"name_prior": 0.0, "temperature": 0.3}, z, y)
    np.testing.assert_allclose(named.predict_vectors(Z), copied.predict_vectors(Z), atol=1e-6)


def test_one_nearest_neighbour_is_the_nearest_example():
    method = fit("knn", {"name_prior": 0.0, "k": 1})
    assert method.predict_vectors(np.array([[0.9, 0.1], [0.5, 0.9]], np.float32)).argmax(axis=1).tolist() == [0, 1]


def test_ridge_equals_the_normal_equations():
    method = fit("ridge", {"name_prior": 0.5, "penalty": 0.3})
    rows = np.concatenate([np.concatenate([Z, NAMES]), np.ones((5, 1))], axis=1).astype(np.float64)
    weight, targets = np.diag([1, 1, 1, 0.5, 0.5]), np.eye(2)[[0, 1, 1, 0, 1]]
    expected = np.linalg.solve(rows.T @ weight @ rows + 0.3 * np.eye(3), rows.T @ weight @ targets)
    np.testing.assert_allclose(method.state["coefficients"], expected, atol=1e-5)


def test_ridge_influences_add_up_to_the_score_without_names():
    method = fit("ridge", {"name_prior": 0.0, "penalty": 0.3})
    query = np.array([[0.8, 0.6]], np.float32)
    score = query @ method.state["coefficients"][:-1] + method.state["coefficients"][-1]
    # The score is a sum over examples of (z . z_i + 1) times the dual coefficient, (y_i - fitted_i) / penalty.
    solved = _Solved(*ops.with_names(Z, Y, NAMES, 0.0), 2, 3)
    dual = (solved.targets - solved.fitted(0.3)) / 0.3
    np.testing.assert_allclose((query @ Z.T + 1) @ dual, score, atol=1e-5)
    np.testing.assert_allclose(method.influence(query)[0], ((query @ Z.T + 1)[0]) * dual[np.arange(3), Y], atol=1e-5)


def test_the_unit_of_ridges_temperature_is_the_lead_on_what_was_learned():
    rows, codes = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32), np.array([0, 1, 2])
    solved = _Solved(rows, codes, np.ones(3, np.float32), 3, 3)
    fitted = solved.fitted(0.2)
    leads = [fitted[i, i] - np.delete(fitted[i], i).mean() for i in range(3)]
    assert solved.gap(0.2) == pytest.approx(np.mean(leads))
    assert 0.9 < solved.gap(1e-4) <= 1.0 + 1e-6  # a fit through every point leads by one


def test_ridge_leave_one_out_scores_equal_fitting_without_the_row():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(12, 5)).astype(np.float32), rng.integers(0, 3, 12)
    names = rng.normal(size=(3, 5)).astype(np.float32)
    rows, codes, weights = ops.with_names(z, y, names, 0.7)
    closed = _Solved(rows, codes, weights, 3, 12).left_out(0.5)
    for i in range(len(rows)):
        keep = np.arange(len(rows)) != i
        part = _Solved(rows[keep], codes[keep], weights[keep], 3, 11)
        np.testing.assert_allclose(np.append(rows[i], 1.0) @ part.coefficients(0.5), closed[i], atol=1e-6)


def test_logistic_with_two_classes_equals_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    z = ops.unit(rng.normal(size=(20, 4)).astype(np.float32))
    y = (z[:, 0] > 0).astype(np.int64)
    method = fit("logistic", {"name_prior": 0.0, "c": 3.0}, z, y, ops.unit(rng.normal(size=(2, 4)).astype(np.float32)))
    head = LogisticRegression(C=3.0, max_iter=500).fit(z, y)
    np.testing.assert_allclose(method.predict_vectors(z), head.predict_proba(z), atol=1e-5)


def test_centring_uses_the_pool_and_names_their_own_mean():
    mean = np.array([0.5, 0.5], dtype=np.float32)
    method = registry.create_method("prototype", None, Context(pool_mean=mean)).fit_vectors(Z, Y, ("a", "b"), NAMES)
    np.testing.assert_allclose(method.features(Z), ops.unit(Z - mean), atol=1e-6)
    np.testing.assert_allclose(method.state["names"], ops.unit(NAMES - NAMES.mean(axis=0)), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "words"), [("card_arrival", "card arrival"), ("Log-in  problem", "Log in problem"), ("好评", "好评")]
)
def test_class_names_are_made_readable(name, words):
    assert readable(name) == words
