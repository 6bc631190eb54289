"""Labels that may be wrong: doubted by the model, contradicted by a twin, or disputed between people.

The first kind follows confident learning (Northcutt, Jiang, Chuang, "Confident Learning: Estimating
Uncertainty in Dataset Labels", JAIR 2021): a label is suspect where a model that did not see it holds
another class for likelier. They are ranked by self-confidence, the probability of the given label, which
finds more of the mistakes than the margin to the other class does (Kuan, Mueller, "Model-agnostic label
quality scoring to detect real-world label errors", ICML 2022 workshop), and the probabilities are best
averaged over methods of different kinds. With 5 % of the labels changed at random, of as many suspects
as there are mistakes 69 % (TREC, 1,500 items) and 89 % (BANKING77, 2,500 items) were mistakes; by
margin and the nearest prototype alone it was 34 and 62 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.data.store import Label

NEAR = 0.95
BLOCK = 512
MOST_PAIRS = 1_000


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label the model doubts.

    ``given`` and ``suggested`` are class positions. In a multi-label project one of them is -1: the
    class was given and is doubted, or it is missing and expected; then ``p_given`` is the probability
    that it was rightly given, or rightly not. ``doubt`` is 1 - ``p_given``.
    """

    row: int
    given: int
    suggested: int
    p_given: float
    p_suggested: float
    doubt: float


@dataclass(frozen=True, slots=True)
class Twins:
    """Two nearly equal items with different labels; ``row_a < row_b``. ``exact``: equal but for case and spaces."""

    row_a: int
    row_b: int
    similarity: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    """One item on which people differ: each one's last own label."""

    item_id: int
    labels: dict[str, Label]


def suspects(left_out: Probabilities, given: Codes, rows: Codes | None = None) -> list[Suspect]:
    """Labels (m,) for which a model that never saw them (m, n_way) has a likelier class, most doubtful first.

    ``rows`` (m,) are the numbers that the suspects carry; 0 .. m - 1 by default.
    """
    places = np.arange(len(given))
    rows = places if rows is None else rows
    others = left_out.copy()
    others[places, given] = -1.0
    suggested = others.argmax(axis=1)
    own, best = left_out[places, given], others[places, suggested]
    doubt = 1.0 - own
    return [
        Suspect(int(rows[i]), int(given[i]), int(suggested[i]), float(own[i]), float(best[i]), float(doubt[i]))
        for i in np.lexsort((-best, own))
        if best[i] > own[i]
    ]


def suspect_sets(left_out: Probabilities, given: NDArray[np.bool_], rows: Codes | None = None) -> list[Suspect]:
    """The same for sets of classes (m, n_way): a given class with p < 0.5, or one not given with p > 0.5."""
    rows = np.arange(len(given)) if rows is None else rows
    doubt = np.where(given, 1.0 - left_out, left_out)
    found = []
    for flat in np.argsort(-doubt, axis=None, kind="stable"):
        row, c = divmod(int(flat), given.shape[1])
        if doubt[row, c] <= 0.5:
            break
        p = float(left_out[row, c])
        if given[row, c]:
            found.append(Suspect(int(rows[row]), c, -1, p, 1.0 - p, float(doubt[row, c])))
        else:
            found.append(Suspect(int(rows[row]), -1, c, 1.0 - p, p, float(doubt[row, c])))
    return found


def twins(
    vectors: Vectors,
    labels: NDArray[np.bool_],
    folded: list[str],
    threshold: float = NEAR,
    limit: int = MOST_PAIRS,
    block: int = BLOCK,
) -> list[Twins]:
    """Pairs among m labelled items whose labels differ though the items hardly do, most similar first.

    ``vectors`` (m, d) in unit length, ``labels`` (m, n_way), ``folded`` the texts without case and
    accents. Memory grows with m, not with its square. At most ``limit`` pairs, the most similar ones.
    """
    kind = _kinds(labels)
    pairs: dict[tuple[int, int], float] = {}
    for a, b in _equal_pairs(folded, kind, limit):
        pairs[a, b] = 1.0
    exact = set(pairs)
    for start in range(0, len(vectors), block):
        similarity = vectors[start : start + block] @ vectors[start:].T
        near = similarity >= threshold
        near &= kind[start : start + block, None] != kind[None, start:]
        left, right = np.nonzero(near)
        for i, j in zip(left, right, strict=True):
            if i < j:
                pairs.setdefault((int(start + i), int(start + j)), min(float(similarity[i, j]), 1.0))
        if len(pairs) > 4 * limit:
            kept = sorted(pairs, key=lambda pair: -pairs[pair])[:limit]
            pairs = {pair: pairs[pair] for pair in kept}
    order = sorted(pairs, key=lambda pair: (pair not in exact, -pairs[pair], pair))[:limit]
    return [Twins(a, b, pairs[a, b], (a, b) in exact) for a, b in order]


def disputes(by_author: Mapping[int, Mapping[str, Label]]) -> list[Dispute]:
    """Items on which at least two people gave different labels, by item id. No label is no opinion."""
    found = []
    for item_id in sorted(by_author):
        labels: dict[str, Label] = {author: label for author, label in by_author[item_id].items() if label is not None}
        if len(set(labels.values())) > 1:
            found.append(Dispute(item_id, labels))
    return found


def _kinds(labels: NDArray[np.bool_]) -> Codes:
    """Shape (m,): a number for each distinct set of classes."""
    if not len(labels):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.unique(labels, axis=0, return_inverse=True)[1], dtype=np.int64).reshape(-1)


def _equal_pairs(folded: list[str], kind: Codes, limit: int) -> Iterator[tuple[int, int]]:
    """Pairs of equal texts with different labels: each item beside the first of another kind."""
    seen: dict[str, dict[int, int]] = {}
    found = 0
    for row, text in enumerate(folded):
        kinds = seen.setdefault(text, {})
        other = next((first for number, first in kinds.items() if number != kind[row]), None)
        kinds.setdefault(int(kind[row]), row)
        if other is not None and text:
            yield other, row
            found += 1
            if found == limit:
                return
