"""Two models on the same splits: how far apart they are, and whether that is more than the noise.

The splits of repeated cross-validation share most of their training items, so their differences vary less than those
of fresh samples would. Nadeau and Bengio ("Inference for the Generalization Error", Machine Learning 52, 2003) widen
the variance of the mean of J differences from s^2 / J to (1 / J + n_test / n_train) s^2; the interval is that of
Student's t with J - 1 degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fsl_core.evaluation.metrics import Measure

FEWEST = 4
"""Splits below which their spread says too little."""


def difference(first: Sequence[float], second: Sequence[float], folds: int) -> Measure:
    """Mean accuracy of ``first`` minus ``second``, (J,) each over the same splits into so many folds, and its interval.

    ``n`` counts the splits; below FEWEST there is not enough to say.
    """
    from scipy import stats  # type: ignore[import-untyped]

    apart = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    n = len(apart)
    if n < 2:
        return Measure(float(apart.mean()) if n else 0.0, -1.0, 1.0, n, False)
    test_to_train = 1.0 / max(folds - 1, 1)
    error = float(np.sqrt((1.0 / n + test_to_train) * apart.var(ddof=1)))
    half = float(stats.t.ppf(0.975, n - 1)) * error
    mean = float(apart.mean())
    return Measure(mean, max(-1.0, mean - half), min(1.0, mean + half), n, n >= FEWEST)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who is best among several methods on the same splits, by their places in the list.

    ``level`` are the best one and those that differ from it by no more than the noise, the quickest to fit first.
    ``gap`` is the lead of the best over ``runner_up``, the best of the others; both None where there is none.
    """

    best: int
    level: tuple[int, ...]
    runner_up: int | None = None
    gap: Measure | None = None

    @property
    def simplest(self) -> int:
        """The quickest to fit of those that are level."""
        return self.level[0]


def rank(splits: Sequence[Sequence[float]], seconds: Sequence[float], folds: int) -> Ranking | None:
    """The ranking of methods with accuracies ``splits`` (k, J) that take so many ``seconds`` to fit.

    None with too few splits, or where they are not the same for all.
    """
    if not splits or len({len(one) for one in splits}) != 1 or len(splits[0]) < FEWEST:
        return None
    means = [float(np.mean(one)) for one in splits]
    # Of equals the quickest.
    best = min(range(len(splits)), key=lambda i: (-means[i], seconds[i]))
    gaps = {i: difference(splits[best], splits[i], folds) for i in range(len(splits)) if i != best}
    level = [best, *(i for i, gap in gaps.items() if gap.low <= 0.0)]
    behind = max((i for i in gaps if i not in level), key=lambda i: means[i], default=None)
    quickest = tuple(sorted(level, key=lambda i: seconds[i]))
    return Ranking(best, quickest, behind, None if behind is None else gaps[behind])
