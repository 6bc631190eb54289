"""Siamese networks: pairs of one class are drawn together, others pushed apart to a margin.

Papers: Hadsell et al., "Dimensionality Reduction by Learning an Invariant Mapping" (CVPR 2006) for the loss;
Koch et al., "Siamese Neural Networks for One-shot Image Recognition" (2015) for one-shot tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.base.config import Settings, setting
from fsl_core.contracts.portable import PortableHead
from fsl_core.learning.meta import recipes
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.learning.meta.learner import Learner, squared_distances, task_labels
from fsl_core.models.backends.backbone import Norm, Params

if TYPE_CHECKING:
    from torch import Tensor

SHARPNESS = 10.0
"""Turns distances of unit vectors into logits; it changes probabilities, never the answer."""


class SiameseSettings(Settings):
    """Settings of the contrastive loss."""

    margin: float = setting(
        recipes.on_pictures("siamese", "margin"),
        "Examples of different classes are pushed apart until this distance.",
        ge=0.05,
        le=2.0,
    )


class Siamese(Learner[SiameseSettings]):
    """L = y D + (1 - y) max(0, m - D), D the squared distance of unit vectors; the nearest pair answers."""

    name = "siamese"
    settings = SiameseSettings

    def loss(self, params: Params, batch: TaskBatch) -> Tensor:  # noqa: D102
        import torch

        items = torch.cat([batch.support, batch.query], dim=2)
        tasks, n_way, per_class = items.shape[:3]
        found = unit(self.embed(params, items).flatten(1, 2))
        labels = task_labels(tasks, n_way, per_class, found.device)
        return contrastive_loss(squared_distances(found, found), labels, self.config.margin)

    def logits(  # noqa: D102
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
    ) -> Tensor:
        import torch

        apart = squared_distances(unit(self.embed(params, query, norm)), unit(self.embed(params, support, norm)))
        members = torch.nn.functional.one_hot(codes, n_way).bool()  # (n, n_way)
        nearest = apart[:, :, None].masked_fill(~members, float("inf")).amin(1)
        return -SHARPNESS * nearest

    def portable(self, params: Params, support: Tensor, codes: Tensor, n_way: int) -> PortableHead:  # noqa: D102
        known = unit(self.embed(params, support, "kept"))
        values = {"sharpness": SHARPNESS, "n_way": n_way, "unit": True}
        return PortableHead("nearest", {"keys": known.numpy(), "codes": codes.numpy()}, values)


def unit(features: Tensor) -> Tensor:
    """Rows of length 1."""
    from torch.nn.functional import normalize

    return normalize(features, dim=-1)


def contrastive_loss(distances: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Mean over the pairs of one class plus the mean over those others that are still within the margin.

    ``distances`` (..., n, n), ``labels`` (..., n); each pair is counted once or twice alike. A mean over all pairs of
    different classes would be one over zeros: nearly all of them are soon far enough apart, and what is left to
    learn drowns (so Hermans et al. 2017, arXiv:1703.07737, average over the terms that are not zero).
    """
    import torch

    same = labels[..., :, None] == labels[..., None, :]
    itself = torch.eye(labels.shape[-1], dtype=torch.bool, device=labels.device)
    near = distances[same & ~itself]
    far = (margin - distances[~same]).clamp(min=0.0)
    return near.mean() + far.sum() / (far > 0).sum().clamp(min=1)
