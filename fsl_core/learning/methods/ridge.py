"""Ridge: least squares onto the class indicators, with an exact leave-one-out for free.

Papers: Hoerl and Kennard, "Ridge Regression", Technometrics 1970; as a few-shot head, Bertinetto
et al., "Meta-learning with differentiable closed-form solvers", ICLR 2019, arXiv:1805.08136.
One thin singular value decomposition of the weighted rows, sqrt(w) (z, 1) = U S V^T, serves every
penalty lam: coefficients V S / (S^2 + lam) U^T sqrt(w) Y, leverage h_i = sum_j U_ij^2 S_j^2 / (S_j^2 + lam),
and the score of row i by the fit without it is (fitted_i - h_i y_i) / (1 - h_i), so lam is chosen by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Info, State, VectorMethod, VectorSettings, temperature_setting
from fsl_core.contracts.portable import PortableHead

GRID = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


class RidgeSettings(VectorSettings):
    """Settings of ridge."""

    penalty: float = setting(
        0.0,
        "How strongly the weights are held small. 0 chooses it by leave-one-out among 0.01 ... 3.",
        title="Penalty",
        ge=0.0,
        le=100.0,
    )
    temperature: float = temperature_setting(0.12)


class Ridge(VectorMethod[RidgeSettings]):
    """A linear head in closed form."""

    info = Info(
        name="ridge",
        title="Ridge",
        summary="A linear head in closed form: fits at once, and its leave-one-out score is exact.",
        paper="Bertinetto et al. 2019, arXiv:1805.08136",
        order=50,
    )
    settings = RidgeSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        solved = _Solved(*ops.with_names(z, y, names, self.config.name_prior), len(names), len(z))
        penalty = self.config.penalty or solved.best_penalty()
        fitted = solved.fitted(penalty)[: len(z)]
        residual = solved.targets[: len(z)] - fitted
        return {
            "coefficients": solved.coefficients(penalty).astype(np.float32),
            # What an example adds to a score is its dual coefficient, w r / lam, times (z . z_i + 1).
            "pull": (residual[np.arange(len(z)), y] / penalty).astype(np.float32),
            "known": solved.known,
            "gap": np.array([solved.gap(penalty)]),
            "penalty": np.array([penalty]),
        }

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        scores = z @ state["coefficients"][:-1] + state["coefficients"][-1]
        return self._softmax(scores, state["known"], float(state["gap"][0]))

    def _portable(self, state: State) -> PortableHead:
        heat = self.config.temperature * float(state["gap"][0])
        weight = np.where(state["known"][:, None], state["coefficients"][:-1].T / heat, 0.0)
        bias = np.where(state["known"], state["coefficients"][-1] / heat, -np.inf)
        return PortableHead("linear", {"weight": weight.astype(np.float32), "bias": bias.astype(np.float32)})

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities:
        solved = _Solved(*ops.with_names(z, y, names, self.config.name_prior), len(names), len(z))
        penalty = self.config.penalty or solved.best_penalty()
        return self._softmax(solved.left_out(penalty)[: len(z)], solved.known, solved.gap(penalty))

    def _softmax(self, scores: NDArray[Any], known: NDArray[np.bool_], gap: float) -> Probabilities:
        # A class with neither example nor name was never fitted and can't be chosen.
        return ops.softmax(np.where(known, scores / (self.config.temperature * gap), -np.inf).astype(np.float32))

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        """The exact term that each example adds to the score of its own class."""
        return np.asarray((z @ state["support"].T + 1.0) * state["pull"], dtype=np.float32)


class _Solved:
    """The decomposition of rows (n, d) with weights (n,), ready for any penalty.

    The first ``n_support`` rows are examples, the others class names.
    """

    def __init__(self, rows: Vectors, codes: Codes, weights: NDArray[np.float32], n_way: int, n_support: int) -> None:
        self.targets = ops.one_hot(codes, n_way).astype(np.float64)
        self.known: NDArray[np.bool_] = np.bincount(codes, minlength=n_way) > 0
        self.n_support = n_support
        self._root = np.sqrt(weights.astype(np.float64))[:, None]
        with_one = np.concatenate([rows, np.ones((len(rows), 1))], axis=1) * self._root
        self._u, self._s, self._vt = np.linalg.svd(with_one, full_matrices=False)
        self._projected = self._u.T @ (self._root * self.targets)

    def coefficients(self, penalty: float) -> NDArray[np.float64]:
        """Shape (d + 1, n_way); the last row is the intercept."""
        return np.asarray(self._vt.T @ (self._projected * (self._s / (self._s**2 + penalty))[:, None]))

    def fitted(self, penalty: float) -> NDArray[np.float64]:
        """Scores of the rows themselves, shape (n, n_way)."""
        shrunk = self._s**2 / (self._s**2 + penalty)
        return np.asarray(self._u @ (self._projected * shrunk[:, None]) / self._root)

    def left_out(self, penalty: float) -> NDArray[np.float64]:
        """Scores of each row by the fit without it, shape (n, n_way)."""
        leverage = ((self._u**2) @ (self._s**2 / (self._s**2 + penalty)))[:, None]
        return np.asarray((self.fitted(penalty) - leverage * self.targets) / np.maximum(1.0 - leverage, 1e-9))

    def best_penalty(self) -> float:
        """The penalty with the most right leave-one-out answers on examples; ties go to the smaller error."""
        if self.n_support == 0:
            return 1.0
        wanted = self.targets[: self.n_support]

        def rank(penalty: float) -> tuple[float, float]:
            scores = self.left_out(penalty)[: self.n_support]
            return float((scores.argmax(1) != wanted.argmax(1)).mean()), float(((scores - wanted) ** 2).mean())

        return min(GRID, key=rank)

    def gap(self, penalty: float) -> float:
        """How far the own class leads on what was learned: the unit in which the temperature counts.

        The penalty shrinks all scores; without this, a stronger penalty would make answers less sure.
        """
        n = self.n_support or len(self.targets)
        scores, wanted = self.fitted(penalty)[:n], self.targets[:n]
        own = (scores * wanted).sum(axis=1)
        others = (scores.sum(axis=1) - own) / (scores.shape[1] - 1)
        return max(float((own - others).mean()), 0.05)


METHOD = Ridge
