"""The head of real labels that says what each proposal is; made anew wherever other labels may be known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Vectors
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.evaluation.cross_validation import has_second, left_out_probabilities
from fsl_core.learning.augment import filtering
from fsl_core.learning.augment.filtering import Passed
from fsl_core.learning.augment.source import Candidate
from fsl_core.learning.choosing.search import TextIndex
from fsl_core.registry import create_method

JUDGE = "logistic"


@dataclass(frozen=True)
class Proposals:
    """Proposed texts with their vectors (n, d), and the vector (d,) of an empty text."""

    candidates: tuple[Candidate, ...]
    vectors: Vectors
    empty: NDArray[np.float32]

    def take(self, places: list[int]) -> Proposals:
        """Those at ``places``."""
        return Proposals(tuple(self.candidates[place] for place in places), self.vectors[places], self.empty)


def left_out(support: LabeledSet, vectors: Vectors, context: Context) -> Probabilities:
    """Shape (n, n_way): each real example answered by a judge that did not see it."""
    head = create_method(JUDGE, None, context)
    return left_out_probabilities(head, None, support, context, vectors=vectors, by_folds=True)


def accepted(
    support: LabeledSet,
    vectors: Vectors,
    context: Context,
    proposals: Proposals,
    *,
    known: Vectors | None = None,
    known_folded: list[str] | None = None,
    unseen: Probabilities | None = None,
) -> tuple[list[Passed], dict[str, int]]:
    """What passes every rule by a judge that learned from ``support`` (with ``vectors``), and how many fell to which.

    ``known`` are the unit vectors of all texts that must not be repeated, by default those of the support.
    """
    if not proposals.candidates:
        return [], {}
    unseen = left_out(support, vectors, context) if unseen is None else unseen
    head = create_method(JUDGE, None, context)
    assert isinstance(head, VectorMethod)
    head.fit_vectors(vectors, support.codes, support.classes)
    said = head.predict_vectors(proposals.vectors)
    nothing = head.predict_vectors(proposals.empty[None])[0]
    floors = filtering.thresholds(unseen, support.codes, nothing)
    texts = [one.text for one in proposals.candidates]
    folded = TextIndex([str(item) for item in support.items]).folded if known_folded is None else known_folded
    return filtering.passing(
        proposals.candidates, said, nothing, floors, ops.unit(proposals.vectors), TextIndex(texts).folded,
        ops.unit(vectors) if known is None else known, folded,
    )  # fmt: skip


def within(
    support: LabeledSet, vectors: Vectors, context: Context, proposals: Proposals, train: Codes
) -> tuple[Vectors, Codes]:
    """Vectors and classes of what a judge of the rows ``train`` accepts that owes nothing to any other row."""
    inside = set(train.tolist())
    part = proposals.take([i for i, one in enumerate(proposals.candidates) if inside.issuperset(one.parents)])
    small = support.take(train)
    if (np.bincount(small.codes) >= 1).sum() < 2 or not has_second(small.codes).any():
        return part.vectors[:0], np.zeros(0, dtype=np.int64)
    passed, _dropped = accepted(small, vectors[train], context, part)
    place = {id(one): i for i, one in enumerate(part.candidates)}
    rows = [place[id(one.candidate)] for one in passed]
    return part.vectors[rows], np.array([one.code for one in passed], dtype=np.int64)
