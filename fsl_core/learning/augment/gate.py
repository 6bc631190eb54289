"""Whether generated examples earn their place: paired cross-validation on real labels, with them and without.

In each fold the proposals are filtered anew by a judge that has not seen the labels of the tested items. With the
filters of the whole support set the check would flatter: what harms a tested item would be gone already
(benchmarks/results/augmentation.md).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import LabeledSet, Progress, Vectors, silent
from fsl_core.contracts.method import Context, Extra, VectorMethod
from fsl_core.evaluation.cross_validation import scorable, stratified_folds
from fsl_core.learning.augment.judge import Proposals, within
from fsl_core.learning.tuning.gate import Verdict, judge
from fsl_core.registry import create_method, get_method

FOLDS = 5


def decide(
    name: str,
    settings: Mapping[str, Any] | None,
    support: LabeledSet,
    context: Context,
    proposals: Proposals,
    *,
    weight: float,
    vectors: Vectors,
    name_vectors: Vectors | None = None,
    folds: int = FOLDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Verdict:
    """Answer each real example by models that did not see it, without and with generated ones; same folds.

    ``vectors`` (n, d) are those of the support. A fold's training gets those of ``proposals`` that were made from none
    of its tested items and that a judge of its training items accepts. The verdict's ``frozen`` is without, ``tuned``
    with generated examples. Raises DataError when the method does not weigh its examples, or with too few labels.
    """
    start, report = time.monotonic(), progress or silent
    if not get_method(name).info.weighs:
        raise DataError(
            "{title} cannot let an example count less than another.",
            "Choose the nearest prototype, matching, nearest neighbours or the logistic head for suggestions.",
            title=get_method(name).info.title,
        )
    codes = support.codes
    if not scorable(codes):
        raise DataError(
            "To see whether generated examples help, two classes need two labelled examples each.",
            "Label a few more items.",
        )
    answers = [np.zeros((len(codes), support.n_way), dtype=np.float32) for _ in range(2)]
    tests = stratified_folds(codes, folds, seed)
    for number, test in enumerate(tests):
        report(number / len(tests), Note("{n} of {all}", n=number + 1, all=len(tests)))
        train = np.setdiff1d(np.arange(len(codes)), test)
        made, labels = within(support, vectors, context, proposals, train)
        for answer, extra in zip(answers, (None, Extra(made, labels, weight)), strict=True):
            method = create_method(name, settings, context)
            assert isinstance(method, VectorMethod)
            method.fit_vectors(vectors[train], codes[train], support.classes, name_vectors, extra)
            answer[test] = method.predict_vectors(vectors[test])
    report(1.0, "")
    return judge(answers[0], answers[1], support, time.monotonic() - start, len(tests))
