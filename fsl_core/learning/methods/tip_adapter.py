"""Tip-Adapter: class names and a cache of the examples vote together, and nothing is trained.

Paper: Zhang et al., "Tip-Adapter: Training-free Adaption of CLIP for Few-shot Classification", ECCV 2022,
arXiv:2207.09519: logits = s f t^T + a exp(-b (1 - f F^T)) L, with f the item, t the names, F the examples and
L their classes. Here s (100 in the paper) is 1 / temperature and divides both terms, the first one has the
weight of the class names, and the second one is the mean over the examples of a class rather than their sum:
with equally many examples that only moves a, with unequal ones the largest class does not win by its size.
A class without an example has its name in the cache as its only one. a and b are those under which most
examples, each left out in turn, are answered rightly; of equals the one with the better log-loss.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Info, State, VectorMethod, VectorSettings, temperature_setting
from fsl_core.contracts.portable import PortableHead

STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
SHARPNESSES = (3.0, 5.5, 10.0, 20.0, 40.0)
USUAL = (1.0, 5.5)
"""a and b of the paper, for when no class has a second example to learn them from."""
SURENESS = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Logits are judged at the best of these factors: how sure they are is no merit of a and b."""
MOST = 500
"""Left-out examples that choose a and b; more do not change the choice."""


class TipAdapterSettings(VectorSettings):
    """Settings of Tip-Adapter."""

    alpha: float = setting(
        0.0, "How much the examples count beside the names. 0 chooses it by leave-one-out.",
        title="Weight of the examples", ge=0.0, le=100.0,
    )  # fmt: skip
    beta: float = setting(
        0.0, "How much nearer examples count more than distant ones. 0 chooses it by leave-one-out.",
        title="Sharpness", ge=0.0, le=100.0,
    )  # fmt: skip
    temperature: float = temperature_setting(0.05)


class TipAdapter(VectorMethod[TipAdapterSettings]):
    """A cache of the examples beside the names of the classes."""

    info = Info(
        name="tip-adapter",
        aliases=("tip_adapter",),
        title="Tip-Adapter",
        summary="Class names and similar examples vote together; how much each counts is learned by leave-one-out.",
        paper="Zhang et al. 2022, arXiv:2207.09519",
        order=35,
    )
    settings = TipAdapterSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        alpha, beta = self._chosen(z, y, names)
        return {"alpha": np.array([alpha]), "beta": np.array([beta])}

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        cache = _Cache(z @ state["support"].T, state["support_codes"], z @ state["names"].T)
        return self._softmax(cache, float(state["alpha"][0]), float(state["beta"][0]))

    def _portable(self, state: State) -> PortableHead:
        arrays = {"keys": state["support"], "codes": state["support_codes"], "names": state["names"]}
        values = {"temperature": self.config.temperature, "prior": self.config.name_prior}
        return PortableHead("cache", arrays, values | {name: float(state[name][0]) for name in ("alpha", "beta")})

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities:
        return self._softmax(_Cache(z @ z.T, y, z @ names.T, np.arange(len(z))), *self._chosen(z, y, names))

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        counts = np.bincount(state["support_codes"])[state["support_codes"]]
        affinity = np.exp(float(state["beta"][0]) * (z @ state["support"].T - 1.0))
        return np.asarray(float(state["alpha"][0]) * affinity / counts, dtype=np.float32)

    def _softmax(self, cache: _Cache, alpha: float, beta: float) -> Probabilities:
        return ops.softmax(self._logits(cache, alpha, beta) / np.float32(self.config.temperature))

    def _logits(self, cache: _Cache, alpha: float, beta: float) -> NDArray[np.float32]:
        prior = np.float32(self.config.name_prior)
        logits = prior * cache.words + np.float32(alpha) * cache.votes(beta)
        # A class with neither example nor name can't be chosen.
        return logits if prior > 0 else np.where(cache.counts > 0, logits, np.float32(-np.inf))

    def _chosen(self, z: Vectors, y: Codes, names: Vectors) -> tuple[float, float]:
        """Strength a, sharpness b: as set, else the best of the grid on examples that have a second of their class."""
        wanted = self.config
        # Without names a only makes all answers surer.
        strengths = (wanted.alpha,) if wanted.alpha else STRENGTHS if wanted.name_prior > 0 else USUAL[:1]
        sharpnesses = (wanted.beta,) if wanted.beta else SHARPNESSES
        rows = np.flatnonzero(np.bincount(y, minlength=len(names))[y] > 1)
        if not len(rows) or len(strengths) * len(sharpnesses) == 1:
            return wanted.alpha or USUAL[0], wanted.beta or USUAL[1]
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(np.int64))]
        cache = _Cache(z[rows] @ z.T, y, z[rows] @ names.T, rows)

        def rank(pair: tuple[float, float]) -> tuple[int, float]:
            logits = self._logits(cache, *pair) / self.config.temperature
            answers = (ops.softmax(np.float32(sure) * logits)[np.arange(len(rows)), y[rows]] for sure in SURENESS)
            loss = min(float(-np.log(np.maximum(own, 1e-12)).mean()) for own in answers)
            return int((logits.argmax(axis=1) != y[rows]).sum()), loss

        return min(product(strengths, sharpnesses), key=rank)


class _Cache:
    """Cosines of items with examples (n, n_support) of the classes ``codes``, and with names (n, n_way).

    ``left_out`` (n,) are the places of items that are examples themselves: they have no vote on themselves.
    """

    def __init__(
        self, cosines: NDArray[np.float32], codes: Codes, words: NDArray[np.float32], left_out: Codes | None = None
    ) -> None:
        self.words = words
        self.counts = np.tile(np.bincount(codes, minlength=words.shape[1]), (len(words), 1))
        if left_out is not None:
            own = np.arange(len(left_out))
            cosines[own, left_out] = -np.inf
            self.counts[own, codes[left_out]] -= 1
        self._cosines, self._shares = cosines, ops.one_hot(codes, words.shape[1])

    def votes(self, beta: float) -> NDArray[np.float32]:
        """Shape (n, n_way): the mean of exp(-b (1 - cosine)) over the examples of a class; of its name without any."""
        sharp = np.float32(beta)
        sums = np.exp(sharp * (self._cosines - 1.0)) @ self._shares
        named = np.exp(sharp * (self.words - 1.0))
        return np.asarray(np.where(self.counts > 0, sums / np.maximum(self.counts, 1), named), dtype=np.float32)


METHOD = TipAdapter
