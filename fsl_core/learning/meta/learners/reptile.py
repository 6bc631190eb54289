"""Reptile: train on a task for a while, then move a little towards where that led.

Paper: Nichol et al., "On First-Order Meta-Learning Algorithms" (2018). The inner loop is Adam with beta_1 = 0 on
mini-batches of the task, as there; head and order of the classes as in the neighbouring MAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.base.config import Settings, setting
from fsl_core.base.types import Progress, silent
from fsl_core.learning.meta import recipes
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.learning.meta.inner_loop import Loss, adam_steps
from fsl_core.learning.meta.learner import HEAD, HeadLearner, linear, spread, task_labels
from fsl_core.models.backends.backbone import Norm, Params, statistics, trainable

if TYPE_CHECKING:
    from torch import Tensor


class ReptileSettings(Settings):
    """Settings of the inner loop."""

    inner_lr: float = setting(
        recipes.on_pictures("reptile", "inner_lr"),
        "Step size on a task.",
        title="Inner step size",
        ge=1e-5,
        le=1.0,
        log_scale=True,
    )
    inner_steps: int = setting(
        recipes.on_pictures("reptile", "inner_steps"),
        "Steps on a task while training.",
        title="Inner steps",
        ge=1,
        le=50,
    )
    test_steps: int = setting(
        recipes.on_pictures("reptile", "test_steps"),
        "Steps on the support when answering.",
        title="Steps when answering",
        ge=1,
        le=200,
    )
    batch: int = setting(recipes.on_pictures("reptile", "batch"), "Items in a step.", ge=2, le=100)


class Reptile(HeadLearner[ReptileSettings]):
    """theta <- theta + eps (theta_i' - theta), theta_i' after a few steps on task i."""

    name = "reptile"
    settings = ReptileSettings

    batch_statistics = adapts_backbone = True

    def loss(self, params: Params, batch: TaskBatch) -> Tensor:
        """The mean loss of the tasks before a step; ``slopes`` does the learning."""
        return self.slopes(params, batch)[1]

    def slopes(self, params: Params, batch: TaskBatch) -> tuple[Params, Tensor]:
        """The way back, theta - mean of theta_i', and the loss of the last step of the tasks."""
        import torch
        from torch.func import vmap

        n_way = batch.n_way
        items = torch.cat([batch.support, batch.query], dim=2)
        tasks, _, per_class = items.shape[:3]
        labels = task_labels(tasks, n_way, per_class, items.device)
        flat = items.flatten(1, 2)
        order = torch.stack([turns(flat.shape[1], self.config.inner_steps, self.config.batch, t) for t in range(tasks)])
        x = torch.stack([own[rows] for own, rows in zip(flat, order, strict=True)])
        y = labels.gather(1, order.flatten(1)).reshape(order.shape)
        moving = self._moving(params, n_way)
        with torch.no_grad():
            ends, losses = vmap(lambda x, y: self._walk(moving, x, y))(x, y)
        slopes = {name: start - ends[name].mean(0) for name, start in moving.items()}
        # The head has one row a class there and one row for all of them here.
        for name in HEAD:
            slopes[name] = slopes[name].mean(0, keepdim=name == "bias")
        return slopes, losses.mean()

    def adapted(  # noqa: D102
        self,
        params: Params,
        support: Tensor,
        codes: Tensor,
        n_way: int,
        norm: Norm,
        progress: Progress | None = None,
    ) -> Params:
        rows = turns(len(support), self.config.test_steps, max(self.config.batch, 4 * n_way), 0)
        ends, _ = self._walk(self._moving(params, n_way), support[rows], codes[rows], fading=True, progress=progress)
        if norm == "kept":  # a query is answered by itself, under the statistics of the support
            ends = {**ends, **statistics(self.backbone, ends, support)}
        return ends

    def _moving(self, params: Params, n_way: int) -> Params:
        return {**trainable(params), **spread(params, n_way)}

    def _walk(
        self, moving: Params, x: Tensor, y: Tensor, *, fading: bool = False, progress: Progress | None = None
    ) -> tuple[Params, Tensor]:
        from torch.nn.functional import cross_entropy

        report, n_steps = progress or silent, x.shape[0]

        def loss(i: int) -> Loss:
            def measured(values: Params) -> Tensor:
                report(i / n_steps, "")
                return cross_entropy(linear(values, self.backbone.features(values, x[i])), y[i])

            return measured

        losses = [loss(i) for i in range(n_steps)]
        ends = adam_steps(losses, moving, self.config.inner_lr, fading=fading)
        return ends, losses[-1](ends)


def turns(n: int, n_steps: int, batch: int, seed: int) -> Tensor:
    """Item numbers (n_steps, min(batch, n)): shuffled rounds through all items, cut into steps."""
    import torch

    size = min(batch, n)
    generator = torch.Generator().manual_seed(seed)
    rounds = [torch.randperm(n, generator=generator) for _ in range(-(-n_steps * size // n))]
    return torch.cat(rounds)[: n_steps * size].reshape(n_steps, size)
