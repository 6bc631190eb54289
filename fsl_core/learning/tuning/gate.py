"""Whether tuning earned its keep: paired cross-validation against the frozen head on the same labels.

Both models answer the same left-out items. They are compared by what a proper score says, the mean
log-loss after each has been given its best temperature (Guo et al. 2017, arXiv:1706.04599): with a few
dozen items it tells more than counting right answers. The interval of the difference in accuracy is that
of Agresti and Min (Statistics in Medicine 2005) for matched pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from fsl_core.base.errors import DataError
from fsl_core.base.intervals import Z95
from fsl_core.base.notes import Note
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Progress, Vectors, silent
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.evaluation import calibration
from fsl_core.evaluation.cross_validation import has_second, left_out_report, scorable, stratified_folds
from fsl_core.evaluation.metrics import MINIMUM_N, Measure, Report
from fsl_core.evaluation.multilabel import Members, MultiLabelModel, multilabel_report, sets_of
from fsl_core.learning.tuning.tuned import TunedMethod
from fsl_core.registry import create_method

Curve = Callable[[str, int, Mapping[str, float]], None]
"""Called with the name of a training ('fold 1', 'all labels'), the steps done, and its figures."""
FROZEN = "logistic"
FOLDS = 2
ROOMY, TIGHT = 0.15, 0.05
"""Share of mistakes of the frozen head above which tuning is likely to pay, and below which it is not."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The frozen head and the tuned model on the same left-out items."""

    keep: bool
    frozen: Report
    tuned: Report
    difference: Measure
    """Accuracy of the tuned model minus that of the frozen head: -1..1, with a paired interval."""
    wins: int
    """Items that the tuned model alone got right (the whole set, where an item has several classes)."""
    losses: int
    frozen_loss: float
    tuned_loss: float
    """Mean log-loss, each at its best temperature."""
    seconds: float
    folds: int = FOLDS
    """Parts that the items were really cut into."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be said before any time is spent: ``likely`` (None: cannot say) and the frozen head's score."""

    likely: bool | None
    frozen: Report | None


def outlook(frozen: Report | None) -> Outlook:
    """Whether tuning is likely to pay, from the frozen head's left-out answers.

    Where the frozen head errs on more than 15 % there is room that tuning usually finds; where it errs on
    less than 5 %, there is nothing left to gain (benchmarks/results/finetune.md).
    """
    if frozen is None or frozen.n < MINIMUM_N:
        return Outlook(None, frozen)
    errs = 1.0 - frozen.accuracy.value
    return Outlook(True if errs > ROOMY else False if errs < TIGHT else None, frozen)


def decide(
    name: str,
    settings: Mapping[str, Any] | None,
    support: LabeledSet,
    context: Context,
    *,
    vectors: Vectors | None = None,
    folds: int = FOLDS,
    seed: int = 0,
    progress: Progress | None = None,
    curve: Curve | None = None,
) -> Verdict:
    """Cross-validate method ``name`` and the frozen head on the same folds; keep what answers better.

    ``vectors`` (n, d) are those of the frozen encoder, when they are at hand. Raises DataError when fewer
    than two classes have two examples, and whatever the method raises.
    """
    start, report = time.monotonic(), progress or silent
    codes = support.codes
    if not scorable(codes):
        raise DataError(
            "To see whether tuning helps, two classes need two labelled examples each.", "Label a few more items."
        )
    if vectors is None:
        assert context.encoder is not None
        vectors = context.encoder.encode(support.items)
    frozen, tuned = (np.zeros((len(codes), support.n_way), dtype=np.float32) for _ in range(2))
    tests = stratified_folds(codes, folds, seed)
    for number, test in enumerate(tests):
        train = np.setdiff1d(np.arange(len(codes)), test)
        frozen[test] = _head_answers(context, vectors, support, train, test)
        inside = replace(context, watch=_named(curve, f"fold {number + 1}"))
        if curve is not None:
            inside = replace(inside, held_out=support.take(test))
        method = create_method(name, settings, inside)
        method.fit(support.take(train), progress=_part(report, number, len(tests)))
        if not support.sets:
            tuned[test] = method.predict_proba(support.take(test).items)
            continue
        assert isinstance(method, TunedMethod)
        around = replace(context, encoder=method.tuned_encoder, pool_mean=None)
        tuned[test] = _head_answers(around, method.tuned_encoder.encode(support.items), support, train, test)
    return judge(frozen, tuned, support, time.monotonic() - start, len(tests))


def _head_answers(context: Context, vectors: Vectors, support: LabeledSet, train: Codes, test: Codes) -> Probabilities:
    """The frozen head on these vectors: learns from ``train``, answers ``test``; each class by itself for sets."""
    if support.sets:
        names = context.name_vectors(support.classes)
        heads = MultiLabelModel(FROZEN, None, context)
        heads.fit_vectors(vectors[train], support.members[train], support.classes, names)
        return heads.predict_vectors(vectors[test])
    head = create_method(FROZEN, None, context)
    assert isinstance(head, VectorMethod)
    return head.fit_vectors(vectors[train], support.codes[train], support.classes).predict_vectors(vectors[test])


def judge(
    frozen: Probabilities, tuned: Probabilities, support: LabeledSet, seconds: float, folds: int = FOLDS
) -> Verdict:
    """The verdict on two models' left-out answers (n, n_way) to the same support set."""
    rows = np.flatnonzero(has_second(support.codes))
    codes, members = support.codes[rows], support.members[rows]
    before, after = frozen[rows], tuned[rows]
    if support.sets:
        right = [(sets_of(proba) == members).all(axis=1) for proba in (before, after)]
        reports: list[Report] = [
            multilabel_report(members, sets_of(proba), support.classes) for proba in (before, after)
        ]
        losses = [_best_set_loss(proba, members) for proba in (before, after)]
    else:
        right = [proba.argmax(1) == codes for proba in (before, after)]
        reports = [left_out_report(proba, support.codes, support.classes) for proba in (frozen, tuned)]
        losses = [best_log_loss(proba, codes) for proba in (before, after)]
    won, lost = int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum())
    difference = paired_difference(won, lost, len(rows))
    return Verdict(
        losses[1] < losses[0], reports[0], reports[1], difference, won, lost, losses[0], losses[1], seconds, folds
    )


def _best_set_loss(probabilities: Probabilities, members: Members) -> float:
    """The same for one answer with yes or no for each class."""
    yes = probabilities.reshape(-1)
    return best_log_loss(np.stack([1.0 - yes, yes], axis=1), members.reshape(-1).astype(np.int64))


def best_log_loss(probabilities: Probabilities, codes: Codes) -> float:
    """Mean -log p of the true class at the temperature that makes it least."""
    temperature = calibration.fit_temperature(probabilities, codes, strength=1.0)
    return calibration.log_loss(calibration.calibrated(probabilities, temperature), codes)


def paired_difference(wins: int, losses: int, n: int) -> Measure:
    """(wins - losses) / n with the 95 % interval of Agresti and Min: half an item more in each of four cells."""
    low, high = -1.0, 1.0
    if n:
        total, gained, lost = n + 2, wins + 0.5, losses + 0.5
        middle = (gained - lost) / total
        half = Z95 * sqrt(max(0.0, gained + lost - (gained - lost) ** 2 / total)) / total
        low, high = max(-1.0, middle - half), min(1.0, middle + half)
    return Measure((wins - losses) / n if n else 0.0, low, high, n, n >= MINIMUM_N)


def _named(curve: Curve | None, name: str) -> Callable[[int, Mapping[str, float]], None] | None:
    return None if curve is None else lambda step, figures: curve(name, step, figures)


def _part(report: Progress, number: int, parts: int) -> Progress:
    def inner(fraction: float, message: str) -> None:
        report(
            (number + fraction) / parts,
            Note("Check {n} of {all}: {work}", n=number + 1, all=parts, work=Note.of(message)),
        )

    return inner
