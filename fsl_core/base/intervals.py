"""95 % intervals that people can trust at small n."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
TAIL = 0.025
"""Outside of a 95 % interval at each end."""
MANY = 5_000
"""From so many further draws on their own chance no longer shows beside that of the draws seen."""


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Interval of a proportion, (0, 1) when n is 0. Wilson, JASA 1927.

    ``hits`` may be fractional: a mean over repeats of the same n items.
    """
    if n <= 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def prediction(hits: float, n: float, ahead: int) -> tuple[float, float]:
    """Interval for the share of hits in ``ahead`` further draws, after ``hits`` in ``n`` random ones; (0, 1) at n = 0.

    It covers at least 95 % whatever the true share: the limits invert the hypergeometric test that the draws seen
    and the draws to come are alike, and by the negative hypergeometric identity these are beta-binomial quantiles
    (Thatcher, "Relationships between Bayesian and confidence limits for predictions", JRSS B 1964). For many further
    draws they become the limits of Clopper and Pearson (Biometrika 1934), which are used from MANY on. ``hits`` and
    ``n`` may be fractional, where a draw counts for less than a whole one.
    """
    from scipy import stats  # type: ignore[import-untyped]

    if n <= 0 or ahead <= 0:
        return 0.0, 1.0
    low_beta, high_beta = (hits, n - hits + 1), (hits + 1, n - hits)
    if ahead >= MANY:
        low = float(stats.beta.ppf(TAIL, *low_beta)) if hits else 0.0
        high = float(stats.beta.ppf(1 - TAIL, *high_beta)) if hits < n else 1.0
    else:
        low = _beta_binomial(ahead, *low_beta, TAIL) / ahead if hits else 0.0
        high = _beta_binomial(ahead, *high_beta, 1 - TAIL) / ahead if hits < n else 1.0
    return low, high


def _beta_binomial(n: int, a: float, b: float, share: float) -> int:
    """The smallest k whose distribution function reaches ``share``."""
    from scipy.special import betaln, gammaln  # type: ignore[import-untyped]

    k = np.arange(n + 1)
    log = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + betaln(k + a, n - k + b) - betaln(a, b)
    return int(np.searchsorted(np.cumsum(np.exp(log)), share).clip(0, n))


def confusion_draws(
    confusion: NDArray[np.float64], draws: int = 400, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stratified bootstrap of a confusion matrix (n_way, n_way), rows true, columns predicted.

    Resampling the items of one true class with replacement is one multinomial draw from its row.
    A row is smoothed by one item that follows the overall accuracy, since otherwise a perfect row
    of three items would claim certainty; being centred on the overall accuracy, the smoothing
    does not shift the mean over many classes. Returns the diagonal and the column sums of every
    draw, each (draws, n_way), which is all that recall, precision and F1 need.
    """
    rng = np.random.default_rng(seed)
    n_way, total = len(confusion), confusion.sum()
    accuracy = (np.trace(confusion) + 0.5) / (total + 1.0)
    hits, predicted = np.zeros((draws, n_way)), np.zeros((draws, n_way))
    for row in np.flatnonzero(confusion.sum(1) > 0):
        n_row = confusion[row].sum()
        share = confusion[row] + (1.0 - accuracy) / max(n_way - 1, 1)
        share[row] = confusion[row, row] + accuracy
        drawn = rng.multinomial(max(1, round(n_row)), share / share.sum(), size=draws)
        hits[:, row] = drawn[:, row]
        predicted += drawn
    return hits, predicted


def percentile(values: NDArray[np.float64], point: float) -> tuple[float, float]:
    """Central 95 % of the draws, widened where needed to hold the point estimate."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(min(low, point)), float(max(high, point))
