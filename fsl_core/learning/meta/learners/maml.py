"""MAML and ANIL: learn where gradient steps on a few examples lead to a good answer.

Papers: Finn et al., "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks" (ICML 2017); Raghu et
al., "Rapid Learning or Feature Reuse?" (ICLR 2020) for ANIL, which adapts the head alone. The head begins as one
learned vector for all classes (Ye and Chao, "How to Train Your MAML to Excel in Few-Shot Classification", ICLR
2022): the order of the classes does not matter then, and any number of ways can be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsl_core.base.config import Settings, setting
from fsl_core.base.types import Progress
from fsl_core.learning.meta import recipes
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.learning.meta.inner_loop import Loss, descending_steps, gradient_steps
from fsl_core.learning.meta.learner import HEAD, HeadLearner, linear, spread, task_labels
from fsl_core.models.backends.backbone import Norm, Params, statistics, trainable

if TYPE_CHECKING:
    from torch import Tensor

USUAL_WAYS = 5
"""The head's step size is meant for tasks of so many ways; of more, each class has less of the mean loss."""


def _inner_lr(learner: str) -> Any:  # noqa: ANN401
    return setting(
        recipes.on_pictures(learner, "inner_lr"),
        "Step size on the support.",
        title="Inner step size",
        ge=1e-4,
        le=10.0,
        log_scale=True,
    )


def _inner_steps(learner: str, most: int) -> Any:  # noqa: ANN401
    usual = recipes.on_pictures(learner, "inner_steps")
    return setting(usual, "Steps on the support while training.", title="Inner steps", ge=1, le=most)


def _test_steps(learner: str, most: int) -> Any:  # noqa: ANN401
    usual = recipes.on_pictures(learner, "test_steps")
    return setting(usual, "Steps on the support when answering.", title="Steps when answering", ge=1, le=most)


class MamlSettings(Settings):
    """Settings of the inner loop."""

    inner_lr: float = _inner_lr("maml")
    inner_steps: int = _inner_steps("maml", most=20)
    test_steps: int = _test_steps("maml", most=100)
    first_order: bool = setting(
        recipes.on_pictures("maml", "first_order"),
        "Treat the inner gradient as a constant (FOMAML): quicker, a little less exact.",
        title="First order",
    )


class AnilSettings(MamlSettings):
    """ANIL takes more steps, since they cost next to nothing."""

    inner_lr: float = _inner_lr("anil")
    inner_steps: int = _inner_steps("anil", most=50)
    test_steps: int = _test_steps("anil", most=200)


class Maml(HeadLearner[MamlSettings]):
    """theta' = theta - alpha grad L_support(theta); the outer loss is L_query(theta')."""

    name = "maml"
    settings = MamlSettings

    batch_statistics = adapts_backbone = True

    def loss(self, params: Params, batch: TaskBatch) -> Tensor:  # noqa: D102
        from torch.func import vmap
        from torch.nn.functional import cross_entropy

        tasks, n_way, k_shot = batch.support.shape[:3]
        codes = task_labels(tasks, n_way, k_shot, batch.support.device)
        labels = task_labels(tasks, n_way, batch.query.shape[2], batch.support.device)

        def one(support: Tensor, query: Tensor, y: Tensor, wanted: Tensor) -> Tensor:
            return cross_entropy(self._trained(params, support, y, query, n_way), wanted)

        return vmap(one)(batch.support.flatten(1, 2), batch.query.flatten(1, 2), codes, labels).mean()

    def adapted(  # noqa: D102
        self,
        params: Params,
        support: Tensor,
        codes: Tensor,
        n_way: int,
        norm: Norm,
        progress: Progress | None = None,
    ) -> Params:
        start = {**trainable(params), **spread(params, n_way)}
        found = self._descend(self._support_loss(support, codes, progress), start, n_way, False)
        if norm == "kept":  # a query is answered by itself, under the statistics of the support
            found = {**found, **statistics(self.backbone, found, support)}
        return found

    def _trained(self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int) -> Tensor:
        """Shape (q, n_way): as ``logits`` by the steps of the training, through which gradients flow."""
        start = {**trainable(params), **spread(params, n_way)}
        return self.answer(self._descend(self._support_loss(support, codes), start, n_way, True), query, "batch")

    def _support_loss(self, support: Tensor, codes: Tensor, progress: Progress | None = None) -> Loss:
        from torch.nn.functional import cross_entropy

        def loss(values: Params) -> Tensor:
            if progress is not None:
                progress(0.0, "")
            return cross_entropy(linear(values, self.backbone.features(values, support, "batch")), codes)

        return loss

    def _descend(self, loss: Loss, start: Params, n_way: int, training: bool) -> Params:
        ways = {name: n_way / USUAL_WAYS if name in HEAD else 1.0 for name in start}
        rates = {name: self.config.inner_lr * share for name, share in ways.items()}
        if not training:
            return descending_steps(loss, start, rates, self.config.test_steps)
        return gradient_steps(loss, start, rates, self.config.inner_steps, first_order=self.config.first_order)


class Anil(Maml):
    """MAML whose inner loop moves the head alone: the features of a task are computed once."""

    name = "anil"
    settings = AnilSettings

    batch_statistics = adapts_backbone = False

    def adapted(  # noqa: D102
        self,
        params: Params,
        support: Tensor,
        codes: Tensor,
        n_way: int,
        norm: Norm,
        progress: Progress | None = None,
    ) -> Params:
        known = self.backbone.features(params, support, norm)
        return {**params, **self._head(params, known, codes, n_way, False)}

    def logits(  # noqa: D102
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
    ) -> Tensor:
        return self._together(params, support, codes, query, n_way, norm, False)

    def _trained(self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int) -> Tensor:
        return self._together(params, support, codes, query, n_way, "batch", True)

    def _together(
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm, training: bool
    ) -> Tensor:
        """Support and query embedded at once: under the statistics of the batch they are one."""
        import torch

        found = self.backbone.features(params, torch.cat([support, query]), norm)
        known, asked = found[: len(support)], found[len(support) :]
        return linear(self._head(params, known, codes, n_way, training), asked)

    def _head(self, params: Params, known: Tensor, codes: Tensor, n_way: int, training: bool) -> Params:
        from torch.nn.functional import cross_entropy

        def support_loss(values: Params) -> Tensor:
            return cross_entropy(linear(values, known), codes)

        return self._descend(support_loss, spread(params, n_way), n_way, training)
