"""Matching: every example votes for its class, the more the more similar it is.

Paper: Vinyals et al., "Matching Networks for One Shot Learning", NeurIPS 2016, arXiv:1606.04080,
without full-context embeddings and on a frozen encoder: a(q, s) = softmax over the support of
cos(q, s) / T, and p(c | q) is the attention that falls on the examples of c.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Info, State, VectorMethod, VectorSettings
from fsl_core.contracts.portable import PortableHead


class MatchingSettings(VectorSettings):
    """Settings of matching."""

    temperature: float = setting(
        0.05,
        "How sharply the attention falls on the most similar examples; lower comes closer to the single nearest one.",
        title="Temperature",
        ge=0.005,
        le=1.0,
        advanced=True,
        log_scale=True,
    )


class Matching(VectorMethod[MatchingSettings]):
    """Soft attention over the support."""

    info = Info(
        name="matching",
        title="Matching",
        summary="Lets every example vote, weighted by its similarity. Good when a class has several meanings.",
        paper="Vinyals et al. 2016, arXiv:1606.04080",
        weighs=True,
        order=20,
    )
    settings = MatchingSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        keys, codes, weights = ops.with_names(z, y, names, self.config.name_prior, self.row_weights)
        return {"keys": keys, "codes": codes, "weights": weights}

    def _attention(self, state: State, z: Vectors) -> NDArray[np.float32]:
        # The weight of a row multiplies its exp, that is, it adds its log to the logit.
        return ops.softmax(z @ state["keys"].T / self.config.temperature + np.log(state["weights"]))

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        return np.asarray(
            self._attention(state, z) @ ops.one_hot(state["codes"], len(state["names"])), dtype=np.float32
        )

    def _portable(self, state: State) -> PortableHead:
        arrays = {name: state[name] for name in ("keys", "codes", "weights")}
        values = {"temperature": self.config.temperature, "n_way": len(state["names"])}
        return PortableHead("attention", arrays, values)

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities:
        keys, codes, weights = ops.with_names(z, y, names, self.config.name_prior)
        logits = z @ keys.T / self.config.temperature + np.log(weights)
        logits[np.arange(len(z)), np.arange(len(z))] = -np.inf
        return np.asarray(ops.softmax(logits) @ ops.one_hot(codes, len(names)), dtype=np.float32)

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        return self._attention(state, z)[:, : len(state["support"])]


METHOD = Matching
