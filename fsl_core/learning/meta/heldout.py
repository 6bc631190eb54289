"""Meta-train on some classes, then ask on others whether it was worth it.

Classes of one or several projects that share an encoder are split; a learner is trained on tasks of the one part
and answers, beside plain heads on the untouched vectors, tasks of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import Settings, make_settings, setting
from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes, Progress, Vectors, silent, span
from fsl_core.contracts.method import Watch
from fsl_core.learning.meta import pairing
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.learner import Learner
from fsl_core.learning.meta.learners import learner_class
from fsl_core.learning.meta.pairing import Duel, Figure, Verdict, duel, of_learner, verdict
from fsl_core.learning.meta.training import Trained, TrainingSettings, fitting, train
from fsl_core.models.backends.backbone import Params, Projection

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 2
"""Classes that each side needs: a task has two."""
SPARE = 2
"""Examples of a class beyond the shots: something has to be asked."""
MOST_QUERIES = 15
LOOKS, LOOK_EPISODES = 10, 40
"""How often, and on how many tasks, the held-out classes are asked while training, for the curve."""


class HeldOutSettings(Settings):
    """The tasks of the check, and which share of the classes is kept for it."""

    share: float = setting(
        0.4, "Share of the classes that the training never sees; the score stands on them.", ge=0.1, le=0.8
    )
    n_way: int = setting(5, "Classes in a task.", title="Ways", ge=2, le=50)
    k_shot: int = setting(1, "Examples of each class in the support.", title="Shots", ge=1, le=20)
    episodes: int = setting(300, "Tasks that everybody answers.", ge=20, le=5000, log_scale=True)
    seed: int = setting(0, "Decides which classes are held out, and which tasks are drawn.", ge=0, le=2**31 - 1)


@dataclass(frozen=True, slots=True)
class Source:
    """Labelled items of one project or file as an encoder reads them: ``vectors`` (n, d), a label each."""

    name: str
    vectors: Vectors
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides of the classes."""

    training: ClassPool
    held_out: ClassPool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trained learner and how it did on the held-out classes."""

    learner: Learner[Any]
    trained: Trained
    split: Split
    duel: Duel
    n_way: int
    k_shot: int
    n_query: int

    def accuracies(self) -> dict[str, Figure]:
        """The learner under its name, and the plain heads."""
        return {name: self.duel.accuracy(name) for name in self.duel.right}

    def differences(self) -> dict[str, tuple[Figure, Verdict]]:
        """Learner minus each plain head on the same tasks, and what that allows to say."""
        found = {name: self.duel.difference(self.learner.name, name) for name in pairing.PLAIN}
        return {name: (figure, verdict(figure)) for name, figure in found.items()}


def features(vectors: Vectors, mean: NDArray[np.float32] | None = None) -> Vectors:
    """l2(l2(x) - mean), as the methods read vectors; ``mean`` (d,) of the unit vectors of the whole project."""
    return ops.centered(vectors, ops.unit(vectors).mean(axis=0) if mean is None else mean)


def split(sources: Sequence[Source], config: HeldOutSettings) -> Split:
    """Deal the classes with enough examples to the two sides.

    Classes of the same name, in whichever project, go to the same side, so that nobody is asked about what was
    seen elsewhere. Raises DataError that says how many classes and examples are missing.
    """
    check_enough([source.labels for source in sources], config.k_shot)
    usable = [one for one in _classes(sources) if len(one.vectors) >= config.k_shot + SPARE]
    groups = sorted({one.group for one in usable})
    order = np.random.default_rng(config.seed).permutation(len(groups))
    n_held_out = min(max(round(config.share * len(groups)), LEAST), len(groups) - LEAST)
    held_out = {groups[i] for i in order[:n_held_out]}
    return Split(
        _pool([one for one in usable if one.group not in held_out]),
        _pool([one for one in usable if one.group in held_out]),
    )


def check_enough(labels: Sequence[Sequence[str]], k_shot: int) -> None:
    """Nothing when the labels of the sources allow a split; else DataError that counts what is missing."""
    counts: dict[str, int] = {}
    for own in labels:
        for label, n in Counter(own).items():
            counts[_group(label)] = max(counts.get(_group(label), 0), n)
    least = k_shot + SPARE
    missing = 2 * LEAST - sum(n >= least for n in counts.values())
    if missing <= 0:
        return
    nearest = sorted((n for n in counts.values() if n < least), reverse=True)[:missing]
    examples = sum(least - n for n in nearest) + (missing - len(nearest)) * least
    raise DataError(
        "Meta-learning needs {wanted} classes with {least} labelled examples each, to train on some and to ask "
        "about the others; there are {n}.",
        "Missing: {missing} more such classes, {examples} labelled examples in all. "
        "Label more, or add a project that uses the same encoder.",
        wanted=2 * LEAST,
        least=least,
        n=2 * LEAST - missing,
        missing=missing,
        examples=examples,
    )


def run(
    sources: Sequence[Source],
    learner: str,
    settings: dict[str, Any] | None = None,
    training: TrainingSettings | None = None,
    check: HeldOutSettings | None = None,
    *,
    file: Path | None = None,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Outcome:
    """Split, meta-train a projection, and let everybody answer the same held-out tasks.

    Ways and queries are cut to what the classes allow. ``file`` keeps the state, see ``training.train``.
    """
    report, check = progress or silent, check or HeldOutSettings()
    parts = split(sources, check)
    kind = learner_class(learner)
    made = kind(
        Projection(int(parts.training.inputs.shape[1])),
        make_settings(kind.settings, settings or {}),
        parts.training.n_classes,
    )
    config = fitting(training or TrainingSettings(), parts.training)
    n_way = min(check.n_way, parts.held_out.n_classes)
    n_query = min(MOST_QUERIES, parts.held_out.smallest - check.k_shot)

    def ask(answers: dict[str, pairing.Answer], episodes: int, progress: Progress | None = None) -> Duel:
        return duel(
            answers, parts.held_out, n_way=n_way, k_shot=check.k_shot, n_query=n_query,
            episodes=episodes, seed=check.seed, progress=progress,
        )  # fmt: skip

    def look(params: Params) -> dict[str, float]:
        found = ask({learner: of_learner(made, params)}, LOOK_EPISODES)
        return {"held_out_accuracy": float(found.right[learner].mean())}

    trained = train(
        made, parts.training, config, file=file, validate=look if watch else None,
        validate_every=max(1, config.steps // LOOKS), progress=span(report, 0.0, 0.7), watch=watch,
    )  # fmt: skip
    answers: dict[str, pairing.Answer] = {learner: of_learner(made, trained.params), **pairing.PLAIN}
    found = ask(answers, check.episodes, span(report, 0.7, 1.0))
    return Outcome(made, trained, parts, found, n_way, check.k_shot, n_query)


# -- inside ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Class:
    name: str
    group: str
    vectors: Vectors


def _classes(sources: Sequence[Source]) -> list[_Class]:
    found = []
    for source in sources:
        labels = np.array(source.labels, dtype=object)
        for label in dict.fromkeys(source.labels):
            name = label if len(sources) == 1 else f"{label} ({source.name})"
            found.append(_Class(name, _group(label), source.vectors[labels == label]))
    return found


def _group(label: str) -> str:
    return " ".join(label.casefold().split())


def _pool(classes: Sequence[_Class]) -> ClassPool:
    return ClassPool(
        _tensor(np.concatenate([one.vectors for one in classes])), _codes(classes), [one.name for one in classes]
    )


def _tensor(vectors: Vectors) -> Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32))


def _codes(classes: Sequence[_Class]) -> Codes:
    return np.repeat(np.arange(len(classes)), [len(one.vectors) for one in classes])
