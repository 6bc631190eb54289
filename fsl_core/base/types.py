"""The nouns that every layer shares: items, labelled sets, episodes, progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import DataError

T = TypeVar("T")

Item = str | Path
"""A text, or the path of an image file."""

Vectors = NDArray[np.float32]
"""Shape (n, d)."""

Probabilities = NDArray[np.float32]
"""Shape (n, n_way); rows sum to 1; columns in the order of ``LabeledSet.classes``."""

Codes = NDArray[np.int64]
"""Shape (n,); class numbers 0 .. n_way - 1."""

Progress = Callable[[float, str], None]
"""Called with a fraction 0..1 and a message; it may raise Cancelled to stop the work."""


def silent(fraction: float, message: str) -> None:
    """The Progress of a caller that does not want to hear about it."""


def span(progress: Progress, low: float, high: float) -> Progress:
    """The Progress of a part of the work, which takes the whole from ``low`` to ``high``."""
    return lambda fraction, message: progress(low + (high - low) * fraction, message)


@dataclass(frozen=True, slots=True)
class LabeledSet:
    """Items with one label each: a support or a query set.

    Where an item may have several classes, ``sets`` holds all those of each item, and ``labels`` one of
    them. ``classes`` fixes the column order of every probability matrix. It defaults to the labels in
    order of first appearance and may name classes that have no item yet (0 shots).
    """

    items: tuple[Item, ...]
    labels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.items) != len(self.labels):
            raise DataError(
                "There are {items} items but {labels} labels.",
                "Give one label for each item.",
                items=len(self.items),
                labels=len(self.labels),
            )
        seen = tuple(dict.fromkeys(self.labels))
        if not self.classes:
            object.__setattr__(self, "classes", seen)
        if len(set(self.classes)) != len(self.classes):
            raise DataError("A class is named twice: {classes}.", "Give each class its own name.", classes=self.classes)
        if self.sets and len(self.sets) != len(self.items):
            raise DataError(
                "There are {items} items but {sets} sets of classes.",
                "Give every item its set.",
                items=len(self.items),
                sets=len(self.sets),
            )
        if strangers := [label for label in seen if label not in self.classes]:
            raise DataError(
                "Labels {strangers} are not among the classes {classes}.",
                "Add these classes, or correct the labels.",
                strangers=strangers[:5],
                classes=list(self.classes[:10]),
            )

    def __len__(self) -> int:
        return len(self.items)

    @property
    def n_way(self) -> int:
        """Number of classes, those without an item included."""
        return len(self.classes)

    @property
    def codes(self) -> Codes:
        """Shape (n,): the position of each label in ``classes``."""
        position = {name: i for i, name in enumerate(self.classes)}
        return np.array([position[label] for label in self.labels], dtype=np.int64)

    @property
    def members(self) -> NDArray[np.bool_]:
        """Shape (n, n_way): which classes each item has."""
        if not self.sets:
            return np.eye(self.n_way, dtype=bool)[self.codes]
        return np.array([[name in own for name in self.classes] for own in self.sets], dtype=bool)

    def take(self, indices: Sequence[int] | Codes) -> LabeledSet:
        """The items at ``indices``, with the same classes."""

        def chosen(values: tuple[T, ...]) -> tuple[T, ...]:
            return tuple(values[i] for i in indices) if values else ()

        return LabeledSet(chosen(self.items), chosen(self.labels), self.classes, chosen(self.sets))


@dataclass(frozen=True, slots=True)
class Episode:
    """One few-shot task: learn from ``support``, answer ``query``. Both share their classes."""

    support: LabeledSet
    query: LabeledSet

    def __post_init__(self) -> None:
        if self.support.classes != self.query.classes:
            raise DataError("Support and query of an episode have different classes.", "Give both the same classes.")
