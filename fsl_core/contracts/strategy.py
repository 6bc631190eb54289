"""The contract of a queue strategy: which unlabelled item to show next, and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.notes import N_
from fsl_core.base.types import Codes, Probabilities, Vectors

BETWEEN = N_("The model hesitates between {first} and {second}")
WHETHER = N_("The model cannot say whether this is {first}")
"""Reasons for showing an item that the model doubts."""


@dataclass(frozen=True, slots=True)
class StrategyInfo:
    """What a page says of a strategy."""

    name: str
    title: str
    summary: str
    order: int = 100
    needs_query: bool = False
    """Whether it needs something typed to look for."""
    aliases: tuple[str, ...] = ()
    """Former names: what was saved under them still opens."""


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
    counts: tuple[int, ...] = ()
    """Labelled items of each class; empty when nobody counted."""
    query: Vectors | None = None
    """Shape (d,) in unit length: what the person is looking for, or None."""
    query_text: str = ""
    """The same in the person's words."""
    multi_label: bool = False
    """Whether each class has a probability of its own, and an item any number of classes."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One row to show, and the reason as a translatable template with its values."""

    row: int
    reason: str
    values: dict[str, Any]


class Strategy(ABC):
    """Orders unlabelled items. One file in ``fsl_core/learning/choosing/strategies`` each, found by the registry.

    A whole one:

    >>> from fsl_core.contracts.strategy import Pick, Pool, Strategy, StrategyInfo
    >>> class NewestFirst(Strategy):
    ...     info = StrategyInfo(
    ...         name="newest-first", title="Newest first", summary="Shows what was imported last."
    ...     )
    ...     def pick(self, pool, n):
    ...         return [Pick(int(row), "Imported last", {}) for row in pool.unlabeled[::-1][:n]]
    >>> STRATEGY = NewestFirst

    >>> import numpy as np
    >>> pool = Pool(None, None, unlabeled=np.array([0, 2, 4]), labeled=np.array([1, 3]), classes=("a", "b"))
    >>> [(pick.row, pick.reason) for pick in NewestFirst().pick(pool, 2)]
    [(4, 'Imported last'), (2, 'Imported last')]
    """

    info: ClassVar[StrategyInfo]

    @abstractmethod
    def pick(self, pool: Pool, n: int) -> list[Pick]:
        """At most ``n`` picks among ``pool.unlabeled``, best first, the same for the same pool and seed."""


def random_picks(pool: Pool, n: int) -> list[Pick]:
    """``n`` unlabelled items at random; what strategies fall back on while they know nothing."""
    return [Pick(int(row), "Drawn at random", {}) for row in seeded_order(pool.unlabeled, pool.seed)[:n]]


def seeded_order(rows: Codes, seed: int) -> Codes:
    """``rows`` in an order that only ``seed`` decides and that stays as rows leave the list.

    A permutation would change with its length; sorting by a hash of the row does not.
    """
    order: NDArray[np.int64] = np.argsort(mixed_bits(rows, seed), kind="stable")
    return rows[order]


def mixed_bits(numbers: Codes, seed: int) -> NDArray[np.uint64]:
    """Shape (n,): a hash of each number under a seed, evenly spread over 64 bits.

    SplitMix64's finisher (Steele, Lea, Flood, OOPSLA 2014).
    """
    mixed = numbers.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = mixed + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


@dataclass(frozen=True, slots=True)
class Doubt:
    """How far the model is from certain about m rows, and between what it hesitates. Each (m,)."""

    margin: NDArray[np.float32]
    """In 0..1: lead of the first class over the second; or of yes over no, for the most doubtful class."""
    first: Codes
    second: Codes
    """-1 where the question is whether the first class holds at all."""

    def words(self, i: int, classes: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
        """A reason for showing row ``i``: template and values."""
        values = {"first": classes[self.first[i]], "second": classes[self.second[i]] if self.second[i] >= 0 else ""}
        if self.second[i] < 0:
            return WHETHER, values
        return BETWEEN, values


def doubt(probabilities: Probabilities, multi_label: bool = False) -> Doubt:
    """The doubt in the rows of (m, n_way)."""
    rows = np.arange(len(probabilities))
    if multi_label:
        margins = np.abs(2.0 * probabilities - 1.0)
        least = margins.argmin(axis=1)
        return Doubt(margins[rows, least], least, np.full(len(rows), -1, dtype=np.int64))
    first = probabilities.argmax(axis=1)
    others = probabilities.copy()
    others[rows, first] = -1.0
    second = others.argmax(axis=1)
    return Doubt(probabilities[rows, first] - others[rows, second], first, second)
