"""Class names as words: encoders that read them, encoders that do not, and the methods on either."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base.errors import ConfigError, DataError
from fsl_core.base.types import Item, LabeledSet, Progress, Vectors
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.learning.tuning import gate
from fsl_core.models.vector_cache import CachedEncoder, VectorCache, digest_of
from tests.engine_fixtures import WordEncoder, WordSettings

LIVE = list(registry.live_methods())
CLASSES = ("left", "right", "never")


class Bytes(Encoder[WordSettings]):
    """An encoder of image files that are three numbers as text; it reads words only when told how."""

    info = EncoderInfo("bytes", "Bytes", "Three numbers.", "none", offline=True, modality="image")
    settings = WordSettings

    def __init__(self, words: dict[str, list[float]] | None = None) -> None:
        super().__init__(WordSettings())
        self.words, self.asked = words, 0

    @property
    def key(self) -> str:
        return "bytes:1"

    @property
    def words_key(self) -> str:
        return "bytes:1:words"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        rows = [[float(x) for x in Path(item).read_text().split()] for item in items]
        return np.array(rows, dtype=np.float32).reshape(len(items), 3)

    def encode_words(self, texts: Sequence[str]) -> Vectors | None:
        self.asked += len(texts)
        if self.words is None:
            return super().encode_words(texts)
        return np.array([self.words[text] for text in texts], dtype=np.float32)


@pytest.fixture
def images(tmp_path):
    """Six files of two classes; the third class has none."""
    rng = np.random.default_rng(0)
    paths = []
    for i in range(6):
        middle = np.array([1.0, 0.1, 0.2] if i < 3 else [0.1, 1.0, 0.2]) + rng.normal(scale=0.1, size=3)
        paths.append(tmp_path / f"{i}.png")
        paths[-1].write_text(" ".join(map(str, middle)))
    return LabeledSet(tuple(paths), ("left",) * 3 + ("right",) * 3, CLASSES)


def test_an_encoder_of_texts_reads_names_as_items():
    encoder = WordEncoder()
    np.testing.assert_array_equal(encoder.encode_words(["refund money"]), encoder.encode(["refund money"]))
    assert encoder.words_key == encoder.key


@pytest.mark.parametrize("name", LIVE)
@pytest.mark.parametrize("centred", [True, False])
def test_without_a_word_side_a_method_learns_from_examples_alone(name, centred, images):
    mean = np.array([0.4, 0.4, 0.2], np.float32) if centred else None
    method = registry.create_method(name, None, Context(encoder=Bytes(), pool_mean=mean)).fit(images)
    proba = method.predict_proba(images.items)
    assert np.isfinite(proba).all() and proba.argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]
    assert method.config.name_prior == 0.0 and not method.state["names"].any()
    off = registry.create_method(name, {"name_prior": 0.0}, Context(encoder=Bytes(), pool_mean=mean)).fit(images)
    np.testing.assert_array_equal(proba, off.predict_proba(images.items))
    prototypes = method.prototypes()
    assert np.isfinite(prototypes[:2]).all() and np.isnan(prototypes[2]).all()


@pytest.mark.parametrize("name", [name for name in LIVE if name != "knn"])
def test_without_a_word_side_a_class_without_examples_has_no_probability(name, images):
    proba = registry.create_method(name, None, Context(encoder=Bytes())).fit(images).predict_proba(images.items)
    np.testing.assert_allclose(proba[:, 2], 0.0, atol=1e-7)


@pytest.mark.parametrize("name", LIVE)
def test_without_a_word_side_nothing_can_be_said_before_the_first_label(name):
    with pytest.raises(DataError, match="cannot read class names") as error:
        registry.create_method(name, None, Context(encoder=Bytes())).fit(LabeledSet((), (), CLASSES))
    assert "Label one example of each class first" in error.value.hint


@pytest.mark.parametrize("name", LIVE)
def test_a_model_without_names_is_saved_and_loaded(name, images, tmp_path):
    context = Context(encoder=Bytes())
    method = registry.create_method(name, None, context).fit(images)
    method.save(tmp_path / "model")
    loaded = registry.load_method(tmp_path / "model", context)
    np.testing.assert_array_equal(loaded.predict_proba(images.items), method.predict_proba(images.items))
    assert isinstance(loaded, VectorMethod) and np.isnan(loaded.prototypes()[2]).all()


@pytest.mark.parametrize("name", LIVE)
def test_several_classes_an_item_without_a_word_side(name, images):
    context = Context(encoder=Bytes())
    vectors, names = context.encoder.encode(images.items), context.name_vectors(CLASSES)
    assert names.shape == (3, 0)
    model = MultiLabelModel(name, None, context).fit_vectors(vectors, images.members, CLASSES, names)
    found = model.predict_vectors(vectors)
    assert (found[:, :2] >= 0.5).tolist() == images.members[:, :2].tolist() and (found[:, 2] < 0.5).all()
    with pytest.raises(DataError, match="cannot read class names"):
        MultiLabelModel(name, None, context).fit_vectors(None, images.members[:0], CLASSES, names)


def test_a_word_side_serves_as_for_texts(images):
    words = {"left": [1, 0, 0], "right": [0, 1, 0], "a lamp": [0, 0, 1]}
    context = Context(encoder=Bytes(words), class_texts={"never": "a lamp"})
    method = registry.create_method("prototype", None, context).fit(LabeledSet((), (), CLASSES))
    assert method.predict_proba(images.items).argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]
    assert method.config.name_prior == 1.0


def test_words_are_kept_under_their_own_key_and_asked_for_once(images, tmp_path):
    inner = Bytes({"left": [1, 0], "right": [0, 1], "lamp": [2, 2]})
    with VectorCache(tmp_path / "v.db") as cache:
        encoder = CachedEncoder(inner, cache)
        np.testing.assert_array_equal(encoder.encode_words(["right", "left", "right"]), [[0, 1], [1, 0], [0, 1]])
        np.testing.assert_array_equal(encoder.encode_words(["lamp", "left"]), [[2, 2], [1, 0]])
        assert inner.asked == 3
        assert encoder.encode(images.items).shape == (6, 3)
        lamp = [digest_of("lamp")]
        assert cache.has_many("bytes:1:words", lamp) and not cache.has_many(inner.key, lamp)
        assert CachedEncoder(Bytes(), cache).encode_words(["never seen"]) is None


def test_words_of_a_text_encoder_are_kept_as_items(tmp_path):
    with VectorCache(tmp_path / "v.db") as cache:
        encoder = CachedEncoder(WordEncoder(), cache)
        encoder.encode_words(["refund"])
        assert encoder.missing(["refund"]) == 0


def test_the_digest_of_a_file_follows_its_content(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"one")
    first = digest_of(file)
    file.write_bytes(b"three")
    assert digest_of(file) == digest_of("three") != first == digest_of("one")


@pytest.mark.parametrize("name", [name for name, kind in registry.methods().items() if kind.info.trains])
def test_training_refuses_an_encoder_of_images(name, images):
    context = Context(encoder=Bytes(), create=registry.create_method)
    with pytest.raises(ConfigError, match="these items are images"):
        registry.create_method(name, None, context).fit(images)


def test_the_frozen_head_of_the_gate_needs_no_words(images):
    context = Context(encoder=Bytes())
    several = LabeledSet(images.items, images.labels, CLASSES, tuple((label,) for label in images.labels))
    rows, vectors = np.arange(6), context.encoder.encode(images.items)
    found = gate._head_answers(context, vectors, several, rows, rows)
    assert (found >= 0.5).tolist() == several.members.tolist()
