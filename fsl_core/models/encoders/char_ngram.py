"""Counts of character n-grams: no weights, no training, any language.

The floor that every model should beat, and the fallback where the built-in encoder does not know the
language. n-grams are hashed as in Weinberger et al., "Feature Hashing for Large Scale Multitask Learning"
(ICML 2009).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from fsl_core.base.config import Settings, setting
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_texts
from fsl_core.contracts.portable import PortableEncoder

CHUNK = 512

# Thai, Lao, Burmese, Khmer, kana, Han and Hangul: no spaces between words, or much in one character.
_DENSE = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]+"
_RUNS = re.compile(rf"(?P<dense>{_DENSE})|\w+?(?=[\W]|$|{_DENSE})|[^\w\s]+")


class CharNgramSettings(Settings):
    """Settings of the character n-gram encoder."""

    shortest: int = setting(
        3, "Shortest letter sequence counted in languages that put spaces between words.", ge=1, le=5
    )
    longest: int = setting(5, "Longest such sequence; it is never taken to be below the shortest.", ge=1, le=8)
    dimensions: Literal["512", "1024", "2048", "4096"] = setting(
        "2048", "Length of a vector; more keeps n-grams apart, and takes more room.", advanced=True
    )


class CharNgram(Encoder[CharNgramSettings]):
    """Hashed counts of character n-grams, damped by a logarithm, rows of length 1.

    A word gives its letter sequences, its two ends included; Chinese, Japanese, Korean and Thai give their
    characters and pairs of characters whatever the settings say.
    """

    info = EncoderInfo(
        name="char-ngram",
        title="Character n-grams",
        summary="Counts of letter sequences: any language, no model, instant; knows spelling, not meaning.",
        languages="any",
        offline=True,
        order=40,
    )
    settings = CharNgramSettings

    @property
    def key(self) -> str:
        """The n-gram lengths and the dimensions."""
        low, high = self._lengths
        return f"char-ngram:1:{low}-{high}:{self.config.dimensions}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, dimensions), float32, rows of length 1 (0 for an empty text); both roles are alike."""
        texts = only_texts(self.info, items)
        report = progress or silent
        vectors = np.zeros((len(items), int(self.config.dimensions)), dtype=np.float32)
        if not items:
            return vectors
        hashing = self._hashing()
        for start in range(0, len(items), CHUNK):
            report(start / len(items), "Encoding")
            counts = hashing.transform(texts[start : start + CHUNK])
            counts.data = np.sign(counts.data) * np.log1p(np.abs(counts.data))
            rows = counts.toarray()
            length = np.linalg.norm(rows, axis=1, keepdims=True)
            vectors[start : start + CHUNK] = rows / np.where(length > 0, length, 1.0)
        report(1.0, "Encoding")
        return vectors

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The lengths and the dimensions."""
        low, high = self._lengths
        return PortableEncoder(
            "char-ngrams", {"low": low, "high": high, "dimensions": int(self.config.dimensions)}, origin=self.info.title
        )

    @property
    def _lengths(self) -> tuple[int, int]:
        return self.config.shortest, max(self.config.shortest, self.config.longest)

    def _hashing(self) -> Any:  # noqa: ANN401  # scikit-learn carries no types
        from sklearn.feature_extraction.text import HashingVectorizer

        low, high = self._lengths
        return HashingVectorizer(
            analyzer=lambda text: ngrams(text, low, high),
            n_features=int(self.config.dimensions),
            norm=None,
            dtype=np.float32,
        )


def ngrams(text: str, low: int, high: int) -> list[str]:
    """The n-grams of a text, lower case, one entry for each time they occur."""
    found: list[str] = []
    for run in _RUNS.finditer(text.lower()):
        dense = run["dense"]
        part, lengths = (dense, range(1, 3)) if dense else (f" {run[0]} ", range(low, high + 1))
        for n in lengths:
            found.extend(part[i : i + n] for i in range(len(part) - n + 1))
    return found


ENCODER = CharNgram
