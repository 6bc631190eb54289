"""Tasks per second of MAML and Reptile, all tasks at once, against a loop over tasks with the same model.

    python -m benchmarks.meta_speed

Random 28 x 28 images under Conv-4, and random vectors as long as those of the bundled text encoder under a
projection; both sides compute the same update (a test compares the numbers), one thread or more as torch is told by
OMP_NUM_THREADS. The prototypical row draws its episodes from 129,840 images, drawing included.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import RESULTS, Row, machine, table, write
from fsl_core.learning.meta.episodes import ClassPool, TaskBatch
from fsl_core.learning.meta.learner import HEAD, linear, spread
from fsl_core.learning.meta.learners.maml import Maml, MamlSettings
from fsl_core.learning.meta.learners.prototypical import Prototypical, PrototypicalSettings
from fsl_core.learning.meta.learners.reptile import Reptile, ReptileSettings, turns
from fsl_core.learning.meta.training import TrainingSettings, train
from fsl_core.models.backends.backbone import Backbone, Conv4, Params, Projection, trainable

if TYPE_CHECKING:
    from torch import Tensor

REPEATS = 7
VECTOR = 384
"""Numbers in a vector of the bundled text encoder."""


def maml_loop(learner: Maml, params: Params, batch: TaskBatch) -> tuple[Params, Tensor]:
    """The outer gradient of MAML as one would write it first: task after task, ``autograd.grad`` in each."""
    import torch
    from torch.nn.functional import cross_entropy

    moving, n_way, losses = trainable(params), batch.n_way, []
    for support, query in zip(batch.support, batch.query, strict=True):
        values = {**moving, **spread(params, n_way)}
        for _ in range(learner.config.inner_steps):
            answer = linear(values, learner.backbone.features(values, support.flatten(0, 1)))
            loss = cross_entropy(answer, torch.arange(n_way).repeat_interleave(support.shape[1]))
            slopes = torch.autograd.grad(loss, list(values.values()), create_graph=not learner.config.first_order)
            values = {
                name: value - learner.config.inner_lr * slope
                for (name, value), slope in zip(values.items(), slopes, strict=True)
            }
        answer = linear(values, learner.backbone.features(values, query.flatten(0, 1)))
        losses.append(cross_entropy(answer, torch.arange(n_way).repeat_interleave(query.shape[1])))
    total = torch.stack(losses).mean()
    found = torch.autograd.grad(total, list(moving.values()))
    return dict(zip(moving, found, strict=True)), total.detach()


def reptile_loop(learner: Reptile, params: Params, batch: TaskBatch) -> Params:
    """theta - mean of theta_i' of Reptile, task after task, with torch's own Adam."""
    import torch
    from torch.nn.functional import cross_entropy

    n_way, start = batch.n_way, trainable(params)
    sums = {name: torch.zeros_like(value) for name, value in start.items()}
    for number in range(len(batch.support)):
        items = torch.cat([batch.support[number], batch.query[number]], dim=1)
        labels = torch.arange(n_way).repeat_interleave(items.shape[1])
        items = items.flatten(0, 1)
        values = {name: value.detach().clone() for name, value in {**start, **spread(params, n_way)}.items()}
        for value in values.values():
            value.requires_grad_(True)
        adam = torch.optim.Adam(list(values.values()), lr=learner.config.inner_lr, betas=(0.0, 0.999))
        for rows in turns(len(items), learner.config.inner_steps, learner.config.batch, number):
            adam.zero_grad()
            cross_entropy(linear(values, learner.backbone.features(values, items[rows])), labels[rows]).backward()
            adam.step()
        for name in sums:
            end = values[name].detach()
            if name in HEAD:
                end = end.mean(0, keepdim=name == "bias")
            sums[name] += end
    return {name: start[name].detach() - total / len(batch.support) for name, total in sums.items()}


def main() -> None:
    """Measure and write the table."""
    import torch

    asked = argparse.ArgumentParser(prog="python -m benchmarks.meta_speed", description=__doc__)
    asked.add_argument("--out", type=type(RESULTS), default=RESULTS, help="folder for the JSON and the Markdown table")
    asked.add_argument("--tasks", type=int, default=32, help="tasks in a step")
    arguments = asked.parse_args()
    rows, lines = [], []
    for items, backbone in (("images", Conv4(down="stride")), ("vectors", Projection(VECTOR))):
        for name, k_shot, n_query in (("maml", 1, 1), ("fomaml", 1, 1), ("maml", 1, 5), ("reptile", 1, 9)):
            learner, loop = made(name, backbone)
            params, batch = begin(learner, arguments.tasks, k_shot, n_query)
            at_once = median(lambda: learner.slopes(params, batch))  # noqa: B023  # called at once
            looped = median(lambda: loop(learner, params, batch))  # noqa: B023
            setting = f"{items}-5-way-{k_shot}-shot-{n_query}-query"
            lines.append(line(f"{name}, {items}, {n_query} queries a class", arguments.tasks, at_once, looped))
            rows += figures(name, setting, arguments.tasks, at_once, looped)
            print(*lines[-1], flush=True)
    rate = prototypical_rate()
    rows.append(Row("meta_speed", "random", "60-way-1-shot", "protonet", "episodes_per_second", rate))
    text = (
        f"5-way 1-shot, {arguments.tasks} tasks a step; Reptile takes 5 steps of 10 items. "
        f"Median of {REPEATS} repeats, {torch.get_num_threads()} threads, {machine()}.\n\n"
        + table(["step", "tasks/s at once", "tasks/s in a loop", "ratio"], lines)
        + f"\n\nPrototypical trainer, 60-way 1-shot 5 queries (360 images an episode): {rate:.2f} episodes/s."
    )
    write("meta_speed", rows, text, arguments.out)
    print(text)


def made(name: str, backbone: Backbone) -> tuple[Maml | Reptile, Callable[..., object]]:
    """A learner, and the loop to compare it with."""
    if name == "reptile":
        return Reptile(backbone, ReptileSettings()), reptile_loop
    return Maml(backbone, MamlSettings(first_order=name == "fomaml")), maml_loop


def begin(learner: Maml | Reptile, tasks: int, k_shot: int, n_query: int) -> tuple[Params, TaskBatch]:
    """First parameters and random tasks."""
    import torch

    generator = torch.Generator().manual_seed(0)
    params = learner.init(generator)
    for value in trainable(params).values():
        value.requires_grad_(True)
    shape = (1, 28, 28) if isinstance(learner.backbone, Conv4) else (VECTOR,)
    drawn = torch.rand(tasks, 5, k_shot + n_query, *shape, generator=generator)
    return params, TaskBatch(drawn[:, :, :k_shot], drawn[:, :, k_shot:], torch.zeros(tasks, 5, dtype=torch.long))


def prototypical_rate() -> float:
    """Episodes per second of the trainer, images drawn and jittered."""
    import torch

    images = torch.randint(0, 256, (6492 * 20, 1, 28, 28), dtype=torch.uint8)
    pool = ClassPool(images, np.arange(6492).repeat(20))
    learner = Prototypical(Conv4(), PrototypicalSettings())
    steps = 20
    return steps / train(learner, pool, TrainingSettings(n_way=60, steps=steps)).seconds


def median(step: Callable[[], object]) -> float:
    """Median seconds of a step, the first not counted."""
    step()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def line(name: str, tasks: int, at_once: float, looped: float) -> list[str]:
    """A row of the table."""
    return [name, f"{tasks / at_once:.0f}", f"{tasks / looped:.0f}", f"{looped / at_once:.1f}"]


def figures(name: str, setting: str, tasks: int, at_once: float, looped: float) -> list[Row]:
    """The two rates as rows."""
    return [
        Row("meta_speed", "random", setting, name, "tasks_per_second", tasks / at_once),
        Row("meta_speed", "random", setting, f"{name}-loop", "tasks_per_second", tasks / looped),
    ]


if __name__ == "__main__":
    main()
