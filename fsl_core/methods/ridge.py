"""Ridge: least squares onto the class indicators, with an exact leave-one-out for free.

Papers: Hoerl and Kennard, "Ridge Regression", Technometrics 1970; as a few-shot head, Bertinetto
et al., "Meta-learning with differentiable closed-form solvers", ICLR 2019, arXiv:1805.08136.
Dual form A = (G + lam W^-1)^-1 Y with G = Z Z^T + 1 (the 1 is an intercept) and row weights W;
the leave-one-out residual of row i is A_i / [(G + lam W^-1)^-1]_ii, so lam is chosen by it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core import ops
from fsl_core.config import setting
from fsl_core.method import Info, State, VectorMethod, VectorSettings
from fsl_core.types import Codes, Probabilities, Vectors

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
    temperature: float = setting(
        0.03,
        "How sharply scores turn into probabilities; lower is surer. It never changes the chosen class.",
        title="Temperature",
        ge=0.005,
        le=1.0,
        advanced=True,
        log_scale=True,
    )


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
        rows, codes, weights = ops.with_names(z, y, names, self.config.name_prior)
        targets = ops.one_hot(codes, len(names)).astype(np.float64)
        penalty = self.config.penalty or self._best_penalty(rows, targets, weights, len(z))
        dual, _ = _solve(rows, targets, weights, penalty)
        return {
            "dual": dual.astype(np.float32),
            "rows": rows,
            "known": (np.bincount(codes, minlength=len(names)) > 0),
            "penalty": np.array([penalty], dtype=np.float64),
        }

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        scores = (z @ state["rows"].T + 1.0) @ state["dual"]
        return self._softmax(scores, state["known"])

    def _softmax(self, scores: NDArray[np.float32], known: NDArray[np.bool_]) -> Probabilities:
        # A class with neither example nor name was never fitted and can't be chosen.
        return ops.softmax(np.where(known, scores / self.config.temperature, -np.inf).astype(np.float32))

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities:
        rows, codes, weights = ops.with_names(z, y, names, self.config.name_prior)
        targets = ops.one_hot(codes, len(names)).astype(np.float64)
        penalty = self.config.penalty or self._best_penalty(rows, targets, weights, len(z))
        left_out = _left_out(rows, targets, weights, penalty)[: len(z)]
        known = np.bincount(codes, minlength=len(names)) > 0
        return self._softmax(left_out.astype(np.float32), known)

    def _best_penalty(
        self, rows: Vectors, targets: NDArray[np.float64], weights: NDArray[np.float32], n_support: int
    ) -> float:
        """The penalty with the most right leave-one-out answers on real examples; ties go to the smaller error."""
        if n_support == 0:
            return 1.0

        def rank(penalty: float) -> tuple[float, float]:
            scores = _left_out(rows, targets, weights, penalty)[:n_support]
            wanted = targets[:n_support]
            return float((scores.argmax(1) != wanted.argmax(1)).mean()), float(((scores - wanted) ** 2).mean())

        return min(GRID, key=rank)

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        """The exact term that each example adds to the score of its own class."""
        n = len(state["support"])
        kernel = z @ state["rows"].T + 1.0
        own = state["dual"][np.arange(n), state["support_codes"]]
        return np.asarray(kernel[:, :n] * own, dtype=np.float32)


def _solve(
    rows: Vectors, targets: NDArray[np.float64], weights: NDArray[np.float32], penalty: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Dual coefficients (n, n_way) and the inverse of the penalised Gram matrix (n, n)."""
    gram = rows.astype(np.float64) @ rows.T.astype(np.float64) + 1.0
    inverse = np.asarray(np.linalg.inv(gram + np.diag(penalty / weights)), dtype=np.float64)
    return np.asarray(inverse @ targets, dtype=np.float64), inverse


def _left_out(
    rows: Vectors, targets: NDArray[np.float64], weights: NDArray[np.float32], penalty: float
) -> NDArray[np.float64]:
    """Scores (n, n_way) of each row by the fit without it: y_i - A_i / inverse_ii."""
    dual, inverse = _solve(rows, targets, weights, penalty)
    return targets - dual / np.diag(inverse)[:, None]


METHOD = Ridge
