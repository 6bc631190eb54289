"""Items like a search: what a person describes in words comes first.

Nearest neighbours of the query's vector; the fastest way to a class that the model has never seen
(compare Attenberg and Provost, "Why Label When You Can Search?", KDD 2010).
"""

from __future__ import annotations

import numpy as np

from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo, random_picks


class LikeSearch(Strategy):
    """Highest cosine to the query first; random order while there is none."""

    info = StrategyInfo(
        "like-search",
        "Like a search",
        "Shows the items that are nearest in meaning to what you typed.",
        order=27,
        needs_query=True,
        aliases=("like_search",),
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        if pool.query is None or pool.vectors is None:
            return random_picks(pool, n)
        cosine = pool.vectors[pool.unlabeled] @ pool.query
        return [
            Pick(int(pool.unlabeled[i]), "Close to your search: {query}", {"query": pool.query_text})
            for i in np.argsort(-cosine, kind="stable")[:n]
        ]


STRATEGY = LikeSearch
