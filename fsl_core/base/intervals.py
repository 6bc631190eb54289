"""95 % intervals that people can trust at small n."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054


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
