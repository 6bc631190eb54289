"""What a workspace answers with: plain frozen records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Codes, LabeledSet, Probabilities, Vectors
from fsl_core.contracts.method import Method
from fsl_core.evaluation import calibration
from fsl_core.evaluation.metrics import Report
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.evaluation.streams import AuditReport


@dataclass(frozen=True)
class Support:
    """The items with a class: their rows in the project, and the labelled set.

    In a multi-label project an item stands here once for each of its classes.
    """

    rows: Codes
    labeled: LabeledSet

    @property
    def n_items(self) -> int:
        """How many items there are, each counted once."""
        return len(np.unique(self.rows))


@dataclass(frozen=True)
class Snapshot:
    """One fitted method and what it says of the whole project.

    ``probabilities`` (n, n_way), ``predicted`` (n,) and ``confidence`` (n,) run over all items;
    ``report`` scores the labelled items, each answered by a model that did not see it: ``left_out``, as
    the method said it. Probabilities and confidence are calibrated by ``temperature``. In a
    multi-label project every class has a probability of its own, ``sets`` (n, n_way) holds the
    predicted sets, ``predicted`` is the likeliest class even where the set is empty, and the report is
    a ``multilabel.MultiLabelReport``.
    """

    method: Method[Any] | MultiLabelModel
    classes: tuple[str, ...]
    probabilities: Probabilities
    predicted: Codes
    confidence: NDArray[np.float32]
    report: Report | None
    n_labeled: int
    version: int
    sets: NDArray[np.bool_] | None = None
    left_out: LeftOut | None = None
    temperature: float = 1.0
    rows: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Shape (n_support,): the rows of the items it learned from, in the order of the method's own examples."""
    audit: AuditReport | None = None
    """The score on the audit stream."""
    checked: LeftOut | None = None
    """The check items that were labelled, "none of these" among them, each answered without its own label."""

    @property
    def name(self) -> str:
        """The name of the method."""
        return self.method.name if isinstance(self.method, MultiLabelModel) else self.method.info.name

    def calibrate(self, probabilities: Probabilities) -> Probabilities:
        """What the method says of other items, as sure as this method should be."""
        change = calibration.calibrated if self.sets is None else calibration.calibrated_each
        return change(probabilities, self.temperature)


@dataclass(frozen=True)
class QueueItem:
    """An item to show next; ``reason`` is a template for ``values``.

    ``stream`` is "audit" for an item of the audit stream, "second" for a second opinion, else "".
    """

    item_id: int
    reason: str
    values: dict[str, Any]
    stream: str = ""


@dataclass(frozen=True)
class Neighbor:
    """A support example that speaks for its own class; ``weight`` is relative to the strongest."""

    item_id: int
    text: str
    label: str
    similarity: float
    weight: float
    supports: bool
    """Whether it has the class that the answer finds likeliest; else it speaks against it."""


@dataclass(frozen=True)
class Explanation:
    """One answer with its reasons, which are those for the likeliest class.

    ``similarity`` and ``threshold`` are cosines; unknown when below.
    """

    probabilities: Probabilities
    """Shape (n_way,)."""
    classes: tuple[str, ...]
    neighbors: tuple[Neighbor, ...]
    unknown: bool
    similarity: float
    threshold: float
    vector: Vectors
    """Shape (1, d), raw."""
    members: NDArray[np.bool_] | None = None
    """Shape (n_way,): every class that the item has, in a multi-label project; may be none."""

    @property
    def certainty(self) -> float:
        """How probable it is that the answer is right as a whole."""
        sets = None if self.members is None else self.members[None]
        return float(calibration.certainty(self.probabilities[None], sets)[0])


@dataclass(frozen=True)
class Answers:
    """Answers for n texts: class position, its probability, and whether nothing known is near. Each (n,).

    ``certainty`` (n,) is how probable it is that the answer is right as a whole: of a set, that every class is.
    """

    predicted: Codes
    confidence: NDArray[np.float32]
    unknown: NDArray[np.bool_]
    certainty: NDArray[np.float32]
    sets: NDArray[np.bool_] | None = None
    """Shape (n, n_way) in a multi-label project."""

    def names(self, classes: Sequence[str]) -> list[list[str]]:
        """For each text the names of what it is: one class, or all of a set, which may be none."""
        if self.sets is None:
            return [[classes[code]] for code in self.predicted.tolist()]
        return [[classes[code] for code in np.flatnonzero(row).tolist()] for row in self.sets]


@dataclass(frozen=True)
class LeftOut:
    """Labelled items as a model answers them that never saw their label.

    ``rows`` (m,) in the project, ``probabilities`` and the given classes ``members``, both (m, n_way).
    """

    rows: Codes
    probabilities: Probabilities
    members: NDArray[np.bool_]

    @property
    def codes(self) -> Codes:
        """Shape (m,): the given class, the first one of several."""
        return np.asarray(self.members.argmax(axis=1), dtype=np.int64)


class TrueNeighbors(NamedTuple):
    """How much of a selection hangs together in the full space.

    Of ``n_items`` selected items that were looked at, ``n_close`` have most of their nearest neighbours
    in the selection too; of all their ``n_pairs`` neighbours, ``n_inside`` are.
    """

    n_close: int
    n_items: int
    n_inside: int
    n_pairs: int

    @property
    def share(self) -> float:
        """Share of the neighbours that are selected too; 0 without any."""
        return self.n_inside / self.n_pairs if self.n_pairs else 0.0


def moved(before: Snapshot, after: Snapshot) -> list[tuple[str, int]]:
    """How many items moved to each class between two snapshots of the same items, most first."""
    if len(before.predicted) != len(after.predicted) or before.classes != after.classes:
        return []
    if before.sets is not None and after.sets is not None:
        counts = (after.sets & ~before.sets).sum(axis=0)
    else:
        counts = np.bincount(after.predicted[before.predicted != after.predicted], minlength=len(after.classes))
    return [(after.classes[i], int(counts[i])) for i in np.argsort(-counts, kind="stable") if counts[i]]
