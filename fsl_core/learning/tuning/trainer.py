"""Hugging Face's Trainer on a classifier, with the time cap, curve and stops of the loop of this project.

Wolf et al., "Transformers: State-of-the-Art Natural Language Processing" (2020), arXiv:1910.03771.
Importing this loads torch and transformers.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from fsl_core.base.types import Codes, LabeledSet, Progress
from fsl_core.contracts.method import Context
from fsl_core.learning.tuning.backbone import Tokens
from fsl_core.learning.tuning.batches import grouped
from fsl_core.learning.tuning.classifier import Classifier
from fsl_core.learning.tuning.loop import Course, Plan, Trace
from fsl_core.learning.tuning.tuned import TuningSettings


def tune_classifier(
    classifier: Classifier,
    support: LabeledSet,
    config: TuningSettings,
    context: Context,
    *,
    head_rate: float = 1e-2,
    progress: Progress,
) -> Trace:
    """Train what of the classifier may be trained, in place.

    Batches hold every class equally often and each class of a batch weighs the same in its loss, whatever the
    number of its examples. The name of each class with an example is one more, of weight ``name_prior``.
    ``head_rate`` is the learning rate of the weights outside the encoder. Raises TrainingError, Cancelled.
    """
    texts, codes, weights = list(support.items), support.codes, np.ones(len(support), dtype=np.float32)
    if config.name_prior > 0:
        present = np.unique(codes)
        texts += [context.text_of(support.classes[code]) for code in present]
        codes = np.concatenate([codes, present])
        weights = np.concatenate([weights, np.full(len(present), config.name_prior, dtype=np.float32)])
    plan = config.plan(len(support))
    size = min(config.batch_size, len(support))
    batches = list(islice(grouped(codes, size, context.seed), plan.steps))
    course = Course(plan, score=_scorer(classifier, context), progress=progress, watch=context.watch)
    collate = _Collate(classifier.backbone.tokenize(texts), codes, weights)
    with _own_random(), tempfile.TemporaryDirectory() as folder:
        _CourseTrainer(classifier, course, batches, collate, head_rate, context.seed, folder).train()
    return course.trace


def _scorer(classifier: Classifier, context: Context) -> Callable[[], float] | None:
    held_out = context.held_out
    if held_out is None or not len(held_out):
        return None
    return lambda: float((classifier.predict_proba(held_out.items).argmax(1) == held_out.codes).mean())


class _Collate:
    """Row numbers to what the Trainer passes on: tokens, class numbers, the weight of each row."""

    def __init__(self, tokens: Sequence[Tokens], codes: Codes, weights: np.ndarray[Any, Any]) -> None:
        self._tokens, self._codes, self._weights = tokens, codes, weights

    def __call__(self, batches: Sequence[Codes]) -> dict[str, Any]:
        rows = batches[0]
        return {
            "tokens": [self._tokens[row] for row in rows],
            "labels": torch.from_numpy(self._codes[rows]),
            "weights": torch.from_numpy(self._weights[rows]),
        }


class _CourseTrainer(Trainer):
    """The Trainer on ready-made batches (one "example" each), led by a Course; it writes and prints nothing."""

    def __init__(
        self,
        classifier: Classifier,
        course: Course,
        batches: list[Codes],
        collate: _Collate,
        head_rate: float,
        seed: int,
        folder: str,
    ) -> None:
        plan = course.plan
        self.course = course
        arguments = TrainingArguments(
            output_dir=folder, max_steps=len(batches), per_device_train_batch_size=1, seed=seed,
            max_grad_norm=plan.clip, train_sampling_strategy="sequential", remove_unused_columns=False,
            use_cpu=classifier.backbone.on == "cpu", dataloader_pin_memory=False, save_strategy="no",
            logging_strategy="no", report_to="none", disable_tqdm=True,
        )  # fmt: skip
        arguments._n_gpu = min(1, arguments.n_gpu)  # a handful of texts is not worth spreading over several
        optimizer = _optimizer(classifier, plan, head_rate)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, course.rate)
        self.follow = _Follow(course)
        super().__init__(
            classifier, arguments, collate, batches, optimizers=(optimizer, scheduler), callbacks=[self.follow]
        )
        self.remove_callback(PrinterCallback)

    def training_step(self, model: nn.Module, inputs: Mapping[str, Any], *more: Any, **named: Any) -> torch.Tensor:  # noqa: ANN401
        """One step on a share of the rows; the share is halved when GPU memory runs out."""
        n = len(inputs["tokens"])
        while True:
            rows = self.course.part(n)
            part = {name: value[rows] if torch.is_tensor(value) else [value[i] for i in rows]
                    for name, value in inputs.items()}  # fmt: skip
            try:
                loss = super().training_step(model, part, *more, **named)
                self.follow.loss = float(loss)
                return loss
            except torch.OutOfMemoryError as error:
                self.course.halve(n, error)
            model.zero_grad()

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], *more: Any, **named: Any) -> torch.Tensor:  # noqa: ANN401
        """The balanced cross-entropy of the batch."""
        losses = nn.functional.cross_entropy(model(inputs["tokens"]), inputs["labels"], reduction="none")
        return balanced(losses, inputs["labels"], inputs["weights"])


def balanced(losses: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean over the classes among ``labels`` of the weighted mean over their rows; all arguments (b,)."""
    of_class = torch.zeros(int(labels.max()) + 1, device=losses.device).index_add(0, labels, weights)
    weights = weights / of_class[labels]
    mean: torch.Tensor = (weights * losses).sum() / weights.sum()
    return mean


class _Follow(TrainerCallback):
    """Tells the Course of every step, and the Trainer when to stop."""

    def __init__(self, course: Course) -> None:
        self._course, self.loss = course, float("nan")

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any) -> None:  # noqa: ANN401, D102
        self._course.begin()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any) -> None:  # noqa: ANN401, D102
        control.should_training_stop = not self._course.end(self.loss)


def _optimizer(classifier: Classifier, plan: Plan, head_rate: float) -> torch.optim.Optimizer:
    head = [weight for weight in classifier.head().values() if weight.requires_grad]
    outside = {id(weight) for weight in head}
    inside = [weight for weight in classifier.parameters() if weight.requires_grad and id(weight) not in outside]
    groups = [{"params": inside, "lr": plan.learning_rate}, {"params": head, "lr": head_rate}]
    return torch.optim.AdamW(groups, weight_decay=plan.weight_decay, fused=True)


@contextmanager
def _own_random() -> Iterator[None]:
    """The Trainer seeds the random numbers of the whole process; they are put back after it."""
    python, legacy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)
