"""Project order: the items as they were imported."""

from __future__ import annotations

from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo


class InOrder(Strategy):
    """First come, first shown."""

    info = StrategyInfo("order", "File order", "Shows the items in the order of the file.", order=40)

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        return [Pick(int(row), "Next in the file", {}) for row in pool.unlabeled[:n]]


STRATEGY = InOrder
