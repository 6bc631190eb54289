"""The contract of what proposes examples, and the sources there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fsl_core.base.types import LabeledSet, Progress
from fsl_core.contracts.generator import Generator


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed text for a class (its number), and the rows of the support that it was made from.

    ``second`` is the other class of a text from the boundary of two; it may turn out to be that one's.
    """

    text: str
    code: int
    parents: tuple[int, ...]
    second: int = -1


@dataclass(frozen=True, slots=True)
class Task:
    """What is known: labelled items without the audit stream, words for the classes, pairs that are mixed up most."""

    support: LabeledSet
    words: Mapping[str, str]
    confused: Sequence[tuple[int, int]] = ()
    seed: int = 0
    generator: Generator[Any] | None = None


@dataclass
class Proposed:
    """The candidates so far, and what could not be used: reason -> count. Grows while a source works."""

    candidates: list[Candidate] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, n: int = 1) -> None:
        """Count what could not be used."""
        self.dropped[reason] = self.dropped.get(reason, 0) + n


class Source(ABC):
    """Proposes texts for classes. One file in ``fsl_core/learning/augment/sources`` each."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    needs_generator: ClassVar[bool] = False
    order: ClassVar[int] = 100
    aliases: ClassVar[tuple[str, ...]] = ()
    """Former names: what was saved under them still opens."""

    @abstractmethod
    def propose(self, task: Task, per_class: int, into: Proposed, progress: Progress) -> None:
        """Add about ``per_class`` candidates of each class to ``into``, which keeps them when this is stopped.

        Raises DataError when there is nothing to work with, Cancelled through ``progress``, and what the
        generator raises.
        """
