"""The training loop: a fixed number of steps, cut to the time allowed, that says how it goes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base.errors import FslError
from fsl_core.base.notes import Note
from fsl_core.base.types import Codes, Progress, silent
from fsl_core.contracts.method import Watch

if TYPE_CHECKING:
    import torch

MEASURED_STEPS = 3
"""After so many steps their mean time tells how many fit into the time allowed."""


class TrainingError(FslError):
    """The training went wrong in a way that other settings mend."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. ``seconds`` is the time cap; ``patience`` counts scorings without a better one, 0 is off."""

    steps: int
    learning_rate: float
    seconds: float
    weight_decay: float = 0.01
    warm_up: float = 0.2
    clip: float = 1.0
    score_every: int = 5
    patience: int = 0


@dataclass(slots=True)
class Trace:
    """What happened: the curve, the time, and what a person should know."""

    loss: list[float] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    """(steps done, held-out accuracy)."""
    seconds: float = 0.0
    planned: int = 0
    notes: list[str] = field(default_factory=list)


class Course:
    """A training on its way: the rate of learning, the curve, the time left, and when to stop.

    ``begin`` and ``end`` stand around each step, whoever takes it.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        score: Callable[[], float] | None = None,
        progress: Progress | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.plan, self.trace = plan, Trace(planned=plan.steps)
        self._score, self._report, self._watch = score, progress or silent, watch
        self._start = self._began = time.monotonic()
        self._measured, self._best, self._worse = 0.0, float("-inf"), 0
        self._share = 1.0

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.trace.loss)

    def rate(self, step: int) -> float:
        """Share of the full learning rate at a step, counted from 0, as many as are planned now."""
        return _rate(step, self.trace.planned, self.plan.warm_up)

    def begin(self) -> None:
        """Say which step comes. Raises Cancelled through the progress."""
        done, planned = self.step, self.trace.planned
        self._report(done / planned, Note("Training: step {n} of {all}", n=done + 1, all=planned))
        self._began = time.monotonic()

    def end(self, value: float) -> bool:
        """Book a step with the loss ``value``; whether another one follows. TrainingError when it is no number."""
        plan, trace = self.plan, self.trace
        self._measured += time.monotonic() - self._began
        if not math.isfinite(value):
            raise TrainingError(
                "The loss stopped being a number at step {step}, so nothing was kept.",
                "Lower the learning rate (it was {rate:g}).",
                step=self.step + 1,
                rate=plan.learning_rate,
            )
        trace.loss.append(value)
        if self.step == MEASURED_STEPS:
            _fit_into_time(trace, plan, time.monotonic() - self._start, self._measured / MEASURED_STEPS)
        last = self.step >= trace.planned
        figures = {"loss": value} | self._scored(last)
        if self._watch is not None:
            self._watch(self.step, figures)
        trace.seconds = time.monotonic() - self._start
        so_far = {"n": self.step, "all": trace.planned}
        if trace.seconds > plan.seconds and not last:
            trace.notes.append(Note("Stopped after {n} of {all} steps: the time allowed was used up.", **so_far))
            return False
        if plan.patience and self._worse >= plan.patience:
            trace.notes.append(
                Note("Stopped after {n} of {all} steps: no better for {worse} scorings.", **so_far, worse=self._worse)
            )
            return False
        return not last

    def part(self, n: int) -> Codes:
        """Which of the ``n`` rows of a batch are computed: all, or the share that fits into memory.

        Evenly spaced: rows come in the order of the support, so every class keeps its part.
        """
        return np.linspace(0, n - 1, max(2, int(n * self._share))).astype(np.int64)

    def halve(self, n: int, error: Exception) -> None:
        """Memory ran out on a part of ``n`` rows: take half of it from here on. TrainingError below two rows."""
        import torch

        if len(self.part(n)) <= 2:
            raise TrainingError(
                "Two texts alone do not fit into the memory of the GPU.",
                "Lower 'Tokens read of each text', or choose a smaller encoder.",
            ) from error
        self._share /= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.trace.notes.append(Note("GPU memory ran out: {n} texts a step from there on.", n=len(self.part(n))))

    def _scored(self, last: bool) -> dict[str, float]:
        if self._score is None or not (last or self.step % self.plan.score_every == 0):
            return {}
        found = self._score()
        self.trace.scores.append((self.step, found))
        self._worse = 0 if found > self._best else self._worse + 1
        self._best = max(self._best, found)
        return {"held_out_accuracy": found}


def train(
    weights: Sequence[torch.nn.Parameter],
    batches: Iterator[Codes],
    loss_of: Callable[[Codes], torch.Tensor],
    plan: Plan,
    *,
    score: Callable[[], float] | None = None,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Trace:
    """Minimise ``loss_of(rows)`` over ``weights`` with AdamW, a linear warm-up and a cosine descent.

    Where the steps would take longer than the time allowed, there are fewer of them, and the descent of
    the learning rate is drawn over those. When GPU memory runs out, every batch from there on is halved.
    Raises TrainingError when the loss is no number, Cancelled through ``progress``.
    """
    import torch

    course = Course(plan, score=score, progress=progress, watch=watch)
    optimizer = torch.optim.AdamW(weights, lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=True)
    more = True
    while more:
        course.begin()
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * course.rate(course.step)
        more = course.end(_step(optimizer, weights, loss_of, next(batches), course))
    return course.trace


def _step(
    optimizer: torch.optim.Optimizer,
    weights: Sequence[torch.nn.Parameter],
    loss_of: Callable[[Codes], torch.Tensor],
    rows: Codes,
    course: Course,
) -> float:
    """One step on as many of the rows as fit into memory; returns the loss."""
    import torch

    while True:
        try:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(rows[course.part(len(rows))])
            loss.backward()  # type: ignore[no-untyped-call]
            break
        except torch.OutOfMemoryError as error:
            course.halve(len(rows), error)
    value = float(loss.detach())
    if math.isfinite(value):
        torch.nn.utils.clip_grad_norm_(weights, course.plan.clip)
        optimizer.step()
    return value


def _fit_into_time(trace: Trace, plan: Plan, used: float, a_step: float) -> None:
    left = max(0.0, plan.seconds - used)
    fits = MEASURED_STEPS + int(left / max(a_step, 1e-9))
    if fits < trace.planned:
        words = Note(
            "{n} steps instead of {all}: more would take longer than the time allowed.", n=fits, all=trace.planned
        )
        trace.notes.append(words)
        trace.planned = fits


def _rate(step: int, steps: int, warm_up: float) -> float:
    """Share of the full learning rate at a step: a linear rise, then half a cosine down to nearly 0."""
    rise = max(1, round(steps * warm_up))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise + 1) / (steps - rise + 1)))
