"""Which labelled examples a prompt shows, and in which order.

'similar': those most like the item, the most similar last, next to it (KATE: Liu et al. 2022, arXiv:2101.06804).
'by class': as many of each class, the most typical ones. 'fixed': drawn once by the seed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from fsl_core.base import ops
from fsl_core.base.types import Codes, Vectors

Choice = Literal["similar", "by class", "fixed"]


def most_similar(support: Vectors, query: Vectors, n: int, *, without: int = -1) -> list[int]:
    """Rows of the ``n`` most similar of ``support`` (s, d) to one ``query`` (d,), most similar last."""
    similarity = support @ query
    if 0 <= without < len(similarity):
        similarity[without] = -np.inf
        n = min(n, len(similarity) - 1)
    return [int(row) for row in np.argsort(-similarity, kind="stable")[:n][::-1]]


def by_class(codes: Codes, n: int, *, support: Vectors | None = None, seed: int = 0) -> list[int]:
    """``n`` rows dealt out over the classes in turn, of each class the most typical first, in a mixed order.

    Without vectors the first ones of each class are taken.
    """
    ranked: list[list[int]] = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        if support is not None and len(rows) > 2:
            mean = ops.unit(support[rows].mean(axis=0, keepdims=True))[0]
            rows = rows[np.argsort(-(support[rows] @ mean), kind="stable")]
        ranked.append([int(row) for row in rows])
    dealt: list[int] = []
    for place in range(max((len(rows) for rows in ranked), default=0)):
        dealt += [rows[place] for rows in ranked if place < len(rows)]
    chosen = dealt[:n]
    return [chosen[place] for place in np.random.default_rng(seed).permutation(len(chosen))]


def fixed(n_support: int, n: int, *, seed: int = 0) -> list[int]:
    """``n`` rows at random, the same for every item."""
    return [int(row) for row in np.random.default_rng(seed).permutation(n_support)[:n]]
