"""Prototypical networks: softmax over squared distances to the class means, trained on episodes.

Paper: Snell et al., "Prototypical Networks for Few-shot Learning" (NeurIPS 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.base.config import Settings
from fsl_core.contracts.portable import PortableHead
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.learning.meta.learner import Learner, class_means, squared_distances, task_labels
from fsl_core.models.backends.backbone import Norm, Params

if TYPE_CHECKING:
    from torch import Tensor


class PrototypicalSettings(Settings):
    """Prototypical networks have none of their own."""


class Prototypical(Learner[PrototypicalSettings]):
    """-||f(q) - mean of f(support of c)||^2."""

    name = "protonet"
    settings = PrototypicalSettings

    def loss(self, params: Params, batch: TaskBatch) -> Tensor:  # noqa: D102
        import torch
        from torch.nn.functional import cross_entropy

        tasks, n_way, k_shot = batch.support.shape[:3]
        found = self.embed(params, torch.cat([batch.support, batch.query], dim=2))
        prototypes, queries = found[:, :, :k_shot].mean(2), found[:, :, k_shot:].flatten(1, 2)
        logits = -squared_distances(queries, prototypes)
        labels = task_labels(tasks, n_way, batch.query.shape[2], logits.device)
        return cross_entropy(logits.flatten(0, 1), labels.flatten())

    def logits(  # noqa: D102
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
    ) -> Tensor:
        prototypes = class_means(self.embed(params, support, norm), codes, n_way)
        return -squared_distances(self.embed(params, query, norm), prototypes)

    def portable(self, params: Params, support: Tensor, codes: Tensor, n_way: int) -> PortableHead:  # noqa: D102
        # |f(q)|^2 is the same for every class and falls out of the softmax.
        means = class_means(self.embed(params, support, "kept"), codes, n_way)
        return PortableHead("linear", {"weight": (2.0 * means).numpy(), "bias": (-means.square().sum(1)).numpy()})
