"""N-way K-shot episodes drawn from one tensor, many at a time and without a loop over items."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class TaskBatch:
    """Tasks of one size. ``support`` (tasks, n_way, k_shot, ...), ``query`` (tasks, n_way, n_query, ...).

    The position along ``n_way`` is the label inside a task; ``classes`` (tasks, n_way) says which class of
    the pool stands there.
    """

    support: Tensor
    query: Tensor
    classes: Tensor

    @property
    def n_way(self) -> int:
        """Classes in a task."""
        return int(self.support.shape[1])


class ClassPool:
    """Items of many classes on one device, from which episodes are drawn.

    ``inputs`` has shape (n, ...): images as uint8 stay so until they are drawn, and are then scaled to 0..1.
    ``codes`` (n,) holds the class of each item.
    """

    def __init__(self, inputs: Tensor, codes: Codes, names: Sequence[str] = (), *, device: str = "cpu") -> None:
        import torch

        self.inputs = inputs.to(device)
        counts = np.bincount(codes)
        if len(counts) < 2 or counts.min() < 2:
            raise DataError(
                "Episodes need two classes or more with two examples or more each; the smallest has {n}.",
                "Label more examples, or leave that class out.",
                n=int(counts.min()) if len(counts) else 0,
            )
        self.names = tuple(names) or tuple(str(c) for c in range(len(counts)))
        rows = np.zeros((len(counts), counts.max()), dtype=np.int64)
        for c in range(len(counts)):
            rows[c, : counts[c]] = np.flatnonzero(codes == c)
        self._rows = torch.from_numpy(rows).to(device)
        self._counts = torch.from_numpy(counts).to(device)
        self.smallest = int(counts.min())

    def with_inputs(self, inputs: Tensor) -> ClassPool:
        """The same classes with other inputs for their items, such as features."""
        pool = copy.copy(self)
        pool.inputs = inputs
        return pool

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self._counts)

    def rows(self, tasks: int, n_way: int, per_class: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Row numbers (tasks, n_way, per_class) and class numbers (tasks, n_way).

        No class twice in a task and no item twice in a class; sorted random numbers choose both. Raises
        DataError when a task asks for more than there is.
        """
        import torch

        if n_way > self.n_classes or per_class > self.smallest:
            raise DataError(
                "An episode of {n_way} classes with {per_class} items each cannot be drawn from {n} classes, "
                "the smallest of which has {smallest}.",
                "Ask for fewer ways or shots, or add examples.",
                n_way=n_way,
                per_class=per_class,
                n=self.n_classes,
                smallest=self.smallest,
            )
        device = self.inputs.device
        classes = torch.rand(tasks, self.n_classes, generator=generator, device=device).topk(n_way, dim=1).indices
        order = torch.rand(tasks, n_way, self._rows.shape[1], generator=generator, device=device)
        there = torch.arange(self._rows.shape[1], device=device) < self._counts[classes][..., None]
        chosen = order.masked_fill(~there, -1.0).topk(per_class, dim=2).indices
        return self._rows[classes].gather(2, chosen), classes

    def tasks(self, tasks: int, n_way: int, k_shot: int, n_query: int, generator: torch.Generator) -> TaskBatch:
        """Draw ``tasks`` episodes at once."""
        rows, classes = self.rows(tasks, n_way, k_shot + n_query, generator)
        drawn = self.take(rows)
        return TaskBatch(drawn[:, :, :k_shot], drawn[:, :, k_shot:], classes)

    def take(self, rows: Tensor) -> Tensor:
        """The inputs of ``rows``, shape (*rows.shape, ...), float32."""
        found = self.inputs[rows]
        return found.float() if found.dtype.is_floating_point else found.float() / 255.0
