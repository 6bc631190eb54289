"""A learner against plain heads on the same episodes, and what the difference allows to say.

New tasks consist of new classes, so the classes are the sample: the interval of a difference is that of a mean
over held-out classes, clustered by class, with Student's t (Cameron and Miller, "A Practitioner's Guide to
Cluster-Robust Inference", Journal of Human Resources 2015). Drawing more episodes from the same few classes
does not make it narrower than they allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.notes import Note
from fsl_core.base.types import Codes, Progress, silent
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.learner import Learner, squared_distances, task_labels
from fsl_core.models.backends.backbone import Params

if TYPE_CHECKING:
    from torch import Tensor

Answer = Callable[["Tensor", "Tensor", "Tensor", int], Codes]
"""Answers tasks: support (tasks, n, ...), codes (n,), query (tasks, q, ...), n_way to codes (tasks, q)."""

LEAST_CLASSES = 4
"""Fewer held-out classes say nothing about other classes, however many episodes are drawn."""
WORTH = 0.01
"""A gain below one point is none."""
LEAST_QUERIES = 30
"""Fewer answers than this say nothing either."""
AT_ONCE = 25
"""Tasks answered together: what a learner does on one is then done on all in the same few calls."""
C = 30.0
"""How closely the logistic head follows the examples: the default of the method of that name."""

Verdict = Literal["beat", "did not beat", "not enough to say"]


@dataclass(frozen=True, slots=True)
class Figure:
    """An accuracy or a difference of two, with its 95 % interval over classes; ``n`` answers stand behind it."""

    value: float
    low: float
    high: float
    n: int
    n_classes: int

    @property
    def enough(self) -> bool:
        """Whether there are classes and answers enough to say anything."""
        return self.n_classes >= LEAST_CLASSES and self.n >= LEAST_QUERIES


@dataclass(frozen=True, slots=True)
class Duel:
    """Who answered what on the same episodes: ``right`` (episodes, n_way, n_query), ``classes`` (episodes, n_way)."""

    right: dict[str, NDArray[np.bool_]]
    classes: Codes

    def accuracy(self, name: str) -> Figure:
        """Share of right answers of one of them."""
        found = mean_over_classes(self.right[name].astype(np.float64), self.classes)
        return Figure(found.value, max(0.0, found.low), min(1.0, found.high), found.n, found.n_classes)

    def difference(self, name: str, plain: str) -> Figure:
        """Accuracy of ``name`` minus that of ``plain``, answer by answer."""
        apart = self.right[name].astype(np.float64) - self.right[plain]
        found = mean_over_classes(apart, self.classes)
        return Figure(found.value, max(-1.0, found.low), min(1.0, found.high), found.n, found.n_classes)


def verdict(difference: Figure) -> Verdict:
    """Beat the plain head when the whole interval is above 0, did not when it ends below one point.

    One that holds 0 and reaches further leaves it open.
    """
    if not difference.enough:
        return "not enough to say"
    if difference.low > 0:
        return "beat"
    return "did not beat" if difference.high < WORTH else "not enough to say"


def mean_over_classes(values: NDArray[np.float64], classes: Codes) -> Figure:
    """Mean of ``values`` (episodes, n_way, n_query) and its interval with ``classes`` (episodes, n_way) as clusters."""
    from scipy.stats import t  # type: ignore[import-untyped]

    mean = float(values.mean())
    present, where = np.unique(classes, return_inverse=True)
    n, groups = values.size, len(present)
    if groups < 2:
        return Figure(mean, -np.inf, np.inf, n, groups)
    sums = np.bincount(where.ravel(), weights=(values - mean).sum(axis=2).ravel(), minlength=groups)
    error = float(np.sqrt(groups / (groups - 1) * (sums**2).sum())) / n
    half = float(t.ppf(0.975, groups - 1)) * error
    return Figure(mean, mean - half, mean + half, n, groups)


def duel(
    answers: Mapping[str, Answer],
    pool: ClassPool,
    *,
    n_way: int,
    k_shot: int,
    n_query: int,
    episodes: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Duel:
    """Let all of them answer the same ``episodes`` tasks drawn from ``pool``."""
    import torch

    report, device = progress or silent, pool.inputs.device
    generator = torch.Generator(device=device).manual_seed(seed)
    codes = task_labels(1, n_way, k_shot, device)[0]
    truth = np.repeat(np.arange(n_way), n_query)
    right = {name: np.zeros((episodes, n_way, n_query), dtype=bool) for name in answers}
    classes = np.zeros((episodes, n_way), dtype=np.int64)
    for first in range(0, episodes, AT_ONCE):
        report(first / episodes, Note("Episode {n} of {all}", n=f"{first:,}", all=f"{episodes:,}"))
        batch = pool.tasks(min(AT_ONCE, episodes - first), n_way, k_shot, n_query, generator)
        part = slice(first, first + AT_ONCE)
        support, query = batch.support.flatten(1, 2), batch.query.flatten(1, 2)
        classes[part] = batch.classes.cpu().numpy()
        for name, answer in answers.items():
            found = answer(support, codes, query, n_way)
            right[name][part] = (found == truth).reshape(-1, n_way, n_query)
    return Duel(right, classes)


def of_learner(learner: Learner[Any], params: Params) -> Answer:
    """The answers of a meta-trained learner."""

    def answer(support: Tensor, codes: Tensor, query: Tensor, n_way: int) -> Codes:
        import torch
        from torch.func import vmap

        def one(support: Tensor, query: Tensor) -> Tensor:
            return learner.logits(params, support, codes, query, n_way, "kept")

        with torch.no_grad():
            return np.asarray(vmap(one, randomness="same")(support, query).argmax(2).cpu().numpy(), dtype=np.int64)

    return answer


def nearest_mean(support: Tensor, codes: Tensor, query: Tensor, n_way: int) -> Codes:
    """The class whose mean is nearest, on the inputs as they are."""
    import torch

    means = torch.stack([support.flatten(2)[:, codes == way].mean(1) for way in range(n_way)], dim=1)
    found = squared_distances(query.flatten(2), means).argmin(2)
    return np.asarray(found.cpu().numpy(), dtype=np.int64)


def logistic(support: Tensor, codes: Tensor, query: Tensor, n_way: int) -> Codes:
    """Logistic regression on the inputs as they are; every class has its examples, as episodes have it."""
    import warnings

    from sklearn.linear_model import LogisticRegression

    y, found = codes.cpu().numpy(), []
    for known, asked in zip(support.flatten(2).cpu().numpy(), query.flatten(2).cpu().numpy(), strict=True):
        head = LogisticRegression(C=C, max_iter=500)
        with warnings.catch_warnings():
            # scikit-learn takes many classes with one row each for a regression; here it is 1 shot.
            warnings.filterwarnings("ignore", message="The number of unique classes", category=UserWarning)
            found.append(head.fit(known, y).predict(asked))
    return np.stack(found).astype(np.int64)


PLAIN: dict[str, Answer] = {"nearest mean": nearest_mean, "logistic": logistic}
"""The heads that need no meta-training."""
