"""Is an item like anything the model has seen? A distance test behind the answer "none of these".

Distance to the nearest class mean is a strong baseline for out-of-scope detection (compare Podolskiy
et al., "Revisiting Mahalanobis Distance for Transformer-Based Out-of-Domain Detection", AAAI 2021).
The threshold needs no outside examples: it is the 5 % quantile of how similar the labelled items
are to the means computed without them, so about 95 % of true class members pass. Where the items
are nearly alike (one template filled in many times) that quantile would refuse every other wording,
so it never lies above half way between how similar unrelated and how similar related items are here.
Measured on CLINC150 with the bundled encoder, 10 shots: 95 % of the test queries pass, 75 % of the
1,000 out-of-scope ones are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.types import Codes, Vectors

QUANTILE = 0.05
MINIMUM_LABELED = 20
SAMPLE = 1000


@dataclass(frozen=True)
class Novelty:
    """Reference vectors (m, d), unit length, and the cosine below which an item is new.

    ``left_out`` (n_support,) is the similarity of each labelled item to the references made without it; None where the
    references are no class means.
    """

    reference: Vectors
    threshold: float
    left_out: NDArray[np.float32] | None = None

    def similarity(self, z: Vectors) -> NDArray[np.float32]:
        """Shape (n,): cosine to the nearest reference, of unit vectors (n, d)."""
        return np.asarray((z @ self.reference.T).max(axis=1), dtype=np.float32)

    def is_new(self, z: Vectors) -> NDArray[np.bool_]:
        """Shape (n,): True where nothing known is near enough."""
        return self.similarity(z) < self.threshold


def from_support(z: Vectors, codes: Codes, n_way: int) -> Novelty | None:
    """By the class means of a support (n, d), or None below 20 items or when a class has fewer than two."""
    counts = np.bincount(codes, minlength=n_way)
    if len(z) < MINIMUM_LABELED or counts.min() < 2:
        return None
    sums = ops.one_hot(codes, n_way).T @ z
    means = ops.unit(sums)
    left_out = z @ means.T
    own = ops.unit(sums[codes] - z)
    left_out[np.arange(len(z)), codes] = (z * own).sum(axis=1)
    nearest = np.asarray(left_out.max(axis=1), dtype=np.float32)
    return Novelty(means, _threshold(nearest, background=float((z @ means.T).mean())), nearest)


def from_pool(z: Vectors, seed: int = 0) -> Novelty | None:
    """By the items of the project, labelled or not, for the time before there are enough labels."""
    if len(z) < MINIMUM_LABELED:
        return None
    rows = np.random.default_rng(seed).permutation(len(z))[:SAMPLE]
    similarity = z[rows] @ z.T
    background = float(similarity.mean())
    similarity[np.arange(len(rows)), rows] = -1.0
    return Novelty(z, _threshold(similarity.max(axis=1), background))


def _threshold(related: NDArray[np.float32], background: float) -> float:
    """From the similarities (n,) of items to their nearest reference, and that of unrelated pairs."""
    half_way = (background + float(np.median(related))) / 2
    return min(float(np.quantile(related, QUANTILE)), half_way)
