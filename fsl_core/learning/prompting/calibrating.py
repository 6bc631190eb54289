"""From log-probabilities of labels to probabilities of classes.

Label words differ in length and in how likely they are whatever the text says; each correction takes one of
these out. Brown et al. 2020, arXiv:2005.14165 (length); Holtzman et al. 2021, arXiv:2104.08315 (DC-PMI); Zhao et
al. 2021, arXiv:2102.09690 (contextual calibration); Zhou et al. 2024, arXiv:2309.17249 (batch calibration).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.types import Probabilities

Floats = NDArray[np.float64]
Calibration = Literal["none", "dc-pmi", "contextual", "batch"]
NULL_TEXTS = ("N/A", "", "[MASK]")
"""Texts that say nothing, for contextual calibration."""


def normalised(log_probs: Floats, lengths: NDArray[np.int64], power: float) -> Floats:
    """Shape (n, k): log p / length^power."""
    return np.asarray(log_probs / np.maximum(lengths, 1) ** power, dtype=np.float64)


def pmi(log_probs: Floats, domain: Floats) -> Floats:
    """Shape (n, k): log p(y | x, prompt) - log p(y | domain prompt), the latter (k,)."""
    return log_probs - domain[None]


def softmax(scores: Floats) -> Floats:
    """Shape (n, k); rows sum to 1."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)


def divided(probabilities: Floats, prior: Floats) -> Floats:
    """Shape (n, k): p / prior, summing to 1 again; ``prior`` is (k,) or (n, k)."""
    quotient = probabilities / np.maximum(prior, 1e-9)
    return np.asarray(quotient / quotient.sum(axis=1, keepdims=True), dtype=np.float64)


def listed(probabilities: Floats, shortlists: list[list[int]]) -> Probabilities:
    """The classes that a prompt did not list share a thousandth; shape (n, k)."""
    found = np.asarray(probabilities, dtype=np.float64).copy()
    for row, codes in enumerate(shortlists):
        if 0 < len(codes) < found.shape[1]:
            rest = np.setdiff1d(np.arange(found.shape[1]), codes)
            found[row, rest] = 0.0
            found[row] *= 0.999 / max(found[row].sum(), 1e-12)
            found[row, rest] = 0.001 / len(rest)
    return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float32)
