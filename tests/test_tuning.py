"""The pieces of tuning against hand-computed numbers and brute force: loss, batches, loop, backbone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base.errors import Cancelled, ConfigError, DataError
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.batches import grouped, neighbors
from fsl_core.learning.tuning.loop import Plan, TrainingError, train
from fsl_core.learning.tuning.losses import likeness, supervised_contrastive
from fsl_core.models.encoders.minilm import weights_folder
from tests.engine_fixtures import SUPPORT

FAST = {"epochs": 6, "learning_rate": 1e-3, "batch_size": 9}


# -- loss ------------------------------------------------------------------------------------------


def test_likeness_is_the_share_of_common_classes():
    labels = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 0], [0, 0, 0]])
    expected = [[1, 1, 0, 1 / 2, 0], [1, 1, 0, 1 / 2, 0], [0, 0, 1, 1 / 3, 0], [1 / 2, 1 / 2, 1 / 3, 1, 0], [0] * 5]
    torch.testing.assert_close(likeness(labels), torch.tensor(expected, dtype=torch.float32))


def test_the_contrastive_loss_by_hand():
    # Rows 0 and 1 of one class, row 2 of another: only the pair (0, 1) is positive.
    z = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    own = likeness(torch.tensor([[1, 0], [1, 0], [0, 1]]))
    t = 0.5
    first = -np.log(np.exp(0.6 / t) / (np.exp(0.6 / t) + np.exp(0.0 / t)))
    second = -np.log(np.exp(0.6 / t) / (np.exp(0.6 / t) + np.exp(0.8 / t)))
    assert float(supervised_contrastive(z, own, t)) == pytest.approx((first + second) / 2, rel=1e-6)


@given(st.integers(2, 7), st.integers(1, 3), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_contrastive_loss_equals_a_loop_over_pairs(n, n_way, seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 4))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    kinds = rng.integers(0, n_way, n)
    terms = []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        positives = [j for j in others if kinds[j] == kinds[i]]
        if positives:
            bottom = sum(np.exp(z[i] @ z[j] / 0.2) for j in others)
            terms.append(-np.mean([np.log(np.exp(z[i] @ z[j] / 0.2) / bottom) for j in positives]))
    labels = torch.from_numpy(np.eye(n_way)[kinds])
    found = float(supervised_contrastive(torch.from_numpy(z).float(), likeness(labels), 0.2))
    assert found == pytest.approx(np.mean(terms) if terms else 0.0, abs=1e-4)


# -- batches ---------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60), st.integers(2, 20), st.integers(0, 1000))
@example([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5], 10, 342)
@settings(max_examples=100, deadline=None)
def test_batches_hold_pairs_and_deal_every_class_in_turn(kinds, size, seed):
    codes = np.array(kinds)
    counts = np.bincount(codes)
    taken = list(itertools.islice(grouped(codes, size, seed), 40))
    turns = np.zeros(len(counts), dtype=int)
    for rows in taken:
        assert len(rows) <= size and len(set(rows.tolist())) == len(rows)
        for code, n in zip(*np.unique(codes[rows], return_counts=True), strict=True):
            turns[code] += 1
            assert n >= min(2, counts[code])
    present = turns[counts > 0]
    assert present.min() >= 1 and present.max() - present.min() <= 1


def test_the_same_seed_deals_the_same_batches():
    codes = np.arange(50) % 5
    first, second = (list(itertools.islice(grouped(codes, 10, 3), 20)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_classes_that_are_alike_stand_in_one_batch_when_not_all_fit():
    # Classes 0 and 1 point the same way, so do 2 and 3.
    prototypes = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], dtype=np.float32)
    prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
    codes = np.repeat(np.arange(4), 6)
    for rows in itertools.islice(grouped(codes, 4, 0, neighbors(prototypes)), 30):
        assert set(codes[rows].tolist()) in ({0, 1}, {2, 3})


# -- loop ------------------------------------------------------------------------------------------


def parabola():
    weight = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    return weight, lambda rows: (weight**2).sum()


def rows_forever():
    return itertools.repeat(np.arange(8))


def test_training_goes_downhill_and_says_every_step():
    weight, loss_of = parabola()
    seen: list[tuple[int, float]] = []
    trace = train(
        [weight], rows_forever(), loss_of, Plan(60, 0.3, 60.0), watch=lambda step, f: seen.append((step, f["loss"]))
    )
    assert trace.loss[0] == 13.0 and trace.loss[-1] < 0.5
    assert seen == list(enumerate(trace.loss, start=1)) and trace.notes == []


def test_a_time_cap_leaves_steps_out_and_says_so():
    import time

    weight, _ = parabola()

    def slow(rows):
        time.sleep(0.05)
        return (weight**2).sum()

    trace = train([weight], rows_forever(), slow, Plan(1000, 0.1, 0.6))
    assert 3 <= len(trace.loss) < 20
    assert any("time allowed" in note for note in trace.notes)


def test_early_stopping_counts_scorings_without_a_better_one():
    weight, loss_of = parabola()
    scores = iter([0.5, 0.6, 0.6, 0.55, 0.9])
    plan = Plan(100, 0.01, 60.0, score_every=2, patience=2)
    trace = train([weight], rows_forever(), loss_of, plan, score=lambda: next(scores))
    assert trace.scores == [(2, 0.5), (4, 0.6), (6, 0.6), (8, 0.55)]
    assert len(trace.loss) == 8 and "no better" in trace.notes[0]


def test_a_loss_that_is_no_number_stops_with_the_fix():
    weight, _ = parabola()
    values = iter([1.0, float("nan")])
    with pytest.raises(TrainingError, match="step 2") as caught:
        train([weight], rows_forever(), lambda rows: weight.sum() * next(values), Plan(9, 0.1, 60.0))
    assert "learning rate" in caught.value.hint


def test_when_memory_runs_out_batches_are_halved_and_keep_every_class():
    weight, loss_of = parabola()
    sizes: list[list[int]] = []

    def hungry(rows):
        if len(rows) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(rows.tolist())
        return loss_of(rows)

    trace = train([weight], rows_forever(), hungry, Plan(3, 0.1, 60.0))
    assert sizes == [[0, 2, 4, 7]] * 3  # evenly spaced over the support
    assert trace.notes == ["GPU memory ran out: 4 texts a step from there on."]

    def starving(rows):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(TrainingError, match="do not fit"):
        train([weight], rows_forever(), starving, Plan(3, 0.1, 60.0))


def test_a_cancelled_training_stops_at_the_next_step():
    weight, loss_of = parabola()
    steps: list[float] = []

    def report(fraction, message):
        steps.append(fraction)
        if len(steps) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        train([weight], rows_forever(), loss_of, Plan(50, 0.1, 60.0), progress=report)
    assert len(steps) == 4


# -- backbone --------------------------------------------------------------------------------------


def test_the_backbone_reads_like_the_bundled_encoder():
    texts = ["my card has not arrived", "x", "a much longer text about money that was sent to the wrong account " * 40]
    ours = Backbone.load(weights_folder(), "cpu")
    np.testing.assert_allclose(ours.encode(texts), registry.create_encoder("minilm").encode(texts), atol=2e-6)
    assert ours.truncated(texts) == 1
    tokens = ours.tokenize(texts)
    ours.model.eval()
    assert len(tokens[2]) == 256
    # Groups of like length give what one padded batch gives.
    torch.testing.assert_close(ours.forward(tokens), ours._computed(tokens, ours._vectors), atol=2e-6, rtol=0)


def test_reading_leaves_each_part_training_or_not_as_it_was(tunable):
    backbone = Backbone.load(tunable, "cpu")
    backbone.model.eval()
    backbone.model[0].training = True
    before = [module.training for module in backbone.model.modules()]
    backbone.encode(["late parcel"])
    assert [module.training for module in backbone.model.modules()] == before


def test_blending_lies_between_old_and_new_weights(tunable):
    backbone = Backbone.load(tunable, "cpu")
    weights = backbone.trainable()
    before = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for weight in weights:
            weight.add_(1.0)
    backbone.blend(weights, before, 0.25)
    for weight, old in zip(weights, before, strict=True):
        torch.testing.assert_close(weight.detach(), old + 0.25)


def test_words_are_only_trained_when_asked(tunable):
    backbone = Backbone.load(tunable, "cpu")
    table = backbone.transformer.get_input_embeddings().weight
    assert all(weight is not table for weight in backbone.trainable())
    assert any(weight is table for weight in backbone.trainable(words=True))


# -- methods ---------------------------------------------------------------------------------------


def fitted(name: str, context: Context, support: LabeledSet = SUPPORT, **given):
    return registry.create_method(name, FAST | given, context).fit(support)


@pytest.mark.parametrize("name", ["contrastive", "adapter"])
def test_two_trainings_with_one_seed_agree_to_the_last_digit(name, tuning_context):
    first, second = (fitted(name, tuning_context).predict_proba(SUPPORT.items) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("name", ["contrastive", "adapter"])
def test_the_projects_encoder_stays_as_it_was_and_the_tuned_one_is_another(name, tuning_context):
    encoder = tuning_context.encoder
    before = encoder.encode(SUPPORT.items)
    method = fitted(name, tuning_context)
    np.testing.assert_array_equal(encoder.encode(SUPPORT.items), before)
    assert np.abs(method.tuned_encoder.encode(SUPPORT.items) - before).max() > 1e-3


def test_an_adapter_is_a_part_of_the_saved_encoder(tuning_context, tmp_path):
    method = fitted("adapter", tuning_context)
    method.save(tmp_path / "model")
    folder = str(tmp_path / "model" / "encoder")
    alone = registry.create_encoder("sentence-transformers", {"model": folder})
    np.testing.assert_allclose(alone.encode(SUPPORT.items), method.tuned_encoder.encode(SUPPORT.items), atol=1e-5)


@pytest.mark.parametrize("name", ["contrastive", "adapter"])
def test_a_class_with_one_example_and_one_with_none_are_answered(name, tuning_context):
    # One example of Login, none of Praise; the names stand for them as anchors and in the head.
    support = LabeledSet(SUPPORT.items[:7], SUPPORT.labels[:7], (*SUPPORT.classes, "Praise"))
    proba = fitted(name, tuning_context, support, epochs=12).predict_proba(SUPPORT.items)
    assert proba.shape == (9, 4) and np.isfinite(proba).all()
    assert proba[6].argmax() == 2


def test_a_rare_class_is_seen_as_often_as_a_common_one(tuning_context):
    items = tuple(f"refund money {i}" for i in range(40)) + ("parcel late", "late parcel")
    support = LabeledSet(items, ("Refund",) * 40 + ("Delivery",) * 2)
    method = fitted("contrastive", tuning_context, support, batch_size=8)
    answers = method.predict_proba(["parcel late late", "refund please"]).argmax(axis=1)
    assert answers.tolist() == [1, 0]


def test_cut_texts_are_counted_and_said(tuning_context):
    support = LabeledSet((*SUPPORT.items, "late parcel " * 50), (*SUPPORT.labels, "Delivery"))
    method = fitted("contrastive", tuning_context, support, epochs=1)
    assert method.trace.notes == ["1 of 10 texts were longer than the encoder reads; only their beginnings counted."]


def test_an_encoder_without_weights_and_too_few_examples_are_refused(context, tuning_context):
    with pytest.raises(ConfigError, match="cannot be trained"):
        fitted("contrastive", context)
    with pytest.raises(DataError, match="at least two classes"):
        fitted("contrastive", tuning_context, LabeledSet(("a", "b"), ("x", "x"), ("x", "y")))
