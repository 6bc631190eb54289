"""How far people agree beyond chance: Cohen's kappa for two, Krippendorff's alpha for any number.

Papers: Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
Measurement 1960; Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania
2011 (nominal metric, missing values allowed). Intervals: bootstrap over items, 95 %, with one more item
on which people agree as far as chance goes; otherwise ten equal labels in a row would claim certainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.intervals import percentile
from fsl_core.base.types import Codes
from fsl_core.data.store import Label
from fsl_core.evaluation.metrics import MINIMUM_N

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A figure in -1..1 with its interval and the items it stands on.

    ``value`` is None where chance alone would agree always (one label only) or nobody overlaps.
    """

    value: float | None
    low: float
    high: float
    n: int
    enough: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people on the items that both labelled; ``same`` of ``kappa.n`` labels are equal."""

    author_a: str
    author_b: str
    same: int
    kappa: Coefficient


@dataclass(frozen=True, slots=True)
class Agreement:
    """All that the overlap of a project says. ``alpha.n`` counts items with at least two labels."""

    authors: tuple[str, ...]
    alpha: Coefficient
    pairs: tuple[Pair, ...]


def agreement(by_author: Mapping[int, Mapping[str, Label]], seed: int = 0) -> Agreement:
    """Agreement between everybody who labelled, from each one's last own label of each item.

    A set of classes counts as one label: two sets agree when they are equal.
    """
    authors = sorted({author for labels in by_author.values() for author in labels})
    ratings = _ratings(by_author, authors)
    pairs = []
    for a, b in combinations(range(len(authors)), 2):
        both = (ratings[a] >= 0) & (ratings[b] >= 0)
        if both.any():
            first, second = ratings[a][both], ratings[b][both]
            same = int((first == second).sum())
            pairs.append(Pair(authors[a], authors[b], same, cohen_kappa(first, second, seed=seed)))
    return Agreement(tuple(authors), krippendorff_alpha(ratings, seed=seed), tuple(pairs))


def cohen_kappa(first: Codes, second: Codes, *, draws: int = DRAWS, seed: int = 0) -> Coefficient:
    """(p_observed - p_chance) / (1 - p_chance) of two people's codes, each (n,)."""
    n = len(first)
    if n == 0:
        return Coefficient(None, -1.0, 1.0, 0, False)
    n_values = int(max(first.max(), second.max())) + 1
    table = np.zeros((n_values, n_values))
    np.add.at(table, (first, second), 1.0)
    # Resampling n items with replacement is one multinomial draw of their cells.
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / n**2
    cells = (table + by_chance).ravel() / (n + 1.0)
    drawn = np.random.default_rng(seed).multinomial(n, cells / cells.sum(), size=draws)
    drawn_tables = drawn.reshape(draws, n_values, n_values).astype(np.float64)
    return _coefficient(_kappas(table[None])[0], _kappas(drawn_tables), n)


def krippendorff_alpha(ratings: NDArray[np.int64], *, draws: int = DRAWS, seed: int = 0) -> Coefficient:
    """1 - D_observed / D_expected for codes (people, items), -1 where somebody gave none."""
    n_values = int(ratings.max(initial=-1)) + 1
    counts = np.stack([(ratings == value).sum(axis=0) for value in range(n_values)], axis=1) if n_values else None
    if counts is None or not (pairable := counts.sum(axis=1) >= 2).any():
        return Coefficient(None, -1.0, 1.0, 0, False)
    counts = counts[pairable].astype(np.float64)
    n = len(counts)
    size = counts.sum(axis=1)
    differing = (size**2 - (counts**2).sum(axis=1)) / (size - 1.0)
    point = _alphas(differing, counts, np.ones((1, n)))[0]
    share = counts.sum(axis=0) / counts.sum()
    differing = np.append(differing, 2.0 * (1.0 - (share**2).sum()))
    counts = np.concatenate([counts, 2.0 * share[None]])
    weights = np.random.default_rng(seed).multinomial(n, np.full(n + 1, 1.0 / (n + 1)), size=draws)
    return _coefficient(point, _alphas(differing, counts, weights.astype(np.float64)), n)


def _kappas(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (draws,) from tables (draws, n_values, n_values); NaN where chance agrees always."""
    total = tables.sum(axis=(1, 2))
    observed = np.trace(tables, axis1=1, axis2=2) / total
    chance = (tables.sum(axis=2) * tables.sum(axis=1)).sum(axis=1) / total**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(chance < 1.0, (observed - chance) / (1.0 - chance), np.nan))


def _alphas(
    differing: NDArray[np.float64], counts: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shape (draws,), of which each (draws, n) takes some items several times.

    ``differing`` (n,): pairs of different ratings in an item over its ratings less one; ``counts``
    (n, n_values): ratings of each item.
    """
    observed = weights @ differing
    totals = weights @ counts
    n = totals.sum(axis=1)
    expected = (n**2 - (totals**2).sum(axis=1)) / (n - 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 1e-9, 1.0 - observed / expected, np.nan))


def _coefficient(point: float, drawn: NDArray[np.float64], n: int) -> Coefficient:
    known = drawn[~np.isnan(drawn)]
    if np.isnan(point) or not len(known):
        return Coefficient(None, -1.0, 1.0, n, False)
    low, high = percentile(known, float(point))
    return Coefficient(float(point), low, high, n, n >= MINIMUM_N)


def _ratings(by_author: Mapping[int, Mapping[str, Label]], authors: list[str]) -> NDArray[np.int64]:
    """Shape (people, items): a number for each distinct label, -1 for none."""
    number: dict[Label, int] = {}
    place = {author: i for i, author in enumerate(authors)}
    ratings = np.full((len(authors), len(by_author)), -1, dtype=np.int64)
    for column, labels in enumerate(by_author.values()):
        for author, label in labels.items():
            if label is not None:
                ratings[place[author], column] = number.setdefault(label, len(number))
    return ratings
