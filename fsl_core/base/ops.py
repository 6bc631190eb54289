"""The small pieces of linear algebra that the methods share. Pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Codes, Probabilities, Vectors


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a zero row stays zero. Shape (n, d)."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def centered(vectors: Vectors, center: NDArray[np.float32]) -> Vectors:
    """l2(l2(x) - center), shape (n, d): how every method reads vectors; ``center`` (d,) is a mean of unit vectors."""
    return unit(unit(vectors) - center)


def softmax(logits: NDArray[np.float32]) -> Probabilities:
    """Row-wise softmax, shape (n, c). A row of -inf alone becomes uniform."""
    top = logits.max(axis=1, keepdims=True)
    shifted = np.where(np.isfinite(top), logits - np.where(np.isfinite(top), top, 0.0), 0.0)
    weights = np.exp(shifted)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def one_hot(codes: Codes, n_way: int) -> NDArray[np.float32]:
    """Shape (n, n_way)."""
    return np.eye(n_way, dtype=np.float32)[codes]


def squared_distances(a: Vectors, b: Vectors) -> NDArray[np.float32]:
    """Squared Euclidean distances, shape (n_a, n_b), never below 0."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
    return np.asarray(np.maximum(squares, 0.0), dtype=np.float32)


def prototypes(
    z: Vectors, codes: Codes, names: Vectors, name_weight: float, weights: NDArray[np.float32] | None = None
) -> Vectors:
    """m_c = (sum of the class's vectors + k t_c) / (n_c + k), shape (n_way, d).

    ``names`` (n_way, d) holds t_c and ``name_weight`` is k; ``weights`` (n,) says how much each row
    counts. A class without examples and k = 0 has no prototype: its row is NaN, and callers give it probability 0.
    """
    n_way = len(names)
    counted = z if weights is None else z * weights[:, None]
    sums = one_hot(codes, n_way).T @ counted + name_weight * names
    counts = np.bincount(codes, weights, minlength=n_way)[:, None] + name_weight
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / counts, dtype=np.float32)


def with_names(
    z: Vectors, codes: Codes, names: Vectors, name_weight: float, weights: NDArray[np.float32] | None = None
) -> tuple[Vectors, Codes, NDArray[np.float32]]:
    """The support with one more row for each class name, and the weight of each row (1 without ``weights`` (n,)).

    Returns vectors (n + n_way, d), codes and weights; with weight 0 the support alone.
    """
    own = np.ones(len(z), dtype=np.float32) if weights is None else weights
    if name_weight == 0:
        return z, codes, own
    n_way = len(names)
    both = np.concatenate([own, np.full(n_way, name_weight)]).astype(np.float32)
    return np.concatenate([z, names]), np.concatenate([codes, np.arange(n_way)]), both


def top_rows(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Indices of the k largest entries of each row, best first, ties by lower index. Shape (n, k)."""
    n = scores.shape[1]
    k = min(k, n)
    if k == n:
        return np.argsort(-scores, axis=1, kind="stable")
    best = np.sort(np.argpartition(scores, n - k, axis=1)[:, n - k :], axis=1)
    found = np.take_along_axis(scores, best, axis=1)
    best = np.take_along_axis(best, np.argsort(-found, axis=1, kind="stable"), axis=1)
    # Of equals at the edge the partition takes any.
    tied = np.flatnonzero((scores >= found.min(axis=1, keepdims=True)).sum(axis=1) > k)
    best[tied] = np.argsort(-scores[tied], axis=1, kind="stable")[:, :k]
    return best
