"""Settings and forms' records, labelled sets, errors, palette, strategies, novelty."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.config import Settings, form_fields, make_settings, setting
from fsl_core.base.errors import ConfigError, DataError, FslError
from fsl_core.base.types import Episode, LabeledSet
from fsl_core.contracts.strategy import Pool, seeded_order
from fsl_core.evaluation import novelty
from fsl_core.plotting import palette

STRATEGIES = list(registry.strategies())


class Example(Settings):
    k: int = setting(5, "How many.", ge=1, le=9)
    rate: float = setting(0.1, "How fast.", ge=0.01, le=1.0, log_scale=True, advanced=True)
    way: Literal["left", "right"] = setting("left", "Which way.")
    on: bool = setting(True, "Whether.")


def test_form_fields_carry_what_a_widget_needs():
    k, rate, way, on = form_fields(Example)
    assert (k.kind, k.low, k.high, k.default, k.title) == ("int", 1, 9, 5, "K")
    assert rate.log_scale and rate.advanced
    assert way.choices == ("left", "right") and on.kind == "bool"


def test_a_setting_without_a_widget_or_help_is_refused():
    class Strange(Settings):
        names: list[str] = setting([], "Names.")

    class Mute(Settings):
        k: int = 3

    with pytest.raises(ConfigError, match="no widget"):
        form_fields(Strange)
    with pytest.raises(ConfigError, match="no help"):
        form_fields(Mute)


def test_a_value_out_of_bounds_names_setting_and_value():
    with pytest.raises(ConfigError, match=r"'k' is 12: .*less than or equal to 9"):
        make_settings(Example, {"k": 12})


def test_errors_fill_their_templates_and_keep_them_for_translation():
    error = FslError("Row {row} is {what}.", "Mend row {row}.", row=7, what="empty")
    assert (str(error), error.hint, error.template) == ("Row 7 is empty.", "Mend row 7.", "Row {row} is {what}.")
    assert FslError("A {brace} stays.").message == "A {brace} stays."


def test_labelled_set_orders_classes_by_first_appearance_and_checks_itself():
    labeled = LabeledSet(("x", "y", "z"), ("b", "a", "b"))
    assert labeled.classes == ("b", "a") and labeled.codes.tolist() == [0, 1, 0]
    assert labeled.take([2]).classes == ("b", "a")
    with pytest.raises(DataError, match="3 items but 2 labels"):
        LabeledSet(("x", "y", "z"), ("a", "b"))
    with pytest.raises(DataError, match="not among the classes"):
        LabeledSet(("x",), ("c",), ("a", "b"))


def test_an_episode_shares_its_classes():
    support = LabeledSet(("x",), ("a",), ("a", "b"))
    with pytest.raises(DataError, match="different classes"):
        Episode(support, LabeledSet(("y",), ("b",)))


def test_the_palette_has_150_colours_that_differ_also_with_deuteranopia():
    colors = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for c in palette.palette()]
    seen = palette._seen(np.array(colors))
    distance = np.sqrt(ops.squared_distances(seen, seen)) + np.eye(len(seen))
    assert len(set(palette.palette())) == 150
    assert distance.min() > 0.035 and distance[:8, :8].min() > 0.1


def test_neighbouring_runs_of_colours_have_other_shapes():
    assert palette.class_symbol(0) != palette.class_symbol(8)
    assert palette.class_color(150) == palette.class_color(0)


def pool(n: int = 60, labeled: tuple[int, ...] = (0, 1), seed: int = 0, with_model: bool = True) -> Pool:
    rng = np.random.default_rng(seed)
    vectors = ops.unit(rng.normal(size=(n, 8)).astype(np.float32))
    free = np.setdiff1d(np.arange(n), labeled)
    proba = ops.softmax(rng.normal(size=(n, 3)).astype(np.float32)) if with_model else None
    return Pool(vectors if with_model else None, proba, free, np.array(labeled, dtype=np.int64), ("a", "b", "c"))


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("with_model", [True, False])
def test_a_strategy_picks_distinct_unlabelled_items_with_a_reason(name, with_model):
    given_pool = pool(with_model=with_model)
    picks = registry.create_strategy(name).pick(given_pool, 20)
    rows = [pick.row for pick in picks]
    assert len(set(rows)) == 20 and set(rows) <= set(given_pool.unlabeled.tolist())
    assert all(pick.reason.format(**pick.values) for pick in picks)
    assert picks == registry.create_strategy(name).pick(given_pool, 20)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_copes_with_the_last_item_and_with_none(name):
    last = pool(n=3, labeled=(0, 2))
    assert [pick.row for pick in registry.create_strategy(name).pick(last, 5)] == [1]
    assert registry.create_strategy(name).pick(pool(n=2, labeled=(0, 1)), 5) == []


def test_the_most_uncertain_item_has_the_smallest_margin():
    given_pool = pool()
    first = registry.create_strategy("margin").pick(given_pool, 1)[0]
    top = np.sort(given_pool.probabilities[given_pool.unlabeled], axis=1)
    assert first.row == given_pool.unlabeled[(top[:, 2] - top[:, 1]).argmin()]
    assert "hesitates between" in first.reason


def test_typical_items_come_from_clusters_without_labels():
    rng = np.random.default_rng(0)
    centers = ops.unit(rng.normal(size=(20, 16)).astype(np.float32))
    vectors = ops.unit(np.repeat(centers, 10, axis=0) + 0.01 * rng.normal(size=(200, 16)).astype(np.float32))
    labeled = np.arange(100)  # the first ten clusters
    picks = registry.create_strategy("typiclust").pick(Pool(vectors, None, np.arange(100, 200), labeled, ("a", "b")), 5)
    assert len({pick.row // 10 for pick in picks}) == 5


@given(st.integers(0, 1000), st.sets(st.integers(0, 199), max_size=50))
def test_a_seeded_order_holds_still_when_items_leave(seed, gone):
    rows = np.arange(200)
    order = [row for row in seeded_order(rows, seed).tolist() if row not in gone]
    assert order == seeded_order(np.setdiff1d(rows, list(gone)), seed).tolist()


def test_novelty_passes_members_and_refuses_strangers():
    rng = np.random.default_rng(3)
    centers = ops.unit(rng.normal(size=(4, 64)).astype(np.float32))
    codes = np.repeat(np.arange(4), 15)
    z = ops.unit(centers[codes] + 0.08 * rng.normal(size=(60, 64)).astype(np.float32))
    fresh = ops.unit(centers[codes] + 0.08 * rng.normal(size=(60, 64)).astype(np.float32))
    strangers = ops.unit(rng.normal(size=(60, 64)).astype(np.float32))
    known = novelty.from_support(z, codes, 4)
    assert known.is_new(fresh).mean() < 0.2 and known.is_new(strangers).mean() > 0.95
    by_pool = novelty.from_pool(z)
    assert by_pool.is_new(fresh).mean() < 0.3 and by_pool.is_new(strangers).mean() > 0.95


def test_novelty_says_nothing_on_too_few_items():
    z = ops.unit(np.random.default_rng(0).normal(size=(19, 8)).astype(np.float32))
    assert novelty.from_pool(z) is None
    assert novelty.from_support(np.repeat(z, 2, axis=0), np.repeat(np.arange(19), 2) % 3, 4) is None


def test_a_labeled_set_of_several_classes_knows_who_has_what():
    sets = (("a", "b"), ("b",), ("c", "a"))
    found = LabeledSet(("x", "y", "z"), ("a", "b", "c"), ("a", "b", "c", "d"), sets)
    expected = [[True, True, False, False], [False, True, False, False], [True, False, True, False]]
    assert found.members.tolist() == expected
    assert found.take([2, 0]).members.tolist() == [expected[2], expected[0]]
    single = LabeledSet(("x", "y"), ("b", "a"), ("a", "b"))
    assert single.members.tolist() == [[False, True], [True, False]] and single.take([1]).sets == ()
    with pytest.raises(DataError, match="3 items but 2 sets"):
        LabeledSet(("x", "y", "z"), ("a", "b", "c"), sets=sets[:2])
