"""Search a project by meaning and by words at once, behind filters.

Two rankings, the cosine to the typed text and the words that an item shares with it, are fused by
reciprocal rank (Cormack, Clarke, Buettcher, SIGIR 2009): an item's score is the sum of 1 / (60 + rank)
over the rankings it is in. Ranks need no common scale, which cosines and word counts do not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Codes, Vectors
from fsl_core.learning.choosing import folding

RANK_OFFSET = 60
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What an item must be like; a field left at its default asks for nothing.

    ``label`` and ``predicted`` are class positions (the class is among the item's classes); a label may
    also be "none" (none of these), "any" (has a label) or "missing". ``min_confidence`` and
    ``max_confidence`` bound the model's own probability. ``disagreement``: the model, without having
    seen the label, says something else. ``source`` is who set the label, ``text`` must occur.
    """

    label: int | Literal["none", "any", "missing"] | None = None
    predicted: int | None = None
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    disagreement: bool | None = None
    flagged: bool | None = None
    source: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of each of n items, for the filters. Arrays of the model are None before it answers."""

    labels: NDArray[np.bool_]
    """Shape (n, n_way): the classes that people gave."""
    has_label: NDArray[np.bool_]
    """Shape (n,): True for "none of these" too."""
    flagged: NDArray[np.bool_]
    """Shape (n,)."""
    sources: NDArray[np.str_]
    """Shape (n,): "person", "import", ..., or "" without a label."""
    predicted: NDArray[np.bool_] | None = None
    """Shape (n, n_way)."""
    confidence: NDArray[np.float32] | None = None
    """Shape (n,)."""
    disagrees: NDArray[np.bool_] | None = None
    """Shape (n,)."""


@dataclass(frozen=True)
class SearchResult:
    """Rows that were found, best first. The other arrays run along them; each (k,)."""

    rows: Codes
    score: NDArray[np.float64]
    similarity: NDArray[np.float32]
    """Cosine to the typed text; NaN where nothing was typed or nothing is encoded."""
    in_text: NDArray[np.bool_]
    """Whether some of the typed words occur in the item."""
    n_matching: int
    """Items that pass the filters; with typed text all of them are ranked and the first are returned."""


class TextIndex:
    """The texts of a project made ready for searching; build it once and keep it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.folded = [folding.fold(text) for text in texts]

    def contains(self, text: str) -> NDArray[np.bool_]:
        """Shape (n,): where the text occurs, whatever its case and accents."""
        wanted = folding.fold(text)
        return np.fromiter((wanted in folded for folded in self.folded), dtype=bool, count=len(self.folded))

    def scores(self, query: str) -> NDArray[np.float64]:
        """Shape (n,): 0 without a common word. Rare words count more; the whole query in one piece most.

        The share of the query's words in 0..1, each weighted by log(1 + n / items that have it), plus 1
        where the query occurs as it is, plus 1 more where it does not begin or end inside a word.
        """
        wanted = folding.fold(query)
        score = np.zeros(len(self.folded))
        if not wanted or not self.folded:
            return score
        total = 0.0
        for word in folding.words(wanted):
            has = np.fromiter((word in folded for folded in self.folded), dtype=bool, count=len(self.folded))
            weight = log(1.0 + len(self.folded) / max(int(has.sum()), 1))
            score += weight * has
            total += weight
        score /= max(total, 1e-9)
        for row in np.flatnonzero(self.contains(query)):
            score[row] += 1.0 + _occurs_whole(self.folded[row], wanted)
        return score


def search(
    index: TextIndex,
    query: str = "",
    *,
    query_vector: Vectors | None = None,
    vectors: Vectors | None = None,
    facts: Facts | None = None,
    filters: Filters | None = None,
    limit: int = LIMIT,
) -> SearchResult:
    """The best ``limit`` items for a typed text among those that pass the filters.

    ``vectors`` (n, d) and ``query_vector`` (d,) are in unit length. Without them only words count;
    without a query the items that pass come in project order.
    """
    allowed = np.flatnonzero(passing(filters or Filters(), facts, index))
    similarity = np.full(len(index.folded), np.nan, dtype=np.float32)
    if not query.strip():
        rows = allowed[:limit]
        return SearchResult(rows, np.zeros(len(rows)), similarity[rows], np.zeros(len(rows), dtype=bool), len(allowed))
    words = index.scores(query)
    score = np.zeros(len(index.folded))
    if vectors is not None and query_vector is not None:
        similarity = np.asarray(vectors @ query_vector, dtype=np.float32)
        score[allowed] += _reciprocal_ranks(np.round(similarity[allowed], 6))
    with_words = allowed[words[allowed] > 0]
    score[with_words] += _reciprocal_ranks(words[with_words])
    rows = allowed[np.lexsort((-np.nan_to_num(similarity[allowed]), -score[allowed]))]
    rows = rows[score[rows] > 0][:limit]
    return SearchResult(rows, score[rows], similarity[rows], words[rows] > 0, len(allowed))


def passing(filters: Filters, facts: Facts | None, index: TextIndex) -> NDArray[np.bool_]:
    """Shape (n,): which items pass. A filter on a model that does not answer yet passes nothing."""
    keep = np.ones(len(index.folded), dtype=bool)
    if filters.text:
        keep &= index.contains(filters.text)
    if facts is None:
        return keep
    keep &= _label_is(filters.label, facts)
    if filters.predicted is not None:
        keep &= False if facts.predicted is None else facts.predicted[:, filters.predicted]
    if filters.min_confidence > 0.0 or filters.max_confidence < 1.0:
        confidence = facts.confidence
        keep &= (
            False
            if confidence is None
            else (confidence >= filters.min_confidence) & (confidence <= filters.max_confidence)
        )
    if filters.disagreement is not None:
        keep &= False if facts.disagrees is None else facts.has_label & (facts.disagrees == filters.disagreement)
    if filters.flagged is not None:
        keep &= facts.flagged == filters.flagged
    if filters.source is not None:
        keep &= facts.sources == filters.source
    return keep


def _label_is(label: int | str | None, facts: Facts) -> NDArray[np.bool_]:
    if label is None:
        return np.ones(len(facts.has_label), dtype=bool)
    if label == "missing":
        return ~facts.has_label
    if label == "any":
        return facts.has_label
    if label == "none":
        return facts.has_label & ~facts.labels.any(axis=1)
    return facts.labels[:, int(label)]


def _reciprocal_ranks(scores: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Shape (n,): 1 / (60 + rank); the best has rank 1, and equal scores have equal ranks."""
    better = len(scores) - np.searchsorted(np.sort(scores), scores, side="right")
    return np.asarray(1.0 / (RANK_OFFSET + 1.0 + better))


def _occurs_whole(folded: str, wanted: str) -> bool:
    start = folded.find(wanted)
    while start >= 0:
        if folding.is_whole(folded, start, start + len(wanted)):
            return True
        start = folded.find(wanted, start + 1)
    return False
