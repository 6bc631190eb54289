"""What the demo asks of the engine: one drawing a class in, the class of the next drawing out."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Probabilities, Vectors
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context, VectorMethod
from pages.ui.drawing import characters

BEST = "omniglot"
"""The backbone that was trained on drawn characters; without it the first encoder of images that works."""
REFUSED = 0.04
"""At most this share of the redrawn copies may be called none of these: people draw less alike than the copies."""
HANDS = 8
"""So many redrawn copies of each character show how alike two drawings of one character are."""
SEED = 0
TEMPERATURES = np.geomspace(0.005, 1.0, 40)


@dataclass(frozen=True)
class Answer:
    """The answer for one drawing: shares, and places on a plane."""

    shares: NDArray[np.float32]
    """Shape (n_way + 1,), sum 1; the last one is that of "none of these"."""
    prototypes: NDArray[np.float32]
    """Shape (n_way, 2)."""
    query: NDArray[np.float32]
    """Shape (1, 2)."""


@dataclass(frozen=True)
class Judge:
    """An encoder with what suits it: how sharply distances become shares, what is too far from all."""

    encoder: Encoder[Any]
    temperature: float
    threshold: float
    """A drawing less alike to its nearest prototype (cosine) is rather none of them."""

    def answer(self, names: Sequence[str], support: Vectors, drawing: bytes) -> Answer:
        """Nearest prototype with one example a class: support (n_way, d), one PNG."""
        settings = {"name_prior": 0.0, "center": False, "temperature": self.temperature}
        method = registry.create_method("prototype", settings, Context(encoder=self.encoder))
        assert isinstance(method, VectorMethod)
        method.fit_vectors(support, np.arange(len(names)), names, np.zeros_like(support))
        vector = vectors(self.encoder, [drawing])
        cosine = float((ops.unit(vector) @ ops.unit(support).T).max())
        shares = with_none(method.predict_vectors(vector)[0], cosine, self.threshold, self.temperature)
        return Answer(shares, *_on_plane(support, vector))


def with_none(shares: NDArray[np.float32], cosine: float, threshold: float, temperature: float) -> NDArray[np.float32]:
    """Shape (n_way + 1,): "none of these" counts like one more prototype, always as near as the threshold.

    ``shares`` (n_way,) are a softmax of -|z - m|^2 / temperature, ``cosine`` is that of the nearest prototype.
    """
    none = float(shares.max()) * float(np.exp(2 * (threshold - cosine) / temperature))
    return np.asarray(np.append(shares, none) / (float(shares.sum()) + none), dtype=np.float32)


def _on_plane(support: Vectors, vector: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Shapes (n_way, 2) and (1, 2): the principal plane of the prototypes, and the drawing on it.

    By the singular vectors of the few prototypes: ``projection.pca`` decomposes (d, d), which takes a second here.
    """
    z = ops.unit(support)
    mean = z.mean(axis=0)
    axes = np.linalg.svd(z - mean, full_matrices=False)[2][:2]
    return (z - mean) @ axes.T, (ops.unit(vector) - mean) @ axes.T


def encoder() -> Encoder[Any]:
    """The encoder of the demo. Raises MissingBackend where none for images works."""
    names = sorted(registry.encoders_for("image"), key=lambda name: name != BEST)
    problem = MissingBackend("No encoder for images is installed.", "Install the requirements again.")
    for name in names:
        found = registry.create_encoder(name)
        try:
            vectors(found, [characters.picture(characters.characters()[0].name)])
        except MissingBackend as error:
            problem = error
        else:
            return found
    raise problem


def vectors(encoder: Encoder[Any], pngs: Sequence[bytes]) -> Vectors:
    """Shape (n, d): one vector a PNG. They pass through files, which are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="handful-drawing-") as folder:
        files = [Path(folder) / f"{i}.png" for i in range(len(pngs))]
        for file, data in zip(files, pngs, strict=True):
            file.write_bytes(data)
        return encoder.encode(files)


@st.cache_resource(show_spinner=False)
def judge() -> Judge:
    """The encoder of the demo, fitted to the invented characters; made once."""
    return fitted(encoder())


def fitted(encoder: Encoder[Any]) -> Judge:
    """Temperature and threshold from the characters as other hands draw them, each against all others.

    The temperature gives the redrawn copies the highest likelihood; the threshold parts copies from
    strangers with the fewest mistakes, but refuses few copies.
    """
    every = characters.characters()
    rng = np.random.default_rng(SEED)
    copies = [characters.redrawn(one, rng) for one in every for _hand in range(HANDS)]
    originals = [characters.picture(one.name) for one in every]
    prototypes = ops.unit(vectors(encoder, originals))
    codes = np.repeat(np.arange(len(every)), HANDS)
    cosine = ops.unit(vectors(encoder, copies)) @ prototypes.T
    return Judge(encoder, _temperature(cosine, codes), _threshold(cosine, codes))


def _temperature(cosine: NDArray[np.float32], codes: NDArray[np.int64]) -> float:
    # Between unit vectors the squared distance is 2 - 2 cosine.
    def log_likelihood(temperature: float) -> float:
        shares: Probabilities = ops.softmax(np.asarray((2 * cosine - 2) / temperature, dtype=np.float32))
        return float(np.log(np.maximum(shares[np.arange(len(codes)), codes], 1e-12)).mean())

    return float(max(TEMPERATURES, key=log_likelihood))


def _threshold(cosine: NDArray[np.float32], codes: NDArray[np.int64]) -> float:
    """From the likeness of copies to their own character, and to the nearest of four others."""
    own = cosine[np.arange(len(codes)), codes]
    others = np.where(np.eye(cosine.shape[1], dtype=bool)[codes], -1.0, cosine)
    # A deal shows five: the nearest of a handful, not of all, is what a stranger is compared with.
    rng = np.random.default_rng(SEED)
    nearest = np.array([rng.choice(row[row > -1.0], 5, replace=False).max() for row in others])
    places = np.unique(np.concatenate([own, nearest]))
    mistakes = [float((own < place).mean() + (nearest >= place).mean()) for place in places]
    return min(float(places[int(np.argmin(mistakes))]), float(np.quantile(own, REFUSED)))
