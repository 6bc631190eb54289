"""Margin sampling: the items between two classes come first.

Paper: Scheffer, Decomain, Wrobel, "Active Hidden Markov Models for Information Extraction",
IDA 2001: the smaller the gap between the two most probable classes, the more a label teaches.
"""

from __future__ import annotations

import numpy as np

from fsl_core.strategy import Pick, Pool, Strategy, StrategyInfo, random_picks


class Uncertain(Strategy):
    """Smallest margin first; random order while no model answers."""

    info = StrategyInfo(
        "uncertain",
        "Most uncertain",
        "Shows the items on which the model hesitates: each label teaches most.",
        order=10,
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        if pool.probabilities is None or len(pool.classes) < 2:
            return random_picks(pool, n)
        proba = pool.probabilities[pool.unlabeled]
        top = np.argsort(-proba, axis=1, kind="stable")[:, :2]
        rows = np.arange(len(proba))
        margin = proba[rows, top[:, 0]] - proba[rows, top[:, 1]]
        return [
            Pick(
                int(pool.unlabeled[i]),
                "The model hesitates between {first} and {second}",
                {"first": pool.classes[top[i, 0]], "second": pool.classes[top[i, 1]]},
            )
            for i in np.argsort(margin, kind="stable")[:n]
        ]


STRATEGY = Uncertain
