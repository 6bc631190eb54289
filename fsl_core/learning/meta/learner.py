"""The contract of a meta-learner: what it trains on an episode, and how it answers one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from fsl_core.base.config import Settings
from fsl_core.base.types import Progress
from fsl_core.contracts.portable import PortableHead
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.models.backends.backbone import Backbone, Norm, Params

if TYPE_CHECKING:
    import torch
    from torch import Tensor

C = TypeVar("C", bound=Settings)
HEAD = ("weight", "bias")
"""The parameters of a linear head that a task adapts."""


class Learner(ABC, Generic[C]):
    """Learns from many tasks how to answer a new one.

    It holds no weights: every function takes them as ``params`` and is free of side effects, so that the
    trainer, the evaluation and an app's method share one definition.
    """

    name: ClassVar[str]
    settings: ClassVar[type[Settings]]
    batch_statistics: ClassVar[bool] = False
    """Whether it adapts and answers by the statistics of the batch at hand, as MAML and Reptile do on images."""
    adapts_backbone: ClassVar[bool] = False
    """Whether a task changes the backbone; where it does not, an item is embedded once for all tasks."""

    def __init__(self, backbone: Backbone, config: C, n_classes: int = 0) -> None:
        self.backbone = backbone
        self.config = config
        self.n_classes = n_classes
        """Classes of the pool it is trained on; only a classifier over all of them asks."""

    def init(self, generator: torch.Generator) -> Params:
        """Parameters to begin with: those of the backbone and of the head."""
        return {**self.backbone.init(generator), **self.head(generator)}

    def head(self, generator: torch.Generator) -> Params:
        """Parameters that stand on the features; none by default."""
        return {}

    @abstractmethod
    def loss(self, params: Params, batch: TaskBatch) -> Tensor:
        """The mean loss over the tasks; the trainer follows its gradient."""

    @abstractmethod
    def logits(self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm) -> Tensor:
        """One task: support (n, ...), codes (n,) in 0 .. n_way - 1, query (q, ...) to shape (q, n_way)."""

    @abstractmethod
    def portable(self, params: Params, support: Tensor, codes: Tensor, n_way: int) -> PortableHead:
        """``logits`` of one task under kept statistics, as a rule on the features of the query that runs outside."""

    def slopes(self, params: Params, batch: TaskBatch) -> tuple[Params, Tensor]:
        """What the optimizer subtracts, and the loss: the gradient, unless the method says otherwise."""
        import torch

        loss = self.loss(params, batch)
        wanted = {name: value for name, value in params.items() if value.requires_grad}
        found = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True)
        return {
            name: torch.zeros_like(value) if slope is None else slope
            for (name, value), slope in zip(wanted.items(), found, strict=True)
        }, loss.detach()

    def embed(self, params: Params, inputs: Tensor, norm: Norm = "batch") -> Tensor:
        """Features of inputs of any leading shape: (*lead, ...) to (*lead, dim)."""
        lead = inputs.shape[: inputs.dim() - self.backbone.item_dims]
        flat = laid_out(inputs.reshape(-1, *inputs.shape[len(lead) :]))
        return self.backbone.features(params, flat, norm).reshape(*lead, -1)


class HeadLearner(Learner[C]):
    """A learner that adapts a linear head to each task, with the backbone or alone.

    The head begins as one learned vector for all classes: their order does not matter, and any number may come.
    """

    def head(self, generator: torch.Generator) -> Params:
        """Zeros: before anything is learned every class is as likely."""
        import torch

        return {"weight": torch.zeros(self.backbone.dim), "bias": torch.zeros(1)}

    @abstractmethod
    def adapted(
        self,
        params: Params,
        support: Tensor,
        codes: Tensor,
        n_way: int,
        norm: Norm,
        progress: Progress | None = None,
    ) -> Params:
        """The parameters after the steps on one task, which ``answer`` needs and nothing else of the task.

        The head has one row a class: weight (n_way, d), bias (n_way,).
        """

    def answer(self, adapted: Params, query: Tensor, norm: Norm) -> Tensor:
        """Shape (q, n_way): the answers of parameters that ``adapted`` gave."""
        return linear(adapted, self.backbone.features(adapted, query, norm))

    def logits(  # noqa: D102
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
    ) -> Tensor:
        return self.answer(self.adapted(params, support, codes, n_way, norm), query, norm)

    def portable(self, params: Params, support: Tensor, codes: Tensor, n_way: int) -> PortableHead:
        """``answer``; ``params`` are those that ``adapted`` gave."""
        return PortableHead("linear", {name: params[name].numpy() for name in HEAD})


def laid_out(inputs: Tensor) -> Tensor:
    """Images (n, channels, height, width) in the layout in which a processor convolves at up to twice the speed."""
    import torch

    return inputs.to(memory_format=torch.channels_last) if inputs.dim() == 4 else inputs


def task_labels(tasks: int, n_way: int, per_class: int, device: Any = None) -> Tensor:  # noqa: ANN401
    """Shape (tasks, n_way * per_class): 0 .. n_way - 1, each ``per_class`` times, for flattened tasks."""
    import torch

    return torch.arange(n_way, device=device).repeat_interleave(per_class).expand(tasks, -1)


def class_means(features: Tensor, codes: Tensor, n_way: int) -> Tensor:
    """Prototypes (n_way, d) of features (n, d); a class without an item has a row of zeros."""
    import torch

    members = torch.nn.functional.one_hot(codes, n_way).to(features.dtype)
    return (members.T @ features) / members.sum(0).clamp(min=1.0)[:, None]


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances (..., n_a, n_b), never below 0."""
    squares = a.square().sum(-1)[..., :, None] + b.square().sum(-1)[..., None, :] - 2.0 * a @ b.transpose(-1, -2)
    return squares.clamp(min=0.0)


def spread(params: Params, n_way: int) -> Params:
    """The one learned vector as the first head of every class: weight (n_way, d), bias (n_way,)."""
    return {"weight": params["weight"].expand(n_way, -1), "bias": params["bias"].expand(n_way)}


def linear(values: Params, features: Tensor) -> Tensor:
    """Shape (n, n_way)."""
    return features @ values["weight"].T + values["bias"]
