"""Accuracy, precision, recall, F1 and the confusion matrix, each with n and a 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.intervals import confusion_draws, percentile, wilson
from fsl_core.base.types import Codes

MINIMUM_N = 10
"""Below this many scored items a figure says "not enough to say"."""
MINIMUM_PER_CLASS = 3
"""The same for the figures of one class."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure in 0..1, its 95 % interval, and the n it stands on."""

    value: float
    low: float
    high: float
    n: int
    enough: bool


@dataclass(frozen=True, slots=True)
class ClassReport:
    """The figures of one class; ``support`` is how many scored items are truly of it."""

    name: str
    precision: Measure
    recall: Measure
    f1: Measure
    support: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one evaluation says."""

    classes: tuple[str, ...]
    accuracy: Measure
    macro_precision: Measure
    macro_recall: Measure
    macro_f1: Measure
    per_class: tuple[ClassReport, ...]
    confusion: NDArray[np.float64]
    """Shape (n_way, n_way), rows true, columns predicted; a mean over repeats."""
    n: int
    """Distinct items scored."""
    unscored: int = 0
    """Labelled items that could not be scored: their class has no second example to learn from."""


def confusion_matrix(true: Codes, predicted: Codes, n_way: int) -> NDArray[np.float64]:
    """Counts, shape (n_way, n_way); rows are the true classes."""
    flat = np.bincount(true * n_way + predicted, minlength=n_way * n_way)
    return flat.reshape(n_way, n_way).astype(np.float64)


def report(confusion: NDArray[np.float64], classes: Sequence[str], *, unscored: int = 0, seed: int = 0) -> Report:
    """All figures of a confusion matrix (n_way, n_way).

    Accuracy, and precision and recall of a class, are proportions: Wilson intervals. F1 and the
    macro means are not: stratified bootstrap. Macro means run over the classes that have at least
    one scored item, as no figure exists for the others.
    """
    hits, actual, predicted = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    n = round(float(actual.sum()))
    scored = actual > 0
    recall, precision = _ratio(hits, actual), _ratio(hits, predicted)
    f1 = _ratio(2 * hits, actual + predicted)
    drawn_hits, drawn_predicted = confusion_draws(confusion, seed=seed)
    drawn_recall, drawn_precision = _ratio(drawn_hits, actual), _ratio(drawn_hits, drawn_predicted)
    drawn_f1 = _ratio(2 * drawn_hits, actual + drawn_predicted)

    def macro(values: NDArray[np.float64], draws: NDArray[np.float64]) -> Measure:
        if not scored.any():
            return Measure(0.0, 0.0, 1.0, 0, False)
        point = float(values[scored].mean())
        low, high = percentile(draws[:, scored].mean(1), point)
        return Measure(point, low, high, n, n >= MINIMUM_N)

    def share(hit: float, total: float) -> Measure:
        return Measure(
            hit / total if total else 0.0, *wilson(hit, total), n=round(total), enough=total >= MINIMUM_PER_CLASS
        )

    rows = []
    for i, name in enumerate(classes):
        low, high = percentile(drawn_f1[:, i], float(f1[i])) if scored[i] else (0.0, 1.0)
        f1_measure = Measure(float(f1[i]), low, high, round(actual[i]), actual[i] >= MINIMUM_PER_CLASS)
        rows.append(
            ClassReport(name, share(hits[i], predicted[i]), share(hits[i], actual[i]), f1_measure, round(actual[i]))
        )
    accuracy = Measure(float(hits.sum() / n) if n else 0.0, *wilson(float(hits.sum()), n), n=n, enough=n >= MINIMUM_N)
    return Report(
        classes=tuple(classes),
        accuracy=accuracy,
        macro_precision=macro(precision, drawn_precision),
        macro_recall=macro(recall, drawn_recall),
        macro_f1=macro(f1, drawn_f1),
        per_class=tuple(rows),
        confusion=confusion,
        n=n,
        unscored=unscored,
    )


def top_confusions(confusion: NDArray[np.float64], n: int = 10) -> list[tuple[int, int, float]]:
    """The most frequent mistakes as (true class, predicted class, items), most first."""
    wrong = confusion * (1 - np.eye(len(confusion)))
    order = np.argsort(-wrong, axis=None, kind="stable")[:n]
    pairs = [divmod(int(flat), len(confusion)) for flat in order]
    return [(i, j, float(wrong[i, j])) for i, j in pairs if wrong[i, j] > 0]


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ratio top / bottom, and 0 where bottom is 0 (nothing predicted: precision counts as 0)."""
    return np.asarray(np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom > 0))
