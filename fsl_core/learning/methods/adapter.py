"""Adapter: a small trained projection behind the frozen encoder; seconds on any machine.

Papers: Houlsby et al., "Parameter-Efficient Transfer Learning for NLP" (2019), arXiv:1902.00751, for
small trained parts in a frozen model, here a single one behind it; Khosla et al., "Supervised Contrastive
Learning" (2020), arXiv:2004.11362, for the loss. The projection I + D starts as the identity, and D is
pulled back to 0, so that with few examples the encoder's own space decides. The texts are encoded once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base.config import setting
from fsl_core.base.types import Codes, LabeledSet, Progress, span
from fsl_core.contracts.method import Info
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.batches import grouped
from fsl_core.learning.tuning.loop import Trace, train
from fsl_core.learning.tuning.losses import likeness, supervised_contrastive
from fsl_core.learning.tuning.tuned import TunedMethod, TuningSettings

if TYPE_CHECKING:
    import torch


class AdapterSettings(TuningSettings):
    """Settings of the adapter."""

    epochs: int = setting(60, "How often each example is seen. More fits closer.", ge=1, le=2000)
    learning_rate: float = setting(
        1e-3, "Size of a step. Lower it when the loss jumps.", ge=1e-7, le=1e-1, log_scale=True, advanced=True
    )
    batch_size: int = setting(256, "Examples a step.", ge=2, le=4096, advanced=True)
    temperature: float = setting(
        0.1, "How strongly the closest wrong pairs count; lower looks at them alone.", ge=0.01, le=1.0, advanced=True
    )
    pull: float = setting(
        0.003, "How strongly the projection is pulled back to doing nothing.", title="Pull to the frozen encoder",
        ge=0.0, le=10.0, advanced=True,
    )  # fmt: skip


class Adapter(TunedMethod[AdapterSettings]):
    """A linear projection trained on the encoder's vectors, part of the tuned encoder afterwards."""

    info = Info(
        name="adapter",
        title="Adapter",
        summary="Trains one small projection behind the encoder, in a second or two. On a handful of examples it "
        "seldom beats the encoder as it is.",
        paper="Houlsby et al. 2019, arXiv:1902.00751; Khosla et al. 2020, arXiv:2004.11362",
        trains=True,
        sets=True,
        fast={"epochs": 40, "learning_rate": 1e-2},
        order=65,
    )
    settings = AdapterSettings

    def _tune(self, backbone: Backbone, support: LabeledSet, progress: Progress) -> Trace:
        import torch

        config, members, eye = self.config, support.members, np.eye(support.n_way, dtype=bool)
        on = backbone.model.device
        z = torch.from_numpy(backbone.encode(support.items, span(progress, 0.0, 0.3))).to(on)
        names = torch.from_numpy(self.class_vectors(backbone, support)).to(on)
        change = torch.nn.Parameter(torch.zeros(z.shape[1], z.shape[1], device=on))

        def loss_of(rows: Codes) -> torch.Tensor:
            kinds, batch = members[rows], z[torch.from_numpy(rows).to(on)]
            if config.name_prior > 0:
                present = np.flatnonzero(kinds.any(axis=0))
                batch = torch.cat([batch, names[torch.from_numpy(present).to(on)]])
                kinds = np.concatenate([kinds, eye[present]])
            alike = likeness(torch.from_numpy(kinds).to(on))
            moved = torch.nn.functional.normalize(batch + batch @ change, dim=1)
            return supervised_contrastive(moved, alike, config.temperature) + config.pull * change.square().sum()

        batches = grouped(support.codes, min(config.batch_size, len(support)), self.context.seed)
        trace = train(
            [change], batches, loss_of, config.plan(len(support)),
            progress=span(progress, 0.3, 1.0), watch=self.context.watch,
        )  # fmt: skip
        append_projection(backbone, change.detach() + torch.eye(len(change), device=on))
        return trace


def append_projection(backbone: Backbone, matrix: torch.Tensor) -> None:
    """Let the backbone end in z -> l2(z P), with P of shape (d, d)."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize

    size = len(matrix)
    dense = Dense(size, size, bias=False, activation_function=torch.nn.Identity(), init_weight=matrix.T.contiguous())
    for module in (dense, Normalize()):
        backbone.model.append(module.to(matrix.device))


METHOD = Adapter
