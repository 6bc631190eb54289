"""The contract of an encoder: items in, one vector each out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Literal, TypeVar

from fsl_core.base.config import Settings
from fsl_core.base.errors import DataError
from fsl_core.base.types import Item, Progress, Vectors
from fsl_core.contracts.portable import PortableEncoder

C = TypeVar("C", bound=Settings)

Role = Literal["document", "query"]
"""What a text is: an item of the project, or a search typed by a person."""


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What pages and the README say of an encoder."""

    name: str
    title: str
    summary: str
    languages: str
    offline: bool
    modality: Literal["text", "image"] = "text"
    order: int = 100
    """Place in lists; lower comes first."""
    aliases: tuple[str, ...] = ()
    """Former names: what was saved under them still opens."""
    origin: str = ""
    """Of the weights that come with the program: where they are from, and under which ``licence``."""
    licence: str = ""


class Encoder(ABC, Generic[C]):
    """Turns items into vectors: texts, or image files where ``info.modality`` is 'image'.

    One file in ``fsl_core/models/encoders`` each, found by the registry.

    An instance is cheap to make: weights are loaded at the first ``encode``. It is safe to share
    between threads and never changes what it answers for the same item. A whole one (one on a model of the hub
    begins with ``models.backends.hub.HubEncoder``):

    >>> import numpy as np
    >>> from fsl_core.base.config import Settings, setting
    >>> from fsl_core.contracts.encoder import Encoder, EncoderInfo, only_texts
    >>> class LettersSettings(Settings):
    ...     letters: str = setting("abc", "The letters that are counted.")
    >>> class Letters(Encoder[LettersSettings]):
    ...     info = EncoderInfo(
    ...         name="letters", title="Letters", summary="Counts letters.", languages="any", offline=True
    ...     )
    ...     settings = LettersSettings
    ...     @property
    ...     def key(self):
    ...         return f"letters:{self.config.letters}"
    ...     def encode(self, items, *, role="document", progress=None):
    ...         texts, letters = only_texts(self.info, items), self.config.letters
    ...         counts = [[text.count(letter) for letter in letters] for text in texts]
    ...         return np.array(counts, dtype=np.float32).reshape(len(texts), len(letters))
    >>> ENCODER = Letters

    >>> Letters(LettersSettings(letters="ab")).encode(["abba", "cab"]).tolist()
    [[2.0, 2.0], [1.0, 1.0]]
    """

    info: ClassVar[EncoderInfo]
    settings: ClassVar[type[Settings]]

    def __init__(self, config: C) -> None:
        self.config = config

    @property
    @abstractmethod
    def key(self) -> str:
        """Everything that changes a vector (model, revision, pooling, prompt), for the cache.

        May raise MissingBackend when the model cannot be identified.
        """

    def trained_on(self) -> frozenset[str]:
        """Digests of the items whose labels shaped its weights: a score on those would flatter."""
        return frozenset()

    @abstractmethod
    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32, of any length (callers normalise), in the order of ``items``.

        Raises MissingBackend when the model cannot be loaded, Cancelled through ``progress``.
        """

    def encode_words(self, texts: Sequence[str]) -> Vectors | None:
        """Shape (n, d): class names and descriptions in the space of the items; None where there is no word side.

        Encoders of texts read them as items. An encoder of images overrides this when it has a text side.
        """
        return None if self.info.modality == "image" else self.encode(list(texts))

    @property
    def words_key(self) -> str:
        """As ``key``, for what ``encode_words`` gives."""
        return self.key

    def trainable_folder(self, progress: Progress | None = None) -> Path | None:
        """The sentence-transformers folder of its weights, for tuning; None where they cannot be trained."""
        return None

    def portable(self, progress: Progress | None = None) -> PortableEncoder | None:
        """What reads items as this encoder does outside of this program; None where nothing does.

        Raises MissingBackend when its weights are not to be had.
        """
        return None

    @property
    def can_leave(self) -> bool:
        """Whether ``portable`` gives something; loads nothing."""
        return type(self).portable is not Encoder.portable


def only_texts(info: EncoderInfo, items: Sequence[Item]) -> list[str]:
    """The items as texts. Raises DataError when one is an image file."""
    if any(isinstance(item, Path) for item in items):
        raise DataError("'{name}' encodes texts, not image files.", "Choose an image encoder.", name=info.name)
    return [str(item) for item in items]


def only_images(info: EncoderInfo, items: Sequence[Item]) -> list[Path]:
    """The items as image files. Raises DataError when one is a text."""
    if not all(isinstance(item, Path) for item in items):
        raise DataError("'{name}' encodes image files, not texts.", "Choose a text encoder.", name=info.name)
    return [Path(item) for item in items]
