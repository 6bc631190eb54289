"""Accuracy of a learner over many test episodes, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.intervals import Z95
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, silent
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.learner import Learner, laid_out, task_labels
from fsl_core.models.backends.backbone import Identity, Norm, Params

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 512


@dataclass(frozen=True, slots=True)
class EpisodeScore:
    """Accuracies (episodes,) in 0..1 of one setting."""

    accuracies: NDArray[np.float32]
    transductive: bool

    @property
    def mean(self) -> float:
        """Mean accuracy over the episodes."""
        return float(self.accuracies.mean())

    @property
    def half_width(self) -> float:
        """Half the 95 % interval of the mean: 1.96 standard errors over episodes."""
        return float(Z95 * self.accuracies.std(ddof=1) / len(self.accuracies) ** 0.5)


def score(
    learner: Learner[Any],
    params: Params,
    pool: ClassPool,
    *,
    n_way: int,
    k_shot: int,
    n_query: int = 15,
    episodes: int = 1000,
    transductive: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
) -> EpisodeScore:
    """Accuracy over ``episodes`` tasks drawn from ``pool``; the same seed draws the same tasks for every learner.

    ``transductive`` normalises by the statistics of the queries at hand, as the published figures of MAML and
    Reptile do; otherwise by those kept from training, so that each query is answered by itself.
    """
    import torch

    generator = torch.Generator(device=pool.inputs.device).manual_seed(seed)
    norm: Norm = "batch" if transductive else "kept"
    if not (transductive or learner.adapts_backbone):
        learner, pool = embedded(learner, params, pool)
    codes = task_labels(1, n_way, k_shot, pool.inputs.device)[0]
    labels = task_labels(1, n_way, n_query, pool.inputs.device)[0]
    report, found = progress or silent, np.zeros(episodes, dtype=np.float32)
    for episode in range(episodes):
        if episode % 50 == 0:
            report(episode / episodes, Note("Episode {n} of {all}", n=f"{episode:,}", all=f"{episodes:,}"))
        batch = pool.tasks(1, n_way, k_shot, n_query, generator)
        support, query = laid_out(batch.support[0].flatten(0, 1)), laid_out(batch.query[0].flatten(0, 1))
        found[episode] = float((_answer(learner, params, support, codes, query, n_way, norm) == labels).float().mean())
    return EpisodeScore(found, transductive)


def embedded(learner: Learner[Any], params: Params, pool: ClassPool) -> tuple[Learner[Any], ClassPool]:
    """The same learner on features, and the pool of these: every item goes through the backbone once."""
    import torch

    backbone, found = learner.backbone, []
    with torch.no_grad():
        for start in range(0, len(pool.inputs), CHUNK):
            rows = torch.arange(start, min(start + CHUNK, len(pool.inputs)), device=pool.inputs.device)
            found.append(learner.embed(params, pool.take(rows), "kept"))
    on_features = type(learner)(Identity(backbone.dim), learner.config, learner.n_classes)
    return on_features, pool.with_inputs(torch.cat(found))


def _answer(
    learner: Learner[Any], params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
) -> Tensor:
    import torch

    with torch.no_grad():
        return learner.logits(params, support, codes, query, n_way, norm).argmax(1)
