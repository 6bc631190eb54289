"""Fine-tuning by the Trainer: reproducible, stoppable, capped in time, fair to small classes, and tidy."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.errors import Cancelled
from fsl_core.base.types import LabeledSet
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.classifier import Classifier
from fsl_core.learning.tuning.loop import TrainingError
from fsl_core.learning.tuning.trainer import balanced
from tests.engine_fixtures import SUPPORT

FAST = registry.get_method("finetune").info.fast
QUERIES = ("refund my money", "the parcel is late", "forgot my password")


def make(context, **settings):
    return registry.create_method("finetune", {**FAST, **settings}, context)


def test_every_class_weighs_the_same_whatever_its_size():
    losses, labels = torch.tensor([1.0, 2.0, 6.0, 5.0]), torch.tensor([0, 0, 0, 2])
    assert balanced(losses, labels, torch.ones(4)).item() == pytest.approx((3.0 + 5.0) / 2)
    # A class name that counts for two examples: (1 + 2 + 2 * 6) / 4.
    assert balanced(losses, labels, torch.tensor([1.0, 1, 2, 1])).item() == pytest.approx((3.75 + 5.0) / 2)


def test_two_fits_agree_to_the_last_digit_and_leave_the_random_numbers_of_others_alone(tuning_context):
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    expected = (random.random(), np.random.rand(), torch.rand(1).item())
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    first = make(tuning_context).fit(SUPPORT).predict_proba(QUERIES)
    assert (random.random(), np.random.rand(), torch.rand(1).item()) == expected
    np.testing.assert_array_equal(make(tuning_context).fit(SUPPORT).predict_proba(QUERIES), first)
    other = make(replace(tuning_context, seed=1)).fit(SUPPORT).predict_proba(QUERIES)
    assert not np.array_equal(other, first)


def test_a_stop_is_heard_before_the_next_step(tuning_context):
    steps = []

    def progress(fraction, message):
        if "step 3 of" in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        make(replace(tuning_context, watch=lambda step, figures: steps.append(step))).fit(SUPPORT, progress=progress)
    assert steps == [1, 2]


def test_the_time_allowed_is_kept(tuning_context):
    slow = replace(tuning_context, watch=lambda step, figures: time.sleep(0.05))
    method = make(slow, epochs=200, seconds=3.0).fit(SUPPORT)
    # 200 steps would sleep for 10 seconds.
    assert len(method.trace.loss) < 200
    assert any("time allowed" in note for note in method.trace.notes)


def test_the_curve_is_heard_step_by_step_and_the_training_stops_when_it_gets_no_better(tuning_context):
    heard = {}
    context = replace(
        tuning_context, watch=lambda step, figures: heard.update({step: dict(figures)}), held_out=SUPPORT.take([0, 4])
    )
    method = make(context, patience=2, epochs=200).fit(SUPPORT)
    assert list(heard) == list(range(1, len(method.trace.loss) + 1))
    assert [figures["loss"] for figures in heard.values()] == method.trace.loss
    scores = [figures["held_out_accuracy"] for figures in heard.values() if "held_out_accuracy" in figures]
    assert scores == [score for _, score in method.trace.scores]
    assert len(method.trace.loss) < 200 and any("no better" in note for note in method.trace.notes)


def test_a_loss_that_is_no_number_ends_the_training_with_the_fix(tuning_context, tunable, tmp_path):
    folder = shutil.copytree(tunable, tmp_path / "broken")
    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.0.output.dense.weight"][0, 0] = float("inf")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    encoder = registry.create_encoder("sentence-transformers", {"model": str(folder)})
    with pytest.raises(TrainingError, match="step 1") as caught:
        make(replace(tuning_context, encoder=encoder)).fit(SUPPORT)
    assert "learning rate" in caught.value.hint


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_one_example_makes_a_class_and_none_never_wins(tuning_context, prior):
    few = SUPPORT.take([0, 1, 2, 3, 4, 5, 6])
    support = LabeledSet(few.items, few.labels, ("Praise", *SUPPORT.classes))
    method = make(tuning_context, name_prior=prior, epochs=60).fit(support)
    proba = method.predict_proba([*QUERIES, ""])
    assert proba.shape == (4, 4) and (proba[:, 0] == 0).all()
    assert method.predict_proba(few.items).argmax(axis=1).tolist() == support.codes.tolist()


def test_a_class_twenty_times_smaller_is_still_found(tuning_context):
    large = tuple(f"{a} {b}" for a in ("refund", "money", "my", "please", "hello") for b in ("refund", "money") * 4)
    support = LabeledSet((*large, "parcel late", "late parcel"), ("Refund",) * 40 + ("Delivery",) * 2)
    method = make(tuning_context, epochs=5).fit(support)
    answers = method.predict_proba(["the parcel is late", "late late", "hello parcel", "refund please", "money"])
    assert answers.argmax(axis=1).tolist() == [1, 1, 1, 0, 0]


def test_when_gpu_memory_runs_out_batches_are_halved_and_it_says_so(tuning_context, monkeypatch):
    # A card that holds four texts; there is none on the machine that runs this.
    compute = Backbone.through

    def small(self, tokens, module):
        if torch.is_grad_enabled() and len(tokens) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return compute(self, tokens, module)

    monkeypatch.setattr(Backbone, "through", small)
    method = make(tuning_context, batch_size=9).fit(SUPPORT)
    assert method.trace.notes == [
        "GPU memory ran out: 4 texts a step from there on.",
    ]
    assert method.predict_proba(QUERIES).argmax(axis=1).tolist() == [0, 1, 2]


def test_texts_that_were_cut_are_counted(tuning_context):
    support = LabeledSet(("late " * 50, *SUPPORT.items), ("Delivery", *SUPPORT.labels), SUPPORT.classes)
    notes = make(tuning_context, epochs=1).fit(support).trace.notes
    assert notes == ["1 of 10 texts were longer than the encoder reads; only their beginnings counted."]


def test_nothing_is_printed_and_no_file_stays(tuning_context, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make(tuning_context, epochs=2).fit(SUPPORT)
    assert capsys.readouterr().out == "" and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reads", ["sentence", "transformer"])
def test_the_tuned_encoder_is_a_sentence_transformers_folder_beside_its_layer(tuning_context, tmp_path, reads):
    method = make(tuning_context, reads=reads).fit(SUPPORT)
    assert (method.predict_proba(SUPPORT.items).argmax(axis=1) == SUPPORT.codes).all()
    method.save(tmp_path / "model")
    encoder = registry.create_encoder("sentence-transformers", {"model": str(tmp_path / "model" / "encoder")})
    tuned = method.tuned_encoder.encode(QUERIES)
    np.testing.assert_allclose(ops.unit(encoder.encode(QUERIES)), tuned, atol=1e-6)
    assert np.abs(tuned - ops.unit(tuning_context.encoder.encode(QUERIES))).max() > 0.01
    loaded = registry.load_method(tmp_path / "model", tuning_context)
    np.testing.assert_allclose(loaded.predict_proba(QUERIES), method.predict_proba(QUERIES), atol=1e-6)


def test_an_encoder_that_puts_all_texts_into_one_corner_is_spread_before_the_layer(tunable):
    backbone = Backbone.load(tunable, "cpu")
    classifier = Classifier.fresh(backbone, SUPPORT, "sentence")
    vectors = torch.from_numpy(backbone.encode(SUPPORT.items))
    np.testing.assert_allclose(classifier.center, vectors.mean(0), atol=1e-6)
    assert classifier.spread.item() == pytest.approx((vectors - vectors.mean(0)).norm(dim=1).mean().item(), rel=1e-5)
    with torch.no_grad():
        expected = classifier.layer((vectors - classifier.center) / classifier.spread).softmax(1)
    np.testing.assert_allclose(classifier.predict_proba(SUPPORT.items), expected, atol=1e-5)


def test_the_transformer_reads_as_the_classifier_of_its_architecture(tunable):
    from transformers import BertForSequenceClassification

    backbone = Backbone.load(tunable, "cpu")
    classifier = Classifier.fresh(backbone, SUPPORT, "transformer")
    assert isinstance(classifier.layer, BertForSequenceClassification)
    assert classifier.layer.bert is backbone.transformer
    assert sorted(classifier.head()) == ["layer.classifier.bias", "layer.classifier.weight"]
    tokens = backbone.tokenize(QUERIES)
    classifier.eval()
    with backbone.at_rest():
        single = [classifier.layer(torch.tensor([ids])).logits.softmax(1) for ids in tokens]
    np.testing.assert_allclose(classifier.predict_proba(QUERIES), torch.cat(single).numpy(), atol=1e-5)
