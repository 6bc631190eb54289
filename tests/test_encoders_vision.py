"""Transformers models of images, tiny and random, against the library's own forward pass."""

from __future__ import annotations

import json
import os
import shutil
import socket

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import pytest
from PIL import Image

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.errors import Cancelled, ConfigError, DataError, MissingBackend
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context
from fsl_core.models.vector_cache import CachedEncoder, VectorCache
from fsl_core.registry import create_encoder
from tests.tiny_models import SIDE, VISION_KINDS, tiny_bert, tiny_vision

WORDED = ("clip", "siglip")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("vision")
    return {kind: tiny_vision(place / kind, kind) for kind in VISION_KINDS}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Five noisy pictures of the size the models take, so that nothing is lost on the way in."""
    place, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    files = [place / f"{i}.png" for i in range(5)]
    for i, file in enumerate(files):
        Image.fromarray((rng.random((SIDE, SIDE, 3)) * (60 + 45 * i)).astype(np.uint8)).save(file)
    return files


def make(folder, **settings):
    return create_encoder("vision", {"model": str(folder), "batch_size": 2, "device": "cpu", **settings})


def pixel_values(files):
    """By hand: values from 0 to 1, minus mean, by deviation; channels first."""
    import torch

    rows = [np.asarray(Image.open(file), dtype=np.float64) / 255 for file in files]
    values = (np.stack(rows) - [0.5, 0.4, 0.3]) / [0.2, 0.25, 0.3]
    return torch.from_numpy(values.transpose(0, 3, 1, 2)).float()


def forward(folder, files):
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        pixels = pixel_values(files)
        if hasattr(model, "get_image_features"):
            return model.get_image_features(pixel_values=pixels).pooler_output.numpy()
        return model(pixel_values=pixels)


@pytest.mark.parametrize("kind", VISION_KINDS)
def test_vectors_are_what_the_library_gives(kind, folders, pictures):
    found = make(folders[kind]).encode(pictures)
    expected = forward(folders[kind], pictures)
    expected = expected if isinstance(expected, np.ndarray) else expected.pooler_output.numpy()
    assert found.dtype == np.float32 and found.shape == expected.shape
    if kind == "convnext":  # its processor enlarges the picture and cuts the middle out
        assert np.linalg.matrix_rank(found) > 1
        return
    np.testing.assert_allclose(found, expected, atol=2e-4)
    alone = np.concatenate([make(folders[kind]).encode([file]) for file in pictures])
    np.testing.assert_allclose(found, alone, atol=1e-5)


@pytest.mark.parametrize("kind", VISION_KINDS)
def test_an_empty_list_knows_the_length_of_a_vector(kind, folders, pictures):
    encoder = make(folders[kind])
    assert encoder.encode([]).shape == (0, encoder.encode(pictures[:1]).shape[1])


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_the_first_token_or_the_mean_of_all(pooling, folders, pictures):
    hidden = forward(folders["vit"], pictures).last_hidden_state.numpy()
    expected = hidden[:, 0] if pooling == "cls" else hidden.mean(axis=1)
    np.testing.assert_allclose(make(folders["vit"], pooling=pooling).encode(pictures), expected, atol=2e-4)


def test_a_pooled_output_without_weights_in_the_file_is_not_used(folders, pictures, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(folders["vit"], tmp_path / "vit")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: w for name, w in weights.items() if "pooler" not in name}, folder / "model.safetensors", {"format": "pt"}
    )
    first = forward(folders["vit"], pictures).last_hidden_state.numpy()[:, 0]
    np.testing.assert_allclose(make(folder).encode(pictures), first, atol=2e-4)


def test_other_weights_that_are_missing_are_an_error(folders, pictures, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(folders["dinov2"], tmp_path / "cut")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: w for name, w in weights.items() if "layernorm" not in name},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(MissingBackend, match="no weights for layernorm"):
        make(folder).encode(pictures)


# --- words


def text_side(folder, kind, prompts):
    import torch
    from transformers import AutoModel, PreTrainedTokenizerFast

    model, tokenizer = AutoModel.from_pretrained(folder).eval(), PreTrainedTokenizerFast.from_pretrained(folder)
    with torch.inference_mode():
        if kind == "siglip":
            inputs = tokenizer(prompts, padding="max_length", max_length=24, return_tensors="pt")
            return model.get_text_features(input_ids=inputs["input_ids"]).pooler_output.numpy()
        rows = [tokenizer([prompt], return_tensors="pt")["input_ids"] for prompt in prompts]
        return np.concatenate([model.get_text_features(input_ids=row).pooler_output.numpy() for row in rows])


@pytest.mark.parametrize("kind", WORDED)
def test_names_go_into_the_prompt_and_come_out_as_the_library_gives_them(kind, folders, pictures):
    encoder = make(folders[kind], prompt="the good {} not the bad")
    found = encoder.encode_words(["cat", "red bird"])
    expected = text_side(folders[kind], kind, ["the good cat not the bad", "the good red bird not the bad"])
    np.testing.assert_allclose(found, ops.unit(expected), atol=1e-5)
    assert found.shape[1] == encoder.encode(pictures[:1]).shape[1]


@pytest.mark.parametrize("kind", WORDED)
def test_several_descriptions_are_averaged_and_sentences_stay_as_they_are(kind, folders):
    encoder = make(folders[kind], prompt="the {}")
    sentence = "a slow late bird is not a good cat"
    assert encoder.prompts(f"cat; dog\n {sentence} ;") == ["the cat", "the dog", sentence]
    parts = ops.unit(text_side(folders[kind], kind, ["the cat", "the dog", sentence]))
    found = encoder.encode_words(["bird", f"cat; dog\n {sentence} ;"])
    np.testing.assert_allclose(found[1], ops.unit(parts.mean(axis=0, keepdims=True))[0], atol=1e-5)
    np.testing.assert_allclose(found[0], encoder.encode_words(["bird"])[0], atol=1e-5)
    assert encoder.encode_words([]).shape == (0, found.shape[1])


def test_long_texts_are_cut_where_the_model_ends(folders):
    assert np.isfinite(make(folders["clip"]).encode_words(["very good money bank " * 40])).all()


@pytest.mark.parametrize("kind", [kind for kind in VISION_KINDS if kind not in WORDED])
def test_models_of_images_alone_read_no_words(kind, folders):
    assert make(folders[kind]).encode_words(["cat"]) is None


def test_words_do_not_fit_beside_another_pooling(folders):
    assert make(folders["clip"], pooling="mean").encode_words(["cat"]) is None


def test_a_prompt_without_a_place_for_the_name_says_so(folders):
    with pytest.raises(ConfigError, match="'a photo' has no place") as error:
        make(folders["clip"], prompt="a photo").encode_words(["cat"])
    assert "a photo of a {}." in str(error.value.hint)


def test_the_prompt_changes_words_and_no_image(folders):
    one, other = make(folders["clip"]), make(folders["clip"], prompt="the {}")
    assert one.key == other.key and one.words_key != other.words_key
    assert len({make(folders["clip"], pooling=pooling).key for pooling in ("auto", "cls", "mean")}) == 3


@pytest.mark.parametrize("name", list(registry.live_methods()))
def test_every_method_starts_from_names_and_learns_from_images(name, folders, pictures, tmp_path):
    with VectorCache(tmp_path / "v.db") as cache:
        context = Context(encoder=CachedEncoder(make(folders["clip"]), cache))
        bare = registry.create_method(name, None, context).fit(LabeledSet((), (), ("cat", "dog")))
        assert np.isfinite(bare.predict_proba(pictures)).all() and bare.config.name_prior == 1.0
        support = LabeledSet((pictures[0], pictures[4]), ("cat", "dog"), ("cat", "dog"))
        method = registry.create_method(name, {"name_prior": 0.0}, context).fit(support)
        assert method.predict_proba([pictures[0], pictures[4]]).argmax(axis=1).tolist() == [0, 1]


# --- what may go wrong


def test_progress_and_stopping(folders, pictures):
    encoder, heard = make(folders["dinov2"]), []
    encoder.encode(pictures, progress=lambda fraction, message: heard.append(fraction))
    assert heard == sorted(heard) and heard[-1] == 1.0

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        encoder.encode(pictures, progress=stop)


def test_texts_are_refused(folders):
    with pytest.raises(DataError, match="vision"):
        make(folders["clip"]).encode(["a text"])


def test_when_gpu_memory_runs_out_the_batch_is_halved_and_the_person_is_told(folders, pictures, monkeypatch, caplog):
    import torch
    from transformers import Dinov2Model

    encoder, real, sizes, heard = make(folders["dinov2"], batch_size=5), Dinov2Model.forward, [], []
    expected = encoder.encode(pictures)

    def cramped(self, pixel_values, **options):  # the card's memory is what is pretended here
        sizes.append(len(pixel_values))
        if len(pixel_values) > 2:
            raise torch.OutOfMemoryError
        return real(self, pixel_values, **options)

    monkeypatch.setattr(Dinov2Model, "forward", cramped)
    found = encoder.encode(pictures, progress=lambda fraction, message: heard.append(message))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert sizes == [5, 2, 2, 1] and any("2 images at a time" in message for message in heard)
    assert "GPU memory ran out" in caplog.text

    def full(self, pixel_values, **options):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(Dinov2Model, "forward", full)
    with pytest.raises(MissingBackend, match="One image alone does not fit"):
        encoder.encode(pictures)


def test_a_folder_with_pickled_weights_is_refused(folders, pictures, tmp_path):
    folder = shutil.copytree(folders["vit"], tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(MissingBackend, match="pickle"):
        make(folder).encode(pictures)


def test_a_model_that_brings_its_own_code_is_refused(folders, pictures, tmp_path):
    folder = shutil.copytree(folders["vit"], tmp_path / "code")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "strange", "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(MissingBackend, match="cannot be loaded"):
        make(folder).encode(pictures)


def test_a_model_of_texts_or_without_a_processor_is_refused(folders, pictures, tmp_path):
    with pytest.raises(MissingBackend, match="does not read images"):
        make(tiny_bert(tmp_path / "bert")).encode(pictures)
    folder = shutil.copytree(folders["vit"], tmp_path / "bare")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(MissingBackend, match="preprocessor_config"):
        make(folder).encode(pictures)


def test_a_damaged_image_is_named(folders, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(DataError, match=r"broken\.png"):
        make(folders["vit"]).encode([tmp_path / "broken.png"])


def test_offline_a_hub_model_fails_at_once_and_names_the_ways_out(pictures, tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    def no_request(*_, **__):
        raise AssertionError("a request was made")

    monkeypatch.setattr(socket.socket, "connect", no_request)
    encoder = create_encoder("vision", {"model": "some-org/some-model", "device": "cpu"})
    for attempt in (lambda: encoder.key, lambda: encoder.encode(pictures), lambda: encoder.encode_words(["cat"])):
        with pytest.raises(MissingBackend, match="some-org/some-model is not on this machine") as error:
            attempt()
        assert "folder" in error.value.hint
