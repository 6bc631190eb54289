"""Honest scores for a method on labelled items: repeated stratified cross-validation and leave-one-out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Progress, Vectors, silent
from fsl_core.contracts.method import Context, Extra, Method, VectorMethod
from fsl_core.evaluation import metrics
from fsl_core.evaluation.metrics import Report
from fsl_core.registry import create_method


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One method's scores. Seconds are means over the folds; ``folds`` and ``repeats`` are those that were made."""

    method: str
    report: Report
    fit_seconds: float
    predict_seconds: float
    folds: int
    repeats: int


@dataclass(frozen=True)
class Generated:
    """Examples that no person wrote, for training alone: vectors (e, d), codes (e,), what each counts, and the rows
    of the support that each was made from.
    """

    vectors: Vectors
    codes: Codes
    weight: float
    parents: tuple[frozenset[int], ...]

    def without(self, test: Codes) -> Extra:
        """Those that owe nothing to the rows ``test``, which a model is about to be scored on."""
        kept = [place for place, own in enumerate(self.parents) if own.isdisjoint(test.tolist())]
        return Extra(self.vectors[kept], self.codes[kept], self.weight)


def stratified_folds(codes: Codes, folds: int, seed: int) -> list[Codes]:
    """Fold number of each item is dealt class by class, so that every fold has its share.

    Returns the test rows of each fold. Items whose class has a single example are in none: they
    always train, since a class can't be recognised by a model that never saw it. Dealing starts
    where the last class ended, which keeps the folds equal in size.
    """
    rng = np.random.default_rng(seed)
    dealt: list[list[int]] = [[] for _ in range(folds)]
    place = 0
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        if len(rows) < 2:
            continue
        for row in rng.permutation(rows):
            dealt[place % folds].append(int(row))
            place += 1
    return [np.array(sorted(rows), dtype=np.int64) for rows in dealt if rows]


def n_folds(codes: Codes, folds: int) -> int:
    """Into how many of ``folds`` parts items (n,) are really cut: no part is empty, and items alone are in none."""
    return min(folds, int(has_second(codes).sum()))


def cross_validate(
    name: str,
    settings: Mapping[str, Any] | None,
    support: LabeledSet,
    context: Context,
    *,
    vectors: Vectors | None = None,
    name_vectors: Vectors | None = None,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
    fresh: NDArray[np.bool_] | None = None,
    generated: Generated | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Repeated stratified cross-validation of one method.

    ``vectors`` (n, d) and ``name_vectors`` (n_way, d) save encoding again for methods on vectors.
    ``fresh`` (n,) says which items may be scored: not those that an encoder was tuned on. ``generated`` examples
    are learned from and never scored.
    The confusion matrix is the mean over repeats, so n stays the number of distinct items and
    repeats never make an interval narrower than the data allow. Raises DataError when no class has
    two examples.
    """
    say = progress or silent
    codes = support.codes
    scored = has_second(codes) if fresh is None else has_second(codes) & fresh
    if (np.bincount(codes, minlength=support.n_way) >= 2).sum() < 2:
        raise DataError(
            "Cross-validation needs at least two classes with two labelled examples each.",
            "Label a few more items.",
        )
    confusion = np.zeros((support.n_way, support.n_way))
    fit_times, predict_times = [], []
    jobs = list(_splits(codes, folds, repeats, seed))
    for done, (train, test) in enumerate(jobs):
        say(done / len(jobs), name)
        method = create_method(name, settings, context)
        start = time.perf_counter()
        _learn(method, support, train, vectors, name_vectors, generated.without(test) if generated else None)
        fitted = time.perf_counter()
        proba = _answer(method, support, test, vectors)
        predict_times.append(time.perf_counter() - fitted)
        fit_times.append(fitted - start)
        asked = scored[test]
        confusion += metrics.confusion_matrix(codes[test][asked], proba.argmax(1)[asked], support.n_way)
    say(1.0, name)
    unscored = int((~scored).sum())
    return Evaluation(
        name,
        metrics.report(confusion / repeats, support.classes, unscored=unscored, seed=seed),
        float(np.mean(fit_times)),
        float(np.mean(predict_times)),
        n_folds(codes, folds),
        repeats,
    )


def left_out_report(
    probabilities: Probabilities, codes: Codes, classes: Sequence[str], fresh: NDArray[np.bool_] | None = None
) -> Report:
    """The report of answers (n, n_way) to labelled items by models that did not see them.

    Items whose class has no second example, and those that are not ``fresh`` (n,), are left out of the
    score and counted as unscored.
    """
    scored = has_second(codes) if fresh is None else has_second(codes) & fresh
    confusion = metrics.confusion_matrix(codes[scored], probabilities[scored].argmax(1), len(classes))
    return metrics.report(confusion, classes, unscored=int((~scored).sum()))


def scorable(codes: Codes) -> bool:
    """Whether two classes have two examples each: below that, no left-out answer says anything."""
    return len(np.unique(codes[has_second(codes)])) >= 2


def has_second(codes: Codes) -> NDArray[np.bool_]:
    """Shape (n,): whether another item has the same class, from which a model can learn it."""
    return np.asarray(np.bincount(codes)[codes] >= 2) if len(codes) else np.zeros(0, dtype=bool)


def left_out_probabilities(
    method: Method[Any],
    settings: Mapping[str, Any] | None,
    support: LabeledSet,
    context: Context,
    *,
    vectors: Vectors | None = None,
    name_vectors: Vectors | None = None,
    folds: int = 5,
    seed: int = 0,
    generated: Generated | None = None,
    by_folds: bool = False,
    progress: Progress | None = None,
) -> Probabilities:
    """Shape (n, n_way): each labelled item answered by a model that never saw its label.

    By the closed form of ``method``, fitted on this support, where it has one (and not ``by_folds``); else by
    cross-validation of the same method. An item that is alone in its class is answered too: by a model
    that knows this class by name at most.
    """
    if isinstance(method, VectorMethod) and not by_folds and (proba := method.leave_one_out()) is not None:
        return proba
    say = progress or silent
    codes, out = support.codes, np.zeros((len(support), support.n_way), dtype=np.float32)
    tests = stratified_folds(codes, folds, seed)
    dealt = np.concatenate(tests) if tests else np.zeros(0, dtype=np.int64)
    alone = np.setdiff1d(np.arange(len(codes)), dealt)
    rounds = [*tests, *([alone] if len(alone) else [])]
    for done, test in enumerate(rounds):
        say(done / len(rounds), method.info.name)
        train = np.setdiff1d(np.arange(len(codes)), test)
        other = create_method(method.info.name, settings, context)
        _learn(other, support, train, vectors, name_vectors, generated.without(test) if generated else None)
        out[test] = _answer(other, support, test, vectors)
    return out


def _splits(codes: Codes, folds: int, repeats: int, seed: int) -> Iterator[tuple[Codes, Codes]]:
    everything = np.arange(len(codes))
    for repeat in range(repeats):
        for test in stratified_folds(codes, folds, seed + repeat):
            yield np.setdiff1d(everything, test), test


def _learn(
    method: Method[Any],
    support: LabeledSet,
    train: Codes,
    vectors: Vectors | None,
    name_vectors: Vectors | None,
    extra: Extra | None,
) -> None:
    if isinstance(method, VectorMethod) and vectors is not None:
        method.fit_vectors(vectors[train], support.codes[train], support.classes, name_vectors, extra)
    else:
        method.fit(support.take(train))


def _answer(method: Method[Any], support: LabeledSet, test: Codes, vectors: Vectors | None) -> Probabilities:
    if isinstance(method, VectorMethod) and vectors is not None:
        return method.predict_vectors(vectors[test])
    return method.predict_proba(support.take(test).items)
