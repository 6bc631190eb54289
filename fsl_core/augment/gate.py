"""Whether generated examples earn their place: paired cross-validation on real labels, with them and without."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from fsl_core.errors import DataError
from fsl_core.evaluation import Generated, has_second, left_out_probabilities
from fsl_core.gate import Verdict, judge
from fsl_core.method import Context
from fsl_core.registry import create_method, get_method
from fsl_core.types import LabeledSet, Progress, Vectors, silent, span

FOLDS = 5


def decide(
    name: str,
    settings: Mapping[str, Any] | None,
    support: LabeledSet,
    context: Context,
    generated: Generated,
    *,
    vectors: Vectors,
    name_vectors: Vectors | None = None,
    folds: int = FOLDS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Verdict:
    """Answer each real example by models that did not see it, without and with the generated ones; same folds.

    ``vectors`` (n, d) are those of the support. What was made from an example of the tested fold is left out of that
    fold's training. The verdict's ``frozen`` is without, ``tuned`` with the generated examples. Raises DataError when
    the method does not weigh its examples, or with too few labels.
    """
    start, report = time.monotonic(), progress or silent
    if not get_method(name).info.weighs:
        raise DataError(
            "{title} cannot let an example count less than another.",
            "Choose the nearest prototype, matching, nearest neighbours or the logistic head for suggestions.",
            title=get_method(name).info.title,
        )
    codes = support.codes
    if len(np.unique(codes[has_second(codes)])) < 2:
        raise DataError(
            "To see whether generated examples help, two classes need two labelled examples each.",
            "Label a few more items.",
        )
    answers = []
    for place, extra in enumerate((None, generated)):
        method = create_method(name, settings, context)
        answers.append(
            left_out_probabilities(
                method, settings, support, context, vectors=vectors, name_vectors=name_vectors, folds=folds, seed=seed,
                generated=extra, by_folds=True, progress=span(report, place / 2, (place + 1) / 2),
            )
        )  # fmt: skip
    return judge(answers[0], answers[1], support, time.monotonic() - start)
