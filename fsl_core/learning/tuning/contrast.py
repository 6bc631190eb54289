"""Training an encoder so that examples of one class move together, whichever of its weights may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base import ops
from fsl_core.base.types import Codes, LabeledSet, Progress
from fsl_core.contracts.method import Context
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.batches import grouped, neighbors
from fsl_core.learning.tuning.loop import Trace, train
from fsl_core.learning.tuning.losses import likeness, supervised_contrastive
from fsl_core.learning.tuning.tuned import TuningSettings

if TYPE_CHECKING:
    import torch


def contrast(
    backbone: Backbone,
    weights: Sequence[torch.nn.Parameter],
    support: LabeledSet,
    config: TuningSettings,
    context: Context,
    *,
    temperature: float = 0.1,
    anchors: bool = True,
    score: Callable[[], float] | None,
    progress: Progress,
) -> Trace:
    """Train ``weights`` of the backbone with the supervised contrastive loss on batches grouped by class.

    With ``anchors`` the name of each class in a batch is one more example of it. Where not all classes fit
    into a batch, those stand together that the backbone finds alike before the training.
    """
    import torch

    codes, members, eye = support.codes, support.members, np.eye(support.n_way, dtype=bool)
    texts = [context.text_of(name) for name in support.classes]
    names, tokens = backbone.tokenize(texts), backbone.tokenize(support.items)

    def loss_of(rows: Codes) -> torch.Tensor:
        kinds = members[rows]
        batch = [tokens[row] for row in rows]
        if anchors and config.name_prior > 0:
            present = np.flatnonzero(kinds.any(axis=0))
            batch += [names[code] for code in present]
            kinds = np.concatenate([kinds, eye[present]])
        alike = likeness(torch.from_numpy(kinds).to(backbone.model.device))
        return supervised_contrastive(backbone.forward(batch), alike, temperature)

    near = None
    if 2 * len(np.unique(codes)) > config.batch_size:
        vectors = backbone.encode(support.items)
        near = neighbors(ops.unit(ops.prototypes(vectors, codes, ops.unit(backbone.encode(texts)), 1.0)))
    batches = grouped(codes, min(config.batch_size, len(support)), context.seed, near)
    return train(
        weights, batches, loss_of, config.plan(len(support)), score=score, progress=progress, watch=context.watch
    )
