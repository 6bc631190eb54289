"""The supervised contrastive loss, for one label an item and for several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def likeness(labels: torch.Tensor) -> torch.Tensor:
    """How much two rows are of one kind, shape (b, b): |both| / |either| of their classes.

    ``labels`` (b, n_way) holds 0 and 1. With one class a row this is 1 for the same class, else 0.
    """
    labels = labels.float()
    both = labels @ labels.T
    size = labels.sum(1)
    return both / (size[:, None] + size[None, :] - both).clamp_min(1.0)


def supervised_contrastive(z: torch.Tensor, alike: torch.Tensor, temperature: float) -> torch.Tensor:
    """Mean over rows of -sum_p w_p log softmax(z_i . z_p / t) / sum_p w_p, a scalar.

    ``z`` (b, d) are unit vectors, ``alike`` (b, b) the weight of each pair as a positive one; the
    diagonal is ignored, and rows without a positive only serve the others as negatives. 0 when no
    row has one. Khosla et al., "Supervised Contrastive Learning" (2020), arXiv:2004.11362, eq. 2.
    """
    import torch

    own = torch.eye(len(z), dtype=torch.bool, device=z.device)
    logits = (z.float() @ z.float().T / temperature).masked_fill(own, float("-inf"))
    logs = torch.log_softmax(logits, dim=1).masked_fill(own, 0.0)
    weights = alike.masked_fill(own, 0.0)
    total = weights.sum(1)
    rows = total > 0
    if not rows.any():
        return z.sum() * 0.0
    return -((weights * logs).sum(1)[rows] / total[rows]).mean()
