"""Labels that may be wrong: planted errors, twins with different labels, people who differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context
from fsl_core.evaluation import label_check
from fsl_core.evaluation.cross_validation import left_out_probabilities

PROBA = np.array([[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.02, 0.9, 0.08]], dtype=np.float32)


def test_suspects_are_ranked_by_how_little_the_given_label_is_believed():
    found = label_check.suspects(PROBA, np.array([0, 0, 1, 2]), rows=np.array([10, 11, 12, 13]))
    assert [one.row for one in found] == [13, 11, 12]  # item 10 is right
    first = found[0]
    assert (first.given, first.suggested) == (2, 1)
    assert first.p_given == pytest.approx(0.08) and first.p_suggested == pytest.approx(0.9)
    assert first.doubt == pytest.approx(0.92)


def test_in_sets_of_classes_one_is_doubted_or_missed():
    left_out = np.array([[0.9, 0.2], [0.8, 0.1]], dtype=np.float32)
    members = np.array([[False, True], [True, False]])
    found = label_check.suspect_sets(left_out, members)
    assert [(one.row, one.given, one.suggested) for one in found] == [(0, -1, 0), (0, 1, -1)]
    assert [one.doubt for one in found] == pytest.approx([0.9, 0.8])
    assert label_check.suspect_sets(left_out, left_out > 0.5) == []


def test_most_planted_errors_rank_at_the_top():
    rng = np.random.default_rng(4)
    n, n_way, d = 600, 8, 32
    true = rng.integers(0, n_way, n)
    vectors = (rng.normal(size=(n_way, d))[true] + 0.9 * rng.normal(size=(n, d))).astype(np.float32)
    flipped = rng.permutation(n)[: n // 20]
    codes = true.copy()
    codes[flipped] = (true[flipped] + rng.integers(1, n_way, len(flipped))) % n_way
    classes = tuple("abcdefgh")
    names = np.zeros((n_way, d), dtype=np.float32)
    support = LabeledSet(tuple(map(str, range(n))), tuple(classes[c] for c in codes), classes)
    context = Context(pool_mean=ops.unit(vectors).mean(axis=0), create=registry.create_method)
    answers = []
    for name in ("prototype", "ridge", "knn", "matching"):
        method = registry.create_method(name, {"name_prior": 0.0}, context)
        method.fit_vectors(vectors, codes, classes, names)
        answers.append(
            left_out_probabilities(method, {"name_prior": 0.0}, support, context, vectors=vectors, name_vectors=names)
        )
    top = [one.row for one in label_check.suspects(np.mean(answers, axis=0), codes)][: len(flipped)]
    assert np.isin(top, flipped).mean() >= 0.9


def brute_twins(vectors, labels, threshold):
    n = len(vectors)
    return {
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if vectors[i] @ vectors[j] >= threshold and (labels[i] != labels[j]).any()
    }


@settings(deadline=None)
@given(st.integers(0, 1000), st.sampled_from([3, 7, 512]))
def test_twins_equal_a_search_over_all_pairs(seed, block):
    rng = np.random.default_rng(seed)
    vectors = ops.unit(rng.normal(size=(40, 3)).astype(np.float32))
    labels = np.eye(3, dtype=bool)[rng.integers(0, 3, 40)]
    texts = [f"text {i}" for i in range(40)]
    found = label_check.twins(vectors, labels, texts, 0.93, block=block)
    wanted = brute_twins(vectors.astype(np.float64), labels, 0.93)
    borderline = {p for p in brute_twins(vectors.astype(np.float64), labels, 0.929999)} - wanted
    assert {(one.row_a, one.row_b) for one in found} - borderline == wanted
    assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)


def test_equal_texts_with_different_labels_come_first_and_are_called_exact():
    vectors = ops.unit(np.array([[1, 0], [1, 0.1], [0, 1], [0, 1]], dtype=np.float32))
    labels = np.array([[True, False], [False, True], [True, False], [False, True]])
    found = label_check.twins(vectors, labels, ["a b", "a c", "same", "same"])
    assert [(one.row_a, one.row_b, one.exact) for one in found] == [(2, 3, True), (0, 1, False)]


def test_at_most_so_many_twins_are_kept_the_most_similar_ones():
    rng = np.random.default_rng(0)
    vectors = ops.unit(1.0 + 0.05 * rng.normal(size=(60, 4)).astype(np.float32))
    labels = np.eye(2, dtype=bool)[np.arange(60) % 2]
    texts = [str(i) for i in range(60)]
    every = label_check.twins(vectors, labels, texts, 0.9, limit=10_000)
    assert len(every) > 500
    assert label_check.twins(vectors, labels, texts, 0.9, limit=20) == every[:20]


def test_people_differ_where_two_said_different_things():
    said = {
        7: {"ana": 1, "bo": 1},
        3: {"ana": 1, "bo": "none"},
        5: {"ana": 2, "bo": None},
        9: {"ana": (1, 2), "bo": (1,)},
    }
    assert [(one.item_id, one.labels) for one in label_check.disputes(said)] == [
        (3, {"ana": 1, "bo": "none"}),
        (9, {"ana": (1, 2), "bo": (1,)}),
    ]
