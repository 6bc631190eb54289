"""LP++: a linear head of which each weight is a learned vector plus a learned share of the class name.

Paper: Huang et al., "LP++: A Surprisingly Strong Linear Probe for Few-Shot CLIP", CVPR 2024, arXiv:2404.02285:
logits_c = f^T (w_c + a_c t_c), cross-entropy on the examples, w started from the class centroids, a from how
alike the examples of a class and its name are, then descent in turn over the blocks w and a, here with
Nesterov's momentum. Step sizes are no settings but come from the data: 1 / L, with L a bound on the curvature
of the block. The softmax has a Hessian of at most 1/2, so L_w = lambda_max(F^T F / N) / 2 and
L_a = max_c mean_i (f_i^T t_c)^2 / 2.

A class without an example has its name as its only one, which also makes 0 shots a case like any other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Info, State, VectorMethod, VectorSettings
from fsl_core.contracts.portable import PortableHead


class LpPlusSettings(VectorSettings):
    """Settings of LP++."""

    iterations: int = setting(
        60, "Steps of descent: more follow the examples more closely, fewer stay with the class means.", ge=0, le=1000
    )
    temperature: float = setting(
        0.07,
        "How sure the class means are before the first step; lower is surer.",
        title="Temperature",
        ge=0.005,
        le=1.0,
        advanced=True,
        log_scale=True,
    )


class LpPlus(VectorMethod[LpPlusSettings]):
    """A linear head that blends learned weights with the class names."""

    info = Info(
        name="lp-plus",
        aliases=("lp_plus",),
        title="LP++",
        summary="A linear head that learns, class by class, how far to trust the name beside the examples.",
        paper="Huang et al. 2024, arXiv:2404.02285",
        order=45,
    )
    settings = LpPlusSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        prior, scale = self.config.name_prior, 1.0 / self.config.temperature
        bare = np.setdiff1d(np.arange(len(names)), y) if prior > 0 else np.zeros(0, dtype=np.int64)
        rows, codes = np.concatenate([z, names[bare]]), np.concatenate([y, bare])
        known: NDArray[np.bool_] = np.bincount(codes, minlength=len(names)) > 0
        w = np.where(known[:, None], scale * ops.prototypes(rows, codes, names, 0.0), 0.0).astype(np.float32)
        alike = np.bincount(codes, (rows * names[codes]).sum(axis=1), len(names))
        mean = alike / np.maximum(np.bincount(codes, minlength=len(names)), 1)
        start = np.asarray(scale * prior * mean, dtype=np.float32)
        w, a = descend(rows, codes, names, w, start, known, self.config.iterations)
        return {"weight": w + a[:, None] * names, "known": known}

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        # A class with neither example nor name was never learned and can't be chosen.
        logits = np.where(state["known"], z @ state["weight"].T, -np.inf)
        return ops.softmax(np.asarray(logits, dtype=np.float32))

    def _portable(self, state: State) -> PortableHead:
        bias = np.where(state["known"], 0.0, -np.inf).astype(np.float32)
        return PortableHead("linear", {"weight": state["weight"], "bias": bias})


def descend(
    rows: Vectors,
    codes: Codes,
    names: Vectors,
    w: Vectors,
    a: NDArray[np.float32],
    known: NDArray[np.bool_],
    steps: int,
) -> tuple[Vectors, NDArray[np.float32]]:
    """Block descent on the mean cross-entropy from w (n_way, d) and a (n_way,).

    ``known`` (n_way,) are the classes that take part. Where all names are zero, a stays as it is.
    """
    n = np.float32(len(rows))
    targets, words = ops.one_hot(codes, len(names)), rows @ names.T
    gram = rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows
    step_w = np.float32(2.0 * n / max(float(np.linalg.eigvalsh(gram.astype(np.float64))[-1]), 1e-9))
    curvature = float((words**2).mean(axis=0).max())
    step_a = np.float32(2.0 / curvature if curvature > 1e-9 else 0.0)

    def slope(w: Vectors, a: NDArray[np.float32]) -> NDArray[np.float32]:
        """Gradient of the loss on the logits, (n, n_way)."""
        logits = np.where(known, rows @ w.T + words * a, -np.inf).astype(np.float32)
        return (ops.softmax(logits) - targets) / n

    w_before, a_before, run = w, a, 0
    for _step in range(steps):
        # Nesterov's look ahead: as far as hundreds of plain steps in a few dozen.
        ahead = np.float32(run / (run + 3.0))
        w_ahead, a_ahead = w + ahead * (w - w_before), a + ahead * (a - a_before)
        w_before, a_before = w, a
        down = slope(w_ahead, a_ahead).T @ rows
        w = w_ahead - step_w * down
        a = a_ahead - step_a * (slope(w, a_ahead) * words).sum(axis=0)
        # Where the last move went uphill, the speed was too much: start slowly again.
        run = 0 if float((down * (w - w_before)).sum()) > 0.0 else run + 1
    return np.asarray(w, dtype=np.float32), np.asarray(a, dtype=np.float32)


METHOD = LpPlus
