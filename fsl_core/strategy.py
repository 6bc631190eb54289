"""The contract of a queue strategy: which unlabelled item to show next, and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.types import Codes, Probabilities, Vectors


@dataclass(frozen=True, slots=True)
class StrategyInfo:
    """What a page says of a strategy."""

    name: str
    title: str
    summary: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class Pool:
    """What a strategy may look at. All arrays run over the same n items of the project."""

    vectors: Vectors | None
    """Shape (n, d) in unit length, or None while the project is still being encoded."""
    probabilities: Probabilities | None
    """Shape (n, n_way), or None when no model answers yet."""
    unlabeled: Codes
    """Rows that have no label, in project order."""
    labeled: Codes
    """Rows that have one."""
    classes: tuple[str, ...]
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pick:
    """One row to show, and the reason as a translatable template with its values."""

    row: int
    reason: str
    values: dict[str, Any]


class Strategy(ABC):
    """Orders unlabelled items. One file in ``fsl_core/strategies`` each, found by the registry."""

    info: ClassVar[StrategyInfo]

    @abstractmethod
    def pick(self, pool: Pool, n: int) -> list[Pick]:
        """At most ``n`` picks among ``pool.unlabeled``, best first, the same for the same pool and seed."""


def random_picks(pool: Pool, n: int) -> list[Pick]:
    """``n`` unlabelled items at random; what strategies fall back on while they know nothing."""
    return [Pick(int(row), "Drawn at random", {}) for row in seeded_order(pool.unlabeled, pool.seed)[:n]]


def seeded_order(rows: Codes, seed: int) -> Codes:
    """``rows`` in an order that only ``seed`` decides and that stays as rows leave the list.

    A permutation would change with its length; sorting by a hash of the row does not. The hash is
    SplitMix64's finisher (Steele, Lea, Flood, OOPSLA 2014).
    """
    mixed = rows.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    with np.errstate(over="ignore"):
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    order: NDArray[np.int64] = np.argsort(mixed, kind="stable")
    return rows[order]
