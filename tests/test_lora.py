"""LoRA: adapters that start as nothing, learn alone, and end inside the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fsl_core import registry
from fsl_core.base.errors import Cancelled
from fsl_core.base.types import LabeledSet, silent
from fsl_core.learning.methods.lora import LoraSettings, attach
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.contrast import contrast
from tests.engine_fixtures import SUPPORT

FAST = registry.get_method("lora").info.fast
TARGETS = ("embedding", "classifier", "transformer")
QUERIES = ("refund my money", "the parcel is late", "forgot my password")


def make(context, **settings):
    return registry.create_method("lora", {**FAST, **settings}, context)


def weights_of(backbone, adapters: bool):
    return {
        name: weight.detach().clone()
        for name, weight in backbone.model.named_parameters()
        if ("lora_" in name) == adapters
    }


def test_untrained_adapters_change_nothing_and_merged_ones_answer_as_before_the_merge(tunable):
    backbone = Backbone.load(tunable, "cpu")
    plain = backbone.encode(QUERIES)
    adapters = attach(backbone, LoraSettings(rank=4, alpha=8))
    np.testing.assert_array_equal(backbone.encode(QUERIES), plain)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, weight in backbone.model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    apart = backbone.encode(QUERIES)
    assert np.abs(apart - plain).max() > 0.01
    adapters.merge_and_unload()
    assert not weights_of(backbone, adapters=True)
    np.testing.assert_allclose(backbone.encode(QUERIES), apart, atol=1e-5)


def test_a_merged_weight_is_the_sum_in_the_paper(tunable):
    backbone = Backbone.load(tunable, "cpu")
    adapters = attach(backbone, LoraSettings(rank=2, alpha=6))
    layer = backbone.transformer.encoder.layer[0].attention.self.query
    before, a, b = layer.base_layer.weight.detach().clone(), layer.lora_A["default"], layer.lora_B["default"]
    assert a.weight.shape == (2, 32) and b.weight.shape == (32, 2)
    with torch.no_grad():
        b.weight.normal_()
    expected = before + 6 / 2 * b.weight @ a.weight
    adapters.merge_and_unload()
    merged = backbone.transformer.encoder.layer[0].attention.self.query.weight
    torch.testing.assert_close(merged, expected, atol=1e-6, rtol=1e-5)


def test_only_the_adapters_learn(tunable, tuning_context):
    backbone = Backbone.load(tunable, "cpu")
    config = LoraSettings(epochs=5, learning_rate=1e-2, batch_size=9)
    attach(backbone, config)
    frozen, adapters = weights_of(backbone, adapters=False), weights_of(backbone, adapters=True)
    trained = [weight for weight in backbone.model.parameters() if weight.requires_grad]
    contrast(backbone, trained, SUPPORT, config, tuning_context, score=None, progress=silent)
    for name, weight in weights_of(backbone, adapters=False).items():
        assert torch.equal(weight, frozen[name]), name
    after = weights_of(backbone, adapters=True)
    # The pooler's adapters lie beside the path to the sentence vector.
    assert all(not torch.equal(after[name], adapters[name]) for name in after if "pooler" not in name)


@pytest.mark.parametrize(("layers", "places"), [("all", 13), ("attention", 4)])
def test_adapters_lie_where_the_setting_says(tunable, layers, places):
    backbone = Backbone.load(tunable, "cpu")
    attach(backbone, LoraSettings(layers=layers))
    names = [name for name in weights_of(backbone, adapters=True) if "lora_A" in name]
    # Two blocks of query, key, value, output and two feed-forward layers, and the pooler.
    assert len(names) == places
    assert layers == "all" or all(".query." in name or ".value." in name for name in names)


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_learns_repeats_itself_and_is_saved_as_plain_weights(tuning_context, tunable, tmp_path, target):
    settings = {"target": target, "dropout": 0.1, "learning_rate": 5e-3 if target == "classifier" else 1e-2}
    method = make(tuning_context, **settings).fit(SUPPORT)
    proba = method.predict_proba(QUERIES)
    if target != "transformer":  # the architecture's own classifier starts from nothing: nine texts teach it little
        assert (method.predict_proba(SUPPORT.items).argmax(axis=1) == SUPPORT.codes).all()
    np.testing.assert_array_equal(make(tuning_context, **settings).fit(SUPPORT).predict_proba(QUERIES), proba)
    method.save(tmp_path / "model")
    saved, base = (load_file(path / "model.safetensors") for path in (tmp_path / "model" / "encoder", tunable))
    assert saved.keys() == base.keys() and any(not torch.equal(saved[name], base[name]) for name in base)
    loaded = registry.load_method(tmp_path / "model", tuning_context)
    np.testing.assert_allclose(loaded.predict_proba(QUERIES), proba, atol=1e-6)


@pytest.mark.parametrize("target", TARGETS)
def test_a_stop_is_heard_before_the_next_step(tuning_context, target):
    steps = []

    def progress(fraction, message):
        if "step 3 of" in message:
            raise Cancelled

    context = replace(tuning_context, watch=lambda step, figures: steps.append(step))
    with pytest.raises(Cancelled):
        make(context, target=target).fit(SUPPORT, progress=progress)
    assert steps == [1, 2]


def test_a_class_without_an_example_keeps_its_column(tuning_context):
    support = LabeledSet(SUPPORT.items, SUPPORT.labels, (*SUPPORT.classes, "Praise"))
    for target in TARGETS:
        proba = make(tuning_context, target=target, name_prior=0.0).fit(support).predict_proba(QUERIES)
        assert proba.shape == (3, 4) and (proba[:, 3] == 0).all()
