"""The audit stream: who belongs to it, when its items come, and whether its score tells the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core import ops, registry, streams
from fsl_core.errors import ConfigError
from fsl_core.method import Context
from fsl_core.strategy import Pool

IDS = np.arange(1, 5001)


def test_about_the_share_of_the_items_belongs_to_the_stream():
    sizes = [streams.members(project, IDS, 0.1).sum() for project in range(20)]
    assert abs(np.mean(sizes) - 500) < 3 * np.sqrt(500 * 0.9 / 20)
    assert all(400 < size < 600 for size in sizes)


def test_membership_depends_on_the_project_and_the_item_alone():
    some = IDS[::7]
    np.testing.assert_array_equal(streams.members(3, some, 0.2), streams.members(3, IDS, 0.2)[::7])
    both = streams.members(3, IDS, 0.5) & streams.members(4, IDS, 0.5)
    assert abs(both.mean() - 0.25) < 0.03


def test_a_larger_share_adds_items_at_the_end_of_the_order():
    small, large = streams.order(5, IDS, 0.1), streams.order(5, IDS, 0.3)
    np.testing.assert_array_equal(large[: len(small)], small)
    assert set(small.tolist()) == set(np.flatnonzero(streams.members(5, IDS, 0.1)).tolist())


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all_are_possible_shares(share):
    assert len(streams.order(5, IDS, share)) == share * len(IDS)
    assert streams.is_audit_turn(0, share) == bool(share)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.floats(0, 1))
def test_any_stretch_of_turns_holds_its_share_give_or_take_one(first, n, share):
    planned = streams.turns(first, n, share, n, n)
    assert len(planned) == n and abs(sum(planned) - share * n) <= 1.0 + 1e-6


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.floats(0, 1))
def test_a_dry_stream_leaves_its_turns_to_the_other(first, n_audit, n_other, n, share):
    planned = streams.turns(first, n, share, n_audit, n_other)
    assert len(planned) == min(n, n_audit + n_other)
    assert sum(planned) <= n_audit and len(planned) - sum(planned) <= n_other


def test_by_default_the_fifth_and_fifteenth_item_are_drawn_at_random():
    assert [turn for turn in range(30) if streams.is_audit_turn(turn, 0.1)] == [4, 14, 24]


def test_the_sample_ends_where_more_than_a_tenth_was_left_out():
    order, labeled = np.arange(40), np.zeros(100, dtype=bool)
    assert len(streams.sample(order, labeled)) == 0
    labeled[:8] = True
    assert streams.sample(order, labeled).tolist() == list(range(8))
    labeled[9] = True  # item 8 was skipped: 1 of 10 left out
    assert streams.sample(order, labeled).tolist() == [*range(8), 9]
    labeled[30:] = True  # labelled elsewhere before their turn
    assert streams.sample(order, labeled).tolist() == [*range(8), 9]


@pytest.mark.parametrize("share", [-0.1, 1.5, "half", None, True])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError, match="audit share"):
        streams.share_of({"audit_share": share})


def test_the_audit_score_is_unbiased_where_the_chosen_labels_are_not():
    """Active labelling, and an easy region labelled by lasso: the audit sample still tells the true accuracy."""
    rng = np.random.default_rng(0)
    n, share, audit_errors, chosen_errors = 600, 0.2, [], []
    for project in range(60):
        codes = rng.integers(0, 3, n)
        centers = np.eye(3, 6, dtype=np.float32)
        vectors = ops.unit(centers[codes] + 0.55 * rng.normal(size=(n, 6)).astype(np.float32))
        order = streams.order(project, np.arange(n) + 1, share)
        member = streams.members(project, np.arange(n) + 1, share)
        labeled = np.zeros(n, dtype=bool)
        labeled[np.argsort(-vectors[:, 0])[:60]] = True  # the lasso: surely class 0, audit items among them
        labeled[order[:15]] = True
        context = Context(class_texts={}, create=registry.create_method)
        for _step in range(12):
            train = np.flatnonzero(labeled & ~member)
            model = registry.create_method("prototype", None, context)
            model.fit_vectors(vectors[train], codes[train], ("a", "b", "c"), centers)
            free = np.flatnonzero(~labeled & ~member)
            pool = Pool(vectors, model.predict_vectors(vectors), free, train, ("a", "b", "c"))
            labeled[[pick.row for pick in registry.create_strategy("uncertain").pick(pool, 4)]] = True
            labeled[order[: int(labeled[order].cumprod().sum()) + 1]] = True
        train = np.flatnonzero(labeled & ~member)
        model.fit_vectors(vectors[train], codes[train], ("a", "b", "c"), centers)
        right = model.predict_vectors(vectors).argmax(1) == codes
        truth = right[member].mean()
        sampled = streams.sample(order, labeled)
        assert 20 <= len(sampled) < 70
        audit_errors.append(right[sampled].mean() - truth)
        chosen_errors.append((model.leave_one_out().argmax(1) == codes[train]).mean() - truth)
    standard_error = np.std(audit_errors) / np.sqrt(len(audit_errors))
    assert abs(np.mean(audit_errors)) < 3 * standard_error < 0.04
    assert abs(np.mean(chosen_errors)) > 0.03  # what the labelled items themselves would have said
