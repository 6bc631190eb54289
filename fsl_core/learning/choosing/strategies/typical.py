"""TypiClust: typical items of regions without a label, for the cold start.

Paper: Hacohen, Dekel, Weinshall, "Active Learning on a Budget: Opposite Strategies Suit High and
Low Budgets", ICML 2022, arXiv:2202.02794. The pool is clustered into min(labelled + batch, 500)
clusters; from the largest clusters that hold no label, the item with the highest typicality
(inverse mean distance to its k nearest neighbours) is shown.

People wait for the answer, so the clusters are found on a sample and on the main directions of the
vectors (Halko, Martinsson, Tropp, "Finding Structure with Randomness", SIAM Review 2011), and each item
then joins the nearest one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fsl_core.base import ops
from fsl_core.base.notes import N_
from fsl_core.base.types import Codes, Vectors
from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo, random_picks

MAX_CLUSTERS = 500
BATCH = 20
NEIGHBORS = 20
COMPARED = 500
"""Items of a cluster that typicality looks at."""
SAMPLE = 4_000
DIRECTIONS = 32
ROUNDS = 8


class Typical(Strategy):
    """Most typical item of the largest uncovered cluster first."""

    info = StrategyInfo(
        "typiclust",
        "Typical of new regions",
        "Shows one typical item from each region that has no label yet.",
        order=5,
        aliases=("typical",),
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        if pool.vectors is None or len(pool.unlabeled) <= n:
            return random_picks(pool, n)
        # The number of clusters grows in steps of a batch: the order holds still between them.
        n_clusters = min(BATCH * (1 + len(pool.labeled) // BATCH), MAX_CLUSTERS, len(pool.vectors))
        cluster = _clusters(_Frozen(pool.vectors), n_clusters, pool.seed)
        labels = np.bincount(cluster[pool.labeled], minlength=n_clusters)
        size = np.bincount(cluster, minlength=n_clusters)
        order = sorted(range(n_clusters), key=lambda c: (labels[c], -size[c]))
        picks: list[Pick] = []
        for c in order:
            members = pool.unlabeled[cluster[pool.unlabeled] == c]
            if len(members) == 0:
                continue
            best = members[typicality(pool.vectors[members]).argmax()]
            reason = (
                N_("Typical of {size} similar items, none labelled yet")
                if labels[c] == 0
                else N_("Typical of {size} similar items, {labeled} labelled")
            )
            picks.append(Pick(int(best), reason, {"size": int(size[c]), "labeled": int(labels[c])}))
            if len(picks) == n:
                break
        return picks


def typicality(vectors: Vectors) -> Vectors:
    """Shape (n,): inverse of the mean distance to the nearest neighbours, at most 500 items compared."""
    sample = vectors[:COMPARED]
    distances = np.sqrt(ops.squared_distances(vectors, sample))
    k = min(NEIGHBORS, len(sample) - 1)
    if k < 1:
        return np.ones(len(vectors), dtype=np.float32)
    nearest = np.partition(distances, k, axis=1)[:, : k + 1]
    return np.asarray(1.0 / np.maximum(nearest.sum(1) / k, 1e-6), dtype=np.float32)


class _Frozen:
    """Vectors as a cache key: by identity, as a workspace never changes them in place."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors

    def __hash__(self) -> int:
        return id(self.vectors)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other.vectors is self.vectors


@lru_cache(maxsize=8)
def _clusters(frozen: _Frozen, n_clusters: int, seed: int) -> Codes:
    """Shape (n,): k-means, Lloyd's rounds on a sample."""
    points = _reduced(frozen, seed)
    rng = np.random.default_rng(seed)
    train = points[rng.permutation(len(points))[:SAMPLE]]
    centers = train[_spread(train, n_clusters, rng)]
    for _round in range(ROUNDS):
        near = ops.squared_distances(train, centers).argmin(axis=1)
        order, counts = np.argsort(near, kind="stable"), np.bincount(near, minlength=len(centers))
        used = np.flatnonzero(counts)
        starts = (np.cumsum(counts) - counts)[used]
        centers[used] = np.add.reduceat(train[order], starts, axis=0) / counts[used][:, None]
    return np.concatenate(
        [ops.squared_distances(points[i : i + SAMPLE], centers).argmin(axis=1) for i in range(0, len(points), SAMPLE)]
    )


def _spread(points: Vectors, n: int, rng: np.random.Generator) -> Codes:
    """Rows of ``n`` starting centres by k-means++ (Arthur, Vassilvitskii, SODA 2007), a few at a time."""
    chosen = rng.integers(len(points), size=1)
    nearest = ops.squared_distances(points, points[chosen]).min(axis=1)
    while len(chosen) < n and nearest.sum() > 0:
        wanted = min(n - len(chosen), max(1, n // 50), int((nearest > 0).sum()))
        more = rng.choice(len(points), size=wanted, replace=False, p=nearest / nearest.sum(dtype=np.float64))
        nearest = np.minimum(nearest, ops.squared_distances(points, points[more]).min(axis=1))
        nearest[more] = 0.0
        chosen = np.concatenate([chosen, more])
    return chosen


@lru_cache(maxsize=4)
def _reduced(frozen: _Frozen, seed: int) -> Vectors:
    """Shape (n, at most 32): the vectors along the main directions of a sample."""
    vectors = frozen.vectors
    if vectors.shape[1] <= DIRECTIONS:
        return vectors
    rng = np.random.default_rng(seed)
    sample = vectors[rng.permutation(len(vectors))[: SAMPLE // 2]]
    sample = sample - sample.mean(axis=0)
    guess = sample.T @ (sample @ rng.normal(size=(vectors.shape[1], DIRECTIONS)).astype(np.float32))
    directions, _triangle = np.linalg.qr(guess)
    return np.asarray(vectors @ directions, dtype=np.float32)


STRATEGY = Typical
