"""Probabilities that mean what they say: temperature scaling on left-out answers, and how far off they are.

Paper: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
arXiv:1706.04599. One number, the temperature T, makes all answers of a model surer (below 1) or less
sure (above 1): p becomes p^(1/T), scaled to sum 1. The order of the classes never changes. T is fitted
on labelled items, each answered by a model that did not see it.

The paper has thousands of such answers; here there may be ten, or none. So b = 1 / T has a gamma prior
with its mode at 1 / T0, and we minimise NLL(b) + s (b T0 - log b): s counts how many answers the prior
weighs as much as, and both terms are convex. T0 is what other data taught (``benchmarks.calibration
--learn``): log T0 = a + b log(1 + shots) + c log(n_way).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Codes, Probabilities

STRENGTH = 10.0
"""How many answers the prior counts for."""
PRIORS = {
    "prototype": (1.70, -0.37, -0.30),
    "matching": (1.41, -0.13, -0.39),
    "knn": (-0.13, 0.20, -0.16),
    "ridge": (0.12, 0.47, -0.27),
    "logistic": (-1.12, 0.49, -0.05),
}
"""Method -> a, b, c. A method that is not here starts at T = 1."""
MOST_SHOTS, MOST_WAYS = 10, 16
"""The largest values that the priors were learned on; beyond them they stay the same."""
COLDEST, HOTTEST = 0.1, 10.0
HALVINGS = 14
MOST = 1_000
"""Answers that a temperature is fitted on at most: more change nothing that anybody can see."""
BINS = 10
TINY = 1e-12


def prior_temperature(method: str, shots: float, n_way: int) -> float:
    """T0 for a method with so many examples a class, before any left-out answer."""
    a, b, c = PRIORS.get(method, (0.0, 0.0, 0.0))
    return float(np.exp(a + b * np.log1p(min(shots, MOST_SHOTS)) + c * np.log(min(n_way, MOST_WAYS))))


def fit_temperature(left_out: Probabilities, codes: Codes, *, prior: float = 1.0, strength: float = STRENGTH) -> float:
    """The temperature for a model that answered items of the classes ``codes`` (n,) like this (n, n_way).

    ``prior`` is the temperature without any answer, and ``strength`` how many answers it weighs as much as.
    """
    rows = np.unique(np.linspace(0, len(codes) - 1, min(len(codes), MOST)).astype(np.int64))
    logs = np.log(np.maximum(left_out[rows].astype(np.float64), TINY))
    logs -= logs.max(axis=1, keepdims=True)
    own = float(logs[np.arange(len(rows)), codes[rows]].sum())

    def slope(b: float) -> float:
        """How fast the loss rises at b = 1 / T; it is convex, so this never falls."""
        weights = np.exp(b * logs)
        expected = float(((weights * logs).sum(axis=1) / weights.sum(axis=1)).sum())
        return expected - own + strength * (prior - 1.0 / b)

    low, high = 1.0 / HOTTEST, 1.0 / COLDEST
    for _halving in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(1.0 / np.sqrt(low * high))


def calibrated(probabilities: Probabilities, temperature: float) -> Probabilities:
    """The answers (n, n_way) at this temperature; the likeliest class stays the likeliest."""
    if not probabilities.size:
        return probabilities
    top, rows = probabilities.argmax(axis=1), np.arange(len(probabilities))
    powers = (probabilities / probabilities[rows, top][:, None]).astype(np.float64) ** (1.0 / temperature)
    found = np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
    # Rounding may make two classes equal that were nearly so.
    level = np.flatnonzero(found.argmax(axis=1) != top)
    found[level, top[level]] = np.nextafter(found[level].max(axis=1), np.float32(2.0))
    return found


def calibrated_each(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """The same where every class has a probability of its own; what is below a half stays there."""
    exact = np.clip(probabilities.astype(np.float64), 0.0, 1.0)  # a sum of shares may be a hair above 1
    yes, no = exact ** (1.0 / temperature), (1.0 - exact) ** (1.0 / temperature)
    found = np.asarray(yes / (yes + no), dtype=np.float32)
    half = np.float32(0.5)
    found[(probabilities < half) & (found >= half)] = np.nextafter(half, np.float32(0.0))
    return found


def certainty(probabilities: Probabilities, sets: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Shape (n,): how probable it is that an answer is right as a whole, from calibrated probabilities (n, n_way).

    That of the likeliest class; of ``sets`` (n, n_way) that every class is rightly in or out, counted as independent.
    """
    if not len(probabilities):
        return np.zeros(0, dtype=np.float32)
    if sets is None:
        return np.asarray(probabilities.max(axis=1), dtype=np.float32)
    return np.asarray(np.where(sets, probabilities, 1.0 - probabilities).prod(axis=1), dtype=np.float32)


# -- how far off -----------------------------------------------------------------------------------


def calibration_error(probabilities: Probabilities, codes: Codes, bins: int = BINS) -> float:
    """Expected calibration error: the gap between confidence and accuracy, over bins of equally many items."""
    confidence, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == codes
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(abs(confidence[part].sum() - right[part].sum()) for part in parts) / max(len(codes), 1))


def brier_score(probabilities: Probabilities, codes: Codes) -> float:
    """Mean squared distance (0..2) of the answers (n, n_way) to the truth."""
    truth = np.eye(probabilities.shape[1])[codes]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def log_loss(probabilities: Probabilities, codes: Codes) -> float:
    """Mean negative log-probability of the true class."""
    own = probabilities[np.arange(len(codes)), codes].astype(np.float64)
    return float(-np.log(np.maximum(own, TINY)).mean())
