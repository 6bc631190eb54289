"""Kept meta-trained models: by name, for one encoder, whole or not at all."""

from __future__ import annotations

import pytest
import torch

from fsl_core.base.errors import DataError, StoreError
from fsl_core.learning.meta import files, kept
from fsl_core.learning.meta.learners import learner_class
from fsl_core.models.backends import tuned_models
from fsl_core.models.backends.backbone import Projection


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))
    return tmp_path


def made(name: str = "protonet", d: int = 3):
    kind = learner_class(name)
    learner = kind(Projection(d), kind.settings())
    return learner, learner.init(torch.Generator().manual_seed(0))


def keep(name: str, encoder: str = "minilm@1", **facts):
    learner, params = made()
    return kept.keep(name, learner, {**params, "gain": torch.tensor(2.5)}, {"encoder": encoder, **facts})


def test_what_was_kept_is_listed_and_loaded_again():
    apart = {"value": 0.02, "low": None, "high": None, "n": 90, "n_classes": 1, "enough": False}
    share = {**apart, "value": 0.7}
    differences = {"logistic": {**apart, "verdict": "beat"}}
    figures = {"n_way": 5, "k_shot": 1, "accuracies": {"protonet": share}, "differences": differences}
    keep("my intents 1", figures=figures, projects=["A", "B"])
    model = kept.load("my intents 1")
    assert model.learner.name == "protonet" and model.backbone == Projection(3)
    assert float(model.params["gain"]) == 2.5 and model.facts["projects"] == ["A", "B"]
    (listed,) = kept.models()
    assert (listed.name, listed.learner, listed.encoder) == ("my intents 1", "protonet", "minilm@1")
    assert listed.figures.differences["logistic"].value == 0.02 and listed.figures.accuracies["protonet"].low is None
    assert listed.when > 1e9 and listed.size_bytes > 0
    assert tuned_models.models() == []  # the folder beside the tuned encoders is none of them


def test_the_list_is_that_of_one_encoder_newest_first():
    for number, (name, encoder) in enumerate((("a", "one"), ("b", "two"), ("c", "one"))):
        keep(name, encoder, when=1000.0 + number)
    assert [model.name for model in kept.models("one")] == ["c", "a"]
    assert [model.name for model in kept.models()] == ["c", "b", "a"]
    assert kept.models("three") == []


def test_a_name_is_used_once_and_free_again_after_deleting():
    keep("意图")
    with pytest.raises(DataError, match="already") as caught:
        keep(" 意图 ")
    assert "another name" in caught.value.hint
    kept.delete("意图")
    kept.delete("意图")
    assert kept.names() == [] and keep("意图").is_file()


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "dot.", "x" * 61, "a\nb", "a\\b"])
def test_names_that_cannot_be_files_are_refused(name):
    for act in (keep, kept.delete):
        with pytest.raises(DataError, match="cannot be the name"):
            act(name)


def test_a_model_that_is_gone_names_those_there_are_or_the_way_to_one():
    with pytest.raises(DataError, match="no meta-trained model 'x'") as caught:
        kept.load("x")
    assert "Train one first" in caught.value.hint
    keep("y")
    with pytest.raises(DataError) as caught:
        kept.load("x")
    assert caught.value.hint == "Choose one of these: y."


def test_a_broken_file_is_not_listed_and_says_so_when_asked_for():
    (kept.folder() / "bad.safetensors").write_bytes(b"nonsense")
    assert kept.models() == [] and kept.names() == ["bad"]
    with pytest.raises(DataError, match="holds no meta-trained model"):
        kept.load("bad")


def test_a_full_disk_leaves_nothing_and_says_what_to_do(monkeypatch):
    def full(file, *rest):
        file.with_name(file.name + ".part").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "save", full)
    with pytest.raises(StoreError, match="No space left") as caught:
        keep("full")
    assert "Free some disk space" in caught.value.hint and list(kept.folder().iterdir()) == []
