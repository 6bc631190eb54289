"""Tip-Adapter and LP++ against numbers worked out by hand and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.contracts.method import Context
from fsl_core.learning.methods import lp_plus, tip_adapter

Z = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]], dtype=np.float32)
Y = np.array([0, 1, 1])
NAMES = np.array([[0.8, 0.6], [0.0, 1.0]], dtype=np.float32)
QUERY = np.array([[0.6, 0.8]], dtype=np.float32)


def fit(name: str, settings: dict, z=Z, y=Y, names=NAMES, classes=("a", "b")):
    return registry.create_method(name, settings, Context()).fit_vectors(z, y, classes, names)


def drawn(n=60, n_way=3, d=6, seed=0, noise=0.5):
    """Vectors of classes around their names, one class rarer than the others."""
    rng = np.random.default_rng(seed)
    names = ops.unit(rng.normal(size=(n_way, d)).astype(np.float32))
    y = np.sort(rng.integers(0, n_way, n))
    y[:n_way] = np.arange(n_way)
    z = ops.unit((names[y] + noise * rng.normal(size=(n, d))).astype(np.float32))
    return z, y, names


# --- Tip-Adapter


def test_tip_adapter_by_hand():
    # Query (.6, .8): names .96 and .8; cosines with the examples .6 | .8, 1; b = 2, a = 3, T = 1, name weight 1.
    # Class a: .96 + 3 exp(-.8); class b: .8 + 3 (exp(-.4) + 1) / 2.
    method = fit("tip-adapter", {"alpha": 3.0, "beta": 2.0, "temperature": 1.0})
    a, b = 0.96 + 3 * np.exp(-0.8), 0.8 + 1.5 * (np.exp(-0.4) + 1)
    np.testing.assert_allclose(method.predict_vectors(QUERY)[0, 0], 1 / (1 + np.exp(b - a)), rtol=1e-5)


def test_tip_adapter_is_the_formula_of_the_paper_when_classes_are_equally_large():
    z, _, names = drawn(n=30)
    y = np.arange(30) % 3
    queries = drawn(n=7, seed=1)[0]
    paper = 100 * queries @ names.T + 40 * np.exp(-5.5 * (1 - queries @ z.T)) @ np.eye(3)[y]
    # The mean of ten examples is a tenth of their sum; logits are divided by T = 1 / 100.
    method = fit("tip-adapter", {"alpha": 4.0, "beta": 5.5, "temperature": 0.01}, z, y, names, tuple("abc"))
    np.testing.assert_allclose(method.predict_vectors(queries), ops.softmax(paper.astype(np.float32)), atol=1e-4)


def test_without_names_it_is_a_cache_and_nothing_else():
    method = fit("tip-adapter", {"name_prior": 0.0, "beta": 2.0, "temperature": 1.0})
    gap = np.exp(-0.8) - (np.exp(-0.4) + 1) / 2
    np.testing.assert_allclose(method.predict_vectors(QUERY)[0, 0], 1 / (1 + np.exp(-gap)), rtol=1e-5)
    assert method.state["alpha"][0] == 1.0


def test_the_name_of_a_class_without_an_example_is_its_only_one():
    method = fit("tip-adapter", {"alpha": 3.0, "beta": 2.0, "temperature": 1.0}, Z[:1], Y[:1])
    a, b = 0.96 + 3 * np.exp(-0.8), 0.8 + 3 * np.exp(2 * (0.8 - 1))
    np.testing.assert_allclose(method.predict_vectors(QUERY)[0, 0], 1 / (1 + np.exp(b - a)), rtol=1e-5)


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_a_and_b_are_those_that_brute_leave_one_out_finds_best(prior):
    z, y, names = drawn(n=24, noise=0.8)
    method = fit("tip-adapter", {"name_prior": prior}, z, y, names, tuple("abc"))
    strengths = tip_adapter.STRENGTHS if prior else (1.0,)
    errors = {}
    for a in strengths:
        for b in tip_adapter.SHARPNESSES:
            wrong = 0
            for i in range(len(z)):
                rest = np.arange(len(z)) != i
                if not (y[rest] == y[i]).any():
                    continue
                settings = {"name_prior": prior, "alpha": a, "beta": b}
                left = fit("tip-adapter", settings, z[rest], y[rest], names, tuple("abc"))
                wrong += int(left.predict_vectors(z[i : i + 1]).argmax() != y[i])
            errors[a, b] = wrong
    assert errors[float(method.state["alpha"][0]), float(method.state["beta"][0])] == min(errors.values())


def test_with_one_example_a_class_a_and_b_are_those_of_the_paper():
    method = fit("tip-adapter", {}, Z[:2], Y[:2])
    assert (method.state["alpha"][0], method.state["beta"][0]) == tip_adapter.USUAL


def test_useless_names_are_outvoted_by_the_examples():
    z, y, names = drawn(n=60, noise=0.4)
    method = fit("tip-adapter", {}, z, y, np.roll(names, 1, axis=0), tuple("abc"))
    queries, true, _ = drawn(n=90, noise=0.4)
    assert (method.predict_vectors(queries).argmax(1) == true).mean() > 0.9


# --- LP++


def loss(w, a, z, y, names):
    logits = (z @ (w + a[:, None] * names).T).astype(np.float64)
    logits -= logits.max(1, keepdims=True)
    return float((np.log(np.exp(logits).sum(1)) - logits[np.arange(len(y)), y]).mean())


def test_lp_plus_starts_from_the_centroids_and_the_likeness_of_names():
    # T = .5: w = 2 times the class means (1, 0) and (.3, .9); a = 2 times the mean cosine with the name, .8 and .9.
    method = fit("lp-plus", {"iterations": 0, "temperature": 0.5})
    expected = 2 * np.array([[1.0, 0.0], [0.3, 0.9]]) + 2 * np.array([[0.8], [0.9]]) * NAMES
    np.testing.assert_allclose(method.state["weight"], expected, atol=1e-6)


def test_one_step_is_gradient_descent_with_the_steps_of_the_curvature():
    z, y, names = drawn(n=9)
    w0, a0 = drawn(n=3, seed=5)[0], np.array([0.3, -0.2, 0.1], np.float32)
    w, a = lp_plus.descend(z, y, names, w0, a0, np.ones(3, bool), 1)
    n, eye = len(z), np.eye(3)

    def gradient(w, a):
        """One example after the other."""
        found_w, found_a = np.zeros((3, 6)), np.zeros(3)
        for f, label in zip(z.astype(np.float64), y, strict=True):
            logits = np.array([f @ (w[c] + a[c] * names[c]) for c in range(3)])
            p = np.exp(logits - logits.max())
            for c, slope in enumerate(p / p.sum() - eye[label]):
                found_w[c] += slope * f / n
                found_a[c] += slope * (f @ names[c]) / n
        return found_w, found_a

    bound_w = np.linalg.eigvalsh(z.T.astype(np.float64) @ z / n)[-1] / 2
    bound_a = max(((z @ names[c]) ** 2).mean() for c in range(3)) / 2
    expected_w = w0 - gradient(w0, a0)[0] / bound_w
    np.testing.assert_allclose(w, expected_w, atol=1e-5)
    np.testing.assert_allclose(a, a0 - gradient(expected_w, a0)[1] / bound_a, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_a_step_of_either_block_never_raises_the_loss(seed):
    z, y, names = drawn(n=20, seed=seed, noise=1.0)
    w, a = 3 * drawn(n=3, seed=seed + 9)[0], np.full(3, 2.0, np.float32)
    for _ in range(30):
        before = loss(w, a, z, y, names)
        w, a = lp_plus.descend(z, y, names, w, a, np.ones(3, bool), 1)
        assert loss(w, a, z, y, names) <= before + 1e-6


def test_many_steps_reach_what_an_optimiser_finds():
    from scipy.optimize import minimize

    z, y, names = drawn(n=60, noise=1.5)  # classes overlap, so that the least loss is finite
    found = minimize(lambda x: loss(x.reshape(3, 6), np.zeros(3), z, y, names), np.zeros(18), method="BFGS")
    w, a = np.zeros((3, 6), np.float32), np.zeros(3, np.float32)
    w, a = lp_plus.descend(z, y, names, w, a, np.ones(3, bool), 1000)
    assert loss(w, a, z, y, names) == pytest.approx(found.fun, abs=1e-3)


def test_a_class_with_a_name_alone_is_found_and_without_either_never():
    z, y, names = drawn(n=60, noise=0.4)
    seen = y < 2
    queries, true, _ = drawn(n=90, noise=0.4)
    named = fit("lp-plus", {}, z[seen], y[seen], names, tuple("abc")).predict_vectors(queries)
    assert (named.argmax(1) == true).mean() > 0.85
    nameless = fit("lp-plus", {}, z[seen], y[seen], np.zeros_like(names), tuple("abc")).predict_vectors(queries)
    assert (nameless[:, 2] == 0.0).all()
