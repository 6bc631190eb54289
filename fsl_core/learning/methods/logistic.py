"""Logistic head: multinomial logistic regression on the vectors, class names as extra rows.

Paper: Tian et al., "Rethinking Few-Shot Image Classification: a Good Embedding Is All You Need?",
ECCV 2020, arXiv:2003.11539: a plain linear head on a frozen encoder is hard to beat.
Minimises C * sum_i w_i * cross-entropy_i + |W|^2 / 2; the name of a class is one row of weight k.
"""

from __future__ import annotations

import warnings

import numpy as np

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Info, State, VectorMethod, VectorSettings
from fsl_core.contracts.portable import PortableHead


class LogisticSettings(VectorSettings):
    """Settings of the logistic head."""

    c: float = setting(
        30.0,
        "How closely the head follows the examples. Lower keeps it simpler; 10 to 30 suits a handful.",
        title="Strength of fit (C)",
        ge=0.01,
        le=1000.0,
        log_scale=True,
    )


class Logistic(VectorMethod[LogisticSettings]):
    """Multinomial logistic regression."""

    info = Info(
        name="logistic",
        title="Logistic head",
        summary="A linear head trained to give probabilities. Usually the most accurate from 5 examples a class.",
        paper="Tian et al. 2020, arXiv:2003.11539",
        fast={"c": 10.0},
        weighs=True,
        order=40,
    )
    settings = LogisticSettings

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        from sklearn.linear_model import LogisticRegression

        n_way = len(names)
        rows, codes, weights = ops.with_names(z, y, names, self.config.name_prior, self.row_weights)
        present = np.unique(codes)
        weight = np.zeros((n_way, rows.shape[1]), dtype=np.float32)
        bias = np.full(n_way, -np.inf, dtype=np.float32)
        if len(present) == 1:
            bias[present] = 0.0
        else:
            head = LogisticRegression(C=self.config.c, max_iter=500)
            with warnings.catch_warnings():
                # scikit-learn takes many classes with one row each for a regression; here it is 1 shot.
                warnings.filterwarnings("ignore", message="The number of unique classes", category=UserWarning)
                head.fit(rows, codes, sample_weight=weights)
            # With two classes scikit-learn keeps one row w; softmax of (0, w) is the same model.
            weight[present] = head.coef_ if len(present) > 2 else np.concatenate([-head.coef_, head.coef_]) / 2
            bias[present] = head.intercept_ if len(present) > 2 else np.array([-0.5, 0.5]) * head.intercept_
        return {"weight": weight, "bias": bias}

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        return ops.softmax(np.asarray(z @ state["weight"].T + state["bias"], dtype=np.float32))

    def _portable(self, state: State) -> PortableHead:
        return PortableHead("linear", {"weight": state["weight"], "bias": state["bias"]})


METHOD = Logistic
