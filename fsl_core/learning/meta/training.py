"""The episodic trainer: one loop for every learner, with progress, checkpoints and going on from them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fsl_core.base.config import Settings, setting
from fsl_core.base.device import inference_dtype
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, silent
from fsl_core.contracts.method import Watch
from fsl_core.learning.meta import checkpoint
from fsl_core.learning.meta.episodes import ClassPool, TaskBatch
from fsl_core.learning.meta.learner import Learner
from fsl_core.models.backends.backbone import Conv4, Params, statistics, trainable

if TYPE_CHECKING:
    import torch
    from torch import Tensor

WATCH_SECONDS = 1.0
SAVE_SECONDS = 60.0
CALIBRATION_STEPS = 40


class TrainingSettings(Settings):
    """How episodes are drawn and followed."""

    n_way: int = setting(20, "Classes in a training task.", ge=2, le=200)
    k_shot: int = setting(1, "Support examples of each class.", ge=1, le=50)
    n_query: int = setting(5, "Query examples of each class.", ge=1, le=50)
    tasks: int = setting(1, "Tasks in a step.", ge=1, le=256)
    steps: int = setting(1000, "Steps of the optimizer.", ge=1, le=1_000_000, log_scale=True)
    lr: float = setting(1e-3, "Largest step size; it falls to zero along a cosine.", ge=1e-6, le=10.0, log_scale=True)
    weight_decay: float = setting(0.0, "Decay of the weights (AdamW).", ge=0.0, le=1.0, advanced=True)
    optimizer: Literal["adam", "sgd"] = setting(
        "adam", "Adam follows gradients; plain steps (SGD) are what Reptile's own update asks for.", advanced=True
    )
    augment: bool = setting(True, "Turn, scale and shift images a little while training.")
    seed: int = setting(0, "Decides which episodes are drawn.", ge=0, le=2**31 - 1, advanced=True)


def fitting(config: TrainingSettings, pool: ClassPool) -> TrainingSettings:
    """The settings with no more ways, shots and queries than the pool has."""
    k_shot = min(config.k_shot, pool.smallest - 1)
    n_query = min(config.n_query, pool.smallest - k_shot)
    return config.model_copy(update={"n_way": min(config.n_way, pool.n_classes), "k_shot": k_shot, "n_query": n_query})


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave; ``seconds`` counts all its parts when it was resumed."""

    params: Params
    steps: int
    loss: float
    seconds: float


Validate = Callable[[Params], dict[str, float]]
"""Scores parameters on held-out classes, for the curve."""


def train(
    learner: Learner[Any],
    pool: ClassPool,
    config: TrainingSettings,
    *,
    start: Params | None = None,
    file: Path | None = None,
    validate: Validate | None = None,
    validate_every: int = 500,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Trained:
    """Meta-train a learner on the classes of ``pool``.

    ``start`` gives first values to the parameters it names. With ``file`` the state is kept there each minute
    and at the end, and a training that finds it goes on from there to the same result. Raises Cancelled through
    ``progress`` (the state is kept), DataError when the loss is no number, ConfigError when ``file`` belongs to
    other settings.
    """
    import torch

    device = pool.inputs.device
    generator = torch.Generator(device=device).manual_seed(config.seed)
    first = learner.init(torch.Generator().manual_seed(config.seed))
    params = {name: value.to(device) for name, value in {**first, **_fitting(start or {}, first)}.items()}
    for value in trainable(params).values():
        value.requires_grad_(True)
    optimizer = _optimizer(config, list(trainable(params).values()))
    state = checkpoint.State(params, optimizer, generator)
    identity = {"learner": type(learner).__name__, "backbone": learner.backbone.facts(), **config.model_dump()}
    done, spent = checkpoint.read(file, state, identity) if file else (0, 0.0)

    report, loss, began, saved, told = progress or silent, float("nan"), time.monotonic(), time.monotonic(), 0.0
    try:
        for step in range(done, config.steps):
            report(step / config.steps, Note("Step {n} of {all}", n=f"{step:,}", all=f"{config.steps:,}"))
            loss = _step(learner, pool, config, params, optimizer, step, generator)
            done = step + 1
            now = time.monotonic()
            figures = validate(_plain(params)) if validate and done % validate_every == 0 else {}
            if watch and (figures or now - told > WATCH_SECONDS or done == config.steps):
                watch(done, {"loss": loss, **figures})
                told = now
            if file and now - saved > SAVE_SECONDS:
                checkpoint.write(file, state, identity, done, spent + now - began)
                saved = now
    finally:
        spent += time.monotonic() - began
        if file:
            checkpoint.write(file, state, identity, done, spent)
    found = _plain(params)
    if isinstance(learner.backbone, Conv4):
        found = keep_statistics(learner, found, pool, config, generator)
    report(1.0, "Trained")
    return Trained(found, config.steps, loss, spent)


def keep_statistics(
    learner: Learner[Any], params: Params, pool: ClassPool, config: TrainingSettings, generator: torch.Generator
) -> Params:
    """The parameters with means and variances of each block over many tasks, for answering item by item."""
    import torch

    found: list[Params] = []
    with torch.no_grad():
        for _ in range(CALIBRATION_STEPS):
            rows, _classes = pool.rows(1, min(40, pool.n_classes), min(5, pool.smallest), generator)
            found.append(statistics(learner.backbone, params, pool.take(rows).flatten(0, 2)))
    return {**params, **{name: torch.stack([part[name] for part in found]).mean(0) for name in found[0]}}


def _step(
    learner: Learner[Any],
    pool: ClassPool,
    config: TrainingSettings,
    params: Params,
    optimizer: torch.optim.Optimizer,
    step: int,
    generator: torch.Generator,
) -> float:
    import math

    import torch

    for group in optimizer.param_groups:
        group["lr"] = config.lr * 0.5 * (1 + math.cos(math.pi * step / config.steps))
    batch = pool.tasks(config.tasks, config.n_way, config.k_shot, config.n_query, generator)
    if config.augment and batch.support.dim() == 6:
        batch = TaskBatch(jitter(batch.support, generator), jitter(batch.query, generator), batch.classes)
    device = batch.support.device.type
    precision = inference_dtype(device)
    with torch.autocast(device, precision, enabled=precision != torch.float32):
        slopes, loss = learner.slopes(params, batch)
    value = float(loss)
    if not math.isfinite(value):
        raise DataError("The loss became {loss} at step {step}.", "Take a smaller step size.", loss=value, step=step)
    for name, slope in slopes.items():
        params[name].grad = slope
    optimizer.step()
    return value


def jitter(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image turned (10 degrees), scaled (10 %), sheared (0.1) and shifted (2 of 28 pixels) at random, at most."""
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    flat = images.reshape(-1, *images.shape[-3:])
    n = len(flat)

    def draw(most: float) -> Tensor:
        return (torch.rand(n, generator=generator, device=flat.device) * 2 - 1) * most

    angle, zoom = draw(0.175), 1 + draw(0.1)
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = [torch.stack([cos, -sin + draw(0.1), draw(0.14)], 1), torch.stack([sin, cos, draw(0.14)], 1)]
    grid = affine_grid(torch.stack(rows, 1), list(flat.shape), align_corners=False)
    return grid_sample(flat, grid, align_corners=False).reshape(images.shape)


def _optimizer(config: TrainingSettings, values: list[Tensor]) -> torch.optim.Optimizer:
    import torch

    if config.optimizer == "sgd":
        return torch.optim.SGD(values, lr=config.lr)
    return torch.optim.AdamW(values, lr=config.lr, weight_decay=config.weight_decay)


def _plain(params: Params) -> Params:
    return {name: value.detach() for name, value in params.items()}


def _fitting(start: Params, wanted: Params) -> Params:
    return {
        name: value.clone() for name, value in start.items() if name in wanted and value.shape == wanted[name].shape
    }
