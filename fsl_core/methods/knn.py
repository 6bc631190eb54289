"""k nearest neighbours: the k most similar examples vote, weighted by their similarity.

Paper: Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information
Theory 1967; the weighting is the one of matching (exp of cosine / T), cut after k neighbours.
A class without a vote gets the share that one neighbour at right angles would have.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core import ops
from fsl_core.config import setting
from fsl_core.method import Info, State, VectorMethod, VectorSettings
from fsl_core.types import Codes, Probabilities, Vectors


class NeighborSettings(VectorSettings):
    """Settings of k nearest neighbours."""

    k: int = setting(10, "How many of the most similar examples vote.", title="Neighbours", ge=1, le=100)
    temperature: float = setting(
        0.1,
        "How much more a closer neighbour counts; high values give every neighbour the same vote.",
        title="Temperature",
        ge=0.005,
        le=1.0,
        advanced=True,
        log_scale=True,
    )


class NearestNeighbors(VectorMethod[NeighborSettings]):
    """The vote of the k most similar examples."""

    info = Info(
        name="knn",
        title="Nearest neighbours",
        summary="Looks at the most similar examples only. Easy to explain: every answer names its witnesses.",
        paper="Cover and Hart 1967",
        order=30,
    )
    settings = NeighborSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        keys, codes, weights = ops.with_names(z, y, names, self.config.name_prior)
        return {"keys": keys, "codes": codes, "weights": weights}

    def _votes(self, similarity: NDArray[np.float32], state: State) -> NDArray[np.float32]:
        """Shape (n, n_keys): exp(cos / T) for the k best of each row, 0 elsewhere."""
        best = ops.top_rows(similarity, self.config.k)
        rows = np.arange(len(similarity))[:, None]
        votes = np.zeros_like(similarity)
        votes[rows, best] = np.exp((similarity[rows, best] - 1.0) / self.config.temperature) * state["weights"][best]
        return np.asarray(votes, dtype=np.float32)

    def _share(self, votes: NDArray[np.float32], state: State) -> Probabilities:
        n_way = len(state["names"])
        totals = votes @ ops.one_hot(state["codes"], n_way) + np.exp(-1.0 / self.config.temperature)
        return np.asarray(totals / totals.sum(axis=1, keepdims=True), dtype=np.float32)

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        return self._share(self._votes(z @ state["keys"].T, state), state)

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities:
        state = {**self._fit(z, y, names), "names": names}
        similarity = z @ state["keys"].T
        np.fill_diagonal(similarity[:, : len(z)], -np.inf)
        return self._share(self._votes(similarity, state), state)

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        votes = self._votes(z @ state["keys"].T, state)
        return np.asarray(
            votes[:, : len(state["support"])] / np.maximum(votes.sum(1, keepdims=True), 1e-12), np.float32
        )


METHOD = NearestNeighbors
