"""TypiClust: typical items of regions without a label, for the cold start.

Paper: Hacohen, Dekel, Weinshall, "Active Learning on a Budget: Opposite Strategies Suit High and
Low Budgets", ICML 2022, arXiv:2202.02794. The pool is clustered into min(labelled + batch, 500)
clusters; from the largest clusters that hold no label, the item with the highest typicality
(inverse mean distance to its k nearest neighbours) is shown.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fsl_core import ops
from fsl_core.strategy import Pick, Pool, Strategy, StrategyInfo, random_picks
from fsl_core.types import Codes, Vectors

MAX_CLUSTERS = 500
BATCH = 20
NEIGHBORS = 20


class Typical(Strategy):
    """Most typical item of the largest uncovered cluster first."""

    info = StrategyInfo(
        "typical", "Typical of new regions", "Shows one typical item from each region that has no label yet.", order=20
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
                "Typical of {size} similar items, none labelled yet"
                if labels[c] == 0
                else "Typical of {size} similar items, {labeled} labelled"
            )
            picks.append(Pick(int(best), reason, {"size": int(size[c]), "labeled": int(labels[c])}))
            if len(picks) == n:
                break
        return picks


def typicality(vectors: Vectors) -> Vectors:
    """Shape (n,): inverse of the mean distance to the nearest neighbours, at most 2,000 items compared."""
    sample = vectors[:2000]
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
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(n_clusters, random_state=seed, n_init=1, batch_size=2048, max_iter=30)
    return np.asarray(model.fit_predict(frozen.vectors), dtype=np.int64)


STRATEGY = Typical
