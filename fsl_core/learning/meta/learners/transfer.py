"""The control: pre-train one classifier over all classes, then put a nearest-mean head on its features.

Papers: Chen et al., "A Closer Look at Few-shot Classification" (ICLR 2019); Tian et al. (ECCV 2020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.base.config import Settings, setting
from fsl_core.contracts.portable import PortableHead
from fsl_core.learning.meta import recipes
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.learning.meta.learner import Learner, class_means
from fsl_core.models.backends.backbone import Norm, Params

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class TransferSettings(Settings):
    """Settings of the pre-training."""

    scale: float = setting(
        recipes.on_pictures("transfer", "scale"),
        "How sharp the softmax over cosines is.",
        ge=1.0,
        le=100.0,
        log_scale=True,
    )


class Transfer(Learner[TransferSettings]):
    """Cosine classifier over all training classes; afterwards cosine to the class means."""

    name = "transfer"
    settings = TransferSettings

    def head(self, generator: torch.Generator) -> Params:  # noqa: D102
        import torch

        return {"classifier": torch.randn(self.n_classes, self.backbone.dim, generator=generator)}

    def loss(self, params: Params, batch: TaskBatch) -> Tensor:  # noqa: D102
        import torch
        from torch.nn.functional import cross_entropy, normalize

        items = torch.cat([batch.support, batch.query], dim=2)
        labels = batch.classes[..., None].expand(items.shape[:3]).flatten()
        features = normalize(self.embed(params, items).flatten(0, 2), dim=-1)
        logits = self.config.scale * features @ normalize(params["classifier"], dim=-1).T
        return cross_entropy(logits, labels)

    def logits(  # noqa: D102
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
    ) -> Tensor:
        from torch.nn.functional import normalize

        found = normalize(self.embed(params, support, norm), dim=-1)
        prototypes = normalize(class_means(found, codes, n_way), dim=-1)
        return self.config.scale * normalize(self.embed(params, query, norm), dim=-1) @ prototypes.T

    def portable(self, params: Params, support: Tensor, codes: Tensor, n_way: int) -> PortableHead:  # noqa: D102
        import torch
        from torch.nn.functional import normalize

        found = normalize(self.embed(params, support, "kept"), dim=-1)
        weight = self.config.scale * normalize(class_means(found, codes, n_way), dim=-1)
        arrays = {"weight": weight.numpy(), "bias": torch.zeros(n_way).numpy()}
        return PortableHead("linear", arrays, {"unit": True})
