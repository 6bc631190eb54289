"""A small real encoder and a toy problem for the engine's tests: words become counts of chosen words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fsl_core.base.config import Settings
from fsl_core.base.types import Item, LabeledSet, Progress, Vectors
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role
from fsl_core.contracts.method import Context

WORDS = ("refund", "money", "parcel", "late", "login", "password", "please", "hello")


class WordSettings(Settings):
    """None."""


class WordEncoder(Encoder[WordSettings]):
    """Counts of eight words and a constant: vectors that can be worked out by hand."""

    info = EncoderInfo("words", "Words", "Counts of eight words.", "English", offline=True)
    settings = WordSettings

    def __init__(self) -> None:
        super().__init__(WordSettings())
        self.calls = 0

    @property
    def key(self) -> str:
        return "words:1"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        self.calls += 1
        counts = [[str(item).lower().count(word) for word in WORDS] + [0.1] for item in items]
        return np.array(counts, dtype=np.float32).reshape(len(items), len(WORDS) + 1)


SUPPORT = LabeledSet(
    (
        "refund please", "money refund", "my money", "parcel late", "late late parcel", "hello parcel",
        "login password", "password please", "login login hello",
    ),
    ("Refund",) * 3 + ("Delivery",) * 3 + ("Login",) * 3,
)  # fmt: skip
CLASS_TEXTS = {"Refund": "refund money", "Delivery": "parcel late", "Login": "login password"}


@pytest.fixture(scope="session")
def tunable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny sentence-transformers model with random weights that knows the words of SUPPORT."""
    from tests.tiny_models import tiny_sentence_model

    known = {word for text in (*SUPPORT.items, *WORDS, "the my is forgot") for word in text.split()}
    return tiny_sentence_model(tmp_path_factory.mktemp("tunable") / "model", words=sorted(known), dim=32)


@pytest.fixture
def tuning_context(tunable: Path) -> Context:
    """What a method that trains needs around it, on the tiny model."""
    from fsl_core import registry

    encoder = registry.create_encoder("sentence-transformers", {"model": str(tunable)})
    return Context(encoder=encoder, class_texts=CLASS_TEXTS, create=registry.create_method)


@pytest.fixture
def words() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def context(word_context: Context) -> Context:
    return word_context


@pytest.fixture
def word_context(words: WordEncoder) -> Context:
    from fsl_core import registry

    return Context(encoder=words, class_texts=CLASS_TEXTS, create=registry.create_method)
