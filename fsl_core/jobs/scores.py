"""The figures of an evaluation and of a comparison, as runs hold them."""

from __future__ import annotations

from fsl_core.base.payloads import Number, Record
from fsl_core.evaluation.metrics import Measure, Report
from fsl_core.learning.tuning import gate


class Scores(Record):
    """The four measures of a report, each with its interval; ``n`` items were scored."""

    accuracy: Measure
    macro_precision: Measure
    macro_recall: Measure
    macro_f1: Measure
    n: int = 0
    unscored: int = 0


class Verdict(Record):
    """A paired comparison on the same left-out items; see ``gate.Verdict``."""

    keep: bool
    frozen: Scores
    tuned: Scores
    difference: Measure
    wins: int
    losses: int
    frozen_loss: Number
    tuned_loss: Number
    seconds: float = 0.0
    folds: int = gate.FOLDS
    """As made; older runs do not say."""


def scores_of(report: Report) -> Scores:
    """What a run keeps of a report."""
    return Scores(
        accuracy=report.accuracy,
        macro_precision=report.macro_precision,
        macro_recall=report.macro_recall,
        macro_f1=report.macro_f1,
        n=report.n,
        unscored=report.unscored,
    )


def verdict_of(found: gate.Verdict) -> Verdict:
    """What a run keeps of a verdict."""
    return Verdict(
        keep=found.keep,
        frozen=scores_of(found.frozen),
        tuned=scores_of(found.tuned),
        difference=found.difference,
        wins=found.wins,
        losses=found.losses,
        frozen_loss=found.frozen_loss,
        tuned_loss=found.tuned_loss,
        seconds=found.seconds,
        folds=found.folds,
    )
