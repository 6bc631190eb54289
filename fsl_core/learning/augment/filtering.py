"""Which candidates deserve a person's look: labelled anew, told apart clearly, informative, and nothing twice.

PVI = log p(y | x) - log p(y | empty text) (Ethayarajh et al. 2022, arXiv:2110.08420), with a threshold for each class
as in ICDA (arXiv:2302.05096): what the real examples of the class reach. Labelling anew is the step that PromptMix
(arXiv:2310.14192) found to matter most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.notes import N_
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.learning.augment.source import Candidate

NEAR = 0.95
"""Cosine from which a candidate says nothing that is not there already."""
MARGIN = 0.1
"""Least lead of the likeliest class over the next."""
QUANTILE = 0.1
"""Of the PVI of a class's real examples, what a candidate must reach at least."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A candidate that got through, with the class that it was given in the end and why it got through.

    ``nearest``: row of the most similar known item, at this cosine.
    """

    candidate: Candidate
    code: int
    p: float
    margin: float
    pvi: float
    nearest: int
    similarity: float


def pvi(p: NDArray[np.floating], p_empty: NDArray[np.floating]) -> NDArray[np.float64]:
    """log2 p(y|x) - log2 p(y|empty), for probabilities of the same classes."""
    return np.asarray(np.log2(np.maximum(p, 1e-9)) - np.log2(np.maximum(p_empty, 1e-9)), dtype=np.float64)


def thresholds(left_out: Probabilities, codes: Codes, p_empty: Probabilities) -> NDArray[np.float64]:
    """Shape (n_way,): the PVI that a class asks for, from real examples (n, n_way) answered without their label."""
    own = pvi(left_out[np.arange(len(codes)), codes], p_empty[codes])
    found = np.zeros(left_out.shape[1])
    for code in range(left_out.shape[1]):
        if (codes == code).sum() >= 2:
            found[code] = np.quantile(own[codes == code], QUANTILE)
    return found


def passing(
    candidates: Sequence[Candidate],
    probabilities: Probabilities,
    p_empty: Probabilities,
    floors: NDArray[np.float64],
    vectors: Vectors,
    folded: Sequence[str],
    known: Vectors,
    known_folded: Sequence[str],
) -> tuple[list[Passed], dict[str, int]]:
    """Those that pass, in their order, and how many fell to each rule.

    ``probabilities`` (n, n_way) are what the model of real labels says of the candidates, ``p_empty`` (n_way,) of an
    empty text; ``vectors`` (n, d) and ``known`` (m, d) are of unit length.
    """
    passed: list[Passed] = []
    dropped: dict[str, int] = {}
    seen, taken = set(known_folded), list[int]()
    for place, candidate in enumerate(candidates):
        order = np.argsort(-probabilities[place], kind="stable")
        best, share = int(order[0]), float(probabilities[place, order[0]])
        lead = share - float(probabilities[place, order[1]])
        gain = float(pvi(probabilities[place, best : best + 1], p_empty[best : best + 1])[0])
        cosines = known @ vectors[place]
        near = int(cosines.argmax()) if len(known) else -1
        like = float(cosines[near]) if len(known) else -1.0
        own = float(max((vectors[place] @ vectors[other] for other in taken), default=-1.0))
        reason = ""
        if folded[place] in seen or max(like, own) >= NEAR:
            reason = N_("nearly the same as another")
        elif best not in (candidate.code, candidate.second):
            reason = N_("taken for another class")
        elif lead < MARGIN:
            reason = N_("between two classes")
        elif gain < floors[best]:
            reason = N_("tells too little of its class")
        if reason:
            dropped[reason] = dropped.get(reason, 0) + 1
            continue
        seen.add(folded[place])
        taken.append(place)
        passed.append(Passed(candidate, best, share, lead, gain, near, like))
    return passed, dropped


def most_confused(left_out: Probabilities, codes: Codes, n: int) -> list[tuple[int, int]]:
    """The ``n`` pairs (true class, class it is taken for) with the most probability on the wrong side."""
    n_way = left_out.shape[1]
    mass = np.zeros((n_way, n_way))
    np.add.at(mass, codes, left_out)
    np.fill_diagonal(mass, 0.0)
    order = np.argsort(-mass, axis=None, kind="stable")[:n]
    return [(int(place // n_way), int(place % n_way)) for place in order if mass.flat[place] > 0]
