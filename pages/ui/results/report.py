"""The one score of the model class by class, with the items behind every mistake."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from fsl_core.evaluation import multilabel
from pages.ui.kit import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fsl_core.workspace import Workspace
    from fsl_core.workspace.records import LeftOut
    from fsl_core.workspace.standing import Score, Standing


def payload(workspace: Workspace, standing: Standing, score: Score | None) -> dict[str, Any]:
    """Figures in words, and ids; without a score only what is labelled and predicted."""
    counts = workspace.counts()
    predicted = standing.members().sum(axis=0)
    missed, wrong, cells = behind(workspace, score.answers) if score is not None else ({}, {}, [])
    figures = []
    for place, name in enumerate(standing.classes):
        own = score.report.per_class[place] if score is not None else None
        figures.append(
            {
                "place": place,
                "labelled": counts.get(name, 0),
                "predicted": int(predicted[place]),
                "precision": measures.value_of(own.precision) if own else "–",
                "precision_range": measures.interval_of(own.precision) if own else "",
                "recall": measures.value_of(own.recall) if own else "–",
                "recall_range": measures.interval_of(own.recall) if own else "",
                "missed": missed.get(place, []),
                "wrong": wrong.get(place, []),
            }
        )
    words = measures.how(workspace, score)
    return {"title": "", "words": words, "classes": figures, "cells": cells}


def said(workspace: Workspace, answers: LeftOut) -> NDArray[np.bool_]:
    """Shape (m, n_way): the classes that the model gave."""
    if workspace.multi_label:
        return multilabel.sets_of(answers.probabilities)
    return np.asarray(
        answers.probabilities.argmax(axis=1)[:, None] == np.arange(answers.probabilities.shape[1]), dtype=bool
    )


def behind(
    workspace: Workspace, answers: LeftOut
) -> tuple[dict[int, list[int]], dict[int, list[int]], list[dict[str, Any]]]:
    """Class place -> items that were missed, the same of those wrongly claimed, and the cells of the confusion matrix.

    Where an item may have several classes there is no matrix.
    """
    given = said(workspace, answers)
    ids = workspace.ids[answers.rows]
    missed: dict[int, list[int]] = defaultdict(list)
    wrong: dict[int, list[int]] = defaultdict(list)
    for i, place in zip(*np.nonzero(answers.members & ~given), strict=True):
        missed[int(place)].append(int(ids[i]))
    for i, place in zip(*np.nonzero(given & ~answers.members), strict=True):
        wrong[int(place)].append(int(ids[i]))
    if workspace.multi_label:
        return missed, wrong, []
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    truth = np.where(answers.members.any(axis=1), answers.codes, -1)
    for item, true, answer in zip(ids, truth, given.argmax(axis=1), strict=True):
        cells[(int(true), int(answer))].append(int(item))
    return missed, wrong, [{"true": true, "said": got, "ids": own} for (true, got), own in sorted(cells.items())]
