"""k nearest neighbours: the k most similar examples vote, weighted by their similarity.

Paper: Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information
Theory 1967; the weighting is the one of matching (exp of cosine / T), cut after k neighbours.
A class without a vote gets the share that one neighbour at right angles would have.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Info, State, VectorMethod, VectorSettings
from fsl_core.contracts.portable import PortableHead

BLOCK = 512
"""Items compared with all examples at a time: memory grows with the examples, not with their square."""


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
        weighs=True,
        order=30,
    )
    settings = NeighborSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        keys, codes, weights = ops.with_names(z, y, names, self.config.name_prior, self.row_weights)
        return {"keys": keys, "codes": codes, "weights": weights}

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        return self._shares(state, z, left_out=False)

    def _portable(self, state: State) -> PortableHead:
        arrays = {name: state[name] for name in ("keys", "codes", "weights")}
        values = {"temperature": self.config.temperature, "n_way": len(state["names"]), "k": self.config.k}
        return PortableHead("neighbours", arrays, values)

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities:
        return self._shares({**self._fit(z, y, names), "names": names}, z, left_out=True)

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        best, votes = self._votes(z @ state["keys"].T, state)
        shares = np.zeros((len(z), len(state["keys"])), dtype=np.float32)
        np.put_along_axis(shares, best, votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-12), axis=1)
        return shares[:, : len(state["support"])]

    def _shares(self, state: State, z: Vectors, *, left_out: bool) -> Probabilities:
        """Each class's share of the votes; ``left_out``: row i is the i-th key, and has no vote on itself."""
        n_way = len(state["names"])
        totals = np.zeros((len(z), n_way))
        for start in range(0, len(z), BLOCK):
            similarity = z[start : start + BLOCK] @ state["keys"].T
            rows = np.arange(len(similarity))
            if left_out:
                similarity[rows, start + rows] = -np.inf
            best, votes = self._votes(similarity, state)
            places = rows[:, None] * n_way + state["codes"][best]
            counted = np.bincount(places.reshape(-1), votes.reshape(-1), minlength=len(rows) * n_way)
            totals[start : start + BLOCK] = counted.reshape(len(rows), n_way)
        totals += np.exp(-1.0 / self.config.temperature)
        return np.asarray(totals / totals.sum(axis=1, keepdims=True), dtype=np.float32)

    def _votes(self, similarity: NDArray[np.float32], state: State) -> tuple[Codes, NDArray[np.float32]]:
        """The k best keys of each row, and exp(cos / T) for each; both (n, k)."""
        best = ops.top_rows(similarity, self.config.k)
        found = np.take_along_axis(similarity, best, axis=1)
        return best, np.exp((found - 1.0) / self.config.temperature) * state["weights"][best]


METHOD = NearestNeighbors
