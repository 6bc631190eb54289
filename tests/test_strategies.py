"""The queue strategies beyond the basics: each on a pool whose best item is known."""

from __future__ import annotations

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.contracts.strategy import Pool, doubt

PAIR = ("a", "b", "c")


def pick(name: str, pool: Pool, n: int):
    return registry.create_strategy(name).pick(pool, n)


def make(probabilities, vectors=None, **more) -> Pool:
    proba = np.asarray(probabilities, dtype=np.float32)
    z = ops.unit(np.eye(len(proba), dtype=np.float32) if vectors is None else np.asarray(vectors, dtype=np.float32))
    labeled = np.array(more.pop("labeled", ()), dtype=np.int64)
    free = np.setdiff1d(np.arange(len(proba)), labeled)
    return Pool(z, proba, free, labeled, PAIR[: proba.shape[1]], **more)


def test_doubt_is_the_lead_of_the_first_class_over_the_second():
    unsure = doubt(np.array([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]], dtype=np.float32))
    assert unsure.margin == pytest.approx([0.2, 0.7]) and unsure.first.tolist() == [0, 1]
    assert unsure.words(0, PAIR)[1] == {"first": "a", "second": "c"}


def test_with_several_classes_an_item_doubt_is_about_one_class_at_a_time():
    unsure = doubt(np.array([[0.9, 0.45, 0.0], [0.9, 0.95, 0.1]], dtype=np.float32), multi_label=True)
    assert unsure.margin == pytest.approx([0.1, 0.8]) and unsure.first.tolist() == [1, 0]
    assert unsure.words(0, PAIR)[0].format(**unsure.words(0, PAIR)[1]) == "The model cannot say whether this is b"
    pool = make([[0.9, 0.45, 0.0], [0.9, 0.95, 0.1]], multi_label=True)
    assert pick("margin", pool, 1)[0].row == 0


def test_cluster_margin_shows_one_of_each_group_before_a_second_of_any():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(25), 8)
    vectors = np.eye(25)[group] + 0.01 * rng.normal(size=(200, 25))
    pool = make(ops.softmax(rng.normal(size=(200, 3)).astype(np.float32)), vectors)
    rows = [one.row for one in pick("cluster-margin", pool, 50)]
    assert sorted(group[rows[:25]]) == list(range(25))
    margin = doubt(pool.probabilities).margin
    assert all(margin[row] == margin[group == group[row]].min() for row in rows[:25])


def test_cluster_margin_starts_with_the_largest_group_and_says_how_large():
    vectors = np.repeat(np.eye(26)[:26], [40, *[1] * 25], axis=0) + 1e-4
    pool = make(np.tile([0.4, 0.35, 0.25], (65, 1)), vectors)
    first = pick("cluster-margin", pool, 1)[0]
    assert first.row < 40 and first.values["others"] >= 39
    assert "similar items" in first.reason.format(**first.values)


def test_the_least_covered_class_comes_first_and_then_in_turn():
    proba = [[0.9, 0.05, 0.05], [0.2, 0.7, 0.1], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.1, 0.6, 0.3]]
    picks = pick("least-covered", make(proba, counts=(5, 0, 2)), 6)
    # b has 0 labels: its surest item, then as if it had 1, until it is level with c.
    assert [one.row for one in picks] == [2, 1, 5, 3, 0, 4]
    assert picks[0].values == {"name": "b", "n": 0} and "looks like it" in picks[0].reason


def test_a_class_that_nothing_looks_like_still_gets_what_comes_nearest():
    proba = [[0.6, 0.3, 0.1], [0.6, 0.05, 0.35], [0.9, 0.05, 0.05]]
    picks = pick("least-covered", make(proba, counts=(4, 9, 0)), 3)
    assert picks[0].row == 1 and "comes nearest" in picks[0].reason
    assert [one.row for one in picks[1:]] == [2, 0]


def test_least_covered_without_counts_draws_at_random():
    pool = make([[0.6, 0.4], [0.5, 0.5], [0.3, 0.7]])
    assert {one.reason for one in pick("least-covered", pool, 3)} == {"Drawn at random"}


def test_like_search_shows_the_nearest_to_the_query_among_the_unlabelled():
    vectors = [[1, 0], [0.9, 0.1], [0, 1], [0.5, 0.5]]
    pool = make(np.full((4, 2), 0.5), vectors, labeled=(0,), query=np.array([1, 0], dtype=np.float32), query_text="one")
    picks = pick("like-search", pool, 3)
    assert [one.row for one in picks] == [1, 3, 2]
    assert picks[0].reason.format(**picks[0].values) == "Close to your search: one"
    assert registry.strategies()["like-search"].info.needs_query


def test_typical_items_of_many_dimensions_come_from_regions_without_labels():
    rng = np.random.default_rng(1)
    centers = rng.normal(size=(10, 200))
    group = rng.integers(0, 10, 800)
    vectors = ops.unit((centers[group] + 0.4 * rng.normal(size=(800, 200))).astype(np.float32))
    labeled = np.flatnonzero(group == 0)[:15]
    free = np.setdiff1d(np.arange(800), labeled)
    picks = pick("typiclust", Pool(vectors, None, free, labeled, ("a", "b")), 9)
    assert len({int(group[one.row]) for one in picks}) >= 7
    assert {one.values["labeled"] for one in picks} == {0}


@pytest.mark.parametrize("name", list(registry.strategies()))
def test_every_strategy_answers_in_full_when_it_knows_everything(name):
    rng = np.random.default_rng(2)
    pool = make(
        ops.softmax(rng.normal(size=(90, 3)).astype(np.float32)),
        rng.normal(size=(90, 12)),
        labeled=(1, 2, 3),
        counts=(1, 1, 1),
        query=ops.unit(rng.normal(size=(1, 12)).astype(np.float32))[0],
        query_text="words",
    )
    picks = pick(name, pool, 87 if name != "typiclust" else 12)
    rows = [one.row for one in picks]
    assert len(set(rows)) == len(rows) == (87 if name != "typiclust" else 12)
    assert set(rows) <= set(pool.unlabeled.tolist()) and picks == pick(name, pool, len(rows))
    assert all(one.reason.format(**one.values) for one in picks)
