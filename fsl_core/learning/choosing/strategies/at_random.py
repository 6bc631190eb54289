"""Random order: the only one whose labels give an unbiased score."""

from __future__ import annotations

from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo, random_picks


class AtRandom(Strategy):
    """A fixed random order of the project."""

    info = StrategyInfo(
        "random", "Random", "Shows items at random, so that scores stand for the whole project.", order=30
    )

    def pick(self, pool: Pool, n: int) -> list[Pick]:
        return random_picks(pool, n)


STRATEGY = AtRandom
