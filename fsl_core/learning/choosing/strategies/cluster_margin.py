"""Cluster-margin: doubtful items, but one from each group of similar ones.

Paper: Citovsky et al., "Batch Active Learning at Scale", NeurIPS 2021, arXiv:2107.14263. The items of
smallest margin are grouped by average linkage and taken from the groups in turn. The paper groups the
whole pool once and fills a large batch from the smallest group up; here the candidates alone are
grouped, and the largest group comes first, because a person labels one item at a time and the model
answers anew after each: a label then speaks for as many doubtful items as possible.
"""

from __future__ import annotations

import numpy as np

from fsl_core.base.notes import N_
from fsl_core.base.types import Codes, Vectors
from fsl_core.contracts.strategy import BETWEEN, WHETHER, Pick, Pool, Strategy, StrategyInfo, doubt, random_picks

CANDIDATES = 250
GROUPS = 25
ALIKE = {
    BETWEEN: N_("The model hesitates between {first} and {second}, here and on {others} similar items"),
    WHETHER: N_("The model cannot say whether this is {first}, nor of {others} similar items"),
}
"""Reason for one item -> reason for one that stands for others."""


class ClusterMargin(Strategy):
    """The most doubtful item of each group of doubtful items, largest group first."""

    info = StrategyInfo(
        "cluster-margin",
        "Uncertain and different",
        "Shows items on which the model hesitates, one from each group of similar ones.",
        order=15,
        aliases=("cluster_margin",),
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        if pool.probabilities is None or pool.vectors is None or len(pool.classes) < 2:
            return random_picks(pool, n)
        unsure = doubt(pool.probabilities[pool.unlabeled], pool.multi_label)
        doubtful = np.argsort(unsure.margin, kind="stable")[: max(CANDIDATES, 2 * n)]
        group = _groups(pool.vectors[pool.unlabeled[doubtful]])
        size = np.bincount(group, minlength=1)
        # The place of an item in its own group, then the groups in turn.
        place = np.zeros(len(group), dtype=np.int64)
        for number in range(len(size)):
            place[group == number] = np.arange(size[number])
        taken = np.lexsort((np.arange(len(group)), -size[group], place))[:n]
        picks = []
        for i in taken:
            reason, values = unsure.words(int(doubtful[i]), pool.classes)
            if (others := int(size[group[i]]) - 1) > 0:
                reason = ALIKE.get(reason, reason)
            picks.append(Pick(int(pool.unlabeled[doubtful[i]]), reason, {**values, "others": others}))
        return picks


def _groups(vectors: Vectors) -> Codes:
    """Shape (n,): group 0, 1, ... of each candidate, by average linkage."""
    from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]

    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    return np.asarray(fcluster(linkage(vectors, "average"), GROUPS, "maxclust"), dtype=np.int64) - 1


STRATEGY = ClusterMargin
