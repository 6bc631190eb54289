"""Margin sampling: the items between two classes come first.

Paper: Scheffer, Decomain, Wrobel, "Active Hidden Markov Models for Information Extraction",
IDA 2001: the smaller the gap between the two most probable classes, the more a label teaches.
"""

from __future__ import annotations

import numpy as np

from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo, doubt, random_picks


class Uncertain(Strategy):
    """Smallest margin first; random order while no model answers."""

    info = StrategyInfo(
        "margin",
        "Most uncertain",
        "Shows the items on which the model hesitates: each label teaches most.",
        order=10,
        aliases=("uncertain",),
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        if pool.probabilities is None or len(pool.classes) < 2:
            return random_picks(pool, n)
        unsure = doubt(pool.probabilities[pool.unlabeled], pool.multi_label)
        return [
            Pick(int(pool.unlabeled[i]), *unsure.words(int(i), pool.classes))
            for i in np.argsort(unsure.margin, kind="stable")[:n]
        ]


STRATEGY = Uncertain
