"""Least covered class first: what looks like the class with the fewest labels.

Rare classes are where a model learned from chance items fails; looking for them through the model's own
guesses is the guided search of Attenberg and Provost, "Why Label When You Can Search?", KDD 2010.
"""

from __future__ import annotations

import heapq

import numpy as np

from fsl_core.base.notes import N_
from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo, random_picks


class LeastCovered(Strategy):
    """Surest items of the class with the fewest labels; each pick counts as one label more."""

    info = StrategyInfo(
        "least-covered",
        "Fewest labels first",
        "Shows items that look like the class with the fewest labels, the surest first.",
        order=25,
        aliases=("least_covered",),
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        if pool.probabilities is None or len(pool.counts) != len(pool.classes) or len(pool.classes) < 2:
            return random_picks(pool, n)
        proba = pool.probabilities[pool.unlabeled]
        predicted = proba.argmax(axis=1)
        surest = np.argsort(-proba.max(axis=1), kind="stable")
        waiting = {c: surest[predicted[surest] == c].tolist()[::-1] for c in range(len(pool.classes))}
        free = np.ones(len(proba), dtype=bool)
        picks: list[Pick] = []
        heap = [(count, c) for c, count in enumerate(pool.counts)]
        heapq.heapify(heap)
        while heap and len(picks) < min(n, len(proba)):
            count, c = heapq.heappop(heap)
            while waiting[c] and not free[waiting[c][-1]]:
                waiting[c].pop()
            if waiting[c]:
                found, reason = waiting[c].pop(), N_("{name} has few labels ({n}), and this looks like it")
            elif count == pool.counts[c]:
                # The model finds it nowhere: show, once, what comes nearest.
                found = int(np.where(free, proba[:, c], -1.0).argmax())
                reason = N_("{name} has few labels ({n}); nothing looks much like it, and this comes nearest")
            else:
                continue
            free[found] = False
            picks.append(Pick(int(pool.unlabeled[found]), reason, {"name": pool.classes[c], "n": pool.counts[c]}))
            heapq.heappush(heap, (count + 1, c))
        return picks


STRATEGY = LeastCovered
