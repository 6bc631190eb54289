"""Honest scores for a method on labelled items, with one class each or several: cross-validation and leave-one-out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Progress, Vectors, silent, span
from fsl_core.contracts.method import Context, Extra, Method, VectorMethod
from fsl_core.evaluation import metrics
from fsl_core.evaluation.metrics import Report
from fsl_core.evaluation.multilabel import LabeledSets, MultiLabelModel, multilabel_report, sets_of
from fsl_core.registry import create_method

Model = Method[Any] | MultiLabelModel
Support = LabeledSet | LabeledSets
"""Labelled items: each has one class, or a set of them."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One method's scores. Seconds are means over the folds; ``folds`` and ``repeats`` are those that were made.

    ``splits`` are the accuracies in each of the folds, repeat by repeat: two methods that were dealt the same folds are
    compared by them (``evaluation.paired``).
    """

    method: str
    report: Report
    fit_seconds: float
    predict_seconds: float
    folds: int
    repeats: int
    splits: tuple[float, ...] = ()


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


def random_folds(n: int, folds: int, seed: int) -> list[Codes]:
    """The test rows of each fold: items dealt at random, two folds at least; for sets, which no dealing stratifies."""
    dealt = np.random.default_rng(seed).permutation(n) % n_random_folds(n, folds)
    return [np.flatnonzero(dealt == fold) for fold in np.unique(dealt)]


def n_random_folds(n: int, folds: int) -> int:
    """Into how many of ``folds`` parts ``n`` items with sets of classes are really cut."""
    return max(2, min(folds, n))


def n_folds(codes: Codes, folds: int) -> int:
    """Into how many of ``folds`` parts items (n,) are really cut: no part is empty, and items alone are in none."""
    return min(folds, int(has_second(codes).sum()))


def cross_validate(
    name: str,
    settings: Mapping[str, Any] | None,
    support: Support,
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
    """Repeated cross-validation of one method, stratified where an item has one class.

    ``vectors`` (n, d) and ``name_vectors`` (n_way, d) save encoding again for methods on vectors; sets of classes
    need both. ``fresh`` (n,) says which items may be scored: not those that an encoder was tuned on. ``generated``
    examples (of projects with one class an item) are learned from and never scored.
    The confusion matrix is the mean over repeats, so n stays the number of distinct items and
    repeats never make an interval narrower than the data allow; sets are dealt once, whatever ``repeats`` says.
    Raises DataError when no class has two examples (of sets: when there is a single item).
    """
    problem = _problem(support, context, vectors, name_vectors, generated)
    problem.check()
    repeats = repeats if isinstance(support, LabeledSet) else 1
    dealt = [problem.folds(folds, seed + repeat) for repeat in range(repeats)]
    rounds = [np.zeros((len(support), len(support.classes)), dtype=np.float32) for _ in dealt]
    tests = [(place, test) for place, tests in enumerate(dealt) for test in tests]
    fit_times, predict_times = [], []
    answers = _answers(problem, name, settings, [test for _, test in tests], progress)
    for (place, test), answer in zip(tests, answers, strict=True):
        rounds[place][test] = answer.probabilities
        fit_times.append(answer.fit_seconds)
        predict_times.append(answer.predict_seconds)
    return Evaluation(
        name,
        problem.report(rounds, fresh, seed),
        float(np.mean(fit_times)),
        float(np.mean(predict_times)),
        len(dealt[0]),
        repeats,
        tuple(_splits(problem, rounds, tests, fresh)),
    )


def _splits(
    problem: _Problem,
    rounds: Sequence[Probabilities],
    tests: Sequence[tuple[int, Codes]],
    fresh: NDArray[np.bool_] | None,
) -> Iterator[float]:
    """The accuracy in each fold that holds an item to score."""
    right = [problem.right(answers) for answers in rounds]
    for place, test in tests:
        scored = test if fresh is None else test[fresh[test]]
        if len(scored):
            yield float(right[place][scored].mean())


def left_out_probabilities(
    model: Model,
    settings: Mapping[str, Any] | None,
    support: Support,
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

    By the closed form of ``model``, fitted on this support, where it has one (and not ``by_folds``); else by
    cross-validation of the same method. An item that is alone in its class is answered too: by a model
    that knows this class by name at most.
    """
    if not by_folds and (closed := _closed_form(model, progress)) is not None:
        return closed
    problem = _problem(support, context, vectors, name_vectors, generated)
    tests = problem.folds(folds, seed)
    alone = np.setdiff1d(np.arange(len(support)), np.concatenate(tests) if tests else [])
    rounds = [*tests, *([alone] if len(alone) else [])]
    out = np.zeros((len(support), len(support.classes)), dtype=np.float32)
    name = model.name if isinstance(model, MultiLabelModel) else model.info.name
    for test, answer in zip(rounds, _answers(problem, name, settings, rounds, progress), strict=True):
        out[test] = answer.probabilities
    return out


def left_out_report(
    probabilities: Probabilities, codes: Codes, classes: Sequence[str], fresh: NDArray[np.bool_] | None = None
) -> Report:
    """The report of answers (n, n_way) to labelled items by models that did not see them.

    Items whose class has no second example, and those that are not ``fresh`` (n,), are left out of the
    score and counted as unscored.
    """
    return _mean_report([probabilities], codes, classes, fresh)


def scorable(codes: Codes) -> bool:
    """Whether two classes have two examples each: below that, no left-out answer says anything."""
    return len(np.unique(codes[has_second(codes)])) >= 2


def has_second(codes: Codes) -> NDArray[np.bool_]:
    """Shape (n,): whether another item has the same class, from which a model can learn it."""
    return np.asarray(np.bincount(codes)[codes] >= 2) if len(codes) else np.zeros(0, dtype=bool)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the items of one fold were answered, (n_test, n_way), by a model fitted on the others."""

    probabilities: Probabilities
    fit_seconds: float
    predict_seconds: float


def _answers(
    problem: _Problem, name: str, settings: Mapping[str, Any] | None, tests: Sequence[Codes], progress: Progress | None
) -> Iterator[_Answer]:
    """The loop of all cross-validation: one model for each of ``tests``, fitted on the rows that are not in it."""
    say, everything = progress or silent, np.arange(len(problem.support))
    for done, test in enumerate(tests):
        say(done / len(tests), name)
        start = time.perf_counter()
        part = span(say, done / len(tests), (done + 1) / len(tests))
        model = problem.fitted(name, settings, np.setdiff1d(everything, test), test, part)
        fitted = time.perf_counter()
        probabilities = problem.answered(model, test)
        yield _Answer(probabilities, fitted - start, time.perf_counter() - fitted)
    say(1.0, name)


class _Problem(Protocol):
    """What differs between items with one class and items with several."""

    @property
    def support(self) -> Support: ...

    def check(self) -> None:
        """Raise DataError when no score is possible."""

    def folds(self, folds: int, seed: int) -> list[Codes]:
        """The test rows of each fold."""

    def fitted(
        self, name: str, settings: Mapping[str, Any] | None, train: Codes, test: Codes, progress: Progress
    ) -> Model:
        """The method fitted on the rows ``train``, with nothing that owes to the rows ``test``."""

    def answered(self, model: Model, test: Codes) -> Probabilities:
        """Shape (n_test, n_way)."""

    def right(self, answers: Probabilities) -> NDArray[np.bool_]:
        """Shape (n,): which of the answers (n, n_way) are right."""

    def report(self, rounds: Sequence[Probabilities], fresh: NDArray[np.bool_] | None, seed: int) -> Report:
        """The figures of left-out answers (n, n_way), one array for each time that all items were dealt."""


@dataclass(frozen=True, slots=True)
class _OneClass:
    support: LabeledSet
    context: Context
    vectors: Vectors | None
    names: Vectors | None
    generated: Generated | None

    def check(self) -> None:
        if not scorable(self.support.codes):
            raise DataError(
                "Cross-validation needs at least two classes with two labelled examples each.",
                "Label a few more items.",
            )

    def folds(self, folds: int, seed: int) -> list[Codes]:
        return stratified_folds(self.support.codes, folds, seed)

    def fitted(
        self, name: str, settings: Mapping[str, Any] | None, train: Codes, test: Codes, progress: Progress
    ) -> Model:
        method = create_method(name, settings, replace(self.context, progress=progress))
        if not isinstance(method, VectorMethod) or self.vectors is None:
            return method.fit(self.support.take(train))
        extra = self.generated.without(test) if self.generated else None
        known = self.support.codes[train]
        return method.fit_vectors(self.vectors[train], known, self.support.classes, self.names, extra)

    def answered(self, model: Model, test: Codes) -> Probabilities:
        if self.vectors is not None and isinstance(model, VectorMethod):
            return model.predict_vectors(self.vectors[test])
        assert isinstance(model, Method)
        return model.predict_proba(self.support.take(test).items)

    def right(self, answers: Probabilities) -> NDArray[np.bool_]:
        return np.asarray(answers.argmax(axis=1) == self.support.codes)

    def report(self, rounds: Sequence[Probabilities], fresh: NDArray[np.bool_] | None, seed: int) -> Report:
        return _mean_report(rounds, self.support.codes, self.support.classes, fresh, seed)


@dataclass(frozen=True, slots=True)
class _Sets:
    support: LabeledSets
    context: Context
    vectors: Vectors
    names: Vectors

    def check(self) -> None:
        if len(self.support) < 2:
            raise DataError("Cross-validation needs at least two labelled items.", "Label a few more items.")

    def folds(self, folds: int, seed: int) -> list[Codes]:
        return random_folds(len(self.support), folds, seed)

    def fitted(
        self, name: str, settings: Mapping[str, Any] | None, train: Codes, test: Codes, progress: Progress
    ) -> Model:
        model = MultiLabelModel(name, settings, replace(self.context, progress=progress))
        return model.fit_vectors(self.vectors[train], self.support.members[train], self.support.classes, self.names)

    def answered(self, model: Model, test: Codes) -> Probabilities:
        assert isinstance(model, MultiLabelModel)
        return model.predict_vectors(self.vectors[test])

    def right(self, answers: Probabilities) -> NDArray[np.bool_]:
        return np.asarray((sets_of(answers) == self.support.members).all(axis=1))

    def report(self, rounds: Sequence[Probabilities], fresh: NDArray[np.bool_] | None, seed: int) -> Report:
        asked = slice(None) if fresh is None else fresh
        (said,) = rounds
        return multilabel_report(self.support.members[asked], sets_of(said[asked]), self.support.classes, seed=seed)


def _problem(
    support: Support, context: Context, vectors: Vectors | None, names: Vectors | None, generated: Generated | None
) -> _Problem:
    if isinstance(support, LabeledSet):
        return _OneClass(support, context, vectors, names, generated)
    if vectors is None or names is None:
        raise TypeError("Sets of classes are learned from vectors: pass vectors=... and name_vectors=...")
    return _Sets(support, context, vectors, names)


def _closed_form(model: Model, progress: Progress | None) -> Probabilities | None:
    if isinstance(model, MultiLabelModel):
        return model.leave_one_out(progress=progress)
    return model.leave_one_out() if isinstance(model, VectorMethod) else None


def _mean_report(
    rounds: Sequence[Probabilities],
    codes: Codes,
    classes: Sequence[str],
    fresh: NDArray[np.bool_] | None,
    seed: int = 0,
) -> Report:
    """The report of the mean confusion matrix of several rounds of left-out answers, (n, n_way) each."""
    scored = has_second(codes) if fresh is None else has_second(codes) & fresh
    counts = [metrics.confusion_matrix(codes[scored], said[scored].argmax(axis=1), len(classes)) for said in rounds]
    return metrics.report(np.mean(counts, axis=0), classes, unscored=int((~scored).sum()), seed=seed)
